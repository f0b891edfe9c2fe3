"""Scenes: what every mixture promises, whatever was drawn."""

import json

import numpy as np
import pytest

from gate.constants import BLOCK, RATE
from gate.levels import block_levels_db, loud_level_db
from tests.training import tiny_corpus
from training.labels import label
from training.recordings.corpus import Corpus
from training.scenes import draw
from training.scenes.compose import SceneConfig, compose
from training.scenes.judged import judged_scenes
from training.sounds import phrases
from training.sounds.bench import Bench, Studio

SNR_DB = 0.1
"""Loud levels are set once, by a factor; single precision is far finer."""
SHORT = SceneConfig(seconds=3.0)
PLAIN = SceneConfig(
    seconds=3.0,
    loud_db=(-45.0, -35.0),  # quiet enough for no peak to reach full scale
    bleed_alone=0.0,
    target_alone=0.0,
    noise_floor=0.0,
    coder=0.0,
    clip=0.0,
    drop_outs=0.0,
    mute=0.0,
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tiny_corpus.make(tmp_path_factory.mktemp("corpus"))


@pytest.fixture(scope="module")
def corpus(folder):
    return Corpus.from_manifest(folder)


def scene(corpus, seed, config=SHORT, split="train"):
    return compose(corpus, np.random.default_rng(seed), config, split)


@pytest.mark.parametrize("seed", range(30))
def test_every_scene_keeps_its_promises(corpus, seed):
    """Finite float32 of whole blocks within full scale, its loud level as said, its recipe fit for JSON."""
    made = scene(corpus, seed)
    for x in (made.mixture, made.target):
        assert (x.dtype, x.shape) == (np.float32, (3 * RATE // BLOCK * BLOCK,))
        assert np.all(np.isfinite(x))
    assert np.max(np.abs(made.mixture)) <= 1.0 + 1e-6
    assert np.isnan(made.loud_db) == (not np.any(made.target))
    if np.any(made.target):
        assert made.loud_db == pytest.approx(loud_level_db(block_levels_db(made.target)), abs=1e-6)
    json.dumps(made.recipe)


def test_same_seed_same_scene(corpus, folder):
    """A scene depends on corpus, configuration and seed alone, not on what was loaded before."""
    fresh = Corpus.from_manifest(folder)
    for seed in (3, 4):
        one, two = scene(corpus, seed), scene(fresh, seed)
        np.testing.assert_array_equal(one.mixture, two.mixture)
        np.testing.assert_array_equal(one.target, two.target)
        assert one.recipe == two.recipe


def test_without_losses_the_rest_is_bleed_at_its_snr(corpus):
    """With nothing lost, mixture minus target is bleed, as far under the target as the recipe says."""
    for seed in range(8):
        made = scene(corpus, seed, PLAIN)
        bleed_db = loud_level_db(block_levels_db(made.mixture - made.target))
        assert made.loud_db - bleed_db == pytest.approx(made.recipe["snr_db"], abs=SNR_DB)
        assert -5.0 <= made.recipe["snr_db"] <= 40.0


def test_bleed_alone_and_target_alone(corpus):
    """Certain of one side, there is nothing of the other."""
    bleed = scene(corpus, 1, SceneConfig(seconds=2.0, bleed_alone=1.0))
    assert not np.any(bleed.target)
    assert np.any(bleed.mixture)
    assert np.isfinite(bleed.recipe["bleed_loud_db"])
    target = scene(
        corpus, 1, SceneConfig(seconds=2.0, bleed_alone=0.0, target_alone=1.0, coder=0.0, clip=0.0)
    )
    np.testing.assert_array_equal(target.mixture, target.target)


def test_both_kinds_of_alone_are_drawn_as_often_as_asked(corpus):
    """Of many scenes, about 8 % are bleed alone and 5 % target alone."""
    config = SceneConfig(seconds=0.5)
    made = [scene(corpus, seed, config) for seed in range(300)]
    bleed_alone = sum("speakers" not in one.recipe for one in made)
    target_alone = sum("bleed" not in one.recipe for one in made)
    assert 12 <= bleed_alone <= 38
    assert 5 <= target_alone <= 28


def test_pauses_are_true_silence(corpus):
    """Without a room, the target is exactly zero in the pauses between utterances."""
    studio = Studio(Bench(corpus, 10 * RATE), np.random.default_rng(0), "train")
    people = [list(corpus.items("speech", "train"))]
    track = studio.bench.made(phrases.speech_track(studio, people, [1.0]))
    silent = np.mean(track == 0.0)
    assert 0.1 < silent < 0.9


def test_background_of_a_target_is_taken_out(corpus):
    """A recording's hiss between its phrases does not reach the target."""
    item = corpus.items("speech", "train")[0]
    x = corpus.load(item)
    found = phrases.find_phrases(x)
    inside = np.zeros(len(x) // BLOCK, bool)
    for start, stop in found.spans:
        inside[start:stop] = True
    level = block_levels_db(x)
    assert np.all(level[~inside] < found.loud_db - 30.0)
    assert 0.3 < np.mean(inside) < 0.95


def test_no_target_says_what_to_add(tmp_path):
    """A corpus of noisy speech is refused with the range that is needed."""
    corpus = Corpus.from_manifest(tiny_corpus.make(tmp_path, noisy_targets=True))
    with pytest.raises(
        ValueError, match="expected clean speech or targets in the train split, got none; add"
    ):
        scene(corpus, 0, SceneConfig(bleed_alone=0.0))


def test_plain_folders_are_enough(folder):
    """A folder of targets and one of bleed, with nothing else, make scenes in both splits."""
    corpus = Corpus.from_folders(target=[folder / "speech"], bleed=[folder / "noise"])
    for split in ("train", "val"):
        for seed in range(5):
            assert np.any(scene(corpus, seed, SHORT, split).mixture)


def test_judged_scenes_follow_the_protocol(corpus):
    """20 s each, noise then music, SNR 0, 5, 10, 20 dB, thresholds 30, 20, 12 dB under, half in a room."""
    made = judged_scenes(corpus, "val", seed=0, per_kind=8)
    assert [one.recipe["kind"] for one in made] == ["noise"] * 8 + ["music"] * 8
    assert [one.recipe["snr_db"] for one in made[:8]] == [0.0, 5.0, 10.0, 20.0] * 2
    for index, one in enumerate(made[:8]):
        assert len(one.mixture) == 20 * RATE
        assert one.loud_db - one.recipe["threshold_db"] == pytest.approx((30.0, 20.0, 12.0)[index % 3])
        bleed_db = loud_level_db(block_levels_db(one.mixture - one.target))
        assert one.loud_db - bleed_db == pytest.approx(one.recipe["snr_db"], abs=SNR_DB)
        labels = label(block_levels_db(one.target), one.recipe["threshold_db"])
        assert {0, 1} <= set(labels.tolist())
    for snr_db in (0.0, 5.0, 10.0, 20.0):
        rooms = [one.recipe["target_room"] is not None for one in made[:8] if one.recipe["snr_db"] == snr_db]
        assert sorted(rooms) == [False, True]


def test_judged_scenes_are_always_the_same(corpus, folder):
    """The validation set is fixed by its seed."""
    one = judged_scenes(corpus, "val", seed=0, per_kind=1)
    two = judged_scenes(Corpus.from_manifest(folder), "val", seed=0, per_kind=1)
    for a, b in zip(one, two, strict=True):
        np.testing.assert_array_equal(a.mixture, b.mixture)


def test_mixtures_are_drawn_with_their_labels(folder, tmp_path, capsys):
    """The drawing command writes a picture of six scenes, for somebody to look at."""
    out = tmp_path / "labels.png"
    assert draw.main(["--corpus", str(folder), "-o", str(out), "--seed", "1"]) == 0
    assert out.read_bytes().startswith(b"\x89PNG")
    assert "drew 6 scenes of seed 1" in capsys.readouterr().out


def test_drawing_without_a_corpus_is_one_sentence(tmp_path, capsys):
    """A folder without a manifest is said on stderr, and nothing is written."""
    out = tmp_path / "labels.png"
    assert draw.main(["--corpus", str(tmp_path), "-o", str(out)]) == 1
    assert capsys.readouterr().err.startswith("training.scenes.draw: error: expected ")
    assert not out.exists()


@pytest.mark.parametrize("heard_s", [12.0, 0.0])
def test_a_judged_scene_is_never_under_silence(tmp_path, heard_s):
    """Of a recording with half a minute of silence in it another stretch is drawn; one that is all silence is named."""
    rng = np.random.default_rng(0)
    rows = []
    for kind in ("speech", "noise"):
        sound = tiny_corpus.talk(rng) if kind == "speech" else 0.1 * rng.normal(size=16_000)
        tiny_corpus.add(rows, tmp_path, f"{kind}/one.wav", kind, "val", sound, 16_000)
    music = np.zeros(60 * 8_000)
    music[: int(heard_s * 8_000)] = 0.1 * rng.normal(size=int(heard_s * 8_000))
    tiny_corpus.add(rows, tmp_path, "music/rests.wav", "music", "val", music, 8_000)
    tiny_corpus.write_manifest(rows, tmp_path)
    corpus = Corpus.from_manifest(tmp_path)
    if heard_s == 0.0:
        with pytest.raises(ValueError, match=r"expected sound in .*rests\.wav"):
            judged_scenes(corpus, "val", per_kind=1)
        return
    for scene in judged_scenes(corpus, "val", per_kind=6):
        assert np.isfinite(scene.mixture).all() and np.abs(scene.mixture - scene.target).max() > 1e-4
