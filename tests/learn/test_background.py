"""What is gathered for explanations: quantiles of the training patients, claims in words."""

from __future__ import annotations

import numpy as np
import pytest

from resistml.evidence import Evidence
from resistml.learn.background import LEAST, fit_background, reported
from resistml.predict.background import LEVELS, Background
from resistml.predict.model import Model
from tests.patients import Patients


@pytest.fixture(scope="module")
def made(evidence: Evidence, model: Model, patients: Patients) -> Background:
    return fit_background(evidence, model.spec, patients.records)


def test_quantiles_are_those_of_the_settings_measured_patients(
    made: Background, model: Model, patients: Patients
) -> None:
    told = 0
    for setting, law in model.spec.settings.items():
        mine = patients.records.setting == setting
        for marker in law.panel:
            values = patients.records.column(marker)[mine]
            seen = values[~np.isnan(values)]
            mutation = model.spec.markers[marker].kind == "mutation"
            known = (made.shares if mutation else made.quantiles)[setting].get(marker)
            assert (known is None) == (len(seen) < LEAST)
            if known is None:
                continue
            told += 1
            expected = seen.mean() if mutation else np.quantile(seen, LEVELS / 100)
            np.testing.assert_allclose(known, expected)
    assert told > 100


def test_an_order_of_patients_makes_no_difference(
    made: Background, evidence: Evidence, model: Model, patients: Patients
) -> None:
    turned = patients.records.take(np.arange(len(patients.records))[::-1])
    again = fit_background(evidence, model.spec, turned)
    assert again.to_json() == made.to_json()


def test_it_fits_the_spec_that_it_is_made_for(made: Background, model: Model) -> None:
    assert Background.from_json(made.to_json(), {}, model.spec).to_json() == made.to_json()


def test_what_strategies_act_on_is_the_catalogs(made: Background, evidence: Evidence) -> None:
    assert made.acts_on["egfr_tki"] == ("target",)
    for name, mechanisms in made.acts_on.items():
        assert mechanisms == tuple(evidence.strategies[name].acts_on)


@pytest.mark.parametrize(
    ("claim", "said"),
    [
        ("s2_abcb1_positive_orr", "20-30%"),
        ("s2_cyp3a4_paclitaxel_degradation", "at least 1.3 (ratio of rates)"),
        ("s2_abcb1_resistant_cells_fold_change", "10-100 fold"),
        ("s2_doxorubicin_efflux", ""),
    ],
)
def test_claims_in_words(evidence: Evidence, claim: str, said: str) -> None:
    assert reported(evidence, evidence.claims[claim]) == said


def test_a_horizon_and_a_percentage_of_cells_are_said(evidence: Evidence) -> None:
    texts = {name: reported(evidence, claim) for name, claim in evidence.claims.items()}
    assert any(text.endswith(" at 12 months") or " at 60 months" in text for text in texts.values())
    assert "50% of tumour cells (TPS)" in texts.values()
    for name, text in texts.items():
        claim = evidence.claims[name]
        assert (text == "") == (claim.low is None)
        assert not claim.low or any(digit.isdigit() for digit in text)
        if claim.bound == "at_most" and text:
            assert text.startswith("at most ")
