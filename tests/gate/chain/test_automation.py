"""Automation: parameters that move along a whole sound."""

import math

import numpy as np
import pytest

from gate import Chain, Gate, HighPass
from gate.chain.automation import Curve
from gate.parameters import BY_ID
from tests.gate.engine_tools import bursts

RATE = 48_000

CUTOFF = HighPass.cutoff_hz.parameter

ROUNDING = 1e-6
"""Of a gain: the model runs a block at a time where it is automated, and 256 at once where it is not."""

LEVEL = 0.1
"""Of a steady sound, full scale 1."""


def steady(seconds, rate=RATE):
    return np.full(round(seconds * rate), LEVEL)


def test_a_curve_goes_from_point_to_point():
    """Along the travel of the knob; before the first point and behind the last it stays."""
    threshold = Curve(BY_ID["threshold"], [(1.0, -60), (2.0, -40), (2.0, -20), (3.0, -20)])
    assert [threshold.value(t) for t in (0.0, 1.0, 1.5, 1.999999, 2.0, 2.5, 9.0)] == pytest.approx(
        [-60.0, -60.0, -50.0, -40.0, -20.0, -20.0, -20.0], abs=1e-4
    )
    assert Curve(CUTOFF, [(0, 20), (1, 2000)]).value(0.5) == pytest.approx(200.0)


def test_a_choice_holds_and_silence_is_reached_at_its_point():
    """There is nothing between two words, and nothing between the lowest number and -inf."""
    guard = Curve(BY_ID["guard"], [(0, 0), (1, 2)])
    assert [guard.value(t) for t in (0.5, 0.999, 1.0)] == [0.0, 0.0, 2.0]
    silence = Curve(BY_ID["range"], [(0, 0), (1, -math.inf)])
    assert silence.value(0.5) == -60.0 and silence.value(1.0) == -math.inf


def test_a_curve_that_stands_still_is_a_parameter_that_is_set(toy):
    """To rounding: and the plugin stands afterwards where it stood."""
    x, gate = bursts(RATE, 0.7), Gate(toy)
    moved = Chain([gate])(x, RATE, automation={gate: {"threshold_db": [(0, -33.0)]}})
    assert gate.threshold_db == toy.default_threshold_db
    assert np.abs(moved - Chain([Gate(toy, threshold_db=-33.0)])(x, RATE)).max() < ROUNDING


@pytest.mark.parametrize("rate", [44_100, 48_000, 96_000])
def test_a_step_acts_from_exactly_its_block(rate, toy):
    """On a whole sound from the first sample of the block that the time lies in or begins."""
    gate = Gate(toy, threshold_db=0.0, range_db=-6.0)
    block = 48 * 2  # at 0.2 s
    points = [(0, -6), (0.2, -6), (0.2, -20)]
    y = Chain([gate])(steady(0.5, rate), rate, automation={gate: {"range_db": points}}) / LEVEL
    first = int(np.argmax(np.abs(y - y[0]) > ROUNDING))
    assert first == round(block * 100 * rate / 48_000)


def test_a_plugin_that_hears_late_moves_late(toy):
    """Each curve counts the sound that its plugin hears: a gate in front, which holds back, shifts nothing."""
    second = Gate(toy, threshold_db=0.0, range_db=-6.0)
    moves = {second: {"range_db": [(0, -6), (0.2, -6), (0.2, -20)]}}
    alone = Chain([second])(steady(0.5), RATE, automation=moves)
    front = Gate(toy, threshold_db=-80.0, range_db=0.0, lookahead_ms=12.5)  # whole blocks
    behind = Chain([front, second])(steady(0.5), RATE, automation=moves)
    assert np.array_equal(alone[:12_000], behind[:12_000])


def test_a_slow_curve_makes_a_smooth_gain(toy):
    """A shut gate's range from 0 to -40 dB in a second: no step, and the gain of the curve throughout."""
    gate = Gate(toy, threshold_db=0.0)
    moves = {gate: {"range_db": [(0.0, 0.0), (1.0, -40.0)]}}
    y = Chain([gate])(steady(1.0), RATE, automation=moves) / LEVEL
    wanted = -40.0 * np.arange(len(y)) / RATE
    assert np.abs(20 * np.log10(y) - wanted).max() < 0.2  # dB: a block behind, at most
    assert np.abs(np.diff(y)).max() < 1e-3


def test_other_plugins_move_too():
    """A cutoff that glides along is as one that was set before each block."""
    plugin, x = HighPass(60), bursts(RATE, 0.4)
    moved = Chain([plugin])(x, RATE, automation={plugin: {"cutoff_hz": [(0.0, 60.0), (0.3, 600.0)]}})
    curve, out = Curve(CUTOFF, [(0.0, 60.0), (0.3, 600.0)]), []
    plugin = HighPass(60)
    with Chain([plugin]).open(RATE, channels=x.shape[1], dtype=x.dtype) as stream:
        for k in range(len(x) // 100):
            plugin.cutoff_hz = curve.value(k * 100 / RATE)
            out.append(stream.process(x[100 * k : 100 * k + 100]))
    assert np.array_equal(moved[: 100 * len(out)], np.concatenate(out))


@pytest.mark.parametrize(
    ("moves", "error", "words"),
    [
        ({"threshold_db": []}, ValueError, "threshold: expected points .*, got none"),
        ({"threshold_db": [(1, -40), (0, -40)]}, ValueError, "expected points in the order of their times"),
        ({"threshold_db": [(math.nan, -40)]}, ValueError, "expected points in the order of their times"),
        ({"threshold_db": [(0, 4)]}, ValueError, "threshold 4 dBFS is out of range"),
        ({"lookahead_ms": [(0, 4)]}, AttributeError, "Gate has no 'lookahead_ms' to move: expected one of "),
        ({"treshold_db": [(0, 4)]}, AttributeError, "Gate has no 'treshold_db' to move"),
    ],
)
def test_what_is_no_curve_is_refused(moves, error, words, toy):
    """Before any sound is made."""
    gate = Gate(toy)
    with pytest.raises(error, match=words):
        Chain([gate])(steady(0.1), RATE, automation={gate: moves})
    with pytest.raises(ValueError, match="expected a plugin of this chain"):
        Chain([gate])(steady(0.1), RATE, automation={Gate(toy): {"range_db": [(0, -3)]}})
