"""Prepared clips without recordings: a tone is the target, noise is not."""

import numpy as np

from training.studies.five.store import Data, Split


def split(count, seed):
    """Half of the clips hold a tone of 440 Hz in noise, half only noise, all at one level."""
    rng = np.random.default_rng(seed)
    labels = (np.arange(count) % 2).astype(np.float32)
    t = np.arange(16_000) / 16_000
    tone = np.sin(2 * np.pi * (440.0 * t + rng.random((count, 1))))
    x = rng.standard_normal((count, 16_000)) + 2.0 * labels[:, None] * tone
    x *= 0.1 / np.sqrt(np.mean(x**2, axis=1, keepdims=True))
    return Split(np.round(np.clip(x, -1, 1) * 32767).astype(np.int16), labels)


def data(train=48, val=16, test=16):
    """A data set of such clips, with two rooms."""
    rooms = np.zeros((2, 8000), np.float32)
    rooms[:, 0] = 1.0
    rooms[1, 800] = 0.3
    return Data(split(train, 1), split(val, 2), split(test, 3), rooms, "tones")
