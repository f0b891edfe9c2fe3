"""The flat record of a slot: which function is called, with what, and how far it is bypassed."""

from typing import Any

from numpy.typing import NDArray

from gate.realtime.record import Field, aligned, layout

FIELDS = (
    Field("bypass", "i8", (), "user", "1: what went in is heard, as late as the plugin would give it"),
    Field(
        "share", "f8", (), "engine", "how much of the plugin's output is heard, 0 to 1; the rest is its input"
    ),
    Field("ring_next", "i8", (), "engine", "place in the ring of the oldest sample"),
    Field("late_next", "i8", (), "engine", "the same in the other ring"),
    Field("key_next", "i8", (), "engine", "the same in the key's ring"),
    Field("function", "i8", (), "setup", "address of the plugin's compiled function"),
    Field("plugin", "i8", (), "setup", "address of its record, the function's first argument"),
    Field(
        "key_into",
        "i8",
        (),
        "setup",
        "where its record takes the address of the external key; 0: it takes none",
    ),
    Field("delay", "i8", (), "setup", "frames by which the plugin delays"),
    Field("ring_at", "i8", (), "setup", "[delay][channel] in the sound's own type: the input held back"),
    Field("late_at", "i8", (), "setup", "the same: the chain's input, as late as the sound here, held back"),
    Field(
        "key_ring_at", "i8", (), "setup", "[delay][key channel]: the external key, as late as here, held back"
    ),
)
"""The record, field by field. "engine" is the chain's compiled function."""

SLOT_RECORD = layout(FIELDS)
"""The record's type."""


def make() -> NDArray[Any]:
    """Return a record full of zeros: a (1,) array of ``SLOT_RECORD``."""
    return aligned(1, SLOT_RECORD)
