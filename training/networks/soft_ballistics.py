"""The gate's ballistics with a gradient: the same law as ``gate.realtime.ballistics``, for soft decisions.

With decisions of exactly 0 or 1 the openness equals the runtime's (tested). The loop over blocks runs compiled, forward
and backward, because a sequence is thousands of blocks long.
"""

import math

import numpy as np
import torch
from numba import njit
from numpy.typing import NDArray
from torch import Tensor

from gate.constants import BLOCK_MS
from gate.realtime.ballistics import COMPLETION, SNAP

HOLD_EDGE_BLOCKS = 16.0
"""Width, in blocks, over which the end of a hold passes gradient back; the forward pass has an edge of one block."""

_Array = NDArray[np.float64]


@njit(cache=True)
def _forward(d: _Array, attack: _Array, hold: _Array, release: _Array, o: _Array, left: _Array) -> None:
    for b in range(d.shape[0]):
        open_, held = 0.0, 0.0
        for t in range(d.shape[1]):
            held = d[b, t] * hold[b, t] + (1.0 - d[b, t]) * max(held - BLOCK_MS, 0.0)
            on = d[b, t] + (1.0 - d[b, t]) * min(held / BLOCK_MS, 1.0)
            ms = attack[b, t] if on > open_ else release[b, t]
            open_ += (1.0 - math.exp(-COMPLETION * BLOCK_MS / max(ms, 1.0))) * (on - open_)
            if open_ > 1.0 - SNAP:
                open_ = 1.0
            elif open_ < SNAP:
                open_ = 0.0
            o[b, t] = open_
            left[b, t] = held


@njit(cache=True)
def _backward(
    g: _Array,
    d: _Array,
    attack: _Array,
    hold: _Array,
    release: _Array,
    o: _Array,
    left: _Array,
    grads: _Array,
) -> None:
    """Fill grads (4, B, T): with respect to decision, attack, hold and release. Snapping is taken for the identity."""
    edge = HOLD_EDGE_BLOCKS * BLOCK_MS
    for b in range(d.shape[0]):
        carry_open, carry_left = 0.0, 0.0
        for t in range(d.shape[1] - 1, -1, -1):
            before = o[b, t - 1] if t > 0 else 0.0
            left_before = left[b, t - 1] - BLOCK_MS if t > 0 else 0.0
            ended = max(left_before, 0.0)
            share = min(left[b, t] / BLOCK_MS, 1.0)
            on = d[b, t] + (1.0 - d[b, t]) * share
            rising = on > before
            ms = max(attack[b, t] if rising else release[b, t], 1.0)
            rest = math.exp(-COMPLETION * BLOCK_MS / ms)
            g_open = g[b, t] + carry_open
            g_on = g_open * (1.0 - rest)
            grads[1 if rising else 3, b, t] = (
                -g_open * (on - before) * rest * COMPLETION * BLOCK_MS / (ms * ms)
            )
            g_left = carry_left
            if 0.0 < left[b, t] < edge:
                g_left += g_on * (1.0 - d[b, t]) / edge
            grads[0, b, t] = g_on * (1.0 - share) + g_left * (hold[b, t] - ended)
            grads[2, b, t] = g_left * d[b, t]
            carry_open = g_open * rest
            carry_left = g_left * (1.0 - d[b, t]) if left_before > 0.0 else 0.0


@njit(cache=True)
def _decide(probability: _Array, open_at: _Array, close_at: _Array, out: _Array) -> None:
    for b in range(probability.shape[0]):
        now = 0.0
        for t in range(probability.shape[1]):
            p = probability[b, t]
            now = (1.0 if p > open_at[b] else 0.0) if now == 0.0 else (0.0 if p < close_at[b] else 1.0)
            out[b, t] = now


def decided(probability: Tensor, open_at: Tensor, close_at: Tensor) -> Tensor:
    """Decide as the runtime does: (B, T) of 1 for open and 0, from probabilities (B, T); no gradient comes back.

    Args:
        open_at, close_at: (B,), each sequence's decision thresholds.
    """
    p, open_, close = (x.detach().double().cpu().numpy() for x in (probability, open_at, close_at))
    out = np.empty_like(p)
    _decide(np.ascontiguousarray(p), open_, close, out)
    return torch.from_numpy(out).to(probability)


class _Openness(torch.autograd.Function):
    @staticmethod
    def forward(ctx, *inputs: Tensor) -> Tensor:  # type: ignore[override]
        d, attack, hold, release = (x.detach().double().cpu().numpy() for x in inputs)
        o, left = np.empty_like(d), np.empty_like(d)
        _forward(d, attack, hold, release, o, left)
        ctx.arrays = (d, attack, hold, release, o, left)
        return torch.from_numpy(o).to(inputs[0])

    @staticmethod
    def backward(ctx, grad: Tensor) -> tuple[Tensor, ...]:  # type: ignore[override]
        grads = np.zeros((4, *grad.shape))
        _backward(np.ascontiguousarray(grad.double().cpu().numpy()), *ctx.arrays, grads)
        return tuple(torch.from_numpy(x).to(grad) for x in grads)


def openness(decision: Tensor, attack_ms: Tensor, hold_ms: Tensor, release_ms: Tensor) -> Tensor:
    """Compute openness (B, T) in [0, 1], one value a block, differentiable in all four arguments.

    Args:
        decision: (B, T) in [0, 1]; 1 says open.
        attack_ms, hold_ms, release_ms: (B, T), in ms.
    """
    return _Openness.apply(*(x.contiguous() for x in (decision, attack_ms, hold_ms, release_ms)))
