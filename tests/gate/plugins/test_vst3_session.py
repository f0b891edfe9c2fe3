"""Third-party plugins in sessions: by their parameters while a gate runs, by their state in a file."""

from dataclasses import replace

import pytest

from gate import Vst3
from gate.errors import SessionError
from gate.live.live import Live
from gate.live.sessions import NoMidi, capture, take_up
from gate.session import file as session_file
from tests import toy_model

HALF_DB = pytest.approx(-6.0, abs=0.01)
"""The plugin keeps its parameters in float32."""


@pytest.fixture
def live(toys, tmp_path):
    """A gate with the toy plugin behind it, before there is sound."""
    live = Live(str(toy_model.write_preset(tmp_path / "toy")), on_event=print)
    live.rack.arrange((), (Vst3(toys(), gain_db=-6),))
    return live


def test_a_and_b_are_its_parameters(live):
    """Cheap to take, and back to as usual too: no process is asked."""
    a = capture(live)
    assert a.after[0].parameters == (("gain", -6.0),) and not a.after[0].state
    live.rack.set("vst3.gain", 0.0)
    b = capture(live)
    assert b.after[0].parameters == ()
    plugin = live.rack.slots.plugins[1]
    for session, gain_db in ((a, -6.0), (b, 0.0), (a, -6.0)):
        take_up(live, session)
        assert capture(live) == session and live.rack.slots.plugins[1] is plugin
        assert plugin.gain_db == gain_db


def test_a_file_keeps_its_state(live, tmp_path):
    """With the slot's own parameters; and MIDI may move what only the plugin's file knows."""
    live.rack.set("vst3.headroom", 20.0)
    midi = NoMidi("nano", ("vst3.gain=cc7[-12..0]", "vst3.headroom=cc8"))
    session = capture(live, midi, states=True)
    assert session.after[0].parameters == (("headroom", 20.0),) and session.after[0].state
    session_file.save(session, tmp_path / "a.toml")
    read = session_file.load(tmp_path / "a.toml", pytest.fail)
    assert read == session
    fresh = Live(session.preset, on_event=print)
    stored = NoMidi()
    take_up(fresh, read, stored)
    assert fresh.value("vst3.gain") == HALF_DB and fresh.value("vst3.headroom") == 20.0
    assert capture(fresh, stored, states=True) == session


def test_without_its_state_a_file_keeps_its_parameters(live, tmp_path):
    """As numbers: what the program took down in passing is better than nothing."""
    session = capture(live)
    session_file.save(session, tmp_path / "a.toml")
    read = session_file.load(tmp_path / "a.toml", pytest.fail)
    assert read == session and dict(read.after[0].parameters) == {"gain": -6.0}
    (tmp_path / "a.toml").write_text(
        (tmp_path / "a.toml").read_text().replace("gain = -6.0", "gain = 'loud'")
    )
    with pytest.raises(SessionError, match="expected a number, got 'loud'; fix it"):
        session_file.load(tmp_path / "a.toml")


def test_a_file_s_state_goes_into_a_plugin_that_is_there(live, tmp_path):
    """Nothing fresh is made, and its own parameters follow the state."""
    kept, plugin = capture(live, states=True), live.rack.slots.plugins[1]
    live.rack.set("vst3.gain", 12.0)
    take_up(live, kept)
    assert live.rack.slots.plugins[1] is plugin and live.value("vst3.gain") == HALF_DB


def test_its_file_is_found_from_the_session_s_folder(live, tmp_path, toys):
    """As any other; a plugin's name may stand behind it."""
    path = tmp_path / "s.toml"
    path.write_text("format = 1\n[[after]]\nkind = 'vst3'\nfile = 'Room.vst3:Large'\n")
    assert session_file.load(path).after[0].file == str(tmp_path / "Room.vst3:Large")
    session = replace(capture(live), after=())
    take_up(live, session)
    assert capture(live) == session
