"""A batch: sequences of blocks as losses see them, and powers relative to Threshold."""

from dataclasses import dataclass

import torch
from torch import Tensor

from training.networks.front import BANDS


@dataclass(frozen=True)
class Batch:
    """Sequences, B of T blocks: ``powers`` (B, T, 56), ``target`` and ``bleed`` (B, T, 32), all relative to Threshold's
    power; ``label`` (B, T) of 1 open, 0 shut, -1 unscored; ``decay_ms`` (B, T), see ``training.teach.decays``."""

    powers: Tensor
    target: Tensor
    bleed: Tensor
    label: Tensor
    decay_ms: Tensor


def to(batch: Batch, device: torch.device) -> Batch:
    """Move the batch to a device."""
    return Batch(**{name: x.to(device) for name, x in vars(batch).items()})


def rows(batch: Batch, chosen: slice) -> Batch:
    """Take some of the sequences."""
    return Batch(**{name: x[chosen] for name, x in vars(batch).items()})


def band_powers(log10_powers: Tensor, threshold_db: Tensor) -> Tensor:
    """Turn (B, T, n) log10 powers re full scale and (B,) thresholds in dB into powers relative to Threshold's power."""
    return torch.pow(10.0, log10_powers.float() - 0.1 * threshold_db[:, None, None])


def bands(powers: Tensor) -> Tensor:
    """Take the first ``BANDS`` channels of the front's powers."""
    return powers[..., :BANDS]
