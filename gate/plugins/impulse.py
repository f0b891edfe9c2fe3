"""An impulse response: read from a sound file, brought to a rate."""

from math import gcd
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gate.errors import AudioFileError
from gate.realtime.clock import Clock, sound_feed

LONGEST_S = 10.0
"""Seconds of a response, at most."""

SILENT = 1e-6
"""Samples at the end under this share of the highest are left out: -120 dB."""

ROWS = 65_536
"""Samples that are resampled at once, to stay small."""

Sound = NDArray[np.float64]


def read(path: Path) -> tuple[Sound, int]:
    """Read an impulse response: (samples, channels) without the silence at its end, and its rate in Hz.

    Raises:
        AudioFileError: it is no sound file, longer than 10 s, silent, or has samples that are not finite.
    """
    from gate.files.sound_reader import Reader

    with Reader(path) as reader:
        if reader.seconds > LONGEST_S:
            raise AudioFileError(
                f"{path} lasts {reader.seconds:.1f} s, an impulse response of at most {LONGEST_S:g} s was expected; cut it"
            )
        sound, rate = reader.read_rest().astype(np.float64), reader.layout.rate
    if not np.isfinite(sound).all():
        raise AudioFileError(
            f"{path} has samples that are no numbers, a response was expected; write it again"
        )
    high = np.abs(sound).max(axis=1)
    loud = np.flatnonzero(high > SILENT * high.max())
    if not len(loud):
        raise AudioFileError(f"{path} is silent, an impulse response was expected; give another file")
    return np.ascontiguousarray(sound[: loud[-1] + 1]), rate


def at_rate(response: Sound, rate: int, wanted: int) -> Sound:
    """Bring an impulse response to a rate, so that it filters in the same way there.

    Args:
        response: (samples, channels).
        rate: its own, Hz.
        wanted: Hz.

    Returns:
        (samples, channels): as many as the response lasts, and the half of the filter after it.
    """
    if rate == wanted:
        return response
    clock = Clock(rate, sound_feed(wanted))
    up, down, half = clock.up, clock.down, clock.half
    assert up == wanted // gcd(rate, wanted)
    count = -(-(len(response) + half) * up // down)
    taps = clock.kernel.shape[1]
    padded = np.pad(response, ((half - 1, half + taps), (0, 0)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, taps, axis=0)
    made = np.empty((count, response.shape[1]))
    for begin in range(0, count, ROWS):
        place = np.arange(begin, min(begin + ROWS, count)) * down
        rows = clock.kernel[place % up].astype(np.float64)
        made[begin : begin + ROWS] = np.einsum("nct,nt->nc", windows[place // up], rows)
    return made * (rate / wanted)
