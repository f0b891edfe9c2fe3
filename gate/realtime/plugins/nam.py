"""The compiled player of a network of sound: gain, network, gain, sample by sample, without delay at the network's rate.

Each channel of the sound goes through the network by itself, with a state of its own. At other rates than the network's the
sound goes there and back as ``gate.realtime.plugins.blocks`` says, but nothing waits for whole blocks: whatever a buffer
brings is run at once. The same bits come out however the sound is cut.

Before the first frame the state is that after long silence, as the format's own player has it; so is it after a reset.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from gate.parameters import Knob, Parameter, knobs
from gate.realtime.entry import processor
from gate.realtime.native import at, call4, carray, flush_denormals, native, restore_denormals
from gate.realtime.plugins.blocks import bring_back, give
from gate.realtime.plugins.levels import factor, follow, glide
from gate.realtime.plugins.network import NETWORK_RECORD
from gate.realtime.record import SIDECHAIN, SIDECHAIN_STATE, Field, aligned, layout, user_fields
from gate.realtime.sidechain import heard, listen


class NamKnobs:
    """The knobs of a model of Neural Amp Modeler."""

    input_db = Knob(Parameter(
        "input", "Input", "dB", -40.0, 40.0, 0.0, "linear", True,
        "gain before the model: how hard it is driven", smoothing_ms=5.0,
    ))  # fmt: skip
    output_db = Knob(Parameter(
        "output", "Output", "dB", -80.0, 40.0, 0.0, "linear", True,
        "gain after the model", smoothing_ms=5.0, silence=True,
    ))  # fmt: skip
    normalised = Knob(Parameter(
        "normalised", "Same loudness", "", 0.0, 1.0, 0.0, "switch", True,
        "bring the model to -18 dBFS by the loudness that its file says; off where it says none", smoothing_ms=5.0,
    ))  # fmt: skip
    size = Knob(Parameter(
        "size", "Size", "", 0.0, 1.0, 1.0, "linear", False,
        "which of a file's models plays, if it has several: 0 is the cheapest, 1 the best",
    ))  # fmt: skip


FIELDS = (
    *user_fields(knob.parameter for knob in knobs(NamKnobs).values()),
    # -- counters and state
    Field("position", "i8", (), "engine", "host frames processed"),
    Field("made", "i8", (), "engine", "host frames that have been through the network"),
    Field("missing_frames", "i8", (), "engine", "frames that were not there in time, and were silent"),
    Field(
        "network_errors", "i8", (), "engine", "pieces (times channels) whose output was not finite: silent"
    ),
    Field("started", "i8", (), "engine", "1 once the gains stand where the knobs do"),
    Field("input_now", "f8", (), "engine", "gain before the network, at the newest frame"),
    Field("output_now", "f8", (), "engine", "gain after it"),
    Field("code", "i8", (), "engine", "which sources the running code was compiled from"),
    *SIDECHAIN_STATE,
    # -- the network
    Field("network", "i8", (), "setup", "address of the compiled ``gate.realtime.plugins.network``"),
    Field("networks_at", "i8", (), "setup", "its records, one for each channel"),
    Field("entry_at", "i8", (), "setup", "float32 [QUEUE]: what a channel's network hears"),
    Field("exit_at", "i8", (), "setup", "float32 [QUEUE]: what it says"),
    Field("loudness_db", "f8", (), "setup", "gain that brings the model to the common loudness, dB"),
    Field("rate", "i8", (), "setup", "of the sound, Hz"),
    # -- the way to its rate and back
    *SIDECHAIN,
    Field("piece", "i8", (), "setup", "frames taken in before any are given"),
    Field("wait", "i8", (), "setup", "host frames before the first of the ring is given"),
    Field("driven_at", "i8", (), "setup", "float32 [piece][channel]: host frames with the gain before"),
    Field("fresh_at", "i8", (), "setup", "float64 [queue][channel]: what the last run made"),
    Field(
        "back_at", "i8", (), "setup", "address of the way back, a ``BACK_RECORD``; 0: at the network's rate"
    ),
    Field("ring_at", "i8", (), "setup", "float64 [ring_frames][channel]: what has been through the network"),
    Field("ring_frames", "i8", (), "setup", "its length"),
)
"""The record, field by field."""

QUEUE = 512
"""The network's samples that are run at once, at most."""

NETWORK_BYTES = NETWORK_RECORD.itemsize
"""Bytes from a channel's network to the next."""

NAM_RECORD = layout(FIELDS)
"""The record's type."""


def make() -> NDArray[Any]:
    """Return a record full of zeros: a (1,) array of ``NAM_RECORD``."""
    return aligned(1, NAM_RECORD)


def _make(code: int) -> Any:
    def nam(record: Any, x: Any, out: Any, n: Any) -> None:
        r = carray(record, (1,))[0]
        r.code = code
        source, sound = carray(x, (n * r.channels,)), carray(out, (n * r.channels,))
        before = flush_denormals()
        if r.started == 0:
            r.started, r.input_now, r.output_now = 1, factor(r.input), _output(r)
        done = 0
        while done < n:
            if r.back_at == 0:
                end = min(n, done + QUEUE)
                _straight(r, source, sound, done, end)
            else:
                end = min(n, done + r.piece)
                _there_and_back(r, source, sound, done, end)
            done = end
        r.network_errors = _errors(r)
        restore_denormals(before)

    return nam


compiled = processor(NAM_RECORD, _make)
"""The compiled player, for sound of float32 or float64."""


@native
def _output(r: Any) -> Any:
    """Return the gain after the network that the knobs ask for."""
    return factor(r.output + (r.loudness_db if r.normalised != 0 else 0.0))


@native
def _straight(r: Any, x: Any, y: Any, begin: Any, end: Any) -> None:
    """Play frames begin..end-1, at most ``QUEUE``, at the network's own rate."""
    channels, n = r.channels, end - begin
    before, after, share = factor(r.input), _output(r), glide(r.rate)
    entry = carray(at(r.entry_at, np.float32), (n,), np.float32)
    made = carray(at(r.exit_at, np.float32), (n,), np.float32)
    now, then = r.input_now, r.output_now
    for c in range(channels):
        now, then = r.input_now, r.output_now
        for t in range(n):
            now = follow(now, before, share)
            entry[t] = np.float32(np.float64(heard(x[(begin + t) * channels + c], False)) * now)
        call4(r.network, r.networks_at + c * NETWORK_BYTES, r.entry_at, r.exit_at, n)
        for t in range(n):
            then = follow(then, after, share)
            y[(begin + t) * channels + c] = np.float64(made[t]) * then
    r.input_now, r.output_now = now, then
    r.position += n


@native
def _there_and_back(r: Any, x: Any, y: Any, begin: Any, end: Any) -> None:
    """Play frames begin..end-1, at most ``piece``, through the network at another rate."""
    channels = r.channels
    before, after, share = factor(r.input), _output(r), glide(r.rate)
    driven = carray(at(r.driven_at, np.float32), (r.piece * channels,), np.float32)
    for t in range(end - begin):
        r.input_now = follow(r.input_now, before, share)
        for c in range(channels):
            place = t * channels + c
            driven[place] = np.float32(np.float64(heard(x[begin * channels + place], False)) * r.input_now)
    s, full = 0, True
    while full:
        s = listen(r, driven, s, end - begin, False)
        full = r.queued == r.block  # then there may be more, even where all frames are taken
        _run_queued(r)
        bring_back(r, r.queued)
        r.queued = 0
    give(r, y, begin, end)
    for t in range(begin, end):
        r.output_now = follow(r.output_now, after, share)
        for c in range(channels):
            y[t * channels + c] *= r.output_now


@native
def _run_queued(r: Any) -> None:
    """Run the network over all that waits in the queue."""
    channels, n = r.channels, r.queued
    fresh = carray(at(r.fresh_at, np.float64), (n * channels,), np.float64)
    made = carray(at(r.exit_at, np.float32), (n,), np.float32)
    for c in range(channels):
        queue = r.blocks_at + 4 * c * r.blocks_stride
        call4(r.network, r.networks_at + c * NETWORK_BYTES, queue, r.exit_at, n)
        for t in range(n):
            fresh[t * channels + c] = np.float64(made[t])


@native
def _errors(r: Any) -> Any:
    """Return how many pieces of all channels were not finite."""
    total = 0
    for c in range(r.channels):
        total += carray(at(r.networks_at + c * NETWORK_BYTES, NETWORK_RECORD), (1,))[0].network_errors
    return total
