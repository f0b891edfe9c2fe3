"""The page on sessions shows what happens."""

import doctest
import re
import shlex
from pathlib import Path

import numpy as np
import pytest
import soundfile

from gate.cli.live_options import NUMBERS, parser
from gate.cli.options import join_numbers
from gate.session.file import load
from gate.session.session import Session, Slot
from gate.session.table import DEVICES, MIDI, SLOT, TOP
from tests.gate.engine_tools import bursts

PAGE = Path(__file__).resolve().parents[3] / "docs" / "session.md"
WORDS = PAGE.read_text()
EXAMPLE = re.search(r"```toml\n(.*?)```", WORDS, re.DOTALL)[1]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """With a stage.toml and a talk.wav."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "stage.toml").write_text(EXAMPLE)
    soundfile.write("talk.wav", bursts(48_000, 2.0, 2).astype(np.float64), 48_000)
    return tmp_path


def test_the_example_is_a_session(folder):
    """Whole, with nothing in it that is not known."""
    session = load("stage.toml", pytest.fail)
    assert session.parameters == (
        ("threshold", -42.0),
        ("range", -60.0),
        ("guard", 1.0),
        ("guard-grace", 500.0),
    )
    assert session.before == (Slot("highpass", parameters={"cutoff": 90.0}),)
    assert session.after[0].name == "cleanup" and session.after[0].bypassed
    assert (session.midi_port, len(session.midi_map), session.devices.rate) == ("nano", 2, 48_000)
    assert session != Session()


@pytest.mark.parametrize("key", sorted({*TOP, *SLOT, *MIDI, *DEVICES} - {"file", "state", "guard-model"}))
def test_the_example_has_every_key(key):
    """So that nobody has to look for one elsewhere (but a slot's file and state, and another guard)."""
    assert re.search(rf"^(\[\[?|parameters\.)?{key}\b", EXAMPLE, re.MULTILINE)


@pytest.mark.usefixtures("voice")
def test_every_example_of_the_page_gives_what_it_says(folder):
    """Run as a reader would, one after the other."""
    page = doctest.DocTestParser().get_doctest(WORDS, {}, PAGE.name, str(PAGE), 0)
    assert len(page.examples) > 15
    said: list[str] = []
    results = doctest.DocTestRunner(verbose=False, optionflags=doctest.IGNORE_EXCEPTION_DETAIL).run(
        page, out=said.append
    )
    assert results.failed == 0, "".join(said)


@pytest.mark.parametrize("line", re.findall(r"^gate-live ([^#\n]*)", WORDS, re.MULTILINE))
def test_command_lines_are_taken(line):
    """By the command."""
    assert parser().parse_args(join_numbers(shlex.split(line), NUMBERS)).session == "stage.toml"
