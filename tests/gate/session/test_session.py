"""A session as a value."""

import math
import os

import pytest

from gate.midi.bindings import parse
from gate.plugins.highpass import HighPass
from gate.session.session import Session, Slot, absolute, is_path


def test_equal_sessions_are_equal_and_hash_alike():
    """However their parameters were given, and whether a default was said or not."""
    said = Session(parameters={"range": -60.0, "threshold": -45, "lookahead": 0.0})
    also = Session(parameters=(("threshold", -45.0), ("range", -60)))
    assert said == also and hash(said) == hash(also)
    assert said != Session()
    assert Slot("classic", parameters={"hold": 5.0, "attack": 1.0}) == Slot(
        "classic", parameters=(("attack", 1.0), ("hold", 5.0))
    )


def test_values_are_the_table_s_unless_they_are_set():
    """None where only the preset knows."""
    session = Session(parameters={"guard": 1.0})
    assert [session.value(id) for id in ("guard", "guard-grace", "threshold")] == [1.0, 350.0, None]
    other = session.with_values({"threshold": -30.0, "guard": None})
    assert (other.value("threshold"), other.value("guard")) == (-30.0, 0.0)
    assert other.with_values({"threshold": None}) == Session()
    assert Session(parameters={"range": -math.inf}).value("range") == -math.inf


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"parameters": {"treshold": -3.0}}, "expected one of threshold, .*, got 'treshold'"),
        ({"parameters": {"threshold": 3.0}}, "threshold 3 dBFS is out of range: give -80 to 0 dBFS"),
        ({"monitor": "loud"}, "expected out, in, removed, got 'loud'"),
    ],
)
def test_what_cannot_be_set_is_refused(given, words):
    """With the table's own words."""
    with pytest.raises(ValueError, match=words):
        Session(**given)


def test_a_slot_of_a_plugin_says_what_is_not_as_usual():
    """So that it equals one that was read from a file with nothing else in it."""
    plugin = HighPass(120)
    assert Slot.of(plugin) == Slot("highpass", parameters={"cutoff": 120.0})
    plugin.cutoff_hz, plugin.bypassed = 80, True
    assert Slot.of(plugin) == Slot("highpass", bypassed=True)


def test_a_session_can_be_kept_in_a_set():
    """Bindings and slots included: for undo, and A and B."""
    session = Session(before=[Slot("highpass")], midi_map=parse("threshold=cc7"))
    assert len({session, Session(before=(Slot("highpass"),), midi_map=parse("threshold=cc7"))}) == 1


def test_slots_are_called_by_their_kind_unless_they_say_otherwise():
    """With a number from the second on; a name that says no more than that is as none."""
    slots = [Slot("highpass"), Slot("classic"), Slot("highpass")]
    session = Session(before=slots[:2], after=[*slots[2:], Slot("gate", "kick")])
    assert session.names == ("highpass", "classic", "highpass-2", "gate-2")
    named = [Slot(slot.kind, name=name) for slot, name in zip(slots, session.names, strict=False)]
    assert Session(before=named[:2], after=[*named[2:], Slot("gate", "kick", name="gate-2")]) == session
    left = Session(after=[named[2], Slot("highpass")])
    assert left.names == ("highpass-2", "highpass") and left != Session(after=[slots[2], Slot("highpass")])


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("voice", False),
        ("my own voice", False),
        ("./mine", True),
        ("presets/mine", True),
        ("denoise.onnx", True),
        ("..", True),
        ("Reverb.vst3", True),
    ],
)
def test_a_name_is_told_from_a_path(text, path, tmp_path):
    """Names stay, paths begin at a folder."""
    assert is_path(text) is path
    assert absolute(text, tmp_path) == (os.path.normpath(tmp_path / text) if path else text)
