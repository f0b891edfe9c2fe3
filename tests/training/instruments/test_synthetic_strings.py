"""Made-up guitars: in tune, ringing as long as they say, bright when struck hard, and only where they are asked for."""

import dataclasses

import numpy as np
import pytest

from gate.constants import RATE
from gate.levels import block_levels_db
from tests.training import tiny_corpus
from training.instruments import guitarist as playing
from training.instruments import guitars, waveguide
from training.instruments.made_up_guitars import KINDS, LONGEST_S, MadeUp, draw, pluck
from training.labels import label
from training.recordings.corpus import Corpus
from training.scenes.compose import SceneConfig, compose
from training.sounds.bench import Bench, Studio

CENTS = 5.0
"""A listener hears more than this as out of tune."""
THRESHOLD_DB = 30.0
"""Under a scene's loud level: a threshold that every note passes and a rest does not."""


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    return Corpus.from_manifest(tiny_corpus.make(tmp_path_factory.mktemp("corpus"), kit=True))


def instrument(seed, kind, **changes):
    return dataclasses.replace(draw(np.random.default_rng(seed), kind), **changes)


def hz_of(pitch):
    return 440.0 * 2.0 ** ((pitch - 69.0) / 12.0)


def partial_hz(x, near_hz, within=0.05):
    """The frequency of a partial, by the highest point of a zero-padded spectrum near it."""
    size = 1 << 20
    power = np.abs(np.fft.rfft(x * np.blackman(len(x)), size))
    first, last = (int(near_hz * f * size / RATE) for f in (1.0 - within, 1.0 + within))
    return (first + int(np.argmax(power[first:last]))) * RATE / size


def centroid_hz(x):
    power = np.square(np.abs(np.fft.rfft(x[: RATE // 4])))
    return float(np.sum(power * np.fft.rfftfreq(len(x[: RATE // 4]), 1.0 / RATE)) / np.sum(power))


@pytest.mark.parametrize("kind", KINDS)
def test_notes_are_in_tune(kind):
    """Within five cents from the lowest string up, stiff or not."""
    for seed in range(3):
        made = instrument(seed, kind, ring_s=6.0, ring_slope=0.2)
        for steps in (0, 7, 19, 30):
            rng = np.random.default_rng(seed)
            x = pluck(rng, made, made.lowest + steps)
            hz = hz_of(made.lowest + steps)
            off = 1200.0 * np.log2(partial_hz(x[RATE // 10 : RATE], hz) / hz)
            assert abs(off) < CENTS, (seed, steps)


@pytest.mark.parametrize(("hz", "ring_s"), [(41.2, 6.0), (110.0, 0.4), (110.0, 3.0), (880.0, 1.5)])
def test_a_string_falls_by_60_db_in_its_time(hz, ring_s):
    """The lowest partial does; and the higher ones sooner."""
    n = int(ring_s * RATE)
    pulse = np.zeros(64)
    pulse[:2] = 1.0, -1.0
    x = waveguide.string(pulse, n, *waveguide.loop(hz, ring_s, 0.4 * ring_s, 1e-4))
    t = np.arange(n) / RATE
    share = n // 4
    wave = np.exp(-2j * np.pi * hz * t)
    early, late = (np.abs(np.sum((x * wave)[i : i + share] * np.hanning(share))) for i in (0, 2 * share))
    assert 20.0 * np.log10(early / late) == pytest.approx(30.0, abs=1.5)
    power = [np.abs(np.fft.rfft(x[i : i + share])) for i in (0, 2 * share)]
    assert np.sum(power[0]) / np.sum(power[1]) > early / late


def test_a_stiff_string_has_sharp_partials():
    """The 24th lies where k sqrt(1 + B k^2) says, 48 cents over a limp string's."""
    hz, stiff, k = 55.0, 1e-4, 24
    pulse = np.zeros(64)
    pulse[:2] = 1.0, -1.0
    due = k * hz * np.sqrt((1.0 + stiff * k * k) / (1.0 + stiff))
    x = waveguide.string(pulse, RATE, *waveguide.loop(hz, 4.0, 2.0, stiff))
    assert partial_hz(x, due, 0.015) == pytest.approx(due, rel=2.0 ** (CENTS / 1200.0) - 1.0)
    limp = waveguide.string(pulse, RATE, *waveguide.loop(hz, 4.0, 2.0, 0.0))
    assert partial_hz(limp, k * hz, 0.015) == pytest.approx(k * hz, rel=2.0 ** (CENTS / 1200.0) - 1.0)


@pytest.mark.parametrize("kind", KINDS)
def test_notes_are_finite_bounded_and_end_in_silence(kind):
    """Loudest block at 0 dBFS, no click at either end, nothing under 15 Hz worth hearing, 5 s at most."""
    for seed in range(12):
        rng = np.random.default_rng(seed)
        made = draw(rng, kind)
        x = pluck(rng, made, float(rng.integers(made.lowest, made.highest)), float(rng.uniform(-12.0, 0.0)))
        assert x.dtype == np.float32
        assert np.all(np.isfinite(x))
        assert len(x) <= LONGEST_S * RATE
        assert float(np.max(block_levels_db(x))) == pytest.approx(0.0, abs=0.01)
        assert np.max(np.abs(x)) <= 15.5  # one sample of 5 ms can be no higher
        assert abs(x[0]) < 1e-3
        assert np.max(np.abs(x[-10:])) < 1e-4
        assert np.max(block_levels_db(x)[-24:]) < -45.0
        assert abs(np.mean(x)) < 0.02


def test_the_same_seed_gives_the_same_note_and_another_another():
    """Everything comes from the generator."""
    first, again, other = (
        pluck(np.random.default_rng(s), draw(np.random.default_rng(s)), 52.0) for s in (3, 3, 4)
    )
    assert np.array_equal(first, again)
    assert not np.array_equal(first[:4800], other[:4800])


def test_two_notes_of_one_pitch_are_alike_and_not_the_same():
    """A hand never does the same twice, but another instrument is another matter."""
    rng = np.random.default_rng(0)
    x, y, other = (
        pluck(rng, instrument(seed, "electric", ring_s=6.0, buzz=0.0), 45.0)[:4800] for seed in (2, 2, 3)
    )
    assert not np.array_equal(x, y)
    level_x, level_y, level_other = (
        np.log(np.abs(np.fft.rfft(s * np.hanning(4800)))[:500]) for s in (x, y, other)
    )
    assert np.std(level_x - level_y) < 0.6 * np.std(level_x - level_other)


@pytest.mark.parametrize("kind", KINDS)
def test_harder_is_brighter(kind):
    """A full stroke against one of 12 dB less, everything else the same."""
    for seed in range(4):
        made = instrument(seed, kind, ring_s=4.0, buzz=0.0)
        hard, soft = (
            centroid_hz(pluck(np.random.default_rng(seed), made, made.lowest + 9.0, db))
            for db in (0.0, -12.0)
        )
        assert hard > soft


def test_instruments_differ():
    """In length and in brightness by more than notes of one do."""
    notes = [
        [pluck(np.random.default_rng([s, k]), draw(np.random.default_rng(s)), 50.0) for k in range(3)]
        for s in range(12)
    ]
    for measured in (lambda x: np.log(len(x)), lambda x: np.log(centroid_hz(x))):
        values = np.array([[measured(x) for x in of_one] for of_one in notes])
        assert np.std(values.mean(axis=1)) > 3.0 * np.mean(np.std(values, axis=1))


def test_a_pitch_out_of_range_is_refused():
    """With what would do."""
    with pytest.raises(ValueError, match=r"15 to 100, got 120"):
        pluck(np.random.default_rng(0), draw(np.random.default_rng(0)), 120.0)


def test_a_player_moves_notes_into_reach_and_keeps_them():
    """As one with recordings does."""
    player = MadeUp(Studio(Bench(Corpus(()), RATE), np.random.default_rng(1), "train"))
    assert (player.name, player.bass) == (f"made-up {player.made.kind}", player.made.kind == "bass")
    for pitch in (5.0, 50.0, 115.0):
        assert len({id(player.note(pitch)) for _ in range(12)}) == 2


def test_made_up_scenes_are_open_and_shut(corpus):
    """Every scene has a made-up guitar that opens the gate for part of it, and no note of the corpus is needed."""
    config = SceneConfig(
        seconds=8.0, target="guitar", made_up=1.0, bleed_alone=0.0, target_alone=0.0, drop_outs=0.0, mute=0.0
    )
    shares = []
    for seed in range(6):
        made = compose(corpus, np.random.default_rng(seed), config)
        assert made.recipe["guitar"].startswith("made-up ")
        levels = block_levels_db(made.target)
        shares.append(float(np.mean(label(levels, made.loud_db - THRESHOLD_DB))))
    assert all(share > 0.1 for share in shares)
    assert 0.3 < np.mean(shares) < 0.95


def test_without_the_chance_nothing_changes(corpus):
    """Not one draw more: the generator is where it was, and so is the sound."""
    made = []
    for chance in ({}, {"made_up": 0.0}):
        studio = Studio(Bench(corpus, 3 * RATE), np.random.default_rng(7), "train")
        track = playing.guitar_track(studio, **chance)
        made.append((track.make(studio.bench).tobytes(), studio.rng.bit_generator.state, track))
    assert made[0] == made[1]
    assert not made[0][2].name.startswith("made-up")
    studio = Studio(Bench(corpus, 3 * RATE), np.random.default_rng(7), "train")
    player = guitars.Player(studio)  # the instrument is the very first thing that is drawn
    assert made[0][2].name.rpartition(" ")[0] == player.name
