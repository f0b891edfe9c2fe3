"""The compiled half of a third-party plugin's slot: sound goes out to another process and is never waited for.

One call copies its frames into shared memory, adds them to a shared counter and wakes the plugin's process. Then it
takes the frames that were given ``wait`` frames earlier, if the process has answered all of them by now. If not, the
input is heard, as late as the plugin's output would be. The difference between output and input at that moment falls to
0 over ``fade_frames``: nothing jumps, and no sound is needed that is not there. The output comes back when it has been
there in time for ``calm_frames``, crossfaded over ``fade_frames``. Numbers of frames alone decide what is heard where,
so a process that dies and is replaced comes back aligned.

Nothing is allocated, raised, waited for or printed. The wake-up is one ``write`` to an eventfd that does not block
(docs/decisions/0015).
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from gate.realtime.entry import processor
from gate.realtime.native import at, call3, carray, load_acquire, native, store_release
from gate.realtime.record import Field, aligned, layout
from gate.realtime.sidechain import heard

FIELDS = (
    # -- counters and state
    Field("position", "i8", (), "engine", "frames processed"),
    Field("late", "i8", (), "engine", "calls for which the answer was not there"),
    Field("dropouts", "i8", (), "engine", "how often the output gave way to the input"),
    Field("share", "f8", (), "engine", "how much of the output is heard, 0 to 1; the rest is the input"),
    Field("in_time", "i8", (), "engine", "frames for which answers have been there in time"),
    Field("off_left", "i8", (), "engine", "frames until the difference of output and input has fallen to 0"),
    Field("code", "i8", (), "engine", "which sources the running code was compiled from"),
    # -- shape
    Field("channels", "i8", (), "setup", "of the sound"),
    Field("wait", "i8", (), "setup", "frames between giving and taking"),
    Field("delay", "i8", (), "setup", "frames by which the sound comes later: wait and the plugin's own"),
    Field("piece", "i8", (), "setup", "frames given at once; longer calls are cut"),
    Field("fade_frames", "i8", (), "setup", "length of a fade"),
    Field("calm_frames", "i8", (), "setup", "in time for so long, the output comes back"),
    Field("dry_at", "i8", (), "setup", "[delay + piece][channel] in the sound's own type: the input, a ring"),
    Field("dry_frames", "i8", (), "setup", "its length"),
    Field(
        "ends_at", "i8", (), "setup", "float64 [2][channel]: newest output less input; the same at a dropout"
    ),
    Field("input_at", "i8", (), "setup", "float32 [ring_frames][channel], shared: what was given"),
    Field("output_at", "i8", (), "setup", "float32 [ring_frames][channel], shared: what was made of it"),
    Field("ring_frames", "i8", (), "setup", "length of both"),
    Field("given_at", "i8", (), "setup", "the shared counter of frames given"),
    Field("made_at", "i8", (), "setup", "the shared counter of frames made"),
    Field("begun_at", "i8", (), "setup", "the shared number of the first frame made that can be heard"),
    Field("write", "i8", (), "setup", "address of write(2)"),
    Field("wake", "i8", (), "setup", "eventfd on which the process sleeps; -1: it looks by itself"),
    Field("one_at", "i8", (), "setup", "int64: 1, what is written to it"),
)
"""The record, field by field."""

VST3_RECORD = layout(FIELDS)
"""The record's type."""


def make() -> NDArray[Any]:
    """Return a record full of zeros: a (1,) array of ``VST3_RECORD``."""
    return aligned(1, VST3_RECORD)


def _make(code: int) -> Any:
    def outside(record: Any, x: Any, out: Any, n: Any) -> None:
        r = carray(record, (1,))[0]
        r.code = code
        source, sound = carray(x, (n * r.channels,)), carray(out, (n * r.channels,))
        done = 0
        while done < n:
            count = min(n - done, r.piece)
            _give(r, source[done * r.channels :], count)
            _take(r, sound[done * r.channels :], count)
            r.position += count
            done += count

    return outside


compiled = processor(VST3_RECORD, _make)
"""The compiled slot, for sound of float32 or float64."""


@native
def _give(r: Any, x: Any, n: Any) -> None:
    """Write n frames into both rings; then tell the process, and wake it."""
    channels = r.channels
    shared = carray(at(r.input_at, np.float32), (r.ring_frames, channels), np.float32)
    dry = carray(at(r.dry_at, x.dtype), (r.dry_frames, channels))
    there, here = r.position % r.ring_frames, r.position % r.dry_frames
    for i in range(n):
        for c in range(channels):
            value = x[i * channels + c]
            shared[there, c] = heard(value, False)
            dry[here, c] = value
        there, here = _next(there, r.ring_frames), _next(here, r.dry_frames)
    store_release(r.given_at, r.position + n)
    if r.wake >= 0:
        call3(r.write, r.wake, r.one_at, 8)


@native
def _take(r: Any, y: Any, n: Any) -> None:
    """Give n frames: the output if all of it is there, else the input, and from one to the other without a step."""
    channels, first = r.channels, r.position - r.wait
    made = load_acquire(r.made_at)
    in_time = first + n <= made and (first + n <= 0 or max(first, 0) >= load_acquire(r.begun_at))
    ends = carray(at(r.ends_at, np.float64), (2, channels), np.float64)
    if in_time:
        r.in_time += n
    else:
        r.late += 1
        r.in_time = 0
        if r.share > 0.0:
            r.dropouts += 1
            r.share = 0.0
            r.off_left = r.fade_frames
            for c in range(channels):
                ends[1, c] = ends[0, c]
    wanted = in_time and (r.share > 0.0 or r.dropouts == 0 or r.in_time >= r.calm_frames)
    wet = carray(at(r.output_at, np.float32), (r.ring_frames, channels), np.float32)
    dry = carray(at(r.dry_at, y.dtype), (r.dry_frames, channels))
    there, here = max(first, 0) % r.ring_frames, max(r.position - r.delay, 0) % r.dry_frames
    for i in range(n):
        if wanted and r.share < 1.0:
            r.share = min(r.share + 1.0 / r.fade_frames, 1.0)
        is_wet, is_dry = first + i >= 0, r.position + i >= r.delay
        for c in range(channels):
            clean = np.float64(dry[here, c]) if is_dry else 0.0
            value = clean
            if r.off_left > 0:
                value += ends[1, c] * (r.off_left / (r.fade_frames + 1))
            if r.share > 0.0:
                made_of_it = np.float64(wet[there, c]) if is_wet else 0.0
                value = made_of_it if r.share == 1.0 else value + r.share * (made_of_it - value)
            y[i * channels + c] = value
            if i == n - 1:
                off = value - clean
                ends[0, c] = off if np.isfinite(off) else 0.0
        r.off_left = max(r.off_left - 1, 0)
        there = _next(there, r.ring_frames) if is_wet else there
        here = _next(here, r.dry_frames) if is_dry else here


@native
def _next(place: Any, size: Any) -> Any:
    """Return the next place in a ring; a division for each frame would cost more than all the rest."""
    return place + 1 if place + 1 < size else 0
