"""A controller, another client on a private JACK server, moves a gate that plays there."""

import contextlib

import pytest

from gate.errors import MidiError
from gate.midi import ports
from gate.midi.bindings import parse
from gate.midi.hands import Hands
from gate.realtime.decision import HOLDS
from tests import toy_model
from tests.gate.live.jack_server import JackServer, needs_jackd, wait_until
from tests.gate.live.test_stage import Stage
from tests.gate.live.wire import FRAMES, HEARD
from tests.gate.midi.controller import Controller, needs_rtmidi

pytestmark = pytest.mark.audio

LONG = 8192
"""Frames in a period that is long against everything that happens on two busy cores: 171 ms."""

USUAL = 1024
"""The same, where nothing is counted in them: clients that do not come late lose no message."""

SHORT = 100

FLOOD = 10_000


@pytest.fixture
def preset(tmp_path):
    needs_jackd()
    needs_rtmidi()
    return toy_model.write_preset(tmp_path / "toy preset")


def hands(stage, text, port="knobs"):
    return Hands(port, parse(text, stage.live.parameter), stage.live, stage.said.append)


@contextlib.contextmanager
def at_work(preset, text, period=USUAL):
    """A server, a controller on it, a gate between a wire's ends, and a map."""
    with (
        JackServer(48_000, period) as server,
        Controller() as desk,
        Stage(server, preset) as stage,
        hands(stage, text).start() as moved,
    ):
        yield server, desk, stage, moved


def record(stage):
    return stage.live.player.engine.record[0]


def lost(wire):
    """Frames that were given and not heard yet, or never: read while no buffer came between."""
    while True:
        before, heard, after = (int(wire.words[k]) for k in (FRAMES, HEARD, FRAMES))
        if before == after:
            return before - heard


def test_the_threshold_follows_within_two_periods(preset):
    """From the other client to the engine, counted in the gate's own buffers."""
    with at_work(preset, "threshold=cc7[-60..-20]", LONG) as (_, desk, stage, _):
        for value in (0, 127, 32, 96):
            wanted = -60.0 + 40.0 * value / 127
            before = stage.live.player.buffers()
            desk.send(0xB0, 7, value)
            wait_until(lambda: record(stage)["threshold_used"] == wanted, "the threshold")  # noqa: B023
            # sent within one buffer and used within another: two whole ones lie between them at the most
            assert stage.live.player.buffers() - before <= 3
        assert stage.live.value("threshold") == wanted == stage.live.status().threshold_db


def test_a_flood_loses_no_frame(preset):
    """While the server runs as fast as its clients can, 10,000 messages arrive, and every frame that is sent comes back."""
    with at_work(preset, "threshold=cc7[-60..-50]", SHORT) as (server, desk, stage, moved):
        server.freewheel(True)
        stage.sounds()
        before = lost(stage.wire)
        for k in range(FLOOD):
            desk.send(0xB0, 7, k % 128)
        wait_until(lambda: moved.router.messages == FLOOD, "the flood to arrive")
        stage.sounds()
        assert lost(stage.wire) == before and stage.wire.late_frames() == SHORT
        server.freewheel(False)
        assert moved.router.moved == FLOOD


def test_a_flood_at_the_pace_of_time(preset):
    """After it the way through the gate is as long as before, and a control moves what it moves."""
    with at_work(preset, "threshold=cc7[-60..-50]") as (_, desk, stage, moved):
        for k in range(FLOOD):  # on a busy machine JACK itself may drop some
            desk.send(0xB0, 7, k % 127)
        wait_until(lambda: moved.router.messages > 1000, "the flood to arrive")
        stage.sounds()
        desk.send(0xB0, 7, 127)
        wait_until(lambda: record(stage)["threshold_used"] == -50.0, "the last of them")
        assert stage.wire.late_frames() == USUAL


def test_holds_and_panic(preset):
    """A pad opens a gate that nothing would open; all notes off lets it go."""
    with at_work(preset, "hold-open=note:36,hold-shut=note:37") as (_, desk, stage, moved):
        desk.send(0x90, 37, 100)
        wait_until(lambda: stage.live.status().gain_db < -79.0, "the gate to shut")
        assert stage.live.status().held == "shut"
        desk.send(0x90, 36, 100)
        wait_until(lambda: stage.live.status().gain_db == 0.0, "the gate to open")
        desk.send(0xB0, 123, 0)
        wait_until(lambda: stage.live.status().held == "", "the hold to end")
        desk.send(0x90, 37, 100)
        wait_until(lambda: HOLDS[record(stage)["held"]] == "shut", "the gate to be held")
        moved.stop()
        assert stage.live.status().held == ""


def test_a_program_is_a_preset(preset, tmp_path):
    """Prepared beside the one that plays, which plays on; what is not there is said."""
    other = toy_model.write_preset(tmp_path / "other", name="other", hold_ms=10.0)
    with at_work(preset, f"preset:{other}=program:5,preset=program@2") as (_, desk, stage, _):
        desk.send(0xC1, 127)
        wait_until(lambda: any("program 127 has no preset" in said for said in stage.said), "the refusal")
        desk.send(0xC0, 5)
        wait_until(lambda: stage.live.preset.name == "other", "the preset")
        wait_until(lambda: not stage.live.player.changing, "the change")
        stage.sounds()
        assert stage.wire.late_frames() == USUAL


def test_a_port_that_goes_and_comes_back(preset):
    """It is waited for, and what was held is let go."""
    with at_work(preset, "hold-shut=note:37,threshold=cc7") as (_, desk, stage, _):
        desk.send(0x90, 37, 100)
        wait_until(lambda: stage.live.status().held == "shut", "the hold")
        desk.unplug()
        wait_until(lambda: any("went away" in said for said in stage.said), "the loss")
        wait_until(lambda: stage.live.status().held == "", "the hold to end")
        desk.plug()
        wait_until(lambda: stage.said.count("MIDI from JACK: desk:knobs") == 2, "the port")
        desk.send(0xB0, 7, 0)
        wait_until(lambda: record(stage)["threshold_used"] == -80.0, "the threshold")
        stage.sounds()


def test_a_port_that_is_not_there_yet(preset):
    """It is waited for; a name that means two is refused."""
    with JackServer(48_000, USUAL) as server, Stage(server, preset) as stage:
        with hands(stage, "threshold=cc7").start(), Controller() as desk:
            assert any("no MIDI port is called 'knobs'" in said for said in stage.said)
            wait_until(lambda: "MIDI from JACK: desk:knobs" in stage.said, "the port")
            desk.send(0xB0, 7, 0)
            wait_until(lambda: record(stage)["threshold_used"] == -80.0, "the threshold")
        with Controller("a"), Controller("b"):
            assert [str(port) for port in ports.list_ports()] == ["JACK: a:knobs", "JACK: b:knobs"]
            with pytest.raises(MidiError, match="means 2 MIDI ports: JACK: a:knobs, JACK: b:knobs; say more"):
                hands(stage, "threshold=cc7").start()
            with hands(stage, "threshold=cc7", "b:kn").start():
                assert "MIDI from JACK: b:knobs" in stage.said


def test_a_server_that_comes_back(preset):
    """Killed and started again: sound and MIDI are both there again."""
    with at_work(preset, "threshold=cc7") as (server, desk, stage, _):
        stage.stream.close()
        server.kill()
        wait_until(lambda: any("MIDI" in said and "went away" in said for said in stage.said), "the loss")
        desk.unplug()
        server.restart()
        wait_until(lambda: stage.live.facts["reopened"] == 1, "the gate to come back")
        desk.plug()
        wait_until(lambda: stage.said.count("MIDI from JACK: desk:knobs") == 2, "the port")
        desk.send(0xB0, 7, 0)
        wait_until(lambda: record(stage)["threshold_used"] == -80.0, "the threshold")
