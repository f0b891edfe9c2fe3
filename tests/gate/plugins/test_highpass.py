"""The high-pass: Butterworth at any rate, the same however sound is cut, without a click when it moves."""

import numpy as np
import pytest

from gate import Chain, HighPass
from tests.gate.engine_tools import Array, cuts

RESPONSE_DB = 1e-3
"""Between the filter and its formula, where the formula is over -60 dB."""


def run(plugin: HighPass, x: Array, rate: int, buffer: int | None = None) -> Array:
    with Chain([plugin]).open(rate, x.shape[1], dtype=x.dtype) as stream:
        pieces = [slice(0, len(x))] if buffer is None else cuts(len(x), buffer)
        return np.concatenate([stream.process(x[piece]) for piece in pieces])


@pytest.mark.parametrize("rate", [8_000, 44_100, 48_000, 192_000])
@pytest.mark.parametrize("cutoff_hz", [20.0, 80.0, 1000.0])
def test_its_response_is_butterworth_s(rate, cutoff_hz):
    """1 / (1 + (wc / w)^4) with warped frequencies: 3 dB down at the cutoff, 12 dB an octave below."""
    n = 1 << 18
    impulse = np.zeros((n, 1))
    impulse[0] = 1.0
    response = np.fft.rfft(run(HighPass(cutoff_hz), impulse, rate)[:, 0])
    hz = np.fft.rfftfreq(n, 1.0 / rate)
    inside = (hz > 0.1 * cutoff_hz) & (hz < 0.49 * rate)
    warped = np.tan(np.pi * hz[inside] / rate) / np.tan(np.pi * cutoff_hz / rate)
    expected_db = -10.0 * np.log10(1.0 + warped**-4.0)
    got_db = 20.0 * np.log10(np.abs(response[inside]))
    assert np.abs(got_db - expected_db).max() < RESPONSE_DB
    assert np.interp(cutoff_hz, hz[inside], got_db) == pytest.approx(-3.01, abs=0.01)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_it_does_not_depend_on_the_host_buffer_nor_on_its_neighbours(dtype):
    """Bit-identical however the sound was cut, and each channel by itself."""
    x = (np.random.default_rng(1).standard_normal((5000, 2)) * 0.2).astype(dtype)
    whole = run(HighPass(300), x, 48_000)
    for buffer in (1, 37, 128, 0):
        assert np.array_equal(run(HighPass(300), x, 48_000, buffer), whole)
    for c in (0, 1):
        assert np.array_equal(run(HighPass(300), x[:, c : c + 1], 48_000), whole[:, c : c + 1])


def test_a_cutoff_that_moves_makes_no_step_and_arrives():
    """From 20 to 2000 Hz at once under a loud low tone: no step larger than the tone's own, and then the new filter."""
    rate, hz = 48_000, 50.0
    x = 0.5 * np.sin(2 * np.pi * hz * np.arange(rate) / rate)[:, None]
    own_step = np.abs(np.diff(x[:, 0])).max()
    plugin = HighPass(20)
    with Chain([plugin]).open(rate, dtype=np.float64) as stream:
        out = [stream.process(x[:24_000])]
        plugin.cutoff_hz = 2000
        out.append(stream.process(x[24_000:]))
    y = np.concatenate(out)[:, 0]
    assert np.abs(np.diff(y)[2000:]).max() < 1.5 * own_step
    steady = run(HighPass(2000), x, rate)[:, 0]
    assert np.abs(y[-4800:] - steady[-4800:]).max() < 1e-6


def test_what_is_not_finite_does_not_stay():
    """NaN and infinity count as 0; the sound behind them is filtered as ever."""
    x = np.random.default_rng(2).standard_normal((4000, 1)) * 0.1
    broken = x.copy()
    broken[1000:1003, 0] = [np.nan, np.inf, -np.inf]
    clean = x.copy()
    clean[1000:1003] = 0.0
    assert np.array_equal(run(HighPass(100), broken, 48_000), run(HighPass(100), clean, 48_000))


def test_silence_behind_sound_becomes_exactly_silent():
    """The states end in 0, not in denormals."""
    x = np.zeros((480_000, 1))
    x[:100] = 0.5
    y = run(HighPass(1000), x, 48_000)
    assert y[-1, 0] == 0.0
