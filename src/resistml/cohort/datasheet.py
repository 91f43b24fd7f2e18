"""The datasheet of a drawn cohort, in Markdown, with the questions of Gebru et al. (2021)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from resistml.cohort.plan import Plan
from resistml.evidence import Evidence
from resistml.notice import NOTICE
from resistml.version import __version__
from resistml.world.laws import World

_APART = "Outcomes of differently treated patients do not compare as they are."
_ASSIGNED = {
    "randomised": "by lot; every strategy open to a patient had the same chance.",
    "guideline": "as a guideline has it: the usual strategy of the setting is favoured, and the "
    f"frail are spared demanding regimens. {_APART}",
    "confounded": "as doctors would who see the record: the usual strategy is favoured, the frail "
    f"are spared, strategies that the recorded markers speak against are avoided. {_APART}",
    "hidden_confounding": "for reasons that were partly not recorded. No method that looks at the "
    "record alone can undo it; it is there to show that failure.",
}
_MISSING = {
    "catalogued": "values go unmeasured by chance, more often in the frail, and those of some "
    "markers more often the higher they are: not at random.",
    "at_random": "values go unmeasured by chance, and more often in the frail: at random, given "
    "age and performance status.",
    "completely_at_random": "values go unmeasured by chance alone: completely at random.",
    "none": "every marker of a setting's panel is measured in all of its patients.",
}
_NOT_FOR = (
    "Any decision about a patient. No person is behind a row, and no row stands for one.",
    "Estimates of how frequent a marker, a response or a resistance is among real patients: "
    "prevalences, correlations and most effects are assumed.",
    "Comparing drugs or regimens, or choosing between them: each arm is solved to one review's "
    "figures.",
    "Judging doctors, hospitals or guidelines: who got what is made up.",
    "Claims that a method works on real cohorts: what it recovers here is a truth we put in.",
    "Evidence on groups of people: age, sex and performance status are drawn from assumed "
    "distributions; ethnicity, comorbidity and access to care are not modelled.",
    "Support for the review's figures: they have no reference of their own, and some are "
    "doubtful; `resistml evidence show ID` says why.",
)


def datasheet(world: World, plan: Plan, evidence: Evidence | None = None) -> str:
    """A datasheet that depends on nothing but what was drawn, and how.

    Parameters
    ----------
    evidence : Evidence, optional
        The catalog of the world; it adds what is claim and what is assumption.
    """
    parts = [
        "# Datasheet of a virtual cohort",
        f"> {NOTICE}",
        "## Motivation",
        "Made to train models of tumour drug resistance and to judge them against a truth that is "
        "known in full. The world behind it is solved so that its rates and times agree with those "
        "that a review reports; what a model recovers can then be told from what it makes up. No "
        "real patient's data went into it.",
        "## Composition",
        _composition(world, plan),
        _settings(world),
        "### What is claim, what is assumption",
        _counts(world, evidence),
        "### Known tensions",
        _tensions(world, evidence),
        "## How it was made",
        _made(world, plan),
        "## Labels and preprocessing",
        "`resistant` is 1 where there was no objective response to the strategy given, else 0. "
        "Nothing was cleaned, imputed or left out. `dictionary.json` says what every column is.",
        "## Uses",
        "For methods of prediction, ranking, calibration and explanation, under missing values and "
        "confounding, where the truth must be known. It must not be used for:",
        _listed(_NOT_FOR),
        "## Distribution and maintenance",
        "`manifest.json` holds seed, plan, hashes and the SHA-256 of every file. The same release "
        "draws the same bytes from the same seed and plan; another release may not. Training reads "
        "`cohort.parquet` alone: `oracle.parquet` and `markers_true.parquet` hold the answers.",
        _facts(world, plan),
    ]
    return "\n\n".join(parts) + "\n"


def _composition(world: World, plan: Plan) -> str:
    said = [
        f"{plan.n:,} virtual patients in {len(world.settings)} settings (a tumour at a stage of "
        "its treatment), each with one treatment and what came of it. Of "
        f"{len(world.markers)} markers a setting's panel holds some. `cohort.parquet` holds what "
        "was recorded, a row per patient; `markers_true.parquet` the true values behind it."
    ]
    if plan.oracle:
        whose = "strategy of the setting" if plan.all_arms else "strategy open to the patient"
        said.append(
            f"`oracle.parquet` holds, per patient and {whose}, the true probability of a "
            "response, what would have come of it, and the share of each mechanism."
        )
    return " ".join(said)


def _settings(world: World) -> str:
    total = sum(law.share for law in world.settings.values())
    rows = [
        (s, str(law.line), f"{law.share / total:.1%}", str(len(law.panel)), ", ".join(law.arms))
        for s, law in world.settings.items()
    ]
    return _table(("setting", "line", "share", "markers measured", "strategies"), rows)


def _counts(world: World, evidence: Evidence | None) -> str:
    labels = Counter(world.labels.values())
    said = []
    if evidence is not None:
        claims = evidence.claims.values()
        roles = Counter(claim.role for claim in claims)
        numbers = sum(claim.quantitative for claim in claims)
        doubted = sum(bool(claim.caveat) for claim in claims)
        said += [
            f"{len(claims)} claims, {numbers} of them with a number: {roles['target']} are targets "
            f"that the world is solved to, {roles['parameter']} set a distribution, "
            f"{roles['context']} are recorded only. {doubted} carry a caveat.",
            f"{len(evidence.all_assumptions()):,} assumptions, each with a range and a reason: "
            "effects within a strategy, prevalences and correlations are mostly of this kind.",
        ]
    if labels:
        said.append(
            f"Of {len(world.labels)} parameters that were solved for, claims identify "
            f"{labels['claim-identified']}; {labels['assumption-only']} rest on assumptions alone."
        )
    said.append(
        "`resistml cohort audit` holds the world against each target claim; `resistml evidence "
        "show ID` prints any claim or assumption."
    )
    return _listed(said)


def _tensions(world: World, evidence: Evidence | None) -> str:
    if not world.conflicts:
        return "None: no claims are known that cannot hold together."
    rows = []
    for conflict in world.conflicts:
        rows.append(f"{', '.join(conflict.claims)} ({conflict.proof}): {conflict.reason}")
        for name in conflict.claims:
            claim = None if evidence is None else evidence.claims.get(name)
            if claim is not None and claim.caveat:
                rows.append(f"{name}: {claim.caveat}")
    return "Claims that cannot all hold; the world stands between them.\n\n" + _listed(
        dict.fromkeys(rows)
    )


def _made(world: World, plan: Plan) -> str:
    seen = plan.observed(world)
    said = [
        f"Truth: the `{world.variant}` world."
        + ("" if world.variant == "default" else " It departs on purpose from what is told."),
        f"Treatment: {_ASSIGNED.get(plan.assignment, plan.assignment)}",
        f"Missing values: {_MISSING.get(plan.missing, plan.missing)}",
        "Measurement: with error, detection limits and wrong calls of mutations, as the dictionary "
        "says. A marker outside a setting's panel is not recorded there.",
    ]
    if plan.complete_followup:
        said.append("Follow-up: everybody, until death.")
    else:
        k = seen.constants
        said.append(
            f"Follow-up: ends between {k['followup_months_min']:g} and "
            f"{k['followup_months_max']:g} months after the start of treatment, at a time that has "
            f"nothing to do with the outcome; {k['dropout_per_year']:.0%} a year are lost before."
        )
    return _listed(said)


def _facts(world: World, plan: Plan) -> str:
    rows = [
        ("resistml", __version__),
        ("seed", str(plan.seed)),
        ("patients", f"{plan.n:,}"),
        ("assignment", plan.assignment),
        ("missing", plan.missing),
        ("catalog", world.catalog_hash),
        ("world", world.hash),
        ("licence", "Apache-2.0"),
    ]
    return _table(("fact", "value"), rows)


def _listed(parts: Iterable[str]) -> str:
    return "\n".join(f"- {part}" for part in parts)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', '/') for cell in row)} |" for row in lines)
