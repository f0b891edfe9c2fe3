"""What a panel remembers: the session and the window, taken up at the next start, or forgotten and said."""

import pytest

pytest.importorskip("PyQt6")

from gate.cli.panel import _stands
from gate.cli.panel_options import parser
from gate.live.sessions import capture
from gate.panel import memory
from gate.panel.view.app import USUAL_SIZE, View
from gate.session.file import load, save
from gate.session.session import Session
from tests import toy_model

pytestmark = pytest.mark.qt


@pytest.fixture(autouse=True)
def state(tmp_path, monkeypatch):
    """Where it is kept."""
    place = tmp_path / "state"
    monkeypatch.setenv("LEARNED_GATE_STATE", str(place))
    return place


def stands(*arguments):
    """What a panel begins with, and what it says."""
    keeper, session = _stands(parser().parse_args(list(arguments)))
    try:
        return capture(keeper.live), session, [sentence for _, sentence in keeper.events]
    finally:
        keeper.stop()


def test_the_next_start_stands_as_the_last_end(toys):
    """Preset, values and slots; the command line goes before them."""
    last = Session(preset="two", parameters={"threshold": -33.0, "guard-grace": 500.0}, monitor="removed")
    memory.keep_session(last)
    now, session, said = stands()
    assert now == session == last and said == []
    now, _, _ = stands("--threshold=-50", "--preset", "one")
    assert now.value("threshold") == -50.0 and now.preset == "one" and now.monitor == "removed"


def test_a_session_file_goes_before_the_last_end(toys, tmp_path):
    """With --session nothing of the last end is taken; a picture takes nothing either."""
    memory.keep_session(Session(preset="two"))
    save(Session(preset="one", monitor="in"), tmp_path / "stage.toml")
    now, _, _ = stands("--session", str(tmp_path / "stage.toml"))
    assert (now.preset, now.monitor) == ("one", "in")
    assert stands("--preset", "one", "--screenshot", "x.png")[0].monitor == "out"


@pytest.mark.parametrize("what", ["damaged", "gone"])
def test_what_cannot_be_taken_up_is_said(toys, state, what, monkeypatch):
    """A damaged file, or a preset that was deleted: it begins as usual, and says why."""
    if what == "gone":
        memory.keep_session(Session(preset="three"))
    else:
        state.mkdir()
        (state / memory.SESSION).write_text("threshold = loud\n")
    now, _, said = stands("--preset", "one") if what == "damaged" else stands_with_voice(toys)
    assert now.value("range") is None
    assert len(said) == 1 and "beginning with the defaults" in said[0]


def stands_with_voice(toys):
    """With a preset of the usual name."""
    toy_model.write_preset(toys["one"].parent / "voice")
    return stands()


def test_the_window_looks_as_it_did(state):
    """Theme, size and scale; what is damaged or out of range is as usual."""
    options = parser().parse_args([])
    memory.keep_window({"theme": "light", "scale": 1.5, "size": [1000, 600]})
    assert View.of(options, memory.window()) == View("light", 1.5, (1000, 600))
    for text in ("{", "[]", '{"theme": "pink", "scale": 90, "size": [0]}'):
        (state / memory.WINDOW).write_text(text)
        assert View.of(options, memory.window()) == View("auto", 1.0, USUAL_SIZE)
    assert (
        View.of(parser().parse_args(["--theme", "dark", "--scale", "2"]), {"theme": "light"}).theme == "dark"
    )


def test_sessions_are_opened_and_saved_in_the_window(window, actions, model, midi, qtbot, settle, tmp_path):
    """Opened it is one step; what is saved says how everything stands, MIDI's map included."""
    save(
        Session(preset="two", parameters={"range": -20.0}, midi_map=("range=cc9@1",)), tmp_path / "stage.toml"
    )
    actions.documents.take_session(tmp_path / "stage.toml")
    settle()
    assert model.live.preset.folder.name == "two" and model.live.value("range") == -20.0
    qtbot.waitUntil(lambda: midi.badges() == {"range": "cc9@1"}, timeout=30_000)
    actions.documents.keep_session(tmp_path / "mine.toml")
    qtbot.waitUntil((tmp_path / "mine.toml").exists, timeout=30_000)
    kept = load(tmp_path / "mine.toml")
    assert (kept.preset, kept.value("range"), kept.midi_map) == ("two", -20.0, ("range=cc9@1",))
    model.undo()
    settle()
    assert model.live.preset.folder.name == "one" and model.live.value("range") == -80.0


def test_a_session_that_is_none_is_said(window, actions, model, qtbot, tmp_path):
    """And nothing changes."""
    (tmp_path / "notes.toml").write_text("la = la\n")
    actions.documents.take_session(tmp_path / "notes.toml")
    assert window.banner.isVisible() and window.banner.kind == "error" and not model.can_undo
