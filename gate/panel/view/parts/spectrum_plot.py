"""The spectrum of what comes in, drawn over and over, and the band of the key over it."""

from typing import Any

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtGui import QMouseEvent

from gate.panel.spectrum import HIGHEST_HZ, LOWEST_HZ
from gate.panel.view.parts.areas import Areas
from gate.panel.view.parts.look import Look
from gate.panel.view.parts.plots import Plot
from gate.panel.view.parts.strings import tr

SPECTRUM_DB = (-102.0, 0.0)
"""Of the level's axis."""

TICKS_HZ = (
    (50, "50"),
    (100, "100"),
    (200, "200"),
    (500, "500"),
    (1000, "1k"),
    (2000, "2k"),
    (5000, "5k"),
    (10000, "10k"),
)
"""Numbers on the axis of frequency."""


class SpectrumPlot(Plot):
    """The spectrum of what comes in, and over it the band that the gate's key listens to.

    While ``drawing`` is on a band can be drawn with the mouse. Signals: ``begun``, ``ended``: around that; ``asked``: for a
    band, in Hz; ``reset``: a double-click.

    Attributes:
        drawing: may a band be drawn?
    """

    begun, ended, reset = pyqtSignal(), pyqtSignal(), pyqtSignal()
    asked = pyqtSignal(float, float)

    def __init__(self, look: Look) -> None:
        self.drawing, self._from_hz = False, 0.0
        super().__init__(
            look,
            tr("Spectrum and key"),
            tr("The live spectrum, with the band of frequencies that decides as a shaded strip"),
            SPECTRUM_DB,
        )
        self.setXRange(np.log10(LOWEST_HZ), np.log10(HIGHEST_HZ), padding=0.0)
        self.getAxis("bottom").setTicks([[(np.log10(hz), text) for hz, text in TICKS_HZ]])
        self.getAxis("bottom").setHeight(18)
        self.areas = Areas((np.log10(LOWEST_HZ), np.log10(HIGHEST_HZ)), SPECTRUM_DB)
        self.addItem(self.areas)
        self.input = self.curve()
        self.edges = [pg.InfiniteLine(0.0, angle=90) for _ in range(2)]
        for edge in self.edges:
            self.addItem(edge)
        self.dress()

    def dress(self) -> None:
        """Take the theme's colours."""
        super().dress()
        look = self.look
        self.input.setPen(look.line("sound_in_line", 1.0))
        self.areas.paint_with([look.colour("sound_in", 0.95), look.colour("key", 0.24)])
        for edge in self.edges:
            edge.setPen(look.line("key", 1.0))

    def draw(
        self, frequencies_hz: NDArray[Any], levels_db: NDArray[Any], key_hz: tuple[float, float]
    ) -> None:
        """The newest spectrum; ``key_hz`` are the band's edges, NaN for none."""
        low_hz, high_hz = key_hz
        inside = (frequencies_hz >= low_hz) & (frequencies_hz <= high_hz)
        self.areas.show_levels(levels_db, np.where(inside, SPECTRUM_DB[1], SPECTRUM_DB[0] - 1.0))
        self.input.setData(np.log10(frequencies_hz), np.maximum(levels_db, SPECTRUM_DB[0]))
        for edge, hz in zip(self.edges, key_hz, strict=True):
            seen = bool(np.isfinite(hz))
            if edge.isVisible() != seen:
                edge.setVisible(seen)
            if seen:
                edge.setValue(float(np.log10(np.clip(hz, LOWEST_HZ, HIGHEST_HZ))))

    def allow_drawing(self, able: bool) -> None:
        """May a band be drawn?"""
        if able != self.drawing:
            self.drawing = able
            self.setCursor(Qt.CursorShape.CrossCursor if able else Qt.CursorShape.ArrowCursor)

    def _hertz(self, event: QMouseEvent) -> float:
        place = self.getViewBox().mapSceneToView(self.mapToScene(event.position().toPoint())).x()
        return float(np.clip(10.0**place, LOWEST_HZ, HIGHEST_HZ))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin a band."""
        if self.drawing and event.button() == Qt.MouseButton.LeftButton:
            self._from_hz = self._hertz(event)
            self.begun.emit()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Draw the band to here."""
        if self._from_hz:
            self.asked.emit(*sorted((self._from_hz, self._hertz(event))))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """It is drawn."""
        if self._from_hz and event.button() == Qt.MouseButton.LeftButton:
            self._from_hz = 0.0
            self.ended.emit()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """No band any more."""
        if self.drawing:
            self.reset.emit()
