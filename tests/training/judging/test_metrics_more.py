"""The further measures, against hand-made scenes with known answers and slow second versions."""

import numpy as np
import pytest

from gate.constants import BLOCK, BLOCK_MS
from training.judging import metrics, metrics_more

EXACT = 1e-12
"""Relative: sums of the same numbers in another order."""
RAMP_MATCH = 1e-6
"""Linear gain: sound and gain in single precision."""


def gains(is_open):
    """Gains of blocks from a list of open and shut."""
    return np.where(np.array(is_open, dtype=bool), 1.0, 1e-4)


def errors(label, is_open):
    """Onset and offset errors in blocks."""
    return [
        list(np.round(ms / BLOCK_MS)) for ms in metrics_more.edge_errors_ms(np.array(label), gains(is_open))
    ]


def clipped(label, is_open):
    """Front-end and mid-event clipping in blocks."""
    return [list(np.round(ms / BLOCK_MS)) for ms in metrics_more.clipping_ms(np.array(label), gains(is_open))]


def random_scene(seed, blocks=3000):
    """Runs of labels and of open blocks that have something to do with each other."""
    rng = np.random.default_rng(seed)
    label = np.repeat(rng.choice([1, 0, -1], size=blocks), rng.integers(1, 40, size=blocks))[:blocks]
    wish = np.convolve((label == 1) + rng.normal(scale=2.0, size=blocks), np.ones(11) / 11, "same")
    return label, gains(wish > 0.5)


def slow_errors(label, gain):
    """The errors and clippings by walking from each opening's edges, block by block."""
    is_open = [g > 10 ** (-0.3) for g in gain]
    n = len(label)
    onset, offset, front, middle = [], [], [], []
    for start in range(n):
        if label[start] != 1 or (start > 0 and label[start - 1] == 1):
            continue
        stop = start
        while stop < n and label[stop] == 1:
            stop += 1
        heard = [k for k in range(start, stop) if is_open[k]]
        front.append((heard[0] if heard else stop) - start)
        middle.append(sum(not is_open[k] for k in range(heard[0], stop)) if heard else 0)
        if not heard:
            continue
        edge = heard[0]
        while edge > 0 and is_open[edge - 1]:
            edge -= 1
        # In a run that reaches back into an earlier opening there is no edge of this one.
        if start > 0 and not any(label[k] == 1 for k in range(edge, start)):
            onset.append(edge - start)
        edge = heard[-1] + 1
        while edge < n and is_open[edge]:
            edge += 1
        if stop < n and edge < n and not any(label[k] == 1 for k in range(stop, edge)):
            offset.append(edge - stop)
    return [np.array(row) * BLOCK_MS for row in (onset, offset, front, middle)]


@pytest.mark.parametrize("seed", range(6))
def test_errors_and_clipping_equal_their_definition_walked_block_by_block(seed):
    """The fast edge errors and clippings are those that a slow walk along the scene gives."""
    label, gain = random_scene(seed)
    fast = [*metrics_more.edge_errors_ms(label, gain), *metrics_more.clipping_ms(label, gain)]
    slow = slow_errors(label, gain)
    assert min(map(len, slow)) > 5
    for got, want in zip(fast, slow, strict=True):
        np.testing.assert_allclose(got, want, rtol=EXACT)


@pytest.mark.parametrize("seed", range(3))
def test_front_and_mid_clipping_are_all_that_was_clipped(seed):
    """Together they are the blocks labelled open in which the gate was shut."""
    label, gain = random_scene(seed)
    score = metrics.score(label, None, gain, np.ones(len(label)), np.ones(len(label)))
    front, middle = metrics_more.clipping_ms(label, gain)
    assert front.sum() + middle.sum() == pytest.approx((score["should_open"] - score["hits"]) * BLOCK_MS)


def test_an_edge_on_the_label_s_edge_has_no_error():
    """A gate that does what the label says has errors of 0, not of one block."""
    assert errors([0, 0, 1, 1, 0, 0], [0, 0, 1, 1, 0, 0]) == [[0], [0]]


def test_early_is_negative_and_late_is_positive():
    """Two blocks early at both edges is -2, -2; two late +2, +2."""
    label = [0, 0, 0, 1, 1, 1, 1, 0, 0, 0]
    assert errors(label, [0, 1, 1, 1, 1, 0, 0, 0, 0, 0]) == [[-2], [-2]]
    assert errors(label, [0, 0, 0, 0, 0, 1, 1, 1, 1, 0]) == [[2], [2]]


def test_foot_and_tail_do_not_move_the_edges():
    """Errors are counted from the stretch labelled 1, whatever is unscored about it."""
    assert errors([0, -1, 1, 1, -1, 0], [0, 1, 1, 1, 1, 0]) == [[-1], [1]]


def test_a_missed_opening_has_no_error_and_is_clipped_whole():
    """What the gate never heard has no edges; all of it is front-end clipping."""
    label, is_open = [0, 1, 1, 1, 0], [1, 0, 0, 0, 1]
    assert errors(label, is_open) == [[], []]
    assert clipped(label, is_open) == [[3], [0]]


def test_openings_that_the_gate_bridges_share_one_onset_and_one_offset():
    """A gate that stays open between two words has the first one's onset and the second one's offset."""
    assert errors([0, 1, 1, 0, 1, 1, 0], [0, 0, 1, 1, 1, 1, 0]) == [[1], [0]]


def test_edges_that_the_scene_cuts_off_are_not_counted():
    """An opening that begins with the scene has no onset error; one that ends with it no offset error."""
    assert errors([1, 1, 0, 0], [0, 1, 1, 0]) == [[], [1]]
    assert errors([0, 0, 1, 1], [0, 1, 1, 1]) == [[-1], []]
    assert errors([0, 1, 1, 0], [0, 1, 1, 1]) == [[0], []]


def test_a_hole_is_mid_event_clipping_and_moves_no_edge():
    """Shut in the middle of a word: one block of mid-event clipping, onset late by one, offset exact."""
    label, is_open = [0, 1, 1, 1, 1, 1, 0], [0, 0, 1, 0, 1, 1, 0]
    assert errors(label, is_open) == [[1], [0]]
    assert clipped(label, is_open) == [[1], [1]]


def test_the_largest_step_of_a_switch_and_of_a_ramp():
    """A hard switch is 1, a ramp over 48 samples 1/48, and a constant gain 0."""
    assert metrics_more.largest_step(np.repeat([0.0, 1.0], 50)) == 1.0
    ramp = np.concatenate((np.zeros(10), np.linspace(0, 1, 49), np.ones(10)))
    assert metrics_more.largest_step(ramp) == pytest.approx(1 / 48)
    assert metrics_more.largest_step(np.full(9, 0.3)) == 0.0


def test_where_nothing_is_heard_a_step_is_the_least_it_can_be():
    """Across unknown samples the change is spread evenly; with one known sample there is none."""
    assert metrics_more.largest_step(np.array([0.0, np.nan, np.nan, np.nan, 1.0])) == 0.25
    assert np.isnan(metrics_more.largest_step(np.array([np.nan, 1.0, np.nan])))


def test_the_gain_of_samples_is_read_off_the_sound():
    """Out over in gives the ramp back in single precision; silent samples say nothing."""
    rng = np.random.default_rng(0)
    before = rng.normal(scale=0.1, size=500).astype(np.float32)
    before[100:110] = 0.0
    ramp = np.linspace(0, 1, 500).astype(np.float32)
    gain = metrics_more.sample_gain(before, before * ramp)
    assert np.isnan(gain[100:110]).all()
    heard = np.isfinite(gain)
    np.testing.assert_allclose(gain[heard], ramp[heard], atol=RAMP_MATCH)
    assert metrics_more.largest_step(gain) == pytest.approx(1 / 499, abs=RAMP_MATCH)


def test_si_sdr_of_a_known_mixture():
    """Noise at right angles, a tenth of the target's amplitude, is 20 dB; twice as loud it still is."""
    target = np.tile([1.0, 1.0, -1.0, -1.0], 100)
    noise = 0.1 * np.tile([1.0, -1.0], 200)
    assert metrics_more.si_sdr_db(target + noise, target) == pytest.approx(20.0)
    assert metrics_more.si_sdr_db(-2.0 * (target + noise), target) == pytest.approx(20.0)


@pytest.mark.parametrize("seed", range(3))
def test_si_sdr_equals_the_fit_over_the_rest(seed):
    """It is the energy of the least-squares fit of the target over that of what the fit leaves."""
    rng = np.random.default_rng(seed)
    target, sound = rng.normal(size=(2, 400))
    sound += 0.5 * target
    (scale,), (rest,), *_ = np.linalg.lstsq(target[:, None], sound, rcond=None)
    want = 10 * np.log10(sum((scale * s) ** 2 for s in target) / rest)
    assert metrics_more.si_sdr_db(sound, target) == pytest.approx(want, rel=1e-9)  # two ways to one sum


def test_si_sdr_at_its_ends():
    """Perfect is +120 dB, silence -120 dB, and without a target there is none."""
    target = np.array([1.0, -2.0, 3.0])
    assert metrics_more.si_sdr_db(target, target) == pytest.approx(120.0)
    assert metrics_more.si_sdr_db(np.zeros(3), target) == -120.0
    assert np.isnan(metrics_more.si_sdr_db(target, np.zeros(3)))


def test_a_gate_known_by_its_block_gains_is_scored_on_held_gains():
    """Without a sound, SI-SDR is that of the mixture times each block's gain, and there is no click."""
    rng = np.random.default_rng(1)
    target = np.repeat([0.0, 1.0], BLOCK) * rng.normal(size=2 * BLOCK)
    mixture = target + 0.1 * rng.normal(size=2 * BLOCK)
    gain = np.array([0.0, 1.0])
    more = metrics_more.measure(np.array([0, 1]), gain, mixture, target)
    assert np.isnan(more["click"])
    heard = np.repeat(gain, BLOCK) * mixture
    assert more["si_sdr_db"] == metrics_more.si_sdr_db(heard, target) > more["si_sdr_before_db"]
    assert metrics_more.measure(np.array([0, 1]), gain, mixture, target, heard)["click"] == pytest.approx(1.0)


def test_pooling_joins_edges_and_takes_the_worst_click():
    """Percentiles are over all edges, clipping is a mean over openings, the click is the largest."""
    n = 10 * BLOCK
    tone = np.sin(np.arange(n))
    one = metrics_more.measure(
        np.array([0, 0, 1, 1, 0, 0, 0, 0, 0, 0]), gains([0, 0, 0, 1, 0, 0, 0, 0, 0, 0]), tone, tone
    )
    two = metrics_more.measure(
        np.array([0, 0, 1, 1, 1, 0, 0, 0, 0, 0]), gains([0, 0, 0, 0, 0, 1, 0, 0, 0, 0]), tone, tone
    )
    one["click"], two["click"] = 0.25, 0.5
    row = metrics_more.pool([one, two])
    assert (row["onset_edges"], row["offset_edges"]) == (1, 1)
    assert row["onset_error_p50_ms"] == row["onset_error_p99_ms"] == pytest.approx(BLOCK_MS)
    assert row["front_clip_ms"] == pytest.approx((1 + 3) / 2 * BLOCK_MS)
    assert row["click"] == 0.5
    assert set(metrics_more.MEASURES) < set(row)


def test_what_cannot_be_measured_is_nan_and_nothing_warns():
    """No scenes, and a scene of bleed alone, give rows with nan in them."""
    silent = metrics_more.measure(np.zeros(2, int), np.zeros(2), np.ones(2 * BLOCK), np.zeros(2 * BLOCK))
    for row in (metrics_more.pool([]), metrics_more.pool([silent])):
        assert all(np.isnan(row[name]) for name in metrics_more.MEASURES)


def test_lengths_that_differ_are_refused_with_a_sentence():
    """Rows of another length than the label have no measures."""
    with pytest.raises(
        ValueError, match=r"expected .* of 200 samples .* got \[200, 150, 200, 200\]; cut all"
    ):
        metrics_more.measure(np.zeros(2, int), np.zeros(2), np.ones(150), np.ones(200))
