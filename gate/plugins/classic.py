"""The classic gate as a plugin: every knob of the LSP gate, and nothing learned."""

import math

import numpy as np

from gate.plugins.plugin import Plugin
from gate.plugins.running import Format, Running
from gate.realtime.plugins import classic as law
from gate.realtime.record import aligned


class ClassicGate(Plugin, law.ClassicKnobs):
    """A gate without anything learned: the law of the LSP gate (``gate.realtime.plugins.classic``)."""

    kind = "classic"
    settle_s = 0.5

    def _open(self, format: Format) -> Running:
        return ClassicRunning(format, self, bypassed=self.bypassed)


class ClassicRunning(Running):
    """A classic gate at work."""

    def __init__(self, format: Format, plugin: ClassicGate, *, bypassed: bool) -> None:
        record = law.make()
        window = max(1, _frames(plugin.reactivity_ms, format.rate))
        delay = _frames(plugin.lookahead_ms, format.rate)
        self._memory = {
            "squares_at": aligned(window * format.channels, np.float64),
            "sums_at": aligned(2 * format.channels, np.float64),
            "filters_at": aligned(4 * format.channels, np.float64),
            "delay_at": aligned(delay * format.channels, format.dtype),
        }
        for name, array in self._memory.items():
            record[name] = array.ctypes.data
        for name, value in (
            ("rate", format.rate),
            ("channels", format.channels),
            ("window", window),
            ("delay", delay),
        ):
            record[name] = value
        super().__init__(
            format, record, law.compiled(format.dtype).address, latency_samples=delay, bypassed=bypassed
        )

    def _reset(self) -> None:
        for array in self._memory.values():
            array[:] = 0
        for field in law.FIELDS:
            if field.writer == "engine":
                self.record[field.name] = 0


def _frames(time_ms: float, rate: int) -> int:
    """Return a time in whole frames."""
    return math.floor(time_ms * rate / 1000.0 + 0.5)
