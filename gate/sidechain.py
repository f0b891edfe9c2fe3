"""Any rate in, blocks at 48 kHz out: what the model listens to. The sound that is heard never passes here.

At 48 kHz samples are copied. At any other whole rate each 48 kHz sample is one windowed-sinc sum over the
host samples round it. Its place among the host samples is an exact fraction: with g = gcd(48000, rate),
sample m lies at m * down / up host samples, up = 48000 / g and down = rate / g, so there are ``up`` different
phases, each with its own row of coefficients, and nothing drifts however long it runs.

The filter may look ahead by ``half`` host samples, under half a millisecond, and that is the whole decision
delay. So short a filter is gentle: at 44.1 kHz its slope is 4 kHz wide. That is good enough to decide on, and
nobody hears it.

Source: J. O. Smith, Digital Audio Resampling (ccrma.stanford.edu/~jos/resample); how attenuation, slope and
length hang together is Kaiser's (Oppenheim and Schafer, Discrete-Time Signal Processing, 7.5.3).
"""

from dataclasses import dataclass
from functools import cached_property, lru_cache
from math import ceil, gcd
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from gate.constants import BLOCK, RATE
from gate.native import COMPILE, at, carray, native

RATE_RANGE_HZ = (8_000, 192_000)
"""Rates that the sound may have."""

HALF_MS = 0.45
"""Half width of the filter, at most."""

DELAY_MS = 0.5
"""Decision delay, at most."""

ATTENUATION_DB = 60.0
"""Of what folds over, where the filter is long enough for it."""

SLOPE = 0.35
"""Widest slope of the filter, in parts of the lower Nyquist frequency: so low rates keep some band."""

LANES = 16
"""Coefficient rows are filled with zeros to a multiple of this, so that sums run in whole vectors."""

FEED = 4096
"""Host samples a channel takes in before it makes 48 kHz samples of them: a working set, no delay."""

LOUDEST = 1e6
"""Samples reach the model within this (+120 dBFS): it squares them, and float32 ends at 3e38."""


@dataclass(frozen=True)
class Clock:
    """How host samples and blocks lie to each other at one rate.

    Attributes:
        rate: of the sound, whole Hz in ``RATE_RANGE_HZ``.
    """

    rate: int

    def __post_init__(self) -> None:
        """Check the rate."""
        low, high = RATE_RANGE_HZ
        if self.rate != int(self.rate) or not low <= self.rate <= high:
            raise ValueError(
                f"a sound at {self.rate} Hz: expected a whole rate from {low} to {high} Hz; resample it first"
            )

    @cached_property
    def up(self) -> int:
        """48 kHz samples in a common period."""
        return RATE // gcd(RATE, int(self.rate))

    @cached_property
    def down(self) -> int:
        """Host samples in a common period."""
        return int(self.rate) // gcd(RATE, int(self.rate))

    @cached_property
    def half(self) -> int:
        """Host samples that the filter looks ahead; 0 where nothing is resampled."""
        if self.rate == RATE:
            return 0
        return min(int(HALF_MS * self.rate / 1000.0), int(DELAY_MS * self.rate / 1000.0) - 1)

    @property
    def block_samples(self) -> float:
        """Length of a block in host samples; rarely a whole number."""
        return BLOCK * self.down / self.up

    def block_start(self, block: int) -> int:
        """First host sample that lies in the block."""
        return -(-block * BLOCK * self.down // self.up)

    def block_ready(self, block: int) -> int:
        """How many host samples must have come in before the block is complete."""
        return (block * BLOCK + BLOCK - 1) * self.down // self.up + self.half + 1

    @cached_property
    def decision_delay_samples(self) -> int:
        """Host samples by which the latest block is complete after its end: exact for all phases, ceil."""
        # block_ready(k) - (k + 1) * 100 * down / up, times up, is up * (half + 1) - down - r(k) where r(k) =
        # (100 k + 99) * down mod up, which takes all values that are 99 * down modulo gcd(100 * down, up).
        least = (BLOCK - 1) * self.down % gcd(BLOCK * self.down, self.up)
        return ceil((self.up * (self.half + 1) - self.down - least) / self.up)

    def lead_samples(self, batch: int) -> int:
        """Host samples to hold sound and gain back so that the first of ``batch`` blocks is in time."""
        return ceil(batch * self.block_samples) + self.half

    @property
    def kernel(self) -> NDArray[np.float32]:
        """(up, taps) coefficients; row p belongs to samples that lie p / up behind a host sample.

        Tap t weighs host sample base - half + 1 + t; behind the first 2 * half taps there are zeros. Each row
        sums to 1: a steady level passes exactly, at every phase.
        """
        return _kernel(self)


@lru_cache(maxsize=2)  # an odd rate has 48,000 rows: half a second's work, for every file of a folder
def _kernel(clock: Clock) -> NDArray[np.float32]:
    if clock.half == 0:
        return np.zeros((1, LANES), np.float32)
    # Kaiser: slope = (attenuation - 7.95) / (14.36 * length)
    per_db_hz = clock.rate / (14.36 * 2.0 * clock.half)
    lowest = min(clock.rate, RATE) / 2.0
    attenuation_db = min(ATTENUATION_DB, 7.95 + SLOPE * lowest / per_db_hz)
    slope_hz = (attenuation_db - 7.95) * per_db_hz
    cutoff = 2.0 * (lowest - slope_hz / 2.0) / clock.rate  # 1 = Nyquist frequency of the host
    beta = _kaiser_beta(attenuation_db)
    taps = 2 * clock.half
    rows = np.zeros((clock.up, -(-taps // LANES) * LANES), np.float32)
    t = np.arange(taps) - (clock.half - 1.0)
    for begin in range(0, clock.up, 1024):  # in pieces, to stay small
        phase = np.arange(begin, min(begin + 1024, clock.up))[:, None] / clock.up
        x = t - phase
        window = np.i0(beta * np.sqrt(np.maximum(1.0 - (x / clock.half) ** 2, 0.0)))
        row = np.sinc(cutoff * x) * window
        rows[begin : begin + 1024, :taps] = row / row.sum(axis=1, keepdims=True)
    rows.flags.writeable = False
    return rows


def _kaiser_beta(attenuation_db: float) -> float:
    """Kaiser's empirical formula (Oppenheim and Schafer, eq. 7.62)."""
    if attenuation_db > 50.0:
        return 0.1102 * (attenuation_db - 8.7)
    if attenuation_db > 21.0:
        return float(0.5842 * (attenuation_db - 21.0) ** 0.4 + 0.07886 * (attenuation_db - 21.0))
    return 0.0


@native
def heard(value: Any, tame: Any) -> Any:
    """A sample as the model may have it: float32, finite, at most +120 dBFS; in a ``tame`` call all are."""
    if tame:
        return np.float32(value)
    if not np.isfinite(value):
        return np.float32(0.0)
    return np.float32(min(max(value, -LOUDEST), LOUDEST))


@native
def listen(r: Any, x: Any, s: Any, n: Any, tame: Any) -> Any:
    """Take in frames s..n-1 until the queue holds ``batch`` blocks or the frames are all taken.

    Args:
        r: the engine's record.
        x: flat interleaved samples of this call.
        s: first frame not taken in yet.
        n: frames in this call.
        tame: is every sample of the call finite and within ``LOUDEST``?

    Returns:
        The next ``s``. The queue is full when ``r.queued == r.batch * BLOCK``; otherwise s == n.
    """
    queue = carray(at(r.blocks_at, np.float32), (r.channels * r.blocks_stride,), np.float32)
    if r.half == 0:
        return _copy(r, x, s, n, tame, queue)
    return _resample(r, x, s, n, tame, queue)


@native
def _copy(r: Any, x: Any, s: Any, n: Any, tame: Any, queue: Any) -> Any:
    channels, stride, queued = r.channels, r.blocks_stride, r.queued
    count = min(r.batch * BLOCK - queued, n - s)
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
    """Sum of products over a multiple of ``LANES``, added in one order whatever the buffers are."""
    total = np.float32(0.0)
    for t in range(len(weights) // LANES * LANES):
        total += samples[t] * weights[t]
    return total


@native
def _resample(r: Any, x: Any, s: Any, n: Any, tame: Any, queue: Any) -> Any:
    """As ``listen``. Frame f of the host stands at f - history_first in each channel's history."""
    channels, stride, queued, full = r.channels, r.blocks_stride, r.queued, r.batch * BLOCK
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
