"""Scores as text and as JSON: what ``gate-eval`` prints and writes."""

import math
from typing import Any

import numpy as np

from training.judging import metrics_more
from training.judging.metrics import MEASURES

Table = dict[str, dict[str, float]]
"""Row ("noise", "music", "noise 0 dB", ...) -> measure -> value, see ``metrics.pool`` and ``metrics_more.pool``."""

HEADINGS = ("AUC", "balanced", "onset ms", "p90", "missed", "needless", "chops", "lost dB", "cut dB")
FORMATS = ("{:.3f}", "{:.3f}", "{:.1f}", "{:.0f}", "{:.3f}", "{:.1f}", "{:.1f}", "{:.2f}", "{:.1f}")

ALARMS = {"far": ("open", "{:.1%}"), "needless_min": ("needless", "{:.1f}"), "cut_db": ("cut dB", "{:.1f}")}
"""False alarms, measure -> heading and form: share of time, openings a minute, what is taken off the bleed in dB."""

MORE_HEADINGS = (
    "on p50", "p90", "p99", "off p50", "p90", "p99", "front", "mid", "click", "SI-SDR", "gain"
)  # fmt: skip
"""Signed errors and clipping in ms, the largest gain step a sample, SI-SDR and what it gained in dB."""
MORE_FORMATS = (*("{:+.1f}", "{:+.0f}", "{:+.0f}") * 2, "{:.1f}", "{:.1f}", "{:.3f}", "{:.1f}", "{:+.1f}")


def format_more(tables: dict[str, Table], *, by_snr: bool = True) -> str:
    """Write the second table of several gates as text, row by row beside each other; see ``format_tables``."""
    names = max(24, *(len(name) + 2 for name in tables))
    lines = []
    for row in _shown(tables, by_snr):
        lines.append(f"{row:<{names}}" + "".join(f"{heading:>8}" for heading in MORE_HEADINGS))
        for name, rows in tables.items():
            cells = zip(MORE_FORMATS, metrics_more.MEASURES, strict=True)
            text = "".join(f"{cell(form, rows[row][key]):>8}" for form, key in cells)
            lines.append(f"{'  ' + name:<{names}}" + text)
        lines.append("")
    return "\n".join(lines)


def format_tables(
    tables: dict[str, Table],
    intervals: dict[str, dict[str, dict[str, tuple[float, float]]]] | None = None,
    *,
    by_snr: bool = True,
) -> str:
    """Write several gates' tables as text, row by row beside each other.

    Args:
        tables: gate's name -> table, all with the same rows.
        intervals: gate's name -> row -> measure -> (low, high); printed under the row where there are some.
        by_snr: print the rows of each SNR too, not only those of each kind of bleed.
    """
    names = max(24, *(len(name) + 2 for name in tables))
    width = 13 if intervals else 9
    lines = []
    for row in _shown(tables, by_snr):
        heads = "".join(f"{heading:>{width}}" for heading in HEADINGS)
        title = f"{row} ({next(iter(tables.values()))[row]['scenes']:.0f} scenes)"
        lines.append(f"{title:<{names}}{heads}")
        for name, rows in tables.items():
            cells = (cell(form, rows[row][key]) for form, key in zip(FORMATS, MEASURES, strict=True))
            lines.append(f"{'  ' + name:<{names}}" + "".join(f"{cell:>{width}}" for cell in cells))
            ends = (intervals or {}).get(name, {}).get(row)
            if ends:
                cells = (span(form, ends[key]) for form, key in zip(FORMATS, MEASURES, strict=True))
                lines.append(f"{'    95 %':<{names}}" + "".join(f"{cell:>{width}}" for cell in cells))
        lines.append("")
    return "\n".join(lines)


def format_alarms(
    tables: dict[str, Table],
    intervals: dict[str, dict[str, dict[str, tuple[float, float]]]],
    *,
    by_snr: bool = True,
) -> str:
    """Write the false alarms of several gates as text, row by row beside each other; see ``format_tables``."""
    names = max(24, *(len(name) + 2 for name in tables))
    lines = []
    for row in _shown(tables, by_snr):
        title = f"{row} alone ({next(iter(tables.values()))[row]['scenes']:.0f} scenes)"
        lines.append(
            f"{title:<{names}}"
            + "".join(f"{heading:>12}" for heading, _ in ALARMS.values())
            + f"{'95 %':>18}"
        )
        for name, rows in tables.items():
            text = "".join(f"{cell(form, rows[row][key]):>12}" for key, (_, form) in ALARMS.items())
            ends = intervals.get(name, {}).get(row, {}).get("far")
            lines.append(f"{'  ' + name:<{names}}{text}" + (f"{span('{:.1%}', ends):>18}" if ends else ""))
        lines.append("")
    return "\n".join(lines)


def _shown(tables: dict[str, Table], by_snr: bool) -> list[str]:
    return [row for row in next(iter(tables.values())) if by_snr or not row.endswith(" dB")]


def cell(form: str, value: float) -> str:
    """Write a value as text; "-" for what could not be measured."""
    return "-" if math.isnan(value) else form.format(value)


def span(form: str, ends: tuple[float, float]) -> str:
    """Write an interval as text."""
    return "-" if math.isnan(ends[0]) else f"{form.format(ends[0])}..{form.format(ends[1])}"


def plain(value: Any) -> Any:
    """Turn nested values into those of JSON: nan becomes null."""
    if isinstance(value, dict):
        return {str(key): plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [plain(inner) for inner in value]
    if isinstance(value, np.generic):
        value = value.item()
    return None if isinstance(value, float) and not math.isfinite(value) else value
