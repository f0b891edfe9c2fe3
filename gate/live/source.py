"""The face of every source of live sound: files, devices or silence, whichever of them a gate plays."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, Protocol

from gate.closing import Closes
from gate.live.player import Player, Shape
from gate.session.choices import Devices


class Make(Protocol):
    """How a source gets a player for its sound."""

    def __call__(self, shape: Shape, dtype: Any, *, fades: bool, by_itself: bool = False) -> Player:
        """Make a player for a shape.

        Args:
            shape: rate and channels.
            dtype: of the sound.
            fades: does the sound fade in?
            by_itself: nobody asked for this shape; then a slot that cannot take it is left out, for the sound's sake.

        Raises:
            GateError, ValueError: it cannot be had.
        """


class Source(Closes, ABC):
    """Where a gate's sound comes from and goes to. One that was stopped stays stopped.

    Attributes:
        players: those that it made, oldest first; whoever stops it closes them once no stream calls them.
        fades: does its sound fade in at the beginning and out at the end?
    """

    fades = True

    def __init__(self) -> None:
        self.players: list[Player] = []

    @abstractmethod
    def start(self, make: Make, tell: Callable[[str], None]) -> None:
        """Begin to play.

        Args:
            make: makes the player, now, and again for another shape.
            tell: told what happens, a sentence each, from any thread.

        Raises:
            GateError, ValueError: it cannot be played; nothing plays then.
        """

    @abstractmethod
    def stop(self) -> bool:
        """End it and let go of what it holds; may be called twice. What went wrong is ``failure``.

        Returns:
            False where the sound system does not answer and may still call the players.
        """

    def close(self) -> None:
        """Stop."""
        self.stop()

    @property
    def devices(self) -> Devices | None:
        """The devices that were asked for; None where no device plays."""
        return None

    @property
    @abstractmethod
    def running(self) -> bool:
        """Is there more to come?"""

    @property
    def flowing(self) -> bool:
        """Do buffers come just now?"""
        return self.running

    @property
    @abstractmethod
    def failure(self) -> BaseException | None:
        """What ended it, where nobody asked for that."""

    @property
    def delay_frames(self) -> int:
        """How late it is by itself, from its output back to its input, in frames."""
        return 0

    @property
    @abstractmethod
    def facts(self) -> dict[str, Any]:
        """What there is to say about it: names, latencies in frames, whether its callback is native, interruptions."""
