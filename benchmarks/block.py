"""gate-bench block: cost of a callback that runs a gate's or a classifier's model, against the host buffer's time.

Each case gets a process of its own, so that its first callbacks are cold; compiled code comes from the cache. Host
buffers are 100 samples: 2.27, 2.08, 1.04 and 0.52 ms. *Model* are the callbacks in which the model ran. The *floor* is
the same loop around a process that only copies.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from benchmarks import child
from benchmarks.block_page import draw, markdown
from benchmarks.errors import BenchError
from benchmarks.options import CHANNELS, RATE, Option, over_zero, whole

__all__ = ["HELP", "OPTIONS", "SIZE_INCHES", "draw", "in_child", "markdown", "measure"]

RATES = (44_100, 48_000, 96_000, 192_000)
HOST_BUFFER = 100
COLD_CALLBACKS = 100
"""The first callbacks of a stream that run the model: these are called cold."""

WARM_AFTER_S = 1.0
"""Time in s from which on callbacks are called warm."""

TIGHT_CALLBACKS = 20_000
SIZE_INCHES = (11.0, 4.2)

HELP = "cost of a callback that runs the model, against the buffer's time"
OPTIONS = (
    Option(
        "rates",
        "Hz (default: 44100 48000 96000 192000)",
        {"type": RATE, "nargs": "+", "default": list(RATES)},
    ),
    Option(
        "presets", "names, folders or .onnx files (default: every shipped one, voice first)", {"nargs": "+"}
    ),
    Option("channels", "(default: 1 2)", {"type": CHANNELS, "nargs": "+", "default": [1, 2]}),
    Option("product", "every combination (default: one thing changed at a time)", {"action": "store_true"}),
    Option(
        "seconds", "of callbacks on time, in each case (default: 15)", {"type": over_zero, "default": 15.0}
    ),
    Option(
        "tight",
        f"callbacks in a tight loop, in each case (default: {TIGHT_CALLBACKS})",
        {"type": whole(100, 10_000_000), "default": TIGHT_CALLBACKS},
    ),
)

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


def in_child(preset: str, rate: int, channels: int, seconds: float, tight: int) -> dict[str, Any]:
    """Measure one case, in microseconds: cold and warm first, then the floor, then the tight loop."""
    import numpy as np

    from benchmarks import cadence
    from benchmarks.machine import log_histogram, percentiles
    from gate.modelfile import preset as presets

    sound = cadence.bursts(rate, channels)
    out = np.zeros((HOST_BUFFER, channels), np.float32)
    n = max(int(seconds * rate / HOST_BUFFER), COLD_CALLBACKS)
    period_ns = 1e9 * HOST_BUFFER / rate

    def arrays(n: int) -> tuple[Any, Any, Any]:
        return np.zeros(n), np.zeros(n), np.zeros(n, np.int64)

    found = presets.resolve(preset)
    contract = found.contract
    # Compile (or load) the loops with a plugin that is thrown away: only the model is to be cold.
    with _opened(contract, rate, channels) as (_, run):
        cadence.run_model(*run, sound, out, 0.0, *arrays(1))
        cadence.run_empty(sound, out, 0.0, *arrays(1)[:2])
    with _opened(contract, rate, channels) as (record, run):
        with cadence.audio_priority() as fifo:
            costs, lates, blocks = arrays(n)
            cadence.run_model(*run, sound, out, period_ns, costs, lates, blocks)
            floor_costs, floor_lates, _ = arrays(n)
            cadence.run_empty(sound, out, period_ns, floor_costs, floor_lates)
            tight_costs, tight_lates, tight_blocks = arrays(tight)
            cadence.run_model(*run, sound, out, 0.0, tight_costs, tight_lates, tight_blocks)
        errors = int(record["model_errors"][0])

    ran = blocks > 0
    warm = np.arange(n) >= min(WARM_AFTER_S * rate / HOST_BUFFER, n / 2)
    return {
        "preset": found.name,
        "graph": contract.graph_sha256,
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
        "histograms": {
            "warm_model_us": log_histogram(costs[warm & ran] / 1e3),
            "tight_model_us": log_histogram(tight_costs[tight_blocks > 0] / 1e3),
            "floor_us": log_histogram(floor_costs[warm] / 1e3),
        },
    }


@contextmanager
def _opened(contract: Any, rate: int, channels: int) -> Iterator[tuple[Any, tuple[Any, ...]]]:
    """Open a gate or a classifier; yield its record, and what ``cadence.run_model`` needs of it."""
    import numpy as np

    from gate.engine.classifier import Classifier
    from gate.engine.engine import Engine
    from gate.engine.settings import EngineSettings
    from gate.realtime.process import compiled

    if contract.kind == "classify":
        with Classifier(contract, rate=rate, channels=channels) as classifier:
            counter = classifier.record["frames"]
            yield classifier.record, (classifier.function, classifier.address, counter)
        return
    with Engine(contract, EngineSettings(rate, channels)) as engine:
        yield engine.record, (compiled(np.float32).address, engine.address, engine.record["blocks"])


def cases(
    rates: list[int], presets: list[str], channels: list[int], *, product: bool
) -> list[tuple[str, int, int]]:
    """Return (preset, rate, channels) to measure: each value in turn with the others' first, or every combination.

    The first rate is 48 kHz where it is among them.
    """
    base = 48_000 if 48_000 in rates else rates[0]
    if product:
        chosen = [(p, r, c) for p in presets for r in rates for c in channels]
    else:
        chosen = [(presets[0], r, channels[0]) for r in rates]
        chosen += [(p, base, channels[0]) for p in presets] + [(presets[0], base, c) for c in channels]
    return list(dict.fromkeys(chosen))


def measure(
    *,
    rates: list[int],
    presets: list[str] | None,
    channels: list[int],
    product: bool,
    seconds: float,
    tight: int,
) -> list[dict[str, Any]]:
    """Measure every case in turn.

    Raises:
        BenchError: this system has no clock to be woken by, or a case failed.
    """
    if sys.platform != "linux":
        raise BenchError(
            f"expected Linux, whose clock wakes the callbacks, got {sys.platform}; measure there"
        )
    from benchmarks.machine import every_preset

    results = []
    for preset, rate, count in cases(rates, presets or every_preset(None), channels, product=product):
        case = {"preset": preset, "rate": rate, "channels": count}
        # Once for nothing: if compiled code was not in the cache, it is now.
        child.run("benchmarks.block", {**case, "seconds": 0.05, "tight": 100})
        results.append(child.run("benchmarks.block", {**case, "seconds": seconds, "tight": tight}))
        shown = results[-1]["warm_model_us"]
        print(f"{preset}, {rate} Hz, {count} channels: p50 {shown.get('p50', 0.0):.1f} us", file=sys.stderr)
    return results
