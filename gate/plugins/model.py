"""A model file that makes sound of sound, as a plugin: kinds "audio" and "mask" of the contract."""

import os

import numpy as np

from gate.constants import BLOCK
from gate.engine.loaded_model import LoadedModel
from gate.engine.runs_model import RunsModel
from gate.errors import ContractError
from gate.modelfile import preset as presets
from gate.modelfile.contract import Contract
from gate.plugins.plugin import Plugin
from gate.plugins.round_trip import RoundTrip
from gate.plugins.running import Format, Running
from gate.realtime.plugins import blocks as law
from gate.realtime.record import aligned

BATCH = 256
"""Blocks a run offline, where the calls are a multiple of this many blocks."""

PIECE = 4096
"""Frames taken in at once, where calls may have any number."""


class Model(Plugin):
    """A suppressor, a filter, an effect: any model file of kind "audio" or "mask".

    At 48 kHz it delays by what its blocks need, 100 - gcd(100, frames) samples where all calls have ``frames`` and 99 where
    they may have any number; an "audio" model by what its file says as well, a "mask" by a block for its overlap. At any
    other rate the sound goes to 48 kHz and back, which takes 1.3 to 1.5 ms more from 44.1 kHz up, and more at lower rates.
    """

    kind = "model"
    settle_s = 0.2

    def __init__(self, model: str | os.PathLike[str] | Contract) -> None:
        """Find the model.

        Args:
            model: a model file, a preset's name or folder, or a model read by ``gate.modelfile.contract.read``.

        Raises:
            PresetError, ContractError: there is no such model, or it is of another kind.
        """
        if isinstance(model, Contract):
            self._contract, self._name = model, model.name
        else:
            self._contract, self._name = presets.resolve(model).contract, os.fspath(model)
        if self._contract.kind not in ("audio", "mask"):
            other = "Gate" if self._contract.kind == "gate" else "Classify"
            detail = f"expected an audio or a mask, got a {self._contract.kind}; give it to gate.{other}"
            raise ContractError("kind", detail, source=self._name)
        super().__init__()

    @property
    def contract(self) -> Contract:
        """The model's contract."""
        return self._contract

    @property
    def file(self) -> str:
        """The model's file, preset or folder, as it was given."""
        return self._name

    def _open(self, format: Format) -> Running:
        return ModelRunning(format, self._contract, bypassed=self.bypassed)

    def _shown(self) -> list[str]:
        return [repr(self._name)]


class ModelRunning(Running, RunsModel):
    """A model at work."""

    def __init__(self, format: Format, contract: Contract, *, bypassed: bool) -> None:
        channels, frames, masks = format.channels, format.frames, contract.kind == "mask"
        whole = format.offline and frames is not None and frames % (BATCH * BLOCK) == 0
        batch = BATCH if whole else 1
        piece = frames or PIECE
        late = BLOCK if masks else contract.latency_samples
        self._trip = trip = RoundTrip(
            format.rate, channels, size=batch * BLOCK, frames=frames, piece=piece, late=late
        )
        self._model: LoadedModel | None = LoadedModel(
            contract, channels=channels, units=1, batch=batch, threshold_db=None, device="cpu"
        )
        record = law.make()
        there, back = law.transforms() if masks else (np.zeros(0), np.zeros(0))
        self._there, self._back = there, back
        self._ring_memory = aligned(trip.ring_frames * channels, np.float64)
        self._fresh = aligned(batch * BLOCK * channels, np.float64)
        self._halves = aligned(channels * law.HALVES if masks else 0, np.float64)
        self._history = aligned(trip.there.history_samples * channels, np.float32)
        self._kernel = aligned(trip.there.kernel.size, np.float32)
        self._kernel[:] = trip.there.kernel.ravel()
        values = {
            **trip.there.fields(),
            "channels": channels,
            "listened": channels,
            "batch": batch,
            "piece": piece,
            "wait": trip.wait,
            "masks": int(masks),
            "history_at": self._history.ctypes.data,
            "kernel_at": self._kernel.ctypes.data,
            "fresh_at": self._fresh.ctypes.data,
            "back_at": trip.back_address,
            "ring_frames": trip.ring_frames,
            "ring_at": self._ring_memory.ctypes.data,
            "halves_at": self._halves.ctypes.data,
            "to_bands_at": there.ctypes.data,
            "from_bands_at": back.ctypes.data,
            "level_row": -1,
            "readout_rows": len(contract.readouts),
        }
        super().__init__(
            format,
            record,
            law.compiled(format.dtype).address,
            latency_samples=trip.latency_samples,
            bypassed=bypassed,
        )
        for name, value in values.items():
            self._set(name, value)
        self._set_model()
        self._start = record.copy()

    def _reset(self) -> None:
        if self._model is None:
            return
        self._back_to_start(law.FIELDS)
        self._trip.reset()
        self._history[:] = 0.0
        self._ring_memory[:] = 0.0
        self._halves[:] = 0.0
        self._model.clear()

    def _close(self) -> None:
        self._close_model()
