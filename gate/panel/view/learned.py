"""What the gate chose for itself, moving; and, folded away, how far its choices may go."""

import math

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from gate.live.status import Status
from gate.panel.theme import SPACE
from gate.panel.view.parts.controls import Slider, push, words
from gate.panel.view.parts.look import Look
from gate.panel.view.parts.meters import Moving
from gate.panel.view.parts.strings import tr
from gate.parameters import BY_ID, OVERRIDES

TIMES_MS = {"attack": (0.5, 100.0), "hold": (1.0, 1000.0), "release": (1.0, 1500.0)}
"""Ends of the bars on which these times move, in ms."""


class Learned(QFrame):
    """Attack, hold and release, as the network chose them for what is heard now.

    Attributes:
        controls: by parameter, those folded away: a factor on each of the three, and the ends of the key's band.
    """

    def __init__(self, look: Look) -> None:
        super().__init__()
        self.setObjectName("card")
        column = QVBoxLayout(self)
        column.setContentsMargins(2 * SPACE, SPACE, 2 * SPACE, SPACE)
        column.setSpacing(SPACE // 2)
        names = {"attack": tr("Attack"), "hold": tr("Hold"), "release": tr("Release")}
        help = tr("Chosen by the network, moment by moment")
        self.times = {name: Moving(look, said, help, TIMES_MS[name]) for name, said in names.items()}
        self.disclose = push(
            tr("Adjust"),
            tr("Scale what was learned, and hold the key to a band of your own"),
            kind="flat",
            checkable=True,
        )
        row = QHBoxLayout()
        row.addWidget(words(tr("Learned"), "title"))
        row.addStretch()
        row.addWidget(self.disclose)
        column.addLayout(row)
        grid = QGridLayout()
        grid.setHorizontalSpacing(2 * SPACE)
        grid.setVerticalSpacing(0)
        for k, one in enumerate(self.times.values()):
            grid.addWidget(one, 0, k)
        column.addLayout(grid)
        self.more = QWidget()
        inner = QGridLayout(self.more)
        inner.setContentsMargins(0, 0, 0, 0)
        inner.setHorizontalSpacing(2 * SPACE)
        for k in range(3):
            inner.setColumnStretch(k, 1)
        self.controls = {}
        for k, (name, said) in enumerate(names.items()):
            id = f"{name}-scale"
            title = tr("{name}, times").format(name=said)
            control = Slider(look, BY_ID[id], title, tr("How many times what was learned is taken"))
            control.title.setAlignment(Qt.AlignmentFlag.AlignLeft)
            control.field.setFixedWidth(54)
            control.title.setText("\N{MULTIPLICATION SIGN}")
            inner.addWidget(control, 0, k)
            self.controls[id] = control
        ends = {"key-low": (tr("Key, from"), 0), "key-high": (tr("Key, to"), 1)}
        for id, (title, k) in ends.items():
            control = Slider(look, BY_ID[id], title, tr("Only bands between the two let level open the gate"))
            control.title.setAlignment(Qt.AlignmentFlag.AlignLeft)
            control.field.setFixedWidth(74)
            inner.addWidget(control, 1, k)
            self.controls[id] = control
        for k, id in enumerate(id for id in OVERRIDES if id not in self.controls):
            control = Slider(look, BY_ID[id], BY_ID[id].name, BY_ID[id].help)
            inner.addWidget(control, 2 + k // 3, k % 3)
            self.controls[id] = control
        column.addWidget(self.more)
        self.more.hide()
        self.disclose.toggled.connect(self.more.setVisible)

    def allow_key(self, able: bool) -> None:
        """Allow the key controls, if the key of the gate that plays can be held to a band; otherwise grey them out."""
        for id in ("key-low", "key-high"):
            self.controls[id].setEnabled(able)

    def look_at(self, status: Status) -> None:
        """Show a status."""
        for name, one in self.times.items():
            value = float(getattr(status, f"{name}_ms"))
            one.show_value(value, f"{value:.0f} ms" if math.isfinite(value) else "\N{EN DASH}")


def key_words(low_hz: float, high_hz: float) -> str:
    """Return the key's edges as words."""
    if not (math.isfinite(high_hz) and low_hz > 0.0):
        return tr("no key")
    return f"{_hertz(low_hz)} \N{EN DASH} {_hertz(high_hz)} Hz"


def _hertz(value: float) -> str:
    return f"{value / 1000.0:.1f}k" if value >= 1000.0 else f"{value:.0f}"
