"""The plots that move: level with the threshold, gain with the range.

Curves are made once and given new data; axes never move by themselves. Widths of one pixel without antialiasing are what
Qt's raster engine draws fast (wider lines cost a hundred times as much), so the moving curves are drawn like that.
"""

from typing import Any

import numpy as np
import pyqtgraph as pg
from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtGui import QColor, QFont, QPainter

from gate.panel.history import COLUMNS, SECONDS, Ring
from gate.panel.theme import SMALL
from gate.panel.view.parts.areas import Areas
from gate.panel.view.parts.look import Look
from gate.panel.view.parts.strings import tr

LOWEST_DB, HIGHEST_DB = -84.0, 3.0
"""Ends of the level's axis: what Threshold can be, and a little more."""

GAIN_DB = (-92.0, 4.0)
"""Ends of the gain's axis: the shipped presets shut by 80 dB."""

TICK_DB = 20
"""Distance between two numbers on an axis."""

SHUT_AT = 0.5
"""Openness under which a stretch is shaded as closed."""


class Plot(pg.PlotWidget):
    """A plot in the panel's colours that a mouse cannot move."""

    def __init__(self, look: Look, name: str, help: str, y_db: tuple[float, float]) -> None:
        super().__init__()
        self.look = look
        self.setAccessibleName(name)
        self.setAccessibleDescription(help)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setFrameShape(self.Shape.NoFrame)
        self.hideButtons()
        self.setMenuEnabled(False)
        self.setMouseEnabled(False, False)
        self.getPlotItem().layout.setContentsMargins(0, 4, 6, 0)
        self.getViewBox().setDefaultPadding(0.0)
        self.setYRange(*y_db, padding=0.0)
        font = QFont()
        font.setPixelSize(SMALL)
        for side in ("left", "bottom"):
            axis = self.getAxis(side)
            axis.setStyle(tickFont=font, tickLength=0, tickTextOffset=5)
            axis.setCacheMode(axis.CacheMode.DeviceCoordinateCache)  # its numbers are drawn once
        self.getAxis("left").setWidth(34)
        ticks = [
            (v, f"{v}".replace("-", "\N{MINUS SIGN}"))
            for v in range(-100, 1, TICK_DB)
            if y_db[0] < v < y_db[1]
        ]
        self.getAxis("left").setTicks([ticks])
        self._lines = [pg.InfiniteLine(value, angle=0) for value, _ in ticks]
        for line in self._lines:
            line.setZValue(-20)
            self.addItem(line)
        look.changed.connect(self.dress)

    def dress(self) -> None:
        """Take the theme's colours."""
        look = self.look
        self.setBackground(look.colour("plot"))
        for side in ("left", "bottom"):
            axis = self.getAxis(side)
            axis.setPen(look.line("plot"))
            axis.setTextPen(look.line("quiet"))
        for line in self._lines:
            line.setPen(look.line("quiet", 1.0, 0.16))

    def curve(self, z: float = 0.0) -> pg.PlotCurveItem:
        """Make a curve of the kind that moves."""
        made = pg.PlotCurveItem(skipFiniteCheck=True, antialias=False)
        made.setZValue(z)
        made.setSegmentedLineMode("off")
        self.addItem(made)
        return made


class HistoryPlot(Plot):
    """A plot over the last seconds."""

    def __init__(self, look: Look, name: str, help: str, y_db: tuple[float, float]) -> None:
        super().__init__(look, name, help, y_db)
        self.setXRange(-SECONDS, 0.0, padding=0.0)
        self.time_s = np.linspace(-SECONDS, 0.0, COLUMNS)
        seconds = range(-int(SECONDS), 0)
        self.getAxis("bottom").setTicks([[(s, f"\N{MINUS SIGN}{-s} s") for s in seconds]])


class Label(pg.InfLineLabel):
    """A line's words on a patch of ground; painted as a rectangle, which costs a tenth of pyqtgraph's polygon."""

    def __init__(self, line: pg.InfiniteLine, place: float) -> None:
        super().__init__(line, position=place, anchors=[(0.5, 1.0), (0.5, 1.0)])
        self.ground = QColor()

    def paint(self, painter: QPainter, *_: Any) -> None:
        """Draw the patch; the words are an item of their own on it."""
        super().paint(painter)
        painter.fillRect(self.textItem.mapRectToParent(self.textItem.boundingRect()), self.ground)


class Line(pg.InfiniteLine):
    """A level that can be dragged, with its number on it."""

    def __init__(self, plot: Plot, colour: str, limits: tuple[float, float], label_at: float) -> None:
        super().__init__(0.0, angle=0, movable=True, bounds=limits)
        self.plot, self.colour = plot, colour
        self.label = Label(self, label_at)
        self.setZValue(20)
        self.setCursor(Qt.CursorShape.SizeVerCursor)
        plot.addItem(self)

    def dress(self) -> None:
        """Take the theme's colours."""
        look = self.plot.look
        self.setPen(look.line(self.colour, 1.0))
        self.setHoverPen(look.line(self.colour, 1.0))
        self.label.setColor(look.colour(self.colour))
        self.label.ground = look.colour("plot", 0.75)
        self.label.update()

    def show_value(self, value: float, text: str) -> None:
        """Show a level, with these words."""
        if self.value() != value:
            self.blockSignals(True)
            self.setValue(value)
            self.blockSignals(False)
            self.label.updatePosition()
        if self.label.toPlainText() != text:
            self.label.setText(text)


class LevelPlot(HistoryPlot):
    """Level in and out, the threshold, and when the gate was closed.

    Signals: ``begun``, ``ended``: around a drag of the threshold; ``asked``: for another threshold, dBFS.
    """

    begun, ended, asked = pyqtSignal(), pyqtSignal(), pyqtSignal(float)

    def __init__(self, look: Look) -> None:
        super().__init__(
            look,
            tr("Level"),
            tr(
                "Five seconds of level in and out, with the threshold as a line to drag and closed stretches shaded"
            ),
            (LOWEST_DB, HIGHEST_DB),
        )
        self.getAxis("bottom").setStyle(showValues=False)
        self.getAxis("bottom").setHeight(2)
        self.areas = Areas((-SECONDS, 0.0), (LOWEST_DB, HIGHEST_DB))
        self.addItem(self.areas)
        self.sure, self.input, self.heard = (self.curve(z) for z in (-5.0, 0.0, 5.0))
        self.line = Line(self, "threshold", (-80.0, 0.0), 0.08)
        self._drags = False
        self.line.sigDragged.connect(self._drag)
        self.line.sigPositionChangeFinished.connect(self._drop)
        self.dress()

    def dress(self) -> None:
        """Take the theme's colours."""
        super().dress()
        look = self.look
        loud = look.theme.name == "contrast"
        self.input.setPen(look.line("sound_in_line", 1.0, 0.9))
        self.heard.setPen(look.line("accent", 1.0))
        self.areas.paint_with(
            [
                look.colour("quiet", 0.28 if loud else 0.10),
                look.colour("sound_in", 0.95),
                look.colour("accent", 0.55 if loud else 0.42),
            ]
        )
        self.sure.setPen(look.line("key", 1.0, 0.75))
        self.line.dress()

    def draw(self, ring: Ring) -> None:
        """Draw the newest columns."""
        time_s = self.time_s
        input_db, heard_db = (np.maximum(ring[row], LOWEST_DB) for row in ("input_db", "heard_db"))
        self.areas.show_levels(
            np.where(ring["openness"] < SHUT_AT, HIGHEST_DB, LOWEST_DB), input_db, heard_db
        )
        self.input.setData(time_s, input_db)
        self.heard.setData(time_s, heard_db)
        span = HIGHEST_DB - LOWEST_DB
        self.sure.setData(time_s, LOWEST_DB + span * ring["open_probability"])

    def _drag(self) -> None:
        if not self._drags:
            self._drags = True
            self.begun.emit()
        self.asked.emit(round(float(self.line.value()), 1))

    def _drop(self) -> None:
        if self._drags:
            self._drags = False
            self.ended.emit()


class GainPlot(HistoryPlot):
    """What the gate takes away, hanging from 0 dB, and how far it may go."""

    def __init__(self, look: Look) -> None:
        super().__init__(
            look, tr("Gain"), tr("Five seconds of the gate's gain in dB, and the range as a line"), GAIN_DB
        )
        self.getAxis("bottom").setHeight(18)
        self.areas = Areas((-SECONDS, 0.0), (GAIN_DB[0], 0.0), hangs=True)
        self.addItem(self.areas)
        self.gain = self.curve()
        self.line = pg.InfiniteLine(0.0, angle=0)
        self.addItem(self.line)
        self.dress()

    def dress(self) -> None:
        """Take the theme's colours."""
        super().dress()
        self.gain.setPen(self.look.line("reduction", 1.0))
        self.areas.paint_with([self.look.colour("reduction", 0.30)])
        pen = self.look.line("reduction", 1.0, 0.8)
        pen.setStyle(Qt.PenStyle.DashLine)
        self.line.setPen(pen)

    def draw(self, ring: Ring, range_db: float) -> None:
        """Draw the newest columns."""
        gain_db = np.maximum(ring["gain_db"], GAIN_DB[0])
        self.areas.show_levels(gain_db)
        self.gain.setData(self.time_s, gain_db)
        at = max(range_db, GAIN_DB[0])
        if self.line.value() != at:
            self.line.setValue(at)
