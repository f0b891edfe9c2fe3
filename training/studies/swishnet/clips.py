"""Clips: stretches of a recording's frames, each beginning half a clip after the one before."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from training.networks.mfcc import HOP, RATE
from training.studies.swishnet.recordings import KINDS
from training.studies.swishnet.store import Store


@dataclass(frozen=True)
class Clips:
    """N clips of ``length`` frames, cut from ``frames`` when they are asked for.

    ``starts`` (N,) in ``frames``; ``labels`` (N,) index into speech, music, noise; ``owners`` (N,) whose clip it is, as a
    number.
    """

    frames: NDArray[np.floating]
    starts: NDArray[np.int64]
    labels: NDArray[np.int64]
    owners: NDArray[np.int64]
    length: int

    def __len__(self) -> int:
        return len(self.starts)

    def batch(self, which: NDArray[np.int64]) -> tuple[Tensor, Tensor]:
        """Return frames (B, length, 20) float32 and labels (B,) of these clips."""
        rows = self.starts[which, None] + np.arange(self.length)
        x = torch.from_numpy(self.frames[rows].astype(np.float32))
        return x, torch.from_numpy(self.labels[which])

    def counts(self) -> dict[str, int]:
        """Count the clips of each class."""
        return {kind: int((self.labels == i).sum()) for i, kind in enumerate(KINDS)}


def cut(store: Store, splits: Sequence[str], part: str, length_s: float) -> Clips:
    """Cut every clip of a part. A recording shorter than a clip gives none; what is left over at an end is left out.

    Args:
        splits: the part of each of the store's recordings.

    Raises:
        ValueError: a length under two frames, or no recording is long enough.
    """
    length = round(length_s * RATE / HOP)
    if length < 2:
        raise ValueError(f"expected clips of 0.02 s or more, got {length_s:g} s; change lengths_s")
    owner_numbers = {name: n for n, name in enumerate(sorted({i.owner for i in store.items}))}
    starts, labels, owners = [], [], []
    for item, split, start, count in zip(store.items, splits, store.starts, store.counts, strict=True):
        if split != part:
            continue
        own = start + np.arange(0, count - length + 1, length // 2)
        starts.append(own)
        labels.append(np.full(len(own), KINDS.index(item.kind)))
        owners.append(np.full(len(own), owner_numbers[item.owner]))
    if not sum(map(len, starts)):
        raise ValueError(
            f"expected recordings of {length_s:g} s or more in the {part} part, got none; add some, or use shorter clips"
        )
    return Clips(
        store.frames,
        *(np.concatenate(rows).astype(np.int64) for rows in (starts, labels, owners)),
        length=length,
    )


def moments(clips: Clips, at_once: int = 4096) -> tuple[Tensor, Tensor]:
    """Compute mean and deviation of each coefficient over all clips: (20,), (20,)."""
    total = square = torch.zeros(1, dtype=torch.float64)
    for start in range(0, len(clips), at_once):
        x, _ = clips.batch(np.arange(start, min(start + at_once, len(clips))))
        x = x.double().flatten(0, 1)
        total, square = total + x.sum(0), square + x.square().sum(0)
    n = len(clips) * clips.length
    mean = total / n
    deviation = (square / n - mean.square()).clamp_min(1e-8).sqrt()
    return mean.float(), deviation.float()
