"""The presets that the panel offers."""

from gate.errors import GateError
from gate.modelfile.preset import hidden, names, resolve


def presets() -> list[tuple[str, str]]:
    """Return gates by name, hidden namesakes by their place, each with what the gate was taught.

    A preset that cannot be read says why when somebody chooses that preset.
    """
    found = []
    for wish in (*names("gate"), *map(str, hidden("gate"))):
        try:
            found.append((wish, resolve(wish, "gate", lambda sentence: None).contract.taught))
        except GateError:
            found.append((wish, ""))
    return found
