"""Scenes seen through the front, prepared once: composing sound costs far more than learning from it.

A store is a folder of memory-mapped arrays, one row a scene. Scene ``i`` depends on the seed and ``i`` alone, so the
store is the same however many processes made it, and an interrupted preparation goes on where it stopped.
"""

import hashlib
import json
import multiprocessing
import signal
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from tqdm import tqdm

from gate.constants import BLOCK
from gate.levels import block_levels_db
from training.front import CHANNELS
from training.gate_net import GateConfig, GateNet
from training.scenes import Scene, SceneConfig, compose
from training.source import DataConfig, digest, open_corpus

LOWEST_LOG10 = -16.0
"""Powers are kept as log10, at least this (-160 dBFS), in float16: steps of at most 0.08 dB."""


@dataclass(frozen=True)
class Features:
    """One scene, T blocks. Powers as log10 re full scale, float16.

    ``mixture``, ``target`` and ``bleed`` (T, 56); ``level_db`` (T,) of the target; ``loud_db`` of the target, or of the
    bleed where there is no target (``has_target`` False).
    """

    mixture: NDArray[np.float16]
    target: NDArray[np.float16]
    bleed: NDArray[np.float16]
    level_db: NDArray[np.float16]
    loud_db: float
    has_target: bool


class Front:
    """The fixed front, from sound to log10 powers."""

    def __init__(self) -> None:
        self._net = GateNet(GateConfig(width=1, hidden=1))

    @torch.no_grad()
    def __call__(self, x: NDArray[np.float32]) -> NDArray[np.float16]:
        """x (n,) at 48 kHz, n a multiple of 100 -> (n // 100, 56)."""
        state = self._net.initial_state()
        powers, _, _ = self._net.powers(
            torch.from_numpy(x).reshape(1, -1, BLOCK), state.audio, state.decimated
        )
        return torch.log10(powers.clamp_min(10**LOWEST_LOG10)).numpy().astype(np.float16)

    def features(self, scene: Scene) -> Features:
        """What learning needs of a scene."""
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
        )


_ARRAYS = {"mixture": (CHANNELS,), "target": (CHANNELS,), "bleed": (CHANNELS,), "level_db": ()}
_worker: dict[str, object] = {}


def _start_worker(data: DataConfig, config: SceneConfig, split: str, seed: int) -> None:
    torch.set_num_threads(1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever started the workers ends them, and says so
    _worker.update(corpus=open_corpus(data), config=config, split=split, seed=seed, front=Front())


def _prepare(i: int) -> tuple[int, Features]:
    rng = np.random.default_rng([_worker["seed"], i])
    scene = compose(_worker["corpus"], rng, _worker["config"], _worker["split"])
    return i, _worker["front"].features(scene)


class Store:
    """A prepared set of scenes, opened for reading. ``len`` is the number of scenes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.arrays = {name: np.load(folder / f"{name}.npy", mmap_mode="r") for name in _ARRAYS}
        facts = np.load(folder / "facts.npy")
        if not facts[:, 2].all():
            raise ValueError(
                f"{folder} holds {int(facts[:, 2].sum())} of {len(facts)} scenes; prepare it again to finish it"
            )
        self.loud_db, self.has_target = facts[:, 0], facts[:, 1] > 0

    def __len__(self) -> int:
        return len(self.loud_db)


def prepare(data: DataConfig, config: SceneConfig, *, split: str, seed: int) -> Store:
    """Compose ``data.scenes`` scenes and keep what the front hears of them, or go on with, or reuse, an earlier run.

    The folder's name carries a hash of everything that the content depends on; what is at its default is left out of
    it, so that scenes outlive the day when there is one more thing to choose.
    """
    scenes, usual = data.scenes, asdict(SceneConfig())
    recipe = {
        "config": {key: value for key, value in asdict(config).items() if value != usual[key]},
        "split": split,
        "scenes": scenes,
        "seed": seed,
        "data": digest(open_corpus(data)),
    }
    name = hashlib.sha256(json.dumps(recipe, sort_keys=True).encode()).hexdigest()[:12]
    folder = Path(data.store) / f"{split}-{scenes}-{name}"
    folder.mkdir(parents=True, exist_ok=True)
    blocks = round(config.seconds * 48_000) // BLOCK
    shapes = {name: ((scenes, blocks, *rest), np.float16) for name, rest in _ARRAYS.items()}
    shapes["facts"] = ((scenes, 3), np.float64)  # loud_db, has_target, done
    arrays = {name: _open(folder / f"{name}.npy", *shape) for name, shape in shapes.items()}
    todo = [i for i in range(scenes) if not arrays["facts"][i, 2]]
    if todo:
        (folder / "recipe.json").write_text(json.dumps(recipe, indent=1))
        context = multiprocessing.get_context("spawn")
        with context.Pool(data.jobs, _start_worker, (data, config, split, seed)) as pool:
            _fill(
                arrays, tqdm(pool.imap_unordered(_prepare, todo), total=len(todo), desc=f"scenes ({split})")
            )
        for array in arrays.values():
            array.flush()
    return Store(folder)


def _fill(arrays: dict[str, np.memmap], results: Iterable[tuple[int, Features]]) -> None:
    for i, features in results:
        for name in _ARRAYS:
            arrays[name][i] = getattr(features, name)
        arrays["facts"][i] = features.loud_db, features.has_target, 1.0


def _open(path: Path, shape: tuple[int, ...], dtype: type) -> np.memmap:
    if path.exists():
        return np.lib.format.open_memmap(path, mode="r+")
    return np.lib.format.open_memmap(path, mode="w+", dtype=dtype, shape=shape)
