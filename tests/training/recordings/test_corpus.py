"""The corpus: what a manifest or a folder of recordings becomes, and what is said when it cannot."""

import os
from pathlib import Path

import numpy as np
import pytest
import soundfile

from gate.constants import RATE
from tests.training import tiny_corpus
from training.recordings.corpus import LEAST_RANGE_DB, Corpus
from training.recordings.reading import read_mono

HALF_PRECISION = 2.0**-11
"""Relative: recordings are kept in half precision."""

REAL = Path(os.environ.get("LEARNED_GATE_CORPUS", Path(__file__).parents[4] / "shared" / "corpus"))


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    return Corpus.from_manifest(tiny_corpus.make(tmp_path_factory.mktemp("corpus")))


@pytest.fixture
def real_corpus():
    if not (REAL / "manifest.csv").is_file():
        message = f"no corpus in {REAL}: set LEARNED_GATE_CORPUS to the folder that holds manifest.csv"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)
    return Corpus.from_manifest(REAL)


def test_classes_take_their_subclasses_and_splits_do_not_mix(corpus):
    """Asking for "drums" gives "drums/snare", and nothing of the other split."""
    items = corpus.items("drums", "val")
    assert [item.kind for item in items] == ["drums/snare"]
    assert {item.split for item in items} == {"val"}


def test_noisy_targets_are_left_out(corpus):
    """Speech whose floor is within 38 dB of its loud level is no target."""
    speech = corpus.items("speech", "train")
    assert len(speech) == 3
    assert all(item.range_db >= LEAST_RANGE_DB for item in speech)


def test_load_gives_mono_float32_at_48_khz(corpus):
    """A 16 kHz recording comes as float32 at 48 kHz, with the same tone at the same level."""
    item = corpus.items("music", "train")[0]
    x = corpus.load(item)
    assert (x.dtype, x.ndim, len(x)) == (np.float32, 1, 96000)
    speech = corpus.load(corpus.items("speech", "train")[0])
    assert len(speech) == 6 * RATE


def test_load_of_a_stretch_is_a_piece_of_the_whole(corpus):
    """Loading from start to stop gives those samples."""
    item = corpus.items("noise", "train")[0]
    np.testing.assert_array_equal(corpus.load(item, 1000, 2000), corpus.load(item)[1000:2000])


def test_loading_is_exact_to_half_precision(tmp_path):
    """A 48 kHz file comes back within half precision of itself, channels averaged."""
    x = np.random.default_rng(0).uniform(-0.5, 0.5, (4800, 2)).astype(np.float32)
    (tmp_path / "bleed").mkdir()
    soundfile.write(tmp_path / "bleed" / "x.wav", x, RATE, subtype="FLOAT")
    corpus = Corpus.from_folders(target=[], bleed=[tmp_path / "bleed"])
    np.testing.assert_allclose(corpus.load(corpus.all[0]), x.mean(axis=1), rtol=HALF_PRECISION, atol=1e-7)


def test_cache_keeps_to_its_limit(corpus, tmp_path):
    """Memory for decoded recordings stays under the limit, and forgotten ones come back the same."""
    small = Corpus(corpus.all, cache_bytes=700_000)
    first = small.load(small.all[0])
    for item in small.all:
        small.load(item)
        assert small.cached_bytes <= 700_000
    np.testing.assert_array_equal(small.load(small.all[0]), first)


def test_folders_split_by_name_and_stay_split(tmp_path):
    """Plain folders give targets and bleed in both splits, and more files leave the others where they are."""
    target, bleed = tmp_path / "good", tmp_path / "bad"
    rng = np.random.default_rng(1)
    for folder in (target, bleed):
        folder.mkdir()
        for number in range(40):
            soundfile.write(folder / f"{number}.wav", tiny_corpus.talk(rng, 8000, 0.8), 8000)
    before = {i.path: i.split for i in Corpus.from_folders([target], [bleed]).all}
    assert set(before.values()) == {"train", "val"}
    soundfile.write(bleed / "one_more.wav", tiny_corpus.talk(rng, 8000, 0.8), 8000)
    after = {i.path: i.split for i in Corpus.from_folders([target], [bleed]).all}
    assert before == {path: split for path, split in after.items() if path in before}


def test_two_files_give_one_of_each_split(tmp_path):
    """Even two files are split, so that there is something to choose by."""
    for number in range(2):
        soundfile.write(tmp_path / f"{number}.wav", tiny_corpus.talk(np.random.default_rng(number)), 16000)
    assert sorted(item.split for item in Corpus.from_folders([], [tmp_path]).all) == ["train", "val"]


def test_no_manifest_says_what_to_name(tmp_path):
    """A folder without a manifest: expected, got, remedy."""
    with pytest.raises(
        FileNotFoundError, match=r"expected .*manifest\.csv, got no such file; name the folder"
    ):
        Corpus.from_manifest(tmp_path)


def test_bad_lines_are_named(tmp_path):
    """A missing column, an unknown split and a word for a number are each said with their place."""
    manifest = tmp_path / "manifest.csv"
    manifest.write_text("path,class,split\na,b,train\n")
    with pytest.raises(
        ValueError, match="got none named speaker_or_item, seconds, range_db, bandwidth_hz; add"
    ):
        Corpus.from_manifest(tmp_path)
    head = "path,class,speaker_or_item,split,seconds,range_db,bandwidth_hz\n"
    manifest.write_text(head + "a,speech,x,test,1,2,3\n")
    with pytest.raises(ValueError, match=r"manifest.csv:2: expected split train or val, got 'test'"):
        Corpus.from_manifest(tmp_path)
    manifest.write_text(head + "a,speech,x,val,1,much,3\n")
    with pytest.raises(ValueError, match=r"manifest.csv:2: expected numbers in .*'much'"):
        Corpus.from_manifest(tmp_path)


def test_missing_and_broken_recordings_are_named(tmp_path):
    """A recording that is gone, empty or no audio is named with what to do."""
    (tmp_path / "manifest.csv").write_text(
        "path,class,speaker_or_item,split,seconds,range_db,bandwidth_hz\n"
        "gone.wav,noise,a,train,1,2,3\nbroken.wav,noise,b,train,1,2,3\nempty.wav,noise,c,train,1,2,3\n"
    )
    (tmp_path / "broken.wav").write_text("not audio")
    soundfile.write(tmp_path / "empty.wav", np.zeros(0), RATE)
    corpus = Corpus.from_manifest(tmp_path)
    with pytest.raises(FileNotFoundError, match=r"gone\.wav, got no such file; check the manifest"):
        corpus.load(corpus.all[0])
    with pytest.raises(ValueError, match=r"expected audio in .*broken\.wav, got .*; replace or remove it"):
        corpus.load(corpus.all[1])
    with pytest.raises(
        ValueError, match=r"empty\.wav, got a file that holds no samples, .*; replace or remove it"
    ):
        corpus.load(corpus.all[2])


def test_folders_without_use_are_refused(tmp_path):
    """No such folder, no audio in it, or only targets in noise: expected, got, remedy."""
    with pytest.raises(FileNotFoundError, match=r"expected a folder of target recordings, got .*nowhere"):
        Corpus.from_folders([tmp_path / "nowhere"], [])
    with pytest.raises(FileNotFoundError, match=r"got no file ending in \.wav"):
        Corpus.from_folders([], [tmp_path])
    soundfile.write(tmp_path / "noise.wav", 0.1 * np.random.default_rng(0).normal(size=16000), 16000)
    with pytest.raises(ValueError, match=r"floor is 38 dB or more under .* use cleaner recordings"):
        Corpus.from_folders([tmp_path], [])


def test_unknown_split_is_refused(corpus):
    """A typo in a split is not an empty corpus."""
    with pytest.raises(ValueError, match="expected split train or val, got 'test'"):
        corpus.items("speech", "test")


def test_the_real_corpus_shares_nobody_between_splits(real_corpus):
    """Nobody and nothing in ``train`` is in ``val``, every class is there, and the files are."""
    owners = {
        split: {item.owner for item in real_corpus.all if item.split == split} for split in ("train", "val")
    }
    assert not owners["train"] & owners["val"]
    for kind in ("speech", "noise", "music", "drums/loops", "guitar", "impulse_response"):
        assert real_corpus.items(kind, "train")
        assert real_corpus.items(kind, "val")
    assert all(item.path.is_file() for item in real_corpus.all)


def test_any_rate_becomes_the_one_that_is_asked_for(tmp_path):
    """A tone keeps its pitch; what is no audio is told."""
    t = np.arange(44_100) / 44_100
    soundfile.write(tmp_path / "a.wav", np.stack([0.5 * np.sin(2 * np.pi * 1000 * t)] * 2, 1), 44_100)
    for rate in (16_000, 48_000):
        x = read_mono(tmp_path / "a.wav", rate)
        assert len(x) == rate
        assert np.argmax(np.abs(np.fft.rfft(x))) == 1000
    (tmp_path / "b.wav").write_bytes(b"no")
    with pytest.raises(ValueError, match=r"expected audio in .*b\.wav"):
        read_mono(tmp_path / "b.wav", 16_000)
