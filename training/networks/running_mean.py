"""A first-order running mean along time, in closed form: no loop over blocks."""

import torch
from torch import Tensor


def mean_step(block_s: float, time_constant_s: float) -> float:
    """Compute how far a running mean moves towards a new block: 1 - exp(-block / time constant)."""
    return 1.0 - float(torch.exp(torch.tensor(-block_s / time_constant_s, dtype=torch.float64)))


def running_mean(x: Tensor, start: Tensor, step: float) -> tuple[Tensor, Tensor]:
    """Take the first-order running mean along time: x (B, T, n), start (1, B, n) -> (B, T, n), and the last (1, B, n).

    Pieces of 512 blocks are computed in closed form (a cumulative sum of growing terms), so there is no loop over
    blocks; in double precision, so that the result equals that of the loop.

    Args:
        x: what to average. start: the mean before ``x``.
        step: what ``mean_step`` returns, at most 0.7: over that a piece's terms would outgrow double precision.
    """
    keep = torch.log(torch.tensor(1.0 - step, dtype=torch.float64))
    mean, pieces = start[0].double(), []  # (B, n)
    for piece in x.double().split(512, dim=1):
        fall = torch.exp(keep * torch.arange(1, piece.shape[1] + 1, device=x.device))[:, None]  # (T, 1)
        means = fall * (mean[:, None] + (step * piece / fall).cumsum(1))
        pieces.append(means)
        mean = means[:, -1]
    return torch.cat(pieces, dim=1).to(x.dtype), mean[None].to(x.dtype)
