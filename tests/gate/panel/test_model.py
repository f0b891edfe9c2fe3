"""The panel's model, without a window: values, steps, A and B, and a gate that another hand moves meanwhile."""

import subprocess
import sys

import pytest

from gate.panel.model import IDS, MOST_STEPS, SAME_S, Model
from tests.gate.live.jack_server import wait_until


class Clock:
    """Time that passes when a test says so."""

    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def model(keeper, clock):
    made = Model(keeper, clock)
    keeper.start()
    return made


@pytest.fixture
def far(clock):
    """Let so much time pass that the next change is another step."""

    def wait():
        clock.now += 2 * SAME_S

    return wait


@pytest.mark.parametrize("id", IDS)
def test_every_parameter_goes_to_the_gate_and_back(model, settle, id):
    """What the panel sets the gate has at once, what another hand sets the panel sees, and a step back is one."""
    from gate.parameters import BY_ID

    parameter, before = BY_ID[id], model.value(id)
    other = parameter.minimum if before == parameter.maximum else parameter.maximum
    model.set(id, other)
    assert model.live.value(id) == model.value(id) == other
    model.undo()
    settle()
    assert model.live.value(id) == model.value(id) == before
    model.live.set(id, other)
    assert model.look() and model.value(id) == other


def test_out_of_range_becomes_the_end(model):
    """A knob that is pushed too far stays at its end; silence is a value of Range alone."""
    model.set("threshold", 50.0)
    assert model.value("threshold") == 0.0
    model.set("threshold", -500.0)
    assert model.value("threshold") == -80.0
    model.set("range", float("-inf"))
    assert model.value("range") == float("-inf")


def test_a_drag_is_one_step(model, settle, far):
    """However long it lasts and however far it goes; what follows it is another."""
    model.begin()
    for value in (-50.0, -45.0, -30.0):
        model.set("threshold", value)
        far()
    model.end()
    model.set("threshold", -20.0)
    model.undo()
    settle()
    assert model.value("threshold") == -30.0
    model.undo()
    settle()
    assert model.value("threshold") == -40.0
    assert not model.can_undo


def test_quick_changes_of_one_thing_are_one_step(model, settle, far):
    """Notches of a wheel shortly after each other; later ones, or of something else, are steps of their own."""
    model.set("threshold", -41.0)
    model.set("threshold", -42.0)
    model.set("range", -50.0)
    far()
    model.set("range", -51.0)
    for threshold, range_db in ((-42.0, -50.0), (-42.0, -80.0), (-40.0, -80.0)):
        model.undo()
        settle()
        assert (model.value("threshold"), model.value("range")) == (threshold, range_db)
    for _ in range(3):
        model.redo()
        settle()
    assert (model.value("threshold"), model.value("range")) == (-42.0, -51.0)
    assert not model.can_redo


def test_a_change_ends_what_could_be_done_again(model, settle, far):
    """After a step back another change is the new way on."""
    model.set("threshold", -30.0)
    model.undo()
    settle()
    assert model.can_redo
    far()
    model.set("range", -10.0)
    assert not model.can_redo


def test_steps_are_not_without_end(model, far):
    """Of very many the oldest are forgotten."""
    for k in range(MOST_STEPS + 20):
        model.set("threshold", -40.0 - (k % 2) - 1)
        far()
    assert len(model._undo) == MOST_STEPS


def test_a_preset_is_a_step(model, settle):
    """It changes while sound runs, can be undone, and values that were set stay."""
    model.set("threshold", -33.0)
    buffers = model.live.player.buffers()
    model.set_preset("two")
    settle()
    assert model.state.preset == "two" and model.value("threshold") == -33.0
    model.undo()
    settle()
    assert model.state.preset == "one" and model.live.preset.folder.name == "one"
    model.redo()
    settle()
    assert model.live.preset.folder.name == "two"
    wait_until(lambda: model.live.player.buffers() > buffers, "the sound to have gone on")


def test_what_is_heard_is_a_step(model, settle):
    """Listening to something else can be undone, too."""
    model.set_monitor("removed")
    settle()
    assert model.state.monitor == model.live.player.monitor == "removed"
    model.undo()
    settle()
    assert model.live.player.monitor == "out"


def test_a_and_b(model, settle, far):
    """B begins as A, each keeps its own, changing over can be undone, and one can be copied to the other."""
    model.set("threshold", -30.0)
    model.switch("B")
    settle()
    assert (model.slot, model.value("threshold")) == ("B", -30.0)
    far()
    model.set("threshold", -60.0)
    model.switch("A")
    settle()
    assert model.live.value("threshold") == -30.0
    model.switch("B")
    settle()
    assert model.live.value("threshold") == -60.0
    model.undo()
    settle()
    assert (model.slot, model.live.value("threshold")) == ("A", -30.0)
    model.copy()
    model.switch("B")
    settle()
    assert model.live.value("threshold") == -30.0


def test_another_hand_makes_steps_too(model, settle):
    """MIDI moves a parameter: the model sees it, and it can be undone."""
    model.live.set("range", -12.0)
    assert model.look() and model.can_undo
    model.undo()
    settle()
    assert model.live.value("range") == -80.0


def test_a_preset_that_cannot_be_had_is_said(model, settle, keeper):
    """The gate stays as it is, and so does the list of steps."""
    model.set_preset("three")
    settle()
    assert model.state.preset == "one" and not model.can_undo
    assert any(kind == "error" and "three" in sentence for kind, sentence in keeper.events)


def test_usual_values(model):
    """A double-click brings back the preset's threshold and range, and the table's others."""
    assert (model.usual("threshold"), model.usual("range"), model.usual("guard-grace")) == (
        -40.0,
        -80.0,
        350.0,
    )


def test_no_qt_behind_the_view():
    """Everything of the panel but what draws it can be had without Qt."""
    code = "import gate.panel.model, gate.panel.history, gate.panel.spectrum, gate.panel.theme, gate.panel.advice, sys\n"
    code += "assert not [name for name in sys.modules if name.startswith(('PyQt6', 'pyqtgraph'))]"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=120)
