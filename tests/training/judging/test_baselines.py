"""The gates that stand beside the taught one: what they open for, when, and for how long."""

from types import SimpleNamespace

import numpy as np
import pytest

from gate.constants import BLOCK
from gate.levels import block_levels_db
from training.judging import baselines, metrics
from training.labels import label

LEVEL_DB = 0.01
"""dB: the RMS of whole periods of a sine is exact, of a 5 ms window of 1 kHz too."""
HOLD_BLOCKS = 48
"""Blocks in 100 ms."""


def tone(blocks, spans, level_db=-20.0, hz=1000.0):
    """A sine of this RMS level in these spans of blocks, silence elsewhere."""
    t = np.arange(blocks * BLOCK)
    on = np.zeros(blocks * BLOCK)
    for start, stop in spans:
        on[start * BLOCK : stop * BLOCK] = np.sqrt(2) * 10 ** (level_db / 20)
    return (on * np.sin(2 * np.pi * hz * t / 48_000)).astype(np.float32)


def scene(target, bleed=None):
    return SimpleNamespace(mixture=target if bleed is None else target + bleed, target=target)


def opened(gain):
    """First open block, and the first shut one behind it."""
    is_open = gain > metrics.OPEN_GAIN
    first = int(np.argmax(is_open))
    return first, first + int(np.argmin(is_open[first:]))


def test_the_level_is_causal():
    """Later samples never change the level of an earlier block, and the window ends where the block ends."""
    x = np.random.default_rng(0).normal(size=50 * BLOCK).astype(np.float32)
    changed = x.copy()
    changed[20 * BLOCK :] = 0.0
    assert np.array_equal(baselines.causal_levels_db(x)[:20], baselines.causal_levels_db(changed)[:20])
    click = np.zeros(10 * BLOCK, np.float32)
    click[4 * BLOCK - 1] = 1.0  # the last sample of block 3: in the last 240 samples of blocks 3, 4 and 5
    assert list(np.flatnonzero(baselines.causal_levels_db(click) > -100)) == [3, 4, 5]


def test_the_level_of_a_steady_sound_is_its_rms():
    """A sine of -20 dB RMS reads -20 dB."""
    assert baselines.causal_levels_db(tone(50, [(0, 50)]))[10:] == pytest.approx(-20.0, abs=LEVEL_DB)


@pytest.mark.parametrize("gate", [baselines.ceiling, baselines.classic])
def test_open_at_once_and_held_100_ms(gate):
    """Ceiling and classic gate open in a loud sound's first block and shut 100 ms after it was last heard."""
    _, gain = gate(scene(tone(300, [(100, 150)])), -40.0)
    first, stop = opened(gain)
    assert first == 100
    assert (
        stop == 150 + 1 + HOLD_BLOCKS + 1
    )  # the 5 ms window still has over T in it for a block and a bit more
    assert set(np.unique(gain)) == {baselines.SHUT_GAIN, 1.0}


def test_the_ceiling_hears_the_target_alone():
    """Bleed 20 dB over the target opens the classic gate and not the ceiling."""
    both = scene(tone(300, [(200, 250)]), tone(300, [(0, 300)], level_db=0.0, hz=300.0))
    assert opened(baselines.ceiling(both, -40.0)[1])[0] == 200
    assert opened(baselines.classic(both, -40.0)[1])[0] == 0


def test_the_ceiling_ranks_by_held_level():
    """Its open probability is over one half exactly where it is open, and never falls within the hold."""
    probability, gain = baselines.ceiling(scene(tone(300, [(100, 150)])), -40.0)
    assert np.array_equal(probability > 0.5, gain > metrics.OPEN_GAIN)
    assert np.ptp(probability[110:190]) < 1e-9


def test_the_held_maximum_equals_its_definition():
    """The highest level of each block and the hold before it, as a slow loop takes it."""
    over = np.random.default_rng(1).normal(size=500)
    slow = [max(over[max(0, k - 7) : k + 1]) for k in range(len(over))]
    assert np.array_equal(baselines._held_maximum(over, 7), slow)


def test_the_classic_gate_has_hysteresis():
    """A level between the two thresholds keeps it as it was: open if it was open, shut if it was shut."""
    between = tone(300, [(0, 300)], level_db=-40.0 - baselines.HYSTERESIS_DB / 2)
    loud_first = between + tone(300, [(50, 60)])
    assert not (baselines.classic(scene(between), -40.0)[1] > metrics.OPEN_GAIN).any()
    assert (baselines.classic(scene(loud_first), -40.0)[1][60:] == 1.0).all()


def test_knowing_the_answer_is_never_worse():
    """The oracle's balanced accuracy is at least the classic gate's, and under a low hum it is far better."""
    target = tone(600, [(100, 200), (350, 420)], level_db=-30.0)
    hum = tone(600, [(0, 600)], level_db=-30.0, hz=50.0)
    both = scene(target, hum)
    truth, ones = label(block_levels_db(target), -50.0), np.ones(600)
    balanced = {}
    for gate in (baselines.classic, baselines.oracle_classic):
        _, gain = gate(both, -50.0)
        balanced[gate] = metrics.pool([metrics.score(truth, None, gain, ones, ones)])["balanced"]
    assert balanced[baselines.classic] == 0.5
    assert balanced[baselines.oracle_classic] > 0.95
