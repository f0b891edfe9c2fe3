"""The gain between a dry and a wet sound over time, and the stretches of a pair that say most about it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.clone.law import STRIDE

Sound = NDArray[np.float64]

BLOCK = 24
"""Samples of a block whose gain is measured: half a millisecond at 48 kHz."""
MIDDLE = (STRIDE - 1) / 2.0 / STRIDE
"""How far before a stride's last sample its middle lies, in strides."""
LEAST_DB = -85.0
"""Dry blocks under this say nothing."""
OVER_FLOOR_DB = 6.0
"""What comes out has to lie so far over the wet noise to be a gain."""
LOWEST_DB = -80.0
"""Gains under this count as this."""
LIMIT_DB = 12.0
"""A block whose gain is off by more counts as off by this: a few wild ones must not rule."""
WINDOW_S, WARM_S = 3.0, 0.75
"""A stretch to fit, and its beginning, which only brings envelopes to where they are."""


@dataclass(frozen=True)
class Gains:
    """Measured gains, block by block.

    Attributes:
        gain_db: (b,) at least ``LOWEST_DB`` and at least what the wet floor hides.
        valid: (b,) whether the dry block is loud enough to tell.
        least_db: (b,) gain that the wet floor would look like.
        energy: (b * 6,) energy of the dry sound, by strides.
        moving: (b,) whether the gain changes there.
    """

    gain_db: Sound
    valid: NDArray[np.bool_]
    least_db: Sound
    energy: Sound
    moving: NDArray[np.bool_]

    def predicted_db(self, thin: Sound) -> Sound:
        """Bring a law's gain (one value a stride) to blocks, in dB, with the same limits as the measured ones."""
        strides = BLOCK // STRIDE
        n = len(self.gain_db)
        energy = self.energy.reshape(n, strides)
        power = np.maximum(energy.sum(axis=1), 1e-30)
        # a value belongs to the last sample of its stride: the stride's middle lies between it and the one before
        last = thin[: n * strides]
        middle = last + MIDDLE * (np.concatenate((last[:1], last[:-1])) - last)
        mean = (energy * middle.reshape(n, strides)).sum(axis=1) / power
        return np.asarray(np.maximum(20.0 * np.log10(np.maximum(mean, 1e-12)), self.least_db))

    def errors_db(self, thin: Sound) -> Sound:
        """Compute predicted minus measured gain of the valid blocks, dB."""
        return (self.predicted_db(thin) - self.gain_db)[self.valid]


def measured(dry: Sound, wet: Sound, rate: int, floor_db: float = -140.0) -> Gains:
    """Measure the gain of each block: the least-squares gain from dry to wet, polarity of the whole taken out.

    Args:
        dry, wet: (n,) aligned.
        rate: Hz.
        floor_db: the wet sound's own noise, dBFS.
    """
    blocks = len(dry) // BLOCK
    d, w = dry[: blocks * BLOCK], wet[: blocks * BLOCK]
    energy = np.square(d).reshape(-1, STRIDE).sum(axis=1)
    power = energy.reshape(blocks, -1).sum(axis=1)
    cross = (d * w).reshape(blocks, BLOCK).sum(axis=1)
    if cross.sum() < 0.0:
        cross = -cross
    rms_db = 10.0 * np.log10(np.maximum(power / BLOCK, 1e-30))
    valid = rms_db > LEAST_DB
    least = np.maximum(floor_db + OVER_FLOOR_DB - rms_db, LOWEST_DB)
    gain = np.maximum(20.0 * np.log10(np.maximum(cross / np.maximum(power, 1e-30), 1e-12)), least)
    near = max(1, round(0.004 * rate / BLOCK))
    change = np.abs(np.roll(gain, -near) - np.roll(gain, near)) > 1.0
    return Gains(gain, valid, least, energy, change & valid)


def shape_residual(dry: Sound, wet: Sound) -> float:
    """Compute the share of the wet energy that no gain, constant over each block, explains: 0 to 1."""
    blocks = len(dry) // BLOCK
    d, w = (x[: blocks * BLOCK].reshape(blocks, BLOCK) for x in (dry, wet))
    power, cross, heard = (np.einsum("ij,ij->i", a, b) for a, b in ((d, d), (d, w), (w, w)))
    left = heard - np.square(cross) / np.maximum(power, 1e-30)
    return float(np.sum(np.maximum(left, 0.0)) / max(float(np.sum(heard)), 1e-30))


def windows(gains: Gains, rate: int, seconds: float) -> list[slice]:
    """Choose the stretches (of samples) with most going on, no more than ``seconds`` in all; all where there is less."""
    n = len(gains.gain_db) * BLOCK
    if n <= seconds * rate:
        return [slice(0, n)]
    long = int(WINDOW_S * rate) // BLOCK
    moving = np.concatenate(([0], np.cumsum(gains.moving)))
    starts = np.arange(0, len(gains.gain_db) - long, long // 2)
    worth = moving[starts + long] - moving[starts]
    chosen: list[int] = []
    for k in np.argsort(-worth, kind="stable"):
        start = int(starts[k])
        if all(abs(start - other) >= long for other in chosen):
            chosen.append(start)
        if len(chosen) >= int(seconds / WINDOW_S):
            break
    return [slice(start * BLOCK, (start + long) * BLOCK) for start in sorted(chosen)]


def excerpt(dry: Sound, wet: Sound, rate: int, parts: list[slice], floor_db: float) -> tuple[Sound, Gains]:
    """Join stretches to one sound with its gains; their beginnings are not judged."""
    gains = [measured(dry[part], wet[part], rate, floor_db) for part in parts]
    warm = int(WARM_S * rate) // BLOCK
    for part, one in zip(parts, gains, strict=True):
        if part.start > 0:
            one.valid[:warm] = False
    whole = Gains(
        *(
            np.concatenate([getattr(one, name) for one in gains])
            for name in ("gain_db", "valid", "least_db", "energy", "moving")
        )
    )
    return np.concatenate([dry[part] for part in parts]), whole
