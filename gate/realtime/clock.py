"""The side-chain's clock: the resampler from a rate to the blocks of a model, designed before any sound."""

from dataclasses import dataclass
from functools import cached_property, lru_cache
from math import ceil, gcd, inf

import numpy as np
from numpy.typing import NDArray

from gate.constants import BLOCK, CLASSIFY_BLOCK, CLASSIFY_RATE, RATE, RATE_RANGE_HZ

HALF_MS = 0.45
"""Half the width of a gate's filter, at most."""


DELAY_MS = 0.5
"""Decision delay of a gate, at most."""


ATTENUATION_DB = 60.0
"""Attenuation of what folds over, where the filter is long enough for it."""


SLOPE = 0.35
"""Widest slope of the filter, as a share of the lower Nyquist frequency: so low rates keep some band."""


LANES = 16
"""Coefficient rows are filled with zeros to a multiple of this, so that sums run in whole vectors."""


FEED = 4096
"""Host samples that a channel takes in before the model's samples are made of them: a working set, no delay."""


@dataclass(frozen=True)
class Feed:
    """The input of a kind of model, and the filter that makes it.

    Attributes:
        rate: Hz.
        block: samples.
        half_ms: half the width of the filter, at most.
        delay_ms: decision delay, at most.
        attenuation_db: attenuation of what folds over, where the filter is long enough for it.
        slope: widest slope of the filter, as a share of the lower Nyquist frequency.
        past: share of the slope that lies past the lower Nyquist frequency.
        periods: half the width of the filter in samples of the lower rate, instead of ``half_ms``; 0: use ``half_ms``.
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
"""Input of a gate, which decides at once on what it hears."""


CLASSIFY_FEED = Feed(CLASSIFY_RATE, CLASSIFY_BLOCK, 2.0, 2.2)
"""Input of a classifier, which has to hear up to 7 kHz what it would hear at its own rate."""


SOUND_PASSES = 20_000.0 / 22_050.0
"""Share of the lower Nyquist frequency that passes unchanged where sound is heard: 20 kHz at 44.1 kHz."""


SOUND_PERIODS = 32
"""Half the width of such a filter, in samples of the lower rate: 0.73 ms at 44.1 kHz. Beyond the slope: 93 dB down."""


def sound_feed(rate: int, block: int = BLOCK) -> Feed:
    """Return the input of a model whose output is heard: blocks at a rate.

    The slope lies evenly about the lower Nyquist frequency, so what folds over lies where the slope is, above 20 kHz at
    44.1 kHz. A filter that lets nothing fold there either would delay twice as much.
    """
    slope = 2.0 * (1.0 - SOUND_PASSES)
    return Feed(rate, block, 0.0, 0.0, attenuation_db=inf, slope=slope, past=0.5, periods=SOUND_PERIODS)


@dataclass(frozen=True)
class Clock:
    """The places of blocks among host samples at one rate.

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
        """Return the first host sample that lies in the block."""
        return -(-block * self.feed.block * self.down // self.up)

    def block_ready(self, block: int) -> int:
        """Return how many host samples must have come in before the block is complete."""
        return ((block + 1) * self.feed.block - 1) * self.down // self.up + self.half + 1

    @cached_property
    def decision_delay_samples(self) -> int:
        """Host samples from the end of a block until it is complete, at most: exact for all phases, rounded up."""
        # with b samples a block: block_ready(k) - (k + 1) * b * down / up, times up, is up * (half + 1) - down - r(k)
        # where r(k) = (b k + b - 1) * down mod up takes all values that are (b - 1) * down modulo gcd(b * down, up).
        block = self.feed.block
        least = (block - 1) * self.down % gcd(block * self.down, self.up)
        return ceil((self.up * (self.half + 1) - self.down - least) / self.up)

    def fields(self) -> dict[str, int]:
        """Return the fields of a record's side-chain (``gate.realtime.record.SIDECHAIN``), except those for memory."""
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
        """Samples of history a channel; 0 where nothing is resampled."""
        return self.kernel.shape[1] + FEED if self.half else 0

    def lead_samples(self, batch: int) -> int:
        """Return the host samples by which sound and gain wait, so that the first of ``batch`` blocks is in time."""
        return ceil(batch * self.block_samples) + self.half

    @property
    def kernel(self) -> NDArray[np.float32]:
        """(up, taps) coefficients; row p belongs to samples that lie p / up after a host sample.

        Tap t weighs host sample base - half + 1 + t; after the first 2 * half taps there are zeros. Each row
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
    """Return beta by Kaiser's empirical formula (Oppenheim and Schafer, eq. 7.62)."""
    if attenuation_db > 50.0:
        return 0.1102 * (attenuation_db - 8.7)
    if attenuation_db > 21.0:
        return float(0.5842 * (attenuation_db - 21.0) ** 0.4 + 0.07886 * (attenuation_db - 21.0))
    return 0.0
