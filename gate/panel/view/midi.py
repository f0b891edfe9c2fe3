"""MIDI in the window: the port, what is bound, and a right-click on anything that can be bound."""

from collections.abc import Callable
from typing import Any

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QGridLayout, QHBoxLayout, QMenu, QWidget

from gate.panel.midi import Midi
from gate.panel.view.parts.controls import push, words
from gate.panel.view.parts.dropdown import DropDown
from gate.panel.view.parts.popover import Popover
from gate.panel.view.parts.strings import tr


class MidiBox(Popover):
    """A menu of ports, and a list of what is bound.

    Signals: ``listed``: for the list of ports.
    """

    listed = pyqtSignal()

    def __init__(self, window: QWidget, midi: Midi) -> None:
        super().__init__(window, tr("MIDI"))
        self.midi = midi
        self.ports = DropDown()
        self.ports.setMinimumWidth(300)
        self.ports.setAccessibleName(tr("MIDI port"))
        self.ports.setToolTip(tr("Whose knobs, pads and pedals move the gate"))
        self.ports.activated.connect(lambda place: midi.use(self.ports.itemData(place)))
        self.again = push(tr("Look again"), tr("List the ports that there are now"))
        self.again.clicked.connect(self.listed)
        self.body.addWidget(self.ports)
        row = QHBoxLayout()
        row.addWidget(self.again)
        row.addStretch()
        self.body.addLayout(row)
        self.hint = words(tr("Right-click a control, and move a knob to bind it."), "quiet")
        self.body.addWidget(self.hint)
        self.bound = QGridLayout()
        self.body.addLayout(self.bound)
        self._shown: dict[str, str] = {}

    def show_ports(self, ports: list[Any]) -> None:
        """Show all ports that there are now."""
        self.ports.clear()
        self.ports.addItem(tr("no MIDI"), "")
        for port in ports:
            self.ports.addItem(str(port), str(port))
        place = self.ports.findData(self.midi.wish)
        if place < 0:
            self.ports.addItem(self.midi.wish, self.midi.wish)
            place = self.ports.count() - 1
        self.ports.setCurrentIndex(place)

    def show_bound(self, badges: dict[str, str]) -> None:
        """Show which control moves what, each with a button that unbinds it."""
        if badges == self._shown:
            return
        self._shown = dict(badges)
        while (item := self.bound.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.deleteLater()
        for row, (target, controls) in enumerate(badges.items()):
            forget = push(
                tr("Forget"), tr("No control moves {target} any more").format(target=target), kind="flat"
            )
            forget.setAccessibleName(tr("Forget {target}").format(target=target))
            forget.clicked.connect(lambda _, target=target: self.midi.forget(target))
            for column, part in enumerate((words(target), words(controls, "good"), forget)):
                self.bound.addWidget(part, row, column)
        self.adjustSize()


def context_menu(
    window: QWidget,
    midi: Midi,
    target: str,
    name: str,
    usual: Callable[[], object] | None,
    ask_port: Callable[[], object],
) -> QMenu:
    """Return the menu of a right-click on a control; ``usual`` resets the control, or is None."""
    made = QMenu(window)
    learn = made.addAction(tr("Learn MIDI: move a control for {name}").format(name=name))
    bound = midi.badges().get(target)
    forget = made.addAction(tr("Forget {control}").format(control=bound) if bound else tr("Forget MIDI"))
    assert learn is not None and forget is not None
    learn.triggered.connect(lambda: midi.learn(target) or ask_port())
    forget.triggered.connect(lambda: midi.forget(target))
    forget.setEnabled(bool(bound))
    if usual is not None:
        made.addSeparator()
        made.addAction(tr("Back to its usual value"), usual)
    made.aboutToHide.connect(made.deleteLater)
    return made
