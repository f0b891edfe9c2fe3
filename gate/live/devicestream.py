"""A source on devices: a supervised stream on JACK or PortAudio, for the channels that the gate hears and plays."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from gate.live.player import Player, Shape
from gate.live.source import Make, Source
from gate.session.choices import Devices

if TYPE_CHECKING:
    from gate.soundsystem.supervisor import Supervisor

COUNTS = ("reopened", "stalls", "lost_s")
"""Counts of interruptions that a supervisor has."""


class DeviceStream(Source):
    """A source that plays from device to device until it is stopped; a lost stream is opened again."""

    def __init__(self, devices: Devices) -> None:
        """Open nothing yet.

        Args:
            devices: by number or part of a name.
        """
        super().__init__()
        self._devices = devices
        self._supervisor: Supervisor | None = None
        self._failure: BaseException | None = None

    def start(self, make: Make, tell: Callable[[str], None]) -> None:
        """Open the devices.

        Raises:
            SoundDeviceError: there are no such devices, or they cannot be opened.
        """
        from gate.soundsystem.devices import resolve_pair
        from gate.soundsystem.supervisor import Supervisor

        devices = self._devices
        source, sink = resolve_pair(devices.input, devices.output)
        key = devices.key
        # the sound's channels end where the key's begin, unless the user asks for more
        first = min(key, default=source.inputs)
        channels = devices.channels or max(min(source.inputs, sink.outputs, 2, first), 1)
        inputs = Shape(0, channels, 0, key).in_channels
        wide = channels if devices.channels or channels != 1 else min(sink.outputs, 2)

        def factory(rate: int, _inputs: int, outputs: int) -> Player:
            shape = Shape(rate, channels, outputs, key)
            self.players.append(make(shape, np.float32, fades=True, by_itself=bool(self.players)))
            return self.players[-1]

        supervisor = Supervisor(
            str(source.number), str(sink.number), devices.rate, inputs, wide, factory,
            on_event=lambda event: tell(event.text),
        )  # fmt: skip
        supervisor.start()
        self._supervisor = supervisor

    def stop(self) -> bool:
        """Close the stream; return False where the sound system does not answer, or the stream had failed."""
        supervisor = self._supervisor
        if supervisor is None:
            return True
        self._failure = self.failure
        try:
            return supervisor.stop() and self._failure is None
        except BaseException as error:
            if error is not self._failure:
                raise
            return False

    @property
    def devices(self) -> Devices:
        """The devices that were asked for."""
        return self._devices

    @property
    def running(self) -> bool:
        """Will more sound come? Devices run until somebody ends them."""
        return self.failure is None

    @property
    def flowing(self) -> bool:
        """Do buffers come now?"""
        return self._supervisor is not None and self._supervisor.running

    @property
    def failure(self) -> BaseException | None:
        """The error that ended the stream: the player could not be made again."""
        return self._failure or (None if self._supervisor is None else self._supervisor.failure)

    @property
    def delay_frames(self) -> int:
        """Latency of the stream alone, frames, as the sound system says; 0 while there is no stream."""
        now = None if self._supervisor is None else self._supervisor.stream
        return 0 if now is None else now.facts.delay_frames(self.players[-1].newest_frames)

    @property
    def facts(self) -> dict[str, Any]:
        """Facts about the stream; only the interruptions while there is none."""
        supervisor = self._supervisor
        counts: dict[str, Any] = {name: getattr(supervisor, name, 0) for name in COUNTS}
        now = None if supervisor is None else supervisor.stream
        return counts if now is None else now.facts._asdict() | counts
