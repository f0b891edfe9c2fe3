"""A plugin that is open for a sound: its format, its record in memory, its compiled function."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gate.constants import MAX_CHANNELS, RATE_RANGE_HZ
from gate.realtime import slot_record
from gate.realtime.record import aligned


@dataclass(frozen=True)
class Format:
    """The sound that a plugin is opened for.

    Attributes:
        rate: Hz, whole, 8000 to 192000.
        channels: 1 to 32.
        dtype: float32 or float64.
        frames: of every call, where they are all the same; None: any number. A plugin that works in blocks delays less
            if it knows.
        offline: a file, not a stream: a plugin may then be later, and decide better.
        key_channels: of an external key beside the sound, 0 to 32; 0: there is none.
        by_block: parameters may have other values from block to block, so nothing may decide for several at once.
    """

    rate: int
    channels: int
    dtype: np.dtype[Any]
    frames: int | None = None
    offline: bool = False
    by_block: bool = False
    key_channels: int = 0

    def __post_init__(self) -> None:
        """Check all of the format."""
        low, high = RATE_RANGE_HZ
        if self.rate != int(self.rate) or not low <= self.rate <= high:
            raise ValueError(
                f"a sound at {self.rate} Hz: expected a whole rate from {low} to {high} Hz; resample it first"
            )
        if not 1 <= self.channels <= MAX_CHANNELS:
            raise ValueError(f"{self.channels} channels: expected 1 to {MAX_CHANNELS}; split the sound")
        if not 0 <= self.key_channels <= MAX_CHANNELS:
            raise ValueError(
                f"a key of {self.key_channels} channels: expected 1 to {MAX_CHANNELS}; choose some of them"
            )
        if self.dtype not in (np.float32, np.float64):
            raise TypeError(f"sound of {self.dtype}: expected float32 or float64; convert it first")
        if self.frames is not None and self.frames < 1:
            raise ValueError(f"calls of {self.frames} frames: expected 1 or more; give None for any number")


class Running:
    """A plugin at work on one sound, in one slot.

    Attributes:
        record: the plugin's flat record, shape (1,).
        function: address of its compiled function.
        latency_samples: by which its sound comes later, host samples.
        slot: the record of its slot (``gate.realtime.slot_record``).
        format: the sound it was opened for.
        most_frames: callers in Python give at most so many frames between two calls of ``wait``; None: any number.
    """

    most_frames: int | None = None

    def __init__(
        self,
        format: Format,
        record: NDArray[Any],
        function: int,
        *,
        latency_samples: int = 0,
        bypassed: bool = False,
        key_into: int = 0,
    ) -> None:
        self.format, self.record, self.function = format, record, function
        self.latency_samples = latency_samples
        self.slot = slot_record.make()
        widths = (format.channels, format.channels, format.key_channels)
        self._rings = [aligned(latency_samples * width, format.dtype) for width in widths]
        self._gone: list[Callable[[Running], None]] = []
        self._stale: list[Callable[[Running], None]] = []
        for name, value in (
            ("function", function),
            ("plugin", self.address),
            ("delay", latency_samples),
            ("ring_at", self._rings[0].ctypes.data),
            ("late_at", self._rings[1].ctypes.data),
            ("key_ring_at", self._rings[2].ctypes.data),
            ("key_into", key_into),
        ):
            self.slot[name] = value
        self.bypass(bypassed)
        self.slot["share"] = 0.0 if bypassed else 1.0

    @property
    def address(self) -> int:
        """Address of the plugin's record, for compiled code."""
        return int(self.record.ctypes.data)

    @property
    def slot_address(self) -> int:
        """Address of the slot's record, for compiled code."""
        return int(self.slot.ctypes.data)

    def bypass(self, on: bool) -> None:
        """Hear the input instead of the output, as late as that; acts from the next call, with a fade."""
        self.slot["bypass"] = int(on)

    def set(self, id: str, value: float) -> bool:
        """Set a parameter, checked already, from the next call on; return False if only a fresh object can take it."""
        self.record[id.replace("-", "_")] = value
        return True

    @property
    def trouble(self) -> str:
        """What is wrong with the plugin, one sentence for people; empty when all is well."""
        return ""

    def wait(self) -> None:
        """Wait until what works beside the sound has caught up; for Python, before a call. Never on an audio thread.

        Raises:
            GateError: offline: that will never be.
        """

    def tend(self) -> None:
        """Look after what works beside the sound, without waiting; called now and then, never on an audio thread."""

    def when_stale(self, tell: Callable[["Running"], None]) -> None:
        """Set what is called with this object when its plugin was set to what only a fresh object can take."""
        self._stale.append(tell)

    def renew(self) -> None:
        """Have a fresh object take this one's place.

        Raises:
            ValueError: this object is in no stream, so nobody could do that.
            GateError: no fresh object can be made.
        """
        if not self._stale:
            raise ValueError(
                "expected a plugin in a stream, got one opened by itself; open it again to set this"
            )
        for tell in self._stale:
            tell(self)

    def when_closed(self, tell: Callable[["Running"], None]) -> None:
        """Set what is called with this object when it closes."""
        self._gone.append(tell)

    def reset(self) -> None:
        """Go back to the start; parameters stay. Not while its function runs."""
        for ring in self._rings:
            ring[:] = 0
        self.slot["ring_next"] = self.slot["late_next"] = self.slot["key_next"] = 0
        self.slot["share"] = 0.0 if self.slot["bypass"][0] else 1.0
        self._reset()

    def close(self) -> None:
        """Release everything; may be called twice. Not while its function runs."""
        for tell in self._gone:
            tell(self)
        self._gone.clear()
        self._close()

    def _reset(self) -> None:
        """Reset the plugin's own part."""

    def _close(self) -> None:
        """Release the plugin's own part."""
