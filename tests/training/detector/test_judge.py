"""Scores of a frame detector."""

import numpy as np
import pytest

from training.detector.judge import accuracies, confusion, speech_auc, speech_table
from training.detector.truth import Case
from training.scenes.compose import Scene


def _case(label, kind="speech under noise", snr=0.0):
    x = np.zeros(480 * len(label), np.float32)
    return Case(Scene(x, x, float("nan")), np.asarray(label), kind, snr)


def test_auc_is_the_share_of_pairs_in_order():
    """Against every pair, ties counted half."""
    rng = np.random.default_rng(0)
    score, positive = rng.integers(0, 6, 60).astype(float), rng.random(60) < 0.4
    pairs = [np.sign(a - b) for a in score[positive] for b in score[~positive]]
    auc = lambda label: speech_auc([_case(np.where(label, 0, 2))], [score])  # noqa: E731
    assert auc(positive) == pytest.approx(np.mean([(p + 1) / 2 for p in pairs]))
    assert np.isnan(auc(np.ones(60, bool)))


def test_unscored_frames_count_for_nothing():
    """A detector that is wrong only there has an AUC of 1."""
    case = _case([0, 0, -1, -1, 2, 2])
    table = speech_table([case], [np.array([0.9, 0.8, 0.0, 1.0, 0.1, 0.2])])
    assert table == {"all": 1.0, "speech under noise": 1.0, "speech under noise, 0 dB": 1.0}


def test_clips_go_by_their_mean_and_by_what_they_mostly_are():
    """Half a second of music with a blip of speech is music; one that is mostly unscored does not count."""
    rows = np.tile([0.1, 0.8, 0.1], (100, 1))
    rows[3] = [1.0, 0.0, 0.0]
    label = np.r_[np.ones(50, int), np.full(50, -1)]
    assert confusion([_case(label)], [rows], 0.5).tolist() == [[0, 0, 0], [0, 2, 0], [0, 0, 0]]
    assert confusion([_case(label)], [rows]).tolist() == [[0, 0, 0], [1, 49, 0], [0, 0, 0]]


def test_speech_against_the_rest_forgives_music_taken_for_noise():
    """Overall does not."""
    got = accuracies(np.array([[8, 1, 1], [0, 5, 5], [0, 0, 10]]))
    assert got["overall"] == pytest.approx(23 / 30) and got["speech/non-speech"] == pytest.approx(28 / 30)
    assert got["speech recall"] == 0.8 and got["music recall"] == 0.5
