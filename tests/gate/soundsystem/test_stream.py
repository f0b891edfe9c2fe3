"""Streams: what they report, that they add no delay, and what happens where one cannot be had."""

import contextlib
import re
from collections.abc import Iterator

import pytest

from gate.constants import MAX_CHANNELS
from gate.errors import SoundDeviceError
from gate.soundsystem import portaudio_library as port_library
from gate.soundsystem import thread as port_thread
from gate.soundsystem.devices import list_devices, resolve_pair
from gate.soundsystem.portaudio_stream import PortStream
from gate.soundsystem.stream import Stream
from tests.gate.live.jack_server import JackServer, needs_jackd, wait_until
from tests.gate.live.wire import Wire
from tests.gate.soundsystem.test_devices import in_a_process

LOOPS_PERIODS = 1
"""Periods that JACK itself takes from a client's output to its own input: the buffer that is heard is the last one."""

NUMBERS_HEARD = 10_000
"""Frames that a measurement of a delay waits for: all of them have to agree, the last one is read."""


@contextlib.contextmanager
def on_jack(server: JackServer, **given) -> Iterator[Stream]:
    """A stream on the server's card, mono, unless said otherwise."""
    values = {"rate_hz": None, "inputs": 1, "outputs": 1, "factory": Wire, **given}
    source, sink = resolve_pair("JACK: system", "JACK: system")
    with Stream(source, sink, **values) as stream:
        yield stream


def loop(server: JackServer, output: str, source: str) -> None:
    """Connect a stream's output to its input, and nothing else."""
    server.disconnect("system:capture_1", source)
    server.disconnect(output, "system:playback_1")
    server.connect(output, source)


def measured_frames(player: Wire) -> int:
    """Frames from the stream's output back to its input, once that is steady."""
    player.number()
    wait_until(lambda: player.heard() > NUMBERS_HEARD, "frames to come back")
    return player.late_frames()


@pytest.mark.audio
@pytest.mark.parametrize(
    ("rate_hz", "period"),
    [(48000, period) for period in (64, 100, 128, 256, 480, 1024)]
    + [(44100, 100), (96000, 100), (192000, 100)],
)
def test_a_stream_adds_no_frame(rate_hz, period):
    """Sound that goes round once is one period late, which is JACK's own; and the reported latency is the card's own."""
    needs_jackd()
    with JackServer(rate_hz, period) as server, on_jack(server) as stream:
        facts = stream.facts
        assert (facts.rate_hz, facts.buffer_frames) == (rate_hz, period)
        # the dummy driver: a period to fill the input, two until the output is heard (asynchronous mode)
        assert (facts.input_latency_frames, facts.output_latency_frames) == (period, 2 * period)
        loop(server, "learned-gate:out_1", "learned-gate:in_1")
        assert measured_frames(stream.player) == LOOPS_PERIODS * period


@pytest.mark.audio
def test_freewheeling_changes_no_frame():
    """Faster than real time, the delay is the same."""
    needs_jackd()
    with JackServer() as server, on_jack(server) as stream:
        loop(server, "learned-gate:out_1", "learned-gate:in_1")
        server.freewheel(True)
        assert measured_frames(stream.player) == LOOPS_PERIODS * server.period
        server.freewheel(False)
        before = stream.player.buffers()
        wait_until(lambda: stream.player.buffers() > before, "real time to go on")


@pytest.mark.audio
@pytest.mark.parametrize(("block", "extra_frames"), [(0, 0), (100, 100), (64, 64)])
def test_portaudio_with_block_size_0_adds_no_frame(block, extra_frames, monkeypatch):
    """PortAudio, shown a JACK server, adds nothing at block size 0 and a block at others; it reports as much."""
    needs_jackd()
    monkeypatch.setattr(port_library, "_without_jack", contextlib.nullcontext)
    with JackServer() as server:
        stream = port_thread.call(
            lambda: PortStream("JACK Audio Connection Kit", *["system"] * 2, None, 1, 1)
        )
        base = stream._sd._StreamBase
        if block:
            monkeypatch.setattr(stream._sd, "_StreamBase", lambda **k: base(**{**k, "blocksize": block}))
        player = Wire(stream.rate, 1, 1)
        try:
            port_thread.call(lambda: stream.start(player, player.callback_address, player.user_address))
            assert stream.native
            loop(server, "PortAudio:out_0", "PortAudio:in_0")
            expected = LOOPS_PERIODS * server.period + extra_frames
            assert measured_frames(player) == expected
            assert sum(stream.latency_frames()) == expected
        finally:
            port_thread.call(stream.close)
            port_thread.call(port_library.put_away)


@pytest.mark.audio
def test_channels_meet_the_cards_in_order():
    """Two channels in and one out are connected to the card's first ones, and the callback sees them interleaved."""
    needs_jackd()
    with JackServer() as server, on_jack(server, inputs=2) as stream:
        assert server.connections("learned-gate:in_1") == ["system:capture_1"]
        assert server.connections("learned-gate:in_2") == ["system:capture_2"]
        assert server.connections("learned-gate:out_1") == ["system:playback_1"]
        wait_until(lambda: stream.player.buffers() > 10, "buffers")
        assert stream.facts.native and stream.active
        assert stream.facts.reason == "JACK calls compiled code directly"
    assert not stream.active


@pytest.mark.audio
def test_as_many_ports_as_the_engine_takes_channels():
    """32 a direction: the callback sees them all, and nothing is late by a frame."""
    needs_jackd()
    most = MAX_CHANNELS
    with JackServer() as server, on_jack(server, inputs=most, outputs=most) as stream:
        server.disconnect("system:capture_1", "learned-gate:in_1")
        server.connect(f"learned-gate:out_{most}", "learned-gate:in_1")
        assert measured_frames(stream.player) == LOOPS_PERIODS * server.period


@pytest.mark.audio
def test_without_compiled_code_python_is_called():
    """The same stream, by the player's Python callback, and it says so."""
    needs_jackd()
    with JackServer() as server, on_jack(server, native=False) as stream:
        wait_until(lambda: stream.player.python_calls > 10, "buffers")
        assert (stream.facts.native, stream.facts.reason) == (False, "asked for")


@pytest.mark.audio
def test_a_player_that_fails_leaves_no_client_behind():
    """An error of the factory comes out as it is, and the server is left."""
    needs_jackd()

    def factory(*_):
        raise RuntimeError("no model")

    with JackServer() as server:
        with pytest.raises(RuntimeError, match="no model"), on_jack(server, factory=factory):
            pass
        with on_jack(server):  # closed before this one was opened: the name is free
            assert "learned-gate:in_1" in server.ports()
        assert not [name for name in server.ports() if name.startswith("learned")]


@pytest.mark.audio
def test_a_rate_that_jack_does_not_run_at_is_refused():
    """The error names the one rate that would do."""
    needs_jackd()
    text = "the JACK server runs at 44100 Hz, not at 48000 Hz; only 44100 Hz would do"
    with JackServer(rate_hz=44100) as server:
        with pytest.raises(SoundDeviceError, match=re.escape(text)), on_jack(server, rate_hz=48000):
            pass
        device = resolve_pair(None, None, list_devices())[0]._replace(name="amplifier")
        with pytest.raises(SoundDeviceError, match="JACK has no client 'amplifier' with audio output ports"):
            Stream(device, device, None, 1, 1, Wire)


OPEN = """
import sys
from gate.errors import GateError
from gate.soundsystem import portaudio_library as port_library, thread as port_thread
from gate.soundsystem.devices import resolve_pair
from gate.soundsystem.stream import Stream
from tests.gate.live.jack_server import wait_until
from tests.gate.live.wire import Wire
pair = resolve_pair("silent_card", None)
def opened(rate_hz=None, inputs=1, outputs=1, **given):
    try:
        with Stream(pair[0], pair[0], rate_hz, inputs, outputs, Wire, **given) as stream:
            wait_until(lambda: stream.player.buffers() > 10, "buffers")
            facts = stream.facts
            print(facts.host_api, facts.rate_hz, facts.native, facts.reason, stream.player.python_calls > 0)
    except GateError as error:
        print(error)
"""
"""A stream on PortAudio's own devices, in a process of its own."""


CASES = {
    "native": ("opened()", "ALSA 44100 True PortAudio calls compiled code directly False"),
    "rate and channels": ("opened(96000, 2)", "ALSA 96000 True PortAudio calls compiled code directly False"),
    "Python": ("opened(native=False)", "ALSA 44100 False asked for True"),
    "rate": (
        "opened(7)",
        "ALSA will not open its device at 7 Hz with 1 channels in and 1 out (Invalid sample rate); 8000, 16000, ",
    ),
    "channels": ("opened(None, 999)", "silent_card has 128 input channels, not 999; ask for fewer"),
    "gone": (
        "kept = pair; pair = [pair[0]._replace(name='amplifier')]; opened(); pair = kept",
        "amplifier (ALSA) is not there; connect it",
    ),
    "no JACK": (
        "kept = pair; pair = [pair[0]._replace(host_api='JACK')]; opened(); pair = kept",
        "no JACK server answers; start one",
    ),
    "other sounddevice": (
        "import sounddevice; base, plain = sounddevice._StreamBase, sounddevice._StreamBase.__init__\n"
        "def refuse(self, *args, wrap_callback=None, **given):\n"
        "    if wrap_callback is None: raise TypeError('no such thing')\n"
        "    plain(self, *args, wrap_callback=wrap_callback, **given)\n"
        "base.__init__ = refuse; opened()",
        "ALSA 44100 False sounddevice 0.5",
    ),
}
"""What is done, one after the other in one process, and how the line begins that it prints."""


@pytest.fixture(scope="module")
def lines(tmp_path_factory) -> list[str]:
    """What the cases print; nothing may reach stderr."""
    code = OPEN + "\n".join(code for code, _ in CASES.values())
    done = in_a_process(code, tmp_path_factory.mktemp("alsa"))
    assert (done.stderr, done.returncode) == ("", 0)
    return done.stdout.splitlines()


@pytest.mark.parametrize("case", CASES)
def test_portaudio_streams(case, lines):
    """On PortAudio's devices a stream is native where it can be, and otherwise says why not; errors say what would do."""
    assert len(lines) == len(CASES)
    assert lines[list(CASES).index(case)].startswith(CASES[case][1])


def test_a_process_that_ends_with_an_open_stream_ends(tmp_path):
    """Nobody calls compiled code that is gone: the stream is closed on the way out."""
    code = "stream = Stream(pair[0], pair[0], None, 1, 1, Wire)\nprint('open')"
    done = in_a_process(OPEN + code, tmp_path)
    assert (done.stdout, done.stderr, done.returncode) == ("open\n", "", 0)
