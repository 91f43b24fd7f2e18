"""Runs a job in a process of its own and measures its time and peak memory."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import dataclass
from statistics import median

_RUN = """
import json, resource, sys, time
{setup}
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
start = time.perf_counter()
{job}
seconds = time.perf_counter() - start
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(json.dumps({{"seconds": seconds, "megabytes": (peak - before) / 1024}}))
"""


@dataclass(frozen=True)
class Cost:
    """Median seconds, and megabytes above what the process had before the job."""

    seconds: float
    megabytes: float


def measure(jobs: dict[str, tuple[str, str]], repeats: int = 5) -> dict[str, Cost]:
    """Costs of jobs, each a (setup, job) pair of Python source, run in turns side by side."""
    found: dict[str, list[dict[str, float]]] = {name: [] for name in jobs}
    for _ in range(repeats):
        for name, (setup, job) in jobs.items():
            code = _RUN.format(setup=setup, job=job)
            run = subprocess.run(
                [sys.executable, "-c", code], capture_output=True, text=True, check=True
            )
            found[name].append(json.loads(run.stdout.splitlines()[-1]))
    return {
        name: Cost(median(run["seconds"] for run in runs), median(run["megabytes"] for run in runs))
        for name, runs in found.items()
    }
