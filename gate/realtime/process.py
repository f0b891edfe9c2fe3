"""The compiled ``process(record, input, output)``: everything that happens to sound happens here.

One call is one host buffer, or one piece of a file. Two cursors run through it: the side-chain takes frames in (of the
sound, or of an external key beside it) and, as soon as ``batch`` blocks are complete, the model runs and decides; the
sound follows as far as its gain is known. So a decision acts on its own block, wherever that block lies in the same
call. At the end of the call all sound is written; what is decided later acts later.

Nothing is allocated, raised, waited for or printed. Problems are counted in the record.
"""

from typing import Any

import numpy as np

from gate.constants import BLOCK
from gate.realtime.decision import LATE, decide, first_frame, note
from gate.realtime.entry import processor
from gate.realtime.gain import carry, floor_gain, peak, shape
from gate.realtime.native import at, call4, carray, native
from gate.realtime.record import RECORD
from gate.realtime.sidechain import LOUDEST, listen

THRESHOLD_LIMIT_DB = 200.0
"""Largest distance of a threshold from 0 dBFS; what lies beyond counts as this, as float32 cannot hold it."""


def _make(code: int) -> Any:
    def process(record: Any, x: Any, out: Any, n: Any) -> None:
        r = carray(record, (1,))[0]
        r.code = code
        if n == 0:
            return
        source, sound = carray(x, (n * r.channels,)), carray(out, (n * r.channels,))
        call = r.position
        finite, tame = _begin(r, source)
        key = source
        if r.outside_at != 0:
            key = carray(at(r.outside_at, source.dtype), (n * r.listened,))
            tame = _look_over(r, key)
        s, w, full = 0, 0, True
        while full:
            begun = s
            s = listen(r, key, s, n, tame)
            note(r)
            if r.classifier != 0:
                _classify(r, key, begun, s)
            upto, full = n, r.queued == r.batch * BLOCK
            if full:
                decide(r, call)
                # the gain is known up to where the first undecided block begins; x is free up to s
                upto = max(w, min(s, first_frame(r, r.blocks) - call))
            carry(r, source, sound, w, upto, call, finite)
            shape(r, sound, w, upto, call)
            w = upto
        r.position = call + n

    return process


compiled = processor(RECORD, _make)
"""The compiled ``process``, for sound of float32 or float64."""


@native
def _classify(r: Any, key: Any, begin: Any, end: Any) -> None:
    """Let the guard's classifier hear frames begin..end-1, before the blocks that they complete are decided."""
    if end > begin and r.fallback != LATE:
        heard = key[begin * r.listened :].ctypes.data
        call4(r.classify, r.classifier, heard, heard, end - begin)


@native
def _begin(r: Any, x: Any) -> Any:
    """Read parameters and check the input; return (it is all finite, it is also within what the model may have)."""
    if np.isfinite(r.threshold_db):
        r.threshold_used = min(max(r.threshold_db, -THRESHOLD_LIMIT_DB), THRESHOLD_LIMIT_DB)
    if not np.isnan(r.range_db):
        r.range_used = r.range_db
    if r.peaks_read != r.peaks_seen:
        r.peaks_seen = r.peaks_read
        r.input_peak = 0.0
        r.output_peak = 0.0
    if r.position == 0:  # the gate begins shut
        for u in range(r.units):
            r.ramp_from[u] = floor_gain(r.range_used)
            r.ramp_goal[u] = r.ramp_from[u]
    loudest, bad = peak(x)
    r.input_peak = max(r.input_peak, loudest)
    r.nonfinite_samples += bad
    return bad == 0, bad == 0 and loudest <= LOUDEST


@native
def _look_over(r: Any, key: Any) -> Any:
    """Check an external key; return whether it is all finite and within what the model may have."""
    loudest, bad = peak(key)
    r.nonfinite_samples += bad
    return bad == 0 and loudest <= LOUDEST
