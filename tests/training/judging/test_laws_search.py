"""The best settings of a law for a file, knowing the answer."""

from types import SimpleNamespace

import numpy as np
import pytest

from gate.constants import BLOCK, RATE
from gate.levels import block_levels_db
from training.judging.baselines import RANGE_DB
from training.judging.laws import AT_DEFAULTS, LAWS, ORACLES
from training.judging.laws.search import balanced_accuracy
from training.labels import label

THRESHOLD_DB = -45.0
SECONDS = 4


def scene(bleed_db=-40.0, hum_db=-200.0, seed=0):
    """Bursts of a tone, with hiss and a hum besides."""
    rng = np.random.default_rng(seed)
    t = np.arange(SECONDS * RATE) / RATE
    target = 0.1 * np.sin(2 * np.pi * 500 * t) * (np.sin(2 * np.pi * 0.9 * t) > 0.2)
    bleed = 10 ** (bleed_db / 20) * rng.normal(size=len(t))
    bleed += 10 ** (hum_db / 20) * np.sqrt(2) * np.sin(2 * np.pi * 50 * t)
    return SimpleNamespace(mixture=(target + bleed).astype(np.float32), target=target.astype(np.float32))


def balanced(one, gate):
    _, gain = gate(one, THRESHOLD_DB)
    return balanced_accuracy(label(block_levels_db(one.target), THRESHOLD_DB), gain)


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.name)
def test_knowing_the_answer_is_never_worse(law):
    """The oracle is at least as good as the default; where the bleed is over the threshold, far better."""
    one = scene()
    assert balanced(one, law.at_default) < 0.6
    assert balanced(one, law.oracle) > 0.95
    quiet = scene(bleed_db=-90.0)
    assert balanced(quiet, law.oracle) >= balanced(quiet, law.at_default)


def test_a_key_filter_is_found():
    """Under a hum as loud as the target only the law with a key filter can do well, and it finds the filter."""
    lsp = LAWS[0]
    one = scene(bleed_db=-80.0, hum_db=-20.0)
    assert lsp.best(one, THRESHOLD_DB).high_pass_hz >= 150.0
    assert balanced(one, lsp.oracle) > 0.95


@pytest.mark.parametrize("name", [*AT_DEFAULTS, *ORACLES])
def test_laws_are_gates_under_test(name):
    """No probability, a gain a block, between -80 dB and 1."""
    probability, gain = (AT_DEFAULTS | ORACLES)[name](scene(), THRESHOLD_DB)
    assert probability is None
    assert gain.shape == (SECONDS * RATE // BLOCK,)
    assert gain.min() >= 10 ** (RANGE_DB / 20)
    assert gain.max() <= 1.0 + 1e-6  # rounding of the two energies that a gain is measured from


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.name)
def test_laws_are_causal(law):
    """What comes later never changes a gain."""
    one, other = scene(), scene()
    other.mixture[SECONDS * RATE // 2 :] = 0.0
    half = SECONDS * RATE // 2 // BLOCK
    first, second = (law.at_default(each, THRESHOLD_DB)[1] for each in (one, other))
    assert np.array_equal(first[:half], second[:half])
    assert not np.array_equal(first[half:], second[half:])


def test_balanced_accuracy():
    """Unscored blocks do not count, and each class counts half."""
    truth = np.array([1, 1, 1, 0, -1], np.int8)
    assert balanced_accuracy(truth, np.array([1.0, 1.0, 0.1, 0.1, 1.0])) == pytest.approx((2 / 3 + 1) / 2)
    assert balanced_accuracy(truth, np.ones(5)) == pytest.approx(0.5)
