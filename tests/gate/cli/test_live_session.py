"""gate-live --session: what a file says, what the command line says over it, and what is kept."""

import io
import json
import os
import select
import signal
import subprocess
import sys
import time

import pytest
import soundfile

from gate.cli import live as command
from gate.session.file import load, save
from gate.session.session import Session, Slot
from tests import toy_model
from tests.gate.engine_tools import bursts

PATIENCE_S = 120.0
"""For a program that compiles on a busy machine."""


@pytest.fixture
def preset(tmp_path):
    return str(toy_model.write_preset(tmp_path / "toy preset"))


@pytest.fixture
def files(tmp_path):
    """Options for a second of sound, from file to file."""
    soundfile.write(tmp_path / "in.wav", bursts(48_000, 1.0), 48_000)
    return ["--input", f"file:{tmp_path / 'in.wav'}", "--output", f"file:{tmp_path / 'out.wav'}"]


@pytest.fixture
def file(tmp_path, preset):
    """A session with a comment and a key of somebody's own."""
    path = tmp_path / "stage.toml"
    save(
        Session(
            preset=preset,
            parameters={"threshold": -35.0, "lookahead": 3.0},
            before=(Slot("highpass", parameters={"cutoff": 120.0}),),
            monitor="in",
            midi_port="nowhere near",
            midi_map=("threshold=cc7", "highpass.cutoff=cc8"),
        ),
        path,
    )
    path.write_text(path.read_text() + "\n[mine]\nx = 1 # y\n")
    return path


def typed(monkeypatch, text=""):
    monkeypatch.setattr(sys, "stdin", io.StringIO(text))


def run(capsys, *arguments):
    """(exit code, last JSON object, messages)."""
    code = command.main([str(argument) for argument in (*arguments, "--json", "--force")])
    said = capsys.readouterr()
    lines = said.out.splitlines()
    return code, json.loads(lines[-1]) if lines else {}, said.err


@pytest.fixture(autouse=True)
def no_midi(monkeypatch):
    """A session that names a port is played without one here; tests/gate/midi has ports."""
    from gate.errors import MidiError
    from gate.midi import ports

    def missing():
        raise MidiError("python-rtmidi is missing")

    monkeypatch.setattr(ports, "library", missing)


def test_a_session_says_how_it_begins(monkeypatch, capsys, files, file):
    """Without MIDI where there is none: the sound goes on, and the port stays in the session."""
    typed(monkeypatch)
    code, last, said = run(capsys, *files, "--fast", "--session", file)
    assert code == 0
    assert (last["preset"], last["threshold_db"], last["monitor"]) == ("toy", -35.0, "in")
    assert last["added_ms"] == 3.0
    assert "python-rtmidi is missing; continuing without MIDI" in said
    assert "'mine' is not known here, and kept" in said


def test_the_command_line_goes_before_the_file(monkeypatch, capsys, files, file, preset):
    """What it says; the rest is the file's."""
    typed(monkeypatch)
    over = [
        "--threshold",
        "-20",
        "--monitor",
        "out",
        "--after",
        "classic:hold=80",
        "--map",
        "threshold=cc9,range=cc8",
    ]
    code, last, _ = run(capsys, *files, "--fast", "--session", file, *over, "--save-session")
    assert (code, last["threshold_db"], last["monitor"]) == (0, -20.0, "out")
    kept = load(file)
    assert kept == Session(
        preset=preset,
        parameters={"threshold": -20.0, "lookahead": 3.0},
        before=(Slot("highpass", parameters={"cutoff": 120.0}),),
        after=(Slot("classic", parameters={"hold": 80.0}),),
        midi_port="nowhere near",
        midi_map=("highpass.cutoff=cc8", "threshold=cc9", "range=cc8"),
    )


def test_without_being_asked_nothing_is_saved(monkeypatch, capsys, files, file):
    """Whatever was changed while it played."""
    before = file.read_bytes()
    typed(monkeypatch, "threshold -22\n")
    code, last, _ = run(capsys, *files, "--session", file)
    assert (code, last["threshold_db"]) == (0, -22.0)
    assert file.read_bytes() == before and not os.path.exists(f"{file}~")


def test_what_was_set_while_it_played_is_saved_at_the_end(monkeypatch, capsys, files, file):
    """With the file's own text, and with the session before it beside it."""
    typed(monkeypatch, "threshold -22\nadd 2 highpass:cutoff=40\nbypass highpass on\nmonitor removed\n")
    code, _, said = run(capsys, *files, "--session", file, "--save-session")
    assert code == 0 and f"session saved to {file}" in said
    kept = load(file)
    assert (kept.value("threshold"), kept.monitor) == (-22.0, "removed")
    assert kept.before[0].bypassed and kept.after == (Slot("highpass", parameters={"cutoff": 40.0}),)
    assert "[mine]\nx = 1 # y" in file.read_text()
    assert load(f"{file}~").value("threshold") == -35.0


def test_a_session_is_begun_by_saving_one(monkeypatch, capsys, files, preset, tmp_path):
    """A file that is not there yet is made at the end; otherwise it has to be there."""
    typed(monkeypatch)
    path = tmp_path / "new.toml"
    arguments = [*files, "--fast", "--preset", preset, "--range", "-30", "--session", path]
    code, _, said = run(capsys, *arguments)
    assert code == 1 and "new.toml does not exist" in said
    assert run(capsys, *arguments, "--save-session")[0] == 0
    assert load(path) == Session(preset=preset, parameters={"range": -30.0})


def test_save_is_typed(monkeypatch, capsys, files, file, tmp_path):
    """Into the session's own file or another one; where that cannot be, it is said and the sound goes on."""
    other, notes = tmp_path / "other.toml", tmp_path / "notes.txt"
    notes.write_text("milk\n")
    typed(monkeypatch, f"threshold -21\nsave\nthreshold -20\nsave {other}\nsave {notes}\n")
    code, _, said = run(capsys, *files, "--session", file)
    assert code == 0
    assert (load(file).value("threshold"), load(other).value("threshold")) == (-21.0, -20.0)
    assert "[mine]" in other.read_text()
    assert notes.read_text() == "milk\n" and "nothing was written over it" in said
    typed(monkeypatch, "save\n")
    assert "expected a file for the session, got none" in run(capsys, *files)[2]


def test_a_damaged_file_is_named_and_the_session_before_it_is_offered(monkeypatch, capsys, files, file):
    """Without a terminal in one sentence, and nothing is played."""
    typed(monkeypatch)
    save(Session(), file)
    file.write_text("format = 1\n[parameters]\nthreshold = loud\n")
    code, _, said = run(capsys, *files, "--session", file)
    assert code == 1
    assert f"{file}, line 3, column 13: expected TOML, got none" in said
    assert f"the session before it is {file}~: give --session {file}~" in said
    code, last, _ = run(capsys, *files, "--fast", "--session", f"{file}~")
    assert (code, last["threshold_db"]) == (0, -35.0)


def test_what_goes_wrong_while_saving_is_said(monkeypatch, capsys, files, file):
    """The sound was played to its end, and the exit code says that something failed."""
    typed(monkeypatch)

    def full(fd):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    code, _, said = run(capsys, *files, "--fast", "--session", file, "--threshold", "-20", "--save-session")
    assert code == 1 and "the disk is full" in said
    assert load(file).value("threshold") == -35.0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--save-session"], "--save-session needs a session file, and none was named"),
        (["--map", "threshold=cc7"], "--map is for a MIDI port, and none was named"),
    ],
)
def test_wrong_usage(monkeypatch, capsys, files, arguments, words):
    """Exit 2, and what to do."""
    typed(monkeypatch)
    code, _, said = run(capsys, *files, *arguments)
    assert code == 2 and words in said


def until(terminal, word, said=b""):
    """What a terminal showed until a word came."""
    end = time.monotonic() + PATIENCE_S
    while word not in said:
        assert time.monotonic() < end, f"waited in vain for {word!r}; there was {said!r}"
        if select.select([terminal], [], [], 0.1)[0]:
            said += os.read(terminal, 65_536)
    return said


@pytest.mark.parametrize("answer", ["y", "n"])
def test_at_a_terminal_the_session_before_is_asked_about(files, file, answer):
    """Yes puts it in the file's place and goes on; anything else leaves everything as it is."""
    pty = pytest.importorskip("pty")
    save(load(file, print).with_values({"threshold": -30.0}), file)
    file.write_text("format = 1\npreset = [")
    mine, its = pty.openpty()
    program = subprocess.Popen(
        [sys.executable, "-m", "gate.cli.live", *files, "--fast", "--force", "--session", str(file)],
        stdin=its,
        stdout=its,
        stderr=its,
    )
    os.close(its)
    said = until(mine, b"[y/N] ")
    os.write(mine, f"{answer}\n".encode())
    try:
        if answer == "y":
            said = until(mine, b"buffers, ", said)
        assert program.wait(PATIENCE_S) == (0 if answer == "y" else 1)
    finally:
        if program.poll() is None:
            program.send_signal(signal.SIGKILL)
            program.wait()
        os.close(mine)
    assert b"line 2, column 11" in said
    damaged = file.with_name("stage.toml.damaged")
    if answer == "y":
        assert load(file).value("threshold") == -35.0
        assert damaged.read_text() == "format = 1\npreset = ["
    else:
        assert file.read_text() == "format = 1\npreset = [" and not damaged.exists()
