"""Which port a name means, and what is said where MIDI cannot be had."""

import importlib

import pytest

from gate.cli import live as command
from gate.errors import MidiError
from gate.midi import ports
from gate.midi.ports import Port, resolve, table

ALSA, JACK = 2, 3
DESK, PADS = Port(JACK, "desk:knobs"), Port(JACK, "desk:pads")
SAME = Port(ALSA, "desk:knobs 20:0")
THERE = [DESK, PADS, SAME]


@pytest.mark.parametrize(
    ("wish", "port"),
    [
        ("desk:knobs", DESK),
        ("KNOBS", DESK),
        (" pads ", PADS),
        ("alsa: desk", SAME),
        ("20:0", SAME),
        ("JACK: desk:pads", PADS),
        ("organ", None),
    ],
)
def test_a_name_or_a_part_of_it(wish, port):
    """Whole names go before parts, JACK's ports before others; big and small letters are the same."""
    assert resolve(wish, THERE) == port


def test_a_whole_name_is_meant_though_it_is_part_of_another():
    """Or a port could not be named."""
    assert resolve("a:b", [Port(JACK, "a:b 2"), Port(JACK, "a:b")]) == Port(JACK, "a:b")


def test_a_name_that_means_two():
    """Both are named, and what to do."""
    with pytest.raises(
        MidiError, match=r"'desk' means 2 MIDI ports: JACK: desk:knobs, JACK: desk:pads; say more"
    ):
        resolve("desk", THERE)


def test_the_list():
    """A line a port, with its sound system."""
    assert table(THERE).splitlines() == ["JACK: desk:knobs", "JACK: desk:pads", "ALSA: desk:knobs 20:0"]
    assert table([]) == "no MIDI ports"


@pytest.fixture
def without_rtmidi(monkeypatch):
    def no_such(name, package=None):
        raise ModuleNotFoundError(name)

    ports.library.cache_clear()
    monkeypatch.setattr(importlib, "import_module", no_such)
    yield
    ports.library.cache_clear()


@pytest.mark.usefixtures("without_rtmidi")
@pytest.mark.parametrize("arguments", [["--list-midi"], ["--midi", "desk"]])
def test_python_rtmidi_is_missing(arguments, capsys):
    """The error names the extra and how to install it, before anything sounds."""
    assert command.main(arguments) == 1
    said = capsys.readouterr().err
    assert said.startswith("gate-live: error: MIDI needs the package python-rtmidi; pip install")
    assert "'.[midi]'" in said


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--map", "threshold=cc7"], "--map is for a MIDI port"),
        (["--midi", "desk", "--map", "loudness=cc7"], "expected one of threshold"),
        (["--midi", "desk", "--map", "highpass.cutoff=cc7"], "there is no slot 'highpass'"),
    ],
)
def test_what_the_command_line_cannot_ask(arguments, words, capsys):
    """A usage error, and nothing is opened."""
    assert command.main(arguments) == 2
    assert words in capsys.readouterr().err
