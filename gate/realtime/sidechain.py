"""Any rate in, blocks at a model's rate out: what models listen to. What a gate lets through never passes here.

Every kind of model is fed from here: a gate takes blocks of 100 samples at 48 kHz, a classifier blocks of 160 at
16 kHz (``FEEDS``). At the model's own rate samples are copied. At any other whole rate each of its samples is one
windowed-sinc sum over the host samples round it. Its place among the host samples is an exact fraction: with
g = gcd(model rate, rate), sample m lies at m * down / up host samples, up = model rate / g and down = rate / g, so
there are ``up`` different phases, each with its own row of coefficients, and nothing drifts however long it runs.

The filter may look ahead by ``half`` host samples, and that is the whole decision delay: for a gate under half a
millisecond. So short a filter is gentle: at 44.1 kHz its slope is 4 kHz wide. That is good enough to decide on, and
nobody hears it. A classifier, which takes a third of a second to be sure, can wait 2 ms for a slope of 0.9 kHz. What makes
sound of sound (``gate.plugins.model``) is heard: its filters, there and back, are better ones (``sound_feed``).

Source: J. O. Smith, Digital Audio Resampling (ccrma.stanford.edu/~jos/resample); how attenuation, slope and
length hang together is Kaiser's (Oppenheim and Schafer, Discrete-Time Signal Processing, 7.5.3).
"""

from dataclasses import dataclass
from functools import cached_property, lru_cache
from math import ceil, gcd, inf
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from gate.constants import BLOCK, CLASSIFY_BLOCK, CLASSIFY_RATE, RATE, RATE_RANGE_HZ
from gate.realtime.native import COMPILE, at, carray, native

HALF_MS = 0.45
"""Half width of a gate's filter, at most."""

DELAY_MS = 0.5
"""Decision delay of a gate, at most."""

ATTENUATION_DB = 60.0
"""Of what folds over, where the filter is long enough for it."""

SLOPE = 0.35
"""Widest slope of the filter, in parts of the lower Nyquist frequency: so low rates keep some band."""

LANES = 16
"""Coefficient rows are filled with zeros to a multiple of this, so that sums run in whole vectors."""

FEED = 4096
"""Host samples a channel takes in before it makes the model's samples of them: a working set, no delay."""

LOUDEST = 1e6
"""Samples reach the model within this (+120 dBFS): it squares them, and float32 ends at 3e38."""


@dataclass(frozen=True)
class Feed:
    """What a kind of model is fed.

    Attributes:
        rate: Hz.
        block: samples.
        half_ms: half the filter's width, at most.
        delay_ms: the most decision delay.
        attenuation_db: of what folds over, where the filter is long enough for it.
        slope: widest slope of the filter, in parts of the lower Nyquist frequency.
        past: share of the slope that lies past the lower Nyquist frequency.
        periods: half the filter's width in samples of the lower rate, in place of ``half_ms``; 0: not so.
    """

    rate: int
    block: int
    half_ms: float
    delay_ms: float
    attenuation_db: float = ATTENUATION_DB
    slope: float = SLOPE
    past: float = 0.0
    periods: int = 0


GATE_FEED = Feed(RATE, BLOCK, HALF_MS, DELAY_MS)
"""A gate decides on what it hears at once."""

CLASSIFY_FEED = Feed(CLASSIFY_RATE, CLASSIFY_BLOCK, 2.0, 2.2)
"""A classifier is to hear up to 7 kHz what it would hear at its own rate."""


SOUND_PASSES = 20_000.0 / 22_050.0
"""Of the lower Nyquist frequency, what passes unchanged on a way that is heard: 20 kHz of 44.1 kHz."""

SOUND_PERIODS = 32
"""Half the width of such a filter, in samples of the lower rate: 0.73 ms at 44.1 kHz. Past its slope all is 93 dB down."""


def sound_feed(rate: int, block: int = BLOCK) -> Feed:
    """For sound that is heard, to blocks at a rate.

    The slope lies evenly about the lower Nyquist frequency, so what folds comes to lie where the slope is, over 20 kHz of
    44.1 kHz: half the delay of a filter that lets nothing fold there either.
    """
    slope = 2.0 * (1.0 - SOUND_PASSES)
    return Feed(rate, block, 0.0, 0.0, attenuation_db=inf, slope=slope, past=0.5, periods=SOUND_PERIODS)


@dataclass(frozen=True)
class Clock:
    """How host samples and blocks lie to each other at one rate.

    Attributes:
        rate: of the sound, whole Hz in ``RATE_RANGE_HZ``.
        feed: what the model takes.
    """

    rate: int
    feed: Feed = GATE_FEED

    def __post_init__(self) -> None:
        """Check the rate."""
        low, high = RATE_RANGE_HZ
        if self.rate != int(self.rate) or not low <= self.rate <= high:
            raise ValueError(
                f"a sound at {self.rate} Hz: expected a whole rate from {low} to {high} Hz; resample it first"
            )

    @cached_property
    def up(self) -> int:
        """Samples at the model's rate in a common period."""
        return self.feed.rate // gcd(self.feed.rate, int(self.rate))

    @cached_property
    def down(self) -> int:
        """Host samples in a common period."""
        return int(self.rate) // gcd(self.feed.rate, int(self.rate))

    @cached_property
    def half(self) -> int:
        """Host samples that the filter looks ahead; 0 where nothing is resampled."""
        if self.rate == self.feed.rate:
            return 0
        if self.feed.periods:
            return self.feed.periods * int(self.rate) // min(int(self.rate), self.feed.rate)
        half_ms, delay_ms = self.feed.half_ms, self.feed.delay_ms
        return min(int(half_ms * self.rate / 1000.0), int(delay_ms * self.rate / 1000.0) - 1)

    @property
    def block_samples(self) -> float:
        """Length of a block in host samples; rarely a whole number."""
        return self.feed.block * self.down / self.up

    def block_start(self, block: int) -> int:
        """First host sample that lies in the block."""
        return -(-block * self.feed.block * self.down // self.up)

    def block_ready(self, block: int) -> int:
        """How many host samples must have come in before the block is complete."""
        return ((block + 1) * self.feed.block - 1) * self.down // self.up + self.half + 1

    @cached_property
    def decision_delay_samples(self) -> int:
        """Host samples by which the latest block is complete after its end: exact for all phases, ceil."""
        # with b samples a block: block_ready(k) - (k + 1) * b * down / up, times up, is up * (half + 1) - down - r(k)
        # where r(k) = (b k + b - 1) * down mod up takes all values that are (b - 1) * down modulo gcd(b * down, up).
        block = self.feed.block
        least = (block - 1) * self.down % gcd(block * self.down, self.up)
        return ceil((self.up * (self.half + 1) - self.down - least) / self.up)

    def fields(self) -> dict[str, int]:
        """What a record's side-chain needs to know (``gate.realtime.record.SIDECHAIN``), but for memory."""
        return {
            "block": self.feed.block,
            "up": self.up,
            "down": self.down,
            "half": self.half,
            "taps": self.kernel.shape[1],
            "history_size": self.history_samples,
            # the history begins with silence, as far back as the model's first sample reaches
            "history_first": -self.half,
        }

    @property
    def history_samples(self) -> int:
        """Samples of history a channel; none where nothing is resampled."""
        return self.kernel.shape[1] + FEED if self.half else 0

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


@lru_cache(maxsize=5)  # an odd rate has 48,000 rows: half a second's work, for every file of a folder
def _kernel(clock: Clock) -> NDArray[np.float32]:
    if clock.half == 0:
        return np.zeros((1, LANES), np.float32)
    # Kaiser: slope = (attenuation - 7.95) / (14.36 * length)
    per_db_hz = clock.rate / (14.36 * 2.0 * clock.half)
    lowest = min(clock.rate, clock.feed.rate) / 2.0
    attenuation_db = min(clock.feed.attenuation_db, 7.95 + clock.feed.slope * lowest / per_db_hz)
    slope_hz = (attenuation_db - 7.95) * per_db_hz
    cutoff = (
        2.0 * (lowest - (0.5 - clock.feed.past) * slope_hz) / clock.rate
    )  # 1 = Nyquist frequency of the host
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
        r: the engine's record, or any other with the fields of a side-chain (``gate.realtime.record.SIDECHAIN``).
        x: flat interleaved samples of this call.
        s: first frame not taken in yet.
        n: frames in this call.
        tame: is every sample of the call finite and within ``LOUDEST``?

    Returns:
        The next ``s``. The queue is full when ``r.queued == r.batch * r.block``; otherwise s == n.
    """
    queue = carray(at(r.blocks_at, np.float32), (r.listened * r.blocks_stride,), np.float32)
    if r.half == 0:
        return _copy(r, x, s, n, tame, queue)
    return _resample(r, x, s, n, tame, queue)


@native
def ready(r: Any, block: Any) -> Any:
    """``Clock.block_ready``, compiled: host frames that must have come in before a block is complete."""
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
    """Sum of products over a multiple of ``LANES``, added in one order whatever the buffers are."""
    total = np.float32(0.0)
    for t in range(len(weights) // LANES * LANES):
        total += samples[t] * weights[t]
    return total


@native
def _resample(r: Any, x: Any, s: Any, n: Any, tame: Any, queue: Any) -> Any:
    """As ``listen``. Frame f of the host stands at f - history_first in each channel's history."""
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
