"""Who is in which part: layouts, shares, and nobody in two parts."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.training import tiny_corpus
from tests.training.studies.swishnet import trees
from training.recordings.corpus import Item
from training.recordings.source import DataConfig
from training.studies.swishnet.recordings import PARTS, data_hash, read_gtzan, read_musan, split, tuning_split
from training.studies.swishnet.settings import SplitConfig

SHARES = (0.65, 0.10, 0.25)
SHARE_TOLERANCE = 0.05
"""With dozens of owners of a few per cent each, time cannot be shared out much better."""


def items(owners, takes=2):
    """Recordings of one class: each owner with some takes of his own length."""
    return [
        Item(Path(f"{o}-{t}.wav"), "speech", f"o{o}", "", seconds=5.0 + o % 7)
        for o in range(owners)
        for t in range(takes)
    ]


def test_musan_is_read_by_class_and_file(tmp_path):
    """Each file of MUSAN is its own owner, with its length."""
    found = read_musan(trees.musan(tmp_path, each=3))
    assert [item.kind for item in found] == ["music"] * 3 + ["noise"] * 3 + ["speech"] * 3
    assert len({item.owner for item in found}) == 9
    assert {item.seconds for item in found} == {4.0}


def test_musan_artists_may_own_their_music(tmp_path):
    """With split.by = owner, files of one artist (ANNOTATIONS) have one owner."""
    trees.musan(tmp_path, each=3)
    lines = "".join(f"music-fma-{n:04} rock N Some Body\n" for n in range(3))
    (tmp_path / "music/fma/ANNOTATIONS").write_text(lines)
    owners = {i.owner for i in read_musan(tmp_path, "owner") if i.kind == "music"}
    assert owners == {"Some Body"}


def test_a_manifest_goes_by_speaker(tmp_path):
    """A corpus with a manifest: speech, music and noise alone, owners as the manifest names them."""
    found = read_musan(tiny_corpus.make(tmp_path))
    assert {item.kind for item in found} == {"speech", "music", "noise"}
    assert "train-train_0" in {item.owner for item in found}
    assert len({item.owner for item in read_musan(tmp_path, "file")}) == len(found)


def test_shares_are_kept_in_time_and_nobody_is_in_two_parts():
    """65, 10 and 25 % of the time, by owner."""
    made = split(items(60), SplitConfig(), seed=0)
    owners = [{i.owner for i in made if i.split == part} for part in PARTS]
    assert not (owners[0] & owners[1] or owners[0] & owners[2] or owners[1] & owners[2])
    total = sum(i.seconds for i in made)
    for part, share in zip(PARTS, SHARES, strict=True):
        assert sum(i.seconds for i in made if i.split == part) / total == pytest.approx(
            share, abs=SHARE_TOLERANCE
        )


def test_a_long_owner_does_not_fill_a_small_part():
    """An owner with a third of all the time is learned from: he fits nowhere else."""
    some = [replace(i, seconds=100.0) if i.owner == "o0" else i for i in items(30)]
    for seed in range(5):
        made = split(some, SplitConfig(), seed)
        assert {i.split for i in made if i.owner == "o0"} == {"train"}


def test_the_seed_decides():
    """The same seed gives the same split, in any order of the recordings; another gives another."""
    some = items(20)
    one = {i.path: i.split for i in split(some, SplitConfig(), 0)}
    assert one == {i.path: i.split for i in split(some[::-1], SplitConfig(), 0)}
    assert one != {i.path: i.split for i in split(some, SplitConfig(), 1)}


def test_three_owners_are_one_for_each_part():
    """However little there is, every part has somebody."""
    for seed in range(5):
        assert {i.split for i in split(items(3), SplitConfig(), seed)} == set(PARTS)


def test_tuning_takes_a_quarter_of_each_class(tmp_path):
    """Of GTZAN's files a quarter of each class is tuned on, all others judge."""
    made = tuning_split(read_gtzan(trees.gtzan(tmp_path, each=8, seconds=0.5)), 0.25, 0)
    for kind in ("speech", "music"):
        own = [i.split for i in made if i.kind == kind]
        assert (own.count("train"), own.count("test")) == (2, 6)


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda folder: read_musan(folder / "nowhere"), "expected a folder of recordings"),
        (lambda folder: read_musan(folder), "expected MUSAN's folders speech, music and noise"),
        (lambda folder: read_musan(folder, "day"), "expected auto, file or owner for split.by, got 'day'"),
        (lambda folder: read_gtzan(folder), "expected GTZAN's folders music_wav and speech_wav"),
        (lambda folder: split(items(2), SplitConfig(), 0), "expected at least 3 owners of speech"),
        (
            lambda folder: split(items(9), SplitConfig(train=0.9), 0),
            "expected split.train and split.val over 0",
        ),
        (lambda folder: tuning_split(items(1, 1), 0.25, 0), "expected two or more recordings of speech"),
    ],
)
def test_what_is_not_enough_is_said(tmp_path, call, says):
    """No folder, another layout, too few owners, impossible shares: each in a sentence."""
    (tmp_path / "a.wav").write_bytes(b"")
    with pytest.raises((ValueError, FileNotFoundError), match=says):
        call(tmp_path)


def test_a_class_without_recordings_is_named(tmp_path):
    """MUSAN without its noise is not MUSAN."""
    trees.musan(tmp_path, each=1, seconds=0.5)
    for path in (tmp_path / "noise").rglob("*.wav"):
        path.unlink()
    with pytest.raises((ValueError, FileNotFoundError), match="noise"):
        read_musan(tmp_path)


def test_a_file_that_is_not_sound_is_named(tmp_path):
    """The sentence names the file."""
    trees.musan(tmp_path, each=1, seconds=0.5)
    (tmp_path / "noise/free-sound/noise-0009.wav").write_text("no sound")
    with pytest.raises(ValueError, match=r"noise-0009\.wav"):
        read_musan(tmp_path)


def test_the_hash_knows_recordings_and_parts(tmp_path):
    """The same recordings in the same parts have the same hash; other parts, or one recording less, another."""
    found = read_musan(trees.musan(tmp_path, seconds=0.1))
    first, other = split(found, SplitConfig(), 0), split(found, SplitConfig(), 1)
    assert data_hash(first) == data_hash(split(found, SplitConfig(), 0))
    assert len({data_hash(first), data_hash(other), data_hash(first[1:])}) == 3


@pytest.mark.corpus
def test_the_corpus_can_be_split(recordings):
    """Of the recordings that presets are taught with, each class has its parts, and no speaker is in two."""
    folder = Path(DataConfig().corpus)
    made = split(read_musan(folder), SplitConfig(), 0)
    for kind in ("speech", "music", "noise"):
        owners = [{i.owner for i in made if (i.split, i.kind) == (part, kind)} for part in PARTS]
        assert all(owners)
        assert not (owners[0] & owners[1] or owners[0] & owners[2] or owners[1] & owners[2])
    assert len(data_hash(made)) == 64
