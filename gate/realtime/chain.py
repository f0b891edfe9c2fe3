"""The compiled chain: it calls each slot's function by address, one after the other, in the output's own memory.

The chain is a plugin itself, with the arguments of ``gate.realtime.process``: what calls a gate can call a chain, be it
a stream's callback or another chain. Where nothing changes, the chain only makes these calls. The input of a bypassed
slot goes through a ring as long as the plugin's delay, so that the sound neither shifts nor clicks; the fade lasts
``fade_frames``.

When slots are added, removed or moved, there are two orders for a while. The slots that both orders share at the
beginning run once, and so do those at the end. The part between runs in both: in the old order with the slots that are
there, in the new one with fresh ones, which first listen and are then faded in. So there is never less gating than in
the old order or in the new one.

An external key goes the same way beside the sound. Each slot delays the key as it delays the sound, so that a gate
hears its key as late as the sound that it gates.

Nothing is allocated, raised, waited for or printed.
"""

from typing import Any

import numpy as np

from gate.realtime.chain_record import CHAIN_RECORD
from gate.realtime.entry import processor
from gate.realtime.native import at, call4, carray, native
from gate.realtime.slot_record import SLOT_RECORD


def _make(code: int) -> Any:
    def chain(record: Any, x: Any, out: Any, n: Any) -> None:
        c = carray(record, (1,))[0]
        c.code = code
        source, sound = carray(x, (n * c.channels,)), carray(out, (n * c.channels,))
        wide = c.key_channels if c.key_at != 0 else 0
        key = carray(at(c.key_at, source.dtype), (n * wide,))
        done = 0
        while done < n:
            count = min(n - done, c.most_frames)
            here = carray(at(c.key_here_at, source.dtype), (count * wide,))
            _copy(key[done * wide :], here)
            _play(c, source[done * c.channels :], sound[done * c.channels :], here, count)
            done += count
        c.position += n

    return chain


compiled = processor(CHAIN_RECORD, _make)
"""The compiled chain, for sound of float32 or float64."""


@native
def _play(c: Any, x: Any, y: Any, key: Any, n: Any) -> None:
    """Play n frames, at most ``most_frames``, from x to y; ``key`` is delayed along the way, in place."""
    if c.change_left == 0 and c.wanted != c.current:
        c.change_left = c.listen_frames + c.fade_frames
    now, other = c.current, 1 - c.current
    late = c.late_at != 0 and (c.change_left > 0 or c.latency[now] > 0)
    c.late_same = 0 if late else 1
    if late:
        _late(c, now, other, x, n)
    if c.change_left == 0:
        _walk(c, now, 0, c.counts[now], x, y, key, n)
        return
    _walk(c, now, 0, c.before, x, y, key, n)
    second = carray(at(c.other_at, x.dtype), (n * c.channels,))
    other_key = carray(at(c.key_other_at, x.dtype), (len(key),))
    _copy(y, second)
    _copy(key, other_key)
    _walk(c, now, c.before, c.counts[now] - c.behind, y, y, key, n)
    _walk(c, other, c.before, c.counts[other] - c.behind, second, second, other_key, n)
    _fade(c, y, second, c.channels, n)
    _fade(c, key, other_key, len(key) // n, n)
    _walk(c, now, c.counts[now] - c.behind, c.counts[now], y, y, key, n)
    c.change_left = max(c.change_left - n, 0)
    if c.change_left == 0:
        c.current = other


@native
def _late(c: Any, now: Any, other: Any, x: Any, n: Any) -> None:
    """Write the input, as late as the output, to ``late_at``: the same walk through slots that only delay."""
    late = carray(at(c.late_at, x.dtype), (n * c.channels,))
    _copy(x, late)
    if c.change_left == 0:
        _delay(c, now, 0, c.counts[now], late, n)
        return
    _delay(c, now, 0, c.before, late, n)
    second = carray(at(c.other_at, x.dtype), (n * c.channels,))
    _copy(late, second)
    _delay(c, now, c.before, c.counts[now] - c.behind, late, n)
    _delay(c, other, c.before, c.counts[other] - c.behind, second, n)
    _fade(c, late, second, c.channels, n)
    _delay(c, now, c.counts[now] - c.behind, c.counts[now], late, n)


@native
def _fade(c: Any, y: Any, second: Any, channels: Any, n: Any) -> None:
    """Crossfade from the old order's sound, in y, to the new order's, in the last ``fade_frames`` of the change."""
    for i in range(n):
        left = max(c.change_left - i, 0)
        if left < c.fade_frames:
            for k in range(i * channels, (i + 1) * channels):
                y[k] = _mixed(y[k], second[k], left / c.fade_frames)


@native
def _copy(x: Any, y: Any) -> None:
    """Copy as much of x as y holds (to assign a slice to a slice could allocate, if they overlapped)."""
    for i in range(len(y)):
        y[i] = x[i]


@native
def _delay(c: Any, order: Any, first: Any, end: Any, sound: Any, n: Any) -> None:
    """Delay sound, in place, as slots first..end-1 of an order do."""
    for k in range(first, end):
        slot = carray(at(c.slots[order, k], SLOT_RECORD), (1,))[0]
        if slot.delay > 0:
            slot.late_next = _hold_back(slot.late_at, slot.delay * c.channels, slot.late_next, sound, sound)


@native
def _walk(c: Any, order: Any, first: Any, end: Any, x: Any, y: Any, key: Any, n: Any) -> None:
    """Send x through slots first..end-1 of an order to y; without any slot, copy it."""
    source = x
    for k in range(first, end):
        slot = carray(at(c.slots[order, k], SLOT_RECORD), (1,))[0]
        if slot.key_into != 0:
            carray(at(slot.key_into, np.int64), (1,))[0] = key.ctypes.data if len(key) > 0 else 0
        _slot(c, slot, source, y, n)
        if slot.delay > 0 and len(key) > 0:
            slot.key_next = _hold_back(
                slot.key_ring_at, slot.delay * (len(key) // n), slot.key_next, key, key
            )
        source = y
    if first == end and x.ctypes.data != y.ctypes.data:
        _copy(x, y[: n * c.channels])


@native
def _slot(c: Any, slot: Any, x: Any, y: Any, n: Any) -> None:
    """Run one slot from x to y, which may be the same memory."""
    goal = 0.0 if slot.bypass == 1 else 1.0
    if slot.delay == 0 and slot.share == 1.0 and goal == 1.0:
        call4(slot.function, slot.plugin, x.ctypes.data, y.ctypes.data, n)
        return
    dry = carray(at(c.dry_at, x.dtype), (n * c.channels,))
    if slot.delay == 0:
        _copy(x, dry)
    else:
        slot.ring_next = _hold_back(
            slot.ring_at, slot.delay * c.channels, slot.ring_next, x[: n * c.channels], dry
        )
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
            y[k] = _mixed(y[k], dry[k], share)
    slot.share = share


@native
def _hold_back(ring_at: Any, size: Any, place: Any, x: Any, y: Any) -> Any:
    """Move x to y, which may be the same, through a ring of ``size`` samples; return the next place in the ring."""
    ring = carray(at(ring_at, x.dtype), (size,))
    for i in range(len(y)):
        newest = x[i]
        y[i] = ring[place]
        ring[place] = newest
        place = place + 1 if place + 1 < size else 0
    return place


@native
def _mixed(one: Any, other: Any, share: Any) -> Any:
    """Mix ``share`` of one with the rest of the other: at the ends exactly one; between, what is not finite is 0."""
    if share >= 1.0:
        return np.float64(one)
    if share <= 0.0:
        return np.float64(other)
    a, b = np.float64(one), np.float64(other)
    return (share * a if np.isfinite(a) else 0.0) + ((1.0 - share) * b if np.isfinite(b) else 0.0)
