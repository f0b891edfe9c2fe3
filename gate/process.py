"""The compiled ``process(record, input, output)``: everything that happens to sound happens here.

One call is one host buffer, or one piece of a file. Two cursors run through it: the side-chain takes frames
in and, as soon as ``batch`` blocks are complete, the model runs and decides; the sound follows as far as its
gain is known. So a decision reaches back to its own block wherever that lies in the same call. At the
end of the call everything is written; what is decided later acts later.

Nothing is allocated, raised, waited for or printed. Problems are counted in the record.
"""

import contextlib
import functools
import hashlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numba import from_dtype, njit, types

from gate.constants import BLOCK
from gate.decision import decide, first_frame, note
from gate.gain import carry, floor_gain, peak, shape
from gate.native import COMPILE, at, carray, native
from gate.record import RECORD
from gate.sidechain import LOUDEST, listen

THRESHOLD_LIMIT_DB = 200.0
"""Thresholds further from 0 dBFS than this are kept to it: beyond lies what float32 cannot hold."""

SOURCES = ("process", "decision", "sidechain", "ballistics", "gain", "native", "record", "constants")
"""Modules that the compiled code is made of."""


def _fingerprint() -> int:
    """A number for the sources that the compiled code is made of.

    Numba keeps compiled code on disk and looks only at the file of the function itself, its time and size, to
    tell whether it is current. After an edit elsewhere, or from a wheel (whose files all have the same time),
    old code would run. A number that the function closes over is part of the key it is kept under.
    """
    digest = hashlib.sha256()
    for name in SOURCES:
        digest.update((Path(__file__).parent / f"{name}.py").read_bytes())
    return int.from_bytes(digest.digest()[:7], "little")


FINGERPRINT = _fingerprint()
"""Kept with the compiled code, and written to ``record["code"]``."""


@functools.cache
def compiled(dtype: Any) -> Any:
    """``process`` for sound of ``dtype`` (float32 or float64), compiled or loaded from disk at first use.

    Returns:
        process(record, x, out): record is a (1,) array of ``RECORD``; x and out are (n, channels),
        C-contiguous; x may be read-only, or ``out`` itself.
    """
    sample = from_dtype(np.dtype(dtype))
    source = types.Array(sample, 2, "C", readonly=True)
    signature = types.void(from_dtype(RECORD)[::1], source, sample[:, ::1])
    with _no_scipy():
        return njit(signature, cache=True, **COMPILE)(_make(FINGERPRINT))


def _make(fingerprint: int) -> Any:
    def process(record: Any, x: Any, out: Any) -> None:
        r = record[0]
        r.code = fingerprint
        n = x.shape[0]
        if n == 0:
            return
        source = carray(at(x.ctypes.data, x.dtype), (n * r.channels,), x.dtype)
        sound = carray(at(out.ctypes.data, out.dtype), (n * r.channels,), out.dtype)
        call = r.position
        finite, tame = _begin(r, source)
        s, w, full = 0, 0, True
        while full:
            s = listen(r, source, s, n, tame)
            note(r)
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


@native
def _begin(r: Any, x: Any) -> Any:
    """Read parameters, look the input over: (all finite, also within what the model may have)."""
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


@contextlib.contextmanager
def _no_scipy() -> Iterator[None]:
    """Keep numba from importing scipy.linalg, a quarter of a second's work that only matrix products need.

    It looks once a process, at the first compilation. Nothing here multiplies matrices; where scipy is
    loaded already, or numba has looked before, this changes nothing.
    """
    name = "scipy.linalg.cython_blas"
    if name in sys.modules or "numba.np.arraymath" in sys.modules:
        yield
        return
    blocked = [module for module in ("scipy.linalg", name) if module not in sys.modules]
    sys.modules.update(dict.fromkeys(blocked))  # type: ignore[arg-type]
    try:
        yield
    finally:
        for module in blocked:
            del sys.modules[module]
