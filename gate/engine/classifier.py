"""A classifier at work: a model file of kind "classify", its memory, and the compiled ``classify`` over them."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gate.constants import MAX_CHANNELS
from gate.engine.loaded_model import LoadedModel
from gate.engine.runs_model import RunsModel
from gate.modelfile.contract import Contract
from gate.realtime.classify import compiled
from gate.realtime.classify_record import FIELDS, FRAME_COLUMNS, make
from gate.realtime.clock import CLASSIFY_FEED, Clock
from gate.realtime.record import aligned


class Frames(NamedTuple):
    """Frames of 10 ms in order: (n,) time in s at which each was known, (n, classes) probabilities, (n,) dBFS."""

    time_s: NDArray[np.float64]
    probabilities: NDArray[np.float64]
    level_db: NDArray[np.float64]


class Classifier(RunsModel):
    """A listener that says what a sound is, frame by frame; the sound passes as it is.

    All channels are one sound: in each band the model hears the loudest of them. A frame is known as soon as its last
    sample is, at most ``decision_delay_ms`` after the frame's end, and the same however the sound is cut. One thread at a
    time may call.

    Attributes:
        contract: the model file it was made from.
        rate: of the sound, Hz.
        channels: of the sound.
        batch: frames per model run.
        dtype: of the sound.
        record: the flat structured array, shape (1,); its table is ``gate.realtime.classify_record.FIELDS``.
        frames_lost: frames for which ``take_frames`` came too late.
    """

    def __init__(
        self,
        contract: Contract,
        *,
        rate: int,
        channels: int,
        batch: int = 1,
        frames_kept: int = 64,
        dtype: Any = np.float32,
    ) -> None:
        """Load the model, try it out, and make everything that ``classify`` needs.

        Args:
            contract: a model file of kind "classify".
            rate: of the sound, Hz, 8000 to 192000.
            channels: 1 to 32.
            batch: frames per run: 1 is live; more is faster, and the last frames wait for a full run.
            frames_kept: frames that ``take_frames`` can find: those of one ``process`` call and ``batch`` at least.
            dtype: float32 or float64.

        Raises:
            ContractError: the model is no classifier, or cannot run as its contract says.
            EngineError: ONNX Runtime is not there.
            ValueError, TypeError: an argument is out of its range.
        """
        contract.expect("classify")
        if not 1 <= channels <= MAX_CHANNELS:
            raise ValueError(f"{channels} channels: expected 1 to {MAX_CHANNELS}; split the sound")
        if batch < 1 or frames_kept < batch:
            raise ValueError(
                f"batch {batch}, {frames_kept} frames kept: expected 1 or more, and as many kept"
            )
        self.dtype: np.dtype[Any] = np.dtype(dtype)
        if self.dtype not in (np.float32, np.float64):
            raise TypeError(f"sound of {self.dtype}: expected float32 or float64; convert it first")
        self._clock = Clock(rate, CLASSIFY_FEED)
        self.contract, self.rate, self.channels, self.batch = contract, int(rate), channels, batch
        self.record = make()
        self._compiled = compiled(self.dtype)
        self._memory: dict[str, NDArray[Any]] = {}
        self._lay_out(frames_kept)
        self._model: LoadedModel | None = LoadedModel(
            contract, channels=channels, units=1, batch=batch, threshold_db=None, device="cpu"
        )
        self._set_model()
        self._read = self.frames_lost = 0
        self._start = self.record.copy()

    @property
    def function(self) -> int:
        """Address of the compiled ``classify`` for this sound."""
        return self._compiled.address

    @property
    def decision_delay_samples(self) -> int:
        """Host samples by which a frame can be known after its end (side-chain resampler)."""
        return self._clock.decision_delay_samples

    @property
    def decision_delay_ms(self) -> float:
        """``decision_delay_samples`` in ms, at most 2.2."""
        return 1000.0 * self.decision_delay_samples / self.rate

    def process(self, x: NDArray[Any], out: NDArray[Any] | None = None) -> None:
        """Listen to any number of samples.

        Args:
            x: (n, channels) of ``dtype``, C-contiguous, full scale 1.0; n from 0 up.
            out: the same shape and type, takes the sound; None leaves it out.

        Raises:
            ValueError, TypeError: shape, layout or type are not as above.
            EngineError: the classifier is closed.
        """
        self._opened()
        out = x if out is None else out
        for array in (x, out):
            if array.dtype != self.dtype:
                raise TypeError(f"sound of {array.dtype}: expected {self.dtype}; convert it first")
            if array.shape != (len(x), self.channels) or not array.flags.c_contiguous:
                raise ValueError(
                    f"sound of {array.shape}: expected ({len(x)}, {self.channels}) in C order; copy it so"
                )
        self._compiled.call(self.address, x.ctypes.data, out.ctypes.data, len(x))

    def take_frames(self) -> Frames:
        """Return the frames that were classified since the last call."""
        ring = self._memory["frames"].reshape(-1, FRAME_COLUMNS)
        written = int(self.record["frames"][0])
        oldest = max(self._read, written - len(ring))
        self.frames_lost += oldest - self._read
        self._read = written
        rows = ring[np.arange(oldest, written) % len(ring)]
        return Frames(rows[:, 0] / self.rate, rows[:, 2 : 2 + len(self.contract.classes)], rows[:, 1])

    def reset(self) -> None:
        """Go back to the start. Not during ``process``.

        Raises:
            EngineError: the classifier is closed.
        """
        model = self._opened()
        self._back_to_start(FIELDS)
        self._memory["history"][:] = 0
        model.clear()
        self._read = self.frames_lost = 0

    def close(self) -> None:
        """Release the model and everything of ONNX Runtime's; may be called twice. Not during ``process``."""
        self._close_model()

    def _lay_out(self, frames_kept: int) -> None:
        clock = self._clock
        sizes: dict[str, tuple[int, Any]] = {
            "history": (self.channels * clock.history_samples, np.float32),
            "kernel": (clock.kernel.size, np.float32),
            "frames": (frames_kept * FRAME_COLUMNS, np.float64),
        }
        for name, (size, dtype) in sizes.items():
            self._memory[name] = aligned(size, dtype)
            self._set(f"{name}_at", self._memory[name].ctypes.data)
        self._memory["kernel"][:] = clock.kernel.ravel()
        names = [readout.name for readout in self.contract.readouts]
        values = {
            "rate": self.rate,
            "channels": self.channels,
            "listened": self.channels,
            "batch": self.batch,
            "classes": len(self.contract.classes),
            "readout_rows": len(names),
            "level_row": names.index("level_db") if "level_db" in names else -1,
            "frame_rows": frames_kept,
            "probabilities": np.full(len(self.record["probabilities"][0]), np.nan),
            "level_db": np.nan,
        }
        for name, value in (values | clock.fields()).items():
            self._set(name, value)
