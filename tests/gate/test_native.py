"""Calls by address, denormals, and a callback that needs nothing but the record's address."""

import ctypes
import subprocess
import sys

import numpy as np
import pytest
from numba import carray, cfunc, from_dtype, njit, types

from gate.contract import Contract
from gate.engine import Engine
from gate.native import IS_X86, call1, call3, flush_denormals, restore_denormals
from gate.process import compiled
from gate.record import RECORD
from tests.gate.engine_tools import bursts, run

SUM3 = ctypes.CFUNCTYPE(ctypes.c_int64, ctypes.c_int64, ctypes.c_int64, ctypes.c_int64)
TAKE1 = ctypes.CFUNCTYPE(None, ctypes.c_int64)


def test_functions_are_called_by_their_address() -> None:
    """A function given as a number is called with its arguments, and its result comes back."""
    seen = []
    add, take = SUM3(lambda a, b, c: 10000 * a + 100 * b + c), TAKE1(seen.append)

    @njit
    def both(add: int, take: int) -> int:
        call1(take, 77)
        return call3(add, 1, 2, 3)

    addresses = [ctypes.cast(function, ctypes.c_void_p).value for function in (add, take)]
    assert both(*addresses) == 10203
    assert seen == [77]


@pytest.mark.skipif(not IS_X86, reason="only x86 has an MXCSR register")
def test_denormals_are_flushed_and_come_back() -> None:
    """Between the two calls a C function sees denormals as zero; after them, and elsewhere, they live."""
    product = []

    @njit
    def flushed(call: int) -> None:
        before = flush_denormals()
        call3(call, 0, 0, 0)
        restore_denormals(before)

    tiny = np.array([1e-40], np.float32)
    call = SUM3(lambda a, b, c: product.append(float((tiny * np.float32(1.0))[0])) or 0)
    flushed(ctypes.cast(call, ctypes.c_void_p).value)
    assert product == [0.0]
    assert (tiny * np.float32(1.0))[0] == tiny[0] != 0.0


def test_a_c_callback_needs_only_the_record(toy: Contract) -> None:
    """A C function that gets input, output, length and the record's address gates as the engine does."""
    process = compiled(np.dtype(np.float32))
    floats = types.CPointer(types.float32)

    @cfunc(types.void(floats, floats, types.int64, types.CPointer(from_dtype(RECORD))), error_model="numpy")
    def callback(source, sound, frames, user) -> None:
        record = carray(user, 1)
        shape = (frames, record[0].channels)
        process(record, carray(source, shape), carray(sound, shape))

    x = bursts(48_000, 0.3, 2)
    out = np.empty_like(x)
    word = ctypes.c_ssize_t  # as PortAudio does: plain addresses
    call = ctypes.CFUNCTYPE(None, word, word, word, word)(callback.address)
    with Engine(toy, rate=48_000, channels=2) as engine:
        expected = run(engine, x, 100)
        engine.reset()
        for at in range(0, len(x), 100):
            piece, into = x[at : at + 100], out[at : at + 100]
            call(
                piece.ctypes.data,
                into.ctypes.data,
                len(piece),
                engine.record.ctypes.data,
            )
    assert np.array_equal(out, expected)


def test_process_neither_allocates_nor_calls_python() -> None:
    """The compiled body has no call to numba's allocator, to Python, or to anything that raises."""
    code = (
        "import re, numpy as np, gate.process as p\n"
        "from numba import from_dtype, njit, types\n"
        "sample = from_dtype(np.dtype('f4'))\n"
        "source = types.Array(sample, 2, 'C', readonly=True)\n"
        "signature = types.void(from_dtype(p.RECORD)[::1], source, sample[:, ::1])\n"
        "body = njit(signature, **p.COMPILE)(p._make(0))\n"
        "text = body.inspect_llvm(signature.args)\n"
        "text = text[: text.index('@_ZN7cpython')]\n"
        "print(len(text), sorted(set(re.findall(r'call [^@]*@\"?([A-Za-z_][\\w.]*)', text))))\n"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    size, calls = said.split(" ", 1)
    assert int(size) > 10_000
    for name in ("NRT_", "Py", "numba_", "malloc"):
        assert name not in calls, calls
