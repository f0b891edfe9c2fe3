"""Parameters, and the knob that makes an attribute of one.

A knob is written once, as an attribute of a class, with its whole row in it::

    class Tone:
        tilt_db = Knob(Parameter("tilt", "Tilt", "dB", -6.0, 6.0, 0.0, "linear", True, "how much brighter it is"))

Everything else is made from such rows: a plugin's keywords, its table for session files, MIDI, command line and panel, and
the fields of its record. How a value is written, read, and laid along the travel of a control is in here too.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol, Self, overload

Taper = Literal["linear", "log", "switch", "choice"]

SUFFIXES: dict[str, dict[str, float]] = {
    "dBFS": {"dbfs": 1.0, "db": 1.0},
    "dB": {"db": 1.0},
    "ms": {"ms": 1.0, "s": 1000.0},
    "Hz": {"khz": 1000.0, "hz": 1.0},
    "x": {"x": 1.0},
    "": {},
}
"""Units that may be written after a number, in any case, each in the parameter's unit; by that unit.

A unit that is missing here, as a third-party plugin's may be, is written as it is.
"""

ENDINGS = {"dB": "_db", "dBFS": "_db", "ms": "_ms", "Hz": "_hz", "x": "", "": ""}
"""Endings of an attribute's name, by its parameter's unit; other units' letters and digits stand for themselves."""

DIGITS = {"dBFS": 1, "dB": 1, "x": 2}
"""Digits after the point that are shown; of other units one under ``LONG``, and none from there up."""

LONG = 100.0


@dataclass(frozen=True)
class Parameter:
    """One thing to set.

    Attributes:
        id: stable name, used in presets and session files and in the engine's arguments.
        name: for people.
        unit: of the value, in general a key of ``SUFFIXES``: "x" for a factor, empty for a switch or a choice.
        minimum: lowest value; for a switch or a choice 0.
        maximum: highest value; for a switch 1, for a choice the number of its last word.
        default: None where the model file says.
        taper: how the travel of a knob or a MIDI controller becomes a value: in equal steps, in equal factors (only
            over 0), or by number through ``words``.
        live: does a change act from the next block on, while sound runs? If not, a fresh plugin is faded in for it.
        help: one sentence; the range is in ``limits``.
        choices: what the whole numbers from 0 mean, for a choice.
        smoothing_ms: the least time in ms in which a change reaches the gain or filter that is heard: ramp or time
            constant. 0: it moves decisions alone, and these ramp as always.
        silence: is -inf a value, too?
        overrides: does it override what a model has learned? At its default a gate then acts as it was taught, to the bit.
    """

    id: str
    name: str
    unit: str
    minimum: float
    maximum: float
    default: float | None
    taper: Taper
    live: bool
    help: str
    choices: tuple[str, ...] = ()
    smoothing_ms: float = 0.0
    silence: bool = False
    overrides: bool = False

    @property
    def words(self) -> tuple[str, ...]:
        """Names of the whole numbers from 0; empty where values are numbers."""
        return ("off", "on") if self.taper == "switch" else self.choices

    @property
    def limits(self) -> str:
        """The range for people: "-120 to 0 dB, or -inf"."""
        if self.words:
            return ", ".join(f"{number} ({word})" for number, word in enumerate(self.words))
        return f"{self.minimum:g} to {self.maximum:g} {self.unit}".rstrip() + (", or -inf" * self.silence)

    @property
    def sentence(self) -> str:
        """Help and range, as one sentence."""
        return self.help if self.words else f"{self.help}; {self.limits}"

    def check(self, value: float) -> float:
        """Return ``value`` as a float.

        Raises:
            ValueError: the value is out of range, with expected, got and remedy.
        """
        try:
            value = float(value)
        except OverflowError:  # a whole number of JSON or TOML has no end
            value = math.inf
        if self.silence and value == -math.inf:
            return value
        fits = value in range(len(self.words)) if self.words else self.minimum <= value <= self.maximum
        if not fits:
            got = f"{self.id} {value:g} {self.unit}".rstrip()
            raise ValueError(f"{got} is out of range: give {self.limits}")
        return value

    def text(self, value: float) -> str:
        """Return a value as people read it, with its unit: "-45.0 dBFS", "350 ms", "x0.50", "speech"."""
        if self.words:
            return self.words[int(value)]
        digits = DIGITS.get(self.unit, 1 if abs(value) < LONG else 0)
        number = f"{value:z.{digits}f}"
        return f"x{number}" if self.unit == "x" else f"{number} {self.unit}".rstrip()

    def parse(self, text: str) -> float:
        """Return the value that a text says: "-45", "-45 dB", "0.35 s", "1.2 kHz", "x0.5", "speech".

        Raises:
            ValueError: the text says no value, or one out of range.
        """
        said = text.strip().casefold()
        words = [word.casefold() for word in self.words]
        if said in words:
            return float(words.index(said))
        number, factor = said.removeprefix("x") if self.unit == "x" else said, 1.0
        for suffix, times in SUFFIXES.get(self.unit, {self.unit.casefold(): 1.0}).items():
            if number.endswith(suffix):
                number, factor = number.removesuffix(suffix), times
                break
        try:
            value = float(number)
        except ValueError:
            raise ValueError(f"{self.expected}, got {text!r}") from None
        return self.check(value * factor)

    @property
    def expected(self) -> str:
        """What a text has to be: "expected a number in ms"."""
        if self.words:
            return f"expected {', '.join(self.words[:-1])} or {self.words[-1]}"
        return f"expected a number in {self.unit}" if self.unit else "expected a number"

    def at(self, travel: float, ends: tuple[float, float] | None = None, taper: Taper | None = None) -> float:
        """Return the value at a knob's position.

        Args:
            travel: 0 to 1; what lies beyond counts as the nearer end.
            ends: values at 0 and 1, if not the whole range; the first may be the larger one, and -inf where the
                parameter takes it: then only the end itself is silence.
            taper: another curve than the parameter's own.

        Returns:
            A value in range; at 0 and 1 exactly the ends.
        """
        low, high = ends or (self.minimum, self.maximum)
        travel = min(max(travel, 0.0), 1.0)
        if self.words:
            steps = abs(high - low)
            return low + math.copysign(min(math.floor(travel * (steps + 1.0)), steps), high - low)
        if travel in (0.0, 1.0):
            return high if travel else low
        low, high = max(low, self.minimum), max(high, self.minimum)
        log = (taper or self.taper) == "log"
        value = low * (high / low) ** travel if log else low + (high - low) * travel
        return min(max(value, min(low, high)), max(low, high))  # whatever the rounding

    def travel(
        self, value: float, ends: tuple[float, float] | None = None, taper: Taper | None = None
    ) -> float:
        """Return a knob's position for a value, 0 to 1: the inverse of ``at``. Of a value beyond an end, that end."""
        low, high = (max(end, self.minimum) for end in ends or (self.minimum, self.maximum))
        value = min(max(value, min(low, high)), max(low, high))
        if low == high:
            return 0.0
        if (taper or self.taper) == "log":
            return math.log(value / low) / math.log(high / low)
        return (value - low) / (high - low)


def attribute(parameter: Parameter) -> str:
    """Return a parameter's name with its unit: "guard-grace" in ms is ``guard_grace_ms``."""
    unit = parameter.unit
    letters = re.sub("[^a-z0-9]+", "_", unit.lower()).strip("_")
    return parameter.id.replace("-", "_") + ENDINGS.get(unit, f"_{letters}" if letters else "")


class Settable(Protocol):
    """Something with knobs: it has a value for each parameter, by id."""

    def value(self, id: str) -> float:
        """Return the value of a parameter."""

    def set(self, id: str, value: float) -> None:
        """Set a parameter."""


class Knob:
    """A parameter as an attribute: ``gate.threshold_db = -45`` checks the range and acts at once."""

    def __init__(self, parameter: Parameter) -> None:
        self.parameter = parameter
        self.__doc__ = parameter.sentence

    def __set_name__(self, owner: type, name: str) -> None:
        """Check the one way of naming: the parameter's id, and its unit."""
        expected = attribute(self.parameter)
        assert name == expected, f"{name}: expected {expected}"

    @overload
    def __get__(self, holder: None, owner: type) -> Self: ...
    @overload
    def __get__(self, holder: Settable, owner: type) -> float: ...
    def __get__(self, holder: Settable | None, owner: type) -> Self | float:
        """Return the value; of the class, the knob itself."""
        return self if holder is None else holder.value(self.parameter.id)

    def __set__(self, holder: Settable, value: float) -> None:
        """Set the parameter, as ``set`` of the object does."""
        holder.set(self.parameter.id, self.number(value))

    def number(self, value: Any) -> float:
        """Return the parameter's number for a value of the attribute."""
        number: float = value
        return number


class Choice(Knob):
    """A parameter whose values are words, as an attribute: ``gate.guard = "speech"``."""

    @overload  # type: ignore[override]
    def __get__(self, holder: None, owner: type) -> Self: ...
    @overload
    def __get__(self, holder: Settable, owner: type) -> str: ...
    def __get__(self, holder: Settable | None, owner: type) -> Self | str:
        """Return the word; of the class, the knob itself."""
        return self if holder is None else self.parameter.words[int(holder.value(self.parameter.id))]

    def __set__(self, holder: Settable, value: str) -> None:  # type: ignore[override]
        """Set the parameter by its word.

        Raises:
            ValueError: the text is none of the words.
        """
        holder.set(self.parameter.id, self.number(value))

    def number(self, value: Any) -> float:
        """Return the number of a word.

        Raises:
            ValueError: the text is none of the words.
        """
        if value not in self.parameter.words:
            raise ValueError(f"{self.parameter.expected}, got {value!r}; choose one")
        return float(self.parameter.words.index(value))


def knobs(kind: type) -> dict[str, Knob]:
    """Return the knobs of a class and of those that it is made from, by attribute, the oldest first."""
    found: dict[str, Knob] = {}
    for one in reversed(kind.__mro__):
        found |= {name: value for name, value in vars(one).items() if isinstance(value, Knob)}
    return found


def numbers(kind: type, given: Mapping[str, Any]) -> dict[str, float]:
    """Return numbers by parameter id, of keywords that are named as the knobs of a class are; None is left out.

    Raises:
        TypeError: a keyword is none of its knobs.
        ValueError: a choice has no such word. Numbers are not checked.
    """
    known, found = knobs(kind), dict[str, float]()
    for name, value in given.items():
        if name not in known:
            expected = f"one of {', '.join(known)}" if known else "none"
            raise TypeError(f"{kind.__name__} has no {name!r}: expected {expected}; check the spelling")
        if value is not None:
            found[known[name].parameter.id] = known[name].number(value)
    return found
