"""The high-pass as a plugin: 12 dB an octave, Butterworth, no delay."""

import numpy as np

from gate.plugins.plugin import Plugin
from gate.plugins.running import Format, Running
from gate.realtime.plugins import highpass as law
from gate.realtime.record import aligned


class HighPass(Plugin, law.HighPassKnobs):
    """A filter that removes low sound: rumble, steps, wind; a change of the cutoff glides over some 50 ms."""

    kind = "highpass"
    settle_s = 0.1

    def __init__(self, cutoff_hz: float | None = None, **values: float | str | None) -> None:
        """Set the cutoff in Hz, 10 to 2000; None is 80.

        Raises:
            ValueError: the cutoff is out of that range.
        """
        super().__init__(cutoff_hz=cutoff_hz, **values)

    def _open(self, format: Format) -> Running:
        return HighPassRunning(format, bypassed=self.bypassed)


class HighPassRunning(Running):
    """A high-pass at work."""

    def __init__(self, format: Format, *, bypassed: bool) -> None:
        record = law.make()
        self._state = aligned(2 * format.channels, np.float64)
        for name, value in (
            ("rate", format.rate),
            ("channels", format.channels),
            ("state_at", self._state.ctypes.data),
        ):
            record[name] = value
        super().__init__(format, record, law.compiled(format.dtype).address, bypassed=bypassed)

    def _reset(self) -> None:
        self._state[:] = 0.0
        for field in law.FIELDS:
            if field.writer == "engine":
                self.record[field.name] = 0
