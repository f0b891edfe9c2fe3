"""Scenes of drums and guitars: what is played, what a microphone hears of it, and that voices stayed as they were."""

import hashlib
import itertools
import json
from pathlib import Path

import numpy as np
import pytest

from gate.constants import BLOCK, RATE
from gate.levels import block_levels_db, loud_level_db
from tests.training import tiny_corpus
from training import config_file as configs
from training.instruments import articulation, guitars, hits
from training.instruments import drum_scenes as drums
from training.instruments import drummer as grooves
from training.instruments import guitarist as playing
from training.instruments import kit as kit_of
from training.instruments.kit_sound import Beside, PlayedKit
from training.judging import evaluate
from training.judging.tables import format_tables
from training.labels import label
from training.recordings.corpus import Corpus
from training.scenes import draw
from training.scenes.compose import SceneConfig, compose
from training.scenes.judged import judged_scenes
from training.sounds.bench import Bench, Studio
from training.teach.config import Config
from training.teach.validate import Validation

SNR_DB = 0.1
"""Loud levels are set once, by a factor; single precision is far finer."""
TARGETS = ("snare", "kick", "toms", "guitar")
VOICE = {2: "1bcac0b56e3544a1", 3: "4479f86604a45952", 5: "2b674b417cca9d21"}
"""Seed -> state of the generator after a voice scene and its levels in whole dB, before there were instruments."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tiny_corpus.make(tmp_path_factory.mktemp("corpus"), kit=True)


@pytest.fixture(scope="module")
def corpus(folder):
    return Corpus.from_manifest(folder)


def studio_of(corpus, seed, n=RATE):
    """Where a part is drawn and made from a seed."""
    return Studio(Bench(corpus, n), np.random.default_rng(seed), "train")


@pytest.mark.parametrize("seed", VOICE)
def test_voice_scenes_are_what_they_were(seed, tmp_path):
    """The same draws, in the same order, give the same levels as before drums and guitars could be targets."""
    rng = np.random.default_rng(seed)
    made = compose(Corpus.from_manifest(tiny_corpus.make(tmp_path)), rng, SceneConfig(seconds=3.0, coder=0.0))
    seen = hashlib.sha256(str(rng.bit_generator.state["state"]).encode())
    for x in (made.mixture, made.target):
        seen.update(np.rint(np.maximum(block_levels_db(x), -80.0)).astype(np.int16).tobytes())
    assert seen.hexdigest()[:16] == VOICE[seed]


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("split", ["train", "val"])
def test_every_scene_keeps_its_promises(corpus, target, split):
    """Finite float32 of whole blocks within full scale, with a target or bleed, the same from the same seed."""
    config = SceneConfig(seconds=4.0, target=target)
    for seed in range(6):
        made, again = (compose(corpus, np.random.default_rng(seed), config, split) for _ in range(2))
        for x, y in ((made.mixture, again.mixture), (made.target, again.target)):
            assert (x.dtype, x.shape) == (np.float32, (4 * RATE // BLOCK * BLOCK,))
            assert np.all(np.isfinite(x))
            np.testing.assert_array_equal(x, y)
        assert np.any(made.mixture) and made.recipe["kind"] == target
        assert np.max(np.abs(made.mixture)) <= 1.0 + 1e-6
        json.dumps(made.recipe)


@pytest.mark.parametrize("target", TARGETS)
def test_judged_scenes_follow_the_protocol(corpus, target):
    """20 s each, at SNR 0, 5, 10, 20 dB under each kind, with something to open for and something to shut for."""
    kinds = ["hum", "noise", "kit", "music"] if target == "guitar" else ["kit"]
    made = judged_scenes(corpus, "val", seed=0, per_kind=4, target=target)
    assert [one.recipe["kind"] for one in made] == [kind for kind in kinds for _ in range(4)]
    for index, one in enumerate(made[:4]):
        assert len(one.mixture) == 20 * RATE and np.max(np.abs(one.mixture)) <= 1.0
        assert one.recipe["snr_db"] == (0.0, 5.0, 10.0, 20.0)[index]
        bleed_db = loud_level_db(block_levels_db(one.mixture - one.target))
        assert one.loud_db - bleed_db == pytest.approx(one.recipe["snr_db"], abs=SNR_DB)
        assert {0, 1} <= set(label(block_levels_db(one.target), one.recipe["threshold_db"]).tolist())
        assert (one.recipe["target_room"] is not None) == (index % 2 == 1)


@pytest.mark.parametrize("target", ["kick", "guitar"])
def test_instruments_go_through_validation_and_tables(corpus, target):
    """Judged scenes of any kind become features, truths and rows of a table."""
    scenes = judged_scenes(corpus, "val", per_kind=1, target=target)
    validation = Validation.from_scenes(scenes)
    assert len(validation.truths) == len(scenes)
    shut = evaluate.evaluate(scenes, lambda scene, _: (None, np.full(len(scene.mixture) // BLOCK, 1e-4)))
    assert format_tables({"shut": shut})
    assert all(shut[kind]["missed"] == 1.0 for kind in validation.kinds)


def test_unknown_and_missing_targets_are_named(corpus, tmp_path):
    """A typo, and a corpus without the drum, are each one sentence with a remedy."""
    with pytest.raises(
        ValueError, match="expected a target of voice, snare, kick, toms, guitar, got 'snair'"
    ):
        compose(corpus, np.random.default_rng(0), SceneConfig(target="snair"))
    with pytest.raises(ValueError, match="expected a target of"):
        judged_scenes(corpus, target="snair")
    small = Corpus.from_manifest(tiny_corpus.make(tmp_path))
    with pytest.raises(ValueError, match="expected hits of drums/kick in the train split"):
        compose(small, np.random.default_rng(0), SceneConfig(target="kick", bleed_alone=0.0))
    with pytest.raises(ValueError, match="expected other parts of the kit in the val split"):
        judged_scenes(small, target="snare")


def test_noisy_hits_are_no_targets(corpus):
    """A hit whose steady floor is too near is left out; one that dies away is kept and ends in silence."""
    noisy, clean = (
        next(i for i in corpus.all if i.path.stem == name) for name in ("noisy_train", "kick_train3")
    )
    assert not corpus.derive("hit", noisy, hits.measure).clean
    assert corpus.derive("hit", clean, hits.measure).clean
    x = hits.prepared(corpus, clean, 1.0)
    levels = block_levels_db(x)
    assert levels[-3] < levels.max() - 40.0


def test_pitch_of_a_note_is_found(corpus):
    """The notes of the six strings are measured within a quarter of a semitone."""
    notes = sorted((i for i in corpus.all if "note_train" in i.path.stem), key=lambda i: i.path.stem)
    found = [corpus.derive("hit", item, hits.measure).hz for item in notes]
    np.testing.assert_allclose(
        np.log2(found) * 12, np.log2([82.4, 110.0, 146.8, 196.0, 246.9, 329.6]) * 12, atol=0.25
    )


def test_a_piece_takes_turns_and_follows_the_force(corpus):
    """A softer stroke is quieter by what was asked, within 3 dB, and no take is struck twice in a row."""
    items = [i for i in corpus.items("drums/kick", "train") if "noisy" not in i.path.stem]
    studio = studio_of(corpus, 0)
    piece = hits.recorded_piece(studio, items, 1.0)
    striker = hits.Striker(studio.rng)
    for db in (0.0, -6.0, -20.0):
        struck = [striker.strike(piece, db).make(piece, studio.bench) for _ in range(8)]
        levels = [block_levels_db(x).max() for x in struck]
        assert np.mean(levels) == pytest.approx(db, abs=3.0)
    turns = []
    for _ in range(10):
        turns.append(striker.strike(piece, -2.0).take)
    assert any(a != b for a, b in itertools.pairwise(turns))


@pytest.mark.parametrize("lead", ["snare", "kick", "toms", "kit"])
def test_grooves_are_playable(lead):
    """Strokes come in order, of known parts, none over full force by much, and mostly with the lead in them."""
    parts = {"kick", "snare", "rim", "side", "closed", "open", "pedal", "ride", "bell", "crash"}
    parts |= {f"tom{i}" for i in range(grooves.TOMS)}
    there = 0
    for seed in range(20):
        strokes, told = grooves.groove(np.random.default_rng(seed), 10.0, lead)
        times = [s.at_s for s in strokes]
        assert times == sorted(times) and told
        assert {s.part for s in strokes} <= parts
        assert max(s.db for s in strokes) < 9.0
        there += lead == "kit" or sum(s.part in drums.OF_TARGET[lead] for s in strokes) >= 3
    assert there >= 15


def test_rolls_speed_up_and_slow_down():
    """Over many rolls, strokes 25 to 150 ms apart, some getting faster and some slower by half."""
    ratios = []
    for seed in range(40):
        at = np.array([t for t, _ in grooves.roll(np.random.default_rng(seed), 1.5)])
        gaps = np.diff(at)
        assert np.all((gaps > 0.025) & (gaps < 0.15))
        ratios.append(gaps[-1] / gaps[0])
    assert min(ratios) < 0.67 and max(ratios) > 1.5


def test_an_open_hat_is_stopped_by_the_next(corpus):
    """Behind a closed hat, nothing of the open one rings on."""
    kit = kit_of.assemble(studio_of(corpus, 1), "snare")
    strokes = [grooves.Stroke(0.1, "open", 0.0), grooves.Stroke(0.3, "closed", 0.0)]
    studio = studio_of(corpus, 0)
    tracks = drums.play(studio, kit, strokes).make(studio.bench)
    assert np.any(tracks["open"][int(0.2 * RATE) : int(0.3 * RATE)])
    assert not np.any(tracks["open"][int(0.33 * RATE) :])


def test_the_rest_of_the_kit_comes_late(corpus):
    """What a microphone hears of the others is 1 to 8 ms behind what they play."""
    click = np.zeros(RATE, np.float32)
    click[RATE // 2] = 1.0
    for seed in range(10):
        studio = studio_of(corpus, seed)
        played = PlayedKit(kit_of.Kit((), ()), ())
        studio.bench.keep(played, {"ride": click})
        heard = studio.bench.made(drums.in_bleed_room(studio, Beside(played, drums.ways(studio, ["ride"]))))
        first = int(np.argmax(np.abs(heard) > 1e-6))
        assert 0.0009 * RATE <= first - RATE // 2 <= 0.0085 * RATE


def test_a_guitar_rests_in_true_silence_and_mutes_are_short(corpus):
    """Dry tracks are exactly zero in rests, and a palm mute is over long before the note is."""
    silent = [
        np.mean(playing.guitar_track(studio).make(studio.bench) == 0.0)
        for studio in (studio_of(corpus, seed, 10 * RATE) for seed in range(6))
    ]
    assert 0.03 < np.mean(silent) < 0.8
    studio = studio_of(corpus, 0)
    x = guitars.Player(studio).note(50.0).make(studio.bench)
    muted = articulation.muted(np.random.default_rng(0), 0.06, 1_500.0).make(x)
    assert len(muted) < len(x) / 2
    assert np.sum(np.square(muted)) < 0.3 * np.sum(np.square(x))


def test_shipped_configurations_load():
    """Each target's configuration is read, names itself, and its scenes are of that target."""
    for target in TARGETS:
        found = configs.load(Path(configs.__file__).parent / "configs" / f"{target}.toml", Config)
        assert (found.name, found.scene.target) == (target, target)


def test_drums_are_drawn(folder, tmp_path):
    """The drawing command takes a target."""
    out = tmp_path / "kick.png"
    assert draw.main(["--corpus", str(folder), "-o", str(out), "--target", "kick"]) == 0
    assert out.read_bytes().startswith(b"\x89PNG")
