"""A small prepared store of sides without any corpus: three spectra that a network can tell apart."""

from pathlib import Path

import numpy as np

from training.detector.store import Sides
from training.networks.mfcc import MELS


def make(folder: Path, *, each: int = 3, frames: int = 160, seed: int = 0) -> Sides:
    """Speech low and broken, music in the middle, noise even."""
    rng = np.random.default_rng(seed)
    bands = np.arange(MELS)
    spectra = (-0.1 * bands, -0.03 * (bands - 15.0) ** 2, np.zeros(MELS))
    powers, heard, kinds = [], [], []
    for number, spectrum in enumerate(spectra):
        for _ in range(each):
            on = np.repeat(rng.random(frames // 40) < 0.6, 40) if number == 0 else np.ones(frames, bool)
            rows = np.where(on[:, None], 2.0 + spectrum, -7.0) + 0.1 * rng.standard_normal((frames, MELS))
            powers.append(np.maximum(rows, -7.0).astype(np.float16))
            heard.append(on)
            kinds.append((number, 1.0))
    folder.mkdir(parents=True, exist_ok=True)
    np.save(folder / "powers.npy", np.stack(powers))
    np.save(folder / "heard.npy", np.stack(heard))
    np.save(folder / "facts.npy", np.array(kinds, np.float64))
    return Sides(folder)
