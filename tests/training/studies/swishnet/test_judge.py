"""Figures from confusions, against counting by hand."""

import numpy as np
import pytest

from training.studies.swishnet.judge import confusion, intervals, score


def test_figures_are_what_counting_gives():
    """Overall, speech or not, recalls, average and F1 of a small table."""
    labels = np.array([0] * 10 + [1] * 6 + [2] * 4)
    chosen = np.array([0] * 8 + [1, 2] + [1] * 3 + [2] * 2 + [0] + [2] * 2 + [1] * 2)
    table = confusion(labels, chosen, 3)
    assert table.tolist() == [[8, 1, 1], [1, 3, 2], [0, 2, 2]]
    made = score(table)
    assert made["overall"] == pytest.approx(13 / 20)
    assert made["sns"] == pytest.approx(((labels == 0) == (chosen == 0)).mean()) == pytest.approx(17 / 20)
    assert made["recall"] == pytest.approx({"speech": 0.8, "music": 0.5, "noise": 0.5})
    assert made["average"] == pytest.approx(0.6)
    assert made["f1"] == pytest.approx((16 / 19 + 6 / 12 + 4 / 9) / 3)


def test_two_classes_are_speech_and_music():
    """GTZAN's table: overall and speech-or-not are the same thing."""
    made = score(np.array([[9, 1], [3, 7]]))
    assert made["overall"] == made["sns"] == pytest.approx(0.8)
    assert set(made["recall"]) == {"speech", "music"}


def test_a_class_without_clips_has_no_recall():
    """It is nan, not an error."""
    assert np.isnan(score(np.array([[3, 1, 0], [0, 2, 0], [0, 0, 0]]))["recall"]["noise"])


def test_intervals_are_wide_where_owners_differ():
    """100 clips of two owners, one all right and one all wrong, say little; the same clips of 100 owners say more."""
    labels = np.repeat([0, 1, 2], 100)
    right = np.tile(np.repeat([True, False], 50), 3)
    chosen = np.where(right, labels, (labels + 1) % 3)
    two = np.tile(np.repeat([0, 1], 50), 3) + 10 * labels
    many = np.arange(300)
    (low, high) = intervals(labels, chosen, two, 3, seed=0)["overall"]
    (low_many, high_many) = intervals(labels, chosen, many, 3, seed=0)["overall"]
    assert low < 0.2 and high > 0.8
    assert 0.42 < low_many < 0.5 < high_many < 0.58
    assert intervals(labels, chosen, many, 3, seed=0) == intervals(labels, chosen, many, 3, seed=0)
    sure = intervals(labels, labels, two, 3, seed=0)
    assert sure == {"overall": (1.0, 1.0), "sns": (1.0, 1.0)}
