"""Filled areas under moving curves, as a picture that numpy makes.

Filling paths is what costs most in a plot that moves: 2.5 ms a frame for three curves of 500 points. Comparing rows with
levels costs a fifth of that, whatever the curves look like.
"""

from typing import Any

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PyQt6.QtCore import QRectF
from PyQt6.QtGui import QColor, QImage, QPainter

MOST_ROWS = 1200
"""Rows of the picture at most, however large the plot is on the screen."""


class Areas(pg.GraphicsObject):
    """Areas over one another, each from the plot's lower (or upper) edge to a curve.

    Args:
        x: left and right end, in the plot's units.
        y: lower and upper end.
        hangs: areas begin at the upper edge; otherwise at the lower.
    """

    def __init__(self, x: tuple[float, float], y: tuple[float, float], *, hangs: bool = False) -> None:
        super().__init__()
        self._rect = QRectF(x[0], y[0], x[1] - x[0], y[1] - y[0])
        self._y, self._hangs = y, hangs
        self._colours: NDArray[np.uint32] = np.zeros(1, np.uint32)
        self._levels: tuple[NDArray[np.floating[Any]], ...] = ()
        self._rows: NDArray[np.float32] = np.zeros((0, 1), np.float32)
        self.setZValue(-8)

    def paint_with(self, colours: list[QColor]) -> None:
        """Set one colour for each area, the lowest first; colours of overlapping areas are mixed here, once."""
        mixed = []
        for bits in range(1 << len(colours)):
            alpha = red = green = blue = 0.0
            for k, colour in enumerate(colours):
                if bits >> k & 1:
                    share = colour.alphaF()
                    alpha = share + alpha * (1.0 - share)
                    red, green, blue = (
                        share * over + below * (1.0 - share)
                        for over, below in (
                            (colour.redF(), red),
                            (colour.greenF(), green),
                            (colour.blueF(), blue),
                        )
                    )
            whole = [round(255.0 * part) for part in (alpha, red, green, blue)]
            mixed.append(whole[0] << 24 | whole[1] << 16 | whole[2] << 8 | whole[3])
        self._colours = np.array(mixed, np.uint32)
        self.update()

    def show_levels(self, *levels: NDArray[np.floating[Any]]) -> None:
        """Show levels, (columns,) for each area."""
        self._levels = levels
        self.update()

    def boundingRect(self) -> QRectF:
        """Return the whole plot."""
        return self._rect

    def paint(self, painter: QPainter | None, *_: Any) -> None:
        """Make the picture in the plot's height, and lay it over the plot; fine screens need no more lines."""
        if painter is None or not self._levels:
            return
        height = min(max(round(painter.transform().mapRect(self._rect).height()), 2), MOST_ROWS)
        if len(self._rows) != height:
            low, high = self._y
            middles = low + (high - low) * (np.arange(height) + 0.5) / height
            self._rows = middles.astype(np.float32)[:, None]
        bits = np.zeros((height, len(self._levels[0])), np.uint8)
        for k, level in enumerate(self._levels):
            row = level.astype(np.float32)
            inside = self._rows >= row if self._hangs else self._rows <= row
            bits |= inside.view(np.uint8) << np.uint8(k)
        pixels = self._colours[bits]
        width, kind = bits.shape[1], QImage.Format.Format_ARGB32_Premultiplied
        image = QImage(pixels.data, width, height, 4 * width, kind)  # type: ignore[call-overload]  # any buffer will do
        painter.drawImage(self._rect, image)
