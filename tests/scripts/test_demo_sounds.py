"""The demo's recording: what it is made of, and that the truth beside it is true."""

import shutil

import numpy as np
import pytest

from gate.constants import BLOCK, RATE
from gate.levels import block_levels_db, loud_level_db
from scripts import demo_sounds

LEVEL_TOLERANCE_DB = 1.0
"""dB: walls add their own energy to a sound whose level was set dry."""

EXACT = 1e-9
"""Full scale = 1: sums of float64 in another order."""


@pytest.fixture(scope="module")
def room() -> demo_sounds.Room:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shutil, "which", lambda name: None)
        return demo_sounds.record(seed=3)


def test_recording_is_whole_blocks_of_stereo_without_clipping(room: demo_sounds.Room) -> None:
    """The recording is stereo, a whole number of blocks, finite and under full scale."""
    assert room.mixture.shape == room.voice.shape
    assert room.mixture.shape[1] == 2
    assert len(room.mixture) % BLOCK == 0
    assert np.all(np.isfinite(room.mixture))
    assert np.max(np.abs(room.mixture)) < 1.0


def test_voice_is_at_its_level_and_the_noise_is_under_it(room: demo_sounds.Room) -> None:
    """The voice's loud level is the one stated, and fan and hum lie at theirs."""
    loud_db = loud_level_db(block_levels_db(room.voice[:, 0]))
    assert abs(loud_db - demo_sounds.SPEECH_DB) < LEVEL_TOLERANCE_DB
    start = (room.mixture - room.voice)[: int(0.8 * RATE), 1]  # before the first key
    level_db = 10 * np.log10(np.mean(start**2))
    wanted_db = 10 * np.log10(10 ** (demo_sounds.FAN_DB / 10) + 10 ** (demo_sounds.HUM_DB / 10))
    assert abs(level_db - wanted_db) < LEVEL_TOLERANCE_DB


def test_without_espeak_the_speaker_is_named_as_synthetic(room: demo_sounds.Room) -> None:
    """Nobody is told that the fallback is a human or espeak-ng."""
    assert room.speaker.startswith("a synthetic voice")


def test_same_seed_gives_the_same_room() -> None:
    """Noise is the same on every run."""
    first, second = (demo_sounds.typing(RATE * 4, np.random.default_rng(5)) for _ in range(2))
    assert np.array_equal(first, second)
    assert np.max(np.abs(first)) == 1.0


def test_resample_keeps_a_tone_and_its_length() -> None:
    """A tone at 22050 Hz is the same tone at 48 kHz."""
    t = np.arange(22050) / 22050
    y = demo_sounds.resample(np.sin(2 * np.pi * 1000 * t) * np.hanning(22050), 22050)
    assert abs(len(y) - 1.1 * RATE) < 2
    u = np.arange(len(y)) / RATE
    inside = (u > 0.2) & (u < 0.8)
    wanted = np.sin(2 * np.pi * 1000 * u) * (0.5 - 0.5 * np.cos(2 * np.pi * u * 22050 / 22049))
    assert np.max(np.abs(y - wanted)[inside]) < 1e-3  # full scale: the window's ends are cut in frequency


def test_walls_put_nothing_before_the_sound() -> None:
    """The room answers after the sound, and the direct sound comes through unchanged."""
    x = np.zeros(4000)
    x[1000] = 1.0
    y = demo_sounds.walls(x, np.random.default_rng(0), wet_db=-10.0)
    assert np.max(np.abs(y[:1000])) < EXACT
    assert abs(y[1000] - 1.0) < EXACT
    assert np.max(np.abs(y[1001:1090])) < EXACT  # 2 ms until the first wall
    assert np.max(np.abs(y[1100:])) > 0
