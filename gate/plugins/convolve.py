"""A convolver as a plugin: a cabinet, a room, any impulse response, without delay."""

import os
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gate.plugins import impulse
from gate.plugins.plugin import Plugin
from gate.plugins.running import Format, Running
from gate.realtime import fft
from gate.realtime.plugins import convolve as law
from gate.realtime.record import aligned

LINE = 16
"""Floats of a cache line."""


class Convolve(Plugin, law.ConvolveKnobs):
    """An impulse response of up to 10 s on the sound, without delay, brought to the sound's rate.

    A response of one channel is for every channel of the sound. One of as many as the sound has is for each its own. Of a
    sound with one channel and a response with several, the mean of these is heard.
    """

    kind = "convolve"

    def __init__(self, response: str | os.PathLike[str], **values: float | str | None) -> None:
        """Read the impulse response, and set knobs.

        Args:
            response: a sound file.
            values: knobs by their names: gain_db, mix.

        Raises:
            AudioFileError: it cannot be read, or is longer than 10 s.
            ValueError: a value is out of its range.
        """
        self._name = os.fspath(response)
        self._response, self._rate = impulse.read(Path(response))
        super().__init__(**values)

    @property
    def file(self) -> str:
        """The impulse response's file, as it was given."""
        return self._name

    def _open(self, format: Format) -> Running:
        response = self._response
        if format.channels == 1:
            response = response.mean(axis=1, keepdims=True)
        elif response.shape[1] not in (1, format.channels):
            raise ValueError(
                f"a response of {response.shape[1]} channels for a sound of {format.channels}: expected 1, or as many; "
                "choose some of them"
            )
        return ConvolveRunning(
            format, impulse.at_rate(response, self._rate, format.rate), bypassed=self.bypassed
        )

    def _shown(self) -> list[str]:
        return [repr(self._name)]


class ConvolveRunning(Running):
    """A convolver at work."""

    def __init__(self, format: Format, response: NDArray[np.float64], *, bypassed: bool) -> None:
        levels, lines, turns, memory, ring = law.plan(len(response))
        size = -(-memory // LINE) * LINE
        self._constant = {
            "levels": aligned(levels.size, np.int64),
            "head": aligned(law.SLOT * response.shape[1], np.float32),
            "lines": aligned(lines * response.shape[1], np.float32),
            "turns": aligned(turns, np.float32),
        }
        self._constant["levels"][:] = levels.ravel()
        head = np.zeros((response.shape[1], law.SLOT))
        first = response[: law.SLOT].T
        head[:, : first.shape[1]] = first
        self._constant["head"][:] = head[:, ::-1].ravel()
        self._write_lines(levels, response, lines)
        self._memory = aligned(size * format.channels, np.float32)
        record = law.make()
        values = {
            **{f"{name}_at": array.ctypes.data for name, array in self._constant.items()},
            "memory_at": self._memory.ctypes.data,
            "memory_size": size,
            "levels": len(levels),
            "responses": response.shape[1],
            "lines_size": lines,
            "ring": ring,
            "rate": format.rate,
            "channels": format.channels,
        }
        for name, value in values.items():
            record[name] = value
        super().__init__(format, record, law.compiled(format.dtype).address, bypassed=bypassed)

    def _write_lines(self, levels: NDArray[np.int64], response: NDArray[np.float64], size: int) -> None:
        """Write the spectra of all partitions, and the turns that transforms need."""
        for level in levels:
            n, count, first = (int(level[column]) for column in (law.FRAMES, law.COUNT, law.FIRST))
            place = int(level[law.TURNS])
            self._constant["turns"][place : place + 2 * n] = fft.turns(n).ravel()
            for c in range(response.shape[1]):
                part = np.zeros(count * n)
                taps = response[first : first + count * n, c]
                part[: len(taps)] = taps
                spectra = fft.packed(np.fft.rfft(part.reshape(count, n), 2 * n) / n)
                begin = c * size + int(level[law.LINES])
                self._constant["lines"][begin : begin + spectra.size] = spectra.ravel()

    def _reset(self) -> None:
        self._memory[:] = 0.0
        for field in law.FIELDS:
            if field.writer == "engine":
                self.record[field.name] = 0
