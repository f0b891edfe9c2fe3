"""Parameters of what a user can set, the knob that makes an attribute of one, and the one table of the gate's.

May import: nothing.
Runs on: any thread; all of it is values.
"""

from gate.parameters.knob import Choice, Knob, Parameter, Taper, attribute, knobs, numbers
from gate.parameters.table import (
    BY_ID,
    BYPASS,
    FOLLOWS,
    OVERRIDES,
    PARAMETERS,
    GateKnobs,
    GateValues,
    default,
)

__all__ = [
    "BYPASS", "BY_ID", "FOLLOWS", "OVERRIDES", "PARAMETERS", "Choice", "GateKnobs", "GateValues", "Knob", "Parameter",
    "Taper", "attribute", "default", "knobs", "numbers",
]  # fmt: skip
