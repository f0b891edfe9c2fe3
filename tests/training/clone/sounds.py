"""Sounds that boxes are asked with: bursts of noise and tones, twelve seconds at 16 kHz unless said otherwise."""

from functools import cache

import numpy as np

RATE = 16_000


@cache
def _bursts(seconds: float, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    n = int(seconds * RATE)
    level = np.full(n, -62.0)
    at = RATE // 5
    while at < n:
        long = int(RATE * 10.0 ** rng.uniform(-2.0, -0.1))
        level[at : at + long] = rng.uniform(-40.0, -2.0)
        at += long + int(RATE * 10.0 ** rng.uniform(-1.7, -0.2))
    noise = np.clip(0.3 * rng.normal(size=n), -1.0, 1.0)
    tone = 0.7 * np.sin(2.0 * np.pi * 700.0 * np.arange(n) / RATE)
    return 10.0 ** (level / 20.0) * np.where(np.arange(n) % (4 * RATE) < 2 * RATE, noise, tone)


def bursts(seconds: float = 12.0, seed: int = 0) -> np.ndarray:
    """Return bursts of random levels and lengths over a quiet floor, (n,) float64."""
    return _bursts(seconds, seed).copy()


def noise(seconds: float = 8.0, seed: int = 1, rms: float = 0.1) -> np.ndarray:
    """Return white noise, (n,) float64."""
    return rms * np.random.default_rng(seed).normal(size=int(seconds * RATE))
