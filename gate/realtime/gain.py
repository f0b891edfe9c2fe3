"""From goals to samples: the delay, and the gain with the ramps that keep it from clicking.

A goal is the gain of a block, with the output frame where it begins to act. From that frame on the gain moves
linearly to the goal: within a block, or, when opening, within the attack if that is shorter, but never in less
than 1 ms. A ramp depends on the number of the frame alone, so it is the same however the sound is cut. Where the
gain is 1, samples keep every bit; where it is 0, they are 0.
"""

from typing import Any

import numpy as np
from numba import njit

from gate.realtime.native import COMPILE, at, carray, native

OPENING_MS = 1.0
"""Shortest ramp of an opening: from shut to open in less is heard as a click."""

SILENT_DB = -np.inf
"""Range that means a gain of exactly 0."""

PIECE = 4096
"""Samples that are looked at twice in a row while they are in the nearest cache."""


@native
def floor_gain(range_db: Any) -> Any:
    """Return the gain of the shut gate, 0 to 1: 10^(range/20); exactly 0 for -inf, exactly 1 from 0 dB up."""
    if range_db >= 0.0:
        return 1.0
    return 10.0 ** (range_db / 20.0)


@native
def goal_gain(openness: Any, floor: Any) -> Any:
    """Return the gain at an openness: exactly 1 at 1 and exactly ``floor`` at 0, so that samples can be copied."""
    if openness >= 1.0:
        return 1.0
    return floor + (1.0 - floor) * openness


@native
def decibels(gain: Any) -> Any:
    """Return ``gain`` in dB, -inf for 0."""
    return 20.0 * np.log10(gain) if gain > 0.0 else SILENT_DB


@native
def ramp_gain(start: Any, goal: Any, length: Any, steps: Any) -> Any:
    """Return the gain ``steps`` frames into a linear ramp of ``length`` frames."""
    if steps >= length:
        return goal
    return start + (goal - start) / length * steps


@native
def carry(r: Any, x: Any, y: Any, w: Any, upto: Any, call: Any, finite: Any) -> None:
    """Move frames w..upto-1 from x to y through the delay, with 0 for what is not finite.

    Args:
        r: the engine's record.
        x: flat input of this call.
        y: flat output of this call; may be ``x``.
        w: first frame.
        upto: frame after the last.
        call: number of this call's first frame.
        finite: whether all of the input is finite.
    """
    channels, delay = r.channels, r.delay
    if delay == 0:
        new, old = x[w * channels : upto * channels], y[w * channels : upto * channels]
        for i in range(len(new)):
            old[i] = new[i]
        if not finite:
            _scrub(old)
        return
    ring = carray(at(r.delay_at, x.dtype), (delay * channels,), x.dtype)
    slot = (call + w) % delay
    while w < upto:
        frames = min(upto - w, delay - slot)
        kept = ring[slot * channels : (slot + frames) * channels]
        new, old = x[w * channels :], y[w * channels :]
        for i in range(len(kept)):
            newest = new[i]  # read first: x and y may be the same memory
            old[i] = kept[i]
            kept[i] = newest
        if not finite:
            _scrub(kept)
        w += frames
        slot = (slot + frames) % delay


@native
def shape(r: Any, y: Any, w: Any, upto: Any, call: Any) -> None:
    """Apply the gain to frames w..upto-1, each unit by its own goals. Arguments are those of ``carry``."""
    if upto <= w:
        return
    size, stride = r.pending_size, r.channels
    begins = carray(at(r.pending_begin_at, np.int64), (size,), np.int64)
    goals = carray(at(r.pending_goal_at, np.float64), (r.units, size), np.float64)
    attacks = carray(at(r.pending_attack_at, np.float64), (r.units, size), np.float64)
    wide = stride // r.units
    head = r.pending_head
    for u in range(r.units):
        position, head = w, r.pending_head
        while position < upto:
            end = upto
            if head < r.pending_tail:
                end = min(max(begins[head % size] - call, position), upto)
            # the running ramp, as far as the frame where it reaches its goal; then that goal
            flat = r.ramp_begin[u] - call + np.int64(np.ceil(r.ramp_length[u])) - 1
            if position < min(flat, end):
                _ramp(r, u, y, wide, position, min(flat, end), position + call - r.ramp_begin[u] + 1)
            _steady(y, wide, u, stride, max(position, flat), end, r.ramp_goal[u])
            position = end
            if position < upto:
                _turn(r, u, goals[u, head % size], attacks[u, head % size], position + call)
                head += 1
    r.pending_head = head
    loudest, _ = peak(y[w * stride : upto * stride])
    r.output_peak = max(r.output_peak, loudest)


@native
def _turn(r: Any, u: Any, goal: Any, attack_ms: Any, now: Any) -> None:
    """Send the gain to ``goal`` from frame ``now`` on; a ramp that goes there already continues."""
    if goal == r.ramp_goal[u]:
        return
    steps = np.float64(now - r.ramp_begin[u])
    gain = ramp_gain(r.ramp_from[u], r.ramp_goal[u], r.ramp_length[u], steps)
    length = r.block_samples
    if goal > gain:
        length = min(length, max(OPENING_MS, attack_ms) * r.rate / 1000.0)
    r.ramp_from[u], r.ramp_goal[u], r.ramp_begin[u], r.ramp_length[u] = gain, goal, now, length


@native
def _steady(y: Any, wide: Any, first: Any, stride: Any, begin: Any, end: Any, gain: Any) -> None:
    """Multiply ``wide`` channels from ``first`` on, of frames begin..end-1, by one gain."""
    if gain == 1.0 or begin >= end:
        return
    mine = y[begin * stride + first : end * stride]
    if wide < stride:
        for i in range(end - begin):
            mine[i * stride] = mine[i * stride] * gain if gain != 0.0 else 0.0
    elif gain == 0.0:
        mine[:] = 0.0
    else:
        for i in range(len(mine)):
            mine[i] *= gain


@native
def _ramp(r: Any, u: Any, y: Any, wide: Any, begin: Any, end: Any, steps: Any) -> None:
    """Multiply frames begin..end-1 of a unit by its ramp; frame ``begin`` is ``steps`` into it, from 1."""
    stride, start = r.channels, r.ramp_from[u]
    slope = (r.ramp_goal[u] - start) / r.ramp_length[u]
    mine = y[begin * stride + u : end * stride]
    if stride == 1:
        for i in range(end - begin):
            mine[i] *= start + slope * np.float64(steps + i)
    elif stride == 2 and wide == 2:
        # written out because the inner loop over channels keeps the compiler from using vectors
        for i in range(end - begin):
            gain = start + slope * np.float64(steps + i)
            mine[2 * i] *= gain
            mine[2 * i + 1] *= gain
    else:
        for i in range(end - begin):
            gain = start + slope * np.float64(steps + i)
            for c in range(wide):
                mine[i * stride + c] *= gain


@native
def _scrub(x: Any) -> None:
    """Set samples that are not finite to 0."""
    for i in range(len(x)):
        if not np.isfinite(x[i]):
            x[i] = 0.0


@njit(fastmath={"reassoc", "nnan", "nsz"}, **COMPILE)
def _largest(x: Any) -> Any:
    """Return the largest magnitude in x, which is all finite."""
    largest = abs(x[0])
    for i in range(len(x)):
        largest = max(largest, abs(x[i]))
    return largest


@njit(fastmath={"reassoc", "nsz"}, **COMPILE)
def _all_finite(x: Any) -> Any:
    """Return whether all of x is finite. A product with 0 is 0, or NaN for NaN and infinity."""
    none = x.dtype.type(0)
    total = none
    for i in range(len(x)):
        total += x[i] * none
    return total == none


@native
def peak(x: Any) -> Any:
    """Return (largest finite magnitude, number of samples that are not finite) of x."""
    largest, bad = 0.0, 0
    for begin in range(0, len(x), PIECE):
        piece = x[begin : begin + PIECE]
        if _all_finite(piece):
            largest = max(largest, np.float64(_largest(piece)))
        else:
            for i in range(len(piece)):
                if np.isfinite(piece[i]):
                    largest = max(largest, np.float64(abs(piece[i])))
                else:
                    bad += 1
    return largest, bad
