"""A small prepared store without any corpus: powers that a gate can learn from, made from a seed."""

from pathlib import Path

import numpy as np

from training.networks.front import BANDS, CHANNELS
from training.teach.features import Store


def make_store(folder: Path, *, scenes: int = 4, blocks: int = 240, seed: int = 0) -> Store:
    """Targets loud in the low bands and now and then silent; bleed even in all bands; the last scene has no target."""
    rng = np.random.default_rng(seed)
    folder.mkdir(parents=True, exist_ok=True)
    on = np.repeat(rng.random((scenes, blocks // 60)) < 0.5, 60, axis=1)
    on[:, :60], on[:, 60:120], on[-1] = False, True, False
    low = np.linspace(0.0, -3.0, CHANNELS)
    target = np.where(on[..., None], -4.0 + low, -16.0) + 0.2 * rng.standard_normal(
        (scenes, blocks, CHANNELS)
    )
    bleed = -7.0 + 0.3 * rng.standard_normal((scenes, blocks, CHANNELS))
    arrays = {
        "target": target,
        "bleed": bleed,
        "mixture": np.log10(10**target + 10**bleed),
        "level_db": np.where(on, -25.0, -140.0),
    }
    for name, array in arrays.items():
        np.save(folder / f"{name}.npy", array.astype(np.float16))
    has_target = on.any(axis=1)
    bleed_db = 10.0 * np.log10(np.mean(np.sum(10.0 ** bleed[..., :BANDS], axis=-1)))
    facts = np.stack(
        [np.where(has_target, -25.0, -55.0), has_target, np.full(scenes, bleed_db), np.ones(scenes)], axis=1
    )
    np.save(folder / "facts.npy", facts)
    return Store(folder)
