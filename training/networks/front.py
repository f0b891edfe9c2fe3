"""The gate's ear: a causal filter bank that advances one block at a time.

Three views of the same sound, each a plain matrix product on blocks, so that one convolution does a block live
and hundreds of blocks offline:

* *high*: two 64-sample Hann windows a block, 750 Hz apart: quick, 5 to 20 kHz.
* *mid*: the sound at 12 kHz (25 samples a block), 125 samples, 96 Hz apart: 240 Hz to 5 kHz.
* *fine*: the sound at 4.8 kHz (10 samples a block), 120 samples, 40 Hz apart: what hum and pitch are made of.

The mid and fine windows rise slowly over the past and fall quickly at the newest end: an onset is seen at once.
Powers are scaled so that the bands of any sound add up to about its mean square.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.signal import firwin

from gate.constants import BLOCK, RATE

BANDS = 32
FINE_BINS = 24
CHANNELS = BANDS + FINE_BINS
"""Powers that the front gives for a block: of 32 bands, then of 24 single bins from 80 Hz to 1 kHz."""

MID_RATE, MID_WINDOW = 12_000, 125
FINE_RATE, FINE_WINDOW = 4_800, 120
HIGH_WINDOW = 64
MID_STEP, FINE_STEP = BLOCK * MID_RATE // RATE, BLOCK * FINE_RATE // RATE
MID_CONTEXT = MID_WINDOW // MID_STEP
FINE_CONTEXT = FINE_WINDOW // FINE_STEP
DECIMATED = MID_STEP + FINE_STEP
FINE_TO_MID_HZ, MID_TO_HIGH_HZ = 240.0, 5_000.0
LOWEST_HZ, HIGHEST_HZ = 40.0, 20_000.0


@dataclass(frozen=True)
class FrontWeights:
    """The filter bank as convolution weights over blocks, float32.

    ``split`` (DECIMATED + high, 100, 2): from this block and the last to the decimated sounds and the high view.
    ``mid`` (2 m, 25, 5) and ``fine`` (2 f, 10, 12): real and imaginary parts of each bin.
    ``pool`` (CHANNELS, 2 m + 2 f + high, 1): from squares to powers.
    """

    split: NDArray[np.float32]
    mid: NDArray[np.float32]
    fine: NDArray[np.float32]
    pool: NDArray[np.float32]


def band_edges_hz() -> NDArray[np.float64]:
    """Return (BANDS + 1,) edges in Hz, evenly spaced in ERB rate. Source: Glasberg and Moore 1990, equation 4."""
    low, high = (21.4 * np.log10(1 + 0.00437 * f) for f in (LOWEST_HZ, HIGHEST_HZ))
    return (10 ** (np.linspace(low, high, BANDS + 1) / 21.4) - 1) / 0.00437


def _asymmetric_window(rise: int, fall: int) -> NDArray[np.float64]:
    """Return a window, oldest sample first: a slow sine-squared rise, a quick fall at the newest end; none is zero."""
    up = np.sin(np.pi / 2 * (np.arange(rise) + 0.5) / rise) ** 2
    down = np.cos(np.pi / 2 * (np.arange(fall) + 0.5) / fall) ** 2
    return np.concatenate([up, down])


def _decimator(factor: int, cutoff_hz: float) -> NDArray[np.float64]:
    """Return (outputs a block, 200): low-pass, and every factor-th sample of the newest of two blocks."""
    taps = firwin(72, cutoff_hz, window=("kaiser", 5.0), fs=RATE)
    out = np.zeros((BLOCK // factor, 2 * BLOCK))
    for i in range(len(out)):
        newest = BLOCK + factor * i + factor - 1
        out[i, newest - len(taps) + 1 : newest + 1] = taps[::-1]
    return out


def _bins(window: NDArray[np.float64], numbers: range) -> NDArray[np.float64]:
    """Return (2 len(numbers), window): the windowed Fourier transform's real rows, then its imaginary rows."""
    turn = 2 * np.pi * np.outer(np.asarray(numbers), np.arange(len(window))) / len(window)
    return np.concatenate([np.cos(turn), np.sin(turn)]) * window


def _overlap(low_hz: float, high_hz: float, edges: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return (BANDS,): the share of [low, high] that falls into each band."""
    inside = np.minimum(high_hz, edges[1:]) - np.maximum(low_hz, edges[:-1])
    return np.clip(inside, 0, None) / (high_hz - low_hz)


def _pool_rows(
    numbers: range, window: NDArray[np.float64], spacing_hz: float, low_hz: float, high_hz: float, frames: int
) -> NDArray[np.float64]:
    """Return (BANDS, 2 len(numbers) frames): squares of one view, between two frequencies, to band powers."""
    edges = band_edges_hz()
    scale = 2.0 / (len(window) * np.sum(window**2)) / frames
    columns = []
    for k in numbers:
        low, high = max((k - 0.5) * spacing_hz, low_hz), min((k + 0.5) * spacing_hz, high_hz)
        share = (high - low) / spacing_hz
        columns.append(scale * share * _overlap(low, high, edges) if share > 0 else np.zeros(BANDS))
    one = np.stack(columns, axis=1)
    return np.concatenate([one] * (2 * frames), axis=1)


def design() -> FrontWeights:
    """Compute the filter bank's fixed weights; none of them is learned."""
    mid_window = _asymmetric_window(100, 25)
    fine_window = _asymmetric_window(100, 20)
    high_window = np.hanning(HIGH_WINDOW + 2)[1:-1]
    mid_bins, fine_bins, high_bins = range(2, 53), range(1, 31), range(7, 28)

    high = _bins(high_window, high_bins)
    split = np.zeros((DECIMATED + 2 * len(high), 2 * BLOCK))
    split[:MID_STEP] = _decimator(RATE // MID_RATE, 6_000)
    split[MID_STEP:DECIMATED] = _decimator(RATE // FINE_RATE, 2_400)
    for frame, newest in enumerate((BLOCK + BLOCK // 2, 2 * BLOCK)):
        row = DECIMATED + frame * len(high)
        split[row : row + len(high), newest - HIGH_WINDOW : newest] = high

    fine_low = _pool_rows(fine_bins, fine_window, FINE_RATE / FINE_WINDOW, 20.0, FINE_TO_MID_HZ, 1)
    bands = np.concatenate(
        [
            _pool_rows(mid_bins, mid_window, MID_RATE / MID_WINDOW, FINE_TO_MID_HZ, MID_TO_HIGH_HZ, 1),
            fine_low,
            _pool_rows(high_bins, high_window, RATE / HIGH_WINDOW, MID_TO_HIGH_HZ, HIGHEST_HZ, 2),
        ],
        axis=1,
    )
    single = np.zeros((FINE_BINS, bands.shape[1]))
    scale = 2.0 / (FINE_WINDOW * np.sum(fine_window**2))
    for row in range(FINE_BINS):
        at = 2 * len(mid_bins) + row + 1  # the first single bin is number 2: 80 Hz
        single[row, [at, at + len(fine_bins)]] = scale

    return FrontWeights(
        split=_blocks(split, BLOCK, 2),
        mid=_blocks(_bins(mid_window, mid_bins), MID_STEP, MID_CONTEXT),
        fine=_blocks(_bins(fine_window, fine_bins), FINE_STEP, FINE_CONTEXT),
        pool=np.concatenate([bands, single])[:, :, None].astype(np.float32),
    )


def _blocks(rows: NDArray[np.float64], step: int, context: int) -> NDArray[np.float32]:
    """Turn (out, step context) rows over samples into (out, step, context) convolution weights over blocks."""
    return np.ascontiguousarray(rows.reshape(len(rows), context, step).transpose(0, 2, 1)).astype(np.float32)
