"""One stream through PortAudio, for every sound system but JACK.

The block size is 0: PortAudio hands over whatever the driver does. Asking for a size makes it queue, which costs up to a
whole block (PortAudio issue 1007). PortAudio calls the compiled function itself; sounddevice only passes its
address on, through ``_StreamBase``, which is documented for libraries but begins with an underscore: where that
fails, an ordinary Python callback does the work.

Everything here belongs on the thread of ``gate.soundsystem.thread``; ``active`` only reads memory.
"""

from typing import Any

from gate.errors import SoundDeviceError
from gate.soundsystem import portaudio_library as port_library
from gate.soundsystem.port import Port
from gate.soundsystem.quiet import quiet

RATES_HZ = (8000, 16000, 22050, 32000, 44100, 48000, 88200, 96000, 176400, 192000)
"""Rates that are tried when one is refused, to say which would do."""

LATENCY = "low"
"""The latency to ask for, of the two that each device suggests to PortAudio."""


class PortStream(Port):
    """A PortAudio stream; ``start`` opens it and lets sound through.

    Args:
        host_api: as PortAudio calls it.
        source: PortAudio's name of the device to hear.
        sink: of the device to play to.
        rate_hz: None takes the source's own, or the sink's where the two agree only on that.
        inputs: channels to take, 1 or more.
        outputs: channels to give, 1 or more.
        native: try the compiled callback.

    Raises:
        SoundDeviceError: a device is not there, or has not that many channels, or not that rate.
    """

    def __init__(
        self,
        host_api: str,
        source: str,
        sink: str,
        rate_hz: int | None,
        inputs: int,
        outputs: int,
        native: bool = True,
    ) -> None:
        self._sd = sd = port_library.fresh()
        self._stream: Any = None
        self._player: Any = None
        self.host_api, self.native, self.reason = host_api, native, "asked for"
        self._devices = _index(sd, host_api, source, inputs, 0), _index(sd, host_api, sink, 0, outputs)
        self._channels = inputs, outputs
        with quiet():  # it opens the devices to try them
            self.rate = self._rate(rate_hz)

    def _rate(self, rate_hz: int | None) -> int:
        own = [int(self._sd.query_devices(device)["default_samplerate"]) for device in self._devices]
        refused = ""
        for rate in [rate_hz] if rate_hz is not None else own:
            refused = self._refusal(rate)
            if not refused:
                return rate
        good = [rate for rate in RATES_HZ if not self._refusal(rate)]
        which = ", ".join(map(str, good)) + " Hz would do" if good else "no other rate does either"
        raise SoundDeviceError(
            f"{self.host_api} will not open its device at {rate_hz or own[0]} Hz with {self._channels[0]} channels in "
            f"and {self._channels[1]} out ({refused}); {which}"
        )

    def _refusal(self, rate: int) -> str:
        """Return why PortAudio refuses a rate; empty where it does not."""
        lib, ffi = self._sd._lib, self._sd._ffi
        sides = []
        for device, channels, kind in zip(self._devices, self._channels, ("input", "output"), strict=True):
            latency = self._sd.query_devices(device)[f"default_{LATENCY}_{kind}_latency"]
            fields = device, channels, lib.paFloat32, latency, ffi.NULL
            sides.append(ffi.new("PaStreamParameters*", fields))
        code = lib.Pa_IsFormatSupported(*sides, float(rate))
        return "" if code == 0 else str(ffi.string(lib.Pa_GetErrorText(code)).decode())

    @quiet()
    def start(self, player: Any, callback: int, user: int) -> None:
        """Open the stream, and call ``callback`` with ``user``; or ``player.python_callback`` otherwise.

        Raises:
            SoundDeviceError: PortAudio refuses.
        """
        sd = self._sd
        self._player = player
        shape: dict[str, Any] = {
            "samplerate": self.rate, "blocksize": 0, "device": self._devices, "channels": self._channels,
            "dtype": "float32", "latency": LATENCY,
        }  # fmt: skip
        try:
            if self.native:
                self._open_native(shape, callback, user)
            if self._stream is None:
                self._stream = sd.Stream(callback=player.python_callback, **shape)
            port_library.opened(1)
            self._stream.start()
        except sd.PortAudioError as error:
            raise SoundDeviceError(
                f"{self.host_api} would not open the stream, {error}; is another program using the device?"
            ) from error

    def _open_native(self, shape: dict[str, Any], callback: int, user: int) -> None:
        sd = self._sd
        try:
            if not callback:
                raise ValueError("there is no compiled callback")
            self._stream = sd._StreamBase(
                kind="duplex",
                callback=sd._ffi.cast("PaStreamCallback *", callback),
                userdata=sd._ffi.cast("void *", user),
                wrap_callback=None,
                **shape,
            )
            self.reason = "PortAudio calls compiled code directly"
        except (
            AttributeError,
            TypeError,
            ValueError,
        ) as error:  # another sounddevice than the one known here
            self.native, self.reason = False, f"sounddevice {sd.__version__} would not take it: {error}"

    @property
    def active(self) -> bool:
        """Does PortAudio say that the stream runs?"""
        return self._stream is not None and bool(self._stream.active)

    @property
    def buffer_frames(self) -> int:
        """0: PortAudio does not say; the callback sees the number."""
        return 0

    def latency_frames(self) -> tuple[int, int]:
        """Return (input, output) frames, as PortAudio reports them."""
        given, taken = self._stream.latency
        return round(given * self.rate), round(taken * self.rate)

    @quiet()
    def close(self) -> None:
        """Stop the stream at once and close it."""
        stream, self._stream = self._stream, None
        if stream is not None:
            port_library.opened(-1)
            stream.abort()
            stream.close()


def _index(sounddevice: Any, host_api: str, name: str, inputs: int, outputs: int) -> int:
    """Return PortAudio's number, now, of the device of that name.

    Raises:
        SoundDeviceError: the device is not there (any more), or has fewer channels.
    """
    apis = sounddevice.query_hostapis()
    for k, info in enumerate(sounddevice.query_devices()):
        if info["name"] != name or apis[info["hostapi"]]["name"] != host_api:
            continue
        for kind, wanted in (("input", inputs), ("output", outputs)):
            most = info[f"max_{kind}_channels"]
            if wanted > most:
                raise SoundDeviceError(
                    f"{name} has {most} {kind} channels, not {wanted}; ask for fewer, or choose another device"
                )
        return k
    raise SoundDeviceError(f"{name} ({host_api}) is not there; connect it, or choose another device")
