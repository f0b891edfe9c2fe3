"""A model of Neural Amp Modeler as a plugin: an amplifier, a pedal, or a cabinet in a slot."""

import os
from collections.abc import Mapping
from typing import Any

import numpy as np

from gate.modelfile import nam
from gate.modelfile.nam import NamFile
from gate.plugins.nam.networks import program
from gate.plugins.nam.program import LINE, Program
from gate.plugins.plugin import Plugin
from gate.plugins.round_trip import RoundTrip
from gate.plugins.running import Format, Running
from gate.realtime.plugins import nam as law
from gate.realtime.record import aligned

LOUDNESS_DBFS = -18.0
"""Loudness to which models are brought where that is asked for, as the format's own player does."""

PIECE = 4096
"""Frames taken in at once at other rates than the model's, where calls may have any number."""

QUEUE = 512
"""The model's samples that wait for one run, at most."""


class Nam(Plugin, law.NamKnobs):
    """A `.nam` file at work: LSTM, WaveNet in all its forms, or a container of several sizes.

    At the rate that the model was taught at there is no delay. At others the sound goes there and back, which takes 1.3 to
    1.5 ms from 44.1 kHz up, and more at lower rates. Each channel goes through the model by itself.
    """

    kind = "nam"
    settle_s = 0.2

    def __init__(self, model: str | os.PathLike[str] | NamFile, **values: float | str | None) -> None:
        """Read the model, and set knobs.

        Args:
            model: a `.nam` file, or one read by ``gate.modelfile.nam``.
            values: knobs by their names: input_db, output_db, normalised, size.

        Raises:
            PresetError: there is no such file.
            ContractError: it is no `.nam`, or holds what cannot be played.
            ValueError: a value is out of its range.
        """
        self._read = model if isinstance(model, NamFile) else nam.read(model)
        self._name = self._read.source if isinstance(model, NamFile) else os.fspath(model)
        super().__init__(**values)
        program(self._read, self.size)

    @property
    def file(self) -> str:
        """The model's file, as it was given."""
        return self._name

    @property
    def rate(self) -> int:
        """Rate at which the model was taught, Hz."""
        return self._read.rate

    @property
    def metadata(self) -> Mapping[str, Any]:
        """What the file says of itself: name, gear_make, loudness, input_level_dbu, output_level_dbu, ..."""
        return self._read.metadata

    @property
    def loudness_db(self) -> float | None:
        """Loudness of the model in dBFS, as its file says; None where it says nothing."""
        own = self._read.chosen(self.size).level("loudness")
        return self._read.level("loudness") if own is None else own

    def _open(self, format: Format) -> Running:
        loudness = self.loudness_db
        gain_db = 0.0 if loudness is None else LOUDNESS_DBFS - loudness
        made = program(self._read, self.size)
        return NamRunning(format, made, self._read.rate, gain_db, bypassed=self.bypassed)

    def _shown(self) -> list[str]:
        return [repr(self._name)]


class NamRunning(Running):
    """A model of Neural Amp Modeler at work."""

    def __init__(self, format: Format, made: Program, rate: int, gain_db: float, *, bypassed: bool) -> None:
        channels, frames = format.channels, format.frames
        piece = min(frames or PIECE, PIECE)
        self._trip = trip = RoundTrip(
            format.rate, channels, size=1, frames=frames if frames == piece else None, piece=piece, late=0,
            model_rate=rate, most=QUEUE,
        )  # fmt: skip
        resampled = trip.back is not None
        size = -(-len(made.state) // LINE) * LINE
        self._constant = {
            "steps": aligned(made.steps.size, np.int64),
            "weights": aligned(len(made.weights), np.float32),
        }
        self._constant["steps"][:] = made.steps.ravel()
        self._constant["weights"][:] = made.weights
        self._rest, self._state = aligned(size, np.float32), aligned(channels * size, np.float32)
        self._rest[: len(made.state)] = made.state
        self._memory = {
            "scratch": aligned(made.scratch, np.float32),
            "history": aligned(trip.there.history_samples * channels, np.float32),
            "blocks": aligned(QUEUE * channels if resampled else 0, np.float32),
            "driven": aligned(piece * channels if resampled else 0, np.float32),
            "fresh": aligned(QUEUE * channels if resampled else 0, np.float64),
            "ring": aligned(trip.ring_frames * channels if resampled else 0, np.float64),
        }
        self._kernel = aligned(trip.there.kernel.size, np.float32)
        self._kernel[:] = trip.there.kernel.ravel()
        record = law.make()
        values = {
            **trip.there.fields(),
            **{f"{name}_at": array.ctypes.data for name, array in (self._constant | self._memory).items()},
            "kernel_at": self._kernel.ctypes.data, "rest_at": self._rest.ctypes.data,
            "state_at": self._state.ctypes.data, "state_size": size, "steps": len(made.steps),
            "input_row": made.input_row, "output_row": made.output_row, "loudness_db": gain_db,
            "rate": format.rate, "channels": channels, "listened": channels, "batch": 1, "block": QUEUE,
            "blocks_stride": QUEUE, "piece": piece, "wait": trip.wait, "back_at": trip.back_address,
            "ring_frames": trip.ring_frames,
        }  # fmt: skip
        for name, value in values.items():
            record[name] = value
        function = law.compiled(format.dtype).address
        super().__init__(format, record, function, latency_samples=trip.latency_samples, bypassed=bypassed)
        self._start = record.copy()
        self._settle(made, rate)

    def _settle(self, made: Program, rate: int) -> None:
        """Let silence through a copy of the player until the model is at rest, and keep that state."""
        record = self.record.copy()
        size = len(self._rest)
        # at the model's rate, one channel, and a state of its own: the one to keep
        silence = aligned(made.settling, self.format.dtype)
        alone = {"back_at": 0, "channels": 1, "state_at": self._rest.ctypes.data, "rate": rate}
        kept = self._rest.copy()
        alone["rest_at"] = kept.ctypes.data
        for name, value in alone.items():
            record[name] = value
        player = law.compiled(self.format.dtype).call
        player(record.ctypes.data, silence.ctypes.data, silence.ctypes.data, made.settling)
        # rings stand where the settling left them: so many frames are done
        self._start["done"] = made.settling
        self._state.reshape(-1, size)[:] = self._rest
        self.record["done"] = made.settling

    def _reset(self) -> None:
        knobs = {field.name: self.record[field.name][0] for field in law.FIELDS if field.writer == "user"}
        self.record[:] = self._start
        for name, value in knobs.items():
            self.record[name] = value
        self._trip.reset()
        for array in self._memory.values():
            array[:] = 0
        self._state.reshape(-1, len(self._rest))[:] = self._rest
