"""Sides of mixtures: what they are, and where they are heard."""

import numpy as np
import pytest

from tests.training import tiny_corpus
from training.detector.sides import FRAME_SAMPLES, SideConfig, filled, heard_in, side
from training.recordings.corpus import Corpus


@pytest.fixture(scope="module")
def corpus(tmp_path_factory) -> Corpus:
    return Corpus.from_manifest(tiny_corpus.make(tmp_path_factory.mktemp("corpus"), kit=True))


@pytest.mark.parametrize("kind", ["speech", "music", "noise"])
def test_a_side_is_of_one_class_and_the_same_for_the_same_seed(corpus, kind):
    """Loud level 0 dBFS, heard somewhere, one value a frame of 10 ms."""
    config = SideConfig(seconds=4.0, coder=0.0)
    made, again = (side(corpus, np.random.default_rng(3), kind, config) for _ in range(2))
    assert made.sound.shape == (4 * 48_000,) and made.sound.dtype == np.float32
    assert made.heard.shape == (400,) and made.heard.any()
    assert np.array_equal(made.sound, again.sound)
    from training.sounds.changes import loud_db

    assert abs(loud_db(made.sound)) < 0.1


def test_an_unknown_class_is_refused(corpus):
    """A sentence, with what there is."""
    with pytest.raises(ValueError, match="expected one of speech, music, noise, got 'silence'"):
        side(corpus, np.random.default_rng(0), "silence", SideConfig(seconds=1.0))


def test_speech_is_heard_where_it_is_and_in_short_gaps():
    """A second on, 100 ms off, a second on, a second off; a gap as long as the limit is a pause."""
    x = np.zeros(48_000 * 4, np.float32)
    tone = np.sin(np.arange(48_000)).astype(np.float32)
    x[:48_000], x[52_800:100_800] = tone, tone
    heard = heard_in(x, 33.0, 11)
    assert heard[:210].all() and not heard[210:].any()
    assert not heard_in(x, 33.0, 10)[100:110].any()
    assert len(heard) == len(x) // FRAME_SAMPLES


def test_silence_is_heard_nowhere():
    """Digital silence has no loud level to be near to."""
    assert not heard_in(np.zeros(48_000, np.float32), 40.0, 20).any()


def test_only_gaps_between_two_stretches_are_filled():
    """Neither the start nor the end is a gap."""
    heard = np.array([0, 0, 1, 0, 0, 1, 0, 0, 0, 1, 0], bool)
    assert filled(heard, 3).astype(int).tolist() == [0, 0, 1, 1, 1, 1, 0, 0, 0, 1, 0]
