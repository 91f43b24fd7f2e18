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
start, used = time.perf_counter(), time.process_time()
{job}
seconds, processor = time.perf_counter() - start, time.process_time() - used
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
megabytes = (peak - before) / 1024
print(json.dumps({{"seconds": seconds, "megabytes": megabytes, "processor": processor}}))
"""


@dataclass(frozen=True)
class Cost:
    """Median seconds, by the clock and of the processor, and megabytes above what the process had
    before the job."""

    seconds: float
    megabytes: float
    processor: float = 0.0


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
        name: Cost(*(median(run[x] for run in runs) for x in ("seconds", "megabytes", "processor")))
        for name, runs in found.items()
    }
