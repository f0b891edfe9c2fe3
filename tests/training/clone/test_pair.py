"""Pairs damaged in each way that happens: found, said, put right or refused."""

import numpy as np
import pytest
import soundfile

from tests.training.clone.sounds import RATE, bursts, noise
from training.clone import align, files
from training.clone.pair import PairError, aligned

FRACTION = 0.03
"""Samples: how well a delay between samples is told."""
PPM = 1.0
"""Parts in a million: a fifth of a sample over twelve seconds at 16 kHz."""
COPY_DB = -40.0
"""Error of a wet sound that was brought back between samples, against the dry one."""


def soft():
    """Return bursts without the highest octave's end, which no resampling keeps."""
    from scipy.signal import butter, sosfilt

    return sosfilt(butter(8, 5500.0, fs=RATE, output="sos"), bursts())


def off_db(a, b):
    n = len(a)
    middle = slice(n // 10, -n // 10)
    return 10.0 * np.log10(np.mean(np.square(a - b)[middle]) / np.mean(np.square(b)[middle]))


def test_a_copy_is_left_alone():
    """The same file twice: no delay, no gain, no drift, and every sample as it was."""
    x = bursts()
    pair = aligned(x, RATE, x, RATE)
    look = pair.look
    assert (look.delay_samples, look.polarity, look.gain_db, look.drift_ppm) == (0.0, 1, 0.0, 0.0)
    assert np.array_equal(pair.dry, x)
    assert np.array_equal(pair.wet, x)


@pytest.mark.parametrize("late", [0.37, 1234.5, -700.25])
def test_delay_polarity_and_gain(late):
    """A wet sound that is late or early, to a part of a sample, turned over and quieter, comes back in place."""
    x = soft()
    wet = -0.25 * align.shifted(x, -late, 1.0, len(x) + 2000)
    pair = aligned(x, RATE, wet, RATE)
    assert pair.look.delay_samples == pytest.approx(late, abs=FRACTION)
    assert pair.look.polarity == -1
    assert pair.look.gain_db == pytest.approx(-12.04, abs=0.1)
    assert off_db(-4.0 * pair.wet, pair.dry) < COPY_DB


def test_a_filters_own_delay_is_not_taken_out():
    """A low-pass delays what it lets through, and that belongs to it: the delay that is told is none."""
    from scipy.signal import butter, sosfilt

    x = noise()
    wet = sosfilt(butter(2, 2500.0, fs=RATE, output="sos"), x)
    assert abs(aligned(x, RATE, wet, RATE).look.delay_samples) < 0.5


def test_drift_between_clocks_is_taken_out():
    """Clocks 80 ppm apart: told, and the wet sound lies on the dry one from end to end."""
    x = soft()
    wet = align.shifted(x, -100.0, 1.0 - 80e-6, len(x) + 500)
    pair = aligned(x, RATE, wet, RATE)
    assert pair.look.drift_ppm == pytest.approx(80.0, abs=PPM)
    assert off_db(pair.wet, pair.dry) < -25.0


def test_rates_and_lengths_may_differ():
    """The wet file at another rate and longer: it is converted and cut, and both are said."""
    from scipy.signal import resample_poly

    x = soft()
    wet = np.concatenate((resample_poly(x, 3, 2), np.zeros(24_000)))
    pair = aligned(x, RATE, wet, 24_000)
    said = " ".join(pair.look.sentences())
    assert pair.look.rates == (RATE, 24_000)
    assert len(pair.dry) == len(pair.wet)
    assert "24000 Hz" in said
    assert "dry lasts 12.00 s, wet 13.00 s" in said
    assert off_db(pair.wet, pair.dry) < COPY_DB


def test_clipping_and_floors_are_said():
    """Flat tops at full scale, and a wet floor far over the dry one, each get a sentence with what to do."""
    x = bursts()
    clipped = np.clip(40.0 * x, -1.0, 1.0)
    said = " ".join(aligned(x, RATE, clipped, RATE).look.sentences())
    assert "the wet sound is clipped" in said
    hissing = x + noise(12.0, 3, 1e-3)
    x[: RATE * 2] = 0.0
    said = " ".join(aligned(x, RATE, hissing, RATE).look.sentences())
    assert "wet floor lies" in said


@pytest.mark.parametrize(
    ("wet", "words"),
    [
        (np.zeros(12 * RATE), "got nothing over"),
        (noise(1.0), "at least 3 s of wet"),
        (noise(12.0, 9), "one performance|one delay|sound alike"),
    ],
    ids=["silent", "short", "another"],
)
def test_what_cannot_be_used_is_refused(wet, words):
    """Silence, a second, and another performance: no pair, and a sentence that says what to do."""
    with pytest.raises(PairError, match=words):
        aligned(bursts(), RATE, wet, RATE)


def test_time_that_is_not_fixed_is_refused():
    """A vibrato has another delay each moment: it is said to be what cannot be cloned."""
    x = noise(12.0)
    n = np.arange(len(x))
    wander = 40.0 * np.sin(2.0 * np.pi * 0.08 * n / RATE)
    with pytest.raises(PairError, match="modulation"):
        aligned(x, RATE, np.interp(n - 50.0 - wander, n, x), RATE)


def test_folders_are_paired_by_name(tmp_path):
    """Two folders with the same names become one pair; a name without its other is refused."""
    for side, gain in (("dry", 1.0), ("wet", 0.5)):
        (tmp_path / side).mkdir()
        for k in range(2):
            soundfile.write(tmp_path / side / f"{k}.wav", gain * bursts(5.0, k), RATE, "FLOAT")
    pair = files.joined(files.read_all(tmp_path / "dry", tmp_path / "wet"))
    assert pair.look.seconds == pytest.approx(10.0)
    assert np.allclose(pair.wet, 0.5 * pair.dry)
    (tmp_path / "wet" / "1.wav").unlink()
    with pytest.raises(PairError, match=r"1\.wav on one side only"):
        files.read_all(tmp_path / "dry", tmp_path / "wet")
    with pytest.raises(PairError, match="two files or two folders"):
        files.read_all(tmp_path / "dry", tmp_path / "wet" / "0.wav")
