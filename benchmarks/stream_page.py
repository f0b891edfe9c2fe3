"""The section and the picture of ``gate-bench stream``."""

from typing import Any

PERCENTILES = ("p50", "p99", "p99.9", "max")
LEAST_SHARE = 1e-6
"""Bottom of the histograms: less than one callback of a minute at 192 kHz."""

REACH = {48_000: (1.0, 1, 10.0), 192_000: (1.5, 5, 30.0)}
"""By rate, Hz: late buffers, at most so many times the floor's and so many more; the model's callbacks, at the 99.9th
percentile at most so many % of a buffer of 100."""
REACH_BUFFER = 100
REACH_START_S = 2.0
REACH_MEMORY_MB = 350.0

NAMES = {"floor": "floor: only copies", "gate": "the gate", "python": "Python and session.run"}
COLOURS = {"floor": "tab:gray", "gate": "tab:blue", "python": "tab:orange"}


def markdown(results: dict[str, Any]) -> list[str]:
    """Write the section of a page."""
    runs = results["runs"]
    lines = ["## A live stream", "", _where(results), ""]
    for rate_hz in dict.fromkeys(r["rate_hz"] for r in runs):
        lines += _table([r for r in runs if r["rate_hz"] == rate_hz])
        lines += _reached([r for r in runs if r["rate_hz"] == rate_hz])
    if results["start"]:
        lines += _start(results["start"])
    if results["absent"]:
        lines += ["Not measured:", ""]
        lines += [f"- {what}: {why}" for what, why in results["absent"].items()] + [""]
    return lines


def reach(floor: dict[str, Any], gate: dict[str, Any]) -> list[tuple[str, bool]]:
    """Return what a run of the gate should reach beside its floor, and whether it does; nothing for other shapes."""
    if gate["rate_hz"] not in REACH or gate["buffer_frames"] != REACH_BUFFER:
        return []
    times, more, share = REACH[gate["rate_hz"]]
    found = []
    for key, word in (("flagged", "flagged"), ("gaps", "gaps")):
        most = times * floor[key] + more
        found.append((f"{word} {gate[key]} (at most {most:g})", bool(gate[key] <= most)))
    if gate["model_us"]:
        percent = 100.0 * gate["model_us"]["p99.9"] / gate["buffer_us"]
        found.append((f"p99.9 {percent:.3g} % (at most {share:g} %)", percent <= share))
    return found


def draw(figure: Any, results: dict[str, Any]) -> None:
    """Draw histograms of callback times against the deadline, a row for each rate and a panel for each load."""
    runs = results["runs"]
    if not runs:
        figure.text(0.5, 0.5, "no stream was measured", ha="center")
        return
    rates, loads = (list(dict.fromkeys(r[key] for r in runs)) for key in ("rate_hz", "load"))
    places = figure.subplots(len(rates), len(loads), squeeze=False, sharex=True, sharey=True)
    for row, rate_hz in zip(places, rates, strict=True):
        for axis, load in zip(row, loads, strict=True):
            shown = [r for r in runs if (r["rate_hz"], r["load"]) == (rate_hz, load)]
            for r in shown:
                _stairs(axis, r)
            if shown:
                axis.axvline(shown[0]["buffer_us"], color="tab:red", linewidth=1.0, label="deadline")
            axis.set(xscale="log", yscale="log")
            axis.set_ylim(bottom=LEAST_SHARE)
            axis.set_title(f"{rate_hz / 1000:g} kHz, {load}", fontsize=9)
    for axis in places[-1]:
        axis.set_xlabel("a callback, µs")
    for row in places:
        row[0].set_ylabel("share of callbacks")
    places[0][0].legend(fontsize=7)


def _stairs(axis: Any, r: dict[str, Any]) -> None:
    histogram = r["all_histogram"]
    total = sum(histogram["counts"])
    if total:
        shares = [count / total for count in histogram["counts"]]
        axis.stairs(
            shares,
            histogram["edges_us"],
            fill=True,
            alpha=0.5,
            color=COLOURS[r["subject"]],
            label=NAMES[r["subject"]],
        )


def _where(results: dict[str, Any]) -> str:
    runs = results["runs"]
    words = [f"On {results['sound_system']}"]
    if results.get("servers"):
        words.append(": " + "; ".join(f"`{command}`" for command in results["servers"]))
    words.append(f". Preset {results['preset']}, mono.")
    if runs:
        priorities = {r["real_time_priority"] for r in runs}
        said = "in some runs" if len(priorities) > 1 else "yes" if priorities.pop() else "no"
        turns = f"in {results['turns']} turns with the others, " if results["turns"] > 1 else ""
        words.append(
            f" Real-time priority of the audio thread: {said}. Each run is done {turns}each time in a process of its own, "
            "whose first half second is not counted. *Flagged* are the buffers that the sound system called late, *gaps* "
            "those that began more than half a buffer late by the callback's clock. The floor is the same compiled callback "
            "round a process that only copies: what it misses is the machine's doing. Times are upper edges of bins 7.5 % "
            "wide."
        )
    return "".join(words)


def _table(runs: list[dict[str, Any]]) -> list[str]:
    first = runs[0]
    lines = [
        f"### {first['rate_hz'] / 1000:g} kHz, {first['buffer_frames'] or '?'} samples: a buffer lasts "
        f"{first['buffer_us']:.0f} µs",
        "",
        "| % of the buffer | buffers | of | flagged | gaps | load | all: p50 | p99 | p99.9 | max | "
        "with the model: p50 | p99 | p99.9 | max |",
        "|---" * 14 + "|",
    ]
    for r in runs:
        cells = [f"{r['load']}, {NAMES[r['subject']]}", r["buffers"], r["expected_buffers"] or "?"]
        cells += [r["flagged"], r["gaps"], _percent(r["load_share"])]
        for key in ("all_us", "model_us"):
            cells += [_percent(r[key][p] / r["buffer_us"]) if r[key] else "-" for p in PERCENTILES]
        lines.append("| " + " | ".join(map(str, cells)) + " |")
    return [*lines, "", *_remarks(runs)]


def _remarks(runs: list[dict[str, Any]]) -> list[str]:
    """Return what a reader has to know of single runs."""
    found = []
    drawn = [r["drawn"] / r["seconds"] for r in runs if r["drawn"]]
    if drawn:
        found.append(f"the window drew {min(drawn):.0f} to {max(drawn):.0f} pictures a second")
    for r in runs:
        name = f"{r['load']}, {NAMES[r['subject']]}"
        if r["subject"] != "python" and not r["native"]:
            found.append(f"{name}: the sound system would not call compiled code")
        if r["ended"]:
            found.append(f"{name}: the sound system ended {r['ended']} streams before their time")
        if r["model_errors"] or r["fallbacks"]:
            found.append(
                f"{name}: {r['model_errors']} model errors, {r['fallbacks']} turns fell back to the classic gate"
            )
    return [*(f"- {sentence}" for sentence in found), ""] if found else []


def _reached(runs: list[dict[str, Any]]) -> list[str]:
    """Write what should be reached, and whether it is."""
    found = []
    for gate in (r for r in runs if r["subject"] == "gate"):
        floor = next(r for r in runs if (r["load"], r["subject"]) == (gate["load"], "floor"))
        words = [f"{text}: {_word(reached)}" for text, reached in reach(floor, gate)]
        if words:
            found.append(f"- {gate['load']}: {'; '.join(words)}")
    return ["To be reached by the gate:", "", *found, ""] if found else []


def _start(s: dict[str, Any]) -> list[str]:
    sound, peak = s["first_sound_s"]["median"], s["peak_mb"]["median"]
    return [
        f"### gate-live: start-up and memory, {s['rate_hz'] / 1000:g} kHz",
        "",
        f"From the start of the command to the first sound that another client hears through it; memory after "
        f"{s['played_s']:g} s of sound. Compiled code is on disk but in the very first run.",
        "",
        "| | median (lowest to highest) |",
        "|---|---|",
        f"| first sound | {_spread(s['first_sound_s'], 's')} |",
        f"| `python -c '{s['imports']}'` | {_spread(s['bare_imports_s'], 's')} |",
        f"| first sound of the very first run, which compiles | {s['compiling_first_sound_s']:.1f} s |",
        f"| largest resident memory | {_spread(s['peak_mb'], 'MB')} |",
        f"| resident memory while it plays | {_spread(s['resident_mb'], 'MB')} |",
        f"| largest resident memory of those imports | {_spread(s['bare_imports_peak_mb'], 'MB')} |",
        "",
        f"To be reached: first sound {sound:.2g} s (at most {REACH_START_S:g} s): {_word(sound <= REACH_START_S)}; memory "
        f"{peak:.0f} MB (at most {REACH_MEMORY_MB:g} MB): {_word(peak <= REACH_MEMORY_MB)}.",
        "",
    ]


def _percent(share: float) -> str:
    """Return a percentage with two digits, or with all that are before the point."""
    return f"{100.0 * share:.2g}" if share < 0.995 else f"{100.0 * share:.0f}"


def _word(reached: bool) -> str:
    return "reached" if reached else "**not reached**"


def _spread(s: dict[str, float], unit: str) -> str:
    return f"{s['median']:.3g} {unit} ({s['min']:.3g} to {s['max']:.3g})"
