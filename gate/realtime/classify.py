"""The compiled ``classify(record, input, output)``: sound passes unchanged, and each completed frame runs the model.

A classifier is a plugin like the gate, with a record of its own: it takes any number of host frames a call, and nothing
is allocated, raised, waited for or printed. A frame is known in the call in which its last sample comes out of the
side-chain. Its row in the ring says after how many host frames that was. So a reader needs no clock, and the rows are
bit-identical however the sound is cut.
"""

from typing import Any

import numpy as np

from gate.realtime.classify_record import CLASSIFY_RECORD, FRAME_COLUMNS
from gate.realtime.entry import processor
from gate.realtime.model_run import clear_states, readouts_of, run_model
from gate.realtime.native import at, carray, native
from gate.realtime.sidechain import listen, ready


def _make(code: int) -> Any:
    def classify(record: Any, x: Any, out: Any, n: Any) -> None:
        r = carray(record, (1,))[0]
        r.code = code
        if n == 0:
            return
        source, sound = carray(x, (n * r.channels,)), carray(out, (n * r.channels,))
        s, full = 0, True
        while full:
            s = listen(r, source, s, n, False)
            full = r.queued == r.batch * r.block
            if full:
                _decide(r)
        if source.ctypes.data != sound.ctypes.data:
            for i in range(len(source)):  # sound[:] = source would bring a call for memory into the code
                sound[i] = source[i]
        r.position += n

    return classify


compiled = processor(CLASSIFY_RECORD, _make)
"""``classify``, for sound of float32 or float64."""


@native
def _decide(r: Any) -> None:
    """Run the model over the full queue, and write what it says into the ring."""
    batch, rows = r.batch, r.classes
    says = carray(at(r.classes_at, np.float32), (rows, batch), np.float32)
    ring = carray(at(r.frames_at, np.float64), (r.frame_rows, FRAME_COLUMNS), np.float64)
    readouts = readouts_of(r, 0)
    if not run_model(r, 0):
        says[:] = np.nan
        readouts[:] = np.nan
    healthy = True
    for t in range(batch):
        row = ring[(r.frames + t) % r.frame_rows]
        row[0] = ready(r, r.frames + t)
        row[1] = readouts[r.level_row, t] if r.level_row >= 0 else np.nan
        total = np.float32(0.0)
        for k in range(rows):
            total += says[k, t]
            row[2 + k] = says[k, t]
        if not np.isfinite(total):
            row[2 : 2 + rows] = np.nan
            r.model_errors += 1
            healthy = False
    newest = ring[(r.frames + batch - 1) % r.frame_rows]
    r.level_db = newest[1]
    for k in range(rows):
        r.probabilities[k] = newest[2 + k]
    if not healthy:
        clear_states(r, 0)
    r.frames += batch
    r.queued = 0
    r.side = 1 - r.side
