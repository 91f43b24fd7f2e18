"""What gives an outcome away is refused, by its name or by its values, with the evidence."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from resistml.errors import TableError
from resistml.evidence import Evidence
from resistml.tables.own import read_own
from resistml.tables.own.names import post_treatment, words_of
from tests.tables.own.made import columns, config, write


def refused(path: Path, evidence: Evidence, **changes: Any) -> TableError:
    with pytest.raises(TableError) as caught:
        read_own(config(path, **changes), evidence)
    return caught.value


class TestNames:
    @pytest.mark.parametrize(
        ("name", "word"),
        [
            ("response", "response"),
            ("Best.Response", "response"),
            ("recist", "recist"),
            ("pCR", "pcr"),
            ("OS_Months", "os"),
            ("t.pfs", "pfs"),
            ("causeOfDeath", "death"),
            ("vital", "vital"),
            ("vitalStatus", "vital"),
            ("ProgressionFree", "progression"),
            ("days_to_last_contact", "last contact"),
            ("follow_up_days", "follow up"),
            ("timeToEvent", "time to"),
            ("isRelapse", "relapse"),
        ],
    )
    def test_speak_of_what_comes_after(self, name: str, word: str) -> None:
        assert post_treatment(name) == word

    @pytest.mark.parametrize(
        "name",
        [
            *(
                "TMB",
                "Systemic_therapy_history",
                "HLA_LOH",
                "mut_NPM1",
                "age",
                "stage",
                "osmolality",
            ),
            *("Cosmic", "tumour_site", "MP2", "Chemokine12_score", "allelicRatio", "NLR"),
        ],
    )
    def test_of_what_is_known_before(self, name: str) -> None:
        assert post_treatment(name) is None

    def test_words(self) -> None:
        assert words_of("causeOfDeath") == ("causeofdeath", "cause", "of", "death")

    def test_refused_with_the_word(self, tmp_path: Path, evidence: Evidence) -> None:
        raw = columns()
        noise = np.random.default_rng(2).normal(size=200).tolist()
        path = write(tmp_path / "own.csv", {**raw, "os_days": noise, "isRelapse": raw["mutated"]})
        features = {"x": {"column": "os_days"}, "isRelapse": {"kind": "flag"}, "score": {}}
        error = refused(path, evidence, features=features)
        assert "2 feature(s)" in error.message
        assert "os_days (its name says 'os')" in error.message
        assert "isRelapse (its name says 'relapse')" in error.message
        assert "`baseline: true`" in str(error.hint)

    def test_unless_it_is_said_to_be_known_before(self, tmp_path: Path, evidence: Evidence) -> None:
        raw = columns()
        path = write(tmp_path / "own.csv", {**raw, "isRelapse": raw["mutated"]})
        features = {"isRelapse": {"kind": "flag", "baseline": True}}
        assert len(read_own(config(path, features=features), evidence)) == 200

    def test_the_outcome_itself_never(self, tmp_path: Path, evidence: Evidence) -> None:
        path = write(tmp_path / "own.csv", columns())
        features = {"copy": {"column": "best", "kind": "category", "baseline": True}}
        assert "names it as an outcome" in refused(path, evidence, features=features).message

    def test_patterns_too(self, tmp_path: Path, evidence: Evidence) -> None:
        raw = columns()
        path = write(tmp_path / "own.csv", {**raw, "x_pfs": raw["score"], "x_lab": raw["albumin"]})
        assert "x_pfs" in refused(path, evidence, features={"x_*": {}}).message


#: Columns made from the outcome, and how they are told to be read.
COPIES: dict[str, tuple[Any, dict[str, Any]]] = {
    "same": (lambda y, rng: y, {"kind": "flag"}),
    "turned": (lambda y, rng: [1 - v for v in y], {"kind": "flag"}),
    "words": (lambda y, rng: ["NR" if v else "R" for v in y], {"kind": "category"}),
    "three words": (
        lambda y, rng: [f"dead{rng.integers(2)}" if v else "alive" for v in y],
        {"kind": "category"},
    ),
    "numbers": (lambda y, rng: [10 * v + rng.normal() for v in y], {}),
    "two humps": (lambda y, rng: [rng.choice([-9, 9]) * v + rng.normal() for v in y], {}),
    "gaps": (lambda y, rng: [None if v else rng.normal() for v in y], {}),
}


class TestValues:
    @pytest.mark.parametrize("how", COPIES)
    def test_copies_in_any_coding_are_refused(
        self, how: str, tmp_path: Path, evidence: Evidence
    ) -> None:
        raw = columns(n=400)
        make, stated = COPIES[how]
        y = [int(x == "no") for x in raw["best"]]
        raw["odd"] = make(y, np.random.default_rng(7))
        path = write(tmp_path / "own.csv", raw)
        error = refused(path, evidence, features={"score": {}, "odd": stated})
        assert error.column == "odd"
        assert "1 column(s) give the outcome away" in error.message
        assert "AUC" in error.message
        assert "400 patients" in error.message

    def test_evidence_of_a_category(self, tmp_path: Path, evidence: Evidence) -> None:
        raw = columns()
        raw["odd"] = ["NR" if x == "no" else "R" for x in raw["best"]]
        path = write(tmp_path / "own.csv", raw)
        error = refused(path, evidence, features={"odd": {"kind": "category"}})
        assert "'NR': 100% resistant, 'R': 0% resistant" in error.message

    @pytest.mark.parametrize("seed", range(4))
    def test_a_strong_but_honest_feature_is_not(
        self, seed: int, tmp_path: Path, evidence: Evidence
    ) -> None:
        """AUC of a normal feature d standard deviations apart is Φ(d / √2): 0.90 for d = 1.8."""
        rng = np.random.default_rng(seed)
        raw = columns(n=400, seed=seed)
        raw["strong"] = [1.8 * (x == "no") + rng.normal() for x in raw["best"]]
        path = write(tmp_path / "own.csv", raw)
        assert len(read_own(config(path, features={"strong": {}}), evidence)) == 400

    def test_age_too(self, tmp_path: Path, evidence: Evidence) -> None:
        raw = columns()
        raw["age"] = [70.0 if x == "no" else 50.0 for x in raw["best"]]
        error = refused(write(tmp_path / "own.csv", raw), evidence, age={"column": "age"})
        assert "mean 70 if resistant, mean 50 if response" in error.message

    def test_few_patients_are_not_believed(self, tmp_path: Path, evidence: Evidence) -> None:
        """Of 14 patients, one column of many parts them by chance: no reason to refuse it."""
        raw = columns(n=14)
        raw["best"] = ["no", "yes"] * 7
        raw["odd"] = [float(i % 2) + 0.01 * i for i in range(14)]
        path = write(tmp_path / "own.csv", raw)
        assert len(read_own(config(path, features={"odd": {}}), evidence)) == 14
