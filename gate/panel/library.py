"""The presets that the panel offers."""

from gate.errors import GateError
from gate.modelfile.preset import hidden, names, resolve


def presets() -> list[tuple[str, str]]:
    """Gates that have names, and those that others of their name hide, by their place; and what they were taught.

    One that cannot be read says why when it is chosen.
    """
    found = []
    for wish in (*names("gate"), *map(str, hidden("gate"))):
        try:
            found.append((wish, resolve(wish, "gate", lambda sentence: None).contract.taught))
        except GateError:
            found.append((wish, ""))
    return found
