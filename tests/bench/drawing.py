"""Drawing patients without their potential outcomes, against NumPy's copula.

    python -m tests.bench.drawing [rows]

Columns drawn are counted by the values in the tables written, a row: recorded and true markers
(a marker outside a setting's panel counts for nothing there), and what is recorded of the patient,
his treatment and its outcome.
"""

from __future__ import annotations

import sys

from tests.bench.floor import COLUMNS
from tests.bench.measure import Cost, measure

_FLOOR = "from tests.bench.floor import copula"
_SETUP = """
from resistml.cohort.draw import Drawer
from resistml.cohort.plan import Plan
from resistml.evidence import load_evidence
from resistml.world.solve import solve_world
world = solve_world(load_evidence())
drawer = Drawer(world, Plan(seed=1, n=1000, oracle=False))
drawer.block(0)
"""
_DRAW = """
drawer = Drawer(world, Plan(seed=1, n={rows}, oracle=False))
for block in range(drawer.plan.blocks):
    drawer.block(block)
"""


def main(rows: int) -> None:
    """Print the costs, and the ratio per column."""
    jobs = {
        "floor": (_FLOOR, f"copula({rows})"),
        "drawn": (_SETUP, _DRAW.format(rows=rows)),
    }
    costs = measure(jobs)
    columns = _columns()
    per = {"floor": float(COLUMNS), "drawn": columns}
    print(f"{rows:,} rows; median of 5, side by side")
    for name, cost in costs.items():
        print(
            f"  {name:<6} {cost.seconds:6.2f} s  {cost.megabytes:6.0f} MB  {per[name]:4.1f} columns"
            f"  {1e3 * cost.seconds / per[name]:6.1f} ms a column"
        )
    print(f"  ratio per column {ratio(costs, per):.2f} (to reach 1.5)")


def ratio(costs: dict[str, Cost], per: dict[str, float]) -> float:
    """Seconds a column, as a multiple of the floor's."""
    return (costs["drawn"].seconds / per["drawn"]) / (costs["floor"].seconds / per["floor"])


def _columns() -> float:
    """Values a row, but for the ids, which are no draws."""
    import numpy as np

    from resistml.cohort.draw import Drawer
    from resistml.cohort.plan import Plan
    from resistml.evidence import load_evidence
    from resistml.world.solve import solve_world

    drawn = Drawer(solve_world(load_evidence()), Plan(1, 16_384, oracle=False)).block(0)
    tables = (drawn.cohort, drawn.markers_true)
    columns = [x for table in tables for name, x in table.items() if name != "patient_id"]
    held = [np.mean(x == x) for x in columns]  # NaN differs from itself
    return float(np.sum(held))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
