"""Recorded guitars: phrases with true silence between them, songs' guitars beside their bands, and scenes of both."""

import json
from dataclasses import replace

import numpy as np
import pytest

from gate.constants import BLOCK, RATE
from gate.levels import block_levels_db, loud_level_db
from tests.training import tiny_corpus
from training import config_file as configs
from training.instruments import recorded_guitars as recorded
from training.labels import label
from training.recordings.corpus import Corpus
from training.scenes.compose import SceneConfig, compose, make
from training.scenes.judged import judged_scenes, make_judged
from training.sounds.bench import Bench, Studio
from training.sounds.bleed import bleed_track
from training.sounds.recipe import from_dict, to_dict
from training.teach.config import Config

SNR_DB = 0.1
"""Loud levels are set once, by a factor; single precision is far finer."""
OF_SPEED = 3
"""Samples by which a resampled phrase may start elsewhere: places are whole samples."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tiny_corpus.make(tmp_path_factory.mktemp("corpus"), kit=True, band=True)


@pytest.fixture(scope="module")
def corpus(folder):
    return Corpus.from_manifest(folder)


def studio_of(corpus, seed, n=6 * RATE):
    """Where a part is drawn and made from a seed."""
    return Studio(Bench(corpus, n), np.random.default_rng(seed), "train")


def song(corpus, name):
    """One song of the tiny corpus, by its name."""
    return next(one for one in recorded.songs(corpus, "train") if one.name == name)


def test_playing_is_found_and_rests_are_measured(corpus):
    """Notes with a second's rest now and then: a few stretches, a quarter rest. What never rests is not clean."""
    item = next(i for i in corpus.all if i.name.endswith("rests_train/guitar.ogg"))
    found = recorded.find_playing(corpus.load(item))
    assert found.clean and 2 <= len(recorded.runs(np.isin(np.arange(6000), _blocks(found)), 1)) <= 4
    assert 0.1 < found.rests < 0.5
    never = next(i for i in corpus.all if i.name.endswith("never_train/guitar.ogg"))
    assert not recorded.find_playing(corpus.load(never)).clean
    assert not recorded.find_playing(np.zeros(RATE, np.float32)).clean


def test_a_hum_under_the_playing_is_found_though_rests_are_silent(corpus):
    """Somebody cut the rests to digital silence: what hums between the notes, 20 dB under, is no part of a label."""
    item = next(i for i in corpus.all if i.name.endswith("rests_train/guitar.ogg"))
    x = corpus.load(item)
    found = recorded.find_playing(x)
    plays = np.repeat(np.isin(np.arange(len(x) // BLOCK), _blocks(found)), BLOCK)
    x = x[: len(plays)] * plays
    assert recorded.find_playing(x).clean
    hum = 10.0 ** ((found.loud_db - 20.0) / 20.0) * np.random.default_rng(0).normal(size=len(x)).astype(
        np.float32
    )
    noisy = recorded.find_playing(x + hum * plays)
    assert not noisy.clean and noisy.floor_db == pytest.approx(noisy.loud_db - 20.0, abs=6.0)


def _blocks(found):
    return np.concatenate([np.arange(a, b) for a, b in found.spans])


def test_targets_are_those_that_rest_over_a_quiet_floor(corpus):
    """The guitar that never rests is none; its song is a band all the same, and so are stems without the voice."""
    found = {one.name: one for one in recorded.songs(corpus, "train")}
    assert {name: one.guitar is not None for name, one in found.items()} == {
        "rests_train": True, "never_train": False, "stems_train": False,
    }  # fmt: skip
    assert [item.kind for item in found["stems_train"].band] == ["songs/drums", "songs/bass"]
    assert [item.kind for item in found["rests_train"].band] == ["songs/song"]
    assert [item.path.stem for item in recorded.phrase_items(corpus, "train")] == ["line_train"]
    with pytest.raises(ValueError, match="expected a song with a guitar that rests, got never_train; take"):
        recorded.song_stretch(studio_of(corpus, 0), found["never_train"])


def test_phrases_keep_their_time_and_rest_in_silence(corpus):
    """What is between phrases is exactly zero, though the recording hums there; each seed gives other phrases."""
    items = recorded.phrase_items(corpus, "train")
    silent, tracks = [], set()
    for seed in range(6):
        studio = studio_of(corpus, seed, 10 * RATE)
        x = studio.bench.made(recorded.phrase_track(studio, items))
        silent.append(np.mean(x == 0.0))
        tracks.add(x.tobytes())
        assert loud_level_db(block_levels_db(x)) == pytest.approx(recorded.PHRASES_DB, abs=4.0)
    assert 0.05 < np.mean(silent) < 0.8 and len(tracks) == 6


def test_a_song_s_guitar_and_its_band_are_aligned(corpus):
    """At the song's own speed both are the recordings' own samples from one place on; the guitar's rests are silent."""
    chosen = song(corpus, "rests_train")
    for seed in range(4):
        studio = studio_of(corpus, seed)
        track, band = recorded.song_stretch(studio, chosen, 1.0)
        start = band.part.parts[0][0].start
        guitar, others = (corpus.load(i, start, start + studio.n) for i in (chosen.guitar, chosen.band[0]))
        x = studio.bench.made(track)
        np.testing.assert_array_equal(studio.bench.made(band), others)
        loud = np.abs(guitar) > 0.1
        np.testing.assert_allclose(x[loud], guitar[loud], rtol=1e-5)
        assert 0.05 < np.mean(x == 0.0) < 0.95


def test_at_another_speed_they_are_aligned_too(corpus):
    """The first loud sample is where the speed puts it."""
    chosen = song(corpus, "rests_train")
    studio = studio_of(corpus, 3)
    track, band = recorded.song_stretch(studio, chosen, 0.9)
    start = band.part.parts[0][0].start
    first = track.phrases[0].phrase.spans[0][0]
    assert abs(track.phrases[0].at - (first - start) / 0.9) <= OF_SPEED
    assert band.part.parts[0][0].speed == track.phrases[0].speed == 0.9


CONFIG = SceneConfig(seconds=4.0, target="guitar", phrases=0.5, band=0.6, coder=0.2)


def test_scenes_of_phrases_and_bands_are_made_again(corpus, folder):
    """From their recipes as JSON, in a corpus that was opened again; all of it occurs."""
    again, found = Corpus.from_manifest(folder), set()
    for seed in range(14):
        made = compose(corpus, np.random.default_rng(seed), CONFIG)
        same = make(from_dict(json.loads(json.dumps(to_dict(made.drawn), allow_nan=False))), again)
        assert (
            made.mixture.tobytes() == same.mixture.tobytes()
            and made.target.tobytes() == same.target.tobytes()
        )
        assert made.recipe == same.recipe and np.all(np.isfinite(made.mixture))
        found |= {*made.recipe.get("played", []), *made.recipe.get("bleed", [])}
    assert found >= {"phrases", "song", "band:rests_train", "band:stems_train"}


def test_chances_of_nought_draw_nothing(corpus, tmp_path):
    """Without the chances nothing recorded is heard, and what the split lacks leaves scenes as they were."""
    plain = Corpus.from_manifest(tiny_corpus.make(tmp_path, kit=True))
    for seed in range(4):
        one = compose(plain, np.random.default_rng(seed), replace(CONFIG, phrases=0.0, band=0.0))
        two = compose(plain, np.random.default_rng(seed), CONFIG)
        assert one.mixture.tobytes() == two.mixture.tobytes()
        other = compose(corpus, np.random.default_rng(seed), replace(CONFIG, phrases=0.0, band=0.0)).recipe
        assert not {"phrases", "song"} & set(other.get("played", []))
        assert not [name for name in other.get("bleed", []) if name.startswith("band:")]


def test_a_guitar_is_judged_in_its_band(corpus, folder, tmp_path):
    """After all other kinds, which stay what they were; at the usual SNRs, with rests and playing, made again."""
    made = judged_scenes(corpus, "val", per_kind=2, target="guitar")
    kinds = ["hum", "noise", "kit", "music", "band"]
    assert [one.recipe["kind"] for one in made] == [kind for kind in kinds for _ in range(2)]
    for index, one in enumerate(made[8:]):
        assert one.recipe["guitar"] == "rests_val" and one.recipe["bleed"] == ["band:rests_val"]
        bleed_db = loud_level_db(block_levels_db(one.mixture - one.target))
        assert one.loud_db - bleed_db == pytest.approx((0.0, 5.0)[index], abs=SNR_DB)
        assert {0, 1} <= set(label(block_levels_db(one.target), one.recipe["threshold_db"]).tolist())
        again = make_judged(
            from_dict(json.loads(json.dumps(to_dict(one.drawn)))), Corpus.from_manifest(folder)
        )
        assert again.mixture.tobytes() == one.mixture.tobytes() and again.recipe == one.recipe
        assert len(one.mixture) == 20 * RATE // BLOCK * BLOCK
    plain = Corpus.from_manifest(tiny_corpus.make(tmp_path, kit=True))
    assert {one.recipe["kind"] for one in judged_scenes(plain, "val", per_kind=1, target="guitar")} == set(
        kinds[:4]
    )


def test_stems_are_music_for_who_asks(corpus):
    """Drums, bass and other; never a voice, nor a song that may hold one."""
    found = {
        name
        for seed in range(150)
        for name in bleed_track(studio_of(corpus, seed, RATE), 1, songs=True).names
    }
    stems = {name for name in found if name.startswith("music:") and name != "music:train"}
    assert stems == {"music:stems_train drums", "music:stems_train bass"}
    assert not [
        n for seed in range(60) for n in bleed_track(studio_of(corpus, seed, RATE), 1).names if "stems" in n
    ]
    voice = SceneConfig(seconds=1.0, songs=True, bleed_alone=0.0, target_alone=0.0)
    said = [compose(corpus, np.random.default_rng(s), voice).recipe["bleed"] for s in range(40)]
    assert any("stems_train" in name for names in said for name in names)


def test_they_can_be_set_in_a_configuration(tmp_path):
    """In TOML, as every setting of scenes."""
    path = tmp_path / "guitar.toml"
    path.write_text('[scene]\ntarget = "guitar"\nphrases = 0.3\nband = 0.2\nsongs = true\nreal_mic = 0.5\n')
    scene = configs.load(path, Config).scene
    assert (scene.phrases, scene.band, scene.songs, scene.real_mic) == (0.3, 0.2, True, 0.5)
