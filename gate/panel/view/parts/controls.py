"""Controls made of a name, a handle and a number; and a row of buttons of which one is down."""

from PyQt6.QtCore import QPoint, Qt, pyqtSignal
from PyQt6.QtWidgets import QButtonGroup, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from gate.panel.view.parts.field import Field
from gate.panel.view.parts.handles import Bar, Dial, Handle
from gate.panel.view.parts.look import Look
from gate.panel.view.parts.strings import tr
from gate.parameters import Parameter

DECIMALS = {"dBFS": 1, "dB": 1, "x": 2}
"""Digits that a dragged value keeps; of other units one, and none from 100 up."""


class Control(QWidget):
    """A parameter that can be set.

    Signals: ``begun`` and ``ended`` around a drag; ``asked``: for a value; ``refused``: a sentence about what was typed;
    ``menu``: a right-click, where on the screen.
    """

    begun = pyqtSignal()
    asked = pyqtSignal(float)
    ended = pyqtSignal()
    refused = pyqtSignal(str)
    menu = pyqtSignal(QPoint)

    def __init__(self, parameter: Parameter, name: str, help: str, handle: Handle, field: Field) -> None:
        super().__init__()
        self.parameter, self.name, self.handle, self.field = parameter, name, handle, field
        self._ends = (float("-inf") if parameter.silence else parameter.minimum, parameter.maximum)
        self.usual = parameter.minimum if parameter.default is None else parameter.default
        self.value = self.usual
        self.title = QLabel(name)
        self.title.setProperty("role", "title")
        self.title.setBuddy(field)
        self.badge = badge()
        self.setToolTip(f"{name}: {help}; {parameter.limits}")
        field.setAccessibleName(name)
        field.setAccessibleDescription(f"{help}; {parameter.limits}")
        self.setFocusProxy(field)
        handle.begun.connect(self._begin)
        handle.moved.connect(self._move)
        handle.ended.connect(self.ended)
        handle.stepped.connect(lambda notches, fine: field.step_to(notches, fine=fine))
        handle.reset.connect(lambda: self.asked.emit(self.usual))
        field.asked.connect(self.asked)
        field.refused.connect(self.refused)
        for part in (self, field):
            part.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
            part.customContextMenuRequested.connect(
                lambda at, part=part: self.menu.emit(part.mapToGlobal(at))
            )

    def show_value(self, value: float, usual: float) -> None:
        """Show a value, and ask for nothing. ``usual`` is the value that a double-click brings back."""
        if (value, usual) == (self.value, self.usual) and self._drawn:
            return
        self._drawn, self.value, self.usual = True, value, usual
        self.handle.show_travel(self._travel(value), self._travel(usual))
        self.field.show_value(value)

    _drawn = False

    def show_badge(self, text: str) -> None:
        """Show which MIDI control moves this one, or "" for none."""
        show_badge(self.badge, text, self.name)

    def _travel(self, value: float) -> float:
        return self.parameter.travel(value, self._ends)

    def _begin(self) -> None:
        self.field.setFocus(Qt.FocusReason.MouseFocusReason)
        self.begun.emit()

    def _move(self, travel: float) -> None:
        value = self.parameter.at(travel, self._ends)
        digits = DECIMALS.get(self.parameter.unit, 1 if abs(value) < 100.0 else 0)
        value = round(value, digits)
        if value != self.value:
            self.asked.emit(value)


class Knob(Control):
    """A dial with its number large under it: Threshold or Range."""

    def __init__(self, look: Look, parameter: Parameter, name: str, help: str, colour: str) -> None:
        super().__init__(parameter, name, help, Dial(look, colour), Field(parameter, "huge"))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(2)
        self.title.setProperty("role", "heading")
        row = QHBoxLayout()
        row.addWidget(self.title)
        row.addStretch()
        row.addWidget(self.badge)
        column.addLayout(row)
        column.addWidget(self.handle, 1)
        column.addWidget(self.field)


class Slider(Control):
    """A name and a number over a bar, for the other parameters."""

    def __init__(
        self, look: Look, parameter: Parameter, name: str, help: str, colour: str = "accent"
    ) -> None:
        super().__init__(parameter, name, help, Bar(look, colour), Field(parameter))
        self.field.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.field.setFixedWidth(92)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        row = QHBoxLayout()
        row.addWidget(self.title)
        row.addWidget(self.badge)
        row.addStretch()
        row.addWidget(self.field)
        column.addLayout(row)
        column.addWidget(self.handle)


class Choice(QWidget):
    """Buttons side by side, one of them down.

    Signals: ``asked``: for the one with that number; ``menu``: as of a ``Control``.
    """

    asked = pyqtSignal(int)
    menu = pyqtSignal(QPoint)

    def __init__(self, name: str, words: list[str], help: list[str]) -> None:
        super().__init__()
        self.name = name
        self.setAccessibleName(name)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        self.group = QButtonGroup(self)
        self.buttons = []
        for number, word in enumerate(words):
            button = QPushButton(word)
            button.setCheckable(True)
            button.setProperty(
                "part", "left" if number == 0 else "right" if number == len(words) - 1 else "middle"
            )
            button.setAccessibleName(f"{name}: {word}")
            button.setAccessibleDescription(help[number])
            button.setToolTip(help[number])
            self.group.addButton(button, number)
            row.addWidget(button)
            self.buttons.append(button)
        self.buttons[0].setChecked(True)
        self.badge = badge()
        row.addSpacing(4)
        row.addWidget(self.badge)
        self.setFocusProxy(self.buttons[0])
        self.group.idClicked.connect(self.asked)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.customContextMenuRequested.connect(lambda at: self.menu.emit(self.mapToGlobal(at)))

    def show_value(self, number: int) -> None:
        """Press the button with that number, and ask for nothing."""
        if self.group.checkedId() != number:
            self.buttons[number].setChecked(True)

    def show_badge(self, text: str) -> None:
        """Show which MIDI control moves the choice, or "" for none."""
        show_badge(self.badge, text, self.name)


def badge() -> QLabel:
    """Make a label for the MIDI control that moves something, hidden while there is none."""
    made = QLabel()
    made.setProperty("role", "badge")
    made.hide()
    return made


def show_badge(made: QLabel, text: str, name: str) -> None:
    """Write on a badge, or hide it."""
    if made.text() != text:
        made.setText(text)
        made.setAccessibleName(
            tr("{name} is moved by {control}").format(name=name, control=text) if text else ""
        )
        made.setToolTip(made.accessibleName())
        made.setVisible(bool(text))


def push(text: str, help: str, *, kind: str = "", checkable: bool = False) -> QPushButton:
    """Make a button with everything that a button needs: words, a tooltip, a name to be read out, a look."""
    made = QPushButton(text)
    made.setToolTip(help)
    made.setAccessibleName(text)
    made.setAccessibleDescription(help)
    made.setCheckable(checkable)
    made.setAutoDefault(False)
    if kind:
        made.setProperty("kind", kind)
    return made


def show_as(label: QLabel, text: str, role: str) -> None:
    """Write a text in another of the style sheet's roles."""
    if label.text() != text:
        label.setText(text)
    give(label, "role", role)


def give(widget: QWidget, name: str, value: str) -> None:
    """Give a widget another property that the style sheet asks for."""
    if widget.property(name) == value:
        return
    widget.setProperty(name, value)
    style = widget.style()
    assert style is not None
    style.unpolish(widget)
    style.polish(widget)


def words(text: str, role: str = "") -> QLabel:
    """Make a label in one of the style sheet's roles."""
    made = QLabel(text)
    if role:
        made.setProperty("role", role)
    return made
