"""The high-pass as a plugin: 12 dB an octave, Butterworth, no delay."""

import numpy as np

from gate.parameters import Parameter
from gate.plugins.plugin import Knob, Plugin
from gate.plugins.running import Format, Running
from gate.realtime.plugins import highpass as law
from gate.realtime.record import aligned

CUTOFF = Parameter(
    "cutoff", "Cutoff", "Hz", 10.0, 2000.0, 80.0, "log", True,
    "where the high-pass takes 3 dB away; below it falls by 12 dB an octave", smoothing_ms=10.0,
)  # fmt: skip
"""The one thing to set."""


class HighPass(Plugin):
    """Takes away what is low: rumble, steps, wind.

    Attributes:
        cutoff_hz: 10 to 2000 Hz, 3 dB down there and 12 dB an octave below; a change glides over some 50 ms.
    """

    kind = "highpass"
    settle_s = 0.1

    cutoff_hz = Knob(CUTOFF)

    def __init__(self, cutoff_hz: float | None = None) -> None:
        """Set it to a frequency in Hz, 10 to 2000; None is 80.

        Raises:
            ValueError: out of that range.
        """
        super().__init__(cutoff=cutoff_hz)

    def _open(self, format: Format) -> Running:
        return HighPassRunning(format, self.cutoff_hz, bypassed=self.bypassed)


class HighPassRunning(Running):
    """A high-pass at work."""

    def __init__(self, format: Format, cutoff_hz: float, *, bypassed: bool) -> None:
        record = law.make()
        self._state = aligned(2 * format.channels, np.float64)
        for name, value in (
            ("cutoff", cutoff_hz),
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
