"""What a stream survives: servers that die, stop, change their rate; ports that somebody takes away."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from gate.errors import SoundDeviceError
from gate.soundsystem.supervisor import Supervisor
from tests.gate.live.jack_server import JackServer, needs_jackd, wait_until
from tests.gate.live.wire import Wire
from tests.gate.soundsystem.test_devices import in_a_process

pytestmark = pytest.mark.audio

ROOT = Path(__file__).resolve().parents[3]

OUT, IN = "learned-gate:out_1", "learned-gate:in_1"

STOP_PATIENCE_S = 10.0
"""``stop`` promises 2 s on a machine that has time; this only tells waiting from hanging."""

GROWTH_KIB = 4096
"""What 20 interruptions may add to the memory: some 10 KiB each were seen, of libjack."""


class Kept:
    """A supervisor on the server's card, and what it made and said."""

    def __init__(self, **given):
        self.made: list[Wire] = []
        self.said: list[str] = []
        values = {"source": None, "sink": None, "rate_hz": None, "inputs": 1, "outputs": 1, **given}
        self.supervisor = Supervisor(
            **values, factory=self.factory, on_event=lambda event: self.said.append(event.text)
        )

    def factory(self, *shape) -> Wire:
        self.made.append(Wire(*shape))
        return self.made[-1]

    def __enter__(self) -> "Kept":
        needs_jackd()
        self.supervisor.start()
        self.sound()
        return self

    def __exit__(self, *_) -> None:
        self.supervisor.stop()

    def buffers(self) -> int:
        return sum(wire.buffers() for wire in self.made)

    def sound(self) -> None:
        """Wait until buffers come."""
        before = self.buffers()
        wait_until(lambda: self.supervisor.running and self.buffers() > before + 5, "sound")

    def noted(self) -> None:
        """Wait until the connections of now have been noted."""
        supervisor = self.supervisor

        def current() -> bool:
            port = supervisor.stream.port
            return supervisor.connections.wanted == port.connections()

        wait_until(current, "the connections to be noted")


def test_a_killed_server_is_followed_to_its_successor():
    """After kill -9 and a restart the same player has buffers again, and the interruption is told and counted."""
    needs_jackd()
    with JackServer() as server, Kept() as kept:
        for times in (1, 2):
            server.kill()
            wait_until(lambda: not kept.supervisor.running, "the loss to be noticed")
            server.start()
            kept.sound()
            assert kept.supervisor.reopened == times
        assert len(kept.made) == 1
        assert kept.supervisor.lost_s > 0
        assert kept.supervisor.failure is None
        said = "\n".join(kept.said)
        assert "no sound: the sound system ended the stream; waiting for it to come back" in said
        assert "opened again: system to system (JACK) at 48000 Hz" in said
        assert "sound again after" in kept.said[-1]


def test_a_server_at_another_rate_gets_another_player():
    """The factory is called for the new rate, even when a rate was asked for at the start."""
    needs_jackd()
    with JackServer() as server, Kept(rate_hz=48000) as kept:
        server.restart(96000)
        wait_until(lambda: len(kept.made) == 2, "a new player")
        kept.sound()
        assert [wire.rate_hz for wire in kept.made] == [48000, 96000]
        assert kept.supervisor.player is kept.made[1]
        assert kept.supervisor.stream.rate_hz == 96000


def test_a_stopped_server_is_waited_for():
    """While a server is stopped nothing is closed; the same stream goes on with it."""
    needs_jackd()
    with JackServer() as server, Kept() as kept:
        stream = kept.supervisor.stream
        server.stop()
        wait_until(lambda: kept.supervisor.stalls == 1, "the stall to be noticed")
        time.sleep(3.0)  # longer than a stream is left alone whose server runs
        assert kept.supervisor.stream is stream
        server.go_on()
        kept.sound()
        assert (kept.supervisor.stream, kept.supervisor.reopened, kept.supervisor.stalls) == (stream, 0, 1)
        assert kept.supervisor.lost_s > 3.0


def test_a_server_killed_while_stopped_is_followed():
    """Both at once."""
    needs_jackd()
    with JackServer() as server, Kept() as kept:
        server.stop()
        wait_until(lambda: kept.supervisor.stalls == 1, "the stall to be noticed")
        server.restart()
        kept.sound()
        assert kept.supervisor.reopened == 1


def test_disconnected_ports_are_somebodys_own_doing():
    """The stream goes on with silence, nothing is connected against their will, and what they connect sounds."""
    needs_jackd()
    with JackServer() as server, Kept() as kept:
        server.disconnect("system:capture_1", IN)
        server.disconnect(OUT, "system:playback_1")
        kept.noted()
        kept.sound()
        assert (server.connections(IN), server.connections(OUT)) == ([], [])
        assert (kept.supervisor.stalls, kept.supervisor.reopened) == (0, 0)
        kept.supervisor.player.number()
        server.connect(OUT, IN)
        wait_until(lambda: kept.supervisor.player.heard() > 1000, "sound through the new connection")


def test_connections_come_back_with_the_server():
    """Not the ones of the beginning, but those that were there: also none."""
    needs_jackd()
    with JackServer() as server, Kept() as kept:
        server.disconnect("system:capture_1", IN)
        server.disconnect(OUT, "system:playback_1")
        server.connect(OUT, "system:playback_2")
        server.connect(OUT, IN)
        kept.noted()
        server.restart()
        kept.sound()
        wait_until(lambda: server.connections(IN) == [OUT], "the input's connections")
        wait_until(lambda: sorted(server.connections(OUT)) == [IN, "system:playback_2"], "the output's")


def test_a_connection_waits_for_its_other_end():
    """What was connected to a program that comes back later is connected to it then."""
    needs_jackd()
    with JackServer() as server, Kept() as kept:
        other = subprocess.Popen(["jack_iodelay"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            wait_until(lambda: "jack_delay:in" in server.ports(), "the other program")
            server.connect(OUT, "jack_delay:in")
            kept.noted()
            server.kill()
            other.kill()
            other.wait()
            server.start()
            kept.sound()
            assert "jack_delay:in" not in server.ports()
            other = subprocess.Popen(["jack_iodelay"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            wait_until(lambda: "jack_delay:in" in server.connections(OUT), "the connection")
        finally:
            other.kill()
            other.wait()


class Microphone:
    """Another program with ports jack_delay:in and out, which can be pulled out and put back."""

    def __init__(self, server: JackServer):
        self.server = server

    def __enter__(self) -> "Microphone":
        self.process = subprocess.Popen(
            ["jack_iodelay"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        wait_until(lambda: "jack_delay:out" in self.server.ports(), "the other program")
        return self

    def __exit__(self, *_) -> None:
        self.process.kill()
        self.process.wait()


GONE = "jack_delay:out went away; it is connected again when it is back"


def test_a_microphone_that_is_unplugged_is_told_and_connected_again():
    """Once for each time, by name, while the same stream goes on; then its sound is there again."""
    needs_jackd()
    with JackServer() as server:
        with Microphone(server):
            kept = Kept(source="jack_delay", sink="JACK: system")
            kept.__enter__()
            stream = kept.supervisor.stream
        try:
            for times in (1, 2):
                wait_until(lambda times=times: kept.said.count(GONE) == times, "the event")
                time.sleep(1.5)  # three more looks have nothing to add
                assert kept.supervisor.running and kept.said.count(GONE) == times
                assert server.connections(IN) == []
                with Microphone(server):
                    wait_until(lambda: server.connections(IN) == ["jack_delay:out"], "the connection")
                    before = kept.supervisor.player.sounded()
                    wait_until(lambda before=before: kept.supervisor.player.sounded() > before, "its sound")
                    kept.noted()
            assert kept.supervisor.stream is stream
            assert [text for text in kept.said[1:] if text != GONE] == []
            assert server.connections(OUT) == ["system:playback_1"]
        finally:
            kept.supervisor.stop()


def test_a_microphone_that_somebody_disconnected_is_not_connected_when_it_comes_back():
    """Whoever took the cable away while both ends were there meant it, whatever happens to the other end then."""
    needs_jackd()
    wishes = {"source": "jack_delay", "sink": "JACK: system"}
    with JackServer() as server, Microphone(server) as microphone, Kept(**wishes) as kept:
        kept.noted()
        server.disconnect("jack_delay:out", IN)
        kept.noted()
        microphone.__exit__()
        with Microphone(server):
            time.sleep(2.0)
            assert server.connections(IN) == []
        assert kept.said[1:] == []


def test_what_is_connected_is_not_said_to_be_away():
    """A stream that follows a restarted server, with its connections, has no event of a port that went away."""
    needs_jackd()
    with JackServer() as server, Kept(inputs=2, outputs=2) as kept:
        kept.noted()
        server.restart()
        kept.sound()
        kept.noted()
        time.sleep(1.5)
        assert kept.supervisor.reopened == 1
        assert not [text for text in kept.said if "went away" in text]


def test_stop_ends_whatever_the_server_does():
    """With a stopped server, and with none, stop comes back; only the first leaves something behind."""
    needs_jackd()
    with JackServer() as server:
        with Kept() as kept:
            server.stop()
            wait_until(lambda: kept.supervisor.stalls == 1, "the stall to be noticed")
            begin = time.monotonic()
            assert kept.supervisor.stop() is False
            assert time.monotonic() - begin < STOP_PATIENCE_S
            server.go_on()
            wait_until(lambda: kept.supervisor.stop(), "what was left behind to end")
        with Kept() as kept:
            server.kill()
            wait_until(lambda: not kept.supervisor.running, "the loss to be noticed")
            assert kept.supervisor.stop() is True


def test_an_interrupt_of_the_main_thread_does_not_touch_the_stream():
    """SIGINT is the main thread's alone."""
    needs_jackd()
    with JackServer(), Kept() as kept:
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
        kept.sound()
        assert kept.supervisor.reopened == 0


def test_what_fails_for_good_is_told_by_stop():
    """A player that cannot be made for the new rate ends the stream, and the error is not lost."""
    needs_jackd()

    class OneRate(Kept):
        def factory(self, *shape):
            if shape[0] != 48000:
                raise ValueError("48000 Hz only")
            return super().factory(*shape)

    with JackServer() as server:
        kept = OneRate()
        kept.__enter__()
        server.restart(44100)
        wait_until(lambda: kept.supervisor.failure is not None, "the failure")
        assert not kept.supervisor.running
        with pytest.raises(ValueError, match="48000 Hz only"):
            kept.supervisor.stop()
        assert not [name for name in server.ports() if name.startswith("learned")]


def test_a_stream_that_cannot_begin_says_so_at_once():
    """The first opening is the caller's: its error comes out of start."""
    needs_jackd()
    with JackServer(), pytest.raises(SoundDeviceError, match="no input device is called 'theremin'"):
        Kept(source="theremin").__enter__()


@pytest.mark.parametrize(
    "accident", ["", "server.stop()", "server.kill()"], ids=["none", "stopped", "killed"]
)
def test_a_process_with_a_stream_ends(accident):
    """Without stop, and whatever the server does, the process ends when its program does, in silence."""
    needs_jackd()
    code = (
        "import os, signal, time\n"
        "from gate.soundsystem.supervisor import Supervisor\n"
        "from tests.gate.live.wire import Wire\n"
        "Supervisor(None, None, None, 1, 1, Wire).start()\n"
        "print('started', flush=True)\n"
        "input()\n"
    )
    with JackServer() as server:
        process = subprocess.Popen(
            [sys.executable, "-c", code],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        try:
            assert process.stdout.readline() == "started\n"
            if accident == "server.stop()":
                server.stop()
            elif accident == "server.kill()":
                server.kill()
            _, errors = process.communicate("\n", timeout=60)
            assert (errors, process.returncode) == ("", 0)
        finally:
            process.kill()
            process.communicate()
            if accident == "server.stop()":
                server.go_on()


ON_ALSA = """
from gate.soundsystem import thread as port_thread
from gate.soundsystem.supervisor import Supervisor
from tests.gate.live.jack_server import wait_until
from tests.gate.live.wire import Wire

class Freezing(Wire):
    frozen = None
    def buffers(self):
        return super().buffers() if self.frozen is None else self.frozen

with Supervisor("silent_card", "silent_card", 48000, 1, 1, Freezing).start() as supervisor:
    first = supervisor.stream
    def sound(times):
        before = supervisor.player.buffers()
        wait_until(lambda: supervisor.reopened == times and supervisor.running, "the stream")
        wait_until(lambda: supervisor.player.buffers() > before, "sound")
    sound(0)
    port_thread.call(first.port._stream.abort)
    sound(1)
    assert supervisor.stream is not first and not first.active
    supervisor.player.frozen = supervisor.player.buffers()
    wait_until(lambda: supervisor.reopened == 2, "the stream")
    supervisor.player.frozen = None
    sound(2)
    assert supervisor.stalls >= 1
    print(supervisor.stream.rate_hz)
"""
"""PortAudio ends a stream, then another one that seems to run has no buffers."""


def test_a_portaudio_stream_comes_back_too(tmp_path):
    """Ended or standing still for two seconds, it is opened again, at the rate that was asked for."""
    done = in_a_process(ON_ALSA, tmp_path)
    assert (done.stdout, done.stderr) == ("48000\n", "")


@pytest.mark.slow
def test_twenty_interruptions_leave_nothing_behind():
    """Kills, stops and changes of rate, over and over: no more threads, files or memory than before."""
    needs_jackd()

    def usage() -> tuple[int, int, int]:
        own = Path("/proc/self")
        pages = int((own / "statm").read_text().split()[1])
        kib = pages * os.sysconf("SC_PAGE_SIZE") // 1024
        return len(os.listdir(own / "task")), len(os.listdir(own / "fd")), kib

    if not Path("/proc/self/statm").exists():
        pytest.skip("memory is read from /proc")
    with JackServer() as server, Kept() as kept:
        before = (0, 0, 0)
        for turn in range(24):
            if turn == 4:  # what is loaded at the first interruption stays
                before = usage()
            if turn % 4 == 3:
                stalls = kept.supervisor.stalls
                server.stop()
                wait_until(lambda stalls=stalls: kept.supervisor.stalls > stalls, "the stall")
                server.go_on()
            else:
                reopened = kept.supervisor.reopened
                server.restart((48000, 44100)[turn % 2])
                wait_until(lambda reopened=reopened: kept.supervisor.reopened > reopened, "the stream")
            kept.sound()
        after = usage()
        assert kept.supervisor.failure is None
        assert after[0] <= before[0] + 1  # a thread of the server's may still be on its way out
        assert after[1] <= before[1] + 1
        assert after[2] - before[2] < GROWTH_KIB
        assert kept.supervisor.reopened == 18
