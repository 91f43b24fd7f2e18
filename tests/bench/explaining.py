"""Explaining patients under strategies, against XGBoost's contributions of the bundle's boosters.

    python -m tests.bench.explaining [rows] [bundle ...]

Without a bundle, one is trained with as many trees as the default learner may grow: ten models of
300 rounds. The floor is `pred_contribs` of every booster on a matrix that is there already; what is
explained are profiles, with texts of markers and lists of claims. A bundle whose models kept no
tree has no floor to speak of.
"""

from __future__ import annotations

import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.bench.measure import measure

_SETUP = """
import xgboost as xgb
from pathlib import Path
from resistml.evidence import load_evidence
from resistml.explain.mechanisms import explain
from resistml.predict.model import load_bundle
from resistml.world.solve import solve_world
from tests.patients import draw
model = load_bundle(Path({bundle!r}))
drawn = draw(solve_world(load_evidence()), seed=9, n={rows})
records, strategy = drawn.records, drawn.strategy
matrix = model.features(records, strategy).matrix
few = records.take(__import__("numpy").arange(5))
explain(model, few, strategy[:5])
for member in model.members:
    member.booster.predict(xgb.DMatrix(matrix[:5]), pred_contribs=True)
"""
_FLOOR = """
data = xgb.DMatrix(matrix)
for member in model.members:
    member.booster.predict(data, pred_contribs=True)
"""
_EXPLAIN = "explain(model, records, strategy)"


def main(rows: int, bundles: list[str]) -> None:
    """Print the costs and their ratio, per bundle."""
    print(f"{rows:,} rows; median of 5, side by side")
    for bundle in bundles:
        setup = _SETUP.format(bundle=bundle, rows=rows)
        costs = measure({"floor": (setup, _FLOOR), "explained": (setup, _EXPLAIN)})
        floor, explained = costs["floor"], costs["explained"]
        print(
            f"  {Path(bundle).name:<10} pred_contribs {floor.seconds:6.3f} s  "
            f"explained {explained.seconds:6.3f} s, {explained.megabytes:.0f} MB  "
            f"ratio {explained.seconds / floor.seconds:.2f} (to reach 1.05)"
        )


def _with_trees(folder: Path) -> str:
    from resistml.learn.params import Params
    from tests import small

    small.PARAMS = Params(checks=1)
    return str(small.train_small_bundle(folder / "300 rounds", patients=6_000))


if __name__ == "__main__":
    asked = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    with TemporaryDirectory() as made:
        main(asked, sys.argv[2:] or [_with_trees(Path(made))])
