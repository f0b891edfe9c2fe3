"""Devices: the list, the table, and what a wish means."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from gate.errors import SoundDeviceError
from gate.soundsystem import devices
from gate.soundsystem.devices import Device, list_devices, resolve, resolve_pair, table
from gate.soundsystem.jack_stream import JackStream
from gate.soundsystem.quiet import quiet
from tests.gate.live.jack_server import JackServer, needs_jackd
from tests.gate.live.wire import Wire

ROOT = Path(__file__).resolve().parents[3]

ROWS = [
    Device(0, "HDA Intel: ALC (hw:0,0)", "ALSA", 2, 2, 48000.0, False, False),
    Device(1, "USB Mic (hw:1,0)", "ALSA", 1, 0, 44100.0, False, False),
    Device(2, "USB Mic 2 (hw:2,0)", "ALSA", 1, 0, 44100.0, False, False),
    Device(3, "pulse", "ALSA", 32, 32, 44100.0, False, False),
    Device(4, "HDMI", "ALSA", 0, 8, 48000.0, False, False),
    Device(5, "system", "JACK", 2, 2, 96000.0, True, True),
    Device(6, "synth", "JACK", 1, 0, 96000.0, False, False),
]

SILENT_CARD = """
pcm.!default { type null hint { show on description "default" } }
pcm.silent_card { type null hint { show on description "nothing" } }
"""
"""An ALSA configuration of two devices that swallow sound and give silence."""


def in_a_process(code: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run code in a fresh interpreter that finds two ALSA devices and no JACK server."""
    conf = folder / "asound.conf"
    conf.write_text(SILENT_CARD)
    surroundings = {"ALSA_CONFIG_PATH": str(conf), "JACK_DEFAULT_SERVER": "no-such-server", **environment}
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT), **surroundings},
        capture_output=True,
        text=True,
        timeout=120,
    )


@pytest.mark.parametrize(
    ("wish", "kind", "number"),
    [
        (3, "input", 3),
        ("3", "output", 3),
        ("hdmi", "output", 4),
        ("ALC", "input", 0),
        ("USB Mic 2", "input", 2),
        ("usb mic (HW:1,0)", "input", 1),
        ("alsa: pul", "input", 3),
        ("JACK: system", "output", 5),
        ("HDA Intel: ALC (hw:0,0)", "output", 0),
        (None, "input", 5),
        (None, "output", 5),
    ],
)
def test_a_wish_finds_its_device(wish, kind, number):
    """By number, by any part of the name, by sound system and name; no wish is the default."""
    assert resolve(wish, kind, ROWS).number == number


def test_an_exact_name_wins_over_parts_of_others():
    """What is called exactly so is meant, whatever else contains the word."""
    rows = [*ROWS, Device(7, "pulse monitor", "ALSA", 2, 0, 44100.0, False, False)]
    assert resolve("PULSE", "input", rows).number == 3


@pytest.mark.parametrize(
    ("wish", "kind", "text"),
    [
        (
            "usb mic",
            "input",
            "'usb mic' means 2 input devices: 1 USB Mic (hw:1,0) (ALSA), 2 USB Mic 2 (hw:2,0) (ALSA); "
            "say more of the name, or give a number",
        ),
        (
            1,
            "output",
            "1 USB Mic (hw:1,0) (ALSA) has no outputs; there are: 0 HDA Intel: ALC (hw:0,0) (ALSA)",
        ),
        ("synth", "output", "6 synth (JACK) has no outputs; there are: 0 HDA Intel"),
        (99, "input", "no device has the number 99; input devices are: 0 HDA Intel"),
        ("theremin", "input", "no input device is called 'theremin'; there are: 0 HDA Intel"),
    ],
)
def test_a_wish_that_means_no_device_is_told_which_there_are(wish, kind, text):
    """Nothing, too much, or a device without that direction: the error lists what could be meant."""
    with pytest.raises(SoundDeviceError, match=re.escape(text)):
        resolve(wish, kind, ROWS)


@pytest.mark.parametrize(
    ("rows", "text"),
    [
        ([], "no input device: there is no sound device at all"),
        (ROWS[4:5], "no input device: none of the 1 devices has inputs"),
    ],
)
def test_no_device_at_all_is_said(rows, text):
    """Without devices the error says so, wish or no wish."""
    for wish in (None, "mic"):
        with pytest.raises(SoundDeviceError, match=re.escape(text)):
            resolve(wish, "input", rows)


def test_the_other_direction_follows_the_one_that_is_wished():
    """A pair is on one sound system: the missing half is that system's default, or the device itself."""
    assert [row.number for row in resolve_pair("pulse", None, ROWS)] == [3, 3]
    assert [row.number for row in resolve_pair(None, "hdmi", ROWS)] == [0, 4]
    assert [row.number for row in resolve_pair("synth", None, ROWS)] == [6, 5]
    assert [row.number for row in resolve_pair(None, None, ROWS)] == [5, 5]


def test_a_pair_on_two_sound_systems_is_refused():
    """Two clocks do not make a stream."""
    with pytest.raises(SoundDeviceError, match="different sound systems, which do not keep time together"):
        resolve_pair("synth", "hdmi", ROWS)


def test_the_table_has_a_line_a_device():
    """Number, name, sound system, channels and rate, with the defaults marked."""
    lines = table(ROWS[3:6]).splitlines()
    assert lines[0].split() == ["device", "sound", "system", "in", "out", "Hz"]
    assert lines[1].split() == ["3", "pulse", "ALSA", "32", "32", "44100"]
    assert lines[3].split() == ["<>", "5", "system", "JACK", "2", "2", "96000"]
    assert len({line.index("A") for line in lines[1:3]}) == 1
    assert table([]) == "no sound devices"


def test_importing_does_not_load_sounddevice(tmp_path):
    """Start-up stays quick: PortAudio is loaded when devices are asked for."""
    names = ", ".join(f"gate.soundsystem.{name}" for name in ("devices", "stream", "supervisor"))
    code = f"import sys, {names}; print('sounddevice' in sys.modules)"
    assert in_a_process(code, tmp_path).stdout == "False\n"


def test_portaudio_devices_are_listed_in_silence(tmp_path):
    """The list has PortAudio's devices, and neither ALSA's nor JACK's complaints reach the terminal, twice."""
    code = (
        "import json; from gate.soundsystem.devices import list_devices\n"
        "for _ in range(2): print(json.dumps(list_devices()))"
    )
    done = in_a_process(code, tmp_path)
    assert done.stderr == ""
    first, second = [json.loads(line) for line in done.stdout.splitlines()]
    assert first == second
    assert {(row[1], row[2]) for row in first} == {("default", "ALSA"), ("silent_card", "ALSA")}
    assert [row[1] for row in first if row[6] and row[7]] == ["default"]


@pytest.mark.parametrize(
    ("hide", "text"),
    [
        (
            "sys.modules['sounddevice'] = None",
            "sound devices need the package sounddevice, which is not installed; pip install 'learned-gate[live]'",
        ),
        (
            "import ctypes.util; ctypes.util.find_library = lambda name: None",
            "the PortAudio library cannot be loaded, PortAudio library not found; install it",
        ),
    ],
    ids=["no sounddevice", "no PortAudio"],
)
def test_what_is_missing_is_named_with_its_remedy(hide, text, tmp_path):
    """Without the extra, or without PortAudio, the error says what to install."""
    code = (
        f"import sys\n{hide}\n"
        "from gate.errors import GateError\n"
        "from gate.soundsystem.devices import list_devices\n"
        "try: list_devices()\n"
        "except GateError as error: print(error)\n"
    )
    done = in_a_process(code, tmp_path)
    assert done.stdout.startswith(text)
    assert done.stderr == ""


@pytest.mark.audio
def test_a_running_jack_server_is_the_default():
    """Its card is listed with its rate, and goes before whatever PortAudio has."""
    needs_jackd()
    with JackServer(rate_hz=44100) as server:
        rows = list_devices()
        system = resolve("JACK: system", "input", rows)
        assert (system.inputs, system.outputs, system.rate_hz) == (2, 2, 44100.0)
        assert resolve_pair(None, None, rows) == (system, system)
        assert not [name for name in server.ports() if name.startswith(("learned", "PortAudio"))]


MONITORED = Device(7, "Built-in", "JACK", 2, 2, 48000.0, False, True, monitors=True)
"""What PipeWire shows of loudspeakers, where no microphone is connected."""


@pytest.mark.parametrize("others", [[], [ROWS[3]]], ids=["alone", "beside ALSA"])
@pytest.mark.parametrize("output", [None, "built-in"])
def test_a_monitor_is_an_input_only_by_name(others, output):
    """Loudspeakers that hear themselves howl: unasked, the error says that there is nothing else."""
    rows = [*others, MONITORED]
    text = (
        "no input device: only monitors are there, which give back what is played: 7 Built-in (JACK); "
        "connect a microphone, or name one with --input if that is meant"
    )
    with pytest.raises(SoundDeviceError, match=re.escape(text)):
        resolve_pair(None, output, rows)
    assert resolve_pair("JACK: built-in", output, rows) == (MONITORED, MONITORED)
    microphone = Device(8, "USB", "JACK", 1, 0, 48000.0, True, False)
    assert resolve_pair(None, output, [*rows, microphone]) == (microphone, MONITORED)


@pytest.mark.audio
def test_a_cards_monitor_ports_are_no_inputs_of_it():
    """Where there is something else to hear, they are not counted; alone they are inputs, but nobody's default."""
    needs_jackd()
    with JackServer(card=("-m",)):
        assert resolve("JACK: system", "input").inputs == 2
        assert resolve(None, "input").name == "system"
    with JackServer(card=("-m", "-C", "0")):
        system = resolve("JACK: system", "input")
        assert (system.inputs, system.monitors, system.default_input, system.default_output) == (
            2, True, False, True,
        )  # fmt: skip
        with pytest.raises(SoundDeviceError, match="only monitors are there"):
            resolve_pair(None, None)


@pytest.mark.audio
def test_only_clients_of_this_process_are_left_out():
    """Another program is listed, whatever it is called; what this one runs is not, under the name that it wished."""
    needs_jackd()
    code = (
        "from gate.soundsystem.jack_stream import JackStream\n"
        "from tests.gate.live.wire import Wire\n"
        "wire = Wire(48000, 1, 1)\n"
        "stream = JackStream('system', 'system', 1, 1, name='learned-gate-2')\n"
        "stream.start(wire, wire.callback_address, wire.user_address)\n"
        "print(stream.name, flush=True)\n"
        "input()\n"
        "stream.close()\n"
    )
    with JackServer() as server:
        other = subprocess.Popen(
            [sys.executable, "-c", code],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            assert other.stdout.readline() == "learned-gate-2\n"
            wire = Wire(48000, 1, 1)
            own = JackStream("system", "system", 1, 1, name="ear")
            own.start(wire, wire.callback_address, wire.user_address)
            assert {"ear:in_1", "learned-gate-2:in_1"} <= set(server.ports())
            assert [row.name for row in list_devices() if row.host_api == "JACK"] == [
                "system",
                "learned-gate-2",
            ]
            own.close()
            other.communicate("\n", timeout=60)
            assert other.returncode == 0
        finally:
            other.kill()
            other.communicate()


CHATTY = """
import os, sys, threading
from gate.soundsystem import devices, portaudio_library as port_library, thread as port_thread
sounddevice = port_thread.call(port_library.fresh)
port_thread.call(port_library.put_away)

class Chatty:
    def __init__(self, lib):
        self.lib = lib
    def __getattr__(self, name):
        def call(*given):
            os.write(2, f"Expression {name} failed\\n".encode())
            python = threading.Thread(target=print, args=(f"while {name}",), kwargs={"file": sys.stderr})
            python.start()
            python.join()
            return getattr(self.lib, name)(*given)
        return call if name in ("Pa_Initialize", "Pa_Terminate") else getattr(self.lib, name)

sounddevice._lib = Chatty(sounddevice._lib)
stream = sys.stderr
devices.list_devices()
port_thread.call(port_library.put_away)
assert sys.stderr is stream
os.write(2, b"and back\\n")
"""


def test_what_portaudio_prints_is_kept_off_stderr_and_nothing_else_is(tmp_path):
    """Of a C library's words none arrive, of another thread's Python all do; afterwards everything is as before."""
    done = in_a_process(CHATTY, tmp_path)
    assert (done.stderr, done.returncode) == ("while Pa_Initialize\nwhile Pa_Terminate\nand back\n", 0)


def test_what_fails_while_it_is_quiet_is_heard_afterwards(capfd):
    """An error passes, within two of them too, and file descriptor 2 is what it was."""
    before = os.fstat(2)
    with pytest.raises(ValueError, match="no device"), quiet(), quiet():
        os.write(2, b"chatter")
        raise ValueError("no device")
    os.write(2, b"heard")
    assert capfd.readouterr().err == "heard"
    assert os.fstat(2) == before


@pytest.mark.audio
def test_a_server_without_ports_makes_no_noise(tmp_path):
    """PortAudio, shown a JACK server that has no ports yet, prints a failed expression: not on stderr."""
    needs_jackd()
    code = (
        "import contextlib\n"
        "from gate.soundsystem import devices, portaudio_library as port_library\n"
        "port_library._without_jack = contextlib.nullcontext\n"
        "print(len(devices.list_devices()) > 0)\n"
    )
    with JackServer(card=("-C", "0", "-P", "0"), port="") as server:
        done = in_a_process(code, tmp_path, JACK_DEFAULT_SERVER=server.name)
    assert (done.stdout, done.stderr) == ("True\n", "")


@pytest.mark.audio
def test_a_stopped_jack_server_does_not_stop_the_caller():
    """A server that answers nobody costs the caller his patience, and no more."""
    needs_jackd()
    with JackServer() as server:
        server.stop()
        with pytest.raises(SoundDeviceError, match=re.escape("did not answer in 0.2 s; is its")):
            devices.port_thread.call(devices._list, 0.2)
        server.go_on()
        assert list_devices()
