"""The page of ``benchmarks.heads``: what is better and worse beyond its interval, as Markdown."""

from collections.abc import Mapping, Sequence
from typing import Any

from benchmarks.heads_table import AGAINST_CLASSIC
from training.judging.controls import LESS_IS_BETTER, OWN

Gap = Sequence[float] | None
"""Mean of learned less other, and the ends of its interval; None where it cannot be measured."""

NAMES = {
    "hold": "gaps kept, pauses shut", "gaps_kept": "gaps kept", "pauses_shut": "pauses shut",
    "tail_db": "tails, dB", "tail_bleed_db": "bleed taken down, dB",
    "attack_db": "first 20 ms, dB", "attack_lost_db": "lost, dB", "attack_step": "step",
    "kept_out_db": "kept out, dB", "wrong_min": "wrong openings a minute", "needless_min": "needless a minute",
    "cut_db": "cut, dB", "balanced": "balanced",
}  # fmt: skip
BESIDE = {
    "attack": ("attack_lost_db", "attack_step"),
    "hold": ("gaps_kept", "pauses_shut"),
    "release": ("tail_bleed_db",),
    "key": ("wrong_min", "needless_min", "cut_db"),
}
"""Control -> measures that are given beside its own."""
SHARES = frozenset(("hold", "gaps_kept", "pauses_shut", "attack_step", "balanced"))
"""Measures between 0 and 1, which need a digit more."""
ALL_FOUR = ("attack_db", "hold", "tail_db", "kept_out_db", "wrong_min", "balanced")


def markdown(found: Mapping[str, Any], about: Mapping[str, Any]) -> str:
    """Write the page: how often each control wins, then one row for each preset, kind and control, and all four together."""
    return (
        "\n".join(
            [*_head(found, about), *_won(found), *_controls(found), *_together(found), *_classic(found)]
        )
        + "\n"
    )


def verdict(gap: Gap, measure: str) -> str:
    """Say "better" or "worse" of a difference beyond its interval, "-" of one within, and "" of none."""
    if gap is None:
        return ""
    mean, low, high = gap
    if low <= 0.0 <= high:
        return "-"
    return "better" if (mean > 0.0) != (measure in LESS_IS_BETTER) else "worse"


def cell(gap: Gap, measure: str) -> str:
    """Write a difference with its interval, bold where better, in italics where worse."""
    if gap is None:
        return "-"
    digits = 3 if measure in SHARES else 2
    mean, low, high = gap
    text = f"{mean:+.{digits}f} ({low:+.{digits}f} to {high:+.{digits}f})"
    mark = {"better": "**", "worse": "*"}.get(verdict(gap, measure), "")
    return f"{mark}{text}{mark}"


def _head(found: Mapping[str, Any], about: Mapping[str, Any]) -> list[str]:
    return [
        "# What each learned control is worth",
        "",
        f"`{about['command']}`, seed {about['seed']}, {about['per_kind']} scenes a kind and group of sources, data "
        f"`{about['data']}`, {about['date']}. One learned control at a time is held at the constant that does best on these "
        "very scenes, for this kind of bleed and by this control's own measure: more than a user could set. Numbers are "
        "*learned less constant*, scene by scene, with the 95 % interval over scenes. **Bold**: better beyond the "
        "interval; *italics*: worse. As the constant was chosen on the scenes, the comparison favours it.",
        "",
        "Judged:",
        *(f"- {name}: {entry['judged']}." for name, entry in found.items()),
        "",
        "[Measures](metrics.md#what-each-control-is-worth), each for one control:",
        "- *attack*: error against the target over 1 kHz, in the first 20 ms of openings, dB; less is better.",
        "- *hold*: share of gaps kept open and of pauses shut, their mean; more is better.",
        "- *release*: how far, after closings, the level of what comes out is from the target's own, dB; less is better.",
        "- *key*: bleed kept out of pauses, up to 30 dB; more is better. Wrong openings: needless or missed.",
        "",
        "Constants tried: of each time twelve, evenly spaced in the logarithm, and its least; of the key all bands "
        "alike, its own mean while open, and ten octaves. A constant key's decision is shifted so that it is open as "
        "often as the learned one where it should be; if not, a key that hears nothing would be a gate that opens less.",
        "",
    ]


def _won(found: Mapping[str, Any]) -> list[str]:
    lines = [
        "## How often",
        "",
        "| control | better | neither | worse | nothing to measure | presets: better somewhere, worse nowhere |",
        "|---|---|---|---|---|---|",
    ]
    for control, measure in OWN.items():
        said = {
            name: [verdict(rows["parts"][control][measure], measure) for rows in entry["kinds"].values()]
            for name, entry in found.items()
        }
        every = [word for words in said.values() for word in words]
        good = [name for name, words in said.items() if "better" in words and "worse" not in words]
        counts = " | ".join(str(every.count(word)) for word in ("better", "-", "worse", ""))
        lines.append(f"| {control} | {counts} | {', '.join(good) or 'none'} |")
    return [*lines, ""]


def _controls(found: Mapping[str, Any]) -> list[str]:
    lines = [
        "## Each control",
        "",
        "| preset, bleed | control | best constant | learned | on its own measure | beside it | balanced |",
        "|---|---|---|---|---|---|---|",
    ]
    for where, rows in _each(found):
        for control, row in rows["parts"].items():
            measure = OWN[control]
            value = rows["learned"][measure]
            digits = 3 if measure in SHARES else 2
            learned = "-" if value is None else f"{value:.{digits}f}"
            beside = ", ".join(f"{NAMES[m]} {cell(row[m], m)}" for m in BESIDE[control])
            lines.append(
                f"| {where} | {control} | {row['constant']} | {learned} | {cell(row[measure], measure)} | {beside} | "
                f"{cell(row['balanced'], 'balanced')} |"
            )
    return [*lines, ""]


def _together(found: Mapping[str, Any]) -> list[str]:
    lines = [
        "## All four at their constants",
        "",
        "Learned less all four best constants at once.",
        "",
        "| preset, bleed | " + " | ".join(NAMES[m] for m in ALL_FOUR) + " |",
        "|---" * (len(ALL_FOUR) + 1) + "|",
    ]
    for where, rows in _each(found):
        lines.append(f"| {where} | " + " | ".join(cell(rows["all"][m], m) for m in ALL_FOUR) + " |")
    return [*lines, ""]


def _classic(found: Mapping[str, Any]) -> list[str]:
    lines = [
        "## Against a classic gate that is set by hand for each file",
        "",
        "Learned less a classic gate: high-pass, threshold, hysteresis and hold chosen for each file by balanced accuracy, "
        "knowing the answer; it opens and shuts at once. *All three*: whether the learned gate is better beyond the "
        "interval in balanced accuracy, tails and cut at once.",
        "",
        "| preset, bleed | " + " | ".join(NAMES[m] for m in AGAINST_CLASSIC) + " | all three |",
        "|---" * (len(AGAINST_CLASSIC) + 2) + "|",
    ]
    for where, rows in _each(found):
        gaps = [rows["classic"][m] for m in AGAINST_CLASSIC]
        words = {verdict(gap, m) for gap, m in zip(gaps, AGAINST_CLASSIC, strict=True)} - {""}
        cells = " | ".join(cell(gap, m) for gap, m in zip(gaps, AGAINST_CLASSIC, strict=True))
        lines.append(f"| {where} | {cells} | {'yes' if words == {'better'} else 'no'} |")
    return lines


def _each(found: Mapping[str, Any]) -> list[tuple[str, Any]]:
    return [
        (f"{name}, {kind}", rows) for name, entry in found.items() for kind, rows in entry["kinds"].items()
    ]
