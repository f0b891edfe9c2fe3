"""A frame that comes up over a part of the window; nothing waits for an answer, least of all the sound."""

from PyQt6.QtCore import QPoint, QRect, Qt, pyqtSignal
from PyQt6.QtGui import QHideEvent, QKeyEvent
from PyQt6.QtWidgets import QFrame, QHBoxLayout, QVBoxLayout, QWidget

from gate.panel.theme import SPACE
from gate.panel.view.parts.controls import push, words
from gate.panel.view.parts.strings import tr


class Popover(QFrame):
    """A titled frame inside its window; Escape and a button hide it.

    Signals: ``gone``: the frame was hidden.
    """

    gone = pyqtSignal()

    def __init__(self, window: QWidget, title: str) -> None:
        super().__init__(window)
        self.setObjectName("popover")
        self.setAccessibleName(title)
        self._back: QWidget | None = None
        column = QVBoxLayout(self)
        column.setContentsMargins(2 * SPACE, SPACE, SPACE, 2 * SPACE)
        row = QHBoxLayout()
        row.addWidget(words(title, "heading"))
        row.addStretch()
        self.closer = push("\N{MULTIPLICATION SIGN}", tr("Put this away (Escape)"), kind="flat")
        self.closer.setAccessibleName(tr("Close"))
        self.closer.clicked.connect(self.hide)
        row.addWidget(self.closer)
        column.addLayout(row)
        self.body = QVBoxLayout()
        self.body.setContentsMargins(0, 0, SPACE, 0)
        self.body.setSpacing(SPACE)
        column.addLayout(self.body)
        self.hide()

    def come(self, beside: QWidget, size: tuple[int, int] | None = None) -> None:
        """Show the frame near a widget, inside the window, and take the keyboard."""
        window = self.parentWidget()
        assert window is not None
        self._back = window.focusWidget()
        self.adjustSize()
        if size is not None:
            self.resize(min(size[0], window.width() - 40), min(size[1], window.height() - 90))
        corner = window.mapFromGlobal(beside.mapToGlobal(QPoint(0, beside.height() + 6)))
        room = QRect(12, 12, window.width() - self.width() - 24, window.height() - self.height() - 24)
        self.move(
            min(max(corner.x(), room.left()), max(room.right(), 12)),
            min(max(corner.y(), room.top()), max(room.bottom(), 12)),
        )
        self.show()
        self.raise_()
        first = self.body.itemAt(0)
        widget = None if first is None else first.widget()
        (
            self.closer if widget is None or widget.focusPolicy() == Qt.FocusPolicy.NoFocus else widget
        ).setFocus(Qt.FocusReason.PopupFocusReason)

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        """Hide the frame for Escape."""
        assert event is not None
        if event.key() == Qt.Key.Key_Escape:
            self.hide()
            return
        super().keyPressEvent(event)

    def hideEvent(self, event: QHideEvent | None) -> None:
        """Give the keyboard back to where it was."""
        if self._back is not None and self._back.isVisible():
            self._back.setFocus(Qt.FocusReason.PopupFocusReason)
        self._back = None
        self.gone.emit()
