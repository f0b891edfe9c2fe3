"""The compiled callback that PortAudio calls: one host buffer in, one out, without the interpreter.

The same function plays files (``gate.live.filestream``), and does the work of the Python callback where a native one is
not possible. Around the compiled chain (``gate.realtime.chain``) it adds what only a stream needs: the fade at
beginning and end, monitoring, a tape, a scope, and a clock. In the usual case, a chain that is not late and whose
output is heard, it hands PortAudio's own memory to the chain and changes nothing.
"""

import ctypes
from typing import Any

import numpy as np
from numba import from_dtype

from gate.realtime.chain_record import CHAIN_RECORD
from gate.realtime.decision import LATE
from gate.realtime.entry import Entry
from gate.realtime.native import at, call2, call4, carray, native, types
from gate.realtime.record import RECORD
from gate.realtime.stream_record import BINS, BINS_A_DECADE, LIVE_RECORD, SHORTEST_US

ULONG = types.uint64 if ctypes.sizeof(ctypes.c_ulong) == 8 else types.uint32
"""Frame counts and flags are C's unsigned long: 32 bits on Windows."""

LATE_FLAGS = 0x1 | 0x2 | 0x4 | 0x8
"""paInputUnderflow, paInputOverflow, paOutputUnderflow, paOutputOverflow; paPrimingOutput (0x10) is no lateness."""

CONTINUE = 0
"""paContinue: the stream goes on."""

STRIKE, ENOUGH = 16, 128
"""A buffer in which the callback took longer than the buffer lasts adds 16, any other takes 1 off; 128 is too late."""

MONOTONIC = 1
"""CLOCK_MONOTONIC."""


def _make(code: int) -> Any:
    def callback(inp: Any, out: Any, frames: Any, timing: Any, flags: Any, user: Any) -> Any:
        live = carray(user, (1,))[0]
        live.code = code
        n = np.int64(frames)
        begun, cpu_begun = _clock(live, MONOTONIC), _clock(live, live.cpu_clock)
        x, y = carray(inp, (n * live.in_channels,)), carray(out, (n * live.out_channels,))
        runs = _runs(live)
        live.scope_begun = live.frames + n  # from here on a reader knows what may be overwritten under it
        done = 0
        while done < n:
            count = min(n - done, live.most_frames)
            taken, given = _sound(live, x[done * live.in_channels :], count), y[done * live.out_channels :]
            _scope(live, live.scope_in_at, live.frames + done, taken, live.channels, count)
            _play(live, taken, given, count)
            _scope(live, live.scope_heard_at, live.frames + done, given, live.out_channels, count)
            done += count
        _count(live, n, np.int64(flags), begun, cpu_begun, _runs(live) != runs)
        return CONTINUE

    return callback


def _signature(sample: Any) -> Any:
    record = types.CPointer(from_dtype(LIVE_RECORD))
    return types.int32(sample, sample, ULONG, types.voidptr, ULONG, record)


compiled = Entry(
    _make, _signature, ctypes.c_int,
    ctypes.c_void_p, ctypes.c_void_p, ctypes.c_ulong, ctypes.c_void_p, ctypes.c_ulong, ctypes.c_void_p,
)  # fmt: skip
"""The callback, a ``PaStreamCallback``: for sound of float32 from PortAudio, of float32 or float64 from files.

Its arguments: addresses of input and output (interleaved), frames, an address that is not used, flags, and the address
of a record of ``LIVE_RECORD``. It returns ``CONTINUE``, always.
"""


@native
def _gate(live: Any) -> Any:
    """Return the record of the gate."""
    return carray(at(live.gate, RECORD), (1,))[0]


@native
def _runs(live: Any) -> Any:
    return _gate(live).blocks


@native
def _sound(live: Any, x: Any, n: Any) -> Any:
    """Return n frames of the sound that came in; the external key goes to where the chain looks for it."""
    wide, channels, keys = live.in_channels, live.channels, live.key_channels
    if keys == 0:
        return x
    sound = carray(at(live.sound_at, x.dtype), (n * channels,))
    key = carray(at(live.key_at, x.dtype), (n * keys,))
    for i in range(n):
        for c in range(channels):
            sound[i * channels + c] = x[i * wide + c]
        for c in range(keys):
            key[i * keys + c] = x[i * wide + live.key_from[c]]
    return sound


@native
def _play(live: Any, x: Any, y: Any, n: Any) -> None:
    """Play n frames, at most ``most_frames``, from x to y."""
    chain = carray(at(live.chain, CHAIN_RECORD), (1,))[0]
    channels, wide = live.channels, live.out_channels
    plain = (
        channels == wide and chain.change_left == 0 and chain.wanted == chain.current
        and chain.latency[chain.current] == 0 and live.taping == 0
        and live.monitor == 0 and live.wet == 1.0 and live.dry == 0.0 and live.heard == 1.0 and live.master == 1
    )  # fmt: skip
    if plain:
        call4(live.process, live.chain, x.ctypes.data, y.ctypes.data, n)
        return
    first = carray(at(live.first_at, x.dtype), (n * channels,))
    call4(live.process, live.chain, x.ctypes.data, first.ctypes.data, n)
    _tape(live, first, n)
    late = x if chain.late_same == 1 else carray(at(chain.late_at, x.dtype), (n * channels,))
    _mix(live, late, first, y, n)


@native
def _tape(live: Any, x: Any, n: Any) -> None:
    """Put what the chain gave on the tape, for whoever writes it to a file."""
    if live.taping == 0 or live.tape_frames == 0:
        return
    channels, size = live.channels, live.tape_frames
    count = min(n, size - (live.tape_written - live.tape_read))
    tape = carray(at(live.tape_at, x.dtype), (size * channels,))
    slot = live.tape_written % size
    for i in range(count * channels):
        k = slot * channels + i
        tape[k if k < size * channels else k - size * channels] = x[i]
    live.tape_written += count
    live.tape_lost += n - count


@native
def _scope(live: Any, ring_at: Any, frame: Any, x: Any, wide: Any, n: Any) -> None:
    """Put the first ``channels`` of ``wide`` channels, which came in or are heard, into a ring for drawing."""
    size, channels = live.scope_frames, live.channels
    if size == 0:
        return
    ring = carray(at(ring_at, x.dtype), (size * channels,))
    begin = max(n - size, 0)
    place = (frame + begin) % size
    for i in range(begin, n):
        for c in range(channels):
            ring[place * channels + c] = x[i * wide + c]
        place = place + 1 if place + 1 < size else 0


@native
def _mix(live: Any, late: Any, given: Any, y: Any, n: Any) -> None:
    """Mix the chain's output and the equally late input by their weights, into all channels that go out."""
    channels, wide = live.channels, live.out_channels
    wet_goal = 0.0 if live.monitor == 1 else -1.0 if live.monitor == 2 else 1.0
    dry_goal = 0.0 if live.monitor == 0 else 1.0
    step, master = 1.0 / live.fade_frames, np.float64(live.master)
    wet, dry, heard = live.wet, live.dry, live.heard
    for i in range(n):
        wet, dry, heard = (
            _towards(wet, wet_goal, step),
            _towards(dry, dry_goal, step),
            _towards(heard, master, step),
        )
        for c in range(channels):
            value = given[i * channels + c]
            if wet != 1.0 or dry != 0.0:
                value = _finite(wet * value) + _finite(dry * late[i * channels + c])
            if heard != 1.0:
                value = value * heard
            y[i * wide + c] = value
        for c in range(channels, wide):
            y[i * wide + c] = y[i * wide + channels - 1]
    live.wet, live.dry, live.heard = wet, dry, heard


@native
def _finite(value: Any) -> Any:
    return value if np.isfinite(value) else 0.0


@native
def _towards(value: Any, goal: Any, step: Any) -> Any:
    """Return a value one step nearer to its goal, and exactly the goal at the end."""
    if value < goal:
        return min(value + step, goal)
    return max(value - step, goal)


@native
def _clock(live: Any, number: Any) -> Any:
    """Return the nanoseconds of a clock, 0 if there is none."""
    if live.clock == 0 or number < 0:
        return 0
    if live.ticks_a_second > 0:
        if number != MONOTONIC:
            return 0
        call2(live.clock, live.now_at, 0)
        return np.int64(live.now_s * (1e9 / live.ticks_a_second))
    call2(live.clock, number, live.now_at)
    return live.now_s * 1_000_000_000 + live.now_ns


@native
def _count(live: Any, n: Any, flags: Any, begun: Any, cpu_begun: Any, ran: Any) -> None:
    """Count everything that people may want to know of this buffer."""
    due = n * 1_000_000_000 // live.rate
    live.buffers += 1
    live.frames += n
    live.newest_frames = n
    live.due_ns += due
    if flags & LATE_FLAGS:
        live.late += 1
    if live.clock == 0:
        return
    busy = _clock(live, MONOTONIC) - begun
    if live.last_ns > 0 and begun - live.last_ns > due + due // 2:
        live.gaps += 1
    live.last_ns = begun
    if live.times_read != live.times_seen:
        live.times_seen = live.times_read
        live.busy_max_ns = 0
    live.busy_ns += busy
    live.busy_max_ns = max(live.busy_max_ns, busy)
    slot = min(max(np.int64(np.log10(max(busy, 1) / (1e3 * SHORTEST_US)) * BINS_A_DECADE), 0), BINS - 1)
    live.histogram[slot] += 1
    if ran:
        live.histogram_ran[slot] += 1
    if busy > due:
        live.over += 1
    own = _clock(live, live.cpu_clock) - cpu_begun if live.cpu_clock >= 0 else busy
    live.strikes = live.strikes + STRIKE if own > due else max(live.strikes - 1, 0)
    if live.strikes >= ENOUGH:
        gate = _gate(live)
        if gate.falls_back == 1 and gate.fallback == 0:
            gate.fallback = LATE
        live.strikes = 0
