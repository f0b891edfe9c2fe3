"""Measurements in a fresh interpreter, in which nothing is warm and nothing else runs.

    python -m benchmarks.child MODULE JSON

calls ``MODULE.in_child(**JSON)`` and prints its result as the last line.
"""

import importlib
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.errors import BenchError
from gate.errors import GateError

ONE_THREAD = dict.fromkeys(
    ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"), "1"
)
"""Variables that the libraries under the measured ones read when they are loaded."""


def run(
    module: str,
    arguments: dict[str, Any],
    environment: dict[str, str] | None = None,
    before: Callable[[], None] | None = None,
) -> Any:
    """Call ``module.in_child`` with these arguments in a process of its own; return its result.

    Args:
        module: full name of the module.
        arguments: fit for JSON.
        environment: added to this process's.
        before: called in the child before it starts.

    Raises:
        BenchError: the child failed; its last words are in the text.
    """
    places = [str(Path(__file__).resolve().parents[1]), os.environ.get("PYTHONPATH", "")]
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.child", module, json.dumps(arguments)],
        capture_output=True,
        text=True,
        env={**os.environ, **(environment or {}), "PYTHONPATH": os.pathsep.join(filter(None, places))},
        preexec_fn=before,
    )
    if done.returncode:
        said = done.stderr.strip().splitlines() or ["nothing"]
        raise BenchError(
            f"expected {module} to measure to its end, got exit code {done.returncode}: {said[-1]}"
        )
    return json.loads(done.stdout.splitlines()[-1])


def one_core() -> None:
    """Stay on one core, as ``taskset -c`` does; where the system cannot, nothing happens."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})


if __name__ == "__main__":
    try:
        found = importlib.import_module(sys.argv[1]).in_child(**json.loads(sys.argv[2]))
    except Exception as failed:  # one line of it is what the parent shows
        kind = "" if isinstance(failed, GateError) else f"{type(failed).__name__}: "
        print(f"{kind}{str(failed).splitlines()[0] if str(failed) else 'no text'}", file=sys.stderr)
        sys.exit(1)
    print(json.dumps(found))
