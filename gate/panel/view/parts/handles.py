"""A dial and a bar to drag. Both show a travel of 0 to 1 and know nothing of what it means."""

import math

from PyQt6.QtCore import QPointF, QRectF, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QMouseEvent, QPainter, QPaintEvent, QWheelEvent
from PyQt6.QtWidgets import QSizePolicy, QWidget

from gate.panel.view.parts.look import Look

PIXELS = 220.0
"""Pixels of mouse travel from one end of a dial to the other."""

FINE = 0.1
"""Share of a movement that counts while Shift is held."""

NOTCH = 120
"""``QWheelEvent.angleDelta`` for one notch of an ordinary wheel."""

MOST_SIDE, MARGIN = 190.0, 22.0
"""A dial's largest diameter in pixels, and what is left free around it for the tick."""

HEIGHT = 0.87
"""Height of a dial in diameters: its lower ends are at 45 degrees, and nothing is under them."""

SWEEP_DEG, FROM_DEG = 270.0, 225.0
"""A dial's arc: how far it goes, and where it begins, anticlockwise from three o'clock."""


class Handle(QWidget):
    """A widget to drag, turn with the wheel, and double-click; a knob's keyboard is ``gate.panel.view.parts.field``.

    Signals: ``begun`` and ``ended`` around a drag; ``moved``: to a travel of 0 to 1; ``stepped``: so many notches of the
    wheel, and whether they are fine; ``reset``: a double-click.
    """

    begun = pyqtSignal()
    moved = pyqtSignal(float)
    ended = pyqtSignal()
    stepped = pyqtSignal(float, bool)
    reset = pyqtSignal()

    def __init__(self, look: Look, colour: str) -> None:
        super().__init__()
        self.look, self.colour = look, colour
        self.travel, self.usual = 0.0, 0.0
        self._last: QPointF | None = None
        self._exact = 0.0
        self._notches = 0.0
        look.changed.connect(self.update)
        self.setCursor(Qt.CursorShape.PointingHandCursor)

    def show_travel(self, travel: float, usual: float) -> None:
        """Show a travel; ``usual`` is the travel to which a double-click leads."""
        if (travel, usual) != (self.travel, self.usual):
            self.travel, self.usual = travel, usual
            self.update()

    def _share(self, by: QPointF) -> float:
        """Return the travel for a movement of the mouse."""
        raise NotImplementedError

    def mousePressEvent(self, event: QMouseEvent | None) -> None:
        """Begin a drag."""
        assert event is not None
        if event.button() == Qt.MouseButton.LeftButton:
            self._last, self._exact = event.position(), self.travel
            self.begun.emit()

    def mouseMoveEvent(self, event: QMouseEvent | None) -> None:
        """Drag; with Shift a tenth as far."""
        assert event is not None
        if self._last is None:
            return
        share = self._share(event.position() - self._last)
        self._last = event.position()
        if event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            share *= FINE
        self._exact = min(max(self._exact + share, 0.0), 1.0)
        self.moved.emit(self._exact)

    def mouseReleaseEvent(self, event: QMouseEvent | None) -> None:
        """End the drag."""
        assert event is not None
        if event.button() == Qt.MouseButton.LeftButton and self._last is not None:
            self._last = None
            self.ended.emit()

    def mouseDoubleClickEvent(self, event: QMouseEvent | None) -> None:
        """Go back to the usual value."""
        assert event is not None
        if event.button() == Qt.MouseButton.LeftButton:
            self.reset.emit()

    def wheelEvent(self, event: QWheelEvent | None) -> None:
        """Turn: a notch is a step, with Shift a fine one (some systems make Shift and wheel a sideways one)."""
        assert event is not None
        fine = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        delta = event.angleDelta()
        self.stepped.emit((delta.y() or delta.x()) / NOTCH, fine)
        event.accept()


class Dial(Handle):
    """A round knob; up and right is more."""

    def __init__(self, look: Look, colour: str) -> None:
        super().__init__(look, colour)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(64, 64)

    def sizeHint(self) -> QSize:
        """Return the dial's size: as large as there is room, and no larger than a hand needs."""
        return QSize(148, 148)

    def _share(self, by: QPointF) -> float:
        return (by.x() - by.y()) / PIXELS

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """Draw track, arc from the lowest end to the value, the usual value as a tick, body and pointer."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        side = min(self.width(), self.height() / HEIGHT, MOST_SIDE) - MARGIN
        radius, width = side / 2.0, max(side * 0.052, 4.0)
        centre = QPointF(self.width() / 2.0, self.height() - HEIGHT * side - MARGIN / 4.0 + radius)
        ring = QRectF(centre.x() - radius, centre.y() - radius, side, side)
        look, begin = self.look, round(FROM_DEG * 16)
        painter.setPen(look.pen("outline", width, 0.45 if look.theme.name != "contrast" else 0.6))
        painter.drawArc(ring, begin, round(-SWEEP_DEG * 16))
        if self.travel > 0.0:
            painter.setPen(look.pen(self.colour, width))
            painter.drawArc(ring, begin, round(-SWEEP_DEG * self.travel * 16))
        painter.setPen(look.pen("quiet", 2.0))
        painter.drawLine(
            self._on(centre, self.usual, radius + width), self._on(centre, self.usual, radius + width + 3.0)
        )
        body = radius - width * 2.1
        painter.setBrush(look.colour("field"))
        painter.setPen(look.pen("outline", 1.0))
        painter.drawEllipse(centre, body, body)
        painter.setPen(look.pen(self.colour, max(side * 0.036, 3.0)))
        painter.drawLine(
            self._on(centre, self.travel, body * 0.45), self._on(centre, self.travel, body * 0.84)
        )

    @staticmethod
    def _on(centre: QPointF, travel: float, radius: float) -> QPointF:
        angle = math.radians(FROM_DEG - SWEEP_DEG * travel)
        return QPointF(centre.x() + radius * math.cos(angle), centre.y() - radius * math.sin(angle))


class Bar(Handle):
    """A flat slider; right is more."""

    def __init__(self, look: Look, colour: str) -> None:
        super().__init__(look, colour)
        self.setFixedHeight(18)
        self.setMinimumWidth(60)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def _share(self, by: QPointF) -> float:
        return by.x() / max(self.width() - 14.0, 1.0)

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """Draw the track, what is filled of it, the usual value as a tick, and a thumb."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        look, middle, left = self.look, self.height() / 2.0, 7.0
        length = self.width() - 2.0 * left
        at = left + length * self.travel
        painter.setPen(look.pen("outline", 3.0, 0.6))
        painter.drawLine(QPointF(left, middle), QPointF(left + length, middle))
        usual = left + length * self.usual
        painter.setPen(look.pen("quiet", 1.5))
        painter.drawLine(QPointF(usual, middle - 7.0), QPointF(usual, middle - 4.0))
        painter.setPen(look.pen(self.colour, 3.0))
        painter.drawLine(QPointF(left, middle), QPointF(at, middle))
        painter.setBrush(look.colour("card"))
        painter.setPen(look.pen(self.colour, 2.0))
        painter.drawEllipse(QPointF(at, middle), 5.5, 5.5)
