"""A network of sound, run as a short program: a list of steps, made when its file is read, over rows of at most 64 frames.

A step takes rows from the *scratch* (what lies between layers), works on them, and leaves rows there. What has to be
remembered lies in the *state*: rings for convolutions, hidden numbers for LSTMs. Both are float32. A ring holds its first
``LANES`` frames twice, the second time after its end, so a window of ``LANES`` frames never has to be put together. Where a
sample lies follows from its number alone, and each is computed in the same way wherever a buffer is cut, so a network gives
the same bits for buffers of any size. No step costs more at one time than at another.

``gate.plugins.nam`` writes such programs. Nothing here allocates, raises, waits or prints.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from gate.realtime.entry import processor
from gate.realtime.native import at, carray, native
from gate.realtime.plugins import curves
from gate.realtime.plugins.curves import vectors
from gate.realtime.record import Field, aligned, layout
from gate.realtime.tile import LANES, ROWS, lanes, tile

PIECE = 64
"""Frames that a program works on at once: their rows stay in the cache, and weights are used often."""

MIX, PUSH, CURVE, TIMES, BLEND, FILM, ADD, COPY, SCALE, LSTM = range(10)
"""Steps: ``run_step`` says what each does."""

KIND, OUT, HEIGHT, IN, INPUTS, WEIGHTS, RING, STEP, TAPS, HOW = range(10)
"""Columns of a program. HOW: of MIX 1 for begin, 0 for add; of CURVE its number; of FILM the shift's place, -1 for none."""

COLUMNS = 10

CORNERS = 4
"""Numbers that a curve has for each row: see ``curves.apply``."""

NO_RING = 1 << 40
"""Length of a ring that is none: no frame is so late."""

FIELDS = (
    Field("network_errors", "i8", (), "engine", "pieces whose output was not finite: silent"),
    Field("done", "i8", (), "engine", "frames that the network has had"),
    Field("code", "i8", (), "engine", "which sources the running code was compiled from"),
    Field("steps", "i8", (), "setup", "steps of the program"),
    Field("steps_at", "i8", (), "setup", "int64 [step][COLUMNS]"),
    Field("weights_at", "i8", (), "setup", "float32: all that steps refer to by WEIGHTS"),
    Field("scratch_at", "i8", (), "setup", "float32 [row][PIECE]"),
    Field("state_at", "i8", (), "setup", "float32 [state_size]"),
    Field("rest_at", "i8", (), "setup", "float32 [state_size]: the state after long silence"),
    Field("settled", "i8", (), "setup", "frames that brought it to rest"),
    Field("state_size", "i8", (), "setup", "floats of a state"),
    Field("input_row", "i8", (), "setup", "place of the network's input in the scratch"),
    Field("output_row", "i8", (), "setup", "place of its output"),
)
"""The record of a network that hears one channel."""

NETWORK_RECORD = layout(FIELDS)
"""The record's type."""


def make(count: int = 1) -> NDArray[Any]:
    """Return records full of zeros: a (count,) array of ``NETWORK_RECORD``."""
    return aligned(count, NETWORK_RECORD)


def _make(code: int) -> Any:
    def network(record: Any, x: Any, out: Any, n: Any) -> None:
        r = carray(record, (1,))[0]
        r.code = code
        source, sound = carray(x, (n,)), carray(out, (n,))
        steps = carray(at(r.steps_at, np.int64), (r.steps, COLUMNS), np.int64)
        entry = carray(at(r.scratch_at + 4 * r.input_row, np.float32), (PIECE,), np.float32)
        made = carray(at(r.scratch_at + 4 * r.output_row, np.float32), (PIECE,), np.float32)
        begin = 0
        while begin < n:
            count = min(PIECE, n - begin)
            _copy(entry[:count], source[begin:])
            for k in range(r.steps):
                run_step(steps[k], r.scratch_at, r.state_at, r.weights_at, r.done, count)
            if _finite(made[:count]):
                _copy(sound[begin : begin + count], made)
                r.done += count
            else:
                _rest(r, sound[begin : begin + count])
            begin += count

    return network


compiled = processor(NETWORK_RECORD, _make)
"""The compiled network, for one channel of float32; called by the address alone, so that it is compiled once for all."""


@native
def _rest(r: Any, sound: Any) -> None:
    """Give silence, and go back to rest."""
    r.network_errors += 1
    r.done = r.settled  # the rings stand where the settling left them
    for t in range(len(sound)):
        sound[t] = np.float32(0.0)
    now = carray(at(r.state_at, np.float32), (r.state_size,), np.float32)
    _copy(now, carray(at(r.rest_at, np.float32), (r.state_size,), np.float32))


@vectors
def _finite(x: Any) -> Any:
    total = np.float32(0.0)
    for t in range(len(x)):
        total += abs(x[t] * np.float32(0.0))
    return total == np.float32(0.0)


@native
def run_step(step: Any, scratch: Any, state: Any, weights: Any, done: Any, n: Any) -> None:
    """Run one step over ``n`` frames; addresses are of float32."""
    kind, height = step[KIND], step[HEIGHT]
    if kind == MIX:
        _mix(step, scratch, state, weights, done, n)
        return
    if kind == PUSH:
        _push(step, scratch, state, done, n)
        return
    if kind == LSTM:
        _lstm(step, scratch, state, weights, n)
        return
    whole = -(-n // LANES) * LANES
    for row in range(height):
        out = carray(at(scratch + 4 * (step[OUT] + row * PIECE), np.float32), (whole,), np.float32)
        if kind == CURVE:
            corners = carray(
                at(weights + 4 * (step[WEIGHTS] + CORNERS * row), np.float32), (CORNERS,), np.float32
            )
            curves.apply(step[HOW], out, corners[0], corners[1], corners[2], corners[3])
        elif kind == SCALE:
            _times_number(out, carray(at(weights + 4 * step[WEIGHTS], np.float32), (1,), np.float32)[0])
        else:
            other = carray(at(scratch + 4 * (step[IN] + row * PIECE), np.float32), (whole,), np.float32)
            third = carray(at(scratch + 4 * (step[WEIGHTS] + row * PIECE), np.float32), (whole,), np.float32)
            if kind == TIMES:
                _times(out, other)
            elif kind == BLEND:
                _blend(out, other, third)
            elif kind == ADD:
                _add(out, other)
            elif kind == COPY:
                _copy(out, other)
            elif step[HOW] < 0:
                _scaled(out, other, third)
            else:
                shift = carray(at(scratch + 4 * (step[HOW] + row * PIECE), np.float32), (whole,), np.float32)
                _moved(out, other, third, shift)


@native
def _mix(step: Any, scratch: Any, state: Any, weights: Any, done: Any, n: Any) -> None:
    """Convolve rows, from the scratch or from a ring, and begin or add to rows of the scratch."""
    ring, taps, inputs = step[RING], step[TAPS], step[INPUTS]
    source, stride, length, start = scratch + 4 * step[IN], PIECE, NO_RING, 0
    if ring > 0:
        source, stride, length = state + 4 * step[IN], ring + LANES, ring
        start = (done - (taps - 1) * step[STEP]) % ring
    group = ROWS * (1 + taps * inputs)
    for part in range(-(-step[HEIGHT] // ROWS)):
        out = scratch + 4 * (step[OUT] + part * ROWS * PIECE)
        mine = weights + 4 * (step[WEIGHTS] + part * group)
        for frame in range(0, n, LANES):
            first = start + frame
            if first >= length:
                first -= length
            tile(
                out + 4 * frame,
                PIECE,
                source,
                stride,
                first,
                step[STEP],
                length,
                taps,
                inputs,
                mine,
                step[HOW],
            )


@native
def _push(step: Any, scratch: Any, state: Any, done: Any, n: Any) -> None:
    """Write rows of the scratch into a ring, its first frames also after its end."""
    ring = step[RING]
    begin = done % ring
    fits = min(n, ring - begin)
    for row in range(step[HEIGHT]):
        source = carray(at(scratch + 4 * (step[IN] + row * PIECE), np.float32), (n,), np.float32)
        mine = state + 4 * (step[OUT] + row * (ring + LANES))
        _copy(carray(at(mine + 4 * begin, np.float32), (fits,), np.float32), source[:fits])
        if fits < n:
            _copy(carray(at(mine, np.float32), (n - fits,), np.float32), source[fits:])
        if begin < LANES or fits < n:
            head = carray(at(mine, np.float32), (LANES,), np.float32)
            _copy(carray(at(mine + 4 * ring, np.float32), (LANES,), np.float32), head)


@native
def _lstm(step: Any, scratch: Any, state: Any, weights: Any, n: Any) -> None:
    """Run a layer of LSTM cells, frame by frame; RING is its height, padded, and TAPS the place of four such in the scratch.

    The state holds hidden, then cell. Weights: biases, rows of the inputs, rows of hidden; gates in order i, f, g, o.
    """
    height, inputs, wide = step[HEIGHT], step[INPUTS], step[RING]
    hidden_at, weight = state + 4 * step[STEP], weights + 4 * step[WEIGHTS]
    gates_at = scratch + 4 * step[TAPS]
    gates = carray(at(gates_at, np.float32), (4 * wide,), np.float32)
    biases = carray(at(weight, np.float32), (4 * wide,), np.float32)
    hidden = carray(at(hidden_at, np.float32), (wide,), np.float32)
    cell = carray(at(hidden_at + 4 * wide, np.float32), (wide,), np.float32)
    out = carray(at(scratch + 4 * step[OUT], np.float32), (height * PIECE,), np.float32)
    for t in range(n):
        _copy(gates, biases)
        for part in range(0, 4 * wide, ROWS * LANES):
            mine = weight + 4 * (4 * wide + part)
            lanes(gates_at + 4 * part, scratch + 4 * (step[IN] + t), PIECE, inputs, mine, 4 * wide)
            lanes(gates_at + 4 * part, hidden_at, 1, height, mine + 16 * wide * inputs, 4 * wide)
        curves.sigmoid_all(gates[: 2 * wide])
        curves.tanh_all(gates[2 * wide : 3 * wide])
        curves.sigmoid_all(gates[3 * wide :])
        _times(cell, gates[wide : 2 * wide])
        _times(gates[:wide], gates[2 * wide : 3 * wide])
        _add(cell, gates[:wide])
        _copy(hidden, cell)
        curves.tanh_all(hidden)
        _times(hidden, gates[3 * wide :])
        for row in range(height):
            out[row * PIECE + t] = hidden[row]


@vectors
def _copy(out: Any, x: Any) -> None:
    for t in range(len(out)):
        out[t] = x[t]


@vectors
def _add(out: Any, x: Any) -> None:
    for t in range(len(out)):
        out[t] += x[t]


@vectors
def _times(out: Any, x: Any) -> None:
    for t in range(len(out)):
        out[t] *= x[t]


@vectors
def _times_number(out: Any, factor: Any) -> None:
    for t in range(len(out)):
        out[t] *= factor


@vectors
def _blend(out: Any, curved: Any, share: Any) -> None:
    for t in range(len(out)):
        out[t] = share[t] * curved[t] + (np.float32(1.0) - share[t]) * out[t]


@vectors
def _scaled(out: Any, x: Any, scale: Any) -> None:
    for t in range(len(out)):
        out[t] = x[t] * scale[t]


@vectors
def _moved(out: Any, x: Any, scale: Any, shift: Any) -> None:
    for t in range(len(out)):
        out[t] = x[t] * scale[t] + shift[t]
