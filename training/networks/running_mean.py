"""A first-order running mean along time, with a gradient; the loop over blocks runs compiled."""

import numba
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor


def mean_step(block_s: float, time_constant_s: float) -> float:
    """Compute how far a running mean moves towards a new block: 1 - exp(-block / time constant)."""
    return 1.0 - float(torch.exp(torch.tensor(-block_s / time_constant_s, dtype=torch.float64)))


@numba.njit(cache=True, nogil=True)
def _follow(x: NDArray[np.float32], mean: NDArray[np.float64], step: float, out: NDArray[np.float32]) -> None:
    """Fill out (B, T, n) with the running mean of x, from mean (B, n) on, which ends as the last one."""
    for b in range(x.shape[0]):
        for t in range(x.shape[1]):
            for k in range(x.shape[2]):
                mean[b, k] += step * (x[b, t, k] - mean[b, k])
                out[b, t, k] = mean[b, k]


@numba.njit(cache=True, nogil=True)
def _follow_back(
    g: NDArray[np.float32], last: NDArray[np.float64], step: float, out: NDArray[np.float32]
) -> None:
    """Fill out (B, T, n) with the gradient of x, from the means, g, and of the last mean, which ends as the start's."""
    for b in range(g.shape[0]):
        for t in range(g.shape[1] - 1, -1, -1):
            for k in range(g.shape[2]):
                last[b, k] += g[b, t, k]
                out[b, t, k] = step * last[b, k]
                last[b, k] -= out[b, t, k]


class _RunningMean(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x: Tensor, start: Tensor, step: float) -> tuple[Tensor, Tensor]:  # type: ignore[override]
        heard = np.ascontiguousarray(x.detach().cpu().numpy())
        mean, out = start.detach().cpu().numpy().astype(np.float64), np.empty_like(heard)
        _follow(heard, mean, step, out)
        ctx.step = step
        return torch.from_numpy(out).to(x), torch.from_numpy(mean).to(x)

    @staticmethod
    def backward(ctx, means: Tensor, last: Tensor) -> tuple[Tensor, Tensor, None]:  # type: ignore[override]
        heard = np.ascontiguousarray(means.detach().cpu().numpy())
        start, out = last.detach().cpu().numpy().astype(np.float64), np.empty_like(heard)
        _follow_back(heard, start, ctx.step, out)
        return torch.from_numpy(out).to(means), torch.from_numpy(start).to(means), None


def running_mean(x: Tensor, start: Tensor, step: float) -> tuple[Tensor, Tensor]:
    """Take the first-order running mean along time: x (B, T, n), start (1, B, n) -> (B, T, n), and the last (1, B, n).

    In double precision, block by block, as a runtime does it.

    Args:
        x: what to average, float32. start: the mean before ``x``.
        step: what ``mean_step`` returns.
    """
    means, last = _RunningMean.apply(x, start[0], step)
    return means, last[None]
