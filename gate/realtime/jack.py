"""The compiled functions that JACK calls: one of them feeds a PortAudio callback from JACK's ports.

JACK has one float32 buffer a port; a PortAudio callback takes frames of interleaved channels. Nothing here
allocates, waits or raises; what happens is counted in a record that Python reads.
"""

import ctypes
from typing import Any

import numpy as np
from llvmlite import ir
from numba import from_dtype
from numpy.typing import NDArray

from gate.constants import MAX_CHANNELS
from gate.realtime.entry import Entry
from gate.realtime.native import at, carray, intrinsic, types
from gate.realtime.record import aligned

PIECE_FRAMES = 8192
"""Most frames handed to the callback at once: JACK's largest buffer; a larger one goes in pieces."""

XRUN_FLAGS = 0x2 | 0x4
"""paInputOverflow and paOutputUnderflow: JACK does not say which of the two an xrun was."""

RECORD = np.dtype(
    [
        ("buffer_of", "i8"),  # address of jack_port_get_buffer
        ("callback", "i8"),  # address of a PaStreamCallback
        ("user", "i8"),  # its user pointer
        ("inputs", "i8"),  # ports
        ("outputs", "i8"),
        ("input_port", "i8", MAX_CHANNELS),
        ("output_port", "i8", MAX_CHANNELS),
        ("taken_at", "i8"),  # float32 [PIECE_FRAMES][inputs]
        ("given_at", "i8"),  # float32 [PIECE_FRAMES][outputs]
        ("times_at", "i8"),  # PaStreamCallbackTimeInfo: zeros, JACK's times are not PortAudio's
        ("xruns", "i8"),  # written by JACK's notifications
        ("down", "i8"),  # 1: the server is gone; written by JACK's shutdown callback
        ("xruns_told", "i8"),  # from here on written by the audio thread
        ("frames", "i8"),  # of the newest buffer
        ("finished", "i8"),  # 1: the callback asked to end
        (
            "code",
            "i8",
        ),  # which sources the three are compiled from (gate.realtime.fingerprint); each writes the same
    ]
)
"""Record that the three functions share; its addresses are set before JACK knows the functions, and never again."""


@intrinsic
def _call_stream(
    typing: Any, function: Any, x: Any, y: Any, frames: Any, times: Any, flags: Any, user: Any
) -> Any:
    """Call the PaStreamCallback at address ``function``, return its int. ``unsigned long`` is 32 bits on Windows."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        word, long = ir.IntType(64), ir.IntType(8 * ctypes.sizeof(ctypes.c_ulong))
        kinds = [word, word, long, word, long, word]
        pointer = builder.inttoptr(args[0], ir.FunctionType(ir.IntType(32), kinds).as_pointer())
        given = [
            builder.trunc(arg, kind) if kind.width < 64 else arg
            for arg, kind in zip(args[1:], kinds, strict=True)
        ]
        return builder.call(pointer, given)

    return types.int32(*[types.int64] * 7), generate


@intrinsic
def _buffer_of(typing: Any, function: Any, port: Any, frames: Any) -> Any:
    """Return the address that jack_port_get_buffer, at address ``function``, gives for a port."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        word, short = ir.IntType(64), ir.IntType(32)
        pointer = builder.inttoptr(args[0], ir.FunctionType(word, [word, short]).as_pointer())
        return builder.call(pointer, [args[1], builder.trunc(args[2], short)])

    return types.int64(*[types.int64] * 3), generate


def _make_process(code: int) -> Any:
    def process(frames: Any, user: Any) -> Any:
        r: Any = carray(user, (1,))[0]
        r.code = code
        n: Any = np.int64(frames)
        r.frames = n
        flags = 0
        if r.xruns != r.xruns_told:
            r.xruns_told = r.xruns
            flags = XRUN_FLAGS
        taken = carray(at(r.taken_at, np.float32), (PIECE_FRAMES * r.inputs,))
        given = carray(at(r.given_at, np.float32), (PIECE_FRAMES * r.outputs,))
        begin: Any = np.int64(0)
        while begin < n:
            piece: Any = min(n - begin, PIECE_FRAMES)
            for c in range(r.inputs):
                x = carray(at(_buffer_of(r.buffer_of, r.input_port[c], n), np.float32), (n,))
                for i in range(piece):
                    taken[i * r.inputs + c] = x[begin + i]
            result = 0
            if r.finished == 0:
                result = _call_stream(r.callback, r.taken_at, r.given_at, piece, r.times_at, flags, r.user)
            for c in range(r.outputs):
                y = carray(at(_buffer_of(r.buffer_of, r.output_port[c], n), np.float32), (n,))
                for i in range(piece):
                    y[begin + i] = given[i * r.outputs + c] if r.finished == 0 else np.float32(0)
            if result != 0:  # paComplete or paAbort: silence from here on
                r.finished = 1
            flags = 0
            begin += piece
        return np.int32(0)

    return process


def _make_xrun(code: int) -> Any:
    def xrun(user: Any) -> Any:
        r = carray(user, (1,))[0]
        r.code = code
        r.xruns += 1
        return np.int32(0)

    return xrun


def _make_shutdown(code: int) -> Any:
    def shutdown(user: Any) -> None:
        r = carray(user, (1,))[0]
        r.code = code
        r.down = 1

    return shutdown


_POINTER = types.CPointer(from_dtype(RECORD))

process = Entry(
    _make_process, lambda sample: types.int32(types.uint32, _POINTER),
    ctypes.c_int, ctypes.c_uint32, ctypes.c_void_p,
)  # fmt: skip
"""Function that JACK calls for each buffer, with its frames and the address of a ``RECORD``; it returns 0."""

xrun = Entry(_make_xrun, lambda sample: types.int32(_POINTER), ctypes.c_int, ctypes.c_void_p)
"""Function that JACK calls after an xrun, with the address of a ``RECORD``; it returns 0."""

shutdown = Entry(_make_shutdown, lambda sample: types.void(_POINTER), None, ctypes.c_void_p)
"""Function that JACK calls when the server ends, with the address of a ``RECORD``."""


class Shared:
    """A record and the memory that it points to; both have to live for as long as JACK may call.

    Args:
        inputs: ports to take from, 0 to 32.
        outputs: ports to give to, 0 to 32.
        callback: address of a PaStreamCallback of interleaved float32.
        user: address that the callback is called with.
        buffer_of: address of jack_port_get_buffer.
    """

    def __init__(self, inputs: int, outputs: int, callback: int, user: int, buffer_of: int) -> None:
        self.record: NDArray[Any] = aligned(1, RECORD)
        self._taken = aligned(PIECE_FRAMES * max(inputs, 1), np.float32)
        self._given = aligned(PIECE_FRAMES * max(outputs, 1), np.float32)
        self._times = aligned(3, np.float64)
        r = self.record[0]
        r["buffer_of"], r["callback"], r["user"] = buffer_of, callback, user
        r["inputs"], r["outputs"] = inputs, outputs
        r["taken_at"], r["given_at"] = self._taken.ctypes.data, self._given.ctypes.data
        r["times_at"] = self._times.ctypes.data

    @property
    def address(self) -> int:
        """The user pointer for all three functions."""
        return int(self.record.ctypes.data)
