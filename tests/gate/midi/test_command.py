"""gate-live with a controller: from the command line to the sound, and what is typed meanwhile."""

import io
import json
import sys
import threading

import pytest
import soundfile

from gate.cli import live as command
from tests import toy_model
from tests.gate.engine_tools import bursts
from tests.gate.live.jack_server import JackServer, needs_jackd
from tests.gate.midi.controller import Controller, needs_rtmidi

pytestmark = pytest.mark.audio

EVERY_S = 0.02
"""How often the hand moves."""


class Hand:
    """Moves a control over and over, from a thread, while the command runs."""

    def __init__(self, desk, *messages):
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(desk, messages))

    def _run(self, desk, messages):
        while not self._ending.wait(EVERY_S):
            for message in messages:
                desk.send(*message)

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._ending.set()
        self._thread.join()


@pytest.fixture
def files(tmp_path):
    needs_jackd()
    needs_rtmidi()
    source = tmp_path / "in.wav"
    soundfile.write(source, bursts(48_000, 3.0, 1), 48_000)
    toy_model.write_preset(tmp_path / "toy")
    names = [
        "--input",
        f"file:{source}",
        "--output",
        f"file:{tmp_path / 'out.wav'}",
        "--preset",
        tmp_path / "toy",
    ]
    return [str(name) for name in (*names, "--json")]


def last(capsys):
    said = capsys.readouterr()
    return json.loads(said.out.splitlines()[-1]), said.err


def test_a_map_on_the_command_line(files, monkeypatch, capsys):
    """Several maps add up; both parameters are where the controller put them."""
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    maps = ["--map", "threshold=cc7[-60..-20]", "--map", "range=nrpn:1:2,hold-open=note:36"]
    messages = ((0xB0, 7, 127), (0xB0, 99, 1), (0xB0, 98, 2), (0xB0, 6, 127), (0x90, 36, 1))
    with JackServer(48_000, 1024), Controller() as desk, Hand(desk, *messages):
        assert command.main([*files, "--midi", "knobs", *maps]) == 0
    end, said = last(capsys)
    assert (end["threshold_db"], end["range_db"]) == (-20.0, 0.0)
    assert "gate-live: MIDI from JACK: desk:knobs" in said


def test_what_is_typed(files, monkeypatch, capsys):
    """A control is learned while it plays, and what is bound is said; mistakes are sentences."""
    monkeypatch.setattr(
        sys, "stdin", io.StringIO("forget range\nlearn threshold[-60..-20]\nlearn loudness\nmidi\n")
    )
    with JackServer(48_000, 1024), Controller() as desk, Hand(desk, (0xB2, 20, 127)):
        assert command.main([*files, "--midi", "desk", "--map", "hold-open=note:36"]) == 0
    end, said = last(capsys)
    assert end["threshold_db"] == -20.0
    for words in (
        "expected a target that is bound (hold-open), got 'range'",
        "move a control for threshold",
        "expected one of threshold",
        "MIDI from JACK: desk:knobs: hold-open=note:36,threshold=",
        "learned threshold=cc20@3[-60..-20]; give it to --map, or save the session, to keep it",
    ):
        assert words in said


def test_typed_without_a_port(files, monkeypatch, capsys):
    """It says what is missing, and plays on."""
    monkeypatch.setattr(sys, "stdin", io.StringIO("learn threshold\n"))
    assert command.main(files) == 0
    assert "learn is for a MIDI port, and none was named; start with --midi PORT" in last(capsys)[1]


def test_the_list_of_ports(monkeypatch, capsys):
    """What can be heard now; our own ports are not in it."""
    needs_jackd()
    needs_rtmidi()
    with JackServer(48_000, 1024), Controller():
        assert command.main(["--list-midi"]) == 0
    assert capsys.readouterr().out == "JACK: desk:knobs\n"
