"""Scenes seen through the front, prepared once: composing sound costs far more than learning from it.

A store (``training.teach.prepared``) has one row a scene.
"""

from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from gate.constants import BLOCK
from gate.levels import block_levels_db, loud_level_db
from training.networks.filter_bank import FilterBank
from training.networks.front import CHANNELS
from training.recordings.groups import GROUPS
from training.recordings.source import DataConfig, digest, open_corpus
from training.scenes.compose import Scene, SceneConfig, compose
from training.teach import prepared

LOWEST_LOG10 = -16.0
"""Powers are stored as log10, at least this (-160 dBFS), in float16: steps of at most 0.08 dB."""


@dataclass(frozen=True)
class Features:
    """One scene, T blocks. Powers as log10 re full scale, float16.

    ``mixture``, ``target`` and ``bleed`` (T, 56); ``level_db`` (T,) of the target; ``loud_db`` of the target, or of the
    bleed where there is no target (``has_target`` False); ``bleed_loud_db`` of the bleed, nan where there is none.
    """

    mixture: NDArray[np.float16]
    target: NDArray[np.float16]
    bleed: NDArray[np.float16]
    level_db: NDArray[np.float16]
    loud_db: float
    has_target: bool
    bleed_loud_db: float


class Front:
    """The fixed front, from sound to log10 powers."""

    def __init__(self) -> None:
        self._bank = FilterBank()

    @torch.no_grad()
    def __call__(self, x: NDArray[np.float32]) -> NDArray[np.float16]:
        """Turn x (n,) at 48 kHz, n a multiple of 100, into (n // 100, 56)."""
        powers, _, _ = self._bank.powers(
            torch.from_numpy(x).reshape(1, -1, BLOCK), *self._bank.heard_nothing()
        )
        return torch.log10(powers.clamp_min(10**LOWEST_LOG10)).numpy().astype(np.float16)

    def features(self, scene: Scene) -> Features:
        """Compute what learning needs of a scene."""
        bleed = scene.mixture - scene.target
        has_target = bool(np.isfinite(scene.loud_db))
        bleed_levels = block_levels_db(bleed)
        return Features(
            mixture=self(scene.mixture),
            target=self(scene.target),
            bleed=self(bleed),
            level_db=block_levels_db(scene.target).astype(np.float16),
            loud_db=float(scene.loud_db if has_target else np.percentile(bleed_levels, 95)),
            has_target=has_target,
            bleed_loud_db=loud_level_db(bleed_levels),
        )


_ARRAYS = {"mixture": (CHANNELS,), "target": (CHANNELS,), "bleed": (CHANNELS,), "level_db": ()}
_worker: dict[str, object] = {}


def _start(data: DataConfig, config: SceneConfig, split: str, seed: int) -> None:
    _worker.update(corpus=open_corpus(data), config=config, split=split, seed=seed, front=Front())


def _row(i: int) -> tuple[int, prepared.Rows]:
    rng = np.random.default_rng([_worker["seed"], i])
    scene = compose(_worker["corpus"], rng, _worker["config"], _worker["split"])
    features = _worker["front"].features(scene)
    rows = {name: getattr(features, name) for name in _ARRAYS}
    return i, rows | {prepared.FACTS: (features.loud_db, features.has_target, features.bleed_loud_db)}


class Store:
    """A prepared set of scenes, opened for reading: of one folder, or of several in a row.

    ``len`` is the number of scenes; ``loud_db``, ``has_target`` and ``bleed_loud_db`` (S,) as in ``Features``; ``group``
    (S,) is the number of the folder.
    """

    def __init__(self, *folders: Path) -> None:
        self.folders = folders
        parts = [prepared.read(folder, tuple(_ARRAYS)) for folder in folders]
        facts = np.concatenate([part.pop(prepared.FACTS) for part in parts])
        self.loud_db, self.has_target, self.bleed_loud_db = facts[:, 0], facts[:, 1] > 0, facts[:, 2]
        self._parts = parts
        counts = [len(part["level_db"]) for part in parts]
        self.group = np.repeat(np.arange(len(parts)), counts)
        self._first = np.concatenate([[0], np.cumsum(counts)])

    def __len__(self) -> int:
        return len(self.loud_db)

    @property
    def blocks(self) -> int:
        """Return the length of a scene in blocks."""
        return int(self._parts[0]["level_db"].shape[1])

    def row(self, name: str, i: int, crop: slice = slice(None)) -> NDArray[np.float16]:
        """Read one scene's array, or a stretch of it."""
        group = self.group[i]
        return np.asarray(self._parts[group][name][i - self._first[group], crop])


def prepare(data: DataConfig, config: SceneConfig, *, split: str, seed: int) -> Store:
    """Compose ``data.scenes`` scenes and store what the front hears of them; continue or reuse an earlier run.

    With ``data.groups`` each group of sources that is learned from has a store of its own, as many scenes in each.
    """
    if not data.groups:
        return Store(_prepared(data, config, data.scenes, split, seed))
    taught = [g for g in range(GROUPS) if g != data.held_out]
    return Store(
        *(_prepared(replace(data, only=g), config, data.scenes // GROUPS, split, seed) for g in taught)
    )


def _prepared(data: DataConfig, config: SceneConfig, scenes: int, split: str, seed: int) -> Path:
    """Fill one folder.

    Settings at their defaults are left out of the recipe, so that scenes can still be used when a setting is added.
    """
    usual = asdict(SceneConfig())
    recipe = {
        "config": {key: value for key, value in asdict(config).items() if value != usual[key]},
        "split": split,
        "scenes": scenes,
        "seed": seed,
        "data": digest(open_corpus(data)),
        "facts": 3,
    }
    folder = prepared.folder_for(data.store, f"{split}-{scenes}", recipe)
    blocks = round(config.seconds * 48_000) // BLOCK
    prepared.fill(
        folder, recipe, scenes, {name: ((blocks, *rest), np.float16) for name, rest in _ARRAYS.items()}, 3,
        _row, _start, (data, config, split, seed), jobs=data.jobs, words=f"scenes ({split})",
    )  # fmt: skip
    return folder
