"""Training that is logged to MLflow, against the same without.

    python -m tests.bench.tracking [config] [repeats]

The store is there already, as it is for all runs of a project but the first; MLflow's import
counts.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tests.bench.measure import Cost, measure

#: The most that logging may cost, as a multiple of training without.
MOST = 1.05

_SETUP = """
from pathlib import Path
from resistml import pipeline
from resistml.config import load_config
config = load_config({config!r}, ("tracking.enabled={logged}",))
"""
_TRAIN = "pipeline.train(config, Path({root!r}))"


def main(config: str, repeats: int) -> None:
    """Print both costs, and their ratio by the processor, which other work does not disturb."""
    from resistml.tracking.opening import open_store
    from resistml.tracking.place import resolve_uri

    with tempfile.TemporaryDirectory() as place:
        root = Path(place)
        open_store(resolve_uri(None, root), "resistml", root)
        train = _TRAIN.format(root=place)
        jobs = {
            name: (_SETUP.format(config=config, logged=logged), train)
            for name, logged in (("without", "false"), ("logged", "true"))
        }
        costs = measure(jobs, repeats)
    print(f"train {config}; median of {repeats}, side by side")
    for name, cost in costs.items():
        print(f"  {name:<8} {cost.seconds:6.2f} s, of the processor {cost.processor:6.2f} s")
    clock, processor = ratios(costs)
    print(f"  ratio by the clock {clock:.3f}, by the processor {processor:.3f} (at most {MOST})")


def ratios(costs: dict[str, Cost]) -> tuple[float, float]:
    """What logging costs as a multiple: by the clock, and of the processor's time."""
    logged, without = costs["logged"], costs["without"]
    return logged.seconds / without.seconds, logged.processor / without.processor


if __name__ == "__main__":
    main(
        sys.argv[1] if len(sys.argv) > 1 else "quick", int(sys.argv[2]) if len(sys.argv) > 2 else 5
    )
