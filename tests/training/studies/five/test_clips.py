"""Clips: balanced, telling nothing but the target, kept apart by owner; prepared once, and gone on with."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from tests.training.tiny_corpus import make
from training.recordings.source import DataConfig
from training.studies.five import store
from training.studies.five.clips import (
    ACTIVE_DB,
    CLIP,
    LEVEL_DB,
    Composer,
    Recording,
    from_folders,
    from_manifest,
    lot,
    others_of,
    rms,
    rows_db,
)

COUNTS = {"train": 12, "val": 4, "test": 4}


def tones(folder, hz, count=5):
    """A folder of tones of two seconds, each an owner of its own."""
    folder.mkdir()
    for i in range(count):
        t = np.arange(32_000) / 16_000
        soundfile.write(folder / f"{i}.wav", 0.1 * np.sin(2 * np.pi * hz * t), 16_000)
    return folder


@pytest.fixture
def sides(tmp_path):
    """Low tones are the target, high ones are not."""
    return from_folders([tones(tmp_path / "low", 300)], [tones(tmp_path / "high", 3000)])


def has_low(clip):
    spectrum = np.abs(np.fft.rfft(clip * np.hanning(CLIP)))
    return spectrum[295:306].max() > 0.01 * spectrum.max()


def test_a_clip_holds_the_target_or_does_not(sides):
    """What the label says is what can be heard; every clip is one second within full scale."""
    composer = Composer(sides)
    for i in range(40):
        clip, positive = composer.compose(np.random.default_rng(i), "train")
        assert clip.shape == (CLIP,) and clip.dtype == np.float32 and np.max(np.abs(clip)) <= 1.0
        assert has_low(clip) == positive


def test_level_says_nothing(sides):
    """Clips with and without the target are drawn from one range of levels."""
    composer = Composer(sides)
    levels = {True: [], False: []}
    for i in range(60):
        clip, positive = composer.compose(np.random.default_rng(i), "train")
        levels[positive].append(20 * np.log10(rms(clip)))
    for side in levels.values():
        assert min(side) >= LEVEL_DB[0] - 0.1 and max(side) <= LEVEL_DB[1] + 0.1
        assert max(side) - min(side) > 10.0


def test_the_target_is_never_a_silent_stretch(tmp_path):
    """From a recording that is silent but for its end, a clip takes the end."""
    path = tmp_path / "late.wav"
    x = np.zeros(48_000)
    x[44_000:] = 0.1 * np.random.default_rng(0).standard_normal(4_000)
    soundfile.write(path, x, 16_000)
    composer = Composer([Recording((path,), "a", "a", "train", side) for side in (True, False)])
    for i in range(10):
        clip, _ = composer.compose(np.random.default_rng(i), "train")
        assert np.sum(rows_db(clip) > rows_db(clip).max() - ACTIVE_DB) >= 10


def test_silent_recordings_are_told(tmp_path):
    """Recordings in which nothing sounds end in a sentence, not in a loop."""
    path = tmp_path / "silent.wav"
    soundfile.write(path, np.zeros(32_000), 16_000)
    composer = Composer([Recording((path,), "a", "a", "train", side) for side in (True, False)])
    with pytest.raises(ValueError, match="in which something sounds, got 20 draws in a row without"):
        composer.compose(np.random.default_rng(0), "train")


def test_no_owner_is_on_two_sides_of_a_split(tmp_path):
    """The manifest's val split is the test; some of the other owners validate; noisy speech is left out."""
    folder = make(tmp_path, kit=True)
    manifest = folder / "manifest.csv"
    # the lot that a name draws decides who validates: the middle speaker gets a name that does
    chosen = next(name for name in (f"speaker-{i}" for i in range(100)) if lot(name) < 0.2)
    others = [name for name in (f"speaker-{i}" for i in range(100)) if lot(name) >= 0.2]
    text = manifest.read_text()
    for person, name in enumerate((others[0], chosen, others[1])):
        text = text.replace(f"train-train_{person},train", f"{name},train", 1)
    manifest.write_text(text)
    recordings = from_manifest(folder, "voice")
    targets = {r.owner: r.split for r in recordings if r.target}
    assert targets[chosen] == "val" and targets[others[0]] == targets[others[1]] == "train"
    assert {owner for owner, split in targets.items() if split == "test"} == {
        f"val-val_{i}" for i in range(3)
    }
    assert not any("noisy" in r.paths[0].name for r in recordings if r.target)
    splits = {}
    for r in recordings:
        splits.setdefault(r.owner, set()).add(r.split)
    assert all(len(one) == 1 for one in splits.values())
    assert {"speech", "noise", "music", "guitar", "drums"} == {r.group for r in recordings}


@pytest.mark.corpus
@pytest.mark.parametrize("target", ["voice", "snare", "guitar", "kick", "toms"])
def test_the_recordings_serve_every_target(recordings, target):
    """Each split has the target and other things, with owners of its own."""
    found = from_manifest(Path(__file__).parents[4] / DataConfig().corpus, target)
    assert len(found) <= len(recordings.all)
    owners = {split: {r.owner for r in found if r.split == split} for split in ("train", "val", "test")}
    assert not owners["train"] & owners["val"]
    assert not owners["train"] & owners["test"]
    assert all(owners.values())


@pytest.mark.parametrize("target", ["voice", "snare", "guitar"])
def test_a_target_is_never_among_the_others(target):
    """Nor is music, where nobody has written down whether a snare or a guitar plays in it."""
    assert {"voice": "speech", "snare": "drums/snare", "guitar": "guitar"}[target] not in others_of(target)
    assert ("music" in others_of(target)) == (target == "voice")


def test_unknown_targets_and_missing_recordings_are_told(tmp_path):
    """One sentence each."""
    with pytest.raises(ValueError, match=r"expected a target of voice, .*, got 'tuba'"):
        from_manifest(tmp_path, "tuba")
    with pytest.raises(
        ValueError, match=r"expected target recordings for val in .*, got none; add recordings"
    ):
        from_folders([tones(tmp_path / "low", 300, count=2)], [tones(tmp_path / "high", 3000)])


def test_a_store_that_was_interrupted_ends_up_the_same(tmp_path, sides, monkeypatch):
    """Shards that are there are kept; the rest comes out as it would have."""
    monkeypatch.setattr(store, "SHARD", 4)
    whole = store.prepare(sides, tmp_path / "whole", COUNTS, quiet=True)
    calls = []

    def stop(self, rng, split):
        calls.append(split)
        if len(calls) > 6:
            raise KeyboardInterrupt
        return compose(self, rng, split)

    compose = Composer.compose
    monkeypatch.setattr(Composer, "compose", stop)
    with pytest.raises(KeyboardInterrupt):
        store.prepare(sides, tmp_path / "part", COUNTS, quiet=True)
    part = next((tmp_path / "part").iterdir())
    with pytest.raises(FileNotFoundError, match="expected a finished store"):
        store.load(part)
    made = (part / "train_0000.npy").stat().st_mtime_ns
    monkeypatch.setattr(Composer, "compose", compose)
    assert store.prepare(sides, tmp_path / "part", COUNTS, quiet=True) == part
    assert (part / "train_0000.npy").stat().st_mtime_ns == made
    a, b = store.load(whole), store.load(part)
    for split, count in COUNTS.items():
        one, other = getattr(a, split), getattr(b, split)
        assert len(one.labels) == count
        assert np.array_equal(one.inputs, other.inputs) and np.array_equal(one.labels, other.labels)
    assert not list(part.glob(".*"))


def test_rooms_begin_with_the_direct_sound(sides):
    """Each response's first sample is its direct sound."""
    made = store.rooms(0)
    assert made.shape == (store.ROOMS, store.ROOM)
    assert np.all(made[:, 0] > 0.5)
    assert np.all(np.sum(made[:, 1:] ** 2, axis=1) > 0.0)
