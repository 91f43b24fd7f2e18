"""What a check of the catalog finds."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from resistml.errors import did_you_mean
from resistml.evidence.evidence import Evidence

#: How to mend what a check finds, by its code, where the finding itself does not say it better.
MENDS = {
    "E01": "let 'source' name one that a file of claims declares",
    "E02": "write the id of an entry that there is, or add the entry",
    "E03": "correct the number, or its unit",
    "E04": "compare with a value that can be recorded, or put the marker on the setting's panel",
    "E05": "add the arm to the strategy, or name a strategy and settings that go together",
    "E06": "add the number to the arm with its range and reason, or a target claim",
    "E07": "make targets or parameters of some",
    "E08": "leave out the eligibility of one, or add a strategy without",
    "E09": "let 'sets' say what it sets, or give the role context and a reason",
    "E10": "give it another id, such as the HGNC symbol",
    "E11": "give one of them another id, there and wherever it is named",
    "E12": "correct the condition, or what is assumed of its marker in the setting",
    "E13": "leave the endpoint as it is, and add one of another id for what it is to be",
    "E14": "correct one of the two, or let 'population' say whose they are",
    "E20": "compare with a number, or name the claim that reports the cut-off",
    "E21": "set something that the marker, the setting and the strategy have",
    "E22": "name the claim in the assumption's reason, or in the condition",
}


@dataclass(frozen=True)
class Finding:
    """Something in the catalog that does not hold together.

    Attributes
    ----------
    code : str
        Stable code of the check, such as ``E03``.
    entry : str
        Id of the entry at fault; of an assumption inside another entry, the path to it.
    message : str
        What is wrong with it.
    key : str
        Field of the entry that is at fault; empty = the entry as a whole.
    hint : str
        How to mend it.
    file : str
        Where the entry stands.
    """

    code: str
    entry: str
    message: str
    # Where it is and how to mend it make no other finding of it.
    key: str = field(default="", compare=False)
    hint: str = field(default="", compare=False)
    file: str = field(default="", compare=False)

    @property
    def place(self) -> str:
        """The key in the file: the entry's id, and the field at fault."""
        inside = self.entry.partition(".")[2] or self.entry
        return f"{inside}.{self.key}" if self.key else inside

    def __str__(self) -> str:
        lines = [f"{self.code}  {self.entry}: {self.message}"]
        if self.file:
            lines.append(f"     in {self.file}, key '{self.place}'")
        if self.hint:
            lines.append(f"     hint: {self.hint}")
        return "\n".join(lines)


def located(evidence: Evidence, finding: Finding) -> Finding:
    """The finding with the file of its entry, and a way to mend it."""
    file = finding.file or " and ".join(evidence.files_of(finding.entry))
    return replace(finding, file=file, hint=finding.hint or MENDS.get(finding.code, ""))


def unknown(entry: str, what: str, name: str, known: Iterable[str], key: str = "") -> Finding:
    """E02: a name that no entry of the catalog bears."""
    hint = did_you_mean(name, known)
    message = f"unknown {what} '{name}'" + (f": {hint}" if hint else "")
    return Finding("E02", entry, message, key)
