"""Sounds and gain curves that other tools made."""

import csv

import numpy as np
import pytest
import soundfile

from gate.constants import BLOCK, BLOCK_S, RATE
from training.judging.foreign import CurveFolder, SoundFolder, SoundPair, lag_samples, pair_scene, read_curve
from training.scenes.compose import Scene

BLOCKS = 480
FLOAT_GAIN = 1e-6
"""Linear: single precision sound, squared, summed and rooted."""


def noise(seed=0, blocks=BLOCKS):
    return (0.1 * np.random.default_rng(seed).normal(size=blocks * BLOCK)).astype(np.float32)


def make_scene(seed=0):
    """A second of noise, of which the middle half is target."""
    mixture = noise(seed)
    target = mixture.copy()
    target[: len(target) // 4] = target[-len(target) // 4 :] = 0.0
    recipe = {"kind": "noise", "snr_db": 0.0, "threshold_db": -40.0}
    return Scene(mixture, target, -20.0, recipe)


def write_curve(path, times, gains_db, **more):
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["time_s", "gain_db", *more])
        writer.writerows(zip(times, gains_db, *more.values(), strict=True))
    return path


def test_the_gain_is_measured_on_the_sound_that_came_out(tmp_path):
    """A sound at half the amplitude had a gain of one half, in every block of its own scene."""
    scenes = [make_scene(0), make_scene(1)]
    for number, factor in enumerate((0.5, 0.25)):
        after = np.float32(factor) * scenes[number].mixture
        soundfile.write(tmp_path / f"{number:03d}-mixture.wav", after, RATE, subtype="FLOAT")
    gate = SoundFolder(tmp_path, scenes)
    for scene, factor in zip(scenes, (0.5, 0.25), strict=True):
        probability, gain, sound = gate.hear(scene, -40.0)
        assert probability is None
        assert gain == pytest.approx(factor, abs=FLOAT_GAIN)
        assert np.array_equal(sound, np.float32(factor) * scene.mixture)
        assert np.array_equal(gate(scene, -40.0)[1], gain)


def test_a_missing_sound_is_named(tmp_path):
    """Every scene has to have been processed."""
    with pytest.raises(ValueError, match=r"000-mixture\.wav, got no such file; process every mixture"):
        SoundFolder(tmp_path, [make_scene()])


@pytest.mark.parametrize(("rate", "samples"), [(44_100, BLOCKS * BLOCK), (RATE, BLOCKS * BLOCK - 1)])
def test_a_sound_of_another_rate_or_length_is_refused(tmp_path, rate, samples):
    """What is not aligned cannot be scored, and the sentence has both figures."""
    soundfile.write(tmp_path / "000-mixture.wav", noise()[:samples], rate)
    with pytest.raises(ValueError, match=f"expected 48000 samples at 48000 Hz .* got {samples} at {rate} Hz"):
        SoundFolder(tmp_path, [make_scene()])


@pytest.mark.parametrize(("shift", "word"), [(480, "480 samples late"), (-37, "37 samples early")])
def test_a_tool_s_delay_is_found(shift, word):
    """A sound that lies elsewhere than its mixture is refused, with by how much."""
    scene = make_scene()
    gains = np.repeat(np.arange(BLOCKS) % 100 < 60, BLOCK)
    after = np.roll(scene.mixture * gains, shift).astype(np.float32)
    with pytest.raises(ValueError, match=word):
        SoundPair(after, "late.wav").hear(scene, -40.0)


def test_a_gated_sound_is_not_taken_for_a_late_one():
    """Tones are like themselves one period later, and gates change levels: neither is a delay."""
    t = np.arange(RATE)
    tone = np.sin(2 * np.pi * 100 * t / RATE).astype(np.float32) * np.linspace(
        0.1, 1.0, RATE, dtype=np.float32
    )
    gated = tone * (t < RATE // 3)
    assert lag_samples(tone, gated) == 0
    assert lag_samples(tone, np.zeros_like(tone)) == 0
    assert lag_samples(noise(), noise() * 1e-4) == 0


def test_sounds_that_are_not_finite_are_refused():
    """A NaN has no gain."""
    scene = make_scene()
    with pytest.raises(ValueError, match="expected finite samples"):
        SoundPair(np.full_like(scene.mixture, np.nan), "bad.wav").hear(scene, -40.0)


def test_a_curve_by_blocks_is_taken_as_it_is(tmp_path):
    """What gate-render writes, a row a block with times to a microsecond, gives these very gains."""
    gains_db = np.where(np.arange(BLOCKS) % 10 < 4, 0.0, -80.0)
    times = [f"{k * BLOCK_S:.6f}" for k in range(BLOCKS)]
    path = write_curve(tmp_path / "000.csv", times, gains_db, open_probability=gains_db / 80 + 1)
    wish, gain = read_curve(path, BLOCKS)
    assert gain == pytest.approx(10 ** (gains_db / 20), rel=1e-6, abs=1e-7)
    assert wish == pytest.approx(gains_db / 80 + 1, abs=1e-9)


def test_finer_and_coarser_curves_are_brought_to_blocks(tmp_path):
    """A block's gain is the root of the mean square of what holds in it; rows hold to the next."""
    fine = np.arange(4 * BLOCKS) * BLOCK_S / 4
    gains_db = np.where(np.arange(4 * BLOCKS) % 4 == 0, 0.0, -np.inf)
    assert read_curve(write_curve(tmp_path / "fine.csv", fine, gains_db), BLOCKS)[1] == pytest.approx(0.5)
    coarse = np.arange(BLOCKS // 48) * BLOCK_S * 48
    gains_db = -6.0 * np.arange(BLOCKS // 48)
    _, gain = read_curve(write_curve(tmp_path / "coarse.csv", coarse, gains_db), BLOCKS)
    assert gain == pytest.approx(np.repeat(10 ** (gains_db / 20), 48), rel=1e-9)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("time_s,db\n0,0\n", "got none named gain_db"),
        ("time_s,gain_db\n0,zero\n", "expected numbers"),
        ("time_s,gain_db\n0,0\n0,0\n", "growing times"),
        ("time_s,gain_db\n0,0\n0.1,0\n", "expected a curve of 1.00 s"),
        ("time_s,gain_db\n0.5,0\n0.99,0\n", "expected a curve of 1.00 s"),
    ],
)
def test_curves_that_cannot_be_used_say_why(tmp_path, text, sentence):
    """A missing column, a word, times that do not grow, a curve that is too short."""
    path = tmp_path / "000.csv"
    path.write_text(text)
    with pytest.raises(ValueError, match=sentence):
        read_curve(path, BLOCKS)


def test_every_scene_has_one_curve(tmp_path):
    """None, or two that could be meant, is an error."""
    times, gains_db = np.arange(BLOCKS) * BLOCK_S, np.zeros(BLOCKS)
    scene = make_scene()
    with pytest.raises(ValueError, match=r"000\*\.csv, got 0"):
        CurveFolder(tmp_path, [scene])
    write_curve(tmp_path / "000-mixture.wav.csv", times, gains_db)
    probability, gain = CurveFolder(tmp_path, [scene])(scene, -40.0)
    assert probability is None
    assert gain == pytest.approx(1.0)
    write_curve(tmp_path / "000.csv", times, gains_db)
    with pytest.raises(ValueError, match="got 2"):
        CurveFolder(tmp_path, [scene])


def test_a_pair_s_threshold_follows_the_target(tmp_path):
    """20 dB under the target's loud level, so that a louder pair is the same pair; or the one given."""
    scene = make_scene()
    thresholds = []
    for name, factor in (("soft", 1.0), ("loud", 10.0)):
        for part in ("mixture", "target"):
            soundfile.write(
                tmp_path / f"{name}-{part}.wav", factor * getattr(scene, part), RATE, subtype="FLOAT"
            )
        made = pair_scene(tmp_path / f"{name}-mixture.wav", tmp_path / f"{name}-target.wav", None)
        thresholds.append(made.recipe["threshold_db"])
        assert made.loud_db - made.recipe["threshold_db"] == 20.0
    assert thresholds[1] - thresholds[0] == pytest.approx(20.0, abs=1e-3)
    given = pair_scene(tmp_path / "soft-mixture.wav", tmp_path / "soft-target.wav", -33.0)
    assert given.recipe["threshold_db"] == -33.0
    assert given.recipe["sounds"] != made.recipe["sounds"]  # so that the data hash is of the sound


def test_a_silent_target_is_no_target(tmp_path):
    """Nothing would belong open."""
    soundfile.write(tmp_path / "a.wav", noise(), RATE)
    soundfile.write(tmp_path / "b.wav", 0 * noise(), RATE)
    with pytest.raises(ValueError, match="got silence"):
        pair_scene(tmp_path / "a.wav", tmp_path / "b.wav", None)
