"""A player's Python callback, for a sound system that can only call C."""

import ctypes
import traceback
from collections.abc import Callable
from typing import Any

import numpy as np

ABORT = 2
"""paAbort: what the callback returns to end the stream."""

_PA_CALLBACK = ctypes.CFUNCTYPE(
    ctypes.c_int,
    ctypes.c_void_p,
    ctypes.c_void_p,
    ctypes.c_ulong,
    ctypes.c_void_p,
    ctypes.c_ulong,
    ctypes.c_void_p,
)


def in_c(python_callback: Callable[..., None], inputs: int, outputs: int) -> tuple[Any, int]:
    """Wrap a Python callback as a ``PaStreamCallback``; an exception in it ends the stream, as in sounddevice.

    Returns:
        The object to keep for as long as it may be called, and its address.
    """

    def call(taken: int, given: int, frames: int, _times: int, flags: int, _user: int) -> int:
        try:
            sides = [
                np.ctypeslib.as_array((ctypes.c_float * (frames * count)).from_address(at))
                for at, count in ((taken, inputs), (given, outputs))
            ]
            python_callback(sides[0].reshape(-1, inputs), sides[1].reshape(-1, outputs), frames, None, flags)
        except BaseException:
            traceback.print_exc()
            return ABORT
        return 0

    kept = _PA_CALLBACK(call)
    return kept, ctypes.cast(kept, ctypes.c_void_p).value or 0
