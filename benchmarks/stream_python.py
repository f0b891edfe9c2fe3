"""The ordinary way, to compare with: a stream's callback in Python that calls ONNX Runtime's ``session.run``."""

import time
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.stream_players import speech
from gate.constants import BLOCK, RATE
from gate.modelfile.contract import Contract
from gate.realtime.stream import LATE_FLAGS
from gate.realtime.stream_record import BINS, BINS_A_DECADE, SHORTEST_US

LEAST_BUFFER = 16
"""Frames of the smallest buffers whose times there is room for."""

BEGUN, TOOK, FRAMES, FLAGGED, RUNS = range(5)
"""Columns of the notes on a buffer: ns, ns, a count, 0 or 1, a count."""


class PythonPlayer:
    """A gate as one would write it first, mono, for ``gate.soundsystem.stream`` and ``stream_players.Measured``.

    At other rates than 48 kHz it takes averages of neighbours for a resampler, and the model runs when 100 of them are
    there: at 192 kHz, in every fourth buffer of 100. It opens where the model says so, at once, and knows no times.
    Its times begin and end inside the callback: how long Python took to get there is seen as gaps.

    Args:
        contract: the model.
        rate_hz: of the stream.
        seconds: of the stream, at most; what comes later is played and not noted.
    """

    callback_address = 0
    user_address = 0

    def __init__(self, contract: Contract, rate_hz: int, seconds: float) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(
            contract.model, options, providers=["CPUExecutionProvider"]
        )
        self._outputs = [output.name for output in self._session.get_outputs()]
        self._states = [state.name for state in contract.states]
        self._given = {f"{s.name}_in": np.zeros(s.shape_for(1), np.float32) for s in contract.states}
        self._given["threshold_db"] = np.full((1, 1), contract.default_threshold_db, np.float32)
        self._open_at, self._floor = contract.open_at, np.float32(10.0 ** (contract.default_range_db / 20.0))
        self._gain = self._floor
        self._rate_hz, self._step = rate_hz, max(round(rate_hz / RATE), 1)
        self._speech, self._place = speech(rate_hz), 0
        self._gathered, self._count = np.zeros(BLOCK, np.float32), 0
        # ones, not zeros: memory that was never written to would be fetched in the callback
        self._noted = np.ones((int(seconds * rate_hz / LEAST_BUFFER), 5), np.int64)
        self._buffers = self._first = 0
        self._run()  # the first run is dearer

    def buffers(self) -> int:
        """Return the host buffers so far."""
        return self._buffers

    def python_callback(self, indata: Any, outdata: Any, frames: int, _time: Any, status: Any) -> None:
        """Play one buffer."""
        begun = time.perf_counter_ns()
        if self._place + frames > len(self._speech):
            self._place = 0
        x = self._speech[self._place : self._place + frames]
        self._place += frames
        runs = self._listen(x)
        outdata[:, 0] = x * self._gain
        if self._buffers < len(self._noted):
            flagged = bool(status & LATE_FLAGS if isinstance(status, int) else status)
            took = time.perf_counter_ns() - begun
            self._noted[self._buffers] = begun, took, frames, flagged, runs
        self._buffers += 1

    def _listen(self, x: NDArray[np.float32]) -> int:
        """Gather samples, and run the model as often as there is a block; return how often that was."""
        step, runs = self._step, 0
        slow = x[: len(x) // step * step].reshape(-1, step).mean(axis=1)
        while len(slow):
            taken = min(BLOCK - self._count, len(slow))
            self._gathered[self._count : self._count + taken] = slow[:taken]
            self._count += taken
            slow = slow[taken:]
            if self._count == BLOCK:
                self._count, runs = 0, runs + 1
                self._run()
        return runs

    def _run(self) -> None:
        self._given["blocks"] = self._gathered.reshape(1, 1, BLOCK)
        out = dict(zip(self._outputs, self._session.run(None, self._given), strict=True))
        self._gain = np.float32(1.0) if out["gate"][0, 0] >= self._open_at else self._floor
        for name in self._states:
            self._given[f"{name}_in"] = out[f"{name}_out"]

    def begin(self) -> None:
        """Begin to count."""
        self._first = min(self._buffers, len(self._noted))

    def end(self) -> dict[str, Any]:
        """Return counts since ``begin``, as ``Measured`` says."""
        noted = self._noted[self._first : min(self._buffers, len(self._noted))]
        due_ns = noted[:, FRAMES] * 1_000_000_000 // self._rate_hz
        took = noted[:, TOOK]
        decades = np.log10(np.maximum(took, 1) / (1e3 * SHORTEST_US))
        bins = np.clip(decades * BINS_A_DECADE, 0, BINS - 1).astype(np.int64)
        return {
            "buffers": len(noted),
            "flagged": int(noted[:, FLAGGED].sum()),
            "gaps": int(np.sum(np.diff(noted[:, BEGUN]) > 1.5 * due_ns[1:])),
            "over": int(np.sum(took > due_ns)),
            "busy_ns": int(took.sum()),
            "due_ns": int(due_ns.sum()),
            "histogram": np.bincount(bins, minlength=BINS),
            "histogram_ran": np.bincount(bins[noted[:, RUNS] > 0], minlength=BINS),
        }
