"""The estimator of a round trip: a pure function, held to delays that are known exactly."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from benchmarks import roundtrip
from benchmarks.errors import NothingHeard, NotThatSound

RATE_HZ = 48_000
SWEEP = roundtrip.sweep(RATE_HZ, 0.25)
ROOM = 6_000
"""Samples that are heard beyond what was played."""

CLEAN_SAMPLES = 1e-3
"""Without noise: what is left is float32, and the window in which a delayed sound is made."""
NOISY_SAMPLES = 0.01
"""At 20 dB: eight standard deviations of the best estimator that can be (Cramér-Rao: 0.0013)."""
NOISE_DB = 20.0
GAIN_DB = 0.2
SNR_DB = 1.0
CLEAN_SNR_DB = 70.0
"""A fraction of a sample moves a little of the sweep out of the samples that are compared."""

DELAYS = st.floats(0.0, ROOM - 100.0)
GAINS_DB = st.floats(-40.0, 10.0)
SIGNS = st.sampled_from([1.0, -1.0])


def delayed(x: NDArray[np.floating], samples: float, gain: float = 1.0) -> NDArray[np.float64]:
    """Exactly so much later, by turning the phase of every frequency: (n,) -> (n + ROOM,)."""
    padded = np.pad(np.asarray(x, np.float64), (0, 2 * ROOM))
    turned = np.fft.rfft(padded) * np.exp(-2j * np.pi * np.fft.rfftfreq(len(padded)) * samples)
    return gain * np.fft.irfft(turned, len(padded))[: len(x) + ROOM]


def noise(n: int, seed: int) -> NDArray[np.float64]:
    """White, RMS 1."""
    return np.random.default_rng(seed).standard_normal(n)


@settings(max_examples=20, deadline=None, derandomize=True)
@given(samples=DELAYS, gain_db=GAINS_DB, sign=SIGNS)
def test_any_delay_gain_and_polarity_is_found(samples: float, gain_db: float, sign: float) -> None:
    """Fractions of a sample, how loud it comes back and which way up are found exactly."""
    found = roundtrip.find(SWEEP, delayed(SWEEP, samples, sign * 10.0 ** (gain_db / 20.0)))
    assert found.delay_samples == pytest.approx(samples, abs=CLEAN_SAMPLES)
    assert found.gain_db == pytest.approx(gain_db, abs=GAIN_DB)
    assert found.inverted == (sign < 0.0)
    assert found.snr_db > CLEAN_SNR_DB


@settings(max_examples=20, deadline=None, derandomize=True)
@given(samples=DELAYS, sign=SIGNS, seed=st.integers(0, 1000))
def test_noise_at_20_db_moves_it_by_a_hundredth_of_a_sample_at_most(
    samples: float, sign: float, seed: int
) -> None:
    """White noise 20 dB under the sound leaves the delay right, and is itself measured."""
    heard = delayed(SWEEP, samples, sign)
    level = np.std(SWEEP) * 10.0 ** (-NOISE_DB / 20.0)
    found = roundtrip.find(SWEEP, heard + level * noise(len(heard), seed))
    assert found.delay_samples == pytest.approx(samples, abs=NOISY_SAMPLES)
    assert found.snr_db == pytest.approx(NOISE_DB, abs=SNR_DB)
    assert found.inverted == (sign < 0.0)


@pytest.mark.parametrize("rate_hz", [8_000, 44_100, 96_000, 192_000])
def test_every_rate_has_a_sweep(rate_hz: int) -> None:
    """The sweep stays under half of each rate, and is found at each."""
    played = roundtrip.sweep(rate_hz, 0.25)
    assert roundtrip.find(played, delayed(played, 321.25)).delay_samples == pytest.approx(
        321.25, abs=CLEAN_SAMPLES
    )


def test_a_converter_s_offset_changes_nothing() -> None:
    """A constant added to what is heard is no sound."""
    found = roundtrip.find(SWEEP, delayed(SWEEP, 1000.5, 0.1) + 0.05)
    assert found.delay_samples == pytest.approx(1000.5, abs=CLEAN_SAMPLES)


def test_clipping_is_counted() -> None:
    """Samples at full scale are told, as the level was too high."""
    heard = delayed(SWEEP, 10.0)
    assert roundtrip.find(SWEEP, heard).clipped_samples == 0
    assert roundtrip.find(SWEEP, np.clip(8.0 * heard, -1.0, 1.0)).clipped_samples > 1000


@pytest.mark.parametrize("level", [0.0, 1e-6])
def test_silence_is_nothing_heard(level: float) -> None:
    """A loop that is not closed says so, and what to do."""
    with pytest.raises(NothingHeard, match="connect the output to the input"):
        roundtrip.find(SWEEP, level * np.ones(len(SWEEP) + ROOM))


@pytest.mark.parametrize("other", ["noise", "hum", "backwards", "brown"])
def test_another_sound_is_not_taken_for_it(other: str) -> None:
    """Noise, hum, rumble and the sweep played backwards are refused."""
    n = len(SWEEP) + ROOM
    sounds = {
        "noise": 0.1 * noise(n, 1),
        "hum": 0.3 * np.sin(2.0 * np.pi * 50.0 * np.arange(n) / RATE_HZ),
        "backwards": delayed(SWEEP[::-1], 500.0),
        "brown": 0.001 * np.cumsum(noise(n, 2)),
    }
    with pytest.raises(NotThatSound, match="expected the sweep"):
        roundtrip.find(SWEEP, sounds[other])


@pytest.mark.parametrize("heard", [SWEEP[:-1], np.full(len(SWEEP), np.nan)])
def test_too_little_or_unusable_sound_is_refused(heard: NDArray[np.floating]) -> None:
    """What is shorter than the sweep, or not finite, cannot be searched."""
    with pytest.raises(ValueError, match="record longer"):
        roundtrip.find(SWEEP, heard)
