"""The sound devices that there are, and the one that a name or number means.

A device is a line of ``list_devices``: PortAudio's in its own order, then the clients of a running JACK server,
the sound card (``system``) first among them. Nothing here imports sounddevice before it is asked.
"""

from collections.abc import Sequence
from typing import Literal, NamedTuple

from gate.errors import SoundDeviceError
from gate.soundsystem import jack_library
from gate.soundsystem import jack_stream as jack_client
from gate.soundsystem import portaudio_library as port_library
from gate.soundsystem import thread as port_thread

Kind = Literal["input", "output"]

JACK = "JACK"
"""Host API of the devices that are clients of a JACK server; all others are PortAudio's."""


class Device(NamedTuple):
    """One line of the list."""

    number: int
    name: str
    host_api: str
    inputs: int
    """Channels that can be taken at the most."""
    outputs: int
    """Channels that can be given at the most."""
    rate_hz: float
    """Its own rate."""
    default_input: bool
    default_output: bool
    monitors: bool = False
    """Its inputs only give back what is played to it: never a default, for loudspeakers would hear themselves."""

    def channels(self, kind: Kind) -> int:
        """Return the number of the device's channels in a direction."""
        return self.inputs if kind == "input" else self.outputs

    def is_default(self, kind: Kind) -> bool:
        """Return whether the device is the default in a direction."""
        return self.default_input if kind == "input" else self.default_output

    def __str__(self) -> str:
        """Return the device's name in the table and in errors."""
        return f"{self.number} {self.name} ({self.host_api})"


def list_devices() -> list[Device]:
    """Return every device that there is now, in the order of their numbers.

    Raises:
        SoundDeviceError: the extra ``live`` or PortAudio is missing and no JACK server runs, or nothing answers.
    """
    return port_thread.call(_list)


def _list() -> list[Device]:
    jack = _jack_clients()
    try:
        rows = _portaudio_devices(with_jack=jack_library.library() is None)
    except SoundDeviceError:
        if not jack:
            raise
        rows = []
    if jack:  # a running server was started on purpose: it goes before PortAudio's defaults
        rows = [row._replace(default_input=False, default_output=False) for row in rows]
    return rows + [row._replace(number=len(rows) + k) for k, row in enumerate(jack)]


def _portaudio_devices(with_jack: bool) -> list[Device]:
    sounddevice = port_library.fresh()
    apis = sounddevice.query_hostapis()
    if not apis:
        return []
    default = sounddevice._lib.Pa_GetDefaultInputDevice(), sounddevice._lib.Pa_GetDefaultOutputDevice()
    found = []
    for k, info in enumerate(sounddevice.query_devices()):
        api = apis[info["hostapi"]]["name"]
        if with_jack or "JACK" not in api:
            counts = info["max_input_channels"], info["max_output_channels"]
            found.append(
                Device(k, info["name"], api, *counts, info["default_samplerate"], *(k == d for d in default))
            )
    return found


def _jack_clients() -> list[Device]:
    """Return the server's clients, numbered from 0; those of this process are left out."""
    with jack_library.a_client(jack_client.CLIENT_NAME + "-look") as handle:
        if not handle:
            return []
        rate_hz = float(jack_library.library().jack_get_sample_rate(handle))
        own = jack_library.own_clients()
        clients = {
            name: ports for name, ports in jack_client.sources_and_sinks(handle).items() if name not in own
        }
    monitors = {name: jack_client.only_monitors(ports[0]) for name, ports in clients.items()}
    source = next((name for name, ports in clients.items() if ports[0] and not monitors[name]), None)
    sink = next((name for name, ports in clients.items() if ports[1]), None)
    return [
        Device(k, name, JACK, len(heard), len(played), rate_hz, name == source, name == sink, monitors[name])
        for k, (name, (heard, played)) in enumerate(clients.items())
    ]


def table(rows: Sequence[Device]) -> str:
    """Return the list for people; ``<`` marks the default input, ``>`` the default output."""
    if not rows:
        return "no sound devices"
    lines = [("", "", "device", "sound system", "in", "out", "Hz")]
    for row in rows:
        mark = ("<" if row.default_input else " ") + (">" if row.default_output else " ")
        counts = str(row.inputs), str(row.outputs)
        lines.append((mark, str(row.number), row.name, row.host_api, *counts, f"{row.rate_hz:g}"))
    widths = [max(len(line[k]) for line in lines) for k in range(7)]
    left = (True, False, True, True, False, False, False)
    return "\n".join(
        " ".join(
            cell.ljust(width) if to_left else cell.rjust(width)
            for cell, width, to_left in zip(line, widths, left, strict=True)
        ).rstrip()
        for line in lines
    )


def resolve(wish: int | str | None, kind: Kind, rows: Sequence[Device] | None = None) -> Device:
    """Return the device that is meant.

    Args:
        wish: its number, its name or a part of it in any case, or "SOUND SYSTEM: name"; None: the default, which is
            a running JACK server's card, else PortAudio's.
        kind: the direction that it is for.
        rows: the list to choose from; None: the list now.

    Raises:
        SoundDeviceError: nothing, or more than one thing, or what has no channels in that direction, is meant.
    """
    rows = list_devices() if rows is None else rows
    fitting = [row for row in rows if row.channels(kind)]
    if not fitting:
        there = f"none of the {len(rows)} devices has {kind}s" if rows else "there is no sound device at all"
        raise SoundDeviceError(f"no {kind} device: {there}; connect one, or start a JACK server")
    if wish is None:
        default = next((row for row in fitting if row.is_default(kind)), None)
        if default is None and kind == "input":
            _refuse_monitors(fitting)
        return default or fitting[0]
    if isinstance(wish, int) or wish.strip().isdecimal():
        return _numbered(int(wish), kind, rows)
    meant = _named(wish.strip().casefold(), fitting)
    if len(meant) == 1:
        return meant[0]
    if meant:
        raise SoundDeviceError(
            f"{wish!r} means {len(meant)} {kind} devices: {_listed(meant)}; say more of the name, or give a number"
        )
    others = _named(wish.strip().casefold(), rows)
    if others:
        raise SoundDeviceError(f"{others[0]} has no {kind}s; there are: {_listed(fitting)}")
    raise SoundDeviceError(f"no {kind} device is called {wish!r}; there are: {_listed(fitting)}")


def resolve_pair(
    input_wish: int | str | None, output_wish: int | str | None, rows: Sequence[Device] | None = None
) -> tuple[Device, Device]:
    """Return the input and output device on one sound system; one that is not named follows the other one.

    Raises:
        SoundDeviceError: as ``resolve``, or the two are on different sound systems.
    """
    rows = list_devices() if rows is None else rows
    if input_wish is None and output_wish is not None:
        output = resolve(output_wish, "output", rows)
        return _beside(output, "input", rows), output
    first = resolve(input_wish, "input", rows)
    if output_wish is None:
        return first, _beside(first, "output", rows)
    output = resolve(output_wish, "output", rows)
    if first.host_api != output.host_api:
        raise SoundDeviceError(
            f"input {first} and output {output} are on different sound systems, which do not keep time together; "
            f"choose both on one"
        )
    return first, output


def _beside(device: Device, kind: Kind, rows: Sequence[Device]) -> Device:
    """Return the default in the other direction on the same sound system, or the device itself where it has both."""
    fellows = [row for row in rows if row.host_api == device.host_api and row.channels(kind)]
    if not fellows:
        raise SoundDeviceError(
            f"no {kind} device on {device.host_api}, where {device} is; choose another one"
        )
    default = next((row for row in fellows if row.is_default(kind)), None)
    if default is None and kind == "input":
        _refuse_monitors(fellows)
    return default or (device if device in fellows else fellows[0])


def _refuse_monitors(fitting: Sequence[Device]) -> None:
    """Refuse to take a monitor unasked, where a JACK server has no other inputs.

    Raises:
        SoundDeviceError: there are monitors.
    """
    monitors = [row for row in fitting if row.monitors]
    if monitors:
        raise SoundDeviceError(
            f"no input device: only monitors are there, which give back what is played: {_listed(monitors)}; connect "
            f"a microphone, or name one with --input if that is meant"
        )


def _numbered(number: int, kind: Kind, rows: Sequence[Device]) -> Device:
    device = next((row for row in rows if row.number == number), None)
    fitting = _listed([row for row in rows if row.channels(kind)])
    if device is None:
        raise SoundDeviceError(f"no device has the number {number}; {kind} devices are: {fitting}")
    if not device.channels(kind):
        raise SoundDeviceError(f"{device} has no {kind}s; there are: {fitting}")
    return device


def _named(wish: str, rows: Sequence[Device]) -> list[Device]:
    """Return the devices of a name: whole names before names within a sound system, and these before parts of names."""
    exact = [row for row in rows if row.name.casefold() == wish]
    if len(exact) > 1:  # one card may be there once for each sound system: the default one is meant
        exact = [row for row in exact if row.default_input or row.default_output] or exact
    if exact:
        return exact
    api, colon, name = (part.strip() for part in wish.partition(":"))
    if colon:
        of_api = [row for row in rows if api and api in row.host_api.casefold()]
        exact = [row for row in of_api if row.name.casefold() == name]
        part = exact or [row for row in of_api if name in row.name.casefold()]
        if part:
            return part
    return [row for row in rows if wish in row.name.casefold()]


def _listed(rows: Sequence[Device]) -> str:
    return ", ".join(map(str, rows))
