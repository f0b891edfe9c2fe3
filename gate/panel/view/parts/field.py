"""The number of a parameter: read, typed, and moved by keys and wheel. A screen reader hears a spin box."""

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtGui import QKeyEvent, QValidator, QWheelEvent
from PyQt6.QtWidgets import QAbstractSpinBox, QLineEdit

from gate.panel.view.parts.handles import NOTCH
from gate.parameters import Parameter

COARSE = {"dBFS": 1.0, "dB": 1.0}
"""A step of keys and wheel in the unit itself; in other units a step is ``TRAVEL`` of the knob's."""

TRAVEL = 0.02

FINE = 0.1
"""Length of a fine step, in steps."""

DIGITS = 4
"""Decimals to which a stepped value is rounded, to have no -39.99999999."""


class Field(QAbstractSpinBox):
    """A parameter's value as text.

    Signals: ``asked``: for the value that somebody typed or stepped to, checked; ``refused``: a sentence about a
    text that is no value; the text before is put back.
    """

    asked = pyqtSignal(float)
    refused = pyqtSignal(str)

    def __init__(self, parameter: Parameter, kind: str = "value") -> None:
        super().__init__()
        self.parameter = parameter
        self._shown = parameter.minimum if parameter.default is None else parameter.default
        self.setProperty("kind", kind)
        self.setButtonSymbols(QAbstractSpinBox.ButtonSymbols.NoButtons)
        self.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.setKeyboardTracking(False)
        self.editingFinished.connect(self._take)
        self._write()

    def show_value(self, value: float) -> None:
        """Show a value, unless somebody is typing another one."""
        typing = self.hasFocus() and self._line().text() != self._written
        if value != self._shown:
            self._shown = value
            if not typing:
                self._write()

    def step_to(self, notches: float, *, fine: bool) -> None:
        """Ask for the value so many steps away; below the lowest comes silence, where the parameter has it."""
        parameter, now = self.parameter, self._shown
        share = notches * (FINE if fine else 1.0)
        if parameter.words:
            value = now + (1.0 if notches > 0 else -1.0)
        elif parameter.silence and now < parameter.minimum:
            value = parameter.minimum if notches > 0 else now
        elif parameter.unit in COARSE:
            value = now + share * COARSE[parameter.unit]
        else:
            value = parameter.at(parameter.travel(now) + share * TRAVEL)
        value = round(value, DIGITS)
        if parameter.silence and value < parameter.minimum and now == parameter.minimum:
            value = float("-inf")
        elif value > float("-inf"):
            value = min(max(value, parameter.minimum), parameter.maximum)
        if value != now:
            self.asked.emit(value)

    # -- QAbstractSpinBox

    def stepBy(self, steps: int) -> None:
        """Step by the arrow and page keys."""
        self.step_to(steps, fine=False)
        self._line().selectAll()

    def stepEnabled(self) -> QAbstractSpinBox.StepEnabledFlag:
        """Return that steps go both ways; a step itself stops at the ends."""
        return (
            QAbstractSpinBox.StepEnabledFlag.StepUpEnabled | QAbstractSpinBox.StepEnabledFlag.StepDownEnabled
        )

    def validate(self, text: str | None, at: int) -> tuple[QValidator.State, str, int]:
        """Accept any text while somebody types; it is checked at the end."""
        return QValidator.State.Acceptable, text or "", at

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        """Step finely for an arrow with Shift; put the value back for Escape."""
        assert event is not None
        key, shift = event.key(), bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        if shift and key in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            self.step_to(1.0 if key == Qt.Key.Key_Up else -1.0, fine=True)
            return
        if key == Qt.Key.Key_Escape:
            self._write()
            self._line().selectAll()
            return
        super().keyPressEvent(event)

    def wheelEvent(self, event: QWheelEvent | None) -> None:
        """Step as the wheel does on a handle."""
        assert event is not None
        fine = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        delta = event.angleDelta()
        self.step_to((delta.y() or delta.x()) / NOTCH, fine=fine)
        event.accept()

    def _take(self) -> None:
        line = self._line()
        if line.text() == self._written:
            return
        try:
            value = self.parameter.parse(
                line.text().replace("\N{MINUS SIGN}", "-")
            )  # people copy it from here
        except ValueError as error:
            self._write()
            self.refused.emit(str(error))
            return
        self._write()
        if value != self._shown:
            self.asked.emit(value)

    def _write(self) -> None:
        self._written = people(self.parameter, self._shown)
        self._line().setText(self._written)

    def _line(self) -> QLineEdit:
        line = self.lineEdit()
        assert line is not None
        return line


def people(parameter: Parameter, value: float) -> str:
    """Return a value as it is shown: with a true minus sign and the sign of infinity."""
    text = parameter.text(value)
    return text if parameter.words else text.replace("-", "\N{MINUS SIGN}").replace("inf", "\N{INFINITY}")


def level_words(value: float, unit: str) -> str:
    """Return a level with its unit, for people; silence is minus infinity."""
    if value <= -119.5:
        return f"\N{MINUS SIGN}\N{INFINITY} {unit}"
    return f"{value:.1f} {unit}".replace("-", "\N{MINUS SIGN}")
