"""Choices of a live gate that a command line needs before anything is loaded."""

from dataclasses import dataclass

from gate.constants import MAX_CHANNELS
from gate.errors import UsageError

MONITORS = ("out", "in", "removed")
"""Signals to hear: the gate's output, its input, and what the gate takes away. Values of ``monitor``: 0, 1, 2."""

FILE = "file:"
"""Prefix of the name of a device that is a file."""

HOST_BUFFER = 100
"""Frames in a host buffer of a file, unless the user gives another number: one block at 48 kHz."""


@dataclass(frozen=True)
class Devices:
    """The devices that sound comes from and goes to.

    ``input`` and ``output``: by number or part of a name, None for the default; ``rate`` in Hz and ``channels``: None for
    the devices' own.

    ``key_channels``: channels of the input that are an external key, from 1, such as "3,4"; None: there is none.
    """

    input: str | None = None
    output: str | None = None
    rate: int | None = None
    channels: int | None = None
    key_channels: str | None = None

    @property
    def key(self) -> tuple[int, ...]:
        """Channels of the external key as numbers from 0.

        Raises:
            UsageError: ``key_channels`` is something else.
        """
        found = [text.strip() for text in (self.key_channels or "").split(",") if text.strip()]
        if (
            not all(text.isdecimal() and 1 <= int(text) <= MAX_CHANNELS for text in found)
            or len(found) > MAX_CHANNELS
        ):
            raise UsageError(
                f"expected numbers of input channels from 1 to {MAX_CHANNELS}, such as 3,4, "
                f"got {self.key_channels!r}; fix it"
            )
        return tuple(int(text) - 1 for text in found)
