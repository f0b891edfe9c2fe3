"""A run as a picture: each measure a panel, each gate a line, a dot with its interval for each kind of bleed."""

import io
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gate.constants import BLOCK, BLOCK_S
from training.judging.judge import Judged
from training.judging.metrics import MEASURES

TITLES = (
    ("AUC", "1 is best"), ("balanced accuracy", "1 is best"), ("onset, median", "ms, less is better"),
    ("onset, 90th percentile", "ms, less is better"), ("openings missed", "share, less is better"),
    ("needless openings", "a minute, less is better"), ("chops", "a minute, less is better"),
    ("target lost", "dB, less is better"), ("bleed cut", "dB, more is better"),
)  # fmt: skip
"""Titles and units of the panels, in the order of ``training.judging.metrics.MEASURES``."""

COLOURS = ("#1f6fb4", "#d9711c", "#3a8f4d", "#8a4fa3", "#b03a48", "#5a5a5a", "#a08400", "#008a8a")
OPEN_COLOUR, UNSCORED_COLOUR = "#bfe3c4", "#f6e2b3"
"""The label's colours, as in docs/labels.md."""

POINTS = 1200
"""Columns that a scene's waveform is drawn from."""


def summary(judged: Judged, title: str) -> bytes:
    """Draw a PNG of all measures of all gates, with 95 % intervals where there are some."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    names = [verdict.contestant.name for verdict in judged.verdicts]
    kinds = [row for row in judged.verdicts[0].table if not row.endswith(" dB")]
    tall = 0.9 + 3 * (0.75 + len(names) * max(0.24, 0.15 * len(kinds)))
    figure = Figure(figsize=(12.0, tall), dpi=110, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots(3, 3, sharey=True)
    for ax, measure, (head, unit) in zip(axes.flat, MEASURES, TITLES, strict=True):
        for k, kind in enumerate(kinds):
            shift = (k - (len(kinds) - 1) / 2) * 0.6 / max(len(kinds), 1)
            _dots(ax, judged, kind, measure, shift, COLOURS[k % len(COLOURS)])
        if ax.dataLim.width < 1e-9:  # one value everywhere: matplotlib would show thousandths about it
            ax.set_xlim(ax.dataLim.x0 - 0.04, ax.dataLim.x0 + 1.0)
        ax.set_title(head, fontsize=10, loc="left", fontweight="bold")
        ax.set_xlabel(unit, fontsize=8)
        ax.tick_params(labelsize=8)
        ax.grid(axis="x", color="#e3e3e3", linewidth=0.6)
        ax.set_axisbelow(True)
        for side in ("top", "right", "left"):
            ax.spines[side].set_visible(False)
        for at in range(1, len(names)):
            ax.axhline(at - 0.5, color="#efefef", linewidth=0.6, zorder=0)
        ax.tick_params(axis="y", length=0)
    axes[0, 0].set_yticks(range(len(names)), names)
    axes[0, 0].set_ylim(len(names) - 0.5, -0.5)
    figure.suptitle(title, fontsize=11, x=0.01, ha="left")
    handles, labels = axes[0, 1].get_legend_handles_labels()
    if len(kinds) > 1:
        figure.legend(handles, labels, loc="upper right", fontsize=9, frameon=False, ncols=len(kinds))
    return _png(figure)


def _dots(ax: Any, judged: Judged, kind: str, measure: str, shift: float, colour: str) -> None:
    at, values, low, high = [], [], [], []
    for i, verdict in enumerate(judged.verdicts):
        value = verdict.table[kind][measure]
        if not np.isfinite(value):
            ax.text(
                0.01,
                i + shift,
                "-",
                transform=ax.get_yaxis_transform(),
                fontsize=8,
                color=colour,
                va="center",
            )
            continue
        ends = verdict.intervals.get(kind, {}).get(measure, (value, value))
        at.append(i + shift)
        values.append(value)
        low.append(min(ends[0], value))
        high.append(max(ends[1], value))
    ax.hlines(at, low, high, color=colour, linewidth=1.6, alpha=0.55)
    ax.plot(values, at, "o", color=colour, markersize=4.5, label=kind)


def scene_picture(judged: Judged, index: int, range_db: float) -> bytes:
    """Draw a PNG of one scene: mixture, target and label, and below the gain of each gate."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    scene, truth = judged.scenes[index], judged.truths[index]
    verdicts = judged.verdicts
    figure = Figure(figsize=(10.0, 1.7 + 0.42 * len(verdicts)), dpi=100, layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots(
        1 + len(verdicts),
        1,
        sharex=True,
        gridspec_kw={"height_ratios": [3.0] + [1.0] * len(verdicts)},
        squeeze=False,
    )[:, 0]
    seconds = len(truth.label) * BLOCK_S
    wave = axes[0]
    for sound, colour, name in ((scene.mixture, "#b8b8b8", "mixture"), (scene.target, "#1f6fb4", "target")):
        peaks = envelope(sound)
        wave.fill_between(
            np.linspace(0.0, seconds, len(peaks)), -peaks, peaks, color=colour, linewidth=0, label=name
        )
    wave.axhline(10.0 ** (truth.threshold_db / 20.0), color="#b03a48", linewidth=0.7, label="threshold")
    wave.set_yticks([])
    wave.legend(loc="upper right", fontsize=7, ncols=3, framealpha=0.8)
    floor = max(range_db, -80.0)
    times = np.arange(len(truth.label)) * BLOCK_S
    for ax, verdict in zip(axes[1:], verdicts, strict=True):
        gain_db = 20.0 * np.log10(np.maximum(verdict.gains[index], 10.0 ** (floor / 20.0)))
        ax.fill_between(times, floor, gain_db, step="post", color="#3c3c3c", alpha=0.75, linewidth=0)
        ax.set_ylim(floor, 6.0)
        ax.set_yticks([])
        ax.set_ylabel(verdict.contestant.name, rotation=0, ha="right", va="center", fontsize=8)
    for ax in axes:
        _shade(ax, truth.label)
        ax.set_xlim(0.0, seconds)
        ax.tick_params(labelsize=7)
        for side in ("top", "right", "left"):
            ax.spines[side].set_visible(False)
    axes[-1].set_xlabel("s", fontsize=8)
    return _png(figure)


def envelope(sound: NDArray[np.floating]) -> NDArray[np.float64]:
    """Find the peaks of a sound in at most ``POINTS`` stretches of equal length: (n,) -> (points,)."""
    step = max(BLOCK, -(-len(sound) // POINTS))
    padded = np.zeros(-(-len(sound) // step) * step)
    padded[: len(sound)] = np.abs(sound)
    return np.asarray(padded.reshape(-1, step).max(axis=1))


def _shade(ax: Any, label: NDArray[np.integer]) -> None:
    for value, colour in ((1, OPEN_COLOUR), (-1, UNSCORED_COLOUR)):
        edges = np.flatnonzero(np.diff(np.concatenate(([False], label == value, [False])).astype(np.int8)))
        spans = [(a * BLOCK_S, (b - a) * BLOCK_S) for a, b in zip(edges[::2], edges[1::2], strict=True)]
        ax.broken_barh(spans, (0, 1), color=colour, transform=ax.get_xaxis_transform(), zorder=0, linewidth=0)


def _png(figure: Any) -> bytes:
    data = io.BytesIO()
    figure.savefig(data, format="png")
    return data.getvalue()
