"""Frames on disk, and the clips that are cut from them."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from tests.training.studies.swishnet import trees
from training.networks.mfcc import mfcc
from training.studies.swishnet import store as module
from training.studies.swishnet.clips import cut, moments
from training.studies.swishnet.recordings import read_musan
from training.studies.swishnet.settings import CleanConfig, StoreConfig
from training.studies.swishnet.store import features, mfcc_of, prepare

SAME = 1e-4
"""Pieces of a minute against the whole: the same arithmetic on other bounds."""


@pytest.fixture
def items(tmp_path):
    return read_musan(trees.musan(tmp_path / "musan", each=2, seconds=2.3))


def config(tmp_path, **changes):
    return replace(StoreConfig(folder=str(tmp_path / "store"), jobs=1), **changes)


def test_a_store_holds_what_the_front_hears(items, tmp_path):
    """Each recording's frames are the MFCC of the cleaned sound, in half or single precision."""
    store = prepare(items, CleanConfig(), config(tmp_path, half=False), denoise=False)
    assert store.frames.dtype == np.float32
    for i, item in enumerate(items):
        wanted = features(item, CleanConfig(), False)
        assert store.counts[i] == len(wanted) > 100
        got = store.frames[store.starts[i] : store.starts[i] + store.counts[i]]
        assert np.array_equal(got, wanted)
    half = prepare(items, CleanConfig(), config(tmp_path))
    assert half.folder != store.folder
    assert np.array_equal(half.frames, store.frames.astype(np.float16))


def test_long_recordings_are_heard_in_pieces(monkeypatch):
    """Pieces of a second give what the whole gives."""
    x = (0.1 * np.random.default_rng(0).normal(size=50_000)).astype(np.float32)
    whole = mfcc(torch.from_numpy(x[None]))[0].numpy()
    monkeypatch.setattr(module, "PIECE", 16_000)
    assert np.abs(mfcc_of(x) - whole).max() < SAME
    assert mfcc_of(x[:0]).shape == (0, 20)


def test_a_store_is_prepared_once(items, tmp_path, monkeypatch):
    """The second time nothing is decoded, and another split is the same store."""
    first = prepare(items, CleanConfig(), config(tmp_path))
    monkeypatch.setattr(module, "features", None)
    moved = [replace(item, split="test") for item in items]
    again = prepare(moved, CleanConfig(), config(tmp_path))
    assert again.folder == first.folder
    assert np.array_equal(again.frames, first.frames)


def test_an_interrupted_preparation_goes_on(items, tmp_path, monkeypatch):
    """What was done is not done again, and the result is the same; half of a store is refused."""
    whole = prepare(items, CleanConfig(), config(tmp_path / "whole"))
    heard = []

    def failing(item, *rest):
        if len(heard) == 3:
            raise KeyboardInterrupt
        heard.append(item.path)
        return features(item, *rest)

    monkeypatch.setattr(module, "features", failing)
    with pytest.raises(KeyboardInterrupt):
        prepare(items, CleanConfig(), config(tmp_path))
    folder = tmp_path / "store" / whole.folder.name
    with pytest.raises(ValueError, match="holds 3 of 6 recordings"):
        module.Store(folder, items)
    heard.clear()
    monkeypatch.setattr(
        module, "features", lambda item, *rest: heard.append(item.path) or features(item, *rest)
    )
    made = prepare(items, CleanConfig(), config(tmp_path))
    assert heard == [item.path for item in items[3:]]
    assert np.array_equal(made.frames, whole.frames) and np.array_equal(made.counts, whole.counts)


@pytest.mark.slow
def test_more_processes_make_the_same_store(items, tmp_path):
    """Two workers give, bit for bit, what one gives."""
    one = prepare(items, CleanConfig(), config(tmp_path / "one"))
    two = prepare(items, CleanConfig(), config(tmp_path / "two", jobs=2))
    assert np.array_equal(one.frames, two.frames)


def test_other_cleaning_is_another_store(items, tmp_path):
    """Settings that change the content change the folder."""
    names = {
        prepare(items, CleanConfig(silence_db=silence_db), config(tmp_path), denoise=denoise).folder.name
        for silence_db, denoise in ((40.0, False), (30.0, False), (40.0, True))
    }
    assert len(names) == 3


def test_clips_lie_half_over_each_other(items, tmp_path):
    """A clip of 0.5 s begins every 0.25 s and ends within its recording; labels and owners go with it."""
    store = prepare(items, CleanConfig(), config(tmp_path))
    splits = ["train", "test"] * 3
    clips = cut(store, splits, "train", 0.5)
    per_recording = [(int(n) - 50) // 25 + 1 for n in store.counts[::2]]
    assert len(clips) == sum(per_recording)
    assert clips.counts() == dict(zip(("music", "noise", "speech"), per_recording, strict=True))
    starts = clips.starts[: per_recording[0]]
    assert np.array_equal(np.diff(starts), np.full(len(starts) - 1, 25))
    assert len(set(clips.owners)) == 3
    x, labels = clips.batch(np.array([1]))
    assert x.shape == (1, 50, 20) and x.dtype == torch.float32
    assert np.array_equal(x[0].numpy(), store.frames[25:75].astype(np.float32))
    assert labels.tolist() == [1]


def test_short_recordings_give_no_clips(items, tmp_path):
    """A recording of 2.3 s has one clip of 2 s and none of 3 s, and no clip anywhere is an error."""
    store = prepare(items[:1], CleanConfig(), config(tmp_path))
    assert len(cut(store, ["train"], "train", 2.0)) == 1
    with pytest.raises(ValueError, match="expected recordings of 3 s or more in the train part"):
        cut(store, ["train"], "train", 3.0)
    with pytest.raises(ValueError, match=r"expected clips of 0\.02 s or more"):
        cut(store, ["train"], "train", 0.001)


def test_moments_are_those_of_all_frames(items, tmp_path):
    """Mean and deviation, taken a few clips at a time, are numpy's over everything."""
    store = prepare(items, CleanConfig(), config(tmp_path))
    clips = cut(store, ["train"] * 6, "train", 0.5)
    mean, deviation = moments(clips, at_once=7)
    rows = clips.batch(np.arange(len(clips)))[0].double().flatten(0, 1)
    assert torch.allclose(mean.double(), rows.mean(0), atol=1e-4)
    assert torch.allclose(deviation.double(), rows.std(0, correction=0), atol=1e-3)
