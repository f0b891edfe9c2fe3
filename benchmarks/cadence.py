"""A compiled stand-in for the sound card: calls a plugin in a tight loop or on time, and takes the time.

Linux only: it sleeps until absolute times (clock_nanosleep), as a driver's interrupts come, so that caches
cool and the processor dozes off between two callbacks as they do live. No interpreter runs in between.
"""

import ctypes
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from gate.realtime.native import call4

_libc = ctypes.CDLL(None, use_errno=True)
_gettime = _libc.clock_gettime
_gettime.argtypes = [ctypes.c_int, ctypes.c_void_p]
_gettime.restype = ctypes.c_int
_nanosleep = _libc.clock_nanosleep
_nanosleep.argtypes = [ctypes.c_int, ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p]
_nanosleep.restype = ctypes.c_int

MONOTONIC, ABSTIME = 1, 1  # <time.h>
FIFO_PRIORITY = 60
"""Priority that sound servers give their callback's thread."""


@njit(nogil=True)
def _now(spec: Any) -> Any:
    _gettime(MONOTONIC, spec.ctypes.data)
    return spec[0] * 1_000_000_000 + spec[1]


@njit(nogil=True)
def _sleep_until(goal: Any, spec: Any) -> None:
    spec[0] = goal // 1_000_000_000
    spec[1] = goal % 1_000_000_000
    _nanosleep(MONOTONIC, ABSTIME, spec.ctypes.data, 0)


@njit(nogil=True, error_model="numpy")
def run_model(
    function: Any,
    address: Any,
    counter: Any,
    sound: Any,
    out: Any,
    period_ns: Any,
    costs: Any,
    lates: Any,
    ran: Any,
) -> None:
    """Call a plugin once for each entry of ``costs`` (ns), on the next ``len(out)`` frames of ``sound``.

    ``function`` is the address of the plugin's compiled function, ``address`` that of its record, ``counter`` the
    field (1,) of the record that counts its model's blocks or frames. ``lates`` gets how late each callback began (ns),
    ``ran`` how many blocks or frames it decided. A ``period_ns`` of 0 is a tight loop.
    """
    spec = np.zeros(2, np.int64)
    n = len(out)
    start = _now(spec) + 1_000_000
    before = counter[0]
    at = 0
    for i in range(len(costs)):
        goal = start + np.int64(i * period_ns)
        if period_ns > 0:
            _sleep_until(goal, spec)
        begin = _now(spec)
        call4(function, address, sound[at:].ctypes.data, out.ctypes.data, n)
        end = _now(spec)
        costs[i] = end - begin
        lates[i] = begin - goal
        ran[i] = counter[0] - before
        before = counter[0]
        at += n
        if at + n > len(sound):
            at = 0


@njit(nogil=True, error_model="numpy")
def run_empty(sound: Any, out: Any, period_ns: Any, costs: Any, lates: Any) -> None:
    """Measure the floor: the same loop around a process that only copies its input."""
    spec = np.zeros(2, np.int64)
    n = len(out)
    start = _now(spec) + 1_000_000
    at = 0
    for i in range(len(costs)):
        goal = start + np.int64(i * period_ns)
        if period_ns > 0:
            _sleep_until(goal, spec)
        begin = _now(spec)
        for j in range(n):
            for c in range(out.shape[1]):
                out[j, c] = sound[at + j, c]
        end = _now(spec)
        costs[i] = end - begin
        lates[i] = begin - goal
        at += n
        if at + n > len(sound):
            at = 0


@contextmanager
def audio_priority(wanted: bool = True) -> Iterator[bool]:
    """Give this thread real-time scheduling, where the system allows it; yield whether it did."""
    have = False
    if wanted:
        try:
            os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(FIFO_PRIORITY))
            have = True
        except OSError:
            pass
    try:
        yield have
    finally:
        if have:
            os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))


def bursts(rate: int, channels: int, seconds: float = 8.0) -> NDArray[np.float32]:
    """Make noise that comes and goes every half second, silence between: gates move, tails become denormal."""
    rng = np.random.default_rng(0)
    n = int(rate * seconds)
    shape = (np.arange(n) // (rate // 2)) % 2
    return np.ascontiguousarray(
        (0.1 * rng.standard_normal((n, channels)) * shape[:, None]).astype(np.float32)
    )
