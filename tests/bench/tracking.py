"""Training that is logged to MLflow, against the same without.

    python -m tests.bench.tracking [config] [repeats]

The store is there already, as it is for all runs of a project but the first; MLflow's import
counts.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from statistics import median

from tests.bench.measure import Cost, measure

#: The most that logging may cost, as a multiple of training without.
MOST = 1.05

_SETUP = """
from pathlib import Path
from resistml import pipeline
from resistml.config import load_config
config = load_config({config!r}, ("tracking.enabled={logged}",))
"""
_TRAIN = """
run = pipeline.train(config, Path({root!r}))
with open({file!r}, "a") as file:
    print(json.dumps(run.seconds), file=file)
"""
#: The stages that are logging.
_LOGGING = ("open the store", "log to MLflow")


def main(config: str, repeats: int) -> None:
    """Print both costs and their ratios, and what the stages of one run say, side by side in it.

    The last is the steadiest: it compares no two processes.
    """
    from resistml.tracking.opening import open_store
    from resistml.tracking.place import resolve_uri

    with tempfile.TemporaryDirectory() as place:
        root = Path(place)
        open_store(resolve_uri(None, root), "resistml", root)
        jobs = {
            name: (
                _SETUP.format(config=config, logged=logged),
                _TRAIN.format(root=place, file=str(root / name)),
            )
            for name, logged in (("without", "false"), ("logged", "true"))
        }
        costs = measure(jobs, repeats)
        lines = (root / "logged").read_text("utf-8").splitlines()
        within = median(within_run(json.loads(line)) for line in lines)
    print(f"train {config}; median of {repeats}, side by side")
    for name, cost in costs.items():
        print(f"  {name:<8} {cost.seconds:6.2f} s, of the processor {cost.processor:6.2f} s")
    clock, processor = ratios(costs)
    print(
        f"  ratio by the clock {clock:.3f}, by the processor {processor:.3f}, "
        f"by the stages of a run {within:.3f} (at most {MOST})"
    )


def ratios(costs: dict[str, Cost]) -> tuple[float, float]:
    """What logging costs as a multiple: by the clock, and of the processor's time."""
    logged, without = costs["logged"], costs["without"]
    return logged.seconds / without.seconds, logged.processor / without.processor


def within_run(seconds: dict[str, float]) -> float:
    """What logging costs as a multiple, by how long each stage of one run took."""
    whole = sum(seconds.values())
    return whole / (whole - sum(seconds[stage] for stage in _LOGGING))


if __name__ == "__main__":
    main(
        sys.argv[1] if len(sys.argv) > 1 else "quick", int(sys.argv[2]) if len(sys.argv) > 2 else 5
    )
