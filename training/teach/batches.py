"""From prepared scenes to batches: a crop, a Threshold, and as often as not other scenes' bleed."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.stats import norm
from torch import Tensor

from gate.levels import FLOOR_DB
from training.labels import label
from training.networks.front import BANDS, CHANNELS
from training.teach.batch import Batch, bands
from training.teach.decays import decays_ms

CROSS_TERM = 0.5
"""How much of 2 sqrt(target bleed) cos(phase) a band of several bins shows, about 1 / sqrt(bins)."""

DOUBLED_COSINES = 2.0 * np.clip(CROSS_TERM * norm.ppf((np.arange(256) + 0.5) / 256), -0.95, 0.95).astype(
    np.float32
)
"""Twice the cosine between target and bleed in a band, 256 of equal chance: a byte is quickly drawn."""

EQ_KNOTS = 7
"""Places, evenly along the bands, where an uneven tone control is set; straight lines lie between."""

SILENCE = 1e-16
"""Power of a target that is not there."""

LN10 = float(np.log(10.0))

Tone = NDArray[np.float32]
"""A tone control: (56,) gains of power, log10."""


class Scenes(Protocol):
    """What batches are drawn from: ``training.teach.features.Store``, or scenes in memory."""

    loud_db: NDArray[np.float64]
    has_target: NDArray[np.bool_]
    bleed_loud_db: NDArray[np.float64]

    def __len__(self) -> int: ...
    @property
    def blocks(self) -> int: ...
    def row(self, name: str, i: int, crop: slice = slice(None)) -> NDArray[np.float16]: ...


@dataclass(frozen=True)
class BatchConfig:
    """Settings of batches: sequences in one, their length in blocks, and how targets and bleed are put together anew.

    ``remix`` is the share of sequences whose bleed is that of other scenes, one or (``second``) two of them, the target
    ``snr_db`` over it: mostly (``hard``) evenly up to ``easy_db``, the rest up to where bleed hardly matters.
    In a share ``alone`` of these the target is then taken away: a gate stays shut for what only might be under it.
    ``threshold_under_db`` is Threshold under the target's loud level, or above it (``threshold_above``).
    ``tilt_db`` is a tone control on everything; ``side_tilt_db`` one more on target and bleed each, where they are put
    together again, and ``side_eq_db`` an uneven one of ``EQ_KNOTS``: other instruments, other microphones.
    """

    sequences: int = 48
    blocks: int = 1200
    remix: float = 0.75
    alone: float = 0.1
    snr_db: tuple[float, float] = (-5.0, 40.0)
    hard: float = 0.75
    easy_db: float = 22.0
    second: float = 0.2
    second_under_db: tuple[float, float] = (0.0, 20.0)
    threshold_under_db: tuple[float, float] = (8.0, 40.0)
    threshold_above: float = 0.05
    tilt_db: float = 4.0
    side_tilt_db: float = 6.0
    side_eq_db: float = 3.0


@dataclass(frozen=True)
class _Side:
    """A stretch of one scene's target or bleed: its gain in dB, and a tone control that keeps its energy."""

    scene: int
    crop: slice
    gain_db: float
    tone: Tone | None


@dataclass(frozen=True)
class _Sequence:
    """What was drawn for a sequence: the scene and its stretch, other bleed in place of its own, tone and Threshold."""

    scene: int
    crop: slice
    target_tone: Tone | None
    others: tuple[_Side, ...]
    tone: Tone
    threshold_db: float
    alone: bool


def draw(store: Scenes, config: BatchConfig, rng: np.random.Generator) -> Batch:
    """Draw one batch, from the generator's state alone."""
    drawn = [_drawn(store, config, rng) for _ in range(config.sequences)]
    target, bleed = (_powers(store, name, [(s.scene, s.crop) for s in drawn]) for name in ("target", "bleed"))
    mixture = torch.empty_like(target)
    own = [k for k, s in enumerate(drawn) if not s.others]
    if own:
        mixture[own] = _powers(store, "mixture", [(drawn[k].scene, drawn[k].crop) for k in own])
    for first, sequences in enumerate(
        (slice(0, 1), slice(1, None))
    ):  # the first bleed replaces, the next one is added
        rows = [(k, side) for k, s in enumerate(drawn) for side in s.others[sequences]]
        if rows:
            index = [k for k, _ in rows]
            heard = _sides(store, [side for _, side in rows])
            bleed[index] = bleed[index] + heard if first else heard
    new = [k for k, s in enumerate(drawn) if s.others]
    if new:
        target[new] = _toned(target[new], [drawn[k].target_tone for k in new])
        target[[k for k in new if drawn[k].alone]] = SILENCE
        mixture[new] = _mixed(target[new], bleed[new], rng)
    gains = torch.from_numpy(
        np.stack([10.0 ** (s.tone - 0.1 * s.threshold_db) for s in drawn]).astype(np.float32)
    )
    labels, decays = zip(*(_label(store, s) for s in drawn), strict=True)
    return Batch(
        powers=mixture * gains[:, None],
        target=bands(target) * gains[:, None, :BANDS],
        bleed=bands(bleed) * gains[:, None, :BANDS],
        label=torch.from_numpy(np.stack(labels)),
        decay_ms=torch.from_numpy(np.stack(decays)),
    )


def _drawn(store: Scenes, config: BatchConfig, rng: np.random.Generator) -> _Sequence:
    i = int(rng.integers(len(store)))
    crop = _crop(store, config, rng)
    others: tuple[_Side, ...] = ()
    target_tone, alone = None, False
    loud_db = float(store.loud_db[i])
    if rng.random() < config.remix:
        target_tone = _side_tone(config, rng)
        at_db = loud_db - _snr_db(config, rng) if store.has_target[i] else None
        first, at_db = _other_bleed(store, config, rng, at_db)
        others = (first,)
        if rng.random() < config.second:
            others += (_other_bleed(store, config, rng, at_db - rng.uniform(*config.second_under_db))[0],)
        alone = bool(rng.random() < config.alone)
    tone = _tilt(config.tilt_db, rng)
    if not store.has_target[i]:
        threshold = loud_db - rng.uniform(-10, 45)
    elif rng.random() < config.threshold_above:
        threshold = loud_db + rng.uniform(0, 12)
    else:
        threshold = loud_db - rng.uniform(*config.threshold_under_db)
    return _Sequence(i, crop, target_tone, others, tone, max(float(threshold), -100.0), alone)


def _crop(store: Scenes, config: BatchConfig, rng: np.random.Generator) -> slice:
    start = int(rng.integers(store.blocks - config.blocks + 1))
    return slice(start, start + config.blocks)


def _snr_db(config: BatchConfig, rng: np.random.Generator) -> float:
    """Draw how far the target's loud level is over the bleed's."""
    low, high = config.snr_db
    easy = min(max(config.easy_db, low), high)
    return float(rng.uniform(low, easy) if rng.random() < config.hard else rng.uniform(easy, high))


def _other_bleed(
    store: Scenes, config: BatchConfig, rng: np.random.Generator, at_db: float | None
) -> tuple[_Side, float]:
    """Draw a stretch of any scene's bleed, its loud level at ``at_db``, or as it is; with that level."""
    j = int(rng.integers(len(store)))
    own_db = float(store.bleed_loud_db[j])
    known = bool(np.isfinite(own_db))
    gain_db = at_db - own_db if at_db is not None and known else 0.0
    side = _Side(j, _crop(store, config, rng), gain_db, _side_tone(config, rng))
    return side, own_db + gain_db if known else -60.0


def _side_tone(config: BatchConfig, rng: np.random.Generator) -> Tone | None:
    """Draw a tone control of one side."""
    if config.side_tilt_db <= 0.0:
        return None
    tone = _tilt(config.side_tilt_db, rng)
    if config.side_eq_db > 0.0:
        knots = rng.standard_normal(EQ_KNOTS) * config.side_eq_db
        places = np.linspace(0, 1, EQ_KNOTS)
        tone = tone + _on_channels(0.1 * np.interp(np.linspace(0, 1, BANDS), places, knots))
    return tone


def _tilt(tilt_db: float, rng: np.random.Generator) -> Tone:
    """Draw (56,) log10: a random tone control on everything, gentle enough to leave the label right."""
    x = np.linspace(-1, 1, BANDS)
    shape = rng.standard_normal() * x + rng.standard_normal() * (x**2 - 1 / 3)
    return _on_channels(0.1 * tilt_db / 2 * shape)


def _on_channels(bands: NDArray[np.float64]) -> Tone:
    """Spread (32,) of the bands to (56,) channels: the channels after the bands hear bands 1 to 11."""
    others = np.interp(np.linspace(80, 1000, CHANNELS - BANDS), [80, 1000], [bands[1], bands[11]])
    return np.concatenate([bands, others]).astype(np.float32)


def _powers(store: Scenes, name: str, places: list[tuple[int, slice]]) -> Tensor:
    """Read stretches as powers re full scale: (S, T, 56)."""
    rows = np.stack([store.row(name, i, crop) for i, crop in places])
    return torch.from_numpy(rows).float().mul_(LN10).exp_()


def _sides(store: Scenes, sides: list[_Side]) -> Tensor:
    """Read stretches of bleed, toned and levelled: (S, T, 56) powers."""
    powers = _toned(_powers(store, "bleed", [(s.scene, s.crop) for s in sides]), [s.tone for s in sides])
    gains = np.array([10.0 ** (0.1 * s.gain_db) for s in sides], np.float32)
    return powers * torch.from_numpy(gains)[:, None, None]


def _toned(powers: Tensor, tones: list[Tone | None]) -> Tensor:
    """Send (S, T, 56) powers each through a tone control of its own, as much energy in the bands as before."""
    flat = np.zeros(CHANNELS, np.float32)
    gains = 10.0 ** torch.from_numpy(np.stack([flat if tone is None else tone for tone in tones]))
    energy = powers[..., :BANDS].sum(1)  # (S, 32)
    kept = energy.sum(1) / (energy * gains[:, :BANDS]).sum(1).clamp_min(1e-30)
    return powers * (gains * kept[:, None])[:, None]


def _mixed(target: Tensor, bleed: Tensor, rng: np.random.Generator) -> Tensor:
    """Add powers, with a cross term of random phase in each band."""
    doubled = torch.from_numpy(DOUBLED_COSINES[rng.integers(256, size=target.shape, dtype=np.uint8)])
    return (target * bleed).sqrt_().mul_(doubled).add_(target).add_(bleed)


def _label(store: Scenes, s: _Sequence) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """Label a stretch, and measure the target's decays in it: (T,) each; from the whole scene, as gaps reach over edges."""
    levels = np.asarray(store.row("level_db", s.scene), np.float32)
    if s.alone:
        levels = np.full_like(levels, FLOOR_DB)
    labels = label(levels, s.threshold_db)
    return labels[s.crop], decays_ms(labels, levels - np.float32(s.threshold_db))[s.crop]
