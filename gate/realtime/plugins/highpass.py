"""The compiled high-pass: a second-order Butterworth filter (``gate.realtime.plugins.svf``) whose cutoff glides."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from gate.parameters import Knob, Parameter, knobs
from gate.realtime.entry import processor
from gate.realtime.native import at, carray, native
from gate.realtime.plugins.svf import HIGHEST, coefficient, settled, step
from gate.realtime.record import Field, aligned, layout, user_fields


class HighPassKnobs:
    """The one knob of the high-pass."""

    cutoff_hz = Knob(Parameter(
        "cutoff", "Cutoff", "Hz", 10.0, 2000.0, 80.0, "log", True,
        "where the high-pass takes 3 dB away; below it falls by 12 dB an octave", smoothing_ms=10.0,
    ))  # fmt: skip


FIELDS = (
    *user_fields(knob.parameter for knob in knobs(HighPassKnobs).values()),
    Field("position", "i8", (), "engine", "host frames processed"),
    Field("used", "f8", (), "engine", "present cutoff, Hz; 0 before the first frame"),
    Field("g", "f8", (), "engine", "tan(pi cutoff / rate)"),
    Field("code", "i8", (), "engine", "which sources the running code was compiled from"),
    Field("rate", "i8", (), "setup", "of the sound, Hz"),
    Field("channels", "i8", (), "setup", "of the sound"),
    Field("state_at", "i8", (), "setup", "float64 [channel][2]: the integrators"),
)
"""The record, field by field."""

HIGHPASS_RECORD = layout(FIELDS)
"""The record's type."""

STEP = 16
"""Frames between two steps of a cutoff that glides, counted from the start, so that cuts do not matter."""

GLIDE_S = 0.01
"""Time constant of a glide, in octaves: after some 70 ms a glide of two octaves is done within 0.1 %."""

NEAR = 1e-3
"""Share of the goal within which a glide has arrived."""


def make() -> NDArray[Any]:
    """Return a record full of zeros: a (1,) array of ``HIGHPASS_RECORD``."""
    return aligned(1, HIGHPASS_RECORD)


def _make(code: int) -> Any:
    def highpass(record: Any, x: Any, out: Any, n: Any) -> None:
        r = carray(record, (1,))[0]
        r.code = code
        if n == 0:
            return
        source, sound = carray(x, (n * r.channels,)), carray(out, (n * r.channels,))
        begin = 0
        while begin < n:
            into = (r.position + begin) % STEP
            if into == 0:
                _glide(r)
            end = min(n, begin + STEP - into)
            _filter(r, source, sound, begin, end)
            begin = end
        r.position += n

    return highpass


compiled = processor(HIGHPASS_RECORD, _make)
"""The compiled high-pass, for sound of float32 or float64."""


@native
def _glide(r: Any) -> None:
    """Move the cutoff one step towards its goal; states that are nothing, or not finite, become 0."""
    states = carray(at(r.state_at, np.float64), (2 * r.channels,), np.float64)
    for i in range(len(states)):
        states[i] = settled(states[i])
    goal = min(r.cutoff, HIGHEST * r.rate)
    if r.used == goal:
        return
    if r.used == 0.0 or abs(r.used / goal - 1.0) < NEAR:
        r.used = goal
    else:
        share = 1.0 - np.exp(-STEP / (GLIDE_S * r.rate))
        r.used *= (goal / r.used) ** share
    r.g = coefficient(r.used, r.rate)


@native
def _filter(r: Any, x: Any, y: Any, begin: Any, end: Any) -> None:
    """Filter frames begin..end-1 of every channel; what is not finite counts as 0."""
    states = carray(at(r.state_at, np.float64), (2 * r.channels,), np.float64)
    channels, g = r.channels, r.g
    for c in range(channels):
        first, second = states[2 * c], states[2 * c + 1]
        for i in range(begin * channels + c, end * channels, channels):
            value = np.float64(x[i])
            if not np.isfinite(value):
                value = np.float64(0.0)
            _, high, first, second = step(value, g, first, second)
            y[i] = high
        states[2 * c], states[2 * c + 1] = first, second
