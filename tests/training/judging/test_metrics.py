"""The measures, against hand-made scenes with known answers and slow second versions of themselves."""

import numpy as np
import pytest

from gate.constants import BLOCK_MS, BLOCK_S
from training.judging import metrics

EXACT = 1e-12
"""Relative: sums of the same numbers in another order."""
SINGLE = 1e-6
"""Open probabilities are kept in single precision."""
MINUTE_BLOCKS = 28_800


def scored(label, is_open, probability=None, target=None, bleed=None, shut_gain=1e-4):
    """Score a scene from small lists."""
    label = np.array(label)
    gain = np.where(np.array(is_open, dtype=bool), 1.0, shut_gain)
    ones = np.ones(len(label))
    return metrics.score(
        label, probability, gain, ones if target is None else target, ones if bleed is None else bleed
    )


def random_scene(seed, blocks=4000):
    """A scene with runs of labels of all kinds and a gate that is right more often than not."""
    rng = np.random.default_rng(seed)
    runs = rng.integers(1, 60, size=blocks)
    label = np.repeat(rng.choice([1, 0, -1], size=blocks), runs)[:blocks]
    wish = np.round(rng.normal(size=blocks) + 1.5 * (label == 1), 1)  # rounded, so that there are ties
    gain = np.where(
        np.convolve(wish, np.ones(9) / 9, "same") > 0.7, 1.0, 10 ** (-rng.uniform(1, 80, blocks) / 20)
    )
    return label, wish, gain, rng.exponential(size=blocks), rng.exponential(size=blocks)


def slow_score(label, wish, gain, target, bleed):
    """The same measures of one scene, written block by block from their definitions."""
    is_open = [g > 10 ** (-0.3) for g in gain]
    onset, missed, needless, chops, k = [], 0, 0, 0, 0
    for k in range(len(label)):
        was_open = k > 0 and is_open[k - 1]
        needless += is_open[k] and not was_open and label[k] == 0
        chops += was_open and not is_open[k] and label[k] == 1
        if label[k] == 1 and (k == 0 or label[k - 1] != 1):
            waited = 0
            while k + waited < len(label) and label[k + waited] == 1:
                waited += 1
                if is_open[k + waited - 1]:
                    break
            else:
                missed += 1
            onset.append(waited * BLOCK_MS)
    open_blocks = [k for k in range(len(label)) if label[k] == 1]
    shut_blocks = [k for k in range(len(label)) if label[k] == 0]
    wins = sum(
        1.0 if wish[i] > wish[j] else 0.5 if wish[i] == wish[j] else 0.0
        for i in open_blocks
        for j in shut_blocks
    )
    minutes = len(label) * BLOCK_S / 60
    before = sum(target[k] for k in open_blocks), sum(bleed[k] for k in shut_blocks)
    after = (
        sum(target[k] * gain[k] ** 2 for k in open_blocks),
        sum(bleed[k] * gain[k] ** 2 for k in shut_blocks),
    )
    return {
        "auc": wins / len(open_blocks) / len(shut_blocks),
        "balanced": (
            np.mean([is_open[k] for k in open_blocks]) + np.mean([not is_open[k] for k in shut_blocks])
        ) / 2,
        "onset_ms": np.median(onset),
        "onset_p90_ms": np.percentile(onset, 90),
        "missed": missed / len(onset),
        "needless_min": needless / minutes,
        "chops_min": chops / minutes,
        "lost_db": 10 * np.log10(before[0] / after[0]),
        "cut_db": 10 * np.log10(before[1] / after[1]),
    }  # fmt: skip


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_every_measure_equals_its_definition_written_block_by_block(seed):
    """The fast measures of a scene are those that a slow loop over its blocks gives."""
    scene = random_scene(seed, blocks=1500)
    row, slow = metrics.pool([metrics.score(*scene)]), slow_score(*scene)
    assert list(slow) == list(metrics.MEASURES)
    for name, value in slow.items():
        assert row[name] == pytest.approx(value, rel=SINGLE if name == "auc" else EXACT), name


def test_onset_counts_to_the_end_of_the_first_open_block():
    """A gate that opens in an opening's first block has an onset of one block; two blocks later, three."""
    label = [0, 0, 1, 1, 1, 1, 0]
    assert scored(label, [0, 0, 1, 1, 1, 1, 0])["onset_ms"] == pytest.approx([BLOCK_MS])
    assert scored(label, [0, 0, 0, 0, 1, 1, 0])["onset_ms"] == pytest.approx([3 * BLOCK_MS])


def test_opening_in_the_foot_is_neither_early_nor_late():
    """A gate that opens in the unscored foot has the least onset there is, and no needless opening."""
    score = scored([0, -1, -1, 1, 1, 1], [0, 1, 1, 1, 1, 1])
    assert score["onset_ms"] == pytest.approx([BLOCK_MS])
    assert score["needless"] == 0
    assert (score["hits"], score["rejects"]) == (3, 1)


def test_a_missed_opening_counts_with_its_whole_length():
    """An opening in which the gate stays shut is missed, and its onset is its length, at the end too."""
    score = scored([1, 1, 1, 0, 0, 1, 1], [0, 0, 0, 1, 1, 0, 0])
    assert score["missed"] == 2
    assert score["onset_ms"] == pytest.approx([3 * BLOCK_MS, 2 * BLOCK_MS])


def test_a_gate_that_opens_only_in_the_last_block_has_not_missed():
    """Opening in the last block takes as long as missing, but is not a miss."""
    score = scored([1, 1, 1, 0], [0, 0, 1, 0])
    assert score["missed"] == 0
    assert score["onset_ms"] == pytest.approx([3 * BLOCK_MS])


def test_needless_openings_are_those_that_begin_where_it_should_be_shut():
    """Staying open into a shut stretch is no needless opening; opening there is, in the first block too."""
    assert scored([1, 1, 0, 0, 0], [1, 1, 1, 0, 0])["needless"] == 0
    assert scored([1, 1, 0, 0, 0], [1, 1, 0, 1, 1])["needless"] == 1
    assert scored([0, 0, 0], [1, 0, 1])["needless"] == 2
    assert scored([-1, -1, 0], [0, 1, 1])["needless"] == 0


def test_chops_are_closings_inside_an_opening():
    """Going shut in a block labelled open is a chop; in the tail, or where it should be shut, it is not."""
    assert scored([1, 1, 1, 1, 1], [1, 0, 1, 0, 0])["chops"] == 2
    assert scored([1, 1, -1, -1, 0], [1, 1, 1, 0, 0])["chops"] == 0
    assert scored([1, 1, 0, 0], [1, 1, 0, 0])["chops"] == 0
    assert scored([1, 1, 1], [0, 1, 1])["chops"] == 0


def test_rates_are_a_minute_of_scene():
    """Three needless openings in a two-minute scene and none in a one-minute scene are one a minute."""
    is_open = np.zeros(2 * MINUTE_BLOCKS)
    is_open[[10, 20, 30]] = 1
    shut = scored(np.zeros(MINUTE_BLOCKS), np.zeros(MINUTE_BLOCKS))
    row = metrics.pool([scored(np.zeros(2 * MINUTE_BLOCKS), is_open), shut])
    assert row["minutes"] == pytest.approx(3.0)
    assert row["needless_min"] == pytest.approx(1.0)


def test_open_is_over_minus_6_db():
    """A gain of -5.9 dB counts as open and one of -6.1 dB as shut."""
    gain = 10.0 ** (np.array([-5.9, -6.1]) / 20)
    score = metrics.score(np.array([1, 1]), None, gain, np.ones(2), np.ones(2))
    assert score["hits"] == 1


def test_lost_and_cut_are_decibels_of_energy():
    """A gain of -20 dB throughout loses 20 dB of target and cuts 20 dB of bleed; an open gate 0 and 0."""
    label = np.array([1, 1, 0, 0, -1])
    power = np.array([1.0, 4.0, 9.0, 1.0, 1e9])  # what is unscored must not count, however loud
    for gain, removed in ((0.1, 20.0), (1.0, 0.0)):
        row = metrics.pool([metrics.score(label, None, np.full(5, gain), power, power)])
        assert row["lost_db"] == pytest.approx(removed, abs=1e-9)
        assert row["cut_db"] == pytest.approx(removed, abs=1e-9)


def test_decibels_are_averaged_over_scenes_and_energies_pooled_beside():
    """Two scenes cut by 10 and 30 dB are cut by 20 dB; pooled, the louder one decides."""
    label = np.zeros(4, dtype=int)
    loud = metrics.score(label, None, np.full(4, 10 ** (-10 / 20)), np.zeros(4), np.full(4, 1e6))
    soft = metrics.score(label, None, np.full(4, 10 ** (-30 / 20)), np.zeros(4), np.ones(4))
    row = metrics.pool([loud, soft])
    assert row["cut_db"] == pytest.approx(20.0)
    assert row["cut_pooled_db"] == pytest.approx(10.0, abs=1e-4)  # dB: the soft scene is a millionth of it


def test_everything_removed_reads_a_finite_number():
    """Exact silence where sound should be is 120 dB, not infinity."""
    score = metrics.score(np.array([1, 0]), None, np.zeros(2), np.ones(2), np.ones(2))
    row = metrics.pool([score])
    assert row["lost_db"] == metrics.REMOVED_MAX_DB
    assert row["cut_db"] == metrics.REMOVED_MAX_DB


def test_auc_knows_its_three_landmarks():
    """Perfect ranks are 1, reversed 0, all equal one half; a tie is half a win."""
    high, low = np.array([0.9, 0.8]), np.array([0.1, 0.2, 0.3])
    assert metrics.auc(high, low) == 1.0
    assert metrics.auc(low, high) == 0.0
    assert metrics.auc(np.full(7, 0.5), np.full(3, 0.5)) == 0.5
    assert metrics.auc(np.array([0.5, 0.9]), np.array([0.5, 0.1])) == 0.875
    assert np.isnan(metrics.auc(high, np.zeros(0)))


def test_auc_of_a_gate_without_probability_is_not_a_number():
    """A gate that gives no open probability has no AUC and every other measure."""
    row = metrics.pool([scored([1, 0], [1, 0])])
    assert np.isnan(row["auc"])
    assert row["balanced"] == 1.0


def test_pooled_is_over_blocks_and_openings_of_all_scenes_together():
    """AUC, balanced accuracy and onset of two scenes are those of the two joined end to end."""
    first, second = random_scene(3), random_scene(4, blocks=900)
    first[0][-1] = second[0][0] = -1  # so that joining does not join two openings
    joined = tuple(np.concatenate(rows) for rows in zip(first, second, strict=True))
    pooled = metrics.pool([metrics.score(*first), metrics.score(*second)])
    whole = metrics.pool([metrics.score(*joined)])
    for name in ("auc", "balanced", "onset_ms", "onset_p90_ms", "missed"):
        assert pooled[name] == pytest.approx(whole[name], rel=EXACT), name


def test_what_cannot_be_measured_is_nan_and_nothing_warns():
    """No scenes, bleed alone and an unscored scene give rows with nan in them, not errors."""
    assert np.isnan(metrics.pool([])["balanced"])
    row = metrics.pool([scored([0, 0, 0], [0, 0, 0], probability=np.zeros(3))])
    assert row["rejection"] == 1.0
    assert all(np.isnan(row[name]) for name in ("auc", "balanced", "onset_ms", "missed", "lost_db"))
    assert np.isnan(metrics.pool([scored([-1, -1], [1, 0])])["cut_db"])


def test_intervals_hold_the_row_and_shrink_with_scenes():
    """The bootstrap's interval lies about the measure, and four times the scenes make it narrower."""
    scores = [metrics.score(*random_scene(seed, blocks=2000)) for seed in range(24)]
    row, wide = metrics.pool(scores), metrics.intervals(scores[:6], draws=200)
    narrow = metrics.intervals(scores, draws=200)
    for name in metrics.MEASURES:
        low, high = narrow[name]
        assert low <= row[name] <= high, name
    for name in ("auc", "balanced", "cut_db"):
        assert np.ptp(narrow[name]) < np.ptp(wide[name]), name


def test_intervals_are_seeded_and_take_the_exact_auc():
    """The same seed draws the same tables, and the AUC of a draw is that of its scenes pooled."""
    scores = [metrics.score(*random_scene(seed, blocks=600)) for seed in range(4)]
    assert metrics.intervals(scores, seed=5, draws=20) == metrics.intervals(scores, seed=5, draws=20)
    assert metrics.intervals(scores, seed=5, draws=20) != metrics.intervals(scores, seed=6, draws=20)
    drawn = np.random.default_rng(5).integers(4, size=4)
    low, high = metrics.intervals(scores, seed=5, draws=1)["auc"]
    assert low == high == pytest.approx(metrics.pool([scores[i] for i in drawn])["auc"], rel=EXACT)


def test_intervals_of_a_gate_without_probability():
    """No AUC to draw, everything else as usual."""
    ends = metrics.intervals([scored([1, 0], [1, 0]), scored([1, 0], [1, 1])], draws=50)
    assert np.isnan(ends["auc"]).all()
    assert ends["balanced"] == (0.5, 1.0)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"gain": np.ones(3)}, "gain has shape (3,), the label 2 blocks; give one value a block"),
        (
            {"open_probability": np.array([0.5, np.nan])},
            "open_probability has 1 values that are not finite; a gate that gives such has no score",
        ),
        (
            {"label": np.array([1, 2])},
            "label must be one row of 1, 0 and -1; take it from training.labels.label",
        ),
    ],
)
def test_what_cannot_be_scored_is_refused_with_a_sentence(change, said):
    """Rows of another length, values that are not finite and unknown labels have no score."""
    rows = {
        "label": np.array([1, 0]),
        "open_probability": np.zeros(2),
        "gain": np.ones(2),
        "target_power": np.ones(2),
        "bleed_power": np.ones(2),
    }
    with pytest.raises(ValueError) as caught:
        metrics.score(**(rows | change))
    assert str(caught.value) == said


def test_block_power_is_the_mean_square_of_whole_blocks():
    """A ragged end is left out."""
    assert metrics.block_power(np.array([1.0, 1.0, 3.0, 3.0, 9.0]), 2) == pytest.approx([1.0, 9.0])
