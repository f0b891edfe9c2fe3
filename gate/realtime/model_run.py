"""One run of a loaded model from compiled code, for every kind of plugin that has one.

The record has the fields of ``gate.realtime.record.MODEL_STATE`` and ``gate.realtime.record.MODEL``.
"""

from typing import Any

import numpy as np

from gate.realtime.native import at, call1, call3, carray, flush_denormals, native, restore_denormals


@native
def run_model(r: Any, u: Any) -> Any:
    """Run the model of unit u on its inputs; return whether it ran. The first failure's status is kept for its text."""
    before = flush_denormals()
    status = call3(r.run, r.session, 0, r.bindings[u, r.side])
    restore_denormals(before)
    if status == 0:
        return True
    if r.first_status == 0:
        r.first_status = status  # Python reads its text, and releases it
    else:
        call1(r.release, status)  # each is memory of its own
    return False


@native
def readouts_of(r: Any, u: Any) -> Any:
    """Return the readouts of unit u: (readout_rows, batch) float32."""
    rows = (r.readout_rows, r.batch)
    return carray(at(r.readouts_at + 4 * u * r.readouts_stride, np.float32), rows, np.float32)


@native
def clear_states(r: Any, u: Any) -> None:
    """Set the states of a unit's model to 0: what is not finite would stay in them for good."""
    states = carray(at(r.states_at[u], np.float32), (r.states_size,), np.float32)
    for i in range(r.states_size):
        states[i] = 0.0
