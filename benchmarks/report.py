"""Results as a page and a picture."""

from pathlib import Path
from typing import Any

PERCENTILES = ("p50", "p99", "p99.9", "max")


def _row(name: str, stats: dict[str, float], buffer_us: float | None) -> str:
    if not stats:
        return f"| {name} |" + " - |" * len(PERCENTILES)
    cells = [
        f"{stats[p]:.1f}" + (f" ({100 * stats[p] / buffer_us:.1f} %)" if buffer_us else "")
        for p in PERCENTILES
    ]
    return f"| {name} | " + " | ".join(cells) + " |"


def _rate_section(r: dict[str, Any]) -> list[str]:
    b = r["buffer_us"]
    return [
        f"### {r['rate_hz'] / 1000:g} kHz: a buffer of 100 samples lasts {b:.0f} us",
        "",
        f"The model ran in {100 * r['model_share']:.0f} % of {r['late_us']['n']} callbacks; model errors: "
        f"{r['model_errors']}; real-time priority: {'yes' if r['real_time_priority'] else 'no'}. "
        f"The very first callback that ran it took {r['first_us']:.0f} us.",
        "",
        "| microseconds (share of the buffer) | p50 | p99 | p99.9 | max |",
        "|---|---|---|---|---|",
        _row("on time, warm, callbacks that ran the model", r["warm_model_us"], b),
        _row("on time, warm, all callbacks", r["warm_us"], b),
        _row("on time, cold: the first 100 that ran the model", r["cold_us"], b),
        _row("tight loop, callbacks that ran the model", r["tight_model_us"], b),
        _row("floor: on time, a process that only copies", r["floor_us"], b),
        _row("woken late by, with the engine", r["late_us"], b),
        _row("woken late by, floor", r["floor_late_us"], b),
        "",
    ]


def _spread(s: dict[str, float], unit: str) -> str:
    return f"{s['median']:.3g} {unit} ({s['min']:.3g} to {s['max']:.3g})"


def markdown(results: dict[str, Any]) -> str:
    """The whole page."""
    m = results["machine"]
    lines = [
        "# Benchmarks",
        "",
        "Written by `python -m benchmarks`; the figures are this run's, on this machine.",
        "Ratios carry over to other machines, times do not.",
        "",
        f"- command: `{results['command']}`, preset `{results['preset']}` (graph {results['graph'][:12]})",
        f"- machine: {m['processor']}, {m['cores']} cores, {m['system']}",
        f"- load average at the start: {m['load_average_at_start']}",
        f"- Python {m['python']}, " + ", ".join(f"{k} {v}" for k, v in m["versions"].items()),
        "",
        "![Callbacks against the buffer's time, and renders against the file's length](results.png)",
        "",
        "## A callback that runs the model",
        "",
        "*On time* means one callback a buffer, woken by the clock, as a sound card does it.",
        "The floor is the same loop round a process that only copies, in the same run:",
        "what is late there is the machine's doing.",
        "",
    ]
    for r in results["block"]:
        lines += _rate_section(r)
    if r := results.get("render"):
        lines += [
            "## gate-render",
            "",
            f"File: {r['file']}. Processor time is user + system, start-up included, on one core.",
            "",
            "| | median (lowest to highest) |",
            "|---|---|",
            f"| processor time | {_spread(r['cpu_s'], 's')} |",
            f"| times real time | {_spread(r['times_real_time'], '')} |",
            f"| processor time of a plain copy through soundfile | {_spread(r['copy_cpu_s'], 's')} |",
            f"| render / copy | {r['times_copy']:.1f} |",
            f"| largest resident memory | {r['peak_mib']:.0f} MiB |",
            f"| a whole cold run on half a second of sound | {_spread(r['first_sound_s'], 's')} |",
            f"| `python -c '{r['imports']}'` | {_spread(r['bare_imports_s'], 's')} |",
            f"| first sound after those imports, at most | {r['first_sound_after_imports_s']:.2f} s |",
            f"| the very first run, which compiles | {r['compiling_once_s']:.1f} s |",
            "",
        ]
    return "\n".join(lines)


def picture(results: dict[str, Any], path: Path) -> None:
    """Share of the buffer at each rate, engine against floor; and processor time of render and copy."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(11, 4.2), layout="constrained")
    left, right = figure.subplots(1, 2, width_ratios=[3, 1])
    kinds = (
        ("warm_model_us", "model ran, on time", "tab:blue"),
        ("tight_model_us", "model ran, tight loop", "tab:green"),
        ("floor_us", "floor (copies)", "tab:gray"),
    )
    marks = dict(zip(PERCENTILES, "o^sx", strict=True))
    for j, (key, label, colour) in enumerate(kinds):
        for i, r in enumerate(results["block"]):
            for p, mark in marks.items():
                if r[key]:
                    share = 100 * r[key][p] / r["buffer_us"]
                    left.plot(i + 0.2 * (j - 1), share, mark, color=colour, markersize=6)
        left.plot([], [], "o", color=colour, label=label)
    for p, mark in marks.items():
        left.plot([], [], mark, color="black", label=p)
    left.set_yscale("log")
    left.axhline(100, color="tab:red", linewidth=0.8)
    left.set_xticks(range(len(results["block"])), [f"{r['rate_hz'] / 1000:g} kHz" for r in results["block"]])
    left.set_ylabel("% of the time of 100 samples")
    left.set_title("cost of a callback")
    left.legend(fontsize=8, ncols=7, loc="upper center", bbox_to_anchor=(0.5, -0.08), columnspacing=1.0)
    if r := results.get("render"):
        names, values = ["gate-render", "copy"], [r["cpu_s"]["median"], r["copy_cpu_s"]["median"]]
        right.bar(names, values, color=["tab:blue", "tab:gray"])
        right.axhline(r["seconds"] / 300, color="tab:red", linewidth=0.8, label="300 times real time")
        right.set_ylabel("processor seconds")
        right.set_title(r["file"], fontsize=8)
        right.legend(fontsize=8)
    figure.savefig(path, dpi=110)
