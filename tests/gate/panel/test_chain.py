"""The chain in the window: slots come, go, move and are bypassed while it plays; and the band of the key is drawn."""

import pytest

pytest.importorskip("PyQt6")

from PyQt6.QtCore import QEvent, QPointF, Qt
from PyQt6.QtGui import QMouseEvent
from PyQt6.QtWidgets import QApplication, QMenu

from gate.plugins.registry import from_text

pytestmark = pytest.mark.qt

PATIENCE_MS = 30_000


def menu():
    """The one that is open."""
    (found,) = [
        part for part in QApplication.topLevelWidgets() if isinstance(part, QMenu) and part.isVisible()
    ]
    return found


def choose(words, within=None):
    """Trigger the action of that name, in a menu or in one of its parts."""
    top = within or menu()
    (action,) = [action for action in top.actions() if action.text() == words]
    action.trigger()
    return action


def names(model):
    """Of the slots, as the gate has them."""
    return [one.name for one in model.live.rack.chain]


def shown(window):
    """Of the slots, as the window has them."""
    return [one.name for one in window.chain.facts]


def test_slots_come_move_are_bypassed_and_go(window, model, qtbot, settle):
    """By the row's own menus; every one of these is a step that can be undone."""
    qtbot.waitUntil(lambda: shown(window) == ["gate"], timeout=PATIENCE_MS)
    qtbot.mouseClick(window.chain.add, Qt.MouseButton.LeftButton)
    before = next(action.menu() for action in menu().actions() if action.text() == "Before the gate")
    choose("High-pass, 80 Hz", before)
    menu().close()
    settle()
    assert names(model) == ["highpass", "gate"]
    qtbot.waitUntil(lambda: shown(window) == ["highpass", "gate"], timeout=PATIENCE_MS)
    for words, expected in (("Bypass", True), ("Bypass", False)):
        qtbot.mouseClick(window.chain.slots_[0], Qt.MouseButton.LeftButton)
        choose(words)
        menu().close()
        settle()
        assert model.live.rack.chain[0].bypassed is expected
        qtbot.waitUntil(
            lambda expected=expected: window.chain.facts[0].bypassed is expected, timeout=PATIENCE_MS
        )
    qtbot.mouseClick(window.chain.slots_[0], Qt.MouseButton.LeftButton)
    choose("Move right")
    menu().close()
    settle()
    assert names(model) == ["gate", "highpass"]
    qtbot.waitUntil(lambda: shown(window) == ["gate", "highpass"], timeout=PATIENCE_MS)
    qtbot.mouseClick(window.chain.slots_[1], Qt.MouseButton.LeftButton)
    choose("Remove")
    menu().close()
    settle()
    assert names(model) == ["gate"]
    model.undo()
    settle()
    assert names(model) == ["gate", "highpass"]


def test_the_gate_stays(window, model, qtbot):
    """Its menu bypasses and moves it, and does not offer to remove it."""
    qtbot.waitUntil(lambda: shown(window) == ["gate"], timeout=PATIENCE_MS)
    qtbot.mouseClick(window.chain.slots_[0], Qt.MouseButton.LeftButton)
    offered = [action.text() for action in menu().actions()]
    menu().close()
    assert "Remove" not in offered and "Bypass" in offered


def test_a_slots_knobs(window, actions, model, qtbot, settle):
    """They set the plugin, follow it, and go when it goes."""
    model.change(lambda: model.live.rack.add(0, from_text("highpass:cutoff=80")))
    settle()
    qtbot.waitUntil(lambda: "highpass" in shown(window), timeout=PATIENCE_MS)
    actions.show_slot("highpass")
    slider = actions.slot.sliders["cutoff"]
    assert slider.value == 80.0
    slider.field.selectAll()
    qtbot.keyClicks(slider.field, "200 Hz")
    qtbot.keyClick(slider.field, Qt.Key.Key_Return)
    assert model.live.value("highpass.cutoff") == 200.0
    model.live.set("highpass.cutoff", 300.0)
    qtbot.waitUntil(lambda: slider.value == 300.0, timeout=PATIENCE_MS)
    model.change(lambda: model.live.rack.remove("highpass"))
    qtbot.waitUntil(lambda: actions.slot is None, timeout=PATIENCE_MS)


def test_bypass(window, model, qtbot):
    """The button, its key, and a hand elsewhere."""
    qtbot.mouseClick(window.top.bypass, Qt.MouseButton.LeftButton)
    assert model.live.value("bypass") == 1.0
    model.live.set("bypass", 0.0)
    window.tick()
    assert not window.top.bypass.isChecked()


def test_lookahead_while_it_plays(window, model, qtbot, settle):
    """It comes in with a fade, and the foot of the window says what it costs."""
    model.set("lookahead", 5.0)
    qtbot.waitUntil(lambda: model.keeper.status.added_ms == pytest.approx(5.0, abs=0.1), timeout=PATIENCE_MS)
    qtbot.waitUntil(lambda: "5" in window.foot.delay.text().rpartition(" ")[2], timeout=PATIENCE_MS)


def mouse(plot, kind, share):
    """An event at a share of the plot's width."""
    at = QPointF(plot.width() * share, plot.height() / 2.0)
    button = Qt.MouseButton.LeftButton
    event = QMouseEvent(kind, at, plot.mapToGlobal(at), button, button, Qt.KeyboardModifier.NoModifier)
    {
        QEvent.Type.MouseButtonPress: plot.mousePressEvent,
        QEvent.Type.MouseMove: plot.mouseMoveEvent,
        QEvent.Type.MouseButtonRelease: plot.mouseReleaseEvent,
        QEvent.Type.MouseButtonDblClick: plot.mouseDoubleClickEvent,
    }[kind](event)


def test_the_key_is_held_to_a_band_that_is_drawn(window, model, qtbot, settle):
    """Over the spectrum, once the disclosure is open; one drag is one step, and a double-click lets the key go."""
    kinds = QEvent.Type.MouseButtonPress, QEvent.Type.MouseMove, QEvent.Type.MouseButtonRelease
    for kind, share in zip(kinds, (0.7, 0.5, 0.4), strict=True):
        mouse(window.plot, kind, share)
    assert model.live.value("key-low") == 20.0  # it is closed
    window.learned.disclose.setChecked(True)
    window.tick()
    mouse(window.plot, kinds[0], 0.7)
    for share in (0.6, 0.5, 0.4):
        mouse(window.plot, kinds[1], share)
    mouse(window.plot, kinds[2], 0.4)
    low, high = model.live.value("key-low"), model.live.value("key-high")
    assert 100.0 < low < 1000.0 < high < 6000.0
    assert window.controls["key-low"].value == low
    mouse(window.plot, QEvent.Type.MouseButtonDblClick, 0.5)
    assert (model.live.value("key-low"), model.live.value("key-high")) == (20.0, 20_000.0)
    model.undo()
    settle()
    assert model.live.value("key-low") == low
    model.undo()
    settle()
    assert model.live.value("key-low") == 20.0
