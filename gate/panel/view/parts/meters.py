"""Small widgets that only show: the state of the gate, shares of what is heard, and a value on a moving bar."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PyQt6.QtCore import QPointF, QRectF, QSize, Qt
from PyQt6.QtGui import QFont, QPainter, QPaintEvent
from PyQt6.QtWidgets import QSizePolicy, QWidget

from gate.panel.theme import BODY, SMALL
from gate.panel.view.parts.look import Look
from gate.panel.view.parts.strings import tr

CLASS_COLOURS = ("accent", "key", "sound_in_line")
"""Colours of speech, music, noise."""


class Lamp(QWidget):
    """A lamp for open or shut, as a word and a colour."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self.look = look
        self.words, self.colour = "", "quiet"
        self.setFixedHeight(26)
        self.setMinimumWidth(118)
        look.changed.connect(self.update)

    def show_state(self, words: str, colour: str) -> None:
        """Show the state in words, with a lamp of that colour."""
        if (words, colour) != (self.words, self.colour):
            self.words, self.colour = words, colour
            self.setAccessibleName(words)
            self.update()

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """Draw a disc, and the words."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        middle = self.height() / 2.0
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self.look.colour(self.colour, 0.25))
        painter.drawEllipse(QPointF(9.0, middle), 9.0, 9.0)
        painter.setBrush(self.look.colour(self.colour))
        painter.drawEllipse(QPointF(9.0, middle), 5.0, 5.0)
        font = QFont(self.font())
        font.setPixelSize(BODY + 2)
        font.setWeight(QFont.Weight.DemiBold)
        painter.setFont(font)
        painter.setPen(self.look.colour("ink"))
        painter.drawText(
            QRectF(26.0, 0.0, self.width() - 26.0, self.height()), Qt.AlignmentFlag.AlignVCenter, self.words
        )


class ClassBar(QWidget):
    """A bar in parts for speech, music and noise, with their words under it."""

    def __init__(self, look: Look, names: dict[str, str]) -> None:
        super().__init__()
        self.look, self.names = look, names
        self.shares: dict[str, float] = {}
        self.setAccessibleName(tr("What is heard"))
        self.setMinimumSize(QSize(180, 34))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        look.changed.connect(self.update)

    def show_shares(self, shares: dict[str, float]) -> None:
        """Show probabilities by class; an empty table where nothing listens."""
        rounded = {name: round(share, 2) for name, share in shares.items() if math.isfinite(share)}
        if rounded != self.shares:
            self.shares = rounded
            self.setAccessibleDescription(
                ", ".join(f"{self.names.get(name, name)} {share:.0%}" for name, share in rounded.items())
            )
            self.update()

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """Draw the parts, or an empty bar."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        look, width = self.look, float(self.width())
        font = QFont(self.font())
        font.setPixelSize(SMALL)
        painter.setFont(font)
        painter.setPen(look.pen("outline", 1.0, 0.6))
        painter.setBrush(look.colour("field"))
        painter.drawRoundedRect(QRectF(0.5, 2.5, width - 1.0, 10.0), 5.0, 5.0)
        if not self.shares:
            painter.setPen(look.colour("quiet"))
            painter.drawText(QRectF(0.0, 16.0, width, 18.0), 0, tr("nothing listens while the guard is off"))
            return
        left, total = 1.0, max(sum(self.shares.values()), 1e-9)
        painter.setPen(Qt.PenStyle.NoPen)
        for colour, share in zip(CLASS_COLOURS, self.shares.values(), strict=False):
            part = (width - 2.0) * share / total
            painter.setBrush(look.colour(colour))
            if part > 1.0:
                painter.drawRoundedRect(QRectF(left, 3.0, part, 9.0), 4.0, 4.0)
            left += part
        column = width / len(self.shares)
        for k, (name, share) in enumerate(self.shares.items()):
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(look.colour(CLASS_COLOURS[k % len(CLASS_COLOURS)]))
            painter.drawEllipse(QPointF(column * k + 5.0, 25.0), 4.0, 4.0)
            painter.setPen(look.colour("ink"))
            words = f"{self.names.get(name, name)} {share:.0%}"
            painter.drawText(
                QRectF(column * k + 14.0, 16.0, column - 14.0, 18.0), Qt.AlignmentFlag.AlignVCenter, words
            )


class Moving(QWidget):
    """A value that the gate chose: its name, the number, and a bar on which it moves."""

    def __init__(self, look: Look, name: str, help: str, limits: tuple[float, float]) -> None:
        super().__init__()
        self.look, self.name = look, name
        self.low, self.high = math.log(limits[0]), math.log(limits[1])
        self.value, self.text = math.nan, "\N{EN DASH}"
        self.setAccessibleName(name)
        self.setToolTip(help)
        self.setFixedHeight(40)
        self.setMinimumWidth(70)
        look.changed.connect(self.update)

    def show_value(self, value: float, text: str) -> None:
        """Show a number over 0, NaN for none."""
        if text != self.text or value != self.value:
            self.value, self.text = value, text
            self.setAccessibleDescription(text)
            self.update()

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """Draw the name on the left, the number on the right, the bar under them."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        look, width = self.look, float(self.width())
        line = QRectF(0.0, 0.0, width, 22.0)
        font = QFont(self.font())
        font.setPixelSize(SMALL)
        painter.setFont(font)
        painter.setPen(look.colour("quiet"))
        painter.drawText(line, Qt.AlignmentFlag.AlignVCenter, self.name)
        font.setPixelSize(BODY)
        painter.setFont(font)
        painter.setPen(look.colour("ink"))
        painter.drawText(line, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, self.text)
        painter.setPen(look.pen("outline", 3.0, 0.45))
        painter.drawLine(QPointF(2.0, 30.0), QPointF(width - 2.0, 30.0))
        if math.isfinite(self.value) and self.value > 0.0:
            share = (math.log(self.value) - self.low) / (self.high - self.low)
            at = 2.0 + (width - 4.0) * min(max(share, 0.0), 1.0)
            painter.setPen(look.pen("accent", 3.0))
            painter.drawLine(QPointF(2.0, 30.0), QPointF(at, 30.0))


class Course(QWidget):
    """The level of a recording from its beginning to its end."""

    LOWEST_DB = -90.0

    def __init__(self, look: Look, colour: str, name: str) -> None:
        super().__init__()
        self.look, self.colour = look, colour
        self.levels_db: Sequence[float] | NDArray[np.float64] = ()
        self.setAccessibleName(name)
        self.setMinimumHeight(70)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMaximumHeight(170)
        look.changed.connect(self.update)

    def show_levels(self, levels_db: Sequence[float] | NDArray[np.float64]) -> None:
        """Show levels in dBFS, in equal steps; none where there is no recording."""
        if levels_db is not self.levels_db:
            self.levels_db = levels_db
            self.update()

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """Draw bars from the bottom."""
        painter = QPainter(self)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self.look.colour("plot"))
        painter.drawRoundedRect(QRectF(self.rect()), 6.0, 6.0)
        painter.setBrush(self.look.colour(self.colour))
        width, height = float(self.width()) - 12.0, float(self.height()) - 8.0
        step = width / max(len(self.levels_db), 1)
        for k, level_db in enumerate(self.levels_db):
            share = min(max(1.0 - float(level_db) / self.LOWEST_DB, 0.0), 1.0)
            painter.drawRect(
                QRectF(6.0 + k * step, 4.0 + height * (1.0 - share), max(step * 0.7, 1.0), height * share)
            )
