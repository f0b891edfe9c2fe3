"""A picture of a render: sound before and after, and what the gate learned to do, on one axis of time.

What is drawn is gathered while the file is rendered, and thinned to a fixed number of columns as it comes (least
and most of each), so an hour costs no more memory than a minute. matplotlib is loaded for the drawing alone.
"""

from dataclasses import dataclass
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from gate.engine.engine import CURVE_COLUMNS
from gate.pictures import AFTER, BAND, BEFORE, CLASS_COLOURS, LINE, Thin, band, extremes, legend, png

SIZE_INCHES = (12.0, 11.0)


LOWEST_GAIN_DB = -120.0
"""Level at which a gain of 0 is drawn."""

TIMES_MS = (0.5, 1500.0)
"""Axis of attack, hold and release: what the engine lets through is 0 to 1000 ms."""

KEY_HZ = (20.0, 24000.0)
"""Axis of the key: what a model at 48 kHz can hear."""


@dataclass(frozen=True)
class Picture:
    """The data of a picture.

    Attributes:
        title: one line or two.
        seconds: length of the sound.
        range_db: gain of the shut gate, -inf allowed.
        before: the input's samples, all channels, width 1.
        after: the output's.
        curve: rows of the engine's curve.
        columns: names of the curve's columns; those after ``CURVE_COLUMNS`` are a guard's.
    """

    title: str
    seconds: float
    range_db: float
    before: Thin
    after: Thin
    curve: Thin
    columns: tuple[str, ...] = CURVE_COLUMNS


class Collector:
    """A picture's data, gathered while a file is rendered.

    Args:
        frames: of the sound.
        blocks: of the curve.
        columns: of the curve.
    """

    def __init__(self, frames: int, blocks: int, columns: tuple[str, ...] = CURVE_COLUMNS) -> None:
        self.columns = columns
        self.before = Thin(frames, 1)
        self.after = Thin(frames, 1)
        self.curve = Thin(blocks, len(columns))

    def add_before(self, x: NDArray[np.floating]) -> None:
        """Take input samples (n, channels), in order; those that are not finite are 0 to the gate and here."""
        self.before.add(extremes(np.nan_to_num(x, nan=0.0, posinf=0.0, neginf=0.0)))

    def add_after(self, y: NDArray[np.floating]) -> None:
        """Take output samples (n, channels), in order."""
        self.after.add(extremes(y))

    def add_curve(self, rows: NDArray[np.float64]) -> None:
        """Take rows of ``Engine.take_curve``, in order."""
        self.curve.add(rows)

    def picture(self, title: str, seconds: float, range_db: float) -> Picture:
        """Return the picture of what was gathered."""
        return Picture(title, seconds, range_db, self.before, self.after, self.curve, self.columns)


def draw(picture: Picture, file: BinaryIO) -> None:
    """Draw the picture as a PNG.

    Args:
        picture: what to draw.
        file: open for writing.
    """
    with png(file, SIZE_INCHES, picture.title) as figure:
        _fill(figure, picture)


def _fill(figure: Any, picture: Picture) -> None:
    """Draw all axes, one over the other."""
    guard = picture.columns[len(CURVE_COLUMNS) :]
    axes = figure.subplots(6 if guard else 5, 1, sharex=True, height_ratios=[1.4, *[1] * (5 if guard else 4)])
    _draw_waveform(axes[0], picture)
    times = picture.curve.times(picture.seconds)
    curve = {
        name: (picture.curve.low[:, i], picture.curve.high[:, i]) for i, name in enumerate(picture.columns)
    }
    _draw_level(axes[1], times, curve)
    _draw_gain(axes[2], times, curve, picture.range_db)
    _draw_times(axes[3], times, curve)
    _draw_key(axes[4], times, curve)
    if guard:
        _draw_guard(axes[5], times, curve, guard)
    axes[0].set_xlim(0.0, picture.seconds)
    axes[-1].set_xlabel("time, s")
    for ax in axes:
        ax.grid(alpha=0.25)
        ax.margins(x=0)


Curve = dict[str, tuple[NDArray[np.float64], NDArray[np.float64]]]
Axes = Any


def _draw_waveform(ax: Axes, picture: Picture) -> None:
    for thin, colour, label in ((picture.before, BEFORE, "before"), (picture.after, AFTER, "after")):
        times = thin.times(picture.seconds)
        # from below 0 to above it: a column of one sample has no height of its own
        low, high = np.minimum(thin.low[:, 0], 0.0), np.maximum(thin.high[:, 0], 0.0)
        ax.fill_between(times, low, high, color=colour, linewidth=0.5, label=label)
    ax.set_ylabel("sound")
    legend(ax)


def _draw_level(ax: Axes, times: NDArray[np.float64], curve: Curve) -> None:
    band(ax, times, *curve["level_db"], AFTER, "level")
    ax.plot(times, curve["threshold_db"][1], color=LINE, linewidth=1.2, label="threshold")
    ax.set_ylabel("level, dBFS")
    legend(ax)


def _draw_gain(ax: Axes, times: NDArray[np.float64], curve: Curve, range_db: float) -> None:
    lowest = max(range_db, LOWEST_GAIN_DB)
    low, high = (np.maximum(side, lowest) for side in curve["gain_db"])
    band(ax, times, low, high, AFTER, "gain")
    ax.set_ylabel("gain, dB")
    ax.set_ylim(lowest - 3.0, 3.0)
    chance = ax.twinx()
    band(chance, times, *curve["open_probability"], BAND, "open probability")
    chance.set_ylim(-0.05, 1.05)
    chance.set_ylabel("open probability", color=BAND)


def _draw_times(ax: Axes, times: NDArray[np.float64], curve: Curve) -> None:
    for name, colour in (("attack_ms", BAND), ("hold_ms", AFTER), ("release_ms", LINE)):
        # a hold of 0 has no place on a logarithmic axis
        low, high = (np.maximum(side, TIMES_MS[0]) for side in curve[name])
        band(ax, times, low, high, colour, name.removesuffix("_ms"))
    ax.set_yscale("log")
    ax.set_ylim(TIMES_MS)
    ax.set_ylabel("learned, ms")
    legend(ax)


def _draw_key(ax: Axes, times: NDArray[np.float64], curve: Curve) -> None:
    low, high = curve["key_low_hz"][0], curve["key_high_hz"][1]
    ax.set_ylabel("key, Hz")
    if np.isnan(low).all() or np.isnan(high).all():
        ax.text(0.5, 0.5, "this model reads out no key", transform=ax.transAxes, ha="center", va="center")
        return
    low, high = np.maximum(low, KEY_HZ[0]), np.maximum(high, KEY_HZ[0])
    ax.fill_between(times, low, high, color=BAND, alpha=0.5, linewidth=0.0)
    ax.plot(times, low, color=LINE, linewidth=0.8)
    ax.plot(times, high, color=LINE, linewidth=0.8)
    ax.set_yscale("log")
    ax.set_ylim(KEY_HZ)


def _draw_guard(ax: Axes, times: NDArray[np.float64], curve: Curve, columns: tuple[str, ...]) -> None:
    """Draw the probabilities of the classes, on grey where the guard keeps the gate shut."""
    ax.fill_between(
        times, 0.0, 1.0, where=curve[columns[0]][1] > 0.5, color=BEFORE, linewidth=0.0, step="mid"
    )
    for name, colour in zip(columns[1:], CLASS_COLOURS * len(columns), strict=False):
        band(ax, times, *curve[name], colour, name)
    ax.set_ylim(-0.05, 1.05)
    ax.set_ylabel("guard")
    legend(ax)
