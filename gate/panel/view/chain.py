"""The chain as a row: what sound goes through, in order; slots are added, removed, moved, bypassed while it plays."""

from collections.abc import Callable

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QHBoxLayout, QMenu, QPushButton, QWidget

from gate.live.rack import Rack
from gate.live.slots import SlotFacts
from gate.panel.theme import SPACE
from gate.panel.view.parts.controls import Slider, push, words
from gate.panel.view.parts.look import Look
from gate.panel.view.parts.popover import Popover
from gate.panel.view.parts.strings import tr
from gate.plugins.registry import from_text
from gate.session.session import GATE

Job = Callable[[Rack], object]
"""A job for the slots of a live gate."""


class ChainRow(QWidget):
    """The row of slots. A slot's button opens its menu.

    Signals: ``asked``: for a job that is called with the rack; ``file_asked``: for a slot made of a file of that kind;
    ``opened``: for a slot's knobs, by its name.
    """

    asked, file_asked, opened = pyqtSignal(object), pyqtSignal(str), pyqtSignal(str)

    def __init__(self) -> None:
        super().__init__()
        self.row = QHBoxLayout(self)
        self.row.setContentsMargins(0, 0, 0, 0)
        self.row.setSpacing(SPACE // 2)
        self.slots_: list[QPushButton] = []
        self.facts: tuple[SlotFacts, ...] = ()
        self.add = push("+", tr("One more plugin before or behind the gate"), kind="flat")
        self.add.setAccessibleName(tr("Add a plugin"))
        self.add.clicked.connect(self._offer)
        self.row.addWidget(words(tr("in"), "small"))
        self.row.addWidget(self.add)
        self.out = words(tr("out"), "small")
        self.row.addWidget(self.out)
        self.row.addStretch()

    def filled(self) -> int:
        """Return the pixels of the row, from its left end, that hold something."""
        return self.out.x() + self.out.width()

    def show_chain(self, facts: tuple[SlotFacts, ...]) -> None:
        """Show the slots as they are."""
        if facts == self.facts:
            return
        same = [one.name for one in facts] == [one.name for one in self.facts]
        self.facts = facts
        if not same:
            for button in self.slots_:
                self.row.removeWidget(button)
                button.deleteLater()
            self.slots_ = [self._button(one) for one in facts]
            for place, button in enumerate(self.slots_):
                self.row.insertWidget(1 + place, button)
        for button, one in zip(self.slots_, facts, strict=True):
            name = one.file if one.name == GATE else one.name
            state = tr("bypassed") if one.bypassed else ""
            said = " ".join(
                part for part in (name, f"({state})" if state else "", "!" if one.trouble else "") if part
            )
            button.setText(said)
            button.setChecked(one.name == GATE and not one.bypassed)
            button.setToolTip(one.trouble or tr("Bypass, knobs, order"))
            button.setAccessibleName(tr("Slot {name}").format(name=said))
            button.setAccessibleDescription(button.toolTip())

    def _button(self, one: SlotFacts) -> QPushButton:
        made = push(one.name, tr("Bypass, knobs, order"), kind="slot")
        made.clicked.connect(lambda _, name=one.name: self._menu(name))
        return made

    def _menu(self, name: str) -> None:
        place = next((k for k, one in enumerate(self.facts) if one.name == name), None)
        if place is None:
            return
        one, made = self.facts[place], QMenu(self)
        bypass = made.addAction(tr("Bypass"))
        assert bypass is not None
        bypass.setCheckable(True)
        bypass.setChecked(one.bypassed)
        bypass.triggered.connect(lambda on: self.asked.emit(lambda rack: rack.bypass(name, on)))
        if name != GATE and one.parameters:
            made.addAction(tr("Knobs\N{HORIZONTAL ELLIPSIS}"), lambda: self.opened.emit(name))
        for words_, to in ((tr("Move left"), place - 1), (tr("Move right"), place + 1)):
            move = made.addAction(words_)
            assert move is not None
            move.setEnabled(0 <= to < len(self.facts))
            move.triggered.connect(lambda _, to=to: self.asked.emit(lambda rack: rack.move(name, to)))
        if name != GATE:
            made.addAction(tr("Remove"), lambda: self.asked.emit(lambda rack: rack.remove(name)))
        made.aboutToHide.connect(made.deleteLater)
        button = self.slots_[place]
        made.popup(button.mapToGlobal(button.rect().bottomLeft()))

    def _offer(self) -> None:
        made = QMenu(self)
        for place, title in ((0, tr("Before the gate")), (-1, tr("Behind the gate"))):
            part = made.addMenu(title)
            assert part is not None
            for text, said in (
                ("highpass:cutoff=80", tr("High-pass, 80 Hz")),
                ("classic", tr("Classic gate")),
            ):
                part.addAction(said, lambda text=text, place=place: self._put(text, place))
            for kind, said in (
                ("model", tr("Model file\N{HORIZONTAL ELLIPSIS}")),
                ("nam", tr("Amplifier, a .nam file\N{HORIZONTAL ELLIPSIS}")),
                ("convolve", tr("Cabinet, an impulse response\N{HORIZONTAL ELLIPSIS}")),
                ("vst3", tr("VST3 plugin\N{HORIZONTAL ELLIPSIS}")),
            ):
                part.addAction(said, lambda kind=kind: self.file_asked.emit(kind))
        made.aboutToHide.connect(made.deleteLater)
        made.popup(self.add.mapToGlobal(self.add.rect().bottomLeft()))

    def _put(self, text: str, place: int) -> None:
        at = len(self.facts) if place < 0 else self._gate_at()
        self.asked.emit(lambda rack: rack.add(at, from_text(text)))

    def _gate_at(self) -> int:
        return next((k for k, one in enumerate(self.facts) if one.name == GATE), 0)


class SlotBox(Popover):
    """The knobs of a slot.

    Signals: ``asked``: for a value of a parameter, by "slot.parameter".
    """

    asked = pyqtSignal(str, float)

    def __init__(self, window: QWidget, look: Look, one: SlotFacts) -> None:
        super().__init__(window, one.name)
        self.name = one.name
        self.sliders: dict[str, Slider] = {}
        for parameter in one.parameters:
            if parameter.id == "bypass":
                continue
            slider = Slider(look, parameter, parameter.name, parameter.help)
            slider.setMinimumWidth(300)
            slider.asked.connect(lambda value, id=parameter.id: self.asked.emit(f"{self.name}.{id}", value))
            self.body.addWidget(slider)
            self.sliders[parameter.id] = slider
        self.gone.connect(self.deleteLater)
        self.look_at(one)

    def look_at(self, one: SlotFacts) -> None:
        """Put the knobs where the slot's are."""
        for parameter, value in zip(one.parameters, one.values, strict=True):
            slider = self.sliders.get(parameter.id)
            if slider is not None:
                slider.show_value(value, value if parameter.default is None else parameter.default)
