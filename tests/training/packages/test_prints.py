"""Copies are found through rates, levels and codecs; two strokes of one drum stay two."""

import io

import numpy as np
import pytest
import soundfile
from scipy.signal import resample_poly

from tests.training.packages import made_up
from training.packages.prints import copies, fingerprint, stacked

RATE = 44_100


def vorbis(x):
    """A sound after Ogg Vorbis."""
    stream = io.BytesIO()
    soundfile.write(stream, x, RATE, format="OGG")
    stream.seek(0)
    return soundfile.read(stream)[0]


CHANGES = {
    "the same": lambda x: x,
    "quieter": lambda x: 0.2 * x,
    "at 48 kHz": lambda x: resample_poly(x, 160, 147),
    "at 22.05 kHz": lambda x: resample_poly(x, 1, 2),
    "after silence": lambda x: np.concatenate([np.zeros(7000), x]),
    "cut shorter": lambda x: x[: len(x) * 2 // 3],
    "through Vorbis": vorbis,
}
RATES = {"at 48 kHz": 48_000, "at 22.05 kHz": 22_050}


@pytest.mark.parametrize("change", CHANGES)
def test_a_copy_is_found(change):
    """A hit and a piece of music are recognised after each change, among others."""
    for x in (
        made_up.hit(1, 0.8),
        made_up.tone(220, 2.0) + 0.1 * np.random.default_rng(0).normal(size=2 * RATE),
    ):
        others = [made_up.hit(seed) for seed in range(10, 20)]
        copy = CHANGES[change](x)
        prints = [fingerprint(y.astype(np.float32), RATE) for y in (x, *others)]
        prints.append(fingerprint(copy.astype(np.float32), RATES.get(change, RATE)))
        assert copies(stacked(prints)) == {11: 0}


def test_two_strokes_of_one_drum_are_two():
    """The same shell struck again, with other noise in it, is another recording."""
    t = np.arange(RATE // 2) / RATE
    shell = 0.5 * np.sin(2 * np.pi * 190 * t) * np.exp(-t / 0.1)
    prints = []
    for seed in range(30):
        wires = 0.2 * np.random.default_rng(seed).normal(size=len(t)) * np.exp(-t / 0.06)
        prints.append(fingerprint((shell + wires).astype(np.float32), RATE))
    assert copies(stacked(prints)) == {}


def test_earlier_prints_are_only_compared_with():
    """Copies among what is in another corpus already are its own affair."""
    a, b = (fingerprint(made_up.hit(seed).astype(np.float32), RATE) for seed in (1, 2))
    assert copies(stacked([a, a, b, b]), earlier=2) == {3: 2}
    assert copies(stacked([a, b, b, a]), earlier=2) == {2: 1, 3: 0}


def test_tones_over_the_print_s_own_band_are_not_compared():
    """Two high tones leave nothing but the click of their start, which is the same for both, and no copies."""
    t = np.arange(RATE) / RATE
    high = [fingerprint(np.sin(2 * np.pi * hz * t).astype(np.float32), RATE) for hz in (9_000, 12_000)]
    assert copies(stacked(high)) == {}


def test_silence_and_nothing_are_no_copies():
    """No sound, and sounds without content, are nobody's copy."""
    nothing = fingerprint(np.zeros(100, np.float32), RATE)
    assert copies(stacked([nothing, nothing])) == {}
    assert copies(stacked([])) == {}
    assert not fingerprint(np.zeros(0, np.float32), RATE).any()
