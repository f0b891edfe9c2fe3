"""``--threshold auto``: noise floor and loud level of a file, in constant memory, and why it is that."""

import tracemalloc

import numpy as np
import pytest

from gate.levels import RATE, block_levels_db, loud_level_db
from gate.render.auto_threshold import BINS_PER_DB, Levels, choose, measure

BIN_DB = 1.0 / BINS_PER_DB
"""Half a bin either way, and numpy's percentile interpolates where ours does not."""

SCATTER_DB = 0.5
"""Windows side by side here, a block apart in gate.levels: percentiles of noise differ by that much."""


class Sound:
    """A source in memory that gives at most ``most`` frames a call and remembers the largest call."""

    def __init__(self, x: np.ndarray) -> None:
        self.x = x
        self.at = 0
        self.largest = 0

    @property
    def dtype(self) -> type:
        return self.x.dtype.type

    def read(self, out: np.ndarray) -> int:
        piece = self.x[self.at : self.at + len(out)]
        out[: len(piece)] = piece
        self.at += len(piece)
        self.largest = max(self.largest, len(out))
        return len(piece)


def noise(seconds: float, db: float, channels: int = 1, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((int(seconds * RATE), channels)) * 10 ** (db / 20)
    return x.astype(np.float32)


def speech_like(floor_db: float, loud_db: float) -> np.ndarray:
    """Half a second on, half a second off, ten times."""
    return np.concatenate([noise(0.5, loud_db if i % 2 else floor_db, seed=i) for i in range(20)])


def test_floor_and_loud_level_are_found() -> None:
    """Noise at -60 and sound at -20 dBFS give these two figures, and the threshold 6 dB over the noise."""
    auto = measure(Sound(speech_like(-60.0, -20.0)), RATE, 1, -40.0)
    assert auto.floor_db == pytest.approx(-60.0, abs=1.0)
    assert auto.loud_db == pytest.approx(-20.0, abs=1.0)
    assert auto.threshold_db == pytest.approx(auto.floor_db + 6.0, abs=BIN_DB)
    assert "6 dB over the noise floor (noise floor -60." in auto.sentence


def test_loud_level_is_the_projects() -> None:
    """For steady phrases the loud level agrees with that of gate.levels, which labels are made with."""
    x = speech_like(-70.0, -15.0)
    levels = Levels(RATE)
    levels.add(x)
    assert levels.loud_db() == pytest.approx(loud_level_db(block_levels_db(x[:, 0])), abs=SCATTER_DB)


@pytest.mark.parametrize(
    ("floor", "loud", "threshold", "why"),
    [
        (-60.0, -20.0, -54.0, "6 dB over the noise floor"),
        (-95.0, -20.0, -55.0, "35 dB under the loud level"),
        (-25.0, -20.0, -32.0, "12 dB under the loud level"),
        (-120.0, -60.0, -80.0, "the end of its range"),
        (30.0, 40.0, 0.0, "the end of its range"),
    ],
)
def test_choice_and_reason(floor: float, loud: float, threshold: float, why: str) -> None:
    """T = clip(floor + 6, loud - 35, loud - 12) within the control's range, and the sentence says which."""
    auto = choose(floor, loud, -40.0)
    assert auto.threshold_db == threshold
    assert f"threshold {threshold:.1f} dBFS, {why}" in auto.sentence


@pytest.mark.parametrize("x", [np.zeros((RATE, 2), np.float32), np.zeros((3, 2), np.float32)])
def test_silence_falls_back(x: np.ndarray) -> None:
    """Digital silence, or under 5 ms of sound, has nothing to measure: the preset's threshold, said so."""
    auto = measure(Sound(x), RATE, 2, -42.5)
    assert auto.threshold_db == -42.5
    assert (
        auto.sentence == "threshold -42.5 dBFS, the preset's: the file is silent, there is nothing to measure"
    )


def test_digital_silence_is_not_noise_floor() -> None:
    """Zeros between takes, however many, do not pull the floor down."""
    x = np.concatenate([speech_like(-60.0, -20.0), np.zeros((60 * RATE, 1), np.float32)])
    assert measure(Sound(x), RATE, 1, -40.0).floor_db == pytest.approx(-60.0, abs=1.0)


def test_what_is_not_finite_counts_as_zero() -> None:
    """NaN and infinity leave the figures as they would be with zeros there."""
    x = speech_like(-60.0, -20.0)
    y = x.copy()
    x[::1000], y[::1000] = 0.0, np.nan
    y[::2000] = np.inf
    assert measure(Sound(x), RATE, 1, -40.0) == measure(Sound(y), RATE, 1, -40.0)


def test_absurd_levels_are_only_loud() -> None:
    """Samples whose power no float holds count as very loud, without a fuss."""
    levels = Levels(RATE)
    levels.add(np.full((RATE, 1), 1e38, np.float32))
    assert levels.loud_db() == pytest.approx(80.0, abs=1.0)


@pytest.mark.parametrize("rate", [8000, 44100, 192000])
def test_any_rate(rate: int) -> None:
    """Windows are 5 ms at any rate: white noise of -40 dBFS reads so."""
    auto = measure(Sound(noise(1.0, -40.0)), rate, 1, -40.0)
    assert auto.loud_db == pytest.approx(-40.0, abs=3.0)


def test_double_precision_is_taken() -> None:
    """A float64 source gives what the same sound in float32 gives."""
    x = speech_like(-60.0, -20.0)
    auto = measure(Sound(x.astype(np.float64)), RATE, 1, -40.0)
    assert auto.threshold_db == pytest.approx(measure(Sound(x), RATE, 1, -40.0).threshold_db, abs=BIN_DB)


def test_memory_does_not_grow() -> None:
    """Ten times the sound takes no more memory."""
    peaks = []
    for seconds in (3, 30):
        source = Sound(noise(seconds, -30.0))
        tracemalloc.start()
        measure(source, RATE, 1, -40.0)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    slack = 100_000  # bytes: caches filled by the first run
    assert peaks[1] < peaks[0] + slack
