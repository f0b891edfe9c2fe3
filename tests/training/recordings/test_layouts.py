"""Data sets as they come: each layout gives the right files to each side, and no owner lies on both sides of a split."""

import numpy as np
import pytest
import soundfile

from tests.training.tiny_corpus import make
from training.learn.manifest import look
from training.recordings.corpus import Corpus
from training.recordings.layouts import find, layout, open_any, with_splits


def touch(root, *names):
    """Very short sounds under these names."""
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        soundfile.write(root / name, np.zeros(48), 48000)
    return root


def names(found):
    return sorted(one.paths[0].name for one in found)


def test_musan_gives_its_speech_and_the_rest(tmp_path):
    """MUSAN: speech is target, music and noise are bleed; an artist's music has one owner; licences are named."""
    touch(
        tmp_path,
        "speech/librivox/s-0.wav",
        "music/fma/m-0.wav",
        "music/fma/m-1.wav",
        "noise/free-sound/n-0.wav",
    )
    (tmp_path / "music/fma/ANNOTATIONS").write_text("m-0 folk Y Some Body\nm-1 rock,pop N Some Body\n")
    (tmp_path / "music/fma/LICENSE").write_text("CC BY")
    assert layout(tmp_path) == "musan"
    assert names(find(tmp_path, "target")) == ["s-0.wav"]
    bleed = find(tmp_path, "bleed")
    assert [(one.kind, one.owner) for one in bleed] == [
        ("music", "Some Body"),
        ("music", "Some Body"),
        ("noise", "n-0"),
    ]
    assert bleed[0].licence == "see music/fma/LICENSE"


def test_gtzan_is_music(tmp_path):
    """GTZAN's genres are music when they are bleed, .au or .wav; macOS's shadow files are not sounds."""
    touch(tmp_path, "genres/blues/blues.00000.au", "genres/rock/rock.00001.wav")
    (tmp_path / "genres/rock/._rock.00001.wav").write_bytes(b"x")
    assert layout(tmp_path) == "gtzan"
    found = find(tmp_path, "bleed")
    assert names(found) == ["blues.00000.au", "rock.00001.wav"]
    assert {one.kind for one in found} == {"music"}


def test_gtzan_music_speech_is_told_apart(tmp_path):
    """GTZAN's music/speech set: speech_wav is target, music_wav bleed."""
    touch(tmp_path, "music_wav/bagpipe.wav", "speech_wav/allison.wav")
    assert names(find(tmp_path, "target")) == ["allison.wav"]
    assert names(find(tmp_path, "bleed")) == ["bagpipe.wav"]


def test_stems_are_one_against_the_sum_of_the_others(tmp_path):
    """MUSDB18's way: the chosen stem is target, the other stems without the mixture are summed; test is val."""
    for track in ("train/A - One", "train/A - Two", "test/B - Three"):
        touch(tmp_path, *(f"{track}/{stem}.wav" for stem in ("mixture", "vocals", "drums", "bass", "other")))
    target, bleed = find(tmp_path, "target", "drums"), find(tmp_path, "bleed", "drums")
    assert [one.paths[0].stem for one in target] == ["drums"] * 3
    assert [p.stem for p in bleed[0].paths] == ["bass", "other", "vocals"]
    assert [(one.owner, one.split) for one in target] == [("B", "val"), ("A", "train"), ("A", "train")] or [
        (one.owner, one.split) for one in target
    ] == [("A", "train"), ("A", "train"), ("B", "val")]
    with pytest.raises(ValueError, match="--stem with one of bass, drums, other, vocals"):
        find(tmp_path, "target")


def test_plain_folders_are_split_by_sub_folder_or_file(tmp_path):
    """Four speakers' folders are four owners; loose files own themselves; a single file is one too."""
    touch(tmp_path / "a", *(f"speaker{i}/{take}.wav" for i in range(4) for take in "xy"))
    touch(tmp_path / "b", "one.wav", "two.flac", "notes.wav")
    assert {one.owner for one in find(tmp_path / "a", "target")} == {f"speaker{i}" for i in range(4)}
    assert {one.owner for one in find(tmp_path / "b", "bleed")} == {"one.wav", "two.flac", "notes.wav"}
    assert names(find(tmp_path / "b" / "one.wav", "bleed")) == ["one.wav"]


def test_a_manifest_keeps_its_classes_and_splits(tmp_path):
    """A corpus with a manifest: speech is target, noise and music are bleed, drums are neither."""
    make(tmp_path)
    assert {one.kind for one in find(tmp_path, "target")} == {"speech"}
    assert {one.kind for one in find(tmp_path, "bleed")} == {"noise", "music"}


def test_no_owner_is_learned_from_and_judged(tmp_path):
    """Both splits have somebody on each side, nobody is in both, and the same files give the same split."""
    touch(tmp_path / "t", *(f"{i}.wav" for i in range(20)))
    touch(tmp_path / "b", "x.wav", "y.wav")
    found = open_any([tmp_path / "t"], [tmp_path / "b"])
    for side in ("target", "bleed"):
        owners = {
            s: {one.owner for one in found if (one.side, one.split) == (side, s)} for s in ("train", "val")
        }
        assert owners["train"] and owners["val"] and not owners["train"] & owners["val"]
    assert open_any([tmp_path / "t"], [tmp_path / "b"]) == found
    assert [one.split for one in with_splits(find(tmp_path / "b" / "x.wav", "bleed"))] == ["train"]


@pytest.mark.parametrize("place", ["nowhere", "empty"])
def test_nothing_there_is_said_in_a_sentence(tmp_path, place):
    """A folder that is not there, or holds no sound, is refused by name."""
    (tmp_path / "empty").mkdir()
    with pytest.raises(FileNotFoundError, match=place):
        find(tmp_path / place, "target")


def test_folders_behind_links(tmp_path):
    """Linked folders are searched, loops end; a link that leads nowhere is listed, so that hearing it says so."""
    touch(tmp_path / "far", "b.wav")
    touch(tmp_path / "in", "a.wav")
    (tmp_path / "in" / "link").symlink_to(tmp_path / "far")
    (tmp_path / "in" / "loop").symlink_to(tmp_path / "in")
    (tmp_path / "in" / "lost").symlink_to(tmp_path / "gone")
    assert names(find(tmp_path / "in", "bleed")) == ["a.wav", "b.wav", "lost"]
    heard = look(find(tmp_path / "in", "bleed"), tmp_path / "work", lambda things, title: things)
    assert [bool(one.problem) for one in heard] == [False, False, True]
    (tmp_path / "in" / "lost").unlink()
    for path in (tmp_path / "in" / "a.wav", tmp_path / "far" / "b.wav"):
        soundfile.write(path, np.r_[np.full(48000, 0.5), np.zeros(48000)], 48000)
    corpus = Corpus.from_folders([tmp_path / "in"], [tmp_path / "far"])
    assert sorted(item.owner for item in corpus.all if item.kind == "target") == ["a.wav", "link/b.wav"]
    (tmp_path / "in" / "lost").symlink_to(tmp_path / "gone")
    with pytest.raises(FileNotFoundError, match="lost is a link that leads nowhere"):
        Corpus.from_folders([tmp_path / "in"], [tmp_path / "far"])
