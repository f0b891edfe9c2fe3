"""The record that a stream's callback shares with the rest of the program (``gate.realtime.record``: how records work).

Writers: *setup* is ``Player`` before sound runs; *player* is ``Player`` from any one thread while it runs; *callback*
is ``gate.realtime.stream`` on the audio thread. Each value is one word, so nobody ever waits for anybody.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from gate.constants import MAX_CHANNELS
from gate.realtime.record import Field as _Field
from gate.realtime.record import aligned, layout

BINS_A_DECADE, DECADES, SHORTEST_US = 32, 6, 0.1
"""Bins of the histogram of callback times: logarithmic, from 0.1 us to 0.1 s."""

BINS = BINS_A_DECADE * DECADES

FIELDS = (
    # -- what the player asks for
    _Field("gate", "i8", (), "player", "address of the record of the gate that is heard, or being faded in"),
    _Field("monitor", "i8", (), "player", "what should be heard, see gate.session.choices"),
    _Field("master", "i8", (), "player", "1: heard; 0: faded out, before an end"),
    _Field("taping", "i8", (), "player", "1: the output goes to the tape"),
    _Field("tape_read", "i8", (), "player", "frames taken off the tape so far"),
    _Field("times_read", "i8", (), "player", "count up to start busy_max_ns again"),
    # -- what people look at
    _Field("buffers", "i8", (), "callback", "host buffers so far"),
    _Field("frames", "i8", (), "callback", "frames so far"),
    _Field("newest_frames", "i8", (), "callback", "frames of the newest host buffer"),
    _Field("late", "i8", (), "callback", "buffers that the host flagged: input or output was late"),
    _Field("gaps", "i8", (), "callback", "buffers that came more than half a buffer late, by the clock"),
    _Field("over", "i8", (), "callback", "buffers that took longer than they last"),
    _Field("busy_ns", "i8", (), "callback", "time spent in callbacks so far, ns"),
    _Field("busy_max_ns", "i8", (), "callback", "longest callback since times_read was counted up, ns"),
    _Field("due_ns", "i8", (), "callback", "how long all those buffers last, ns"),
    _Field("tape_written", "i8", (), "callback", "frames put on the tape so far"),
    _Field("tape_lost", "i8", (), "callback", "frames that found the tape full"),
    _Field("scope_begun", "i8", (), "callback", "frames that the scope has begun to overwrite so far"),
    _Field("histogram", "i8", (BINS,), "callback", "callbacks by the time they took"),
    _Field("histogram_ran", "i8", (BINS,), "callback", "the same, only those in which a model ran"),
    # -- state
    _Field("code", "i8", (), "callback", "which sources the running code was compiled from"),
    _Field("wet", "f8", (), "callback", "weight of the chain's output"),
    _Field("dry", "f8", (), "callback", "weight of the input, as late as the output"),
    _Field("heard", "f8", (), "callback", "0 to 1: the fade at beginning and end"),
    _Field("times_seen", "i8", (), "callback", "times_read when busy_max_ns was last started"),
    _Field("last_ns", "i8", (), "callback", "clock at the newest callback's beginning"),
    _Field("strikes", "i8", (), "callback", "how often lately the model was late by its own doing"),
    _Field("now_s", "i8", (), "callback", "where the clock writes: whole seconds (or ticks)"),
    _Field("now_ns", "i8", (), "callback", "and nanoseconds"),
    # -- setup
    _Field("process", "i8", (), "setup", "address of the compiled chain"),
    _Field("chain", "i8", (), "setup", "address of its record"),
    _Field("clock", "i8", (), "setup", "address of clock_gettime or QueryPerformanceCounter"),
    _Field("now_at", "i8", (), "setup", "address of now_s"),
    _Field("ticks_a_second", "i8", (), "setup", "of QueryPerformanceCounter; 0: the clock is clock_gettime"),
    _Field("cpu_clock", "i8", (), "setup", "number of the clock that counts the thread's own time; -1: none"),
    _Field("rate", "i8", (), "setup", "Hz"),
    _Field("channels", "i8", (), "setup", "in, and through the chain"),
    _Field("in_channels", "i8", (), "setup", "of a host buffer that comes in: the sound's are its first"),
    _Field("key_channels", "i8", (), "setup", "of the external key; 0: there is none"),
    _Field("key_from", "i8", (MAX_CHANNELS,), "setup", "which channels of the host buffer the key's are"),
    _Field("sound_at", "i8", (), "setup", "[most_frames][channels]: what came in, without the key"),
    _Field("key_at", "i8", (), "setup", "[most_frames][key_channels]: the key, where the chain looks for it"),
    _Field("out_channels", "i8", (), "setup", "out; more than channels repeat the last"),
    _Field("most_frames", "i8", (), "setup", "longest host buffer; a longer one is handled in pieces"),
    _Field("fade_frames", "i8", (), "setup", "length of every fade but the chain's own"),
    _Field("first_at", "i8", (), "setup", "[most_frames][channels]: what the chain gives"),
    _Field("tape_at", "i8", (), "setup", "[tape_frames][channels]: what the chain gave, a ring"),
    _Field("tape_frames", "i8", (), "setup", "its length; 0: none"),
    _Field("scope_in_at", "i8", (), "setup", "[scope_frames][channels]: what came in, a ring"),
    _Field("scope_heard_at", "i8", (), "setup", "[scope_frames][channels]: what is heard, a ring"),
    _Field("scope_frames", "i8", (), "setup", "their length; 0: none"),
)
"""The record, field by field."""

LIVE_RECORD = layout(FIELDS)
"""The record's type."""


def make() -> NDArray[Any]:
    """Return a record full of zeros: a (1,) array of ``LIVE_RECORD``."""
    return aligned(1, LIVE_RECORD)


def percentiles_us(histogram: NDArray[np.integer], shares: tuple[float, ...]) -> list[float]:
    """Return upper edges, us, of the bins where these shares (0 to 1) of the callbacks are reached; nan for none."""
    total = int(histogram.sum())
    if total == 0:
        return [float("nan")] * len(shares)
    reached = np.searchsorted(np.cumsum(histogram), np.ceil(np.array(shares) * total), side="left")
    return [float(SHORTEST_US * 10.0 ** ((int(k) + 1) / BINS_A_DECADE)) for k in reached]
