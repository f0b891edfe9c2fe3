"""What the pictures of renders and labels share: sizes, colours, and sound thinned to what a picture can show."""

import contextlib
import textwrap
from collections.abc import Iterator
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

COLUMNS = 2400
"""Most columns of a row: two for each pixel of the picture's width."""


DPI = 100


TITLE_LETTERS = 110
"""Letters in a line of the title."""


AFTER, BEFORE, LINE, BAND = "#1b6ca8", "#c3c7cc", "#222222", "#e8a33d"


CLASS_COLOURS = ("#1b6ca8", "#e8a33d", "#7a7f87", "#9a3d6b")
"""Colours of speech, music, noise and whatever else there is."""


class Thin:
    """Least and most of each column's share of a long row of values.

    Attributes:
        low: (columns, width) float64 least, nan where nothing came.
        high: the same, most.

    Args:
        total: values that will come, about; more go into the last column.
        width: values side by side (each has its own least and most).
        columns: at most this many.
    """

    def __init__(self, total: int, width: int, columns: int = COLUMNS) -> None:
        self._total = max(total, 1)
        self._columns = min(columns, self._total)
        self._seen = 0
        self.low = np.full((self._columns, width), np.nan)
        self.high = np.full((self._columns, width), np.nan)

    def add(self, x: NDArray[np.floating]) -> None:
        """Take x (n, width), which follows the values taken before."""
        if not len(x):
            return
        last = self._columns - 1
        first = min(self._seen * self._columns // self._total, last)
        beyond = min((self._seen + len(x) - 1) * self._columns // self._total, last) + 1
        into = np.arange(first, beyond)
        # column c begins at the first i with i * columns // total == c
        starts = np.maximum(-(-into * self._total // self._columns) - self._seen, 0)
        self.low[into] = np.fmin(self.low[into], np.fmin.reduceat(x, starts, axis=0))
        self.high[into] = np.fmax(self.high[into], np.fmax.reduceat(x, starts, axis=0))
        self._seen += len(x)

    def times(self, seconds: float) -> NDArray[np.float64]:
        """Return the times of the columns' middles (columns,), in a row that lasts ``seconds``."""
        return np.arange(self._columns, dtype=np.float64) * (seconds / self._columns) + (
            0.5 * seconds / self._columns
        )


def extremes(x: NDArray[np.floating]) -> NDArray[np.floating]:
    """Return (n, 1): of each frame the sample that is farthest from 0."""
    if x.shape[1] == 1:
        return x
    at = np.argmax(np.abs(x), axis=1)
    return np.take_along_axis(x, at[:, None], axis=1)


@contextlib.contextmanager
def png(file: BinaryIO, size_inches: tuple[float, float], title: str) -> Iterator[Any]:
    """Lend a figure of matplotlib, which is written as a PNG when the block is over.

    Args:
        file: open for writing.
        size_inches: width and height.
        title: lines; long ones are wrapped. A file's name in it may hold dollar signs (no formula), letters that no font
            has, and bytes that are no letters.
    """
    import logging
    import warnings

    # the first time, matplotlib tells the user about its font cache
    logging.getLogger("matplotlib").setLevel(logging.ERROR)
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    # without pyplot: no global state, no window system
    figure = Figure(figsize=size_inches, dpi=DPI, layout="constrained")
    FigureCanvasAgg(figure)
    readable = title.encode("utf-8", "replace").decode()
    lines = [line for part in readable.splitlines() for line in textwrap.wrap(part, TITLE_LETTERS)]
    figure.suptitle("\n".join(lines), parse_math=False)
    yield figure
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing")
        figure.savefig(file, format="png")


def legend(axes: Any, columns: int = 3) -> None:
    """Put a legend above axes: inside it would hide what is drawn there."""
    axes.legend(loc="lower right", bbox_to_anchor=(1.0, 0.98), ncols=columns, frameon=False)


def band(
    axes: Any,
    times: NDArray[np.float64],
    low: NDArray[np.float64],
    high: NDArray[np.float64],
    colour: str,
    label: str,
) -> None:
    """Draw what lies between least and most, and the most as a line."""
    axes.fill_between(times, low, high, color=colour, alpha=0.35, linewidth=0.0)
    axes.plot(times, high, color=colour, linewidth=0.9, label=label)
