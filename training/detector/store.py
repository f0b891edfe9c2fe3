"""Sides seen through the front's mel bands, prepared once."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.signal import resample_poly

from gate.constants import RATE
from training.detector.sides import FRAME_SAMPLES, SideConfig, side
from training.networks import mfcc
from training.networks.swishnet import CLASSES
from training.recordings.source import DataConfig, digest, open_corpus
from training.sounds.recipe import Rng
from training.teach import prepared

LOWEST_LOG10 = -7.0
"""Powers are stored as log10 in float16, at least this: the front's own floor lies higher."""


@dataclass(frozen=True)
class Counts:
    """Numbers of sides of each class, ``SideConfig.seconds`` each."""

    speech: int = 1400
    music: int = 700
    noise: int = 1100


def band_powers(x: NDArray[np.floating]) -> NDArray[np.float32]:
    """Turn (n,) at 48 kHz into (T, 32) powers of the mel bands, frames of 10 ms, full scale 1.0."""
    at_16_khz = resample_poly(np.asarray(x, np.float64), 1, RATE // mfcc.RATE).astype(np.float32)
    return mfcc.band_powers(torch.from_numpy(at_16_khz)[None])[0].numpy()


_worker: dict[str, object] = {}


def _start(data: DataConfig, kinds: tuple[str, ...], config: SideConfig, split: str, seed: int) -> None:
    _worker.update(corpus=open_corpus(data), kinds=kinds, config=config, split=split, seed=seed)


def _row(i: int) -> tuple[int, prepared.Rows]:
    rng: Rng = np.random.default_rng([_worker["seed"], i])
    made = side(_worker["corpus"], rng, _worker["kinds"][i], _worker["config"], _worker["split"])
    powers = np.log10(np.maximum(band_powers(made.sound), 10.0**LOWEST_LOG10))
    return i, {"powers": powers, "heard": made.heard, prepared.FACTS: (CLASSES.index(made.recipe["kind"]),)}


class Sides:
    """Prepared sides: ``powers`` (N, T, 32) log10 with the loud level at 0 dBFS, ``heard`` (N, T) bool, and
    ``of`` class -> the rows of that class."""

    def __init__(self, folder: Path) -> None:
        arrays = prepared.read(folder, ("powers", "heard"))
        self.folder, self.powers, self.heard = folder, arrays["powers"], arrays["heard"]
        kinds = arrays[prepared.FACTS][:, 0]
        self.of: Mapping[str, NDArray[np.int64]] = {
            name: np.flatnonzero(kinds == index) for index, name in enumerate(CLASSES)
        }


def prepare(data: DataConfig, config: SideConfig, counts: Counts, *, split: str, seed: int) -> Sides:
    """Compose the sides and store what the front hears of them; continue or reuse an earlier run."""
    kinds = tuple(name for name in CLASSES for _ in range(getattr(counts, name)))
    recipe = {
        "config": asdict(config),
        "counts": asdict(counts),
        "split": split,
        "seed": seed,
        "data": digest(open_corpus(data)),
    }
    frames = round(config.seconds * RATE) // FRAME_SAMPLES
    folder = prepared.folder_for(data.store, f"sides-{split}-{len(kinds)}", recipe)
    prepared.fill(
        folder, recipe, len(kinds), {"powers": ((frames, mfcc.MELS), np.float16), "heard": ((frames,), np.bool_)}, 1,
        _row, _start, (data, kinds, config, split, seed), jobs=data.jobs, words=f"sides ({split})",
    )  # fmt: skip
    return Sides(folder)
