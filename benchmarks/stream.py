"""gate-bench stream: what a live stream costs and misses, its memory, and how soon it sounds.

The gate's stream is measured beside the machine's floor, the same compiled callback around a process that only copies,
and beside an ordinary callback in Python that calls session.run: with nothing else in the process, with a busy thread,
and with a window that draws. It runs on a JACK server of its own without a sound card (--jack-dummy), or on a device.
"""

import contextlib
import importlib.util
import sys
from collections.abc import Iterator
from typing import Any

from benchmarks import child
from benchmarks.errors import BenchError
from benchmarks.options import COUNT, HOST_BUFFER, RATE, Option, over_zero
from benchmarks.stream_loads import LOADS
from benchmarks.stream_page import draw, markdown
from benchmarks.stream_run import SUBJECTS
from gate.errors import SoundDeviceError, UsageError

__all__ = ["HELP", "OPTIONS", "SIZE_INCHES", "absent", "draw", "markdown", "measure"]

HELP = "what a live stream costs and misses, its memory and start-up"
RATES_HZ = (48_000, 192_000)
BUFFER = 100
"""Frames in a buffer of the benchmark's own server."""
PARTS = ("runs", "start")
SIZE_INCHES = (11.0, 5.5)

COUNTS = (
    "buffers",
    "flagged",
    "gaps",
    "over",
    "busy_ns",
    "due_ns",
    "drawn",
    "seconds",
    "ended",
    "model_errors",
)
"""Counts that are added up over turns."""

OPTIONS = (
    Option("rates", "Hz (default: 48000 192000)", {"type": RATE, "nargs": "+", "default": list(RATES_HZ)}),
    Option(
        "buffer",
        f"samples in a host buffer, with --jack-dummy (default: {BUFFER}); a device has its own",
        {"type": HOST_BUFFER},
    ),
    Option("seconds", "of sound in each run (default: 60)", {"type": over_zero, "default": 60.0}),
    Option(
        "turns",
        "each run is done in so many pieces, by turns with the others (default: 3)",
        {"type": COUNT, "default": 3},
    ),
    Option(
        "loads",
        f"what else goes on in the process (default: {' '.join(LOADS)})",
        {"choices": list(LOADS), "nargs": "+", "default": list(LOADS)},
    ),
    Option("preset", "name, folder or .onnx file (default: voice)", {"default": "voice"}),
    Option("input", "device that hears, as gate-live takes it", {"metavar": "DEVICE"}),
    Option("output", "device that plays", {"metavar": "DEVICE"}),
    Option("jack-dummy", "start a JACK server for it, which needs no sound card", {"action": "store_true"}),
    Option("repeats", "starts of gate-live (default: 5)", {"type": COUNT, "default": 5}),
    Option(
        "parts",
        "the streams' runs, start-up and memory of gate-live (default: both)",
        {"choices": list(PARTS), "nargs": "+", "default": list(PARTS)},
    ),
)


def absent(*, input: str | None, output: str | None, jack_dummy: bool, **others: Any) -> str:
    """Return why ``all`` leaves this benchmark out (nobody named a sound system, and there is none), or "".

    Raises:
        UsageError: what was asked for does not go together.
    """
    _check(input, output, jack_dummy, others["buffer"])
    if jack_dummy or input is not None or output is not None:
        return ""
    from gate.soundsystem.devices import resolve_pair

    try:
        resolve_pair(None, None)
    except SoundDeviceError as error:
        return f"{error}; or give --stream-jack-dummy"
    return ""


def _check(input: str | None, output: str | None, jack_dummy: bool, buffer: int | None) -> None:
    if jack_dummy and (input is not None or output is not None):
        raise UsageError("expected a device or --jack-dummy, got both; leave one of them out")
    if buffer is not None and not jack_dummy:
        raise UsageError(
            f"expected --buffer with --jack-dummy, got --buffer {buffer} for a device, which has its own; leave it out"
        )


def measure(
    *,
    rates: list[int],
    buffer: int | None,
    seconds: float,
    turns: int,
    loads: list[str],
    preset: str,
    input: str | None,
    output: str | None,
    jack_dummy: bool,
    repeats: int,
    parts: list[str],
) -> dict[str, Any]:
    """Measure all figures; ``absent`` among them says what could not be measured, and why.

    Raises:
        BenchError: nothing could be measured, or a run failed.
        UsageError: what was asked for does not go together.
    """
    _check(input, output, jack_dummy, buffer)
    from gate.modelfile import preset as presets

    found: dict[str, Any] = {
        "preset": presets.resolve(preset).name,
        "sound_system": f"a device: {input or 'default'}, {output or 'default'}",
        "turns": turns,
        "runs": [],
        "start": None,
        "absent": {},
    }
    loads = [load for load in loads if load != "window" or not _no_window(found["absent"])]
    asked = {"preset": preset, "input": input, "output": output, "seconds": seconds / turns}
    for k, rate_hz in enumerate(rates):
        with _sound_system(jack_dummy, rate_hz, buffer or BUFFER, found):
            if "runs" in parts:
                _measure_rate(found, {**asked, "rate_hz": rate_hz}, loads, turns)
            if "start" in parts and k == 0:
                _measure_start(found, preset, repeats)
    if not found["runs"] and not found["start"]:
        reasons = "; ".join(found["absent"].values()) or "nothing was asked for"
        raise BenchError(
            f"expected a stream to measure, got none: {reasons}; name a device, or give --jack-dummy"
        )
    return found


@contextlib.contextmanager
def _sound_system(jack_dummy: bool, rate_hz: int, buffer: int, found: dict[str, Any]) -> Iterator[None]:
    """Run a server of our own while this lasts, if that is wanted."""
    if not jack_dummy:
        yield
        return
    from benchmarks.stream_jack import DummyServer

    with DummyServer(rate_hz, buffer) as server:
        commands = found.setdefault("servers", [])
        commands.append(server.command)
        found["sound_system"] = "a JACK server of its own, dummy driver"
        yield


def _measure_rate(found: dict[str, Any], asked: dict[str, Any], loads: list[str], turns: int) -> None:
    """Measure every player under every load, by turns."""
    pieces: dict[tuple[str, str], list[dict[str, Any]]] = {}
    rate_hz = asked["rate_hz"]
    for turn in range(turns):
        first = turn % len(SUBJECTS)
        for load in loads:
            for subject in SUBJECTS[first:] + SUBJECTS[:first]:
                piece = child.run("benchmarks.stream_run", {**asked, "subject": subject, "load": load})
                if "refused" in piece:
                    if pieces:
                        raise BenchError(
                            f"expected the sound system to open a stream as before, got {piece['refused']}"
                        )
                    found["absent"][f"{rate_hz} Hz"] = piece["refused"]
                    return
                pieces.setdefault((load, subject), []).append(piece)
                print(
                    f"{rate_hz} Hz, {load}, {subject}, turn {turn + 1}: {piece['flagged']} flagged, "
                    f"{piece['gaps']} gaps of {piece['buffers']}",
                    file=sys.stderr,
                )
    for load in loads:
        for subject in SUBJECTS:
            found["runs"].append({"load": load, "subject": subject, **together(pieces[load, subject])})


def _measure_start(found: dict[str, Any], preset: str, repeats: int) -> None:
    from benchmarks import stream_start

    started = stream_start.measure(preset, repeats, stream_start.PLAYED_S)
    if "refused" in started:
        found["absent"]["start-up and memory"] = started["refused"]
    else:
        found["start"] = started


def together(pieces: list[dict[str, Any]]) -> dict[str, Any]:
    """Make one run of its pieces: counts added up, percentiles in us of all callbacks and of those with the model."""
    import numpy as np

    first = pieces[0]
    counts: dict[str, Any] = {name: sum(piece[name] for piece in pieces) for name in COUNTS}
    frames = max(piece["buffer_frames"] for piece in pieces)
    made = {
        **{key: first[key] for key in ("rate_hz", "host_api", "devices", "native")},
        **counts,
        "buffer_frames": frames,
        "buffer_us": 1e-3 * counts["due_ns"] / max(counts["buffers"], 1),
        "expected_buffers": round(counts["seconds"] * first["rate_hz"] / frames) if frames else None,
        "load_share": counts["busy_ns"] / max(counts["due_ns"], 1),
        "real_time_priority": all(piece["real_time_priority"] for piece in pieces),
        "fallbacks": sum(piece["fallback"] > 0 for piece in pieces),
    }
    for name, key in (("histogram", "all"), ("histogram_ran", "model")):
        histogram = np.sum([piece[name] for piece in pieces], axis=0)
        made[f"{key}_us"] = percentiles(histogram)
        made[f"{key}_histogram"] = trimmed(histogram)
    return made


def percentiles(histogram: Any) -> dict[str, float]:
    """Return p50, p99, p99.9, max (upper edges of bins, us) and count; empty where there is nothing."""
    from gate.realtime.stream_record import percentiles_us

    if not histogram.sum():
        return {}
    values = percentiles_us(histogram, (0.5, 0.99, 0.999, 1.0))
    return {**dict(zip(("p50", "p99", "p99.9", "max"), values, strict=True)), "n": int(histogram.sum())}


def trimmed(histogram: Any) -> dict[str, Any]:
    """Return edges in us and counts, from the first to the last bin that is not empty."""
    import numpy as np

    from gate.realtime.stream_record import BINS_A_DECADE, SHORTEST_US

    full = np.flatnonzero(histogram)
    if not len(full):
        return {"edges_us": [], "counts": []}
    bins = np.arange(full[0], full[-1] + 2)
    return {
        "edges_us": np.round(SHORTEST_US * 10.0 ** (bins / BINS_A_DECADE), 4).tolist(),
        "counts": histogram[full[0] : full[-1] + 1].tolist(),
    }


def _no_window(absent: dict[str, str]) -> bool:
    """Return whether the packages for a window are missing, and note that in ``absent``."""
    missing = [name for name in ("PyQt6", "pyqtgraph") if importlib.util.find_spec(name) is None]
    if missing:
        absent["window"] = f"{' and '.join(missing)} not installed; pip install -c constraints.txt '.[panel]'"
    return bool(missing)
