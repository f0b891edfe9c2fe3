"""Cleaning of a recording before it is cut into clips: remove silence, then make loudness even."""

import numpy as np
from numpy.typing import NDArray

from training.studies.swishnet.settings import CleanConfig

Sound = NDArray[np.float32]


def clean(x: Sound, config: CleanConfig, rate_hz: int) -> Sound:
    """Clean a recording (n,) as the protocol wants: (m,) with m <= n."""
    window = round(config.window_ms * 1e-3 * rate_hz)
    kept = without_silence(x, window, config.silence_db)
    return even_loudness(kept, window, config.loudness_dbfs)


def without_silence(x: Sound, window: int, silence_db: float) -> Sound:
    """Remove every window whose power is more than ``silence_db`` under that of the loudest window.

    Args:
        x: (n,) samples. window: in samples; what is left over at the end is a shorter window of its own.

    Returns:
        The windows that stay, end to end, (m,). Digital silence becomes nothing at all.
    """
    powers, bounds = _windows(x, window)
    if not len(powers) or not powers.max() > 0.0:
        return np.zeros(0, np.float32)
    keep = powers >= powers.max() * 10.0 ** (-silence_db / 10.0)
    pieces = [x[a:b] for a, b, stays in zip(bounds[:-1], bounds[1:], keep, strict=True) if stays]
    return np.concatenate(pieces)


def even_loudness(x: Sound, window: int, loudness_dbfs: float) -> Sound:
    """Give every window of ``window`` samples the same RMS, ``loudness_dbfs``.

    The gain in dB is a straight line from one window's middle to the next one's, so that no window begins with a step. A
    window of zeros keeps its neighbours' gain.
    """
    powers, bounds = _windows(x, window)
    heard = powers > 0.0
    if not heard.any():
        return x.copy()
    gain_db = loudness_dbfs - 10.0 * np.log10(powers[heard])
    middles = 0.5 * (bounds[:-1] + bounds[1:])[heard]
    curve_db = np.interp(np.arange(len(x)) + 0.5, middles, gain_db)
    return (x * 10.0 ** (curve_db / 20.0)).astype(np.float32)


def _windows(x: Sound, window: int) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Compute the mean square of each window, and the windows' bounds (one more)."""
    bounds = np.append(np.arange(0, len(x), window), len(x)).astype(np.int64)
    if len(x) == 0:
        return np.zeros(0), bounds[:1]
    sums = np.add.reduceat(np.square(x, dtype=np.float64), bounds[:-1])
    return sums / np.diff(bounds), bounds
