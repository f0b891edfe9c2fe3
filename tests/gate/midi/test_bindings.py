"""The text of a map: what it takes, what it makes of a control's travel, and what it refuses."""

import math

import pytest

from gate.errors import UsageError
from gate.midi.bindings import TARGETS, Binding, parse, parse_one
from gate.midi.controls import Control
from gate.parameters import BY_ID, PARAMETERS
from gate.plugins.highpass import HighPass

CUTOFF = HighPass.cutoff_hz.parameter

ROUNDING = 1e-9
"""Of a travel's inverse, in travels."""


@pytest.mark.parametrize(
    ("text", "control"),
    [
        ("threshold=cc7", Control("cc", 7)),
        ("threshold=cc7@3", Control("cc", 7, 0, 3)),
        ("threshold=cc7/39", Control("cc14", 7, 39)),
        ("range=nrpn:1:2@16", Control("nrpn", 1, 2, 16)),
        ("range=bend", Control("bend")),
        ("guard=note:60", Control("note", 60)),
        ("hold-open=cc64", Control("cc", 64)),
        ("preset=program", Control("program", -1)),
        ("preset:kick=program:5", Control("program", 5)),
        ("preset:my own=note:1:reverse", Control("note", 1)),
        ("threshold=learn", None),
        ("threshold=cc7@3[-60..-20]:reverse:pick-up", Control("cc", 7, 0, 3)),
        ("guard-grace=cc20:log", Control("cc", 20)),
        ("guard=note:60[off..speech]:toggle", Control("note", 60)),
        ("range=cc8[-inf..0]", Control("cc", 8)),
    ],
)
def test_what_a_map_spells(text, control):
    """Every spelling is read, and written back as it was."""
    binding = parse_one(text)
    assert binding.control == control
    assert str(binding) == text
    assert parse_one(str(binding)) == binding


def test_another_spelling_of_a_pair():
    """cc14:7 is cc7/39."""
    assert parse_one("threshold=cc14:7") == parse_one("threshold=cc7/39")


def test_a_map_of_several():
    """Between commas or on lines of their own, with space around."""
    assert parse("threshold=cc7, range=nrpn:1:2") == parse("threshold=cc7\n\nrange=nrpn:1:2\n")
    assert len(parse("threshold=cc7,range=cc8,hold-open=note:36")) == 3


def test_every_parameter_can_be_bound():
    """All of the table, by every control that has a travel."""
    for parameter in PARAMETERS:
        for control in ("cc7", "cc7/39", "nrpn:1:2", "bend", "note:60"):
            binding = parse_one(f"{parameter.id}={control}")
            assert (binding.value(0.0), binding.value(1.0)) == (parameter.minimum, parameter.maximum)


def test_a_slots_parameter_is_found_by_whoever_knows_the_slots():
    """With its own range; spelled again it is the same."""

    def find(name):
        assert name == "highpass-2.cutoff"
        return CUTOFF

    binding = parse_one("highpass-2.cutoff=cc9[20..200]", find)
    assert (binding.value(0.0), binding.value(1.0)) == (20.0, 200.0)
    assert str(binding) == "highpass-2.cutoff=cc9[20..200]"
    with pytest.raises(UsageError, match=r"cutoff 5 Hz is out of range: give 10 to 2000 Hz"):
        parse_one("highpass-2.cutoff=cc9[5..200]", find)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "expected a map"),
        ("threshold", "expected TARGET=CONTROL"),
        ("loudness=cc7", "expected one of threshold"),
        ("threshold=cc128", "numbers from 0 to 127"),
        ("threshold=cc7@17", "channel from 1 to 16"),
        ("threshold=cc7@0", "channel from 1 to 16"),
        ("threshold=cc7/40", "the one 32 over it"),
        ("threshold=cc14:40", "the one 32 over it"),
        ("threshold=wheel", "expected cc7"),
        ("threshold=nrpn:1", "expected cc7"),
        ("threshold=cc7[-60]", "a range such as"),
        ("threshold=cc7[-90..0]", "out of range"),
        ("threshold=cc7[-inf..0]", "out of range"),
        ("threshold=cc7[nan..0]", "out of range"),
        ("threshold=cc7[loud..0]", "expected a number"),
        ("guard=cc7[off..loud]", "expected off, speech or not-music, got 'loud'"),
        ("threshold=cc7:pickup", "expected one of linear"),
        ("threshold=cc7:log", "needs a range over 0"),
        ("guard=cc7:log", "has steps and no curve"),
        ("hold-open=cc7:log", "has no curve"),
        ("hold-open=note:1[0..1]", "has no range"),
        ("threshold=cc7:toggle", "toggle is for what is on or off"),
        ("threshold=program:1", "a program has no value"),
        ("hold-open=program:1", "a program has no value"),
        ("preset=cc7", "expected preset=program"),
        ("preset:kick=program", "every program would do the same"),
        ("threshold=cc7,,range=cc8=9", "expected TARGET=CONTROL"),
    ],
)
def test_what_is_no_map(text, words):
    """One sentence with what was expected, and the piece that is wrong."""
    with pytest.raises(UsageError, match=words):
        parse(text)


@pytest.mark.parametrize(
    "text",
    [
        "threshold=cc7",
        "threshold=cc7[-20..-60]",
        "range=bend:reverse",
        "guard-grace=cc7:log",
        "guard-grace=cc7:log:reverse",
    ],
)
def test_travel_and_value_are_inverse(text):
    """From a position to a value and back; both ends exactly the range's."""
    binding = parse_one(text)
    ends = sorted((binding.value(0.0), binding.value(1.0)))
    assert ends == sorted((binding.low, binding.high))
    for k in range(128):
        position = k / 127
        assert binding.position(binding.value(position)) == pytest.approx(position, abs=ROUNDING)
        assert ends[0] <= binding.value(position) <= ends[1]


def test_curves():
    """Linear is halfway in its unit, log halfway between factors."""
    assert parse_one("threshold=cc7").value(0.5) == -40.0
    assert parse_one("guard-grace=cc7[100..1600]:log").value(0.5) == pytest.approx(400.0)
    assert parse_one("threshold=cc7:reverse").value(0.0) == 0.0


def test_a_choice_has_equal_stretches():
    """Each value is a part of the travel, the ends included, and those out of a range are left out."""
    guard = parse_one("guard=cc7")
    assert [guard.value(k / 127) for k in (0, 42, 43, 84, 85, 127)] == [0.0, 0.0, 1.0, 1.0, 2.0, 2.0]
    two = parse_one("guard=cc7[not-music..speech]")
    assert [two.value(k / 127) for k in (0, 63, 64, 127)] == [2.0, 2.0, 1.0, 1.0]


def test_the_lower_end_may_be_silence():
    """-inf at the end itself; from there up the finite range."""
    binding = parse_one("range=cc8[-inf..0]")
    assert binding.value(0.0) == -math.inf and -120.0 < binding.value(1 / 127) < -118.0
    assert binding.position(-math.inf) == 0.0
    assert parse_one("range=cc8[-inf..0]:reverse").value(1.0) == -math.inf


def test_targets_are_the_table_s_and_four_more():
    """Nothing is bound that nobody serves."""
    assert [*TARGETS] == [*BY_ID, "hold-open", "hold-shut", "preset"]
    assert Binding("hold-open", None).parameter is None
