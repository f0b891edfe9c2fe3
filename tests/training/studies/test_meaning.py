"""The measures of meaning measure what they say: on curves whose answers are known."""

import numpy as np
import pytest

from gate.constants import BLOCK_MS
from gate.realtime.key_band import OUTSIDE
from tests.training.studies import meaning
from tests.training.studies.meaning import Heard
from training.labels import OPEN, SHUT, UNSCORED

T = 400


def _heard(decay_blocks: int = 30, release_ms: float = 80.0, attack_ms: float = 3.0) -> Heard:
    label = np.full(T, SHUT, np.int8)
    label[50:100], label[100:160] = OPEN, UNSCORED
    over = np.full(T, -60.0, np.float32)
    over[50:100] = 20.0
    over[100 : 100 + decay_blocks] = -10.0
    openness = np.zeros(T, np.float32)
    openness[50:100] = 1.0
    openness[100:120] = np.linspace(0.9, 0.0, 20)
    gate = np.zeros((4, T), np.float32)
    gate[1], gate[3] = 9.0, 500.0
    gate[1, 50] = attack_ms
    gate[3, 100:120] = release_ms
    low, high = np.full(T, 100.0, np.float32), np.full(T, 300.0, np.float32)
    high[label != OPEN] = 20_000.0
    weights = np.ones(32, np.float32) / 24
    weights[12:20] = 0.0
    return Heard(label, over, gate, openness, low, high, weights)


def test_attack_is_read_where_the_gate_begins_to_open():
    """Not from blocks before or after."""
    assert meaning.attacks_ms([_heard(attack_ms=3.0), _heard(attack_ms=4.0)]).tolist() == [3.0, 4.0]


def test_release_is_read_while_the_gate_falls_and_decay_from_the_target():
    """The 31st block is under -20 dB; the release asked for in the blocks of the fall."""
    decays, releases = meaning.decays_and_releases_ms([_heard(30, 80.0), _heard(48, 120.0)])
    np.testing.assert_allclose(decays, [31 * BLOCK_MS, 49 * BLOCK_MS], rtol=1e-6)
    np.testing.assert_allclose(releases, [80.0, 120.0])
    assert meaning.rank_correlation(decays, releases) == pytest.approx(1.0)


def test_a_target_that_swells_again_has_no_decay():
    """A closing is left out if the target comes back over Threshold before it has fallen."""
    heard = _heard()
    heard.over_db[110] = 5.0
    assert len(meaning.decays_and_releases_ms([heard])[0]) == 0


def test_key_is_read_while_open_and_the_wrong_key_hears_the_rest():
    """Edges of the blocks that should be open only; what is left are those neighbours, a quarter of them, that had least."""
    heard = [_heard()]
    assert set(meaning.while_open(heard, "key_high_hz")) == {300.0}
    wrong = meaning.wrong_key(heard)
    assert np.flatnonzero(wrong.numpy() == 0.0).tolist() == list(range(12, 20))
    assert set(wrong.tolist()) == {0.0, OUTSIDE}


def test_balanced_counts_what_is_scored():
    """Open and shut weigh the same, unscored blocks nothing."""
    assert meaning.balanced([_heard()]) == pytest.approx(1.0)
    heard = _heard()
    heard.openness[50:75] = 0.0
    assert meaning.balanced([heard]) == pytest.approx(0.75)
