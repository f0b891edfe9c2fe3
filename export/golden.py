"""A short made-up sound that every preset is exported with: input and what the gate answered, to be held to later."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gate.constants import BLOCK, RATE

SECONDS = 2.0
FILE = "golden.npz"


def sound(seed: int = 20) -> NDArray[np.float32]:
    """(n,) at 48 kHz, 16-bit values: three vowel-like bursts with formants and a hiss burst, over hum and noise.

    Not speech, but near enough that a voice gate moves; the same on every machine (integers in the end).
    """
    rng = np.random.default_rng(seed)
    n = int(SECONDS * RATE) // BLOCK * BLOCK
    t = np.arange(n) / RATE
    out = 0.003 * rng.standard_normal(n) + 0.004 * np.sin(2 * np.pi * 50 * t)
    for start, stop, pitch, formants in (
        (0.3, 0.62, 118, (650, 1080)),
        (0.75, 1.05, 205, (300, 2300)),
        (1.35, 1.8, 140, (500, 1500)),
    ):
        phase = 2 * np.pi * np.cumsum(pitch * (1 + 0.03 * np.sin(2 * np.pi * 4 * t))) / RATE
        tone = np.zeros(n)
        for k in range(1, 4000 // pitch):
            near = sum(np.exp(-(((k * pitch - f) / 160.0) ** 2)) for f in formants)
            tone += (near + 0.05) / k**0.5 * np.sin(k * phase)
        rise = np.clip((t - start) / 0.02, 0, 1) * np.clip((stop - t) / 0.08, 0, 1)
        out += 0.12 * rise * tone
    hiss = np.clip((t - 1.15) / 0.01, 0, 1) * np.clip((1.25 - t) / 0.02, 0, 1)
    out += 0.05 * hiss * np.diff(rng.standard_normal(n + 1))
    return (np.round(np.clip(out, -1, 1) * 32767) / 32768).astype(np.float32)


def save(path: Path, x: NDArray[np.float32], threshold_db: float, curve: NDArray[np.float64]) -> None:
    """Keep input (as int16), threshold and the engine's curve (rows as ``CURVE_COLUMNS``)."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pcm = np.round(x * 32768).astype(np.int16)
    np.savez_compressed(path, input=pcm, threshold_db=threshold_db, curve=curve.astype(np.float32))
