"""The classic gate as a plugin: every knob of the LSP gate, and nothing learned."""

import math

import numpy as np

from gate.parameters import Parameter
from gate.plugins.plugin import Knob, Plugin
from gate.plugins.running import Format, Running
from gate.realtime.plugins import classic as law
from gate.realtime.record import aligned

PARAMETERS = (
    Parameter(
        "threshold", "Threshold", "dBFS", -96.0, 0.0, -24.0, "linear", True,
        "level over which the gate is open",
    ),
    Parameter(
        "zone", "Zone", "dB", -60.0, 0.0, -6.0, "linear", True,
        "how far under the threshold it is shut; between the two it is half open",
    ),
    Parameter(
        "hysteresis", "Hysteresis", "dB", -96.0, 0.0, 0.0, "linear", True,
        "how far under the threshold an open gate begins to shut; 0 is none",
    ),
    Parameter(
        "hysteresis-zone", "Hysteresis zone", "dB", -60.0, 0.0, -6.0, "linear", True,
        "how far under that an open gate is shut",
    ),
    Parameter(
        "attack", "Attack", "ms", 0.0, 2000.0, 20.0, "linear", True,
        "time in which the envelope covers 0.71 of a rise",
    ),
    Parameter(
        "hold", "Hold", "ms", 0.0, 1000.0, 0.0, "linear", True,
        "how long the envelope stays where it was highest",
    ),
    Parameter(
        "release", "Release", "ms", 0.0, 5000.0, 100.0, "linear", True,
        "time in which the envelope covers 0.71 of a fall",
    ),
    Parameter(
        "range", "Range", "dB", -72.0, 72.0, -24.0, "linear", True,
        "gain of the shut gate: -inf is silence; over 0 what is loud is turned down by so much",
        smoothing_ms=1.0, silence=True,
    ),
    Parameter(
        "key-high-pass", "Key high-pass", "Hz", 0.0, 20_000.0, 0.0, "linear", True,
        "the key hears nothing below this frequency; 0 is none; 12 dB an octave",
    ),
    Parameter(
        "key-low-pass", "Key low-pass", "Hz", 0.0, 20_000.0, 0.0, "linear", True,
        "the key hears nothing above this frequency; 0 is none; 12 dB an octave",
    ),
    Parameter(
        "reactivity", "Reactivity", "ms", 0.0, 250.0, 10.0, "linear", False,
        "window over which the key's level is taken",
    ),
    Parameter(
        "lookahead", "Lookahead", "ms", 0.0, 20.0, 0.0, "linear", False,
        "delay of the sound against the key",
    ),
)  # fmt: skip
"""What can be set: ranges and defaults are LSP's; its hysteresis switch is a hysteresis of 0 here."""

BY_ID = {parameter.id: parameter for parameter in PARAMETERS}


class ClassicGate(Plugin):
    """A gate that is told everything: the law of the LSP gate (``gate.realtime.plugins.classic``).

    Attributes:
        threshold_db: dBFS, -96 to 0.
        zone_db: under the threshold, -60 to 0 dB.
        hysteresis_db: under the threshold, -96 to 0 dB; 0 is none.
        hysteresis_zone_db: under that, -60 to 0 dB.
        attack_ms: 0 to 2000 ms.
        hold_ms: 0 to 1000 ms.
        release_ms: 0 to 5000 ms.
        range_db: gain of the shut gate, -72 to 0 dB or -inf; 0 to 72 dB: by how much it ducks what is over the threshold.
        key_high_pass_hz: 0 (none) to 20000 Hz.
        key_low_pass_hz: 0 (none) to 20000 Hz.
        reactivity_ms: 0 to 250 ms.
        lookahead_ms: 0 to 20 ms.
    """

    kind = "classic"
    settle_s = 0.5

    threshold_db = Knob(BY_ID["threshold"])
    zone_db = Knob(BY_ID["zone"])
    hysteresis_db = Knob(BY_ID["hysteresis"])
    hysteresis_zone_db = Knob(BY_ID["hysteresis-zone"])
    attack_ms = Knob(BY_ID["attack"])
    hold_ms = Knob(BY_ID["hold"])
    release_ms = Knob(BY_ID["release"])
    range_db = Knob(BY_ID["range"])
    key_high_pass_hz = Knob(BY_ID["key-high-pass"])
    key_low_pass_hz = Knob(BY_ID["key-low-pass"])
    reactivity_ms = Knob(BY_ID["reactivity"])
    lookahead_ms = Knob(BY_ID["lookahead"])

    def __init__(
        self,
        *,
        threshold_db: float | None = None,
        zone_db: float | None = None,
        hysteresis_db: float | None = None,
        hysteresis_zone_db: float | None = None,
        attack_ms: float | None = None,
        hold_ms: float | None = None,
        release_ms: float | None = None,
        range_db: float | None = None,
        key_high_pass_hz: float | None = None,
        key_low_pass_hz: float | None = None,
        reactivity_ms: float | None = None,
        lookahead_ms: float | None = None,
    ) -> None:
        """Set its knobs; the units and ranges are those of the attributes, and what is None stands at its default.

        Raises:
            ValueError: one is out of its range.
        """
        super().__init__(
            threshold=threshold_db,
            zone=zone_db,
            hysteresis=hysteresis_db,
            hysteresis_zone=hysteresis_zone_db,
            attack=attack_ms,
            hold=hold_ms,
            release=release_ms,
            range=range_db,
            key_high_pass=key_high_pass_hz,
            key_low_pass=key_low_pass_hz,
            reactivity=reactivity_ms,
            lookahead=lookahead_ms,
        )

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
        for parameter, setting in zip(plugin.parameters, plugin.values, strict=True):
            if parameter.live:
                self.set(parameter.id, setting)

    def _reset(self) -> None:
        for array in self._memory.values():
            array[:] = 0
        for field in law.FIELDS:
            if field.writer == "engine":
                self.record[field.name] = 0


def _frames(time_ms: float, rate: int) -> int:
    """A time in whole frames."""
    return math.floor(time_ms * rate / 1000.0 + 0.5)
