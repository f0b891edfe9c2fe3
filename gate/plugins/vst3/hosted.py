"""A third-party plugin as pedalboard hosts it: loaded, examined, and made to process. Inside its own process only.

pedalboard knows a parameter by texts that the plugin writes for a thousand places of it. From these come its type, range
and words, and a table of which ``gate.plugins.vst3.plugin`` makes a ``gate.parameters.Parameter``. What is said
neither in numbers nor in a few words goes from 0 to 1, as the plugin itself has it.
"""

import importlib
import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gate.constants import MAX_CHANNELS

MOST_WORDS = 64
"""Most words of a choice: with more, its parameter goes from 0 to 1."""

NEAR = 0.002
"""Distance of two of the thousand places at which pedalboard asks for a parameter's text."""

WARM_UP_CALLS = 1000
"""Calls with silence that are tried until the plugin has given as much as it got."""


class Refused(Exception):
    """The plugin cannot be used like this; the text is a sentence."""


class Hosted:
    """A plugin, loaded by pedalboard.

    Attributes:
        plugin: pedalboard's object.
        described: a table for each parameter: name, label, type ("number", "choice", "raw"), and of a number minimum and
            maximum, of a choice its words.
    """

    def __init__(self, file: str, name: str | None) -> None:
        """Load the plugin.

        Raises:
            Refused: there is none, there are several, it is an instrument, or pedalboard is missing.
        """
        try:
            pedalboard: Any = importlib.import_module("pedalboard")
        except ImportError:
            raise Refused(
                "expected pedalboard for third-party plugins, got none; pip install 'learned-gate[vst3]'"
            ) from None
        try:
            # no waiting for notes: an instrument is refused, and an effect is not asked for any
            self.plugin: Any = pedalboard.load_plugin(file, plugin_name=name, initialization_timeout=0)
        except ValueError as error:
            names = _names(pedalboard, file)
            if name in names:
                raise Refused(f"{file}: expected an effect, got {error}; choose another plugin") from None
            which = f"no {name!r} among" if name else f"{len(names)} of"
            raise Refused(
                f"{file}: expected the name of one of its plugins, got {which} {', '.join(names)}; "
                f'give name="{names[0] if names else ""}"'
            ) from None
        except ImportError:
            raise Refused(
                f"{file}: expected a VST3 or AU plugin for this system, got a file that does not load as one; "
                "choose another file"
            ) from None
        if not self.plugin.is_effect:
            raise Refused(f"{file}: expected an effect, got an instrument (no audio input); choose another")
        self._parameters = list(self.plugin.parameters.values())
        self.described = [_described(parameter) for parameter in self._parameters]

    def prepare(self, rate: int, channels: int, block: int) -> None:
        """Start from the beginning, for calls of at most ``block`` frames, with silence before them.

        Raises:
            Refused: the plugin does not take so many channels.
        """
        silence = np.zeros((channels, block), np.float32)
        self._rate, self._block = rate, block
        try:
            # Without the reset pedalboard counts sound that it tried the plugin with when it was loaded; and it
            # keeps back as many samples as the plugin delays by, until it has given it silence for them. Twice: a
            # plugin learns its parameters with its first sound, and may then delay by more, which is asked at a reset.
            for _ in range(2):
                self.plugin.reset()
                for _ in range(WARM_UP_CALLS):
                    if self.plugin.process(silence, rate, block, reset=False).shape[-1] == block:
                        break
        except ValueError as error:
            takes = [n for n in range(1, MAX_CHANNELS + 1) if self._takes(n, rate, block)]
            if not takes:
                raise Refused(
                    f"{self.plugin.name}: expected sound from it, got {error}; choose another"
                ) from None
            raise Refused(
                f"{self.plugin.name}: expected {counts_in_words(takes)} channels, got {channels}; "
                "convert the sound, or choose another plugin"
            ) from None

    def process(self, frames: NDArray[np.float32]) -> NDArray[np.float32]:
        """Process (n, channels), n at most the block; return as many frames, late by the plugin's own delay."""
        out: NDArray[np.float32] = self.plugin.process(
            np.ascontiguousarray(frames.T), self._rate, self._block, reset=False
        )
        return out.T

    def set(self, index: int, value: float) -> None:
        """Set a parameter's value, in its unit, or by the number of a word."""
        parameter, table = self._parameters[index], self.described[index]
        if table["type"] == "number":
            wanted = min(max(value, table["minimum"]), table["maximum"])
            # pedalboard's is one of its thousand places; the plugin's own is better, unless it cannot read numbers
            place, own = parameter.get_raw_value_for(wanted), parameter.get_raw_value_for_text(repr(wanted))
            parameter.raw_value = own if abs(own - place) < NEAR else place
        elif table["type"] == "choice":
            parameter.raw_value = _middle(parameter, table["words"][int(value)])
        else:
            parameter.raw_value = value

    def values(self) -> list[float]:
        """Return the values of the parameters."""
        return [self._value(k) for k in range(len(self._parameters))]

    def _value(self, index: int) -> float:
        parameter, table = self._parameters[index], self.described[index]
        if table["type"] == "raw":
            return float(parameter.raw_value)
        if table["type"] == "number":
            low, high = table["minimum"], table["maximum"]
            said = type(self.plugin).__getattr__(self.plugin, parameter.python_name)
            return float(min(max(float(said), low), high))
        raw = parameter.raw_value
        at = min(parameter.ranges, key=lambda ends: max(ends[0] - raw, raw - ends[1], 0.0))
        return float(table["words"].index(str(parameter.ranges[at])))

    def _takes(self, channels: int, rate: int, block: int) -> bool:
        try:
            self.plugin.process(np.zeros((channels, block), np.float32), rate, block, reset=False)
        except ValueError:
            return False
        return True


def counts_in_words(numbers: list[int]) -> str:
    """Write whole numbers in rising order for people: [1, 2, 6, 7, 8] is "1 or 2 or 6 to 8"."""
    runs: list[list[int]] = []
    for n in numbers:
        if runs and n == runs[-1][-1] + 1:
            runs[-1].append(n)
        else:
            runs.append([n])
    texts = [f"{run[0]} to {run[-1]}" if len(run) > 2 else " or ".join(map(str, run)) for run in runs]
    return " or ".join(texts)


def _names(pedalboard: Any, file: str) -> list[str]:
    names: list[str] = []
    for kind in ("VST3Plugin", "AudioUnitPlugin"):
        try:
            names += getattr(pedalboard, kind).get_plugin_names_for_file(file)
        except (AttributeError, ImportError):
            continue
    return names


def _described(parameter: Any) -> dict[str, Any]:
    """Return what is known of a parameter, fit for JSON."""
    table = {"name": parameter.name, "label": parameter.label or "", "type": "raw"}
    words = list(dict.fromkeys(str(value) for value in parameter.ranges.values()))
    if parameter.type is float:
        low, high = float(parameter.min_value), float(parameter.max_value)
        if math.isfinite(low) and math.isfinite(high) and low < high:
            table |= {"type": "number", "minimum": low, "maximum": high}
    elif 2 <= len(words) <= MOST_WORDS:
        table |= {"type": "choice", "words": words}
    return table


def _middle(parameter: Any, word: str) -> float:
    """Return the raw value in the middle of a word's stretch; its ends belong to other words as often as not."""
    for (low, high), value in parameter.ranges.items():
        if str(value) == word:
            return 0.0 if low == 0.0 else 1.0 if high == 1.0 else (low + high) / 2.0
    raise KeyError(word)
