"""The test signal: the same each time, and found again in whatever a box makes of it."""

import numpy as np
import pytest
import soundfile

from gate.errors import AudioFileError
from training.clone import signal

RATE = 8000
NEAR_SAMPLES = 0.6
"""Samples: a filter moves a mark's middle by a little."""


@pytest.fixture(scope="module")
def made():
    return signal.make(RATE).astype(np.float64)


def test_it_is_the_same_each_time(made, tmp_path):
    """Two files have the same bytes, three minutes of sound that never clips, and silence at both ends."""
    signal.write(tmp_path / "a.wav", RATE)
    read, rate = soundfile.read(tmp_path / "a.wav")
    assert (rate, len(read)) == (RATE, 180 * RATE)
    assert np.max(np.abs(read - made)) < 2**-22
    assert np.max(np.abs(made)) <= signal.PEAK
    assert not made[: RATE // 2].any()
    assert not made[-RATE:].any()
    with pytest.raises(AudioFileError, match="exists already"):
        signal.write(tmp_path / "a.wav", RATE)


def test_marks_are_found_wherever_they_are(made):
    """Late, turned over, quieter and bent by a distortion, both marks are where they were put."""
    for late in (0, 1234):
        wet = -0.1 * np.tanh(4.0 * np.concatenate((np.zeros(late), made)))
        found = signal.marks(wet, RATE)
        assert found is not None
        assert found.first == pytest.approx(signal.FIRST_S * RATE + late, abs=NEAR_SAMPLES)
        assert found.last == pytest.approx(signal.LAST_S * RATE + late, abs=NEAR_SAMPLES)


def test_no_marks_in_other_sounds():
    """Noise, and a sound too short for two marks, have none."""
    rng = np.random.default_rng(1)
    assert signal.marks(rng.normal(size=10 * RATE), RATE) is None
    assert signal.marks(rng.normal(size=RATE), RATE) is None
