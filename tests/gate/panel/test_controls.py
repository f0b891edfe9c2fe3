"""Every control moves the gate, follows it, and asks for nothing by itself."""

import pytest

pytest.importorskip("PyQt6")

from PyQt6.QtCore import QPoint, QPointF, Qt
from PyQt6.QtGui import QWheelEvent
from PyQt6.QtWidgets import QApplication

from gate.panel.model import IDS
from gate.parameters import BY_ID
from tests import toy_model

pytestmark = pytest.mark.qt

SLIDERS = (
    "threshold",
    "range",
    "guard-grace",
    "attack-scale",
    "hold-scale",
    "release-scale",
    "key-low",
    "key-high",
    "lookahead",
)
SHIFT, NONE = Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.NoModifier


def wheel(widget, notches, modifiers=NONE):
    """Turn a mouse's wheel over the middle of a widget."""
    middle = QPointF(widget.rect().center())
    event = QWheelEvent(
        middle, widget.mapToGlobal(middle), QPoint(), QPoint(0, 120 * notches), Qt.MouseButton.NoButton, modifiers,
        Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(widget, event)


def drag(qtbot, widget, by, modifiers=NONE):
    """Press, move, let go."""
    begin = widget.rect().center()
    qtbot.mousePress(widget, Qt.MouseButton.LeftButton, modifiers, begin)
    for share in (0.5, 1.0):
        at = QPointF(begin) + QPointF(by) * share
        from PyQt6.QtGui import QMouseEvent

        event = QMouseEvent(
            QMouseEvent.Type.MouseMove, at, widget.mapToGlobal(at), Qt.MouseButton.LeftButton, Qt.MouseButton.LeftButton,
            modifiers,
        )  # fmt: skip
        QApplication.sendEvent(widget, event)
    qtbot.mouseRelease(widget, Qt.MouseButton.LeftButton, modifiers, begin + by)


def test_everything_that_may_be_set_has_a_control(window):
    """No parameter of the table is missing from the window."""
    assert set(IDS) <= {*window.controls, "guard", "bypass", "link"}


@pytest.mark.parametrize("id", SLIDERS)
def test_a_control_moves_the_gate_and_follows_it(window, model, qtbot, settle, id):
    """Drag, wheel, keys, typing and double-click set the gate; what sets the gate otherwise moves the control."""
    window.learned.disclose.setChecked(True)
    control, parameter, before = window.controls[id], BY_ID[id], model.live.value(id)
    drag(qtbot, control.handle, QPoint(-20, 20) if control.value > parameter.minimum else QPoint(20, -20))
    dragged = model.live.value(id)
    assert dragged != before and control.value == dragged
    wheel(control.handle, 1)
    wheeled = model.live.value(id)
    assert wheeled > dragged
    qtbot.keyClick(control.field, Qt.Key.Key_Down)
    assert model.live.value(id) < wheeled
    control.field.selectAll()
    typed = parameter.text(parameter.maximum)
    qtbot.keyClicks(control.field, typed)
    qtbot.keyClick(control.field, Qt.Key.Key_Return)
    assert model.live.value(id) == parameter.maximum
    qtbot.mouseDClick(control.handle, Qt.MouseButton.LeftButton)
    assert model.live.value(id) == model.usual(id)
    model.live.set(id, parameter.minimum)
    window.tick()
    assert control.value == parameter.minimum and control.handle.travel == pytest.approx(
        control._travel(parameter.minimum)
    )
    model.undo()
    settle()
    window.tick()
    assert control.value == dragged  # all that came so quickly after the drag is one step


@pytest.mark.parametrize("id", SLIDERS)
def test_showing_asks_for_nothing(window, qtbot, id):
    """A control that is moved by the gate does not move the gate: there is no loop."""
    asked = []
    control = window.controls[id]
    control.asked.connect(asked.append)
    for value in (BY_ID[id].minimum, BY_ID[id].maximum):
        control.show_value(value, value)
        window.tick()
    qtbot.wait(50)
    assert asked == []


def test_fine_is_a_tenth(window, model, qtbot):
    """With Shift a notch, an arrow key and a drag go a tenth as far."""
    control = window.threshold
    wheel(control.handle, 1)
    assert model.live.value("threshold") == -39.0
    wheel(control.handle, 1, SHIFT)
    assert model.live.value("threshold") == -38.9
    qtbot.keyClick(control.field, Qt.Key.Key_Up, SHIFT)
    assert model.live.value("threshold") == pytest.approx(-38.8)
    qtbot.keyClick(control.field, Qt.Key.Key_PageDown)
    assert model.live.value("threshold") == pytest.approx(-48.8)
    drag(qtbot, control.handle, QPoint(0, -40))
    coarse = model.live.value("threshold") + 48.8
    before = model.live.value("threshold")
    drag(qtbot, control.handle, QPoint(0, -40), SHIFT)
    assert (model.live.value("threshold") - before) == pytest.approx(coarse / 10.0, abs=0.1)


def test_a_drag_is_one_step_back(window, model, qtbot, settle):
    """However many values it went through."""
    drag(qtbot, window.threshold.handle, QPoint(0, -60))
    assert model.live.value("threshold") > -40.0
    qtbot.mouseClick(window.top.undo, Qt.MouseButton.LeftButton)
    settle()
    assert model.live.value("threshold") == -40.0 and not model.can_undo


def test_range_goes_down_to_silence(window, model, qtbot):
    """At its lowest end it is silence, by hand as by key, and reads so."""
    drag(qtbot, window.range.handle, QPoint(0, 400))
    assert model.live.value("range") == float("-inf")
    assert "\N{INFINITY}" in window.range.field.text()
    wheel(window.range.handle, 1)
    assert model.live.value("range") == -120.0
    wheel(window.range.handle, -1)
    assert model.live.value("range") == float("-inf")


@pytest.mark.parametrize("text", ["loud", "-95", "5 kHz", ""])
def test_what_is_no_value_is_said_and_put_back(window, model, qtbot, text):
    """Typed by mistake: the gate stays, the old number is back, and a sentence says what was expected."""
    field = window.threshold.field
    field.selectAll()
    qtbot.keyClick(field, Qt.Key.Key_Delete)
    qtbot.keyClicks(field, text)
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert model.live.value("threshold") == -40.0 and field.text() == "\N{MINUS SIGN}40.0 dBFS"
    assert window.banner.isVisible() and window.banner.kind == "error"


def test_typing_is_not_disturbed(window, model, qtbot):
    """A gate that another hand moves does not overwrite what is being typed; Escape shows where it is."""
    field = window.threshold.field
    window.activateWindow()
    field.setFocus()
    qtbot.waitUntil(field.hasFocus)
    field.selectAll()
    qtbot.keyClicks(field, "-5")
    model.live.set("threshold", -60.0)
    window.tick()
    assert field.text() == "-5"
    qtbot.keyClick(field, Qt.Key.Key_Escape)
    assert field.text() == "\N{MINUS SIGN}60.0 dBFS"


def test_a_copied_number_can_be_typed_again(window, model, qtbot):
    """With the true minus sign that is shown."""
    field = window.threshold.field
    field.selectAll()
    field.lineEdit().insert("\N{MINUS SIGN}33.5 dBFS")  # pasted: it is on no keyboard
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert model.live.value("threshold") == -33.5


def test_the_line_in_the_plot_is_the_threshold(window, model, qtbot, settle):
    """Dragged it sets the gate, as one step; and it stands where the gate stands."""
    line = window.level.line
    for value in (-45.0, -50.0, -52.26):
        line.setValue(value)
        line.sigDragged.emit(line)
    line.sigPositionChangeFinished.emit(line)
    assert model.live.value("threshold") == -52.3
    model.undo()
    settle()
    assert model.live.value("threshold") == -40.0
    window.tick()
    assert line.value() == -40.0 and "40.0" in line.label.toPlainText()


@pytest.mark.parametrize("number", [1, 2, 0])
def test_the_guard(window, model, qtbot, number):
    """Its buttons choose, and show what is chosen."""
    model.live.set("guard", float((number + 1) % 3))
    window.tick()
    qtbot.mouseClick(window.guard.choice.buttons[number], Qt.MouseButton.LeftButton)
    assert model.live.value("guard") == number
    window.tick()
    assert window.guard.choice.group.checkedId() == number


@pytest.mark.parametrize(("number", "monitor"), list(enumerate(("out", "in", "removed"))))
def test_listening(window, model, qtbot, settle, number, monitor):
    """Each button has another part heard."""
    qtbot.mouseClick(window.top.listen.buttons[number], Qt.MouseButton.LeftButton)
    settle()
    assert model.live.player.monitor == monitor
    window.tick()
    assert window.top.listen.group.checkedId() == number


def test_another_preset_while_it_plays(window, model, qtbot, settle):
    """The box asks, the gate changes, the sound goes on; undone, the box shows the old one."""
    box, buffers = window.top.presets, model.live.player.buffers()
    box.activated.emit(box.findData("two"))
    settle()
    window.tick()
    assert model.live.preset.folder.name == "two" and box.currentData() == "two"
    qtbot.waitUntil(lambda: model.live.player.buffers() > buffers)
    model.undo()
    settle()
    window.tick()
    assert box.currentData() == "one"


def test_a_and_b_buttons(window, model, qtbot, settle):
    """B keeps its own setting, and the lit button is what is heard."""
    qtbot.mouseClick(window.top.slots_.buttons[1], Qt.MouseButton.LeftButton)
    settle()
    model.set("threshold", -60.0)
    qtbot.mouseClick(window.top.slots_.buttons[0], Qt.MouseButton.LeftButton)
    settle()
    window.tick()
    assert model.live.value("threshold") == -40.0 and window.top.slots_.group.checkedId() == 0


def test_bypass(window, model, qtbot):
    """The button bypasses the gate, and is down as long as that is so, whoever asked for it."""
    qtbot.mouseClick(window.top.bypass, Qt.MouseButton.LeftButton)
    assert model.live.value("bypass") == 1.0 and model.live.rack.gate.bypassed
    model.live.set("bypass", 0.0)
    model.look()
    window.tick()
    assert not window.top.bypass.isChecked()


def test_recording(window, model, keeper, qtbot, settle, tmp_path, monkeypatch):
    """The button begins and ends a recording, and is down meanwhile."""
    monkeypatch.setattr("gate.panel.view.documents.recordings", lambda: tmp_path / "takes")
    qtbot.mouseClick(window.top.record, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(
        lambda: model.live.recording.recorder is not None and model.live.recording.recorder.frames > 4800,
        timeout=30_000,
    )
    qtbot.waitUntil(window.top.record.isChecked)
    qtbot.mouseClick(window.top.record, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: len(list((tmp_path / "takes").glob("*.flac"))) == 1, timeout=30_000)
    qtbot.waitUntil(lambda: not window.top.record.isChecked())


def test_a_key_that_cannot_be_held_is_grey(window, model, settle, tmp_path):
    """A preset from before there were bands: its controls take nothing, and a hand elsewhere changes nothing either."""
    assert window.controls["key-low"].isEnabled()
    model.set_preset(str(toy_model.write_preset(tmp_path / "plain", name="plain")))
    settle()
    window.tick()
    assert not window.controls["key-low"].isEnabled() and window.controls["hold-scale"].isEnabled()
    model.set("key-low", 500.0)
    assert model.value("key-low") == 20.0
