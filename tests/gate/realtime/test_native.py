"""Calls by address, denormals, and a callback that needs nothing but the record's address."""

import ctypes

import numpy as np
import pytest
from numba import njit

from gate.modelfile.contract import Contract
from gate.realtime.native import IS_X86, call1, call3, call4, flush_denormals, restore_denormals
from gate.realtime.process import compiled
from tests.gate.engine_tools import bursts, open_engine, run

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


def test_a_c_caller_needs_only_addresses(toy: Contract) -> None:
    """Who has the addresses of process, record, input and output gates as the engine does: a callback, say."""
    x = bursts(48_000, 0.3, 2)
    out = np.empty_like(x)
    process = compiled(np.dtype(np.float32)).address

    @njit
    def call(record: int, source: int, sound: int, frames: int) -> None:
        call4(process, record, source, sound, frames)

    with open_engine(toy, rate=48_000, channels=2) as engine:
        expected = run(engine, x, 100)
        engine.reset()
        for at in range(0, len(x), 100):
            call(engine.address, x[at:].ctypes.data, out[at:].ctypes.data, len(x[at : at + 100]))
    assert np.array_equal(out, expected)
