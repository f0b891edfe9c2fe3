"""A player for tests: a piece of wire that numbers what it gives and says how late it comes back."""

import ctypes
from typing import Any

import numpy as np
from numba import carray, cfunc, types

_FLOATS = types.CPointer(types.float32)
_ULONG = types.uint64 if ctypes.sizeof(ctypes.c_ulong) == 8 else types.uint32

BUFFERS, FRAMES, INPUTS, OUTPUTS, NUMBERING, HEARD, LATE, PEAK = range(8)
"""Words of the memory that callback and test share."""

NUMBERS = 1 << 22
"""Frames are numbered from 1 to this, over and over: float32 holds each exactly."""


@cfunc(types.int32(_FLOATS, _FLOATS, _ULONG, types.voidptr, _ULONG, types.CPointer(types.int64)), cache=True)
def _callback(taken: Any, given: Any, frames: Any, times: Any, flags: Any, user: Any) -> Any:
    """First channel in to every channel out, or the frames' numbers."""
    word, n = carray(user, (8,)), np.int64(frames)
    x, y = carray(taken, (n * word[INPUTS],)), carray(given, (n * word[OUTPUTS],))
    for i in range(n):
        value = x[i * word[INPUTS]]
        if value != np.float32(0):
            word[PEAK] += 1
        number = (word[FRAMES] + i) % NUMBERS + 1
        if word[NUMBERING] and value >= 1:
            word[HEARD] += 1
            word[LATE] = (number - np.int64(value)) % NUMBERS
        for c in range(word[OUTPUTS]):
            y[i * word[OUTPUTS] + c] = np.float32(number) if word[NUMBERING] else value
    word[FRAMES] += n
    word[BUFFERS] += 1
    return 0


class Wire:
    """A ``gate.soundsystem.stream.Player``: copies, counts, and measures the way back from output to input."""

    def __init__(self, rate_hz: int, inputs: int, outputs: int) -> None:
        self.rate_hz = rate_hz
        self.words = np.zeros(8, np.int64)
        self.words[INPUTS], self.words[OUTPUTS] = inputs, outputs
        self.callback_address = _callback.address
        self.user_address = int(self.words.ctypes.data)
        self.python_calls = 0

    def number(self) -> None:
        """Give the frames' numbers from here on instead of what comes in."""
        self.words[NUMBERING] = 1

    def late_frames(self) -> int:
        """Frames between giving a number and hearing it; -1 before any was heard."""
        return int(self.words[LATE]) if self.words[HEARD] else -1

    def heard(self) -> int:
        """Numbers heard so far."""
        return int(self.words[HEARD])

    def sounded(self) -> int:
        """Frames heard that were not silent."""
        return int(self.words[PEAK])

    def buffers(self) -> int:
        return int(self.words[BUFFERS])

    def python_callback(self, indata: Any, outdata: Any, frames: int, time: Any, status: Any) -> None:
        outdata[:] = indata[:, :1]
        self.python_calls += 1
        self.words[BUFFERS] += 1
