"""From sides to batches: who is heard at what level, powers added up, and the class of each frame."""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from training.detector.store import Sides
from training.networks.mfcc import FLOOR, MELS, coefficients, mel_weights
from training.networks.swishnet import CLASSES

UNSCORED = -1
CROSS_TERM = 0.6
"""How much of 2 sqrt(a b) cos(phase) a band shows."""
KNOTS = 7
"""Places, evenly along the bands, where an uneven tone control is set; straight lines lie between."""
HISS = mel_weights().sum(axis=1)
"""(32,) powers that white noise gives the bands."""
HISS_POWER = 150.0
"""Power of a bin, for white noise whose power is 1: the window's energy."""


@dataclass(frozen=True)
class MixConfig:
    """Settings of mixtures: sequences a batch, frames in a sequence, the chance of each class in one, levels in dB.

    ``snr_db``: speech over what else there is, two thirds of the time in the lower half. ``level_db``: the loud level
    of the loudest. ``floor_db``: level of the recorder's own hiss. ``tone_db``: deviation of an uneven tone control on
    each side and on the whole. ``cut``: chance of the whole being cut off at some band. ``margin_frames``: so many
    frames about each start and stop of speech are not scored: nobody marks speech to the frame.
    """

    sequences: int = 48
    frames: int = 700
    speech: float = 0.62
    music: float = 0.45
    noise: float = 0.6
    snr_db: tuple[float, float] = (-5.0, 35.0)
    level_db: tuple[float, float] = (-55.0, -8.0)
    floor_db: tuple[float, float] = (-100.0, -55.0)
    tone_db: float = 4.0
    cut: float = 0.2
    mute: float = 0.06
    margin_frames: int = 2


@dataclass(frozen=True)
class Mixtures:
    """A batch: ``features`` (B, T, 20) of ``training.networks.mfcc``; ``label`` (B, T): index of a class, or -1."""

    features: Tensor
    label: Tensor


def draw(sides: Sides, config: MixConfig, rng: np.random.Generator) -> Mixtures:
    """Draw one batch, from the generator's state alone."""
    rows = [draw_one(sides, config, rng) for _ in range(config.sequences)]
    powers = torch.from_numpy(np.stack([power for power, _ in rows]))
    return Mixtures(coefficients(powers), torch.from_numpy(np.stack([label for _, label in rows])))


def draw_one(
    sides: Sides, config: MixConfig, rng: np.random.Generator
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Draw one mixture's band powers (T, 32) and classes (T,)."""
    there = {name: rng.random() < getattr(config, name) for name in CLASSES}
    level = rng.uniform(*config.level_db)
    low, high = config.snr_db
    snr = rng.uniform(low, (low + high) / 2) if rng.random() < 2 / 3 else rng.uniform(low, high)
    under = {
        "speech": 0.0,
        "music": snr if there["speech"] else 0.0,
        "noise": snr if there["speech"] else 0.0,
    }
    if there["music"] and there["noise"]:  # one of the two is in front
        under[("music", "noise")[int(rng.integers(2))]] += rng.uniform(0.0, 25.0)
    if snr < 0.0:  # the loudest has the level
        level += snr
    total = np.zeros((config.frames, MELS), np.float32)
    heard = {}
    for name in CLASSES:
        heard[name] = np.zeros(config.frames, np.bool_)
        if not there[name]:
            continue
        row = int(rng.choice(sides.of[name]))
        start = int(rng.integers(sides.powers.shape[1] - config.frames + 1))
        crop = slice(start, start + config.frames)
        log10 = np.asarray(sides.powers[row, crop], np.float32)
        tone = uneven(rng, config.tone_db)
        # a tone control that leaves the loud level where it was: the bands weigh as they are heard
        mean = np.log10((10.0 ** (log10 + tone)).sum() / (10.0**log10).sum())
        total = added(rng, total, 10.0 ** (log10 + tone - mean + 0.1 * (level - under[name])))
        heard[name] = sides.heard[row, crop]
    hiss = rng.uniform(*config.floor_db) + (0.0 if any(there.values()) else 15.0)
    total = total * 10.0 ** uneven(rng, config.tone_db) + hiss_powers(rng, config.frames, hiss)
    if rng.random() < config.cut:
        total[:, int(rng.integers(MELS * 6 // 10, MELS)) :] *= np.float32(10.0 ** rng.uniform(-6.0, -2.0))
    if rng.random() < config.mute:
        length = min(int(rng.integers(20, 200)), config.frames // 2)
        start = int(rng.integers(config.frames - length))
        total[start : start + length] = 0.0
        for name in CLASSES:
            heard[name] = heard[name].copy()
            heard[name][start : start + length] = False
    return np.maximum(total, FLOOR).astype(np.float32), classes(heard, config.margin_frames)


def classes(heard: dict[str, NDArray[np.bool_]], margin: int) -> NDArray[np.int64]:
    """Label frames: speech wherever there is some, else music, else noise (or silence); speech's edges unscored."""
    label = np.where(heard["speech"], 0, np.where(heard["music"], 1, 2)).astype(np.int64)
    edges = np.flatnonzero(np.diff(heard["speech"].astype(np.int8))) + 1
    for at in edges:
        label[max(at - margin, 0) : at + margin] = UNSCORED
    return label


def added(rng: np.random.Generator, a: NDArray[np.float32], b: NDArray[np.float32]) -> NDArray[np.float32]:
    """Add the powers of two sounds, with a cross term of random phase in each band."""
    phase = rng.standard_normal(a.shape, dtype=np.float32) * np.float32(CROSS_TERM)
    return a + b + 2.0 * np.sqrt(a * b) * np.clip(phase, -0.95, 0.95)


def uneven(rng: np.random.Generator, deviation_db: float) -> NDArray[np.float32]:
    """Draw (32,) log10 of an uneven tone control."""
    knots = 0.1 * deviation_db * rng.standard_normal(KNOTS)
    return np.interp(np.linspace(0, 1, MELS), np.linspace(0, 1, KNOTS), knots).astype(np.float32)


def hiss_powers(rng: np.random.Generator, frames: int, level_db: float) -> NDArray[np.float32]:
    """Draw (T, 32) powers of white noise of this level, as uneven from frame to frame as real noise: a band of n bins
    is a sum of n exponentials."""
    mean = HISS_POWER * HISS * 10.0 ** (0.1 * level_db)
    bins = np.maximum(HISS, 1.0)
    return (rng.gamma(np.broadcast_to(bins, (frames, MELS))) / bins * mean).astype(np.float32)
