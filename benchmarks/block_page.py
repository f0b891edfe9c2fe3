"""The section and the picture of ``gate-bench block``."""

import math
from typing import Any

from benchmarks.machine import BINS

LEAST_SHARE = 1e-5
"""Bottom of the histograms: one callback of 100,000."""
PERCENTILES = ("p50", "p99", "p99.9", "max")


def markdown(results: list[dict[str, Any]]) -> list[str]:
    """Write a page's section: all cases in one table, as shares of the buffer, and each in full."""
    lines = [
        "## A callback that runs the model",
        "",
        "*On time* means one callback a buffer, woken by the clock, as a sound card does it. The floor is the same loop "
        "round a process that only copies, in the same run: what is late there is the machine's doing.",
        "",
        "| % of the buffer of 100 samples | buffer, µs | on time: p50 | p99.9 | max | first 100, cold: max | "
        "tight loop: p50 | p99.9 | floor: p99.9 | woken late, floor: p99.9 |",
        "|---" * 10 + "|",
    ]
    for r in results:
        cells = [
            _share(r, *where)
            for where in (
                ("warm_model_us", "p50"),
                ("warm_model_us", "p99.9"),
                ("warm_model_us", "max"),
                ("cold_us", "max"),
                ("tight_model_us", "p50"),
                ("tight_model_us", "p99.9"),
                ("floor_us", "p99.9"),
                ("floor_late_us", "p99.9"),
            )
        ]
        lines.append(f"| {name(r)} | {r['buffer_us']:.0f} | " + " | ".join(cells) + " |")
    lines.append("")
    for r in results:
        lines += _case(r)
    return lines


def name(r: dict[str, Any]) -> str:
    """Return the name of a case: preset, rate, channels."""
    channels = {1: "mono", 2: "stereo"}.get(r["channels"], f"{r['channels']} channels")
    return f"{r['preset']}, {r['rate_hz'] / 1000:g} kHz, {channels}"


def draw(figure: Any, results: list[dict[str, Any]]) -> None:
    """Draw histograms of callbacks against the deadline, a panel for each rate of the first preset."""
    first = results[0]
    shown = [r for r in results if r["preset"] == first["preset"] and r["channels"] == first["channels"]]
    axes = figure.subplots(1, len(shown), squeeze=False, sharey=True)[0]
    kinds = (
        ("warm_model_us", "on time", "tab:blue"),
        ("tight_model_us", "tight loop", "tab:green"),
        ("floor_us", "floor", "tab:gray"),
    )
    for axis, r in zip(axes, shown, strict=True):
        for key, label, colour in kinds:
            shares, edges = _stairs(r["histograms"][key])
            axis.stairs(shares, edges, fill=True, alpha=0.5, color=colour, label=label)
        axis.set_ylim(bottom=LEAST_SHARE)
        axis.axvline(r["buffer_us"], color="tab:red", linewidth=1.0, label="deadline")
        axis.set(xscale="log", yscale="log", xlabel="µs")
        axis.set_title(name(r), fontsize=9)
    axes[0].set_ylabel("share of callbacks")
    axes[0].legend(fontsize=7)


def _stairs(bins: dict[str, int]) -> tuple[list[float], list[float]]:
    """Return the share of callbacks in each bin, first to last, empty ones too, and the bins' ends in µs."""
    at = {round(BINS * math.log10(float(low))): count for low, count in bins.items()}
    if not at:
        return [], [1.0]
    every = range(min(at), max(at) + 1)
    total = sum(at.values())
    return [at.get(k, 0) / total for k in every], [10.0 ** (k / BINS) for k in (*every, every.stop)]


def _share(r: dict[str, Any], key: str, percentile: str) -> str:
    return f"{100.0 * r[key][percentile] / r['buffer_us']:.2g}" if r[key] else "-"


def _case(r: dict[str, Any]) -> list[str]:
    return [
        f"### {name(r)}: a buffer lasts {r['buffer_us']:.0f} µs",
        "",
        f"The model (graph {r['graph'][:12]}) ran in {100 * r['model_share']:.0f} % of the callbacks; model errors: "
        f"{r['model_errors']}; real-time priority: {'yes' if r['real_time_priority'] else 'no'}. "
        f"The very first callback that ran it took {r['first_us']:.0f} µs.",
        "",
        "| µs (share of the buffer) | p50 | p99 | p99.9 | max | callbacks |",
        "|---|---|---|---|---|---|",
        _row("on time, warm, callbacks that ran the model", r["warm_model_us"], r["buffer_us"]),
        _row("on time, warm, all callbacks", r["warm_us"], r["buffer_us"]),
        _row("on time, cold: the first 100 that ran the model", r["cold_us"], r["buffer_us"]),
        _row("tight loop, callbacks that ran the model", r["tight_model_us"], r["buffer_us"]),
        _row("floor: on time, a process that only copies", r["floor_us"], r["buffer_us"]),
        _row("woken late by, with the engine", r["late_us"], r["buffer_us"]),
        _row("woken late by, floor", r["floor_late_us"], r["buffer_us"]),
        "",
    ]


def _row(label: str, stats: dict[str, float], buffer_us: float) -> str:
    if not stats:
        return f"| {label} |" + " - |" * (len(PERCENTILES) + 1)
    cells = [f"{stats[p]:.1f} ({100 * stats[p] / buffer_us:.1f} %)" for p in PERCENTILES]
    return f"| {label} | " + " | ".join([*cells, str(stats["n"])]) + " |"
