"""Calls by address, denormals, and a callback that needs nothing but the record's address."""

import ctypes
import re

import numpy as np
import pytest
from numba import carray, cfunc, from_dtype, njit, types

from gate.contract import Contract
from gate.engine import Engine
from gate.native import COMPILE, IS_X86, call1, call3, flush_denormals, restore_denormals
from gate.process import _make, compiled
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


@pytest.mark.slow
def test_process_neither_allocates_nor_calls_python() -> None:
    """Nothing in the compiled body calls numba's allocator, Python, or anything that raises."""
    sample = from_dtype(np.dtype(np.float32))
    source = types.Array(sample, 2, "C", readonly=True)
    signature = types.void(from_dtype(RECORD)[::1], source, sample[:, ::1])
    fresh = njit(signature, **COMPILE)(_make(0))  # code that comes from disk shows nothing
    calls: dict[str, set[str]] = {}
    for function in re.split(r"(?m)^define ", fresh.inspect_llvm(signature.args))[1:]:
        name = re.search(r'@"?([^\s("]+)', function)[1]
        # the wrappers for callers in Python and C, and counting references to memory that has no owner
        if not name.startswith(("_ZN7cpython", "cfunc.", "NRT_incref", "NRT_decref")):
            calls[name] = set(re.findall(r'call [^@\n]*@"?([A-Za-z_][\w.]*)', function))
    assert len(calls) > 8
    for name, called in calls.items():
        foreign = {c for c in called if not c.startswith(("_ZN4gate", "llvm.", "NRT_incref", "NRT_decref"))}
        assert not foreign, name
