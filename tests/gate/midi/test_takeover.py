"""Pick-up: what takes a value over, and that nothing that happens to a device or a value makes the sound jump."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gate.midi.bindings import parse
from gate.midi.router import Router
from gate.midi.takeover import FLICK, NUDGE, REST_S, STEP
from gate.parameters import BY_ID

CC, NOTE_ON, BEND, RESET = 0xB0, 0x90, 0xE0, 0xFF

SLOW_S, FAST_S = 2 * REST_S, 0.01

TENTHS = [n / 10 for n in range(1, 11)]

ROUNDING = 1e-9
"""Share of a travel: what two conversions of a value lose."""


class Gate:
    """A gate's values, and nothing else."""

    def __init__(self):
        self.values = {"threshold": -40.0, "range": -80.0, "guard": 0.0, "guard-grace": 350.0}

    def value(self, name):
        return self.values[name]

    def set(self, name, value):
        self.values[name] = BY_ID[name].check(value)

    def hold(self, state):
        pass

    def ask_preset(self, preset):
        pass


class Desk:
    """A map, a gate, and a clock that goes on by what a test says."""

    def __init__(self, text="threshold=cc7:pick-up", value=None):
        self.gate, self.now_s = Gate(), 0.0
        self.router = Router(parse(text), self.gate, lambda binding: None, lambda: self.now_s)
        if value is not None:
            self.gate.values["threshold"] = value

    @property
    def threshold(self):
        return self.gate.values["threshold"]

    def turn(self, *values, after_s=FAST_S, number=7, channel=0):
        """Positions of a controller of 7 bits, one by one; returns the threshold after each."""
        found = []
        for value in values:
            self.now_s += after_s
            self.router.feed([CC + channel, number, value])
            found.append(self.threshold)
        return found


def at(position, most=127):
    """The threshold, dBFS, for a position of a control over the whole range."""
    return pytest.approx(-80.0 + 80.0 * position / most)


def test_a_control_that_passes_or_comes_to_the_value():
    """Nothing moves before; then the value follows, to both sides and fast. -40 lies between 63 and 64."""
    desk = Desk()
    assert set(desk.turn(40, 50, 60)) == {-40.0}
    assert desk.turn(70, 90, 110, 90, 70, 50, 30) == [at(x) for x in (70, 90, 110, 90, 70, 50, 30)]
    assert Desk().turn(64) == [at(64)]  # it stands there: there is nothing to pass
    assert Desk("threshold=cc7").turn(10) == [at(10)]  # without pick-up a jump is a jump


def test_again_after_somebody_else_moved_it():
    """The panel, a preset, a session, an undo: the value moved under a control that stood still."""
    desk = Desk()
    desk.turn(60, 70, 90)
    desk.gate.values["threshold"] = -75.0
    assert set(desk.turn(89, 70, 50, 30, 20)) == {-75.0}
    assert desk.turn(7, 20, 30) == [at(7), at(20), at(30)]  # 8 of 127 is -75
    own, desk.gate.values["threshold"] = desk.threshold, -60.0
    desk.gate.values["threshold"] = own
    assert desk.turn(31) == [at(31)]  # there and back again: it is the control's own value


def test_a_controller_that_comes_back_with_its_knob_elsewhere():
    """The first message tells where it stands; -29.8 does not become -59.7."""
    desk = Desk(value=-29.8)
    assert desk.turn(79, 80) == [at(79), at(80)]
    desk.router.let_go()
    assert desk.turn(32) == [at(80)]
    assert desk.turn(33, 34, 33, after_s=SLOW_S) == [at(80)] * 3
    assert desk.turn(50, 70, 85) == [at(80), at(80), at(85)]


def test_a_controller_that_comes_back_on_the_other_side():
    """From what stood here before to what stands there now nothing was passed."""
    desk = Desk()
    desk.turn(20)
    desk.router.let_go()
    assert desk.turn(30, 40) == [-40.0, -40.0]
    desk.router.let_go()
    assert desk.turn(70, 72) == [-40.0, -40.0]
    assert desk.turn(62) == [at(62)]


def test_a_value_that_was_changed_while_the_cable_was_out():
    """Also one that was changed to just where the control comes back past."""
    desk = Desk()
    desk.turn(60, 70)
    desk.router.let_go()
    desk.gate.values["threshold"] = -20.0
    assert desk.turn(71, 72, 110) == [-20.0] * 3
    assert desk.turn(94) == [at(94)]  # 95 of 127 is -20: there within a step


@pytest.mark.parametrize("after_s", [FAST_S, SLOW_S])
def test_a_layer_that_was_switched(after_s):
    """Another knob under the same number: it jumps, which neither holds nor passes; then it has to come to the value."""
    desk = Desk()
    desk.turn(60, 70, 80)
    assert desk.turn(33, after_s=after_s) == [at(80)]
    assert desk.turn(34, 36, 30) == [at(80)] * 3
    assert desk.turn(112, after_s=after_s) == [at(80)]  # and back, across the value
    assert desk.turn(100, 85, 75) == [at(80), at(80), at(75)]


def test_layers_near_each_other_are_told_by_the_rest_between_them():
    """Nobody switches a layer and turns within ``REST_S``; a control that was at rest makes no such step."""
    desk = Desk()
    desk.turn(60, 70, 80)
    assert desk.turn(68, after_s=SLOW_S) == [at(80)]
    assert desk.turn(74, 80, after_s=SLOW_S) == [at(80), at(80)]
    assert desk.turn(74, after_s=SLOW_S) == [at(74)]


def test_a_fader_that_is_thrown():
    """From one end to the other in 100 ms, sent every 10 ms: it passes, and is followed to the end, there and back."""
    desk, throw = Desk(), [round(127 * (2 * t * t if t < 0.5 else 1 - 2 * (1 - t) ** 2)) for t in TENTHS]
    desk.turn(0)
    desk.now_s += 1.0
    assert desk.turn(*throw) == [-40.0] * 4 + [at(x) for x in throw[4:]]
    desk.now_s += 1.0
    assert desk.turn(*(127 - x for x in throw)) == [at(127 - x) for x in throw]


def test_a_slow_control_takes_every_step():
    """A step a second is no jump."""
    desk = Desk()
    assert desk.turn(*range(60, 70), after_s=1.0)[-1] == at(69)


def test_14_bits():
    """Halves of a pair, and a pitch wheel, jump and are turned as others are; this near is a step of 7 bits."""
    desk = Desk("threshold=cc7/39:pick-up,threshold=bend:pick-up")
    desk.router.feed([CC, 7, 60, 39, 5])
    assert desk.threshold == -40.0
    desk.router.feed([CC, 7, 70, 39, 1])
    assert desk.threshold == at(70 << 7 | 1, 16383)
    desk.router.feed([CC, 7, 20, 39, 1])
    assert desk.threshold == at(70 << 7 | 1, 16383)
    desk.router.feed([BEND, 0, 60])
    assert desk.threshold == at(70 << 7 | 1, 16383)
    desk.router.feed([BEND, 0, 75, BEND, 0, 80])
    assert desk.threshold == pytest.approx(-40.0 + 40.0 * ((80 << 7) - 8192) / 8191)


def test_nrpn_and_its_steps():
    """Steps act at once, wherever the value is; the position that came before them is no reason to go back."""
    desk = Desk("threshold=nrpn:1:2:pick-up")
    desk.router.feed([CC, 99, 1, 98, 2, 6, 60, 6, 70])
    assert desk.threshold == at(70)
    desk.router.feed([CC, 96, 0] * 10)
    assert desk.threshold == at(80)
    desk.router.feed([CC, 6, 71])
    assert desk.threshold == at(80)
    desk.router.feed([CC, 6, 85])
    assert desk.threshold == at(85)


def test_a_control_of_any_channel_is_several():
    """Two knobs with one number on two channels: where each stands, its own first message tells."""
    desk = Desk()
    desk.turn(60, 70, channel=0)
    assert desk.turn(20, 60, channel=1) == [at(70)] * 2
    assert desk.turn(72, channel=0) == [at(72)]  # the other one did not take it out of this one's hand
    assert desk.turn(65, 80, channel=1)[-1] == at(80)
    assert desk.turn(73, channel=0) == [at(80)]
    assert desk.turn(82, channel=0) == [at(82)]


def test_another_control_on_the_same_parameter():
    """What one of two sets, the other has to pass."""
    desk = Desk("threshold=cc7:pick-up,threshold=cc8")
    desk.turn(60, 70)
    desk.turn(20, number=8)
    assert desk.turn(71, 60, 40, 24) == [at(20)] * 4
    assert desk.turn(15, 10) == [at(15), at(10)]


def test_a_choice_is_reached_where_its_control_would_say_the_same():
    """Nothing moves at that moment, wherever in its room the control stands."""
    desk = Desk("guard=cc7[off..speech]:pick-up")
    desk.turn(40)
    desk.turn(60, 80)
    assert desk.gate.values["guard"] == 1.0
    desk.gate.values["guard"] = 0.0
    desk.turn(90)
    assert desk.gate.values["guard"] == 0.0
    desk.turn(30, after_s=SLOW_S)
    desk.turn(50, 70)
    assert desk.gate.values["guard"] == 1.0


def test_a_device_that_is_switched_on_again():
    """Its reset says that it knows of no position: then the knob has to tell where it stands."""
    desk = Desk()
    desk.turn(60, 70)
    desk.router.feed([RESET])
    assert desk.turn(50, 74, 76) == [at(70), at(74), at(76)]
    desk.router.feed([RESET])
    assert desk.turn(60) == [at(76)]


def test_another_map():
    """A line that stays knows its control; one that is new, or was away, does not."""
    desk = Desk()
    desk.turn(60, 70)
    desk.router.rebind(parse("threshold=cc7:pick-up,range=cc8"))
    assert desk.turn(75) == [at(75)]
    desk.router.rebind(parse("range=cc8"))
    desk.turn(100)
    desk.router.rebind(parse("threshold=cc7:pick-up"))
    assert desk.turn(85, 95) == [at(75)] * 2


def test_a_value_outside_the_travel_waits_at_its_nearer_end():
    """There the control comes as near as it can."""
    desk = Desk("threshold=cc7[-60..-20]:pick-up", value=-70.0)
    assert desk.turn(40, 20, 3) == [-70.0] * 3
    assert desk.turn(1) == [pytest.approx(-60.0 + 40.0 / 127)]


MOVES = st.one_of(
    st.tuples(st.just("turn"), st.integers(0, 127), st.sampled_from([FAST_S, SLOW_S]), st.integers(0, 1)),
    st.tuples(st.just("fine"), st.integers(0, 16383), st.sampled_from([FAST_S, SLOW_S]), st.just(0)),
    st.tuples(st.just("wheel"), st.integers(0, 16383), st.sampled_from([FAST_S, SLOW_S]), st.just(0)),
    st.tuples(st.just("velocity"), st.integers(1, 127), st.sampled_from([FAST_S, SLOW_S]), st.just(0)),
    st.tuples(st.just("set"), st.floats(-80.0, 0.0), st.just(0.0), st.just(0)),
    st.tuples(st.sampled_from(["gone", "reset", "map"]), st.just(0), st.just(0.0), st.just(0)),
)

EVERY = (
    "threshold=cc7:pick-up,threshold=cc8/40:pick-up,threshold=bend:reverse:pick-up,threshold=note:5:pick-up"
)


@settings(max_examples=300, deadline=None)
@given(st.lists(MOVES, max_size=40))
def test_whatever_happens_nothing_jumps(moves):
    """No message moves the value by more than a turn can, nor by more than a step where no position was known."""
    desk, known = Desk(EVERY), {}
    data = {
        "turn": lambda value, channel: [CC + channel, 7, value],
        "fine": lambda value, channel: [CC, 8, value >> 7, 40, value & 127],
        "wheel": lambda value, channel: [BEND, value & 127, value >> 7],
        "velocity": lambda value, channel: [NOTE_ON, 5, value],
    }
    for what, value, after_s, channel in moves:
        before = desk.threshold
        desk.now_s += after_s
        if what == "set":
            desk.gate.values["threshold"] = value
        elif what == "map":
            desk.router.rebind(parse("range=cc1"))
            desk.router.rebind(parse(EVERY))
            known.clear()
        elif what in ("gone", "reset"):
            desk.router.let_go() if what == "gone" else desk.router.feed([RESET])
            known.clear()
        else:
            last_s = known.get((what, channel))
            bound = STEP if last_s is None else FLICK if desk.now_s - last_s <= REST_S else NUDGE
            known[what, channel] = desk.now_s
            desk.router.feed(data[what](value, channel))
            halves = STEP if what == "fine" else 0.0  # two messages: the high half, and the low one after it
            assert abs(desk.threshold - before) <= 80.0 * (bound + halves + ROUNDING + STEP / 1000)
