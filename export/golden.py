"""A short made-up sound that every preset is exported with: input and the gate's answer, to compare with later."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gate.constants import BLOCK, RATE

SECONDS = 4.5
FILE = "golden.npz"
THRESHOLD_DB = -40.0
"""Threshold at which a gate hears it, in dBFS."""
DRUMS = (
    (2.1, 52, 120, 0.09, 0.0),
    (2.45, 190, 60, 0.06, 0.35),
    (2.8, 105, 40, 0.16, 0.0),
    (3.2, 190, 60, 0.06, 0.35),
)
"""Time, Hz, Hz more at the stroke, decay in s, and wires: a kick, a snare, a tom, a snare."""
STRING_S = 3.55
"""Times at which a string is plucked."""


def sound(seed: int = 20) -> NDArray[np.float32]:
    """Make (n,) at 48 kHz, 16-bit values, over hum and noise: three vowel-like bursts, a hiss, then drums and a string.

    Neither speech nor instruments, but near enough that every shipped gate moves; the same on every machine (integers in
    the end).
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
    for start, hz, sweep, fall_s, wires in DRUMS:
        since = np.clip(t - start, 0.0, None)
        body = np.sin(2 * np.pi * (hz * since + sweep * 0.02 * (1 - np.exp(-since / 0.02))))
        rattle = wires * np.exp(-since / 0.06) * rng.standard_normal(n)
        out += (t >= start) * 0.4 * (np.exp(-since / fall_s) * body + rattle)
    since = np.clip(t - STRING_S, 0.0, None)
    for k in range(1, 12):
        out += (t >= STRING_S) * 0.2 / k * np.exp(-since * (2.0 + k)) * np.sin(2 * np.pi * 147.0 * k * since)
    return (np.round(np.clip(out, -1, 1) * 32767) / 32768).astype(np.float32)


def save(path: Path, x: NDArray[np.float32], **said: Any) -> None:
    """Store the sound (as int16) and what was said of it, each under its name."""
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(path, input=np.round(x * 32768).astype(np.int16), **said)
