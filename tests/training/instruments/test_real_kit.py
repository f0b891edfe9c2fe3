"""A real kit as one of its microphones heard it: which microphones, at which levels, and as scenes."""

import json
import shutil
from dataclasses import replace

import numpy as np
import pytest

from gate.constants import RATE
from gate.levels import block_levels_db, loud_level_db
from tests.training import tiny_corpus
from tests.training.tiny_corpus import BLEED_DB
from training.instruments import microphones as heard
from training.instruments import real_kit
from training.instruments.wanted import Wanted
from training.judging import evaluate
from training.recordings.corpus import Corpus
from training.scenes.compose import SceneConfig, compose, make
from training.scenes.judged import judged_scenes, make_judged
from training.sounds.bench import Bench, Studio
from training.sounds.recipe import from_dict, to_dict
from training.teach.validate import Validation

LEADS = ("snare", "kick", "toms")
FORCE_DB = 3.0
"""The drummer strikes each drum with another force each time; the hardest strokes of 10 s are this near to full ones."""
HALF_PRECISION_DB = -60.0
"""Recordings are held in half precision: what a subtraction leaves is at least so far under what was subtracted."""
SNR_DB = 0.1
"""Loud levels are set once, by a factor; single precision is far finer."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tiny_corpus.make(tmp_path_factory.mktemp("corpus"), kit=True, mics=True)


@pytest.fixture(scope="module")
def corpus(folder):
    return Corpus.from_manifest(folder)


def studio_of(corpus, seed, n=10 * RATE):
    """Where a part is drawn and made from a seed."""
    return Studio(Bench(corpus, n), np.random.default_rng(seed), "train")


def microphone(corpus, lead, name):
    """One microphone of the kit, by its name."""
    return next(one for one in heard.microphones(corpus, "train", lead) if one.name == name)


def test_microphones_are_those_that_stood_at_a_drum(corpus):
    """The second bass drum's hears the first as bleed: it is none. Grooves count where only the drum is there too."""
    found = {lead: heard.microphones(corpus, "train", lead) for lead in LEADS}
    assert {lead: [(one.kit, one.name, one.own) for one in found[lead]] for lead in LEADS} == {
        "snare": [("kit_train", "snare_top", "snare")],
        "kick": [("kit_train", "kick_l", "kick")],
        "toms": [("kit_train", "tom1", "tom1"), ("kit_train", "tom2", "tom2")],
    }
    assert [len(one.grooves) for lead in LEADS for one in found[lead]] == [1, 1, 0, 0]
    assert len(found["snare"][0].strokes) == 3 * len(tiny_corpus.REELS)


def test_parts_of_the_bleed_are_at_their_true_levels(corpus):
    """Each drum's hardest stroke is as far under the microphone's own as in the recordings."""
    studio = studio_of(corpus, 0)
    snare = microphone(corpus, "snare", "snare_top")
    pieces = real_kit._pieces(snare, real_kit._parts(snare), 1.0)
    top_db = {part: max(piece.levels_db) for part, piece in pieces.items()}
    made = real_kit._played(studio, replace(snare, grooves=()), 1.0, Wanted(0.0, 0.0))
    ways = {way.part: way.far_db for way in made.bleed.ways}
    assert len(ways) >= 2
    for part, db in ways.items():
        stands_for = {"pedal": "closed", "open": "crash", "bell": "closed", "ride": "closed"}.get(part, part)
        assert db == pytest.approx(top_db[stands_for] - top_db["snare"], abs=1e-3)
    assert top_db["kick"] < top_db["snare"] + BLEED_DB["kick"] + 12.0
    target, bleed = studio.bench.made(made)
    assert np.max(block_levels_db(target)) == pytest.approx(0.0, abs=FORCE_DB)
    assert np.max(block_levels_db(bleed)) < -20.0


def test_a_kit_stays_one_kit(corpus):
    """All strokes of a scene are read at one speed."""
    for seed in range(4):
        made = real_kit.microphone_sides(
            studio_of(corpus, seed), microphone(corpus, "toms", "tom1"), Wanted(0.0, 0.0)
        )
        ratios = {take.ratio for piece in made.target.played.kit.pieces for take in piece.takes}
        assert len(ratios) == 1 and real_kit.CHANCES.speed[0] <= ratios.pop() <= real_kit.CHANCES.speed[1]


def test_other_toms_are_neither_target_nor_raised(corpus):
    """With bleed brought to an SNR, nobody could tell them from the microphone's own; at true levels they bleed."""
    tom = microphone(corpus, "toms", "tom1")
    parts = {True: set(), False: set()}
    for whole_family in parts:
        for seed in range(6):
            made = real_kit._played(studio_of(corpus, seed), tom, 1.0, Wanted(0.0, 0.0), whole_family)
            assert set(made.target.parts) == {"tom0", "tom1"}
            parts[whole_family] |= {way.part for way in made.bleed.ways}
    assert not {part for part in parts[False] if part.startswith("tom")}
    assert parts[True] >= {"tom2", "tom3"}


def test_a_groove_is_its_drum_and_the_rest(corpus):
    """Target and bleed add up to the recording, at every speed; the snare's rests have none of it in the target."""
    snare = microphone(corpus, "snare", "snare_top")
    for speed in (1.0, 0.9):
        studio = studio_of(corpus, 1, 3 * RATE)
        made = real_kit._recorded(studio, snare, speed)
        target, bleed = studio.bench.made(made)
        everything = studio.bench.made(made.bleed.everything)
        np.testing.assert_allclose(target + bleed, everything, atol=1e-6)
        assert made.target == replace(made.bleed.everything, recording=snare.grooves[0][1].name)
        assert (
            HALF_PRECISION_DB
            < loud_level_db(block_levels_db(bleed)) - loud_level_db(block_levels_db(target))
            < -15.0
        )


def test_reels_without_their_list_are_not_used(folder, tmp_path):
    """Nothing says where their strokes are; grooves need no list. A broken list is named with its line."""
    place = shutil.copytree(folder, tmp_path / "unlisted")
    listed = place / "drums_multimic" / "segments_kit_train.csv"
    listed.unlink()
    snare, kick = (
        heard.microphones(Corpus.from_manifest(place), "train", lead) for lead in ("snare", "kick")
    )
    assert [(one.name, one.own, one.strokes) for one in (*snare, *kick)] == [
        ("snare_top", None, ()),
        ("kick_l", None, ()),
    ]
    assert heard.microphones(Corpus.from_manifest(place), "train", "toms") == []
    made = compose(
        Corpus.from_manifest(place), np.random.default_rng(0),
        SceneConfig(seconds=2.0, target="snare", real_mic=1.0, bleed_alone=0.0),
    )  # fmt: skip
    assert made.recipe["groove"] == "groove_a"
    other = shutil.copytree(folder, tmp_path / "broken")
    (other / "drums_multimic" / "segments_kit_train.csv").write_text(
        "take,instrument,hit,start_s\nhits_kick,kick,1,0\n"
    )
    with pytest.raises(
        ValueError, match=r"segments_kit_train\.csv:2: expected the columns .*, got 'end_s'; correct"
    ):
        heard.microphones(Corpus.from_manifest(other), "train", "snare")


@pytest.mark.parametrize("lead", LEADS)
def test_scenes_of_real_kits_are_made_again(corpus, folder, lead):
    """From their recipes as JSON, in a corpus that was opened again; the SNR is what was drawn."""
    config = SceneConfig(seconds=3.0, target=lead, real_mic=1.0, coder=0.3)
    again, found = Corpus.from_manifest(folder), set()
    for seed in range(8):
        made = compose(corpus, np.random.default_rng(seed), config)
        same = make(from_dict(json.loads(json.dumps(to_dict(made.drawn), allow_nan=False))), again)
        assert (
            made.mixture.tobytes() == same.mixture.tobytes()
            and made.target.tobytes() == same.target.tobytes()
        )
        assert made.recipe == same.recipe and made.recipe["microphone"].startswith("kit_train ")
        assert np.all(np.isfinite(made.mixture)) and np.any(made.mixture)
        found.add(made.recipe["groove"] == "groove_a")
    assert found == ({False} if lead == "toms" else {True, False})


def test_without_such_a_kit_nothing_else_is_drawn(tmp_path):
    """A chance of what the split lacks leaves scenes as they were, and no chance draws nothing."""
    plain = Corpus.from_manifest(tiny_corpus.make(tmp_path, kit=True))
    config = SceneConfig(seconds=2.0, target="snare")
    for seed in range(3):
        one, two = (
            compose(plain, np.random.default_rng(seed), c) for c in (config, replace(config, real_mic=0.9))
        )
        assert one.mixture.tobytes() == two.mixture.tobytes()


@pytest.mark.parametrize("lead", LEADS)
def test_real_bleed_is_judged_as_it_is_and_raised(corpus, folder, lead):
    """After the kit: at its true level, then 24 dB nearer, in turn; thresholds as ever; made again from its recipe."""
    made = judged_scenes(corpus, "val", seed=0, per_kind=4, target=lead)
    assert [one.recipe["kind"] for one in made] == ["kit"] * 4 + ["real bleed"] * 4
    real = made[4:]
    assert [one.recipe["raised_db"] for one in real] == [0.0, 24.0, 0.0, 24.0]
    for index, one in enumerate(real):
        own, bleed = Bench(corpus, 20 * RATE).made(one.drawn.sides)
        true_db = loud_level_db(block_levels_db(own)) - loud_level_db(block_levels_db(bleed))
        now_db = one.loud_db - loud_level_db(block_levels_db(one.mixture - one.target))
        assert true_db - now_db == pytest.approx(one.recipe["raised_db"], abs=SNR_DB)
        assert now_db == pytest.approx(one.recipe["snr_db"], abs=SNR_DB)
        assert one.loud_db - one.recipe["threshold_db"] == pytest.approx((30.0, 20.0, 12.0)[index % 3])
        assert one.recipe["target_room"] is None
        again = make_judged(
            from_dict(json.loads(json.dumps(to_dict(one.drawn)))), Corpus.from_manifest(folder)
        )
        assert again.mixture.tobytes() == one.mixture.tobytes() and again.recipe == one.recipe


def test_real_bleed_has_rows_by_what_was_raised(corpus):
    """Not one for each scene's SNR, in tables of the judge and of validation."""
    scenes = judged_scenes(corpus, "val", per_kind=2, target="kick")
    names = ["kit", "kit 0 dB", "kit 5 dB", "real bleed", "real bleed raised 0 dB", "real bleed raised 24 dB"]
    assert evaluate.rows(scenes) == dict(zip(names, ([0, 1], [0], [1], [2, 3], [2], [3]), strict=True))
    validation = Validation.from_scenes(scenes)
    assert validation.conditions == ["0 dB", "5 dB", "raised 0 dB", "raised 24 dB"]


def test_other_judged_scenes_are_what_they_were(corpus, tmp_path):
    """Those under a composed kit are the same to the bit where there is no real one."""
    plain = Corpus.from_manifest(tiny_corpus.make(tmp_path, kit=True))
    for a, b in zip(
        judged_scenes(plain, "val", per_kind=2, target="toms"),
        judged_scenes(corpus, "val", per_kind=2, target="toms"),
        strict=False,
    ):
        assert a.mixture.tobytes() == b.mixture.tobytes() and a.recipe == b.recipe
