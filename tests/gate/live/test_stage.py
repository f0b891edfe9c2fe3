"""What happens on stage, to a whole gate on a private JACK server: nothing of it ends the sound for good.

Stand-ins: a killed server for a card that is unplugged, a stopped one for a machine that sleeps, processes that count
for a busy machine, garbage in a model file for a preset that was half copied. A wire on a second stream numbers what it
sends through the gate, so what comes back says how late it is, to the frame.
"""

import multiprocessing
import threading

import numpy as np
import pytest

from gate.errors import GateError, SoundDeviceError
from gate.live.devicestream import DeviceStream
from gate.plugins.registry import from_text
from gate.session.choices import Devices
from gate.soundsystem.devices import resolve_pair
from gate.soundsystem.stream import Stream
from tests import toy_model
from tests.gate.live.gates import live_gate
from tests.gate.live.jack_server import JackServer, needs_jackd, wait_until
from tests.gate.live.wire import Wire

pytestmark = pytest.mark.audio

GATE, WIRE = "learned-gate", "learned-gate-01"


class Stage:
    """A gate between a wire's output and its input."""

    def __init__(self, server, preset, values=None, **more):
        self.server, self.said = server, []
        self.live = live_gate(
            preset, {"threshold": -60.0, "range": -80.0} | (values or {}), tell=self.said.append, **more
        )

    def __enter__(self):
        self.live.sources.play(DeviceStream(Devices(channels=1)))
        self.wire = Wire(self.server.rate_hz, 1, 1)
        self.loop()
        self.tending = threading.Event()
        self.thread = threading.Thread(target=self.tend, daemon=True)
        self.thread.start()
        return self

    def tend(self):
        while not self.tending.wait(0.05):
            self.live.tend()

    def loop(self):
        """Send the wire's numbers through the gate, and wait until they come back."""
        self.stream = Stream(*resolve_pair(None, None), None, 1, 1, lambda *_: self.wire)
        clients = sorted({port.partition(":")[0] for port in self.server.ports() if "learned-gate" in port})
        assert clients == [GATE, WIRE]
        self.server.disconnect("system:capture_1", f"{GATE}:in_1")
        self.server.connect(f"{WIRE}:out_1", f"{GATE}:in_1")
        self.server.connect(f"{GATE}:out_1", f"{WIRE}:in_1")
        self.wire.number()
        self.sounds()

    def sounds(self):
        """Wait until numbers come through the gate, open, to the bit."""
        before = self.wire.heard()
        wait_until(lambda: self.wire.heard() > before + 20_000, "sound through the gate")

    def __exit__(self, *_):
        self.tending.set()
        self.thread.join()
        self.stream.close()
        self.live.stop()


@pytest.fixture
def preset(tmp_path):
    return toy_model.write_preset(tmp_path / "toy preset")


@pytest.mark.parametrize(
    ("rate", "period"),
    [
        *((48_000, period) for period in (64, 100, 128, 256, 480, 1024)),
        *((rate, 100) for rate in (44_100, 96_000, 192_000)),
    ],
)
def test_the_gate_adds_no_frame(preset, rate, period):
    """From the wire through the gate and back is one period, as it is without a gate: JACK's own loop."""
    needs_jackd()
    with JackServer(rate, period) as server, Stage(server, preset) as stage:
        assert stage.wire.late_frames() == period
        assert stage.live.status().latency_ms == pytest.approx(1000.0 * period / rate)
        assert stage.live.status().added_ms == 0.0


def test_a_lookahead_adds_exactly_itself(preset):
    """10 ms are 480 frames, and reported."""
    needs_jackd()
    with JackServer() as server, Stage(server, preset, {"lookahead": 10.0}) as stage:
        assert stage.wire.late_frames() == 100 + 480
        assert stage.live.status().latency_ms == pytest.approx(1000.0 * 580 / 48_000)
        assert stage.live.status().added_ms == 10.0


def test_presets_change_while_it_plays(preset, tmp_path):
    """Not a frame later than before; garbage is refused, and what plays plays on."""
    needs_jackd()
    other = toy_model.write_preset(tmp_path / "other", name="other", hold_ms=10.0)
    with JackServer() as server, Stage(server, preset) as stage:
        (preset / "model.onnx").write_bytes(b"garbage" * 1000)
        with pytest.raises(GateError):
            stage.live.rack.set_preset(str(preset))
        assert stage.live.preset.name == "toy"
        stage.sounds()
        stage.live.rack.set_preset(str(other))
        wait_until(lambda: not stage.live.player.changing, "the change")
        stage.sounds()
        assert stage.live.preset.name == "other" and stage.wire.late_frames() == 100
        assert "preset other" in stage.said


def test_devices_change_while_it_plays(preset):
    """The new stream is there before the old one goes."""
    needs_jackd()
    with JackServer() as server, Stage(server, preset) as stage:
        old = stage.live.player
        stage.live.sources.set_device("output", "system")
        new = stage.live.player
        assert new is not old
        wait_until(lambda: new.buffers() > 500 and not stage.live.sources.leaving, "the old stream to go")
        assert float(new.record["heard"][0]) == 1.0
        with pytest.raises(GateError):
            stage.live.sources.set_device("input", "nobody")
        before = new.buffers()
        wait_until(lambda: new.buffers() > before + 100, "sound after a change that failed")
        assert stage.live.player is new


def test_a_recording_survives_a_change_of_device_that_fails(preset, tmp_path, monkeypatch):
    """What plays on is what goes on being recorded."""
    needs_jackd()

    def fails(*_):
        raise SoundDeviceError("busy; close whoever has it")

    take = tmp_path / "take.wav"
    with JackServer() as server, Stage(server, preset, record=take) as stage:
        with monkeypatch.context() as patched, pytest.raises(SoundDeviceError):
            patched.setattr("gate.soundsystem.jack_stream.JackStream.start", fails)
            stage.live.sources.set_device("output", "system")
        before = stage.live.recording.recorder.frames
        wait_until(lambda: stage.live.recording.recorder.frames > before + 4800, "more of the recording")
    assert stage.live.recording.recorder.trouble is None and take.exists()


def _count(stop):
    while not stop.is_set():
        sum(range(10_000))


def test_all_cores_busy(preset):
    """Buffers may be late; afterwards nothing is, and the gate is where it was."""
    needs_jackd()
    context = multiprocessing.get_context("spawn")
    stop = context.Event()
    with JackServer() as server, Stage(server, preset) as stage:
        burners = [context.Process(target=_count, args=(stop,), daemon=True) for _ in range(4)]
        for burner in burners:
            burner.start()
        stage.sounds()
        stop.set()
        for burner in burners:
            burner.join()
        stage.sounds()
        assert stage.wire.late_frames() == 100
        assert stage.live.status().open and stage.live.player.engine.record["nonfinite_samples"][0] == 0


def test_a_server_that_sleeps(preset):
    """Stopped for a while, as a machine asleep: afterwards it sounds again, no later than before."""
    needs_jackd()
    with JackServer() as server, Stage(server, preset) as stage:
        server.stop()
        wait_until(lambda: "no sound" in " ".join(stage.said), "the silence to be noticed")
        server.go_on()
        stage.sounds()
        assert stage.wire.late_frames() == 100
        assert stage.live.facts["stalls"] >= 1


@pytest.mark.parametrize("rate", [48_000, 96_000])
def test_a_server_that_comes_back(preset, rate, tmp_path):
    """Killed and started again, perhaps at another rate: the gate is there again, at the new rate."""
    needs_jackd()
    take = tmp_path / "take.wav"
    with JackServer() as server, Stage(server, preset, record=take) as stage:
        stage.stream.close()
        server.kill()
        wait_until(lambda: any("no sound" in text for text in stage.said), "the loss to be noticed")
        server.restart(rate)
        wait_until(lambda: stage.live.facts["reopened"] == 1, "the gate to come back")
        player = stage.live.player
        before = player.buffers()
        wait_until(lambda: player.buffers() > before + 100, "buffers")
        assert player.shape.rate == rate
        server.rate_hz = rate
        stage.wire = Wire(rate, 1, 1)
        for port in server.connections(f"{GATE}:in_1"):
            server.disconnect(port, f"{GATE}:in_1")
        stage.loop_again = stage.live.recording.recorder
        assert (stage.live.recording.recorder.trouble is None) == (rate == 48_000)
    assert take.exists()


def test_a_stream_that_cannot_be_opened_says_so(preset, monkeypatch):
    """What the sound system said, and not what became of it later."""
    needs_jackd()

    def fails(*_):
        raise SoundDeviceError("the server went away; start it again")

    monkeypatch.setattr("gate.soundsystem.jack_stream.JackStream.start", fails)
    raises = pytest.raises(SoundDeviceError, match="went away")
    with JackServer(), raises, live_gate(preset, tell=print) as live:
        live.sources.play(DeviceStream(Devices()))


@pytest.mark.slow
def test_ten_minutes_in_freewheel(preset):
    """As fast as it goes: everything finite, nothing late by a frame, and no memory gained."""
    needs_jackd()
    with JackServer() as server, Stage(server, preset) as stage:
        memory = [_resident_kib()]
        server.freewheel(True)
        for _ in range(2):
            until = stage.wire.heard() + 300 * 48_000
            wait_until(lambda until=until: stage.wire.heard() > until, "five minutes of sound", 300.0)
            memory.append(_resident_kib())
        server.freewheel(False)
        stage.sounds()
        assert stage.live.player.engine.record["nonfinite_samples"][0] == 0
        assert stage.live.player.engine.record["model_errors"][0] == 0
        assert stage.wire.late_frames() == 100
        assert memory[2] - memory[1] < 2048


def _resident_kib():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))


def test_the_wires_numbers_are_numbers(preset):
    """What the tests above rest on: numbers are as loud as can be, and float32 holds each."""
    assert np.float32(4_194_303) + np.float32(1) == np.float32(4_194_304)


def test_slots_come_and_go_while_it_plays(preset):
    """Over a JACK loop, to the bit: what a slot delays by is there when it is heard and gone when it has left."""
    needs_jackd()
    late = "classic:threshold=-96,range=0,lookahead=10"
    with JackServer() as server, Stage(server, preset) as stage:
        live = stage.live

        def settled(frames):
            return not live.player.changing and stage.wire.late_frames() == frames

        for arrange, frames in (
            (lambda: live.rack.add(0, from_text(late)), 100 + 480),
            (lambda: live.rack.add(2, from_text(late)), 100 + 960),
            (lambda: live.rack.move("classic", 1), 100 + 960),
            (lambda: live.rack.bypass("classic-2", True), 100 + 960),
            (lambda: live.rack.remove("classic-2"), 100 + 480),
            (lambda: live.set("classic.lookahead", 5.0), 100 + 240),
            (lambda: live.rack.remove("classic"), 100),
        ):
            arrange()
            wait_until(lambda frames=frames: settled(frames), f"{frames} frames of delay")
            assert live.status().added_ms == pytest.approx((frames - 100) / 48.0)
            stage.sounds()
        assert live.player.engine.record["nonfinite_samples"][0] == 0
