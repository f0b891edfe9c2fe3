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
from gate.realtime.plugins import network
from gate.realtime.record import aligned

LOUDNESS_DBFS = -18.0
"""Loudness to which models are brought where that is asked for, as the format's own player does."""

PIECE = 4096
"""Frames taken in at once at other rates than the model's, where calls may have any number."""


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
            model_rate=rate, most=law.QUEUE,
        )  # fmt: skip
        resampled = trip.back is not None
        self._networks = Networks(made, channels)
        self._memory = {
            "entry": aligned(law.QUEUE, np.float32),
            "exit": aligned(law.QUEUE, np.float32),
            "history": aligned(trip.there.history_samples * channels, np.float32),
            "blocks": aligned(law.QUEUE * channels if resampled else 0, np.float32),
            "driven": aligned(piece * channels if resampled else 0, np.float32),
            "fresh": aligned(law.QUEUE * channels if resampled else 0, np.float64),
            "ring": aligned(trip.ring_frames * channels if resampled else 0, np.float64),
        }
        self._kernel = aligned(trip.there.kernel.size, np.float32)
        self._kernel[:] = trip.there.kernel.ravel()
        record = law.make()
        values = {
            **trip.there.fields(),
            **{f"{name}_at": array.ctypes.data for name, array in self._memory.items()},
            "kernel_at": self._kernel.ctypes.data, "network": network.compiled(np.float32).address,
            "networks_at": self._networks.address, "loudness_db": gain_db, "rate": format.rate,
            "channels": channels, "listened": channels, "batch": 1, "block": law.QUEUE,
            "blocks_stride": law.QUEUE, "piece": piece, "wait": trip.wait, "back_at": trip.back_address,
            "ring_frames": trip.ring_frames,
        }  # fmt: skip
        for name, value in values.items():
            record[name] = value
        function = law.compiled(format.dtype).address
        super().__init__(format, record, function, latency_samples=trip.latency_samples, bypassed=bypassed)
        self._start = record.copy()

    def _reset(self) -> None:
        knobs = {field.name: self.record[field.name][0] for field in law.FIELDS if field.writer == "user"}
        self.record[:] = self._start
        for name, value in knobs.items():
            self.record[name] = value
        self._trip.reset()
        self._networks.reset()
        for array in self._memory.values():
            array[:] = 0


class Networks:
    """A program's memory, once for each channel of a sound, at rest.

    Attributes:
        address: of the first channel's record; the others follow.
    """

    def __init__(self, made: Program, channels: int) -> None:
        size = -(-len(made.state) // LINE) * LINE
        self._steps = aligned(made.steps.size, np.int64)
        self._steps[:] = made.steps.ravel()
        self._weights = aligned(len(made.weights), np.float32)
        self._weights[:] = made.weights
        self._scratch = aligned(made.scratch, np.float32)
        self._rest, self._states = aligned(size, np.float32), aligned(channels * size, np.float32)
        self._states = self._states.reshape(channels, size)
        self._rest[: len(made.state)] = made.state
        self._records = network.make(channels)
        values = {
            "steps": len(made.steps),
            "steps_at": self._steps.ctypes.data,
            "weights_at": self._weights.ctypes.data,
            "scratch_at": self._scratch.ctypes.data,
            "rest_at": self._rest.ctypes.data,
            "state_size": size,
            "settled": made.settling,
            "input_row": made.input_row,
            "output_row": made.output_row,
        }
        for name, value in values.items():
            self._records[name] = value
        for c in range(channels):
            self._records["state_at"][c] = self._states[c].ctypes.data
        self.address = int(self._records.ctypes.data)
        self._settling = made.settling
        self._settle()
        self.reset()

    def _settle(self) -> None:
        """Let silence through the first channel's network, and keep the state in which it is then."""
        x = aligned(self._settling, np.float32)
        self._states[0] = self._rest
        network.compiled(np.float32).call(self.address, x.ctypes.data, x.ctypes.data, len(x))
        self._rest[:] = self._states[0]

    def reset(self) -> None:
        """Go back to rest. Not while a network runs."""
        self._states[:] = self._rest
        self._records["network_errors"] = 0
        self._records["done"] = self._settling
