"""From folders to a manifest: stems are summed, a lone recording is cut, what was heard is remembered."""

import numpy as np
import soundfile

from tests.training.tiny_corpus import chord, talk
from training.learn import manifest as learn_data
from training.learn.examples import ENOUGH_SIDE_S
from training.learn.manifest import look, sort_out, summed, write_manifest
from training.recordings.corpus import Corpus
from training.recordings.layouts import open_any
from training.recordings.reading import read_mono

RATE = 16000


def straight(things, title):
    """Progress that shows nothing."""
    return things


def made(target, bleed, work, stem=""):
    """What the command does with folders: (corpus, findings)."""
    found = summed(open_any([target], [bleed], stem), work, straight)
    measured = look(found, work, straight)
    fit, wrong = sort_out(found, measured)
    return Corpus.from_manifest(write_manifest(fit, measured, work)), wrong


def put(path, x, rate=RATE):
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, x, rate, subtype="FLOAT")


def test_lone_recordings_are_cut_and_both_parts_are_used(tmp_path):
    """One file a side still gives something to learn from and something else to judge by, which together are the file."""
    rng = np.random.default_rng(0)
    put(tmp_path / "me" / "take.wav", talk(rng, RATE, 12.0))
    put(tmp_path / "room" / "fan.wav", 0.1 * rng.normal(size=12 * RATE))
    corpus, _ = made(tmp_path / "me", tmp_path / "room", tmp_path / "work")
    for kind, path in (("target", "me/take.wav"), ("bleed", "room/fan.wav")):
        parts = [corpus.items(kind, split) for split in ("train", "val")]
        assert [len(part) for part in parts] == [1, 1]
        joined = np.concatenate([read_mono(part[0].path) for part in parts])
        assert np.array_equal(joined, read_mono(tmp_path / path))
        assert parts[0][0].seconds > 2 * parts[1][0].seconds


def test_stems_become_one_bleed(tmp_path):
    """The other stems of a track are added, half as loud; they are kept, and not added again."""
    rng = np.random.default_rng(1)
    for track, loud in (("A - One", 1.0), ("B - Two", 0.8)):
        put(tmp_path / "set" / track / "vocals.wav", talk(rng, RATE, 12.0))
        put(tmp_path / "set" / track / "drums.wav", loud * chord(12 * 48000, 48000), 48000)
        put(tmp_path / "set" / track / "bass.wav", 0.5 * chord(6 * 48000, 48000), 48000)
    corpus, _ = made(tmp_path / "set", tmp_path / "set", tmp_path / "work", "vocals")
    bleed = [*corpus.items("bleed", "train"), *corpus.items("bleed", "val")]
    assert len(bleed) == 2
    x = read_mono(next(item.path for item in bleed if item.owner == "A"))
    np.testing.assert_allclose(x[:1000], 0.75 * chord(12 * 48000, 48000)[:1000], atol=1e-5)
    assert len(x) == 12 * 48000
    assert [item.owner for item in corpus.items("target", "val")] in (["A"], ["B"])
    date = bleed[0].path.stat().st_mtime_ns
    made(tmp_path / "set", tmp_path / "set", tmp_path / "work", "vocals")
    assert bleed[0].path.stat().st_mtime_ns == date


def test_what_was_heard_is_remembered(tmp_path, monkeypatch):
    """A second look hears only what is new or has changed, and a line that was cut off is heard again."""
    rng = np.random.default_rng(2)
    for name in ("a", "b"):
        put(tmp_path / "me" / f"{name}.wav", talk(rng, RATE, 6.0))
    put(tmp_path / "room" / "fan.wav", 0.1 * rng.normal(size=12 * RATE))
    found = open_any([tmp_path / "me"], [tmp_path / "room"])
    first = look(found, tmp_path / "work", straight)
    heard, measure = [], learn_data.measure
    monkeypatch.setattr(
        learn_data, "measure", lambda path, *rest: heard.append(path.name) or measure(path, *rest)
    )
    assert look(found, tmp_path / "work", straight) == first
    assert heard == []
    put(tmp_path / "me" / "b.wav", talk(rng, RATE, 7.0))
    look(found, tmp_path / "work", straight)
    assert heard == ["b.wav"]
    notes = tmp_path / "work" / "examples.jsonl"
    notes.write_text(notes.read_text().splitlines()[0][:50] + "\n")
    look(found, tmp_path / "work", straight)
    assert heard[1:] == ["a.wav", "b.wav", "fan.wav"]


def test_what_is_unfit_is_not_in_the_manifest(tmp_path):
    """A silent file is an error, and not learned from; the advice to record more can be left out."""
    rng = np.random.default_rng(3)
    for name in ("a", "b"):
        put(tmp_path / "me" / f"{name}.wav", talk(rng, RATE, 6.0))
    put(tmp_path / "me" / "mute.wav", np.zeros(RATE))
    put(tmp_path / "room" / "fan.wav", 0.1 * rng.normal(size=12 * RATE))
    corpus, wrong = made(tmp_path / "me", tmp_path / "room", tmp_path / "work")
    assert not any(item.path.stem == "mute" for item in corpus.all)
    assert any("is silent" in finding.what for finding in wrong)
    found = open_any([tmp_path / "me"], [tmp_path / "room"])
    measured = look(found, tmp_path / "work", straight)
    few = [f for f in sort_out(found, measured, enough_side_s=10.0)[1] if not f.path]
    assert few == []
    assert ENOUGH_SIDE_S > 10.0
