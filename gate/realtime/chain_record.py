"""The flat record of a chain: two orders of slots, of which one is heard, and how far the change to the other is."""

from typing import Any

from numpy.typing import NDArray

from gate.realtime.record import Field, aligned, layout

MOST_SLOTS = 32
"""Most slots of a chain."""

FIELDS = (
    # -- what is asked for by whoever changes the chain
    Field("wanted", "i8", (), "user", "0 or 1: the order that should be heard"),
    Field("before", "i8", (), "user", "slots at the beginning that both orders share"),
    Field("behind", "i8", (), "user", "slots at the end that both orders share"),
    Field("counts", "i8", (2,), "user", "slots in each order; the one not in use may change"),
    Field("slots", "i8", (2, MOST_SLOTS), "user", "addresses of their records, in the order of sound"),
    Field("latency", "i8", (2,), "user", "frames by which each order is late: the sum of its slots' delays"),
    Field("listen_frames", "i8", (), "user", "how long fresh slots listen before they are faded in"),
    # -- what the caller of the chain gives with each call
    Field(
        "key_at",
        "i8",
        (),
        "caller",
        "external key, [frame][key_channels] in the sound's own type; 0: there is none",
    ),
    # -- state
    Field("current", "i8", (), "engine", "the order that is heard"),
    Field(
        "change_left", "i8", (), "engine", "frames until the other is heard alone; 0: no change is under way"
    ),
    Field("position", "i8", (), "engine", "frames processed"),
    Field(
        "late_same",
        "i8",
        (),
        "engine",
        "1: in the newest piece of a call the late input was the input itself, and is not in ``late_at``",
    ),
    Field("code", "i8", (), "engine", "which sources the running code was compiled from"),
    # -- shape
    Field("channels", "i8", (), "setup", "of the sound"),
    Field("key_channels", "i8", (), "setup", "of the external key; 0: nothing in the chain listens to one"),
    Field(
        "key_here_at",
        "i8",
        (),
        "setup",
        "[most_frames][key_channels]: the key, as late as the sound at that slot",
    ),
    Field("key_other_at", "i8", (), "setup", "the same in the other order"),
    Field("most_frames", "i8", (), "setup", "longer calls are cut to this"),
    Field("fade_frames", "i8", (), "setup", "length of every fade"),
    Field(
        "other_at",
        "i8",
        (),
        "setup",
        "[most_frames][channel] in the sound's own type: the other order's sound",
    ),
    Field("dry_at", "i8", (), "setup", "[most_frames][channel]: a slot's input"),
    Field(
        "late_at",
        "i8",
        (),
        "setup",
        "[most_frames][channel]: the input, as late as the output; 0: nobody asks for it",
    ),
)
"""The record, field by field. "engine" is the chain's compiled function, "user" ``gate.chain.stream``."""

CHAIN_RECORD = layout(FIELDS)
"""The record's type."""


def make() -> NDArray[Any]:
    """Return a record full of zeros: a (1,) array of ``CHAIN_RECORD``."""
    return aligned(1, CHAIN_RECORD)
