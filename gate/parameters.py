"""The one table of what a user can set; command line, session files, presets, panel and MIDI read it.

How a value is written, read, and laid along the travel of a knob stands here too, for these parameters and for those of
every plugin (``gate.plugins``).
"""

import math
import re
from dataclasses import dataclass
from typing import Literal

Taper = Literal["linear", "log", "switch", "choice"]

SUFFIXES: dict[str, dict[str, float]] = {
    "dBFS": {"dbfs": 1.0, "db": 1.0},
    "dB": {"db": 1.0},
    "ms": {"ms": 1.0, "s": 1000.0},
    "Hz": {"khz": 1000.0, "hz": 1.0},
    "x": {"x": 1.0},
    "": {},
}
"""What may be written behind a number, in any case, and how many of the parameter's unit it is; by unit.

A unit that is missing here, as a third-party plugin's may be, is written as it is.
"""

ENDINGS = {"dB": "_db", "dBFS": "_db", "ms": "_ms", "Hz": "_hz", "x": "", "": ""}
"""What an attribute's name ends in, by its parameter's unit; other units' letters and digits stand for themselves."""

DIGITS = {"dBFS": 1, "dB": 1, "x": 2}
"""Digits behind the point that are shown; of other units one under ``LONG``, and none from there up."""

LONG = 100.0


@dataclass(frozen=True)
class Parameter:
    """One thing to set.

    Attributes:
        id: stable name, as it stands in presets and session files and in the engine's arguments.
        name: for people.
        unit: of the value, in general a key of ``SUFFIXES``: "x" for a factor, empty for a switch or a choice.
        minimum: lowest value; for a switch or a choice 0.
        maximum: highest value; for a switch 1, for a choice the number of its last word.
        default: None where the model file says.
        taper: how the travel of a knob or a MIDI controller becomes a value: in equal steps, in equal factors (only
            over 0), or by number through ``words``.
        live: does a change act from the next block on, while sound runs? If not, a fresh plugin is faded in for it.
        help: one sentence; the range stands in ``limits``.
        choices: what the whole numbers from 0 mean, for a choice.
        smoothing_ms: the least time in ms in which a change of it reaches the gain or filter that is heard: ramp or time
            constant. 0: it moves decisions alone, and these ramp as always.
        silence: is -inf a value, too?
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

    @property
    def words(self) -> tuple[str, ...]:
        """What the whole numbers from 0 are called; empty where values are numbers."""
        return ("off", "on") if self.taper == "switch" else self.choices

    @property
    def limits(self) -> str:
        """Its range for people: "-120 to 0 dB, or -inf"."""
        if self.words:
            return ", ".join(f"{number} ({word})" for number, word in enumerate(self.words))
        return f"{self.minimum:g} to {self.maximum:g} {self.unit}".rstrip() + (", or -inf" * self.silence)

    @property
    def sentence(self) -> str:
        """Help and range."""
        return self.help if self.words else f"{self.help}; {self.limits}"

    def check(self, value: float) -> float:
        """``value`` as a float.

        Raises:
            ValueError: it is out of range, with expected, got and remedy.
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
        """A value as people read it, with its unit: "-45.0 dBFS", "350 ms", "x0.50", "speech"."""
        if self.words:
            return self.words[int(value)]
        digits = DIGITS.get(self.unit, 1 if abs(value) < LONG else 0)
        number = f"{value:z.{digits}f}"
        return f"x{number}" if self.unit == "x" else f"{number} {self.unit}".rstrip()

    def parse(self, text: str) -> float:
        """The value that a text says: "-45", "-45 dB", "0.35 s", "1.2 kHz", "x0.5", "speech".

        Raises:
            ValueError: it says none, or one out of range.
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
        """The value where a knob stands.

        Args:
            travel: 0 to 1; what lies beyond counts as the nearer end.
            ends: values at 0 and 1, if not the whole range; the first may be the larger one, and -inf where the
                parameter takes it: then only the end itself is silence.
            taper: another curve than its own.

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
        """Where a knob stands for a value, 0 to 1: the inverse of ``at``. Of a value beyond an end, that end."""
        low, high = (max(end, self.minimum) for end in ends or (self.minimum, self.maximum))
        value = min(max(value, min(low, high)), max(low, high))
        if low == high:
            return 0.0
        if (taper or self.taper) == "log":
            return math.log(value / low) / math.log(high / low)
        return (value - low) / (high - low)


PARAMETERS = (
    Parameter(
        "threshold", "Threshold", "dBFS", -80.0, 0.0, None, "linear", True,
        "how loud, as a 5 ms level of its loudest channel, a wanted sound must be to open the gate",
    ),
    Parameter(
        "range", "Range", "dB", -120.0, 0.0, None, "linear", True,
        "gain of the shut gate: -inf is silence, 0 changes nothing", smoothing_ms=1.0, silence=True,
    ),
    Parameter(
        "lookahead", "Lookahead", "ms", 0.0, 20.0, 0.0, "linear", False,
        "delay of the sound against the decisions, so that the gate opens before the onset",
    ),
    Parameter(
        "link", "Link", "", 0.0, 1.0, 1.0, "switch", False,
        "one decision for all channels, by the loudest (on), or each channel its own (off)",
    ),
    Parameter(
        "guard", "Guard", "", 0.0, 2.0, 0.0, "choice", True,
        "shut again what is open without speech (speech), or for what is surely music (not-music), or neither (off)",
        ("off", "speech", "not-music"),
    ),
    Parameter(
        "guard-grace", "Guard's grace", "ms", 100.0, 2000.0, 350.0, "linear", True,
        "how long the gate may be open before the guard has to hear its class",
    ),
    Parameter(
        "attack-scale", "Attack, scaled", "x", 0.25, 4.0, 1.0, "log", True,
        "how many times the learned attack is taken",
    ),
    Parameter(
        "hold-scale", "Hold, scaled", "x", 0.25, 4.0, 1.0, "log", True,
        "how many times the learned hold is taken",
    ),
    Parameter(
        "release-scale", "Release, scaled", "x", 0.25, 4.0, 1.0, "log", True,
        "how many times the learned release is taken",
    ),
    Parameter(
        "key-low", "Key, from", "Hz", 20.0, 20_000.0, 20.0, "log", True,
        "lowest frequency that the key may hear: only bands between the two let level open the gate",
    ),
    Parameter(
        "key-high", "Key, to", "Hz", 20.0, 20_000.0, 20_000.0, "log", True,
        "highest frequency that the key may hear",
    ),
    Parameter(
        "bypass", "Bypass", "", 0.0, 1.0, 0.0, "switch", True,
        "hear what comes into the gate in place of what it gives, as late; it goes on listening", smoothing_ms=10.0,
    ),
)  # fmt: skip
"""All of them, in the order a panel shows them."""

BY_ID = {parameter.id: parameter for parameter in PARAMETERS}
"""The same by id."""

FOLLOWS = tuple(parameter.id for parameter in PARAMETERS if parameter.default is None)
"""Those that follow the preset until somebody sets them."""


def default(id: str) -> float:
    """Where a parameter stands at first, of one that the table says it for."""
    value = BY_ID[id].default
    assert value is not None, f"{id} has no default of its own"
    return value


def attribute(parameter: Parameter) -> str:
    """What a parameter is called where its unit stands in the name: "guard-grace" in ms is ``guard_grace_ms``."""
    unit = parameter.unit
    letters = re.sub("[^a-z0-9]+", "_", unit.lower()).strip("_")
    return parameter.id.replace("-", "_") + ENDINGS.get(unit, f"_{letters}" if letters else "")
