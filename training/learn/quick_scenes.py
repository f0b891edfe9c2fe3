"""Scenes from a few seconds of target and bleed, to learn from and to judge by, in memory."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gate.constants import BLOCK, RATE
from training.recordings.corpus import Corpus, Item
from training.scenes.compose import Scene
from training.sounds.bench import Bench, Studio
from training.sounds.changes import Sound, amplitude, loud_db
from training.sounds.filters import random_tone, through
from training.sounds.made_up import hiss, made_up_noise
from training.sounds.phrases import speech_track
from training.sounds.recipe import Rng, log_uniform
from training.sounds.strung import looped
from training.teach.features import Features, Front

ARRAYS = ("mixture", "target", "bleed", "level_db")
SNRS_DB = (0.0, 5.0, 10.0, 20.0)
UNDER_DB = (30.0, 20.0, 12.0)
"""Values that judged scenes go through in turn, as in ``training.scenes.judged.judged_scenes``."""
FOREIGN = 0.5
"""Share of learned scenes with a made-up noise in place of the user's: what else there is must stay shut out."""
SPEED, BLEED_SPEED = 1.12, 1.15
"""Targets and bleed are played up to this much faster or slower."""
ALONE = 0.12
"""Share of learned scenes without a target: bleed alone never opens it."""
FLOOR, TONE = 0.3, 0.3
"""Shares of learned scenes with a noise floor, and with a tone control: other days, other settings."""


class Sounds(Corpus):
    """A corpus of sounds that are in memory: (n,) float32 at 48 kHz each, under "target" and "bleed"."""

    def __init__(self, target: Sequence[Sound], bleed: Sequence[Sound]) -> None:
        held: dict[Path, NDArray[np.float16]] = {}
        items = []
        for kind, sounds in (("target", target), ("bleed", bleed)):
            for number, x in enumerate(sounds):
                path = Path(f"{kind}-{number}")
                held[path] = x.astype(np.float16)
                items.append(Item(path, kind, f"{kind}-{number}", "train", seconds=len(x) / RATE))
        super().__init__(items, read=held.__getitem__)


@dataclass(frozen=True)
class Memory:
    """A prepared set of scenes in memory: what ``training.teach.batches.draw`` asks of a ``Store``."""

    arrays: dict[str, NDArray[np.float16]]
    loud_db: NDArray[np.float64]
    has_target: NDArray[np.bool_]
    bleed_loud_db: NDArray[np.float64]

    @classmethod
    def of(cls, rows: Sequence[Features]) -> "Memory":
        """Stack the features of scenes of one length."""
        return cls(
            {name: np.stack([getattr(row, name) for row in rows]) for name in ARRAYS},
            np.array([row.loud_db for row in rows]),
            np.array([row.has_target for row in rows]),
            np.array([row.bleed_loud_db for row in rows]),
        )

    def __len__(self) -> int:
        return len(self.loud_db)

    @property
    def blocks(self) -> int:
        """Return the length of a scene in blocks."""
        return self.arrays["level_db"].shape[1]

    def row(self, name: str, i: int, crop: slice = slice(None)) -> NDArray[np.float16]:
        """Read one scene's array, or a stretch of it."""
        return self.arrays[name][i, crop]


def learned(corpus: Sounds, rng: Rng, count: int, seconds: float, front: Front) -> Memory:
    """Compose scenes to learn from: any level, -3 to 25 dB signal to noise, the bleed now and then another."""
    rows = []
    for _ in range(count):
        n = int(seconds * RATE) // BLOCK * BLOCK
        studio = Studio(Bench(corpus, n), rng, "train")
        alone = studio.happens(ALONE)
        target = np.zeros(n, np.float32) if alone else _target(studio, log_uniform(rng, 1 / SPEED, SPEED))
        bleed = _bleed(studio)
        level, snr_db = rng.uniform(-45.0, -8.0), rng.uniform(-3.0, 25.0)
        target_loud, bleed_loud = loud_db(target), loud_db(bleed)
        if np.isfinite(target_loud):
            target = target * np.float32(amplitude(level - target_loud))
        if np.isfinite(bleed_loud):
            bleed = bleed * np.float32(amplitude(level - snr_db - bleed_loud))
        if studio.happens(FLOOR):
            floor = hiss(rng, n)
            bleed = bleed + floor * np.float32(amplitude(level - rng.uniform(45.0, 70.0) - loud_db(floor)))
        if studio.happens(TONE):
            tone = random_tone(rng)
            target, bleed = (through(x, tone) if np.any(x) else x for x in (target, bleed))
        rows.append(front.features(Scene(target + bleed, target, loud_db(target))))
    return Memory.of(rows)


def judged(corpus: Sounds, rng: Rng, count: int, seconds: float, kind: str = "your bleed") -> list[Scene]:
    """Compose scenes to judge by: nothing but target and bleed, SNR and threshold in turn; recipes as a judge wants."""
    n = int(seconds * RATE) // BLOCK * BLOCK
    bleeds, scenes = corpus.items("bleed", "train"), []
    for index in range(count):
        snr_db, under_db = SNRS_DB[index % 4], UNDER_DB[index % 3]
        studio = Studio(Bench(corpus, n), rng, "train")
        for _ in range(8):  # a target of few phrases now and then gives a scene without one
            target = _target(studio, 1.0)
            if np.isfinite(loud_db(target)):
                break
        else:
            raise ValueError(
                "expected sounds of at least 10 ms with pauses between them in the target, got none; "
                "record the target alone, with pauses"
            )
        item = bleeds[index % len(bleeds)]
        bleed = studio.bench.made(looped(studio, item, speed=1.0))
        target = target * np.float32(amplitude(-26.0 - loud_db(target)))
        if np.isfinite(loud_db(bleed)):
            bleed = bleed * np.float32(amplitude(-26.0 - snr_db - loud_db(bleed)))
        peak = float(np.max(np.abs(target + bleed)))
        if peak > 0.99:
            target, bleed = target * np.float32(0.99 / peak), bleed * np.float32(0.99 / peak)
        recipe: dict[str, Any] = {"kind": kind, "snr_db": snr_db, "bleed": [item.path.stem]}
        recipe["threshold_db"] = loud_db(target) - under_db
        scenes.append(Scene(target + bleed, target, loud_db(target), recipe))
    return scenes


def _target(studio: Studio, speed: float) -> Sound:
    return studio.bench.made(speech_track(studio, [list(studio.items("target"))], [speed]))


def _bleed(studio: Studio) -> Sound:
    """Draw a bleed of the user's, at nearly its own speed, alone or with another of theirs; or a made-up noise."""
    if studio.happens(FOREIGN):
        return studio.bench.made(made_up_noise(studio))
    items = studio.items("bleed")
    weights = np.array([item.seconds for item in items])
    item = items[int(studio.rng.choice(len(items), p=weights / weights.sum()))]
    return studio.bench.made(looped(studio, item, log_uniform(studio.rng, 1 / BLEED_SPEED, BLEED_SPEED)))
