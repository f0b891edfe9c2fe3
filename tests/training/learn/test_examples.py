"""What is wrong with examples is found, named and comes with a remedy; good ones are left alone."""

from dataclasses import replace

import numpy as np
import pytest
import soundfile

from tests.training.tiny_corpus import talk
from training.learn.examples import findings, left_out, measure
from training.teach.features import Front

RATE = 16000
FRONT = Front()


def hum(seconds=12.0, hz=700.0, level=0.1):
    """A steady tone with harmonics: nothing like speech."""
    t = np.arange(int(seconds * RATE)) / RATE
    return level * sum(np.sin(2 * np.pi * hz * k * t) / k for k in (1, 2, 3)) + 1e-4 * np.random.default_rng(
        1
    ).normal(size=len(t))


@pytest.fixture
def hear(tmp_path):
    """Write sounds and measure them: name -> (side, sound, rate)."""

    def run(**sounds):
        measured = []
        for name, (side, x, rate) in sounds.items():
            path = tmp_path / f"{name}.wav"
            if x is None:
                path.write_bytes(b"RIFF, but no more")
            else:
                soundfile.write(path, x, rate, subtype="PCM_16")
            measured.append(measure(path, side, FRONT))
        found = findings(measured)
        return found, {(f.level, f.path.rsplit("/", 1)[-1].removesuffix(".wav")) for f in found if f.path}

    return run


def speech(seed=0, seconds=12.0):
    return talk(np.random.default_rng(seed), RATE, seconds)


GOOD = {"voice": ("target", speech(), RATE), "bleed": ("bleed", hum(), RATE)}


def test_good_examples_are_left_alone(hear):
    """Clean speech and a hum: nothing but the advice that more would be better."""
    found, files = hear(**GOOD)
    assert not files
    assert {f.level for f in found} == {"warning"}
    assert all("only 12 s" in f.what for f in found)


@pytest.mark.parametrize(
    ("x", "rate", "words"),
    [
        (np.zeros(RATE), RATE, "is silent"),
        (np.full(400, 0.1), RATE, "lasts 25 ms"),
        (None, RATE, "cannot be read"),
        (speech(3) + 0.05 * np.random.default_rng(2).normal(size=12 * RATE), RATE, "too near to be a label"),
    ],
)
def test_what_cannot_be_learned_from_is_left_out(hear, x, rate, words):
    """Silence, blips, what is no sound, and a target in noise are errors with the file's name."""
    found, files = hear(**GOOD, odd=("target", x, rate))
    assert files == {("error", "odd")}
    assert words in found[0].what
    assert found[0].remedy
    assert {p.rsplit("/", 1)[-1] for p in left_out(found)} == {"odd.wav"}


def test_clipping_is_warned_of(hear):
    """Flat tops are found at any level; a loud sine has none."""
    loud = np.clip(speech(4) * 6, -0.5, 0.5)
    sine = 0.99 * np.sin(2 * np.pi * 997 * np.arange(12 * RATE) / RATE)
    found, files = hear(**GOOD, flat=("target", loud, RATE), sine=("bleed", sine, RATE))
    assert files == {("warning", "flat")}
    assert "clipped" in found[0].what


def test_bleed_inside_a_target_is_found(hear):
    """A hum under the speech, quiet enough to pass for a label, is known again from the bleed."""
    leak = speech(5) + 0.02 * hum(level=0.06)
    found, files = hear(**GOOD, leak=("target", leak, RATE))
    assert files == {("warning", "leak")}
    assert "sound like the bleed" in found[0].what


def test_a_floor_far_under_the_speech_is_no_bleed(tmp_path):
    """However like the bleed it sounds: it is taken out before a target is mixed."""
    sounds = {"bleed": ("bleed", hum()), "leak": ("target", speech(5) + 0.02 * hum(level=0.06))}
    measured = []
    for name, (side, x) in sounds.items():
        soundfile.write(tmp_path / f"{name}.wav", x, RATE, subtype="PCM_16")
        measured.append(measure(tmp_path / f"{name}.wav", side, FRONT))
    said = lambda range_db: [  # noqa: E731
        f.what
        for f in findings([measured[0], replace(measured[1], range_db=range_db)])
        if "sound like" in f.what
    ]
    assert said(45.0) and not said(55.0)


def test_what_comes_and_goes_in_the_pauses_is_found(hear):
    """Knocks in a target's pauses are no floor."""
    x, rng = speech(6, 24.0), np.random.default_rng(7)
    for start in np.arange(0, 24 * RATE - RATE, RATE // 2):
        x[start : start + RATE // 4] += 0.003 * rng.normal(size=RATE // 4)
    found, files = hear(**GOOD, knocks=("target", x, RATE))
    assert files == {("warning", "knocks")}
    assert "comes and goes" in found[0].what


def test_duplicates_are_found(hear):
    """The same sound again is left out, whatever its name; the same sound at another level is warned of."""
    _, files = hear(**GOOD, again=("target", speech(), RATE), quieter=("target", 0.5 * speech(), RATE))
    assert files == {("error", "again"), ("warning", "quieter")}
    _, files = hear(**GOOD, wrong=("bleed", speech(), RATE))
    assert ("error", "wrong") in files


def test_one_rate_among_others_is_warned_of(hear):
    """One file of another rate among many, or one rate a side, could be learned in place of the sound."""
    many = {f"v{i}": ("target", speech(10 + i), RATE) for i in range(5)}
    found, files = hear(**GOOD, **many, odd=("target", talk(np.random.default_rng(8), 44100), 44100))
    assert files == {("warning", "odd")}
    assert "44100 Hz where most are at 16000" in found[0].what
    found, _ = hear(voice=GOOD["voice"], bleed=("bleed", np.repeat(hum(), 3), 48000))
    assert any("targets are at 16000 Hz, bleed at 48000" in f.what for f in found)


def test_too_little_is_an_error_of_its_side(hear):
    """Less than ten seconds of bleed in all cannot be learned from."""
    found, _ = hear(voice=GOOD["voice"], bleed=("bleed", hum(4.0), RATE))
    assert (
        str(found[0])
        == "error: expected 10 s or more of bleed that can be learned from, got 4.0 s; add recordings"
    )
