"""The side-chain: sound of any rate in, blocks at a model's rate out. What a gate lets through never passes here.

Every kind of model is fed from here: a gate takes blocks of 100 samples at 48 kHz, a classifier blocks of 160 at 16 kHz
(``gate.realtime.clock.Feed``). At the model's own rate samples are copied. At any other whole rate each of the model's
samples is one windowed-sinc sum over the host samples round it. Its place among these is an exact fraction: with g =
gcd(model rate, rate), sample m lies at m * down / up host samples, up = model rate / g and down = rate / g, so there
are ``up`` different phases, each with its own row of coefficients, and nothing drifts however long it runs.

The filter may look ahead by ``half`` host samples, and that is the whole decision delay: for a gate under half a
millisecond. So short a filter is gentle: at 44.1 kHz its slope is 4 kHz wide. That is good enough to decide on, and
nobody hears it. A classifier, which takes a third of a second to be sure, can wait 2 ms for a slope of 0.9 kHz. A model
that makes sound (``gate.plugins.model``) is heard: its filters, there and back, are better ones (``sound_feed``).

Source: J. O. Smith, Digital Audio Resampling (ccrma.stanford.edu/~jos/resample); the relation of attenuation,
slope and length is Kaiser's (Oppenheim and Schafer, Discrete-Time Signal Processing, 7.5.3).
"""

from typing import Any

import numpy as np
from numba import njit

from gate.realtime.clock import LANES
from gate.realtime.native import COMPILE, at, carray, native

LOUDEST = 1e6
"""Largest magnitude that reaches the model (+120 dBFS): the model squares samples, and float32 ends at 3e38."""


@native
def heard(value: Any, tame: Any) -> Any:
    """Return a sample as the model may have it: float32, finite, at most +120 dBFS; in a ``tame`` call all are."""
    if tame:
        return np.float32(value)
    if not np.isfinite(value):
        return np.float32(0.0)
    return np.float32(min(max(value, -LOUDEST), LOUDEST))


@native
def listen(r: Any, x: Any, s: Any, n: Any, tame: Any) -> Any:
    """Take in frames s..n-1 until the queue holds ``batch`` blocks or the frames are all taken.

    Args:
        r: the engine's record, or any other with the fields of a side-chain (``gate.realtime.record.SIDECHAIN``).
        x: flat interleaved samples of this call.
        s: first frame not taken in yet.
        n: frames in this call.
        tame: whether every sample of the call is finite and within ``LOUDEST``.

    Returns:
        The next ``s``. The queue is full when ``r.queued == r.batch * r.block``; otherwise s == n.
    """
    queue = carray(at(r.blocks_at, np.float32), (r.listened * r.blocks_stride,), np.float32)
    if r.half == 0:
        return _copy(r, x, s, n, tame, queue)
    return _resample(r, x, s, n, tame, queue)


@native
def ready(r: Any, block: Any) -> Any:
    """Return the host frames that must have come in before a block is complete: ``Clock.block_ready``, compiled."""
    return ((block + 1) * r.block - 1) * r.down // r.up + r.half + 1


@native
def _copy(r: Any, x: Any, s: Any, n: Any, tame: Any, queue: Any) -> Any:
    channels, stride, queued = r.listened, r.blocks_stride, r.queued
    count = min(r.batch * r.block - queued, n - s)
    for c in range(channels):
        to, taken = queue[c * stride + queued :], x[s * channels + c :]
        if channels == 1 and tame:  # on its own so that it becomes one straight copy
            for i in range(count):
                to[i] = taken[i]
        elif tame:
            for i in range(count):
                to[i] = taken[i * channels]
        else:
            for i in range(count):
                to[i] = heard(taken[i * channels], False)
    r.queued = queued + count
    return s + count


@njit(fastmath={"reassoc", "contract", "nsz"}, **COMPILE)
def _weighted(samples: Any, weights: Any) -> Any:
    """Return the sum of products over a multiple of ``LANES``, added in one order whatever the buffers are."""
    total = np.float32(0.0)
    for t in range(len(weights) // LANES * LANES):
        total += samples[t] * weights[t]
    return total


@native
def _resample(r: Any, x: Any, s: Any, n: Any, tame: Any, queue: Any) -> Any:
    """Resample, as ``listen`` says. Host frame f lies at f - history_first in each channel's history."""
    channels, stride, queued, full = r.listened, r.blocks_stride, r.queued, r.batch * r.block
    up, down, half, taps = r.up, r.down, r.half, r.taps
    size, first, taken = r.history_size, r.history_first, r.taken
    history = carray(at(r.history_at, np.float32), (channels * size,), np.float32)
    kernel = carray(at(r.kernel_at, np.float32), (up * taps,), np.float32)
    base, phase = r.base, r.phase
    while True:
        while queued < full and base + half < taken:
            weights = kernel[phase * taps : (phase + 1) * taps]
            begin = base - half + 1 - first
            for c in range(channels):
                queue[c * stride + queued] = _weighted(history[c * size + begin :], weights)
            queued += 1
            phase += down
            base += phase // up
            phase %= up
        if queued == full or s == n:
            break
        if taken - first + LANES >= size:  # the last row of taps is read past the newest sample, times zero
            keep = base - half + 1 - first
            for c in range(channels):
                mine = history[c * size : (c + 1) * size]
                for i in range(taken - first - keep):
                    mine[i] = mine[keep + i]
            first += keep
        count = min(size - LANES - (taken - first), n - s)
        for c in range(channels):
            to, new = history[c * size + taken - first :], x[s * channels + c :]
            for i in range(count):
                to[i] = heard(new[i * channels], tame)
        s += count
        taken += count
    r.queued, r.history_first, r.taken, r.base, r.phase = queued, first, taken, base, phase
    return s
