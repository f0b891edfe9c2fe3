"""The loopback: what the callback does, what the arrivals come to, and a loop on a JACK server, whose delay is known."""

import json
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from benchmarks import loopback
from benchmarks.errors import NothingHeard
from tests.gate.live import jack_server

ROOT = Path(__file__).resolve().parents[2]
EXACT_SAMPLES = 0.01
"""A loop inside a computer is a whole number of samples; the estimator's own error is far smaller."""

ON_JACK = """
import json, subprocess
from benchmarks import loopback

def closed():
    subprocess.run(["jack_connect", "PortAudio:out_0", "PortAudio:in_0"], check=True)

found = loopback.measure(rate_hz=None, input_device="system", output_device="system", repeats=3, closed=closed)
print(json.dumps(found))
"""
OPEN_ON_JACK = """
from benchmarks import errors, loopback
try:
    loopback.measure(rate_hz=None, input_device="system", output_device="system", repeats=1)
except errors.NothingHeard as error:
    print(error)
"""


def in_a_fresh_interpreter(code: str) -> str:
    """Standard output of some Python: PortAudio looks for servers once, when it is first loaded."""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.audio
@pytest.mark.parametrize(("rate_hz", "period"), [(48_000, 100), (44_100, 64)])
def test_a_loop_on_jack_takes_exactly_one_period(rate_hz: int, period: int) -> None:
    """Output port into input port: one period, all of which PortAudio has reported; nothing is left for hardware."""
    jack_server.needs_jackd()
    with jack_server.JackServer(rate_hz, period):
        found = json.loads(in_a_fresh_interpreter(ON_JACK))
    assert found["rate_hz"] == rate_hz
    assert found["lost"] == 0
    assert found["round_trip_samples"]["median"] == pytest.approx(period, abs=EXACT_SAMPLES)
    assert found["software_samples"]["both"] == pytest.approx(period, abs=EXACT_SAMPLES)
    assert found["hardware_samples"] == pytest.approx(0.0, abs=2 * EXACT_SAMPLES)


@pytest.mark.audio
def test_an_open_loop_on_jack_says_that_nothing_came_back() -> None:
    """Without a connection the input is silent, and the sentence says what to do."""
    jack_server.needs_jackd()
    with jack_server.JackServer(48_000, 100):
        assert "connect the output to the input" in in_a_fresh_interpreter(OPEN_ON_JACK)


def loop(tape: loopback.Tape, delay: int, buffers: list[int]) -> None:
    """A device that returns what it was given ``delay`` samples later, in host buffers of these sizes in turn."""
    way = np.zeros(delay, np.float32)
    for k in range(100_000):
        frames = buffers[k % len(buffers)]
        out = np.full((frames, 1), np.nan, np.float32)
        joined = np.concatenate((way, np.zeros(frames, np.float32)))
        last = tape.turn(joined[:frames, None], out, SimpleNamespace(output_underflow=k == 3))
        joined[delay : delay + frames] = out[:, 0]
        way = joined[frames:]
        if last:
            return
    raise AssertionError("the tape never ended")


def test_any_host_buffers_give_the_same_round_trip() -> None:
    """Buffers of changing size, and a late start, change nothing; complaints are counted."""
    tape, played, begins = loopback.tape(8_000, 2)
    idle = np.ones((50, 1), np.float32)
    assert not tape.turn(idle, idle, None)
    assert not idle.any()
    tape.running = True
    loop(tape, 333, [64, 100, 7, 512])
    found = loopback.result(tape.heard, played, begins, 100.0, 133.0)
    assert found["each_samples"] == pytest.approx([333.0, 333.0], abs=EXACT_SAMPLES)
    assert found["hardware_samples"] == pytest.approx(100.0, abs=EXACT_SAMPLES)
    assert tape.status == {"output_underflow": 1}
    assert tape.buffers == (7, 512)


def test_a_sweep_that_is_lost_is_counted_and_the_others_count() -> None:
    """One of two sweeps that does not come back is told; both, and there is no figure."""
    tape, played, begins = loopback.tape(8_000, 2)
    heard = np.concatenate((np.zeros(40, np.float32), tape.sound))
    heard[: begins[1]] = 0.0
    found = loopback.result(heard, played, begins, 0.0, 0.0)
    assert found["lost"] == 1
    assert found["each_samples"] == pytest.approx([40.0], abs=EXACT_SAMPLES)
    with pytest.raises(NothingHeard):
        loopback.result(np.zeros_like(heard), played, begins, 0.0, 0.0)
