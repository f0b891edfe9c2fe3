"""Third-party plugins that crash, hang or are late: the sound goes on, aligned and without a step, and says so."""

import signal
import subprocess
import sys
import textwrap
from contextlib import contextmanager

import numpy as np
import pytest

from gate import Chain, Vst3
from gate.errors import PluginError
from gate.plugins.vst3 import keeper as vst3_keeper
from tests.gate.plugins.outside import DEADLINE_S, Player, is_running, until
from tests.toy_vst3 import LATE

RATE = 48_000
FRAMES = 480
DELAY = FRAMES + LATE
FADE = RATE // 100
CALM = RATE // 10
HALF_DB = -6.020599913279624

GAIN_TOLERANCE = 1e-6
"""The toy's own gain, in float32, against the exact one."""


def tone(seconds=6.0):
    """Half of full scale, 200 Hz, on two channels in antiphase."""
    t = np.arange(int(RATE * seconds)) / RATE
    return (0.5 * np.sin(2 * np.pi * 200.0 * t[:, None]) * [1.0, -1.0]).astype(np.float32)


@contextmanager
def playing(plugin):
    """A chain of it, played in time for 20 buffers."""
    with Chain([plugin]).open(RATE, 2, frames=FRAMES) as stream:
        player = Player(stream, tone(), FRAMES)
        player.play(20, in_time=True)
        yield player, stream.running[0]


def check(player, *, wet, dry):
    """What lies wholly in these stretches is the output, or the input, aligned; and nowhere is a step.

    From one to the other the sound may move by its own slope and by the difference between both over a fade.
    """
    y, x = player.out[DELAY : player.position], player.sound[: player.position - DELAY]
    for stretch, gain in [(wet, 0.5), (dry, 1.0)]:
        for begin, end in stretch:
            part = slice(max(begin - DELAY, 0), end - DELAY)
            assert part.stop > part.start
            if gain == 1.0:
                assert np.array_equal(y[part], x[part])
            else:
                assert np.abs(y[part] - gain * x[part]).max() < GAIN_TOLERANCE
    slope = np.abs(np.diff(player.sound, axis=0)).max()
    most = slope + 0.5 * np.abs(player.sound).max() / FADE
    assert np.abs(np.diff(player.out[: player.position], axis=0)).max() <= most + GAIN_TOLERANCE


def tend_until(stream, true, what):
    """As whoever looks after a stream does, until a condition holds."""

    def look():
        stream.tend()
        return true()

    until(look, what)


def test_a_crash_is_heard_as_the_input_and_then_it_is_back(toys):
    """Aligned all along; the counters say what was."""
    plugin = Vst3(toys(), gain_db=HALF_DB)
    with playing(plugin) as (player, running):
        plugin.trouble = "crash"
        before = player.play(1, in_time=True)
        until(lambda: not running.pid, "the crash")
        plugin.trouble = "none"
        gone = player.play(30, in_time=False)
        assert running.counts["dropouts"] == 1 and running.counts["late"] == 30
        tend_until(player.stream, lambda: running.counts["restarts"] == 1, "a new process")
        assert running.trouble == "Toy.vst3 ended by SIGABRT; it is started again (1 of 3 times)"
        tend_until(player.stream, lambda: running.keeper.serving, "a new process that plays")
        again = player.play(CALM // FRAMES + 30, in_time=True)
        tend_until(player.stream, lambda: not running.trouble, "an end of the trouble")
        assert running.pid and running.counts["restarts"] == 1
        check(
            player,
            wet=[(DELAY, before.stop), (again.stop - 10 * FRAMES, again.stop)],
            dry=[(gone.start + FADE + FRAMES, again.start)],
        )


def test_a_hang_is_heard_as_the_input_and_its_process_ended(toys, monkeypatch):
    """Also of one that takes no notice of anything."""
    monkeypatch.setattr(vst3_keeper, "HANG_S", 0.3)
    plugin = Vst3(toys(), gain_db=HALF_DB)
    with playing(plugin) as (player, running):
        pid = running.pid
        plugin.trouble = "hang"
        before = player.play(1, in_time=True)
        plugin.trouble = "none"
        gone = player.play(30, in_time=False)
        tend_until(player.stream, lambda: running.counts["restarts"] == 1, "the end of its patience")
        assert running.trouble == "Toy.vst3 did not come back for 0.3 s; it is started again (1 of 3 times)"
        assert not is_running(pid)
        monkeypatch.undo()
        tend_until(player.stream, lambda: running.keeper.serving, "a new process that plays")
        again = player.play(CALM // FRAMES + 30, in_time=True)
        check(
            player,
            wet=[(DELAY, before.stop), (again.stop - 10 * FRAMES, again.stop)],
            dry=[(gone.start + FADE + FRAMES, again.start)],
        )


def test_one_that_keeps_crashing_is_given_up(toys):
    """After three attempts; the sound goes on, and nobody waits for it any more."""
    plugin = Vst3(toys(), gain_db=HALF_DB)
    with playing(plugin) as (player, running):
        plugin.trouble, lives = "crash", set()

        def gone():
            if running.keeper.serving and running.counts["restarts"] not in lives:
                lives.add(running.counts["restarts"])
                player.play(1, in_time=False)
            return "no longer heard" in running.trouble

        tend_until(player.stream, gone, "giving up")
        assert running.trouble == (
            "Toy.vst3 ended by SIGABRT, for the 4th time, and is no longer heard; open the chain again"
        )
        assert not running.pid and running.counts["restarts"] == 3
        rest = player.play(30, in_time=False)
        check(player, wet=[], dry=[(rest.start + FADE + FRAMES, rest.stop)])
        plugin.gain_db = 0.0
        player.stream.process(player.sound[:FRAMES])
        assert plugin.gain_db == 0.0


def test_one_that_is_late_gives_way_and_comes_back(toys):
    """Frames that it never got to are left out, and what it makes later lies where it belongs."""
    plugin = Vst3(toys(), gain_db=HALF_DB)
    with playing(plugin) as (player, running):
        plugin.trouble = "slow"

        def late():
            player.play(5, in_time=False)
            return running.counts["late"] >= 3

        until(late, "a late buffer")
        plugin.trouble = "none"
        assert running.keeper.wait(DEADLINE_S)
        again = player.play(CALM // FRAMES + 30, in_time=True)
        assert running.counts["restarts"] == 0 and running.counts["dropouts"] >= 1
        check(player, wet=[(DELAY, 20 * FRAMES), (again.stop - 10 * FRAMES, again.stop)], dry=[])


def test_one_that_is_late_again_and_again_is_given_up(toys, monkeypatch):
    """Flapping is worse than nothing; the sentence says what helps."""
    monkeypatch.setattr(vst3_keeper, "MOST_DROPOUTS", 1)
    monkeypatch.setattr(vst3_keeper, "WINDOW_S", DEADLINE_S)
    plugin = Vst3(toys(), gain_db=HALF_DB)
    with playing(plugin) as (player, running):
        player.stream.tend()
        plugin.trouble = "slow"
        for dropout in (1, 2):

            def dropped(many=dropout):
                player.play(2, in_time=False)
                return running.counts["dropouts"] >= many

            until(dropped, "a dropout")
            player.play(CALM // FRAMES + 5, in_time=True)
        tend_until(player.stream, lambda: running.trouble, "giving up")
        assert running.trouble.startswith(
            "Toy.vst3 was late 2 times in 120 s and is no longer heard; open it with more"
        )
        rest = player.play(10, in_time=False)
        check(player, wet=[], dry=[(rest.stop - FRAMES, rest.stop)])


def test_what_is_no_number_is_not_heard(toys):
    """The input is, for as long as that lasts."""
    plugin = Vst3(toys(), gain_db=HALF_DB)
    with playing(plugin) as (player, running):
        plugin.trouble = "nan"
        bad = player.play(30, in_time=True)
        plugin.trouble = "none"
        again = player.play(CALM // FRAMES + 30, in_time=True)
        assert running.counts["nonfinite"] > 0 and running.counts["dropouts"] == 1
        assert np.isfinite(player.out).all()
        check(
            player,
            wet=[(DELAY, 20 * FRAMES), (again.stop - 10 * FRAMES, again.stop)],
            dry=[(bad.start + DELAY + FADE + FRAMES, bad.stop)],
        )


@pytest.mark.parametrize(
    ("trouble", "got"),
    [("crash", "ended by SIGABRT"), ("nan", "gives what is no number"), ("hang", "did not come")],
)
@pytest.mark.parametrize("at", [100, 47_999])
def test_a_whole_sound_ends_with_an_error(toys, monkeypatch, trouble, got, at):
    """A render never falls back, wherever in the sound it happens."""
    monkeypatch.setattr("gate.plugins.vst3.running.PATIENCE_S", 1.0)
    x = np.full(RATE, 0.1, np.float32)
    plugin = Vst3(toys("LOUD"), trouble=trouble)
    assert np.array_equal(Chain([plugin])(x, RATE), x)
    x[at] = 0.95
    with pytest.raises(
        PluginError, match=rf"^Loud\.vst3: expected it to play to the end, got one that {got}"
    ):
        Chain([plugin])(x, RATE)


def test_a_crash_in_process_goes_on_too(toys):
    """Who plays from Python gets the input, and with time the plugin."""
    plugin, x = Vst3(toys(), gain_db=HALF_DB), tone()
    with Chain([plugin]).open(RATE, 2, frames=FRAMES) as stream:
        running = stream.running[0]
        plugin.trouble = "crash"
        out = [stream.process(x[k * FRAMES : (k + 1) * FRAMES]) for k in range(10)]
        plugin.trouble = "none"
        assert running.counts["dropouts"] == 1 and np.isfinite(out).all()
        tend_until(stream, lambda: running.counts["restarts"] and running.keeper.serving, "a new process")


def test_a_load_that_hangs_has_an_end(toys, monkeypatch):
    """The process is ended, and the sentence says how long was waited."""
    monkeypatch.setattr(vst3_keeper.Process.expect, "__defaults__", (0.5,))
    with pytest.raises(
        PluginError, match=r"Hangs\.vst3: expected an answer, got none for 0\.5 s; choose another plugin$"
    ):
        Vst3(toys("HANGS"))


PARENT = """
    import sys, time
    import numpy as np
    from gate import Chain, Vst3
    plugin = Vst3(sys.argv[1])
    stream = Chain([plugin]).open(48_000, frames=480)
    plugin.trouble = sys.argv[2]
    sound = np.zeros(480, np.float32)
    stream._compiled.call(stream.address, sound.ctypes.data, sound.ctypes.data, 480)
    print(stream.running[0].pid, flush=True)
    time.sleep(1000)
"""


@pytest.mark.slow
@pytest.mark.parametrize("trouble", ["none", "hang"])
def test_no_process_outlives_its_parent(toys, trouble):
    """Killed in the middle, even while the plugin hangs (then its watchdog bites)."""
    command = [sys.executable, "-c", textwrap.dedent(PARENT), str(toys()), trouble]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as parent:
        pid = int(parent.stdout.readline())
        assert is_running(pid)
        parent.send_signal(signal.SIGKILL)
    until(lambda: not is_running(pid), "the end of an orphan")
