"""The compiled player of models that make sound of sound: kinds "audio" and "mask".

Such a model takes blocks of 100 samples, but the host gives buffers of any size, so sound has to wait. With buffers of
N samples the wait is 100 - gcd(100, N) samples. It cannot be shorter: after k buffers k N samples are there, and only
100 floor(k N / 100) of them can have been through the model. Sound goes through two rings, where the place of a sample
follows from its number alone, so nothing ever shifts. A sample that is not there in time (after a buffer of a size that
was not promised) is 0, and counted.

At other rates than 48 kHz the sound goes to the model's rate and back through two resamplers
(``gate.realtime.sidechain``), and the ring holds it at the host's rate. Both filters are symmetric, and the place of a
host sample between the model's samples is an exact fraction, so nothing shifts there either. The way back starts at the
fraction that makes the sound late by a whole number of host samples (``gate.plugins.round_trip``).

A mask is a gain for each frequency of two blocks together. The blocks are weighted by the root of a Hann window,
transformed to 101 frequencies, multiplied, transformed back and weighted again; halves that overlap are added. With
gains of 1 that is the sound itself, one block later. The transform is a product with a matrix: 200 samples are too few
to do better.

Nothing is allocated, raised, waited for or printed. Where a run fails, its blocks pass unchanged.
"""

from math import pi
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gate.constants import BLOCK, MASK_BANDS
from gate.realtime.entry import processor
from gate.realtime.model_run import clear_states, run_model
from gate.realtime.native import at, carray, native
from gate.realtime.record import MODEL_STATE, SIDECHAIN, SIDECHAIN_STATE, Field, aligned, layout, model_fields
from gate.realtime.sidechain import listen

FIELDS = (
    # -- counters and state
    Field("position", "i8", (), "engine", "host frames processed"),
    Field("made", "i8", (), "engine", "host frames that have been through the model"),
    Field("missing_frames", "i8", (), "engine", "frames that were not there in time, and were silent"),
    Field("code", "i8", (), "engine", "which sources the running code was compiled from"),
    *SIDECHAIN_STATE,
    *MODEL_STATE,
    # -- shape, and the way to the model
    *SIDECHAIN,
    Field("piece", "i8", (), "setup", "frames taken in before any are given: all of a promised buffer"),
    Field("wait", "i8", (), "setup", "host frames before the first of the ring is given"),
    Field("masks", "i8", (), "setup", "1: the model gives gains, 0: sound"),
    *model_fields(1),
    Field(
        "says_at", "i8", (), "setup", "float32 [channel][batch][100] or [band][batch], what the model says"
    ),
    Field("says_stride", "i8", (), "setup", "not used: there is one unit"),
    Field("fresh_at", "i8", (), "setup", "float64 [batch * 100][channel]: what the last run made"),
    Field("back_at", "i8", (), "setup", "address of the way back, a ``BACK_RECORD``; 0: at the model's rate"),
    Field("ring_at", "i8", (), "setup", "float64 [ring_frames][channel]: what has been through the model"),
    Field("ring_frames", "i8", (), "setup", "its length"),
    Field("to_bands_at", "i8", (), "setup", "float64 [200][2 * bands]: to frequencies, weighted"),
    Field("from_bands_at", "i8", (), "setup", "float64 [2 * bands][200]: back from them, weighted"),
    Field(
        "halves_at",
        "i8",
        (),
        "setup",
        "float64 [channel][602]: the block before, what overlaps of it, a spectrum, two blocks",
    ),
)
"""The record, field by field."""

HALVES = 4 * BLOCK + 2 * MASK_BANDS
"""Numbers that a mask stores, and works in, for a channel."""

BLOCK_RECORD = layout(FIELDS)
"""The record's type."""

BACK_RECORD = layout((*SIDECHAIN_STATE, *SIDECHAIN))
"""Record of the resampler back to the host's rate: it takes what the model made, its blocks are pieces of a ring."""


def make() -> NDArray[Any]:
    """Return a record full of zeros: a (1,) array of ``BLOCK_RECORD``."""
    return aligned(1, BLOCK_RECORD)


def transforms() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return (there (200, 202), back (202, 200)): cosines, then sines, each weighted by the root of a Hann window."""
    n, k = np.arange(2 * BLOCK), np.arange(MASK_BANDS)
    window = np.sin(pi * n / (2 * BLOCK))
    angle = 2.0 * pi * (np.outer(k, n) % (2 * BLOCK)) / (2 * BLOCK)
    there = np.ascontiguousarray((np.concatenate([np.cos(angle), -np.sin(angle)]) * window).T)
    twice = np.where((k == 0) | (k == BLOCK), 1.0, 2.0)[:, None] / (2 * BLOCK)
    return there, np.concatenate([twice * np.cos(angle), -twice * np.sin(angle)]) * window


def _make(code: int) -> Any:
    def blocks(record: Any, x: Any, out: Any, n: Any) -> None:
        r = carray(record, (1,))[0]
        r.code = code
        source, sound = carray(x, (n * r.channels,)), carray(out, (n * r.channels,))
        done = 0
        while done < n:
            end = min(n, done + r.piece)
            _take(r, source, done, end)
            give(r, sound, done, end)
            done = end

    return blocks


compiled = processor(BLOCK_RECORD, _make)
"""The compiled player, for sound of float32 or float64."""


@native
def _take(r: Any, x: Any, s: Any, end: Any) -> None:
    """Put frames s..end-1 into the queue, and run the model each time that the queue is full."""
    full = True
    while full:
        s = listen(r, x, s, end, False)
        full = r.queued == r.batch * BLOCK
        if full:
            _run(r)
            bring_back(r, r.batch * BLOCK)
            r.queued = 0


@native
def bring_back(r: Any, size: Any) -> None:
    """Put the ``size`` frames that the last run made into the ring, at the host's rate."""
    channels = r.channels
    fresh = carray(at(r.fresh_at, np.float64), (size * channels,), np.float64)
    ring = carray(at(r.ring_at, np.float64), (r.ring_frames, channels), np.float64)
    if r.back_at == 0:
        for i in range(size):
            for c in range(channels):
                ring[(r.made + i) % r.ring_frames, c] = fresh[i * channels + c]
        r.made += size
        return
    b = carray(at(r.back_at, BACK_RECORD), (1,))[0]
    queue = carray(at(b.blocks_at, np.float32), (channels * b.blocks_stride,), np.float32)
    s, full = 0, True
    while full:
        s = listen(b, fresh, s, size, False)
        full = b.queued == b.block
        for i in range(b.queued):
            for c in range(channels):
                ring[(r.made + i) % r.ring_frames, c] = np.float64(queue[c * b.blocks_stride + i])
        r.made += b.queued
        b.queued = 0


@native
def give(r: Any, y: Any, begin: Any, end: Any) -> None:
    """Give frames begin..end-1 from the ring, ``wait`` frames later than they came in."""
    channels = r.channels
    ring = carray(at(r.ring_at, np.float64), (r.ring_frames, channels), np.float64)
    for i in range(begin, end):
        frame = r.position - r.wait
        late = frame >= r.made
        for c in range(channels):
            y[i * channels + c] = ring[frame % r.ring_frames, c] if frame >= 0 and not late else 0.0
        if late:
            r.missing_frames += 1
        r.position += 1


@native
def _run(r: Any) -> None:
    """Run the model over a full queue, and make sound of what it says."""
    channels, batch, size = r.channels, r.batch, r.batch * BLOCK
    queue = carray(at(r.blocks_at, np.float32), (channels * r.blocks_stride,), np.float32)
    says = carray(at(r.says_at, np.float32), (max(channels * size, MASK_BANDS * batch),), np.float32)
    fresh = carray(at(r.fresh_at, np.float64), (size, channels), np.float64)
    healthy = run_model(r, 0)
    if healthy:
        for k in range(MASK_BANDS * batch if r.masks == 1 else channels * size):
            healthy = healthy and np.isfinite(says[k])
    if not healthy:
        r.model_errors += batch
        clear_states(r, 0)
    for c in range(channels):
        if r.masks == 1:
            for t in range(batch):
                _mask(r, c, queue[c * r.blocks_stride + t * BLOCK :], says, t, healthy, fresh)
        else:
            for k in range(size):
                value = says[c * size + k] if healthy else queue[c * r.blocks_stride + k]
                fresh[k, c] = np.float64(value)
    r.side = 1 - r.side


@native
def _mask(r: Any, c: Any, block: Any, gains: Any, t: Any, healthy: Any, fresh: Any) -> None:
    """Send one block of one channel through its gains; the sound is its overlap with the block before."""
    there = carray(at(r.to_bands_at, np.float64), (2 * BLOCK, 2 * MASK_BANDS), np.float64)
    back = carray(at(r.from_bands_at, np.float64), (2 * MASK_BANDS, 2 * BLOCK), np.float64)
    halves = carray(at(r.halves_at, np.float64), (r.channels, HALVES), np.float64)[c]
    before, overlap, spectrum = halves[:BLOCK], halves[BLOCK : 2 * BLOCK], halves[2 * BLOCK : -2 * BLOCK]
    both = halves[-2 * BLOCK :]
    spectrum[:] = 0.0
    for i in range(BLOCK):
        _add(spectrum, there[i], before[i])
        _add(spectrum, there[BLOCK + i], np.float64(block[i]))
        before[i] = np.float64(block[i])
    both[:] = 0.0
    for k in range(2 * MASK_BANDS):
        gain = np.float64(gains[(k % MASK_BANDS) * r.batch + t]) if healthy else 1.0
        _add(both, back[k], spectrum[k] * gain)
    for i in range(BLOCK):
        fresh[t * BLOCK + i, c] = overlap[i] + both[i]
        overlap[i] = both[BLOCK + i]


@native
def _add(sums: Any, row: Any, times: Any) -> None:
    """Add ``times`` times a row to the sums: in this order the compiler may use vectors, and no bit changes."""
    for k in range(len(sums)):
        sums[k] += row[k] * times
