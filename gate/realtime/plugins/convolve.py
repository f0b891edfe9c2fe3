"""The compiled convolver: an impulse response on every sample at once, with a cost that is the same in every buffer.

The first 64 taps are a sum for each sample. What follows is cut into partitions, the later the longer: of 64, 512, 4096 and
32768 frames. A *level* is all partitions of one length n. Each time that n frames have come in, the level transforms them,
multiplies its partitions' spectra with those of the newest blocks, and transforms the sum back. A level other than the first
begins with the tap 2 n, so it has n frames' time for that; its work is cut into n / 64 equal shares, and one of them is done
every 64 frames. So no buffer pays for a long transform, and which share is due follows from the number of the frame alone:
the same bits come out however the sound is cut.

Source: W. Gardner, Efficient Convolution without Input-Output Delay, JAES 1995 (partitions that grow; shares of equal cost).
"""

from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from gate.parameters import Knob, Parameter, knobs
from gate.realtime import fft
from gate.realtime.entry import processor
from gate.realtime.native import COMPILE, at, carray, flush_denormals, native, restore_denormals
from gate.realtime.plugins.levels import factor, follow, glide
from gate.realtime.record import Field, aligned, layout, user_fields
from gate.realtime.sidechain import heard


class ConvolveKnobs:
    """The knobs of a convolver."""

    gain_db = Knob(Parameter(
        "gain", "Gain", "dB", -60.0, 40.0, 0.0, "linear", True,
        "gain of the convolved sound", smoothing_ms=5.0,
    ))  # fmt: skip
    mix = Knob(Parameter(
        "mix", "Mix", "", 0.0, 1.0, 1.0, "linear", True,
        "how much is heard of the convolved sound, 0 to 1; the rest is the sound as it came", smoothing_ms=5.0,
    ))  # fmt: skip


SLOT = 64
"""Frames between two shares of work, and taps that are a sum for each sample."""

GROWTH = 8
"""How many times longer the partitions of a level are than those of the one before."""

LONGEST = 32_768
"""Frames of the longest partitions."""

FRAMES, PASSES, COUNT, FIRST, SHARE, TOTAL, LINES, TURNS, BLOCKS, WORK = range(10)
"""Columns of a level: n, log2(n), partitions, first tap, units of a share and of all; places of memory."""

COLUMNS = 10

FIELDS = (
    *user_fields(knob.parameter for knob in knobs(ConvolveKnobs).values()),
    Field("position", "i8", (), "engine", "host frames processed"),
    Field("started", "i8", (), "engine", "1 once the gains stand where the knobs do"),
    Field("wet_now", "f8", (), "engine", "gain of the convolved sound, at the newest frame"),
    Field("dry_now", "f8", (), "engine", "gain of the sound as it came"),
    Field("code", "i8", (), "engine", "which sources the running code was compiled from"),
    Field("rate", "i8", (), "setup", "of the sound, Hz"),
    Field("channels", "i8", (), "setup", "of the sound"),
    Field("levels", "i8", (), "setup", "how many"),
    Field("levels_at", "i8", (), "setup", "int64 [level][COLUMNS]"),
    Field("head_at", "i8", (), "setup", "float32 [response][SLOT]: the first taps, the last of them first"),
    Field("responses", "i8", (), "setup", "channels of the impulse response: 1, or the sound's"),
    Field(
        "lines_at", "i8", (), "setup", "float32 [response][lines_size]: LINES of a level is a place in here"
    ),
    Field("lines_size", "i8", (), "setup", "floats of a response's spectra"),
    Field("turns_at", "i8", (), "setup", "float32: TURNS of a level is a place in here"),
    Field("memory_at", "i8", (), "setup", "float32 [channel][memory_size]: recent frames, two rings, levels"),
    Field("memory_size", "i8", (), "setup", "floats of a channel"),
    Field("ring", "i8", (), "setup", "frames of each ring, a power of two"),
)
"""The record, field by field."""

CONVOLVE_RECORD = layout(FIELDS)
"""The record's type."""


def make() -> NDArray[Any]:
    """Return a record full of zeros: a (1,) array of ``CONVOLVE_RECORD``."""
    return aligned(1, CONVOLVE_RECORD)


def plan(taps: int) -> tuple[NDArray[np.int64], int, int, int, int]:
    """Cut an impulse response into levels.

    Args:
        taps: how many it has.

    Returns:
        (levels, columns); the floats of a response's spectra, of turns, and of a channel's memory; the frames of its rings.
    """
    rows = []
    lines = turns = 0
    first, n = SLOT, SLOT
    while first < taps:
        last = n == LONGEST
        count = -(-(taps - first) // n)
        if not last:
            count = min(count, (2 * GROWTH * n - first) // n)
        passes = n.bit_length() - 1
        total = n + 2 * passes * (n // 2) + 2 * (n // 2 + 1) + count * n + n // 2
        share = -(-total // (n // SLOT))
        rows.append([n, passes, count, first, share, total, lines, turns, 0, 0])
        lines, turns = lines + 2 * n * count, turns + 2 * n
        first += count * n
        n *= GROWTH
    ring = 4 * (rows[-1][FRAMES] if rows else SLOT)
    memory = 2 * SLOT + 2 * ring
    for row in rows:
        row[BLOCKS], row[WORK] = memory, memory + 2 * row[FRAMES] * row[COUNT]
        memory = row[WORK] + 6 * row[FRAMES]
    return np.array(rows, np.int64).reshape(-1, COLUMNS), lines, turns, memory, ring


def _make(code: int) -> Any:
    def convolve(record: Any, x: Any, out: Any, n: Any) -> None:
        r = carray(record, (1,))[0]
        r.code = code
        source, sound = carray(x, (n * r.channels,)), carray(out, (n * r.channels,))
        before = flush_denormals()
        if r.started == 0:
            r.started, r.wet_now, r.dry_now = 1, r.mix * factor(r.gain), 1.0 - r.mix
        begin = 0
        while begin < n:
            into = r.position % SLOT
            if into == 0:
                for c in range(r.channels):
                    _shares(r, c)
            end = min(n, begin + SLOT - into)
            _play(r, source, sound, begin, end)
            begin = end
        restore_denormals(before)

    return convolve


compiled = processor(CONVOLVE_RECORD, _make)
"""The compiled convolver, for sound of float32 or float64."""


@native
def _floats(address: Any, place: Any, count: Any) -> Any:
    return carray(at(address + 4 * place, np.float32), (count,), np.float32)


@native
def _play(r: Any, x: Any, y: Any, begin: Any, end: Any) -> None:
    """Play frames begin..end-1, all of one slot."""
    channels, ring, into = r.channels, r.ring, r.position % SLOT
    wet_goal, dry_goal, share = r.mix * factor(r.gain), 1.0 - r.mix, glide(r.rate)
    wet, dry = r.wet_now, r.dry_now
    for c in range(channels):
        recent = _floats(r.memory_at, c * r.memory_size, 2 * SLOT)
        past = _floats(r.memory_at, c * r.memory_size + 2 * SLOT, ring)
        coming = _floats(r.memory_at, c * r.memory_size + 2 * SLOT + ring, ring)
        head = _floats(r.head_at, SLOT * (c if r.responses > 1 else 0), SLOT)
        wet, dry = r.wet_now, r.dry_now
        for t in range(end - begin):
            place = (begin + t) * channels + c
            value = heard(x[place], False)
            frame = (r.position + t) & (ring - 1)
            recent[SLOT + into + t] = value
            past[frame] = value
            made = coming[frame] + _weighted(recent[into + t + 1 :], head)
            coming[frame] = np.float32(0.0)
            wet, dry = follow(wet, wet_goal, share), follow(dry, dry_goal, share)
            y[place] = np.float64(made) * wet + np.float64(value) * dry
    r.wet_now, r.dry_now = wet, dry
    r.position += end - begin


@njit(fastmath={"reassoc", "contract", "nsz"}, **COMPILE)
def _weighted(samples: Any, weights: Any) -> Any:
    """Return the sum of ``SLOT`` products, added in one order whatever the buffers are."""
    total = np.float32(0.0)
    for t in range(SLOT):
        total += samples[t] * weights[t]
    return total


@native
def _shares(r: Any, c: Any) -> None:
    """Do what is due of a channel at the beginning of a slot."""
    recent = _floats(r.memory_at, c * r.memory_size, 2 * SLOT)
    for t in range(SLOT):
        recent[t] = recent[SLOT + t]
    levels = carray(at(r.levels_at, np.int64), (r.levels, COLUMNS), np.int64)
    for k in range(r.levels):
        level = levels[k]
        block = r.position // level[FRAMES]
        done = (r.position - block * level[FRAMES]) // SLOT * level[SHARE]
        _work(r, c, level, block, done, min(done + level[SHARE], level[TOTAL]))


@native
def _work(r: Any, c: Any, level: Any, block: Any, begin: Any, end: Any) -> None:
    """Do units begin..end-1 of a level's work on the frames before ``block`` times its length."""
    n, passes, count = level[FRAMES], level[PASSES], level[COUNT]
    memory = c * r.memory_size
    a = _floats(r.memory_at, memory + level[WORK], 2 * n)
    b = _floats(r.memory_at, memory + level[WORK] + 2 * n, 2 * n)
    total = _floats(r.memory_at, memory + level[WORK] + 4 * n, 2 * n)
    cosines, sines = _floats(r.turns_at, level[TURNS], n), _floats(r.turns_at, level[TURNS] + n, n)
    newest = _floats(r.memory_at, memory + level[BLOCKS] + 2 * n * (block % count), 2 * n)
    phase_begin = 0
    for phase in range(2 * passes + 5):
        units = _units(phase, n, passes, count)
        first, last = max(begin - phase_begin, 0), min(end - phase_begin, units)
        phase_begin += units
        if first >= last:
            continue
        if phase == 0:
            _take(r, memory, a, n, block, first, last)
        elif phase <= passes:
            _pass(a, b, n, phase - 1, cosines, sines, first, last, False)
        elif phase == passes + 1:
            z = a if passes % 2 == 0 else b
            fft.to_lines(z[:n], z[n:], newest[:n], newest[n:], cosines, sines, first, last)
        elif phase == passes + 2:
            _multiply(r, c, level, memory, block, total, first, last)
        elif phase == passes + 3:
            fft.from_lines(total[:n], total[n:], a[:n], a[n:], cosines, sines, first, last)
        elif phase <= 2 * passes + 3:
            _pass(a, b, n, phase - passes - 4, cosines, sines, first, last, True)
        else:
            _give(r, memory, a if passes % 2 == 0 else b, level, block, first, last)


@native
def _units(phase: Any, n: Any, passes: Any, count: Any) -> Any:
    """Return the units of a phase: the frames, the passes there, lines, products, lines, the passes back, the frames."""
    if phase == 0:
        return n
    if phase == passes + 1 or phase == passes + 3:
        return n // 2 + 1
    if phase == passes + 2:
        return count * n
    return n // 2


@native
def _take(r: Any, memory: Any, a: Any, n: Any, block: Any, first: Any, last: Any) -> None:
    """Take the 2 n frames before the block's end, as packed complex numbers."""
    past = _floats(r.memory_at, memory + 2 * SLOT, r.ring)
    begin = (block - 2) * n
    for t in range(first, last):
        a[t] = past[(begin + 2 * t) & (r.ring - 1)]
        a[n + t] = past[(begin + 2 * t + 1) & (r.ring - 1)]


@native
def _pass(
    a: Any, b: Any, n: Any, number: Any, cosines: Any, sines: Any, first: Any, last: Any, back: Any
) -> None:
    """Do a part of a pass, from one half of the memory to the other."""
    x, y = (a, b) if number % 2 == 0 else (b, a)
    if back:
        fft.butterflies(x[n:], x[:n], y[n:], y[:n], cosines, sines, 1 << number, first, last)
    else:
        fft.butterflies(x[:n], x[n:], y[:n], y[n:], cosines, sines, 1 << number, first, last)


@native
def _multiply(r: Any, c: Any, level: Any, memory: Any, block: Any, total: Any, first: Any, last: Any) -> None:
    """Multiply spectra of the newest blocks with those of the partitions, and add them up."""
    n, count = level[FRAMES], level[COUNT]
    lines = (c if r.responses > 1 else 0) * r.lines_size + level[LINES]
    unit = first
    while unit < last:
        part, k = unit // n, unit % n
        stop = min(n, k + last - unit)
        x = _floats(r.memory_at, memory + level[BLOCKS] + 2 * n * ((block - part) % count), 2 * n)
        h = _floats(r.lines_at, lines + 2 * n * part, 2 * n)
        if k == 0:  # two real lines share the first place
            total[0] = x[0] * h[0] + (total[0] if part > 0 else np.float32(0.0))
            total[n] = x[n] * h[n] + (total[n] if part > 0 else np.float32(0.0))
            k = 1
            unit += 1
        fft.multiply(
            x[k:stop], x[n + k : n + stop], h[k:stop], h[n + k : n + stop],
            total[k:stop], total[n + k : n + stop], part == 0,
        )  # fmt: skip
        unit += stop - k


@native
def _give(r: Any, memory: Any, z: Any, level: Any, block: Any, first: Any, last: Any) -> None:
    """Add the n frames that the newest block gives to what is coming."""
    n = level[FRAMES]
    coming = _floats(r.memory_at, memory + 2 * SLOT + r.ring, r.ring)
    begin = (block - 1) * n + level[FIRST]
    for t in range(first, last):
        frame = begin + 2 * t
        coming[frame & (r.ring - 1)] += z[n // 2 + t]
        coming[(frame + 1) & (r.ring - 1)] += z[n + n // 2 + t]
