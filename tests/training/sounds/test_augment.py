"""What happens to a sound on its way, rooms, and noises made from nothing."""

import numpy as np
import pytest
from scipy import signal

from gate.constants import RATE
from tests.training import tiny_corpus
from training.recordings.corpus import Corpus
from training.sounds import changes as augment
from training.sounds import filters, gains, rooms
from training.sounds import made_up as synthetic
from training.sounds.bench import Bench

RESAMPLED_DB = -55.0
"""Error of a resampled tone, in dB under it."""
FILTER_ATOL = 1e-6
"""Full scale 1: the compiled cascade keeps its state in double precision and rounds once."""
ROUND_TRIP_DB = -10.0
"""Vorbis at its best quality, noise in noise: error under the sound. Misaligned by one sample it is +3 dB."""


def rng(seed=0):
    return np.random.default_rng(seed)


def noise(n=RATE, seed=0):
    return (0.1 * rng(seed).standard_normal(n)).astype(np.float32)


def tone(hz, n=RATE):
    return np.sin(2 * np.pi * hz * np.arange(n) / RATE).astype(np.float32)


def band_db(x, low, high):
    """Power between two frequencies, in dB."""
    hz, power = signal.welch(x, RATE, nperseg=4096)
    return 10 * np.log10(np.mean(power[(hz >= low) & (hz < high)]) + 1e-30)


@pytest.mark.parametrize("ratio", [0.7, 0.95, 1.23, 1.4])
def test_resampled_tone_is_the_tone_played_faster(ratio):
    """A tone read at another speed is the tone of that pitch."""
    y = augment.resampled(tone(6000), ratio)
    want = np.sin(2 * np.pi * 6000 * ratio * np.arange(len(y)) / RATE)
    error = (y - want)[100:-100]
    assert len(y) == int(RATE / ratio)
    assert 20 * np.log10(np.std(error) / np.std(want)) < RESAMPLED_DB


def test_resampling_removes_what_would_alias():
    """A tone at 22 kHz played 1.4 times as fast would fold to 17 kHz; it is gone instead."""
    y = augment.resampled(tone(22000), 1.4)
    assert np.std(y[100:-100]) < 0.01


def test_filtered_equals_scipy():
    """The compiled cascade does what scipy's sosfilt does."""
    sections = filters.sections(filters.random_tone(rng()) + filters.low_pass(rng(), 5000.0))
    x = noise()
    want = signal.sosfilt(sections, x.astype(np.float64))
    np.testing.assert_allclose(augment.filtered(x, sections), want, atol=FILTER_ATOL)


def test_bell_and_tilt_have_their_gain():
    """A bell has its gain at its centre, a tilt its gain far above."""
    bell, tilt = augment.peak_section(1000.0, 6.0, 1.0), augment.tilt_section(1000.0, -8.0)
    at = [1000.0, 20000.0]
    assert 20 * np.log10(abs(signal.sosfreqz(bell, at, fs=RATE)[1][0])) == pytest.approx(6.0, abs=0.01)
    assert 20 * np.log10(abs(signal.sosfreqz(tilt, at, fs=RATE)[1][1])) == pytest.approx(-8.0, abs=0.3)


@pytest.mark.parametrize("seed", range(8))
def test_random_channels_are_stable(seed):
    """Whatever band and tone are drawn, an impulse dies away."""
    sections = filters.sections(filters.random_band(rng(seed)) + filters.random_tone(rng(seed)))
    impulse = np.zeros(2 * RATE, np.float32)
    impulse[0] = 1.0
    assert np.max(np.abs(augment.filtered(impulse, sections)[RATE:])) < 1e-6


def test_mirrored_highs_fill_what_was_empty():
    """Narrowband speech gets highs, quieter than what they mirror, and keeps its lows as they were."""
    x = augment.filtered(noise(4 * RATE), signal.butter(12, 7500, fs=RATE, output="sos"))
    y = augment.mirrored_highs(x, 8000.0, -6.0)
    assert band_db(y, 9000, 12000) > band_db(x, 9000, 12000) + 15
    assert band_db(y, 9000, 12000) < band_db(y, 4000, 7000)
    assert band_db(y, 100, 5000) == pytest.approx(band_db(x, 100, 5000), abs=0.5)


def test_vorbis_keeps_length_and_place():
    """A coded sound lies where the sound lay, sample for sample."""
    x = noise(100_001)
    y = augment.vorbis(x, 1.0)
    assert len(y) == len(x)
    assert 10 * np.log10(np.mean((y - x) ** 2) / np.mean(x**2)) < ROUND_TRIP_DB


def test_worse_vorbis_is_worse():
    """Quality is quality: 0 loses more than 0.4."""
    x = noise(2 * RATE)
    lost = [np.mean((augment.vorbis(x, quality) - x) ** 2) for quality in (0.0, 0.4)]
    assert lost[0] > lost[1]


def test_mu_law_and_few_bits_keep_silence_silent():
    """Zero stays exactly zero, and the error is that of their number of steps."""
    x = np.concatenate([np.zeros(100, np.float32), tone(440, 4800) * 0.9])
    for y, most in ((augment.mu_law(x), 0.025), (augment.requantised(x, 8), 1 / 256 + 1e-6)):
        assert not np.any(y[:100])
        assert np.max(np.abs(y - x)) <= most


def test_clipping_keeps_to_its_limit():
    """Hard and soft clipping stay within their share of the peak."""
    x = noise()
    limit = 0.4 * np.max(np.abs(x)) * (1 + 1e-6)
    assert np.max(np.abs(augment.clipped(x, 0.4, hard=True))) <= limit
    assert np.max(np.abs(augment.clipped(x, 0.4, hard=False))) <= limit


@pytest.mark.parametrize("seed", range(10))
def test_gain_curves_are_gains(seed):
    """On and off, and steps: finite, never negative, of the asked length, and not off throughout."""
    for drawn in (gains.on_off(rng(seed), 3 * RATE), gains.gain_steps(rng(seed), 3 * RATE)):
        curve = drawn.curve(3 * RATE)
        assert (curve.dtype, len(curve)) == (np.float32, 3 * RATE)
        assert np.all(np.isfinite(curve))
        assert np.min(curve) >= 0.0
        assert np.max(curve) > 0.01


def test_add_at_cuts_what_lies_outside():
    """A sound put over either edge of a track leaves only what is inside."""
    track = np.zeros(5, np.float32)
    augment.add_at(track, np.ones(4, np.float32), -2)
    augment.add_at(track, np.ones(4, np.float32), 4)
    augment.add_at(track, np.ones(4, np.float32), 9)
    np.testing.assert_array_equal(track, [1, 1, 0, 0, 1])


@pytest.mark.parametrize("name", synthetic.KINDS)
def test_made_up_noises_are_sound(name):
    """Each is finite float32 of the asked length, not silent, without offset, the same for the same seed."""
    make = synthetic.KINDS[name]
    for seed in range(4):
        x = make(rng(seed), 6 * RATE)
        assert (x.dtype, len(x)) == (np.float32, 6 * RATE)
        assert np.all(np.isfinite(x))
        assert np.any(x)
        assert abs(np.mean(x)) < 0.1 * np.std(x)
        np.testing.assert_array_equal(x, make(rng(seed), 6 * RATE))


def test_hum_is_mains():
    """Hum lies on multiples of 50 or 60 Hz."""
    x = synthetic.hum(rng(3), 4 * RATE)
    hz = np.fft.rfftfreq(len(x), 1 / RATE)[np.argmax(np.abs(np.fft.rfft(x)))]
    assert min(abs(hz / mains - round(hz / mains)) for mains in (50.0, 60.0)) < 0.01


def test_tilted_noise_tilts():
    """Noise of -6 dB an octave loses about 6 dB from one octave to the next."""
    fall = [
        band_db(x, 4000, 8000) - band_db(x, 2000, 4000)
        for x in (synthetic.coloured(rng(seed), 2 * RATE, -6.0) for seed in range(12))
    ]
    assert np.mean(fall) == pytest.approx(-6.0, abs=2.0)


@pytest.mark.parametrize("seed", range(5))
def test_rooms_start_with_the_direct_sound_and_end_quietly(seed):
    """A made-up room's first sample is 1, and its tail ends without a step."""
    response = rooms.synthetic_room(rng(seed))
    assert response[0] == 1.0
    assert np.max(np.abs(response[-10:])) < 1e-3
    assert np.all(np.isfinite(response))


def test_measured_rooms_add_to_the_direct_sound(tmp_path):
    """A response of the corpus leaves the sound where it was: its onset is at sample 0."""
    corpus = Corpus.from_manifest(tiny_corpus.make(tmp_path))
    item = corpus.items("impulse_response", "val")[0]
    response = rooms.measured_room(item, rng()).make(Bench(corpus, RATE))
    assert np.argmax(np.abs(response)) == 0
    x = np.zeros(RATE, np.float32)
    x[1000] = 1.0
    y = rooms.in_room(x, response)
    assert len(y) == len(x)
    assert np.argmax(np.abs(y)) == 1000
