"""The one table of what a user can set; command line, presets, panel and MIDI read it."""

from dataclasses import dataclass
from typing import Literal

import numpy as np


@dataclass(frozen=True)
class Parameter:
    """One thing to set.

    Attributes:
        id: stable name, as it stands in presets and in the engine's arguments.
        name: for people.
        unit: of the value; empty for a switch.
        minimum: lowest value; a control at its lowest end may mean more (see ``help``).
        maximum: highest value.
        default: None where the model file says.
        taper: how a knob or a MIDI controller maps its travel to values; a choice goes through ``choices`` by number.
        live: may it change while sound runs?
        help: one sentence, unit included.
        choices: what the whole numbers from 0 mean, for a choice.
    """

    id: str
    name: str
    unit: str
    minimum: float
    maximum: float
    default: float | None
    taper: Literal["linear", "switch", "choice"]
    live: bool
    help: str
    choices: tuple[str, ...] = ()

    def check(self, value: float) -> float:
        """``value`` as a float.

        Raises:
            ValueError: it is out of range, with expected, got and remedy.
        """
        value = float(value)
        if self.id == "range" and value == -np.inf:
            return value
        if self.choices and value in range(len(self.choices)):
            return value
        if self.choices or not self.minimum <= value <= self.maximum:
            also = ", or -inf" if self.id == "range" else ""
            raise ValueError(
                f"{self.id} {value:g} {self.unit} is out of range: "
                f"give {self.minimum:g} to {self.maximum:g} {self.unit}{also}"
            )
        return value


PARAMETERS = (
    Parameter(
        "threshold", "Threshold", "dBFS", -80.0, 0.0, None, "linear", True,
        "how loud, in dBFS (5 ms level), a wanted sound must be to open the gate; -80 to 0",
    ),
    Parameter(
        "range", "Range", "dB", -120.0, 0.0, None, "linear", True,
        "gain of the shut gate in dB, -120 to 0; -inf is silence; 0 changes nothing",
    ),
    Parameter(
        "lookahead", "Lookahead", "ms", 0.0, 20.0, 0.0, "linear", False,
        "delay of the sound against the decisions in ms, 0 to 20, so that the gate opens before the onset",
    ),
    Parameter(
        "link", "Link", "", 0.0, 1.0, 1.0, "switch", False,
        "one decision for all channels (on), or each channel its own (off)",
    ),
    Parameter(
        "guard", "Guard", "", 0.0, 2.0, 0.0, "choice", True,
        "shut again what is open without speech (speech), or for what is surely music (not-music), or neither (off)",
        ("off", "speech", "not-music"),
    ),
    Parameter(
        "guard-grace", "Guard's grace", "ms", 100.0, 2000.0, 350.0, "linear", True,
        "how long in ms the gate may be open before the guard has to hear its class, 100 to 2000",
    ),
)  # fmt: skip
"""All of them, in the order a panel shows them."""

BY_ID = {parameter.id: parameter for parameter in PARAMETERS}
"""The same by id."""
