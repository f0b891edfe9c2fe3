"""gate-bench latency: the round trip of a real loop, and how long the gate takes to open.

The loop needs a cable (or a connection in the sound server) from the output to the input, and is measured when a device
is named. The decision's latency needs no device: it is computed offline, and does not depend on the machine's speed.
"""

import argparse
import sys
import time
from typing import Any

from benchmarks import sounds
from benchmarks.options import COUNT, HOST_BUFFER, RATE, Option, over_zero

HELP = "round trip of a loop through sound devices, and how long the gate takes to open"
RATES_HZ = [44_100, 48_000, 96_000, 192_000]
BUFFERS = [64, 100, 256, 512]


def _latency(text: str) -> str | float:
    if text in ("low", "high"):
        return text
    try:
        return float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"expected low, high or seconds, got {text!r}") from None


def _device(text: str) -> str | int:
    return int(text) if text.isdecimal() else text


OPTIONS = (
    Option(
        "input",
        "device that hears: number or part of its name, 'default' for the system's (default: no loop is measured)",
        {"type": _device, "metavar": "DEVICE"},
    ),
    Option(
        "output", "device that plays (default: the same as --input)", {"type": _device, "metavar": "DEVICE"}
    ),
    Option(
        "rate",
        "Hz (default: the loop at the device's own; the decision at four)",
        {"type": RATE, "nargs": "+"},
    ),
    Option("repeats", "sweeps through the loop (default: 5)", {"type": COUNT, "default": 5}),
    Option(
        "wait",
        "seconds of silence before the first sweep, in which to connect what has to be connected (default: 0)",
        {"type": over_zero, "default": 0.0},
    ),
    Option(
        "latency",
        "that PortAudio is asked for: low, high or seconds (default: low)",
        {"type": _latency, "default": "low"},
    ),
    Option(
        "preset", "names, folders or .onnx files (default: every shipped one, voice first)", {"nargs": "+"}
    ),
    Option("onset", "sound to open for (default: by the preset's name)", {"choices": sounds.KINDS}),
    Option(
        "buffers",
        "host buffers, samples (default: 64 100 256 512)",
        {"type": HOST_BUFFER, "nargs": "+", "default": BUFFERS},
    ),
)
SIZE_INCHES = (11.0, 4.0)


def measure(
    *,
    input: str | int | None,
    output: str | int | None,
    rate: list[int] | None,
    repeats: int,
    wait: float,
    latency: str | float,
    preset: list[str] | None,
    onset: str | None,
    buffers: list[int],
) -> dict[str, Any]:
    """Measure the loops, where a device is named, and the decisions.

    Raises:
        GateError: a device or a preset cannot be had, or nothing came back.
    """
    from benchmarks import decision
    from benchmarks.machine import every_preset
    from gate.modelfile import preset as presets

    found = [presets.resolve(name) for name in preset or every_preset()]
    kinds = [onset or sounds.kind_of(one.name) for one in found]
    loops = []
    if input is not None or output is not None:
        from benchmarks import loopback

        devices = [None if one == "default" else one for one in (input, output)]
        for end, other in ((0, 1), (1, 0)):
            if (input, output)[end] is None:
                devices[end] = devices[other]
        for rate_hz in rate or [None]:
            loops.append(
                loopback.measure(
                    rate_hz=rate_hz,
                    input_device=devices[0],
                    output_device=devices[1],
                    repeats=repeats,
                    latency=latency,
                    closed=lambda: time.sleep(wait),
                )
            )
    rows = []
    for one, kind in zip(found, kinds, strict=True):
        print(f"{one.name}: how long it takes to open", file=sys.stderr)
        rows += decision.measure(one.name, one.contract, kind, rate or RATES_HZ, buffers)
    return {"loops": loops, "decisions": rows}


def markdown(results: dict[str, Any]) -> list[str]:
    """Write the section of a page."""
    lines = ["## Latency", ""]
    for loop in results["loops"]:
        lines += _loop(loop)
    lines += [
        "### How long the gate takes to open",
        "",
        "From an onset, the first sample over Threshold, to the first sample that comes out less than 6 dB under what went "
        "in. Made-up sounds at -20 dBFS that begin at once, in silence and in noise 10 dB under Threshold; eight onsets, "
        "placed evenly against blocks and buffers. Live engine, computed offline: the machine's speed does not matter. In "
        "brackets in blocks of the model, 2.083 ms. The sound itself is not delayed.",
        "",
        "| preset, sound | rate, kHz | host buffer | in silence, ms: median (blocks), lowest to highest | in noise |",
        "|---|---|---|---|---|",
    ]
    for row in results["decisions"]:
        cells = [_opening(row[key], row["block_ms"]) for key in ("in_silence", "in_noise")]
        lines.append(
            f"| {row['preset']}, {row['sound']} | {row['rate_hz'] / 1000:g} | {row['host_buffer']} | "
            + " | ".join(cells)
            + " |"
        )
    return [*lines, ""]


def _opening(found: dict[str, Any], block_ms: float) -> str:
    ms = found["ms"]
    cells = (
        [f"{ms['median']:.1f} ({ms['median'] / block_ms:.1f}), {ms['min']:.1f} to {ms['max']:.1f}"]
        if ms
        else []
    )
    cells += [f"{found['missed']} not opened for"] if found["missed"] else []
    cells += [f"{found['open_before']} open before"] if found["open_before"] else []
    return "; ".join(cells)


def _loop(loop: dict[str, Any]) -> list[str]:
    """Write the table of one loop."""
    trip, software = loop["round_trip_samples"], loop["software_samples"]
    each_ms = 1000.0 / loop["rate_hz"]
    buffers = "-".join(str(size) for size in dict.fromkeys(loop["host_buffers"]))
    complaints = ", ".join(f"{name} {count}" for name, count in loop["complaints"].items()) or "none"
    lines = [
        f"### Round trip at {loop['rate_hz'] / 1000:g} kHz: {loop['devices'][1]} to {loop['devices'][0]}",
        "",
        f"{trip['n']} sweeps, host buffers of {buffers} samples, latency asked for: {loop['asked_latency']}. "
        f"What came back: {round(loop['gain_db'], 1) + 0.0:.1f} dB, {'inverted' if loop['inverted'] else 'upright'}, at "
        f"least {loop['snr_db']:.0f} dB over everything else. PortAudio's complaints: {complaints}.",
        "",
        "| | samples | ms | of the round trip |",
        "|---|---|---|---|",
    ]
    for name, samples in (
        ("round trip, median", trip["median"]),
        ("lowest", trip["min"]),
        ("highest", trip["max"]),
        ("software: the input's buffers, as PortAudio reports them", software["input"]),
        ("software: the output's", software["output"]),
        ("hardware: the rest", loop["hardware_samples"]),
    ):
        share = 100.0 * samples / trip["median"] if trip["median"] else 0.0
        lines.append(f"| {name} | {samples:.2f} | {samples * each_ms:.3f} | {share:.0f} % |")
    if loop["clipped_samples"]:
        lines += [
            "",
            f"{loop['clipped_samples']} samples were at full scale: turn it down and measure again.",
        ]
    if loop["lost"]:
        lines += ["", f"{loop['lost']} sweeps did not come back: look for what interrupts the sound."]
    return [*lines, ""]


def draw(figure: Any, results: dict[str, Any]) -> None:
    """Draw time to open against the host buffer, a panel for each preset; and the loops' repeats."""
    presets = list(dict.fromkeys(row["preset"] for row in results["decisions"]))
    loops = results["loops"]
    axes = figure.subplots(1, len(presets) + bool(loops), squeeze=False)[0]
    for axis, name in zip(axes, presets, strict=False):
        rows = [row for row in results["decisions"] if row["preset"] == name]
        for k, rate_hz in enumerate(dict.fromkeys(row["rate_hz"] for row in rows)):
            for key, line in (("in_silence", "-"), ("in_noise", "--")):
                told = [row for row in rows if row["rate_hz"] == rate_hz and row[key]["ms"]]
                medians = [row[key]["ms"]["median"] for row in told]
                label = f"{rate_hz / 1000:g} kHz" if key == "in_silence" else None
                axis.plot(
                    [row["host_buffer"] for row in told],
                    medians,
                    f"{line}o",
                    color=f"C{k}",
                    label=label,
                    ms=3,
                )
        sizes = sorted({row["host_buffer"] for row in rows})
        axis.set_xscale("log")
        axis.set_xticks(sizes, [str(size) for size in sizes], minor=False)
        axis.set_xticks([], minor=True)
        axis.set(ylim=(0, None), xlabel="host buffer, samples", ylabel="ms to open")
        axis.set_title(f"{name}: silence -, noise --", fontsize=10)
        axis.legend(fontsize=7)
    if loops:
        for k, loop in enumerate(loops):
            label = f"{loop['rate_hz'] / 1000:g} kHz"
            off = [samples - loop["round_trip_samples"]["median"] for samples in loop["each_samples"]]
            axes[-1].plot(off, "o-", color=f"C{k}", label=label, ms=3)
        axes[-1].set(xlabel="sweep", ylabel="samples from the median")
        axes[-1].set_title("round trip, each sweep", fontsize=10)
        axes[-1].legend(fontsize=7)
