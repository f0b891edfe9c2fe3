"""Cost of one callback that runs the model, against the host buffer's time.

    python -m benchmarks.block [--seconds 15] [--preset voice] [--rates 48000 ...] [--json FILE]

Each rate gets a process of its own, so that its first callbacks are cold; compiled code comes from the cache.
Host buffers are 100 samples: 2.27, 2.08, 1.04 and 0.52 ms. *Model* are the callbacks in which the model ran.
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from benchmarks import machine

RATES = (44_100, 48_000, 96_000, 192_000)
HOST_BUFFER = 100
COLD_CALLBACKS = 100
"""The first callbacks of a stream that run the model: these are called cold."""

WARM_AFTER_S = 1.0
"""From here on callbacks are called warm."""

TIGHT_CALLBACKS = 20_000

TIMES = (
    "warm_us",
    "warm_model_us",
    "cold_us",
    "tight_model_us",
    "floor_us",
    "late_us",
    "floor_late_us",
)
"""Keys of a result that hold percentiles, in microseconds."""


def measure(rate: int, preset: str, seconds: float, channels: int = 1) -> dict[str, Any]:
    """All figures of one rate, in microseconds: cold and warm first, then the floor, then the tight loop."""
    import numpy as np

    from benchmarks import cadence
    from benchmarks.machine import percentiles
    from gate import preset as presets
    from gate.engine import Engine

    sound = cadence.bursts(rate, channels)
    out = np.zeros((HOST_BUFFER, channels), np.float32)
    n = int(seconds * rate / HOST_BUFFER)
    period_ns = 1e9 * HOST_BUFFER / rate

    def arrays(n: int) -> tuple[Any, Any, Any]:
        return np.zeros(n), np.zeros(n), np.zeros(n, np.int64)

    contract = presets.resolve(preset).contract
    # Compile (or load) the loops with an engine that is thrown away: only the model is to be cold.
    with Engine(contract, rate=rate, channels=channels) as engine:
        cadence.run_engine(engine.record, sound, out, 0.0, *arrays(1))
        cadence.run_empty(sound, out, 0.0, *arrays(1)[:2])
    with Engine(contract, rate=rate, channels=channels) as engine:
        with cadence.audio_priority() as fifo:
            costs, lates, blocks = arrays(n)
            cadence.run_engine(engine.record, sound, out, period_ns, costs, lates, blocks)
            floor_costs, floor_lates, _ = arrays(n)
            cadence.run_empty(sound, out, period_ns, floor_costs, floor_lates)
            tight_costs, tight_lates, tight_blocks = arrays(TIGHT_CALLBACKS)
            cadence.run_engine(engine.record, sound, out, 0.0, tight_costs, tight_lates, tight_blocks)
        errors = int(engine.record["model_errors"][0])

    ran = blocks > 0
    warm = np.arange(n) >= WARM_AFTER_S * rate / HOST_BUFFER
    return {
        "rate_hz": rate,
        "channels": channels,
        "buffer_us": period_ns / 1e3,
        "real_time_priority": fifo,
        "model_errors": errors,
        "first_us": float(costs[ran][0] / 1e3),
        "cold_us": percentiles(costs[ran][:COLD_CALLBACKS] / 1e3),
        "warm_us": percentiles(costs[warm] / 1e3),
        "warm_model_us": percentiles(costs[warm & ran] / 1e3),
        "tight_model_us": percentiles(tight_costs[tight_blocks > 0] / 1e3),
        "floor_us": percentiles(floor_costs[warm] / 1e3),
        "late_us": percentiles(lates[warm] / 1e3),
        "floor_late_us": percentiles(floor_lates[warm] / 1e3),
        "model_share": float(np.mean(ran)),
    }


def in_own_process(rate: int, preset: str, seconds: float) -> dict[str, Any]:
    """``measure`` in a fresh interpreter."""
    command = [sys.executable, "-m", "benchmarks.block", "--one", str(rate), "--preset", preset]
    command += ["--seconds", str(seconds)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return dict(json.loads(done.stdout.splitlines()[-1]))


def run(preset: str = "voice", seconds: float = 15.0, rates: tuple[int, ...] = RATES) -> list[dict[str, Any]]:
    """Every rate in turn."""
    results = []
    for rate in rates:
        # Once for nothing: if compiled code was not in the cache, it is now.
        in_own_process(rate, preset, 0.05)
        results.append(in_own_process(rate, preset, seconds))
        print(f"{rate} Hz: {json.dumps(results[-1]['warm_model_us'])}", file=sys.stderr)
    return results


def main(argv: list[str] | None = None) -> int:
    """Print the figures as JSON."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--seconds", type=float, default=15.0, help="of callbacks on time, at each rate (default: 15)"
    )
    parser.add_argument("--preset", default="voice")
    parser.add_argument("--rates", type=int, nargs="+", default=list(RATES), help="Hz")
    parser.add_argument("--one", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--json", type=Path, help="write here instead of to the terminal")
    args = parser.parse_args(argv)
    if args.one:
        print(json.dumps(measure(args.one, args.preset, args.seconds)))
        return 0
    machine.deliver(run(args.preset, args.seconds, tuple(args.rates)), args.json)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
