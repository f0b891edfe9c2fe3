"""A list that drops down, with its arrow: a style sheet that gives the list a border takes the system's arrow away."""

from PyQt6.QtCore import QPointF, Qt
from PyQt6.QtGui import QPainter, QPaintEvent, QPen, QPolygonF
from PyQt6.QtWidgets import QComboBox

FROM_RIGHT, HALF_WIDTH, HALF_HEIGHT = 14.0, 4.0, 2.0
"""Where the arrow's tip lies and how large it is, in pixels before scaling."""


class DropDown(QComboBox):
    """A combo box with a small arrow in the colour of its text."""

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """Draw the box, and the arrow over it."""
        super().paintEvent(event)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        pen = QPen(self.palette().color(self.foregroundRole()), 1.5)
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        painter.setPen(pen)
        x, y = self.width() - FROM_RIGHT, self.height() / 2.0
        corners = ((-HALF_WIDTH, -HALF_HEIGHT), (0.0, HALF_HEIGHT), (HALF_WIDTH, -HALF_HEIGHT))
        painter.drawPolyline(QPolygonF([QPointF(x + dx, y + dy) for dx, dy in corners]))
        painter.end()
