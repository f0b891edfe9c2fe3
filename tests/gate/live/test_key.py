"""An external key in a live gate: further channels of the input open it."""

import numpy as np
import pytest

from gate import Chain, ClassicGate, Gate
from gate.cli import live as command
from gate.errors import UsageError
from gate.live.devicestream import DeviceStream
from gate.live.player import Player, Shape
from gate.session.choices import Devices
from gate.soundsystem.devices import resolve_pair
from gate.soundsystem.stream import Stream
from tests import toy_model
from tests.gate.engine_tools import bursts
from tests.gate.live.gates import live_gate
from tests.gate.live.jack_server import JackServer, needs_jackd, wait_until
from tests.gate.live.wire import Wire

RATE = 48_000


@pytest.mark.parametrize("buffer", [64, 100, 1000])
@pytest.mark.parametrize(("channels", "key"), [(1, (1,)), (2, (3, 2)), (2, (1,)), (10, (11, 12, 31))])
def test_channels_of_the_input_are_the_key(toy, buffer, channels, key):
    """As the chain with that key gives it, to the bit, behind a slot that delays; the scope sees the sound alone."""
    plugins = [ClassicGate(threshold_db=-40, lookahead_ms=2), Gate(toy, threshold_db=-35)]
    came = np.concatenate([bursts(RATE, 0.4, 16), bursts(RATE, 0.4, 16)[::-1]], axis=1)
    shape = Shape(RATE, channels, channels, key)
    came = np.ascontiguousarray(came[:, : shape.in_channels])
    sound, heard = came[:, :channels], came[:, list(key)]
    cuts = [slice(at, at + buffer) for at in range(0, len(came), buffer)]
    with Chain(plugins).open(RATE, channels, key_channels=len(key)) as stream:
        expected = np.concatenate([stream.process(sound[cut], key=heard[cut]) for cut in cuts])
    out = np.empty((len(came), channels), np.float32)
    with Player(plugins, shape, fades=False, scope_s=0.1) as live:
        for cut in cuts:
            live.play(came[cut], out[cut])
        assert np.array_equal(live.scope.newest(1000)[0], sound[-1000:])
    assert np.array_equal(out, expected) and np.abs(out).max() > 0.1


@pytest.mark.parametrize(
    ("text", "key"), [(None, ()), ("", ()), ("3", (2,)), ("3,4", (2, 3)), (" 4, 3 ", (3, 2))]
)
def test_key_channels_count_from_one(text, key):
    """As a device's channels do."""
    assert Devices(key_channels=text).key == key


@pytest.mark.parametrize("text", ["0", "33", "left", ",".join(["1"] * 33)])
def test_key_channels_that_cannot_be_are_refused(text):
    """With what was expected."""
    with pytest.raises(UsageError, match="expected numbers of input channels from 1 to 32"):
        _ = Devices(key_channels=text).key


def test_a_file_has_no_key_channels(tmp_path, capsys):
    """gate-render takes a file as the key."""
    files = ["--input", "file:a.wav", "--output", f"file:{tmp_path / 'b.wav'}"]
    assert command.main([*files, "--key-channels", "2"]) == 2
    assert "--key-channels is not for a file" in capsys.readouterr().err


@pytest.mark.audio
def test_a_port_of_jack_opens_the_gate(tmp_path):
    """Loud sound at the first port leaves it shut; the same at the key's port opens it."""
    needs_jackd()
    said: list[str] = []
    preset = toy_model.write_preset(tmp_path / "toy")
    with JackServer() as server, live_gate(preset, {"threshold": -40.0}, tell=said.append) as live:
        live.sources.play(DeviceStream(Devices(channels=1, key_channels="2")))
        wire = Wire(server.rate_hz, 1, 1)
        with Stream(*resolve_pair(None, None), None, 1, 1, lambda *_: wire):
            gate, other = "learned-gate", "learned-gate-01"
            for port in ("in_1", "in_2"):
                for source in server.connections(f"{gate}:{port}"):
                    server.disconnect(source, f"{gate}:{port}")
            wire.number()
            server.connect(f"{other}:out_1", f"{gate}:in_1")
            wait_until(lambda: live.status().input_db > 0.0, "loud sound")
            blocks = int(live.player.engine.record["blocks"][0])
            wait_until(lambda: live.player.engine.record["blocks"][0] > blocks + 200, "decisions")
            assert not live.status().open
            server.connect(f"{other}:out_1", f"{gate}:in_2")
            wait_until(lambda: live.status().open, "the gate to open")
