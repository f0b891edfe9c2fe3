"""The interface of every source of live sound: files, devices or silence, whichever of them a gate plays."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, Protocol

from gate.closing import Closes
from gate.live.player import Player, Shape
from gate.session.choices import Devices


class Make(Protocol):
    """A function that makes a player for a source's sound."""

    def __call__(self, shape: Shape, dtype: Any, *, fades: bool, by_itself: bool = False) -> Player:
        """Make a player for a shape.

        Args:
            shape: rate and channels.
            dtype: of the sound.
            fades: does the sound fade in?
            by_itself: nobody asked for this shape; then a slot that cannot take it is left out, so that there is sound.

        Raises:
            GateError, ValueError: the player cannot be made.
        """


class Source(Closes, ABC):
    """A source and target of a gate's sound. One that was stopped stays stopped.

    Attributes:
        players: those that it made, oldest first; the caller of ``stop`` closes them once no stream calls them.
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
            tell: called with each event, a sentence, from any thread.

        Raises:
            GateError, ValueError: the source cannot be played; nothing plays then.
        """

    @abstractmethod
    def stop(self) -> bool:
        """End the source and free what it holds; may be called twice. An error is in ``failure``.

        Returns:
            False where the sound system does not answer and may still call the players.
        """

    def close(self) -> None:
        """Stop the source."""
        self.stop()

    @property
    def devices(self) -> Devices | None:
        """The devices that were asked for; None where no device plays."""
        return None

    @property
    @abstractmethod
    def running(self) -> bool:
        """Will more sound come?"""

    @property
    def flowing(self) -> bool:
        """Do buffers come now?"""
        return self.running

    @property
    @abstractmethod
    def failure(self) -> BaseException | None:
        """The error that ended the source, where nobody asked for an end."""

    @property
    def delay_frames(self) -> int:
        """Latency of the source alone, from its output back to its input, in frames."""
        return 0

    @property
    @abstractmethod
    def facts(self) -> dict[str, Any]:
        """Facts about the source: names, latencies in frames, whether its callback is native, interruptions."""
