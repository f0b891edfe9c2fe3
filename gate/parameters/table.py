"""The one table of what a user can set on a gate; command line, session files, presets, panel and MIDI read it.

A new knob is a row of ``GateKnobs``, and the line that reads its field of the engine's record
(``gate.realtime.record.KNOB_FIELDS``).
"""

from typing import Any

from gate.parameters.knob import Choice, Knob, Parameter, knobs, numbers


class GateKnobs:
    """The knobs of a gate: each is an attribute of whatever is set as a gate is."""

    threshold_db = Knob(Parameter(
        "threshold", "Threshold", "dBFS", -80.0, 0.0, None, "linear", True,
        "the 5 ms level of the loudest channel from which a wanted sound opens the gate",
    ))  # fmt: skip
    range_db = Knob(Parameter(
        "range", "Range", "dB", -120.0, 0.0, None, "linear", True,
        "gain of the shut gate: -inf is silence, 0 changes nothing", smoothing_ms=1.0, silence=True,
    ))  # fmt: skip
    lookahead_ms = Knob(Parameter(
        "lookahead", "Lookahead", "ms", 0.0, 20.0, 0.0, "linear", False,
        "delay of the sound against the decisions, so that the gate opens before the onset",
    ))  # fmt: skip
    link = Knob(Parameter(
        "link", "Link", "", 0.0, 1.0, 1.0, "switch", False,
        "on: one decision for all channels, by the loudest; off: one for each channel",
    ))  # fmt: skip
    guard = Choice(Parameter(
        "guard", "Guard", "", 0.0, 2.0, 0.0, "choice", True,
        "shut an open gate again when there is no speech (speech), or when it is surely music (not-music); off: never",
        ("off", "speech", "not-music"),
    ))  # fmt: skip
    guard_grace_ms = Knob(Parameter(
        "guard-grace", "Guard's grace", "ms", 100.0, 2000.0, 350.0, "linear", True,
        "how long the gate may be open before the guard has to hear its class",
    ))  # fmt: skip
    attack_scale = Knob(Parameter(
        "attack-scale", "Attack, scaled", "x", 0.25, 4.0, 1.0, "log", True,
        "factor on the learned attack time; 1 leaves it", overrides=True,
    ))  # fmt: skip
    hold_scale = Knob(Parameter(
        "hold-scale", "Hold, scaled", "x", 0.25, 4.0, 1.0, "log", True,
        "factor on the learned hold time; 1 leaves it", overrides=True,
    ))  # fmt: skip
    release_scale = Knob(Parameter(
        "release-scale", "Release, scaled", "x", 0.25, 4.0, 1.0, "log", True,
        "factor on the learned release time; 1 leaves it", overrides=True,
    ))  # fmt: skip
    key_low_hz = Knob(Parameter(
        "key-low", "Key, from", "Hz", 20.0, 20_000.0, 20.0, "log", True,
        "lowest frequency that may open the gate: only level between key-low and key-high counts", overrides=True,
    ))  # fmt: skip
    key_high_hz = Knob(Parameter(
        "key-high", "Key, to", "Hz", 20.0, 20_000.0, 20_000.0, "log", True,
        "highest frequency that may open the gate", overrides=True,
    ))  # fmt: skip


BYPASS = Parameter(
    "bypass", "Bypass", "", 0.0, 1.0, 0.0, "switch", True,
    "hear the gate's input, as late as its output; the gate keeps listening", smoothing_ms=10.0,
)  # fmt: skip
"""Parameter that every slot has; the gate's own is in its table."""

PARAMETERS = (*(knob.parameter for knob in knobs(GateKnobs).values()), BYPASS)
"""All parameters of a gate, in the order a panel shows them."""

BY_ID = {parameter.id: parameter for parameter in PARAMETERS}
"""The same parameters by id."""

FOLLOWS = tuple(parameter.id for parameter in PARAMETERS if parameter.default is None)
"""Parameters that follow the preset until somebody sets them."""

OVERRIDES = tuple(parameter.id for parameter in PARAMETERS if parameter.overrides)
"""Parameters that override what a model has learned."""


def default(id: str) -> float:
    """Return the default of a parameter whose default the table gives."""
    value = BY_ID[id].default
    assert value is not None, f"{id} has no default of its own"
    return value


class GateValues(GateKnobs):
    """Values for the knobs of a gate: checked, never changed, passed on as keywords: ``Gate("voice", **values)``."""

    def __init__(self, **values: float | str | None) -> None:
        """Take values by attribute; what is None or left out is the model's own, or the table's default.

        Raises:
            TypeError: a gate has no such knob.
            ValueError: a value is out of its range.
        """
        given = numbers(GateKnobs, values)
        self._values = {id: BY_ID[id].check(number) for id, number in given.items()}

    def value(self, id: str) -> float:
        """Return a parameter's value, or its default.

        Raises:
            KeyError: it was not given, and its default is the model's.
        """
        return self._values[id] if id in self._values or id in FOLLOWS else default(id)

    def set(self, id: str, value: float) -> None:
        """Refuse to change.

        Raises:
            TypeError: always.
        """
        raise TypeError(f"expected values that stay, got {id} = {value:g} to set; make others with ``but``")

    def but(self, **values: float | str | None) -> "GateValues":
        """Return these values with others in place of some."""
        return GateValues(**{**self, **values})

    def __contains__(self, name: str) -> bool:
        """Tell whether an attribute was given."""
        return name in self.keys()

    def keys(self) -> list[str]:
        """Return the attributes that were given."""
        return [name for name, knob in knobs(GateKnobs).items() if knob.parameter.id in self._values]

    def __getitem__(self, name: str) -> Any:
        """Return the value of an attribute; of a choice its word."""
        return getattr(self, name)

    def __eq__(self, other: object) -> bool:
        """Tell whether the same was given."""
        return isinstance(other, GateValues) and self._values == other._values

    def __hash__(self) -> int:
        """Return a number that is the same for the same values."""
        return hash(tuple(sorted(self._values.items())))

    def __repr__(self) -> str:
        """Return these values as one would write them."""
        return f"GateValues({', '.join(f'{name}={self[name]!r}' for name in self.keys())})"

    def __str__(self) -> str:
        """Return what is not as learned, for people: "attack-scale x0.50, hold-scale x2.00"; empty if everything is."""
        changed = {id: self.value(id) for id in OVERRIDES if self.value(id) != BY_ID[id].default}
        return ", ".join(f"{id} {BY_ID[id].text(value)}" for id, value in changed.items())
