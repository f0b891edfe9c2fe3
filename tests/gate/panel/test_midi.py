"""A controller, another client on a private JACK server, is learned by a right-click and moves the window."""

import pytest

pytest.importorskip("PyQt6")

from PyQt6.QtCore import QPoint, Qt
from PyQt6.QtWidgets import QApplication, QMenu

from tests.gate.live.jack_server import JackServer, needs_jackd
from tests.gate.midi.controller import Controller, needs_rtmidi

pytestmark = [pytest.mark.qt, pytest.mark.audio]

PATIENCE_MS = 30_000

PERIOD = 1024


@pytest.fixture
def desk():
    """A controller on a server."""
    needs_jackd()
    needs_rtmidi()
    with JackServer(48_000, PERIOD), Controller() as made:
        yield made


def menu_of(window, target):
    """What a right-click on a control offers."""
    part = window.bindable[target]
    part.customContextMenuRequested.emit(QPoint(2, 2))
    (found,) = [
        part for part in QApplication.topLevelWidgets() if isinstance(part, QMenu) and part.isVisible()
    ]
    return found


def choose(menu, words):
    """Trigger the action that begins so, and close the menu."""
    (action,) = [action for action in menu.actions() if action.text().startswith(words)]
    action.trigger()
    menu.close()


def learned(window, midi, desk, qtbot, target, message):
    """Learn a target, moving a control until it is heard."""
    choose(menu_of(window, target), "Learn MIDI")
    qtbot.waitUntil(lambda: midi.hands is not None and midi.hands.router.bindings != (), timeout=PATIENCE_MS)

    def heard():
        desk.send(*message)
        qtbot.wait(20)
        return midi.badges().get(target, "\N{HORIZONTAL ELLIPSIS}") != "\N{HORIZONTAL ELLIPSIS}"

    qtbot.waitUntil(heard, timeout=PATIENCE_MS)


def test_a_controller_is_learned_moves_the_gate_and_is_forgotten(
    desk, window, actions, model, midi, qtbot, settle
):
    """No port was named: the right-click asks for one, then learns; a badge shows it; undo takes back what it moved."""
    choose(menu_of(window, "threshold"), "Learn MIDI")
    box = actions.midi
    assert box.isVisible()
    qtbot.waitUntil(
        lambda: any("knobs" in box.ports.itemText(k) for k in range(box.ports.count())), timeout=PATIENCE_MS
    )
    place = next(k for k in range(box.ports.count()) if "knobs" in box.ports.itemText(k))
    box.ports.setCurrentIndex(place)
    box.ports.activated.emit(place)
    qtbot.waitUntil(lambda: midi.hands is not None and midi.hands.router.bindings != (), timeout=PATIENCE_MS)
    before = model.live.value("threshold")

    def heard():
        desk.send(0xB0, 7, 100)
        qtbot.wait(20)
        return midi.badges().get("threshold") == "cc7@1"

    qtbot.waitUntil(heard, timeout=PATIENCE_MS)
    desk.send(0xB0, 7, 127)
    qtbot.waitUntil(lambda: model.live.value("threshold") == 0.0, timeout=PATIENCE_MS)
    qtbot.waitUntil(
        lambda: window.threshold.value == 0.0 and window.threshold.badge.isVisible(), timeout=PATIENCE_MS
    )
    assert window.threshold.badge.text() == "cc7@1" and "cc7" in window.threshold.badge.accessibleName()
    while model.can_undo:
        model.undo()
        settle()
    assert model.live.value("threshold") == before
    choose(menu_of(window, "threshold"), "Forget cc7")
    desk.send(0xB0, 7, 127)
    qtbot.waitUntil(lambda: not window.threshold.badge.isVisible(), timeout=PATIENCE_MS)
    qtbot.wait(200)
    assert model.live.value("threshold") == before


@pytest.mark.parametrize(
    ("target", "message"), [("guard", (0x90, 60, 127)), ("attack-scale", (0xB0, 20, 127))]
)
def test_anything_can_be_bound(desk, window, model, midi, qtbot, target, message):
    """A row of buttons and a control behind the disclosure as well."""
    window.learned.disclose.setChecked(True)
    midi.use("knobs")
    qtbot.waitUntil(lambda: midi.hands is not None, timeout=PATIENCE_MS)
    learned(window, midi, desk, qtbot, target, message)
    desk.send(*message)
    from gate.parameters import BY_ID

    qtbot.waitUntil(lambda: model.live.value(target) == BY_ID[target].maximum, timeout=PATIENCE_MS)


def test_a_map_outlives_its_port(desk, window, midi, keeper, qtbot):
    """Another port, or none for a while, keeps what is bound."""
    midi.use("knobs")
    qtbot.waitUntil(lambda: midi.hands is not None, timeout=PATIENCE_MS)
    learned(window, midi, desk, qtbot, "range", (0xB0, 9, 64))
    midi.use("")
    qtbot.waitUntil(lambda: midi.hands is None, timeout=PATIENCE_MS)
    assert midi.badges() == {"range": "cc9@1"}
    midi.use("knobs")
    qtbot.waitUntil(lambda: midi.hands is not None, timeout=PATIENCE_MS)
    assert midi.badges() == {"range": "cc9@1"}
    midi.forget("range")
    assert midi.badges() == {}


def test_reset_by_the_menu(window, model, qtbot):
    """The same menu brings back the usual value."""
    model.set("threshold", -12.0)
    choose(menu_of(window, "threshold"), "Back to")
    assert model.live.value("threshold") == -40.0


def test_a_port_that_is_not_there_is_waited_for(desk, window, midi, keeper, qtbot):
    """It is said, and nothing stops."""
    midi.use("organ")
    qtbot.waitUntil(lambda: midi.hands is not None, timeout=PATIENCE_MS)
    qtbot.waitUntil(lambda: "organ" in window.banner.words.text(), timeout=PATIENCE_MS)
    qtbot.mouseClick(window.banner.closer, Qt.MouseButton.LeftButton)
    assert not window.banner.isVisible()
