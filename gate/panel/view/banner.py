"""What went wrong or happened, in a line over the plots, with what to do about it; no reply is needed."""

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QFrame, QHBoxLayout, QSizePolicy

from gate.panel.theme import SPACE
from gate.panel.view.parts.controls import give, push, words
from gate.panel.view.parts.strings import tr

STAYS_S = {"info": 5.0, "warning": float("inf"), "error": 20.0}
"""Seconds that a sentence stays by itself, by kind; a warning goes when what it warns of is over."""


class Banner(QFrame):
    """One sentence at a time; an error is not covered by what is less.

    Signals: ``closed``: with the key of the sentence that somebody put away; ``shown``: there is one.
    """

    closed = pyqtSignal(str)
    shown = pyqtSignal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("banner")
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 0, 4, 0)
        self.words = words("")
        self.words.setWordWrap(True)
        self.words.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        row.addWidget(self.words, 1)
        self.closer = push("\N{MULTIPLICATION SIGN}", tr("Put this message away"), kind="flat")
        self.closer.setAccessibleName(tr("Dismiss"))
        self.closer.clicked.connect(self._close)
        row.addWidget(self.closer)
        row.setSpacing(SPACE)
        self.kind, self.key, self._until = "", "", 0.0
        self.hide()

    def say(self, sentence: str, kind: str, now_s: float, key: str = "") -> None:
        """Show a sentence of a kind, unless an error is shown."""
        if self.isVisible() and self.kind == "error" and kind != "error" and now_s < self._until:
            return
        self._until = now_s + STAYS_S[kind]
        if (sentence, kind) == (self.words.text(), self.kind) and not self.isHidden():
            return
        self.kind, self.key = kind, key
        self.words.setText(sentence)
        self.setAccessibleName(sentence)
        give(self, "kind", kind)
        self.show()
        self.shown.emit()

    def look(self, now_s: float, keys: set[str]) -> None:
        """Hide the sentence when its time is up, or when its key is not among ``keys``: what it warned of is over."""
        if not self.isHidden() and (
            now_s >= self._until or (self.kind == "warning" and self.key not in keys)
        ):
            self.hide()

    def _close(self) -> None:
        self.hide()
        self.closed.emit(self.key)
