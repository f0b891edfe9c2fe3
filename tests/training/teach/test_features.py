"""The store of prepared scenes: what the front hears, the same however it was made, and resumable."""

import numpy as np
import pytest
import torch

from gate.levels import block_levels_db
from tests.training import tiny_corpus
from training.recordings.source import DataConfig, digest, open_corpus, provenance
from training.scenes.compose import SceneConfig
from training.teach import features
from training.teach.features import Front, Store, prepare

CONFIG = SceneConfig(seconds=2.0)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = tiny_corpus.make(tmp_path_factory.mktemp("corpus"))
    return DataConfig(corpus=str(folder), store=str(folder / "data"), scenes=3, jobs=1)


def test_prepared_scenes_are_the_same_when_made_again_and_when_gone_on_with(data, tmp_path):
    """A store that lost its last scene makes just that one again, with the same content."""
    store = prepare(data, CONFIG, split="train", seed=0)
    names = ("mixture", "target", "bleed", "level_db")
    before = {k: [store.row(k, i).copy() for i in range(3)] for k in names}
    (folder,) = store.folders
    facts = np.lib.format.open_memmap(folder / "facts.npy", mode="r+")
    facts[2, -1] = 0.0
    facts.flush()
    mixture = np.lib.format.open_memmap(folder / "mixture.npy", mode="r+")
    mixture[2] = 0
    mixture.flush()
    with pytest.raises(ValueError, match="2 of 3 rows"):
        Store(folder)
    again = prepare(data, CONFIG, split="train", seed=0)
    assert all(np.array_equal(before[k], [again.row(k, i) for i in range(3)]) for k in before)


def test_front_hears_the_level_of_a_sound():
    """The bands' powers add up to about the 5 ms level, as that rises and falls."""
    rng = np.random.default_rng(0)
    x = (rng.standard_normal(48_000) * np.repeat([0.1, 0.001, 0.03, 0.2], 12_000)).astype(np.float32)
    heard = 10 * np.log10((10.0 ** Front()(x)[:, :32].astype(float)).sum(1))
    level = block_levels_db(x)
    steady = np.concatenate([np.arange(start + 40, start + 110) for start in range(0, 480, 120)])
    assert np.abs(heard - level)[steady].mean() < 2.0


def test_silence_is_finite():
    """Digital silence has the lowest power there is, not minus infinity."""
    assert (Front()(np.zeros(4800, np.float32)) == features.LOWEST_LOG10).all()


def test_a_corpus_says_where_it_comes_from(data):
    """Digest and provenance depend on the recordings alone."""
    corpus = open_corpus(data)
    assert digest(corpus) == digest(open_corpus(data))
    rows = provenance(corpus)
    assert {row[0] for row in rows} >= {"speech", "noise"} and all(row[2] > 0 for row in rows)


def test_plain_folders_take_the_place_of_a_manifest(data):
    """Target and bleed folders are a corpus too."""
    from pathlib import Path

    base = Path(data.corpus)
    corpus = open_corpus(DataConfig(target=(str(base / "speech"),), bleed=(str(base / "noise"),)))
    assert {item.kind for item in corpus.all} == {"target", "bleed"}
    assert torch.get_num_threads() >= 1
