"""What docs/midi.md tells people to type is taken by what it is for."""

import re
import shlex
from pathlib import Path

import pytest

from gate.cli.live_lines import MIDI_WORDS
from gate.cli.live_options import NUMBERS, parser
from gate.cli.options import join_numbers
from gate.midi.bindings import TARGETS, WORDS, parse_one

PAGE = (Path(__file__).resolve().parents[3] / "docs" / "midi.md").read_text()
COMMANDS = re.findall(r"^gate-live (.*)$", PAGE, re.MULTILINE)


def first_cells(head):
    """The code in the first column of the table with this head."""
    rows = re.search(rf"\| {re.escape(head)} \|.*\n\|[-|]+\|\n((?:\|.*\n)+)", PAGE)
    assert rows is not None
    return [code for row in rows[1].splitlines() for code in re.findall(r"`([^`]+)`", row.split("|")[1])]


@pytest.mark.parametrize("line", COMMANDS)
def test_command_lines_are_taken(line):
    """Maps included."""
    options = parser().parse_args(join_numbers(shlex.split(line), NUMBERS))
    assert options.list_midi or options.map


def test_the_page_has_commands():
    """Or the test of each would be one of nothing."""
    assert len(COMMANDS) == 5


def test_every_target_and_word_is_there():
    """No more and no less than a map takes."""
    assert sorted(first_cells("target")) == sorted([*TARGETS, "preset:NAME"])
    words = [word.removeprefix(":") for word in first_cells("after a control")[1:]]
    assert sorted(words) == sorted(WORDS)


@pytest.mark.parametrize("control", first_cells("control"))
def test_every_control_is_spelled_so(control):
    """For a target that takes it."""
    target = "threshold"
    if control.startswith("program"):
        target = "preset:kick" if ":" in control else "preset"
    assert str(parse_one(f"{target}={control}")) in (f"{target}={control}", f"{target}=cc7/39")


def test_typed_words_are_known():
    """Those that the command obeys."""
    assert [code.split()[0] for code in first_cells("type")] == list(MIDI_WORDS)
