"""How long a target takes to fall, on levels whose answer is known."""

import numpy as np

from gate.constants import BLOCK_MS
from training.teach.decays import decays_ms


def _closing(tail: int = 40, fall_at: int = 30) -> tuple[np.ndarray, np.ndarray]:
    label = np.zeros(600, np.int8)
    label[20:80], label[80 : 80 + tail] = 1, -1
    over = np.full(600, -50.0)
    over[20:80] = 10.0
    over[80 : 80 + fall_at] = -12.0
    return label, over


def test_a_decay_ends_twenty_db_under_threshold_and_fills_the_tail():
    """30 blocks over -20 dB and the first one under it: 31 blocks, in every block of the tail and nowhere else."""
    found = decays_ms(*_closing())
    np.testing.assert_allclose(found[80:120], 31 * BLOCK_MS, rtol=1e-6)
    assert not found[:80].any() and not found[120:].any()


def test_what_swells_again_or_never_falls_has_none():
    """Back over Threshold before it has fallen; still ringing after half a second."""
    label, over = _closing()
    over[100] = 1.0
    assert not decays_ms(label, over).any()
    for fall_at, known in ((239, True), (240, False)):  # 240 blocks are 500 ms
        assert decays_ms(*_closing(fall_at=fall_at)).any() == known


def test_a_foot_is_not_a_tail():
    """Unscored blocks before an opening have no decay."""
    label, over = np.zeros(50, np.int8), np.full(50, -50.0)
    label[10:14], label[14:30] = -1, 1
    assert not decays_ms(label, over).any()
