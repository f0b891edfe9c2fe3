"""Whole numbers to floats and back, exactly: what passes unchanged comes out with the very same bits."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from gate.files.sound_format import Coding


class ToSound:
    """Stored whole numbers to floats: full scale becomes 1.0, and nothing is rounded.

    Args:
        coding: of whole numbers; they lie in the upper bits of int16 or int32.
        channels: 1 to 32.
    """

    def __init__(self, coding: Coding, channels: int) -> None:
        self._stored: NDArray[Any] = np.empty((0, channels), coding.stored)
        self._scale = coding.sound(2.0 ** (1 - 8 * self._stored.itemsize))

    def buffer(self, n: int) -> NDArray[Any]:
        """Return a place for n stored frames, reused between calls."""
        if len(self._stored) < n:
            self._stored = np.empty((n, self._stored.shape[1]), self._stored.dtype)
        return self._stored[:n]

    def convert(self, stored: NDArray[Any], out: NDArray[Any]) -> None:
        """Convert ``stored`` (n, channels) into ``out`` (n, channels) of the coding's float type."""
        # two steps of one type each: a mixed-type multiplication goes through numpy's small buffers
        np.copyto(out, stored, casting="same_kind")
        np.multiply(out, self._scale, out=out)


class ToStored:
    """Floats to stored whole numbers: rounded to the nearest (even), clipped, and the clipped ones counted.

    Attributes:
        clipped: samples so far that were over full scale.

    Args:
        coding: of whole numbers.
        channels: 1 to 32.
    """

    def __init__(self, coding: Coding, channels: int) -> None:
        self.clipped = 0
        self._channels = channels
        self._dtype = np.dtype(coding.stored)
        self._shift = 8 * self._dtype.itemsize - coding.bits
        self._top = 2.0 ** (coding.bits - 1)
        self._scaled: NDArray[Any] = np.empty((0, channels), coding.sound)
        self._stored: NDArray[Any] = np.empty((0, channels), self._dtype)

    def convert(self, x: NDArray[Any]) -> NDArray[Any]:
        """Return the stored samples of x (n, channels), finite float32 or float64; the next call overwrites them."""
        n, top = len(x), self._top
        if len(self._stored) < n or self._scaled.dtype != x.dtype:
            self._scaled = np.empty(x.shape, x.dtype)
            self._stored = np.empty(x.shape, self._dtype)
        scaled, stored = self._scaled[:n], self._stored[:n]
        np.multiply(x, x.dtype.type(top), out=scaled)
        np.rint(scaled, out=scaled)
        if n and (scaled.max() >= top or scaled.min() < -top):
            self.clipped += int(np.count_nonzero((scaled >= top) | (scaled < -top)))
            highest = x.dtype.type(top - 1)
            if highest >= top:  # 2^31 - 1 is no float32
                highest = np.nextafter(x.dtype.type(top), x.dtype.type(0))
            np.clip(scaled, x.dtype.type(-top), highest, out=scaled)
        np.copyto(stored, scaled, casting="unsafe")
        if self._shift:
            np.left_shift(stored, self._shift, out=stored)
        return stored
