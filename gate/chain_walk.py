"""The compiled chain: it calls each slot's function by address, one after the other, in the output's own memory.

A plugin itself, with the arguments of ``gate.process``: whoever can call a gate can call a chain, a stream's callback
or a chain in a slot. Where nothing changes it only calls. A bypassed slot's input goes through a ring as long as
the plugin's delay, so that the sound behind it neither moves nor clicks; the fade is ``fade_frames`` long.

When slots come, go or move, there are two orders. What both share at the beginning runs once, and at the end once; the
part between runs in both: in the old order by the slots that are there, in the new one by fresh ones, which listen
first and are then faded in. So at no time is there less gating than in the old order or the new one.

Nothing is allocated, raised, waited for or printed.
"""

import ctypes
import functools
from typing import Any

import numpy as np
from numba import cfunc, from_dtype, types

from gate.chain_record import CHAIN_RECORD
from gate.native import COMPILE, at, call4, carray, native
from gate.plugins.slot_record import SLOT_RECORD
from gate.process import Compiled, c_function, fingerprint, without_scipy

FINGERPRINT = fingerprint(("chain_walk", "chain_record", "plugins/slot_record", "native", "record"))
"""Kept with the compiled code, and written to ``record["code"]``."""


@functools.cache
def compiled(dtype: Any) -> Compiled:
    """The chain for sound of ``dtype`` (float32 or float64), compiled or loaded from disk at first use.

    Its arguments are those of ``gate.process``: the addresses of a record (of ``CHAIN_RECORD``), of frames in and of
    frames out (which may be the same), and how many frames.
    """
    sample = types.CPointer(from_dtype(np.dtype(dtype)))
    signature = types.void(types.CPointer(from_dtype(CHAIN_RECORD)), sample, sample, types.int64)
    with without_scipy():
        function = cfunc(signature, cache=True, **COMPILE)(_make(FINGERPRINT))
    return c_function(function, None, *[ctypes.c_void_p] * 3, ctypes.c_int64)


def _make(code: int) -> Any:
    def chain(record: Any, x: Any, out: Any, n: Any) -> None:
        c = carray(record, (1,))[0]
        c.code = code
        source, sound = carray(x, (n * c.channels,)), carray(out, (n * c.channels,))
        done = 0
        while done < n:
            count = min(n - done, c.most_frames)
            _play(c, source[done * c.channels :], sound[done * c.channels :], count)
            done += count
        c.position += n

    return chain


@native
def _play(c: Any, x: Any, y: Any, n: Any) -> None:
    """N frames, at most ``most_frames``, from x to y."""
    if c.change_left == 0 and c.wanted != c.current:
        c.change_left = c.listen_frames + c.fade_frames
    now, other = c.current, 1 - c.current
    c.left_before, c.late_from, c.late_to = c.change_left, c.latency[now], c.latency[other]
    if c.change_left == 0:
        _walk(c, now, 0, c.counts[now], x, y, n)
        return
    _walk(c, now, 0, c.before, x, y, n)
    second = carray(at(c.other_at, x.dtype), (n * c.channels,))
    for i in range(n * c.channels):  # a slice assigned to a slice could allocate, if they overlapped
        second[i] = y[i]
    _walk(c, now, c.before, c.counts[now] - c.behind, y, y, n)
    _walk(c, other, c.before, c.counts[other] - c.behind, second, second, n)
    for i in range(n):
        share = old_share(c.change_left - i, c.fade_frames)
        if share < 1.0:
            for k in range(i * c.channels, (i + 1) * c.channels):
                y[k] = mixed(y[k], second[k], share)
    _walk(c, now, c.counts[now] - c.behind, c.counts[now], y, y, n)
    c.change_left = max(c.change_left - n, 0)
    if c.change_left == 0:
        c.current = other


@native
def old_share(left: Any, fade_frames: Any) -> Any:
    """How much of the old order is heard where so many frames are left of a change, 1 to 0."""
    return min(max(left, 0) / fade_frames, 1.0)


@native
def _walk(c: Any, order: Any, first: Any, end: Any, x: Any, y: Any, n: Any) -> None:
    """Slots first..end-1 of an order, from x to y; without any the sound is copied."""
    source = x
    for k in range(first, end):
        _slot(c, carray(at(c.slots[order, k], SLOT_RECORD), (1,))[0], source, y, n)
        source = y
    if first == end and x.ctypes.data != y.ctypes.data:
        for i in range(n * c.channels):
            y[i] = x[i]


@native
def _slot(c: Any, slot: Any, x: Any, y: Any, n: Any) -> None:
    """One slot, from x to y, which may be the same memory."""
    goal = 0.0 if slot.bypass == 1 else 1.0
    if slot.delay == 0 and slot.share == 1.0 and goal == 1.0:
        call4(slot.function, slot.plugin, x.ctypes.data, y.ctypes.data, n)
        return
    dry = carray(at(c.dry_at, x.dtype), (n * c.channels,))
    _hold_back(slot, c.channels, x, dry, n)
    call4(slot.function, slot.plugin, x.ctypes.data, y.ctypes.data, n)
    share, step = slot.share, 1.0 / c.fade_frames
    if share == 1.0 and goal == 1.0:
        return
    for i in range(n):
        if share < goal:
            share = min(share + step, goal)
        elif share > goal:
            share = max(share - step, goal)
        for k in range(i * c.channels, (i + 1) * c.channels):
            y[k] = mixed(y[k], dry[k], share)
    slot.share = share


@native
def _hold_back(slot: Any, channels: Any, x: Any, dry: Any, n: Any) -> None:
    """The slot's input into ``dry``, as late as the plugin would give it."""
    if slot.delay == 0:
        for i in range(n * channels):
            dry[i] = x[i]
        return
    size = slot.delay * channels
    ring = carray(at(slot.ring_at, x.dtype), (size,))
    place = slot.ring_next
    for i in range(n * channels):
        newest = x[i]
        dry[i] = ring[place]
        ring[place] = newest
        place = place + 1 if place + 1 < size else 0
    slot.ring_next = place


@native
def mixed(one: Any, other: Any, share: Any) -> Any:
    """``share`` of one and the rest of the other: exactly one of them at the ends, 0 for what is not finite between."""
    if share >= 1.0:
        return np.float64(one)
    if share <= 0.0:
        return np.float64(other)
    a, b = np.float64(one), np.float64(other)
    return (share * a if np.isfinite(a) else 0.0) + ((1.0 - share) * b if np.isfinite(b) else 0.0)
