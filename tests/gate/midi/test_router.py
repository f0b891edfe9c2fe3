"""Messages through a map: what arrives at the gate, in which order, and what does not."""

import random

import pytest

from gate.midi.bindings import parse
from gate.midi.router import Router
from gate.parameters import BY_ID

CC, NOTE_ON, NOTE_OFF, PROGRAM, BEND = 0xB0, 0x90, 0x80, 0xC0, 0xE0


class Gate:
    """Remembers what it was told, and checks values as a gate does."""

    def __init__(self):
        self.values = {"threshold": -40.0, "range": -80.0, "guard": 0.0, "guard-grace": 350.0}
        self.told = []

    def value(self, name):
        return self.values[name]

    def set(self, name, value):
        self.values[name] = BY_ID[name].check(value)
        self.told.append((name, value))

    def hold(self, state):
        self.told.append(("hold", state))

    def ask_preset(self, preset):
        self.told.append(("preset", preset))


class Desk:
    """A map, a gate, and bytes sent to them."""

    def __init__(self, text):
        self.gate, self.learned = Gate(), []
        self.router = Router(parse(text), self.gate, lambda binding: self.learned.append(str(binding)))

    def send(self, *data):
        """What the gate was told for these bytes."""
        self.gate.told.clear()
        self.router.feed(data)
        return list(self.gate.told)

    def threshold(self, *data):
        """The threshold after these bytes."""
        self.send(*data)
        return self.gate.values["threshold"]


def fine(high, low):
    """The threshold for both halves."""
    return pytest.approx(-80.0 + 80.0 * (high << 7 | low) / 16383)


def test_a_controller_of_7_bits():
    """0 and 127 are the range's ends; other controllers and other kinds do nothing."""
    desk = Desk("threshold=cc7[-60..-20]")
    assert desk.threshold(CC, 7, 0) == -60.0
    assert desk.threshold(CC, 7, 127) == -20.0
    assert desk.threshold(CC, 7, 64) == pytest.approx(-60.0 + 40.0 * 64 / 127)
    assert desk.send(CC, 8, 1, NOTE_ON, 7, 100, PROGRAM, 7, BEND, 7, 7) == []


def test_a_channel_is_asked_for_or_any():
    """cc7@3 hears channel 3, cc7 all sixteen."""
    one, every = Desk("threshold=cc7@3"), Desk("threshold=cc7")
    for channel in range(16):
        assert bool(one.send(CC + channel, 7, 5)) == (channel == 2)
        assert every.send(CC + channel, 7, 5)


def test_a_controller_of_14_bits():
    """High and low half make 16384 values; a new high half begins at its own beginning, each channel for itself."""
    desk = Desk("threshold=cc7/39")
    assert desk.threshold(CC, 7, 64, 39, 3) == fine(64, 3)
    assert desk.threshold(CC, 7, 65) == fine(65, 0)
    assert desk.threshold(CC + 1, 39, 127) == fine(65, 0)  # no high half there
    assert desk.threshold(CC, 7, 127, 39, 127) == 0.0
    assert desk.threshold(CC, 7, 0, 39, 0) == -80.0


def test_a_high_half_alone_is_the_whole_travel():
    """Until a low half comes, a controller that has none reaches both ends."""
    desk = Desk("threshold=cc7/39")
    assert desk.threshold(CC, 7, 127) == 0.0
    assert Desk("threshold=nrpn:1:2").threshold(CC, 99, 1, 98, 2, 6, 127) == 0.0


def test_nrpn():
    """Chosen by 99 and 98 in either order, set by 6 and 38, stepped by 96 and 97; other numbers are not it."""
    desk = Desk("threshold=nrpn:1:2")
    assert desk.threshold(CC, 99, 1, 98, 2, 6, 64, 38, 3) == fine(64, 3)
    assert desk.threshold(CC, 98, 2, 99, 1, 6, 0) == -80.0
    assert desk.threshold(CC, 96, 0) == pytest.approx(-80.0 + 80.0 / 127)
    assert desk.threshold(CC, 97, 0, 97, 0) == -80.0
    assert desk.send(CC, 98, 3, 6, 9) == []
    assert desk.send(CC, 99, 1, 98, 2, 101, 0, 100, 0, 6, 9) == []
    assert desk.send(CC, 99, 127, 98, 127, 6, 9) == []
    assert desk.send(CC, 99, 1, 98, 2, 38, 9) == []  # a low half of nothing
    assert desk.send(CC + 1, 6, 9) == []  # chosen on another channel


def test_a_pitch_wheel():
    """Its centre is the middle exactly, its ends are the ends."""
    desk = Desk("threshold=bend")
    assert desk.threshold(BEND, 0, 64) == -40.0
    assert desk.threshold(BEND, 127, 127) == 0.0
    assert desk.threshold(BEND, 0, 0) == -80.0


def test_notes():
    """Velocity for a travel, on and off for a choice; an end of a note does not move a travel."""
    desk = Desk("threshold=note:60,guard=note:61[off..speech]")
    assert desk.threshold(NOTE_ON, 60, 127) == 0.0
    assert desk.send(NOTE_ON, 60, 0, NOTE_OFF, 60, 64) == []
    assert desk.send(NOTE_ON, 61, 1, 61, 0) == [("guard", 1.0), ("guard", 0.0)]
    toggled = Desk("guard=note:61[off..not-music]:toggle")
    assert toggled.send(NOTE_ON, 61, 9, 61, 0, 61, 9) == [("guard", 2.0), ("guard", 0.0)]


def test_one_control_may_move_several():
    """Each by its own range."""
    desk = Desk("threshold=cc7[-60..-20],range=cc7:reverse")
    assert desk.send(CC, 7, 127) == [("threshold", -20.0), ("range", -120.0)]


def test_holds():
    """Open or shut while the note sounds; the newest one counts, then the one before it; a pedal does it too."""
    desk = Desk("hold-open=note:36,hold-shut=note:37,hold-shut=cc64")
    assert desk.send(NOTE_ON, 36, 1) == [("hold", "open")]
    assert desk.send(NOTE_ON, 36, 9) == []
    assert desk.send(NOTE_ON, 37, 1) == [("hold", "shut")]
    assert desk.send(NOTE_OFF, 37, 0) == [("hold", "open")]
    assert desk.send(CC, 64, 127, 64, 127) == [("hold", "shut")]
    assert desk.send(NOTE_ON, 36, 0) == [("hold", "shut")]
    assert desk.send(CC, 64, 63) == [("hold", "")]


def test_a_hold_that_toggles():
    """A press holds, the next lets go."""
    desk = Desk("hold-open=note:36:toggle")
    assert desk.send(NOTE_ON, 36, 1, 36, 0) == [("hold", "open")]
    assert desk.send(NOTE_ON, 36, 1, 36, 0) == [("hold", "")]


@pytest.mark.parametrize("panic", [(CC, 120, 0), (CC, 121, 0), (CC + 5, 123, 0), (CC, 127, 0), (0xFF,)])
def test_panic(panic):
    """All sound off, reset, all notes off, and the system's reset end every hold; a press after that holds again."""
    desk = Desk("hold-open=note:36,hold-shut=note:37:toggle")
    desk.send(NOTE_ON, 37, 1, 36, 1)
    assert desk.send(*panic) == [("hold", "")]
    assert desk.send(*panic) == []
    assert desk.send(NOTE_ON, 36, 1) == [("hold", "open")]


def test_local_control_is_no_panic():
    """122 is about the keyboard itself."""
    desk = Desk("hold-open=note:36")
    desk.send(NOTE_ON, 36, 1)
    assert desk.send(CC, 122, 0) == []


def test_a_cable_that_was_pulled_lets_go():
    """Holds end, and half a message is none."""
    desk = Desk("hold-open=note:36,threshold=cc7")
    desk.send(NOTE_ON, 36, 1, CC, 7)
    desk.gate.told.clear()
    desk.router.let_go()
    assert desk.gate.told == [("hold", "")]
    assert desk.send(64) == []


def test_presets():
    """By number, by a certain program, by a pad; once a press."""
    desk = Desk("preset=program@1,preset:kick=program:5@2,preset:snare=note:40")
    assert desk.send(PROGRAM, 3) == [("preset", 3)]
    assert desk.send(PROGRAM + 1, 5, 6) == [("preset", "kick")]
    assert desk.send(NOTE_ON, 40, 9, 40, 0, 40, 9) == [("preset", "snare")] * 2


def test_learning():
    """The next control that moves is bound, with its channel; not one that is bound already or only carries NRPN."""
    desk = Desk("range=cc1,threshold=learn[-60..-20]")
    assert desk.send(CC + 2, 1, 5) == [("range", pytest.approx(-120 + 120 * 5 / 127))]
    assert desk.send(CC + 2, 99, 1, 98, 2) == []
    assert desk.send(CC + 2, 70, 127) == [("threshold", -20.0)]
    assert desk.learned == ["threshold=cc70@3[-60..-20]"]
    assert desk.send(CC + 3, 70, 0) == []
    assert desk.send(CC + 2, 70, 0) == [("threshold", -60.0)]
    assert [str(binding) for binding in desk.router.bindings] == ["range=cc1", "threshold=cc70@3[-60..-20]"]


@pytest.mark.parametrize(
    ("target", "data", "learned"),
    [
        ("threshold", (BEND, 0, 64), "threshold=bend@1"),
        ("threshold", (NOTE_ON, 60, 64), "threshold=note:60@1"),
        ("threshold", (CC, 99, 1, 98, 2, 6, 3), "threshold=nrpn:1:2@1"),
        ("threshold", (CC, 7, 64, 39, 3), "threshold=cc7/39@1"),
        ("threshold", (CC, 7, 64, 8, 3, 39, 3), "threshold=cc7@1"),
        ("hold-open", (NOTE_OFF, 60, 64, NOTE_ON, 61, 1), "hold-open=note:61@1"),
        ("preset", (CC, 7, 64, PROGRAM + 1, 4), "preset=program@2"),
        ("preset:kick", (PROGRAM, 4), "preset:kick=program:4@1"),
        ("preset:kick", (NOTE_ON, 4, 4), "preset:kick=note:4@1"),
    ],
)
def test_what_can_be_learned(target, data, learned):
    """Every kind of control, a pair of controllers by its second half; and it moves the target at once."""
    desk = Desk(f"{target}=learn")
    assert desk.send(*data)
    assert desk.learned[-1] == learned


def test_two_are_learned_one_after_the_other():
    """The first control goes on moving what it was given to."""
    desk = Desk("threshold=learn,range=learn")
    desk.send(CC, 70, 1, 70, 2, 70, 3, 71, 1)
    assert desk.learned == ["threshold=cc70@1", "range=cc71@1"]


def test_learning_anew_and_forgetting():
    """A target has the control that it was taught last, or none."""
    desk = Desk("threshold=cc7,hold-open=note:36")
    desk.router.learn(parse("threshold=learn")[0])
    assert desk.send(CC, 7, 5) and desk.learned == ["threshold=cc7@1"]
    desk.send(NOTE_ON, 36, 1)
    desk.gate.told.clear()
    assert desk.router.forget("hold-open") and desk.gate.told == [("hold", "")]
    assert desk.router.forget("threshold") and not desk.router.forget("threshold")
    assert desk.send(CC, 7, 5) == []


EVERYTHING = (
    "threshold=cc7,threshold=cc7/39:pick-up,range=nrpn:1:2[-inf..0],range=bend:reverse,guard=cc1,guard=note:60:toggle,"
    "guard=nrpn:0:0,guard-grace=cc2:log,guard-grace=nrpn:3:3:log:pick-up,hold-open=note:36,hold-shut=cc64:toggle,"
    "preset=program,preset:kick=program:5,preset:toms=note:1:reverse,threshold=learn,hold-open=learn"
)


@pytest.mark.parametrize("seed", range(8))
def test_random_bytes_never_raise(seed):
    """Through a map of everything, messages and noise; every value is in its range, or this gate would raise."""
    rng = random.Random(seed)
    desk = Desk(EVERYTHING)
    for _ in range(3000):
        if rng.random() < 0.5:
            status = rng.choice([CC, CC, NOTE_ON, NOTE_OFF, PROGRAM, BEND]) + rng.randrange(2)
            number = rng.choice([0, 1, 2, 3, 6, 7, 36, 38, 39, 60, 64, 96, 97, 98, 99, 100, 101, 121, 123])
            desk.router.feed([status, number, rng.choice([0, 1, 2, 3, 64, 127])])
        else:
            desk.router.feed(rng.randbytes(rng.randrange(8)))
    assert desk.router.messages > 1500 and desk.router.moved > 200
