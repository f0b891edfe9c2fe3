"""The sources of a live gate's sound: the one that plays, the change to another, and those that fade out."""

from collections.abc import Callable
from dataclasses import replace
from time import monotonic, sleep
from typing import Any, Literal

from gate.errors import UsageError
from gate.live.devicestream import DeviceStream
from gate.live.player import FADE_S, Player
from gate.live.source import Make, Source
from gate.session.choices import Devices

FADED_S = 0.5
"""How long an end waits for its own fade: as long as the longest host buffers take."""


class Sources:
    """The sources that play, one after another. The methods are called from the thread that owns the gate.

    Attributes:
        now: the source that plays, or None before the first.
        devices: those asked for last, whether they play now or a file plays.
    """

    def __init__(self, make: Make, go_back: Callable[[Player], None], tell: Callable[[str], None]) -> None:
        """Play nothing yet.

        Args:
            make: makes a player, and has the gate heard through it.
            go_back: has the gate heard through an earlier player again.
            tell: called with each event, a sentence, from any thread.
        """
        self._make, self._go_back, self._tell = make, go_back, tell
        self.now: Source | None = None
        self.devices = Devices()
        self._leaving: list[Source] = []
        self._failed: list[Source] = []
        self._stopped: list[Source] = []

    def play(self, source: Source) -> None:
        """Play a source; it begins beside the one that plays, which fades out as the new one fades in.

        Raises:
            GateError, ValueError: the source cannot be played; the sound stays as it was.
        """
        old = self.now
        try:
            source.start(self._make, self._tell)
        except BaseException:
            self._failed.append(source)
            if old is not None and source.players:
                self._go_back(old.players[-1])
            raise
        self.now = source
        if source.devices is not None:
            self.devices = source.devices
        if old is not None:
            old.players[-1].fade_out()
            self._leaving.append(old)

    def set_devices(self, devices: Devices) -> None:
        """Play other devices; where none play, they are stored for later.

        Raises:
            SoundDeviceError: they are not available; the sound stays as it was.
        """
        if self.now is None or self.now.devices is None:
            self.devices = devices
        else:
            self.play(DeviceStream(devices))

    def set_device(self, which: Literal["input", "output"], name: str) -> None:
        """Play another device: opened beside the old one, which fades out as the new one fades in.

        Args:
            which: the direction.
            name: its number or part of its name.

        Raises:
            SoundDeviceError: it is not available; the sound stays as it was.
            UsageError: no device plays.
        """
        if self.now is None or self.now.devices is None:
            raise UsageError("expected sound from a device, got a file; devices change where devices play")
        changed = (
            replace(self.devices, input=name) if which == "input" else replace(self.devices, output=name)
        )
        self.play(DeviceStream(changed))

    @property
    def leaving(self) -> int:
        """How many sources still fade out."""
        return len(self._leaving)

    @property
    def running(self) -> bool:
        """Will more sound come? Devices run until somebody ends them."""
        return self.now is not None and self.now.running

    @property
    def trouble(self) -> str:
        """Why no more sound comes, where nobody asked for that; else ""."""
        failure = None if self.now is None else self.now.failure
        return "" if failure is None else str(failure)

    @property
    def delay_frames(self) -> int:
        """Latency of what plays without the gate, in frames."""
        return 0 if self.now is None else self.now.delay_frames

    @property
    def facts(self) -> dict[str, Any]:
        """Facts about what plays (``Source.facts``)."""
        return {} if self.now is None else self.now.facts

    def tend(self) -> None:
        """Stop and free the sources that have faded out."""
        for old in [one for one in self._leaving if one.players[-1].faded or not one.flowing]:
            self._leaving.remove(old)
            if old.stop():
                _free(old)

    def stop(self) -> None:
        """Fade out, and end all streams; the players stay, for a recorder, until ``close``."""
        now = self.now
        if now is not None and now.fades:
            player = now.players[-1]
            player.fade_out()
            end = monotonic() + FADED_S
            while not player.faded and monotonic() < end and now.flowing:
                sleep(FADE_S)
        ending = [*([] if now is None else [now]), *self._leaving]
        self._leaving = []
        self._stopped += [one for one in ending if one.stop()]
        if all(
            one in self._stopped for one in ending
        ):  # the streams of those that failed are closed, too, by now
            self._stopped += self._failed

    def close(self) -> None:
        """Free the players of all sources that were stopped. A stream that does not answer keeps its own.

        Raises:
            BaseException: the error that had ended the source that played.
        """
        for source in self._stopped:
            _free(source)
        failure = None if self.now is None else self.now.failure
        if failure is not None:
            raise failure


def _free(source: Source) -> None:
    for player in source.players:
        player.close()
