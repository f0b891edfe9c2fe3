"""A real loopback: a sweep goes out of one device and is heard by another, both in one PortAudio stream.

PortAudio is asked for buffers of whatever size the driver has (block size 0): a fixed size would add a buffer of its
own. What it says of its latency, in and out, is the software's share of the round trip; the rest is converters, cables,
air.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks import roundtrip
from benchmarks.errors import BenchError
from benchmarks.machine import spread

LEAD_S = 0.3
"""Silence before the first sweep, in which a device wakes up."""
TAIL_S = 1.0
"""Silence after each sweep: the longest round trip that can be measured."""
PATIENCE_S = 10.0
"""How much longer than the sound the stream may take."""


@dataclass
class Tape:
    """A tape that the callback plays from and records to; the callback's thread alone moves ``at``.

    Attributes:
        sound: (n,) float32 to play.
        heard: (n,) float32, filled alongside.
        running: set by another thread when the loop is closed; silence is played until then.
        at: samples done.
        status: PortAudio's complaints since ``running``, by name.
        buffers: sizes of host buffers seen since ``running``, smallest and largest.
    """

    sound: NDArray[np.float32]
    heard: NDArray[np.float32]
    running: bool = False
    at: int = 0
    status: dict[str, int] = field(default_factory=dict)
    buffers: tuple[int, int] = (0, 0)

    def turn(self, heard: NDArray[np.float32], out: NDArray[np.float32], status: Any) -> bool:
        """Do one callback, (frames, 1) in and out; return whether it is the last."""
        out[:] = 0.0
        if not self.running:
            return False
        frames = len(out)
        low, high = self.buffers
        self.buffers = (min(low or frames, frames), max(high, frames))
        for name in ("input_overflow", "input_underflow", "output_overflow", "output_underflow"):
            if getattr(status, name, False):
                self.status[name] = self.status.get(name, 0) + 1
        count = min(frames, len(self.sound) - self.at)
        out[:count, 0] = self.sound[self.at : self.at + count]
        self.heard[self.at : self.at + count] = heard[:count, 0]
        self.at += count
        return self.at == len(self.sound)


def tape(rate_hz: int, repeats: int) -> tuple[Tape, NDArray[np.float32], list[int]]:
    """Make a tape with so many sweeps; return it, the sweep, and the sample at which each begins."""
    played = roundtrip.sweep(rate_hz)
    lead, each = round(LEAD_S * rate_hz), len(played) + round(TAIL_S * rate_hz)
    sound = np.zeros(lead + repeats * each, np.float32)
    begins = [lead + k * each for k in range(repeats)]
    for begin in begins:
        sound[begin : begin + len(played)] = played
    return Tape(sound, np.zeros_like(sound)), played, begins


def measure(
    *,
    rate_hz: int | None,
    input_device: str | int | None,
    output_device: str | int | None,
    repeats: int,
    latency: str | float = "low",
    closed: Callable[[], None] = lambda: None,
) -> dict[str, Any]:
    """Measure the round trip of a loop, ``repeats`` times in one stream.

    Args:
        rate_hz: None takes the input device's own.
        input_device: number, or part of a name; None is the system's default.
        output_device: the same.
        repeats: sweeps, one after the other.
        latency: what PortAudio is asked for: "low", "high" or seconds.
        closed: called once the stream runs and before the first sweep: may connect what has to be connected.

    Raises:
        BenchError: there is no such device, it cannot do that, or no sweep came back.
        ModuleNotFoundError: sounddevice is not installed.
    """
    sd = _sounddevice()
    try:
        rate_hz = rate_hz or int(sd.query_devices(input_device, "input")["default_samplerate"])
        made, played, begins = tape(rate_hz, repeats)
        done = threading.Event()

        def callback(heard: Any, out: Any, _frames: int, _time: Any, status: Any) -> None:
            if made.turn(heard, out, status):
                raise sd.CallbackStop

        with sd.Stream(
            samplerate=rate_hz,
            blocksize=0,
            device=(input_device, output_device),
            channels=1,
            dtype="float32",
            latency=latency,
            callback=callback,
            finished_callback=done.set,
        ) as stream:
            closed()
            made.running = True
            done.wait(len(made.sound) / rate_hz + PATIENCE_S)
            reported_s = stream.latency
            names = [sd.query_devices(one)["name"] for one in stream.device]
    except (sd.PortAudioError, ValueError) as error:
        raise BenchError(
            f"expected an input and an output that can be opened together, got: {error}; there are: {_devices(sd)}"
        ) from error
    if made.at < len(made.sound):
        raise BenchError(
            f"expected {len(made.sound)} samples to be played, got {made.at} before time was up; check the device"
        )
    return {
        "rate_hz": rate_hz,
        "devices": names,
        "asked_latency": latency,
        "host_buffers": list(made.buffers),
        "complaints": made.status,
        **result(made.heard, played, begins, reported_s[0] * rate_hz, reported_s[1] * rate_hz),
    }


def result(
    heard: NDArray[np.float32],
    played: NDArray[np.float32],
    begins: list[int],
    input_samples: float,
    output_samples: float,
) -> dict[str, Any]:
    """Return each sweep's round trip, and what they come to.

    Args:
        heard: (n,) from the stream's first sample on.
        played: (m,) the sweep.
        begins: sample at which each sweep began to be played.
        input_samples: the input's latency, as PortAudio reports it.
        output_samples: the output's.

    Raises:
        NothingHeard, NotThatSound: no sweep came back; of the first one.
    """
    arrivals, lost = [], []
    for k, begin in enumerate(begins):
        end = begins[k + 1] if k + 1 < len(begins) else len(heard)
        try:
            arrivals.append(roundtrip.find(played, heard[begin:end]))
        except BenchError as error:
            lost.append(error)
    if not arrivals:
        raise lost[0]
    trips = spread([found.delay_samples for found in arrivals])
    software = input_samples + output_samples
    return {
        "round_trip_samples": trips,
        "each_samples": [found.delay_samples for found in arrivals],
        "software_samples": {"input": input_samples, "output": output_samples, "both": software},
        "hardware_samples": trips["median"] - software,
        "gain_db": float(np.median([found.gain_db for found in arrivals])),
        "snr_db": float(min(found.snr_db for found in arrivals)),
        "inverted": arrivals[0].inverted,
        "clipped_samples": sum(found.clipped_samples for found in arrivals),
        "lost": len(lost),
    }


def _sounddevice() -> Any:
    """Return the module sounddevice, if PortAudio is there."""
    try:
        import sounddevice
    except OSError as error:  # the wheel is there, the system's library is not
        raise BenchError(
            f"expected PortAudio, got: {error}; install your system's package (libportaudio2)"
        ) from error
    return sounddevice


def _devices(sd: Any) -> str:
    """List every device by number and name, in one line."""
    found = [
        f"{k} {one['name']} ({one['max_input_channels']} in, {one['max_output_channels']} out)"
        for k, one in enumerate(sd.query_devices())
    ]
    return "; ".join(found) or "no devices"
