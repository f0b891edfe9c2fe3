"""From prepared scenes to batches: a crop, a Threshold, and as often as not another scene's bleed."""

from dataclasses import dataclass

import numpy as np
import torch

from training.labels import label
from training.networks.front import BANDS, CHANNELS
from training.teach.batch import Batch, band_powers, bands
from training.teach.decays import decays_ms
from training.teach.features import Store

CROSS_TERM = 0.5
"""How much of 2 sqrt(target bleed) cos(phase) a band of several bins shows, about 1 / sqrt(bins)."""

EQ_KNOTS = 7
"""Places, evenly along the bands, where an uneven tone control is set; straight lines lie between."""


@dataclass(frozen=True)
class BatchConfig:
    """Settings of batches: sequences in one, their length in blocks, how often scenes swap bleed and by how much its
    level then moves (dB, standard deviation), and Threshold under the target's loud level (dB), or above it.

    ``tilt_db`` is a tone control on everything; ``side_tilt_db`` one more on target and bleed each, where they are put
    together again, and ``side_eq_db`` an uneven one of ``EQ_KNOTS``: other instruments, other microphones.
    """

    sequences: int = 24
    blocks: int = 2400
    remix: float = 0.6
    remix_level_db: float = 6.0
    threshold_under_db: tuple[float, float] = (8.0, 40.0)
    threshold_above: float = 0.05
    tilt_db: float = 4.0
    side_tilt_db: float = 0.0
    side_eq_db: float = 0.0


def draw(store: Store, config: BatchConfig, rng: np.random.Generator) -> Batch:
    """Draw one batch, from the generator's state alone."""
    rows = [_draw_one(store, config, rng) for _ in range(config.sequences)]
    mixture, target, bleed = (torch.from_numpy(np.stack([row[i] for row in rows])) for i in range(3))
    threshold = torch.tensor([row[3] for row in rows], dtype=torch.float32)
    labels, decays = (np.stack([row[i] for row in rows]) for i in (4, 5))
    return Batch(
        powers=band_powers(mixture, threshold),
        target=bands(band_powers(target, threshold)),
        bleed=bands(band_powers(bleed, threshold)),
        label=torch.from_numpy(labels),
        decay_ms=torch.from_numpy(decays),
    )


def _draw_one(store: Store, config: BatchConfig, rng: np.random.Generator) -> tuple:
    i = int(rng.integers(len(store)))
    crop = _crop(store, config, rng)
    mixture, target, bleed = (
        np.asarray(store.arrays[k][i, crop], np.float32) for k in ("mixture", "target", "bleed")
    )
    if rng.random() < config.remix:
        if config.side_tilt_db > 0.0:
            target = _retoned(config, rng, target)
        mixture, bleed = _remix(store, config, rng, target)
    tilt = _tilt(config.tilt_db, rng)
    mixture, target, bleed = mixture + tilt, target + tilt, bleed + tilt
    loud_db = store.loud_db[i]
    if not store.has_target[i]:
        threshold = loud_db - rng.uniform(-10, 45)
    elif rng.random() < config.threshold_above:
        threshold = loud_db + rng.uniform(0, 12)
    else:
        threshold = loud_db - rng.uniform(*config.threshold_under_db)
    threshold = max(float(threshold), -100.0)
    levels = np.asarray(store.arrays["level_db"][i], np.float32)
    labels = label(levels, threshold)
    return mixture, target, bleed, threshold, labels[crop], decays_ms(labels, levels - threshold)[crop]


def _crop(store: Store, config: BatchConfig, rng: np.random.Generator) -> slice:
    length = store.arrays["mixture"].shape[1]
    start = int(rng.integers(length - config.blocks + 1))
    return slice(start, start + config.blocks)


def _remix(
    store: Store, config: BatchConfig, rng: np.random.Generator, target: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Put another scene's bleed under a target: powers add, with a cross term of random phase in each band."""
    other = store.arrays["bleed"][int(rng.integers(len(store))), _crop(store, config, rng)]
    bleed = np.asarray(other, np.float32) + np.float32(0.1 * config.remix_level_db * rng.standard_normal())
    if config.side_tilt_db > 0.0:
        bleed = _retoned(config, rng, bleed)
    t, b = 10.0**target, 10.0**bleed
    phase = rng.standard_normal(target.shape, dtype=np.float32) * np.float32(CROSS_TERM)
    power = t + b + 2 * np.sqrt(t * b) * np.clip(phase, -0.95, 0.95)
    return np.log10(power).astype(np.float32), bleed


def _retoned(config: BatchConfig, rng: np.random.Generator, side: np.ndarray) -> np.ndarray:
    """Send one side (T, 56) log10 through a tone control of its own, as much energy in the bands as before."""
    tilt = _tilt(config.side_tilt_db, rng)
    if config.side_eq_db > 0.0:
        knots = rng.standard_normal(EQ_KNOTS) * config.side_eq_db
        tilt = tilt + _on_channels(
            0.1 * np.interp(np.linspace(0, 1, BANDS), np.linspace(0, 1, EQ_KNOTS), knots)
        )
    energy = 10.0 ** side[:, :BANDS]
    before, after = energy.sum(), (energy * 10.0 ** tilt[:BANDS]).sum()
    return side + tilt + np.float32(np.log10(before / after))


def _tilt(tilt_db: float, rng: np.random.Generator) -> np.ndarray:
    """Draw (56,) log10: a random tone control on everything, gentle enough to leave the label right."""
    x = np.linspace(-1, 1, BANDS)
    shape = rng.standard_normal() * x + rng.standard_normal() * (x**2 - 1 / 3)
    return _on_channels(0.1 * tilt_db / 2 * shape)


def _on_channels(bands: np.ndarray) -> np.ndarray:
    """Spread (32,) of the bands to (56,) channels: the channels after the bands hear bands 1 to 11."""
    others = np.interp(np.linspace(80, 1000, CHANNELS - BANDS), [80, 1000], [bands[1], bands[11]])
    return np.concatenate([bands, others]).astype(np.float32)
