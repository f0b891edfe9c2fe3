"""The label: when a gate should be open, to the block, in the cases that its definition leaves open too."""

from itertools import pairwise

import numpy as np
import pytest

from gate.constants import BLOCK_MS
from gate.levels import FLOOR_DB, block_levels_db
from training.labels import FOOT_MOST_BLOCKS, GAP_BLOCKS, TAIL_BLOCKS, label

T = -40.0
LOUD, QUIET = -20.0, -90.0


def levels(*runs):
    """Levels from (dB, blocks) runs."""
    return np.concatenate([np.full(blocks, db, np.float32) for db, blocks in runs])


def slow_label(level, threshold):
    """The definition read aloud, one clause after another."""
    over = (level > threshold) & (level > FLOOR_DB)
    under = (level <= threshold - 6) | (level <= FLOOR_DB)
    opened = over.copy()
    where = np.flatnonzero(over)
    for a, b in pairwise(where):
        if b - a - 1 < 96:
            opened[a:b] = True
    out = np.zeros(len(level), int)
    for k in range(1, len(level)):
        if opened[k - 1] and not opened[k]:
            left, j = None, k
            while j < len(level) and not opened[j]:
                if left is None and (level[j] < threshold - 6 or level[j] <= FLOOR_DB):
                    left = 48
                if left == 0:
                    break
                out[j] = -1
                left = None if left is None else left - 1
                j += 1
    for k in range(1, len(level)):
        if opened[k] and not opened[k - 1]:
            for back in range(1, min(24, k) + 1):
                if back > 2 and under[k - back]:
                    break
                out[k - back] = -1
    out[opened] = 1
    return out


def test_constants_are_what_the_definition_says():
    """200 ms, 50 ms and 100 ms are 96, 24 and 48 blocks."""
    assert [blocks * BLOCK_MS for blocks in (GAP_BLOCKS, FOOT_MOST_BLOCKS, TAIL_BLOCKS)] == pytest.approx(
        [200.0, 50.0, 100.0]
    )


@pytest.mark.parametrize("seed", range(20))
def test_equals_the_definition_read_aloud(seed):
    """On wandering levels the compiled label is the slow one."""
    rng = np.random.default_rng(seed)
    level = (T + np.cumsum(rng.normal(0, rng.uniform(0.3, 3.0), 3000))).astype(np.float32)
    level = np.where(rng.random(3000) < 0.01, FLOOR_DB, np.clip(level, T - 25, T + 25)).astype(np.float32)
    np.testing.assert_array_equal(label(level, T), slow_label(level, T))


def test_a_word_is_open_with_its_foot_and_tail():
    """Two blocks before a sudden word and 100 ms behind it are unscored, the rest is shut."""
    got = label(levels((QUIET, 100), (LOUD, 50), (QUIET, 300)), T)
    want = levels((0, 98), (-1, 2), (1, 50), (-1, 48), (0, 252))
    np.testing.assert_array_equal(got, want)


def test_the_foot_goes_back_to_six_db_under_but_no_further():
    """A rise from T - 6 dB on is foot; what is at T - 6 dB is not."""
    got = label(levels((QUIET, 50), (T - 6.0, 10), (T - 5.9, 10), (LOUD, 20)), T)
    np.testing.assert_array_equal(got[50:80], levels((0, 10), (-1, 10), (1, 10)))


def test_the_foot_is_50_ms_at_most():
    """A sound that hovers under the threshold is shut until 50 ms before it opens."""
    got = label(levels((T - 3.0, 200), (LOUD, 20)), T)
    np.testing.assert_array_equal(got, levels((0, 176), (-1, 24), (1, 20)))


def test_gaps_shorter_than_200_ms_are_filled_and_200_ms_are_not():
    """95 blocks between two words are open; 96 are a pause with a tail and a foot in it."""
    short = label(levels((LOUD, 10), (QUIET, 95), (LOUD, 10)), T)
    assert np.all(short == 1)
    long = label(levels((LOUD, 10), (QUIET, 96), (LOUD, 10)), T)
    np.testing.assert_array_equal(long, levels((1, 10), (-1, 48), (0, 46), (-1, 2), (1, 10)))


def test_the_tail_waits_until_the_level_is_six_db_under():
    """What dies away from T to T - 6 dB is unscored, and 100 ms from there on, even if it swells again."""
    got = label(levels((LOUD, 10), (T - 3.0, 30), (T - 7.0, 1), (T - 3.0, 200)), T)
    np.testing.assert_array_equal(got, levels((1, 10), (-1, 78), (0, 153)))


def test_a_tail_never_under_six_db_lasts_until_the_next_word():
    """Where the level never leaves T - 6 dB, everything up to the next opening is unscored."""
    got = label(levels((LOUD, 10), (T - 3.0, 200), (LOUD, 10)), T)
    np.testing.assert_array_equal(got, levels((1, 10), (-1, 200), (1, 10)))


def test_the_edges_of_a_file_are_no_gaps():
    """Short silence before the first or behind the last word is not filled; a foot needs blocks to be in."""
    np.testing.assert_array_equal(label(levels((QUIET, 20), (LOUD, 5)), T), levels((0, 18), (-1, 2), (1, 5)))
    np.testing.assert_array_equal(label(levels((LOUD, 5), (QUIET, 20)), T), levels((1, 5), (-1, 20)))
    np.testing.assert_array_equal(label(levels((LOUD, 5)), T), levels((1, 5)))


def test_on_the_threshold_is_not_over_it():
    """A level equal to the threshold stays shut."""
    assert not label(levels((T, 50)), T).any()


def test_silence_opens_under_no_threshold():
    """Digital silence stays shut however low the threshold; so does an empty file."""
    assert not label(block_levels_db(np.zeros(4800)), -500.0).any()
    assert len(label(np.empty(0, np.float32), T)) == 0


def test_louder_target_and_higher_threshold_are_the_same_label():
    """Adding 12 dB to level and threshold changes nothing (levels in whole dB, so that rounding does not)."""
    level = np.random.default_rng(3).integers(-80, -10, 2000).astype(np.float32)
    np.testing.assert_array_equal(label(level + 12, T + 12), label(level, T))


def test_a_threshold_for_each_block_is_followed():
    """Automation: where the threshold rises over the target, the target is shut."""
    threshold = np.where(np.arange(400) < 200, -40.0, -10.0)
    got = label(levels((LOUD, 400)), threshold)
    assert np.all(got[:200] == 1)
    assert not np.any(got[200:] == 1)


def test_wrong_shapes_are_refused():
    """Two channels at once, or a threshold of another length: expected, got, remedy."""
    with pytest.raises(
        ValueError, match=r"expected levels \(T,\) .* got \(2, 5\) and \(\); label one channel"
    ):
        label(np.zeros((2, 5)), T)
    with pytest.raises(ValueError, match=r"got \(5,\) and \(4,\)"):
        label(np.zeros(5), np.zeros(4))
