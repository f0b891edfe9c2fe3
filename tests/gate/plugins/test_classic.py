"""The classic gate: LSP's law at any rate, the same however sound is cut, without a click."""

import numpy as np
import pytest

from gate import Chain, ClassicGate
from tests.gate.engine_tools import Array, bursts, cuts
from training.judging.laws.lsp import LspSettings, curve_db, detect, gains

RATE = 48_000

LAW_TOLERANCE = 1e-6
"""Gain: the law's window is a difference of long sums, which round elsewhere."""


def run(plugin: ClassicGate, x: Array, rate: int = RATE, buffer: int | None = None) -> Array:
    with Chain([plugin]).open(rate, x.shape[1], dtype=x.dtype) as stream:
        pieces = [slice(0, len(x))] if buffer is None else cuts(len(x), buffer)
        return np.concatenate([stream.process(x[piece]) for piece in pieces])


def slewed(gain: Array, rate: int = RATE) -> Array:
    """A gain that takes at least 1 ms from 0 to 1, written slowly."""
    most, now, out = 1000.0 / rate, gain[0], np.empty(len(gain))
    for k, goal in enumerate(gain):
        now = goal if abs(goal - now) <= most else now + np.copysign(most, goal - now)
        out[k] = now
    return out


def gain_of(plugin: ClassicGate, x: Array) -> Array:
    """The gain of each sample, where there is sound."""
    y = run(plugin, x)
    return np.where(x[:, 0] != 0.0, y[:, 0] / np.where(x[:, 0] == 0.0, 1.0, x[:, 0]), np.nan)


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"attack_ms": 0.0, "release_ms": 10.0, "zone_db": 0.0},
        {
            "threshold_db": -30.0,
            "hysteresis_db": -12.0,
            "hold_ms": 40.0,
            "attack_ms": 2.0,
            "release_ms": 30.0,
        },
        {"threshold_db": -20.0, "zone_db": -20.0, "attack_ms": 5.0, "reactivity_ms": 1.0, "range_db": -72.0},
    ],
)
def test_it_is_the_law_that_gates_are_judged_beside(settings):
    """Gain by gain as ``training.judging.laws.lsp`` has it, but for steps, which take 1 ms here."""
    x = bursts(RATE, 1.0).astype(np.float64) + 1e-7
    zone = settings.get("zone_db", -6.0)
    plugin = ClassicGate(**settings, hysteresis_zone_db=zone)
    named = {{"range_db": "reduction_db"}.get(name, name): value for name, value in settings.items()}
    law = LspSettings(**named)
    expected = slewed(gains(detect(x[:, 0], law), law))
    got = gain_of(plugin, x)
    assert expected.max() == 1.0 and expected.min() < 0.1
    assert np.nanmax(np.abs(got - expected)) < LAW_TOLERANCE


@pytest.mark.parametrize("rate", [8_000, 44_100, 192_000])
def test_key_filters_take_their_part_away_at_any_rate(rate):
    """A low hum does not open through a key high-pass, a high tone not through a low-pass; both do without."""
    t = np.arange(rate // 2) / rate
    for hz, cut in ((50.0, {"key_high_pass_hz": 500.0}), (2000.0, {"key_low_pass_hz": 200.0})):
        x = 0.5 * np.sin(2 * np.pi * hz * t)[:, None]
        knobs = {"threshold_db": -20.0, "range_db": -np.inf}
        assert np.array_equal(run(ClassicGate(**knobs), x, rate)[-100:], x[-100:])
        assert not run(ClassicGate(**knobs, **cut), x, rate).any()


@pytest.mark.parametrize("level_db", [-60.0, -32.0, -27.0, -20.0])
def test_it_ducks_with_a_range_over_0_db(level_db):
    """What stands over the threshold is turned down by range, what is under the zone is left as it is."""
    n = RATE // 2
    x = np.full((n, 1), 10.0 ** (level_db / 20.0))
    x[1::2] *= -1.0
    gain_db = 20.0 * np.log10(gain_of(ClassicGate(range_db=12.0, attack_ms=1.0), x)[-1])
    open_ = 1.0 - curve_db(level_db, -24.0, -6.0, -1.0) / -1.0
    assert gain_db == pytest.approx(-12.0 * open_, abs=1e-3)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_it_does_not_depend_on_the_host_buffer(dtype):
    """Bit-identical however the sound was cut, lookahead and all."""
    x = bursts(RATE, 0.3, 2).astype(dtype)
    plugin = ClassicGate(lookahead_ms=3, hold_ms=10, key_high_pass_hz=200, hysteresis_db=-6, range_db=-np.inf)
    whole = run(plugin, x)
    assert 0.1 < np.mean(whole != 0.0) < 0.99
    for buffer in (1, 37, 100, 0):
        assert np.array_equal(run(plugin, x, RATE, buffer), whole)


def test_lookahead_is_taken_out_of_a_whole_sound_and_opens_before_it():
    """A gate that looks ahead lets through what one without eats."""
    x = np.zeros((RATE // 2, 1), np.float32)
    x[10_000:15_000] = 0.5
    knobs = {"attack_ms": 1.0, "reactivity_ms": 1.0, "range_db": -np.inf}
    without, ahead = (Chain([ClassicGate(**knobs, lookahead_ms=ms)])(x, RATE) for ms in (0, 10))
    assert without[10_000, 0] == 0.0
    assert np.array_equal(ahead[10_000:15_000], x[10_000:15_000])


def test_turning_every_knob_while_it_sounds_makes_no_click():
    """From one end to the other under a tone: no step larger than the tone's own and a ramp of 1 ms."""
    x = (0.5 * np.sin(2 * np.pi * 100.0 * np.arange(2 * RATE) / RATE))[:, None]
    plugin = ClassicGate()
    live = [parameter for parameter in ClassicGate.table() if parameter.live]
    turns = [(parameter, value) for parameter in live for value in (parameter.minimum, parameter.maximum)]
    size = len(x) // (2 * len(turns))
    with Chain([plugin]).open(RATE, dtype=np.float64) as stream:
        out = []
        for k, begin in enumerate(range(0, len(x) - size, size)):
            parameter, value = turns[k % len(turns)]
            suffix = {"Hz": "_hz", "ms": "_ms"}.get(parameter.unit, "_db")
            setattr(plugin, parameter.id.replace("-", "_") + suffix, value)
            out.append(stream.process(x[begin : begin + size]))
    y = np.concatenate(out)
    assert np.abs(np.diff(y, axis=0)).max() <= np.abs(np.diff(x, axis=0)).max() + 0.5 * 1000.0 / RATE


def test_what_is_not_finite_becomes_silence_and_does_not_stay():
    """NaN and infinity count as 0, in the key and in the sound."""
    x = bursts(RATE, 0.3)
    broken, clean = x.copy(), x.copy()
    broken[2000:2003, 0] = [np.nan, np.inf, -np.inf]
    clean[2000:2003] = 0.0
    knobs = {"key_low_pass_hz": 3000, "key_high_pass_hz": 100}
    assert np.array_equal(run(ClassicGate(**knobs), broken), run(ClassicGate(**knobs), clean))


def test_the_record_says_level_and_gain():
    """For meters: the envelope and the gain of now."""
    x = np.full((RATE, 1), 0.5)
    x[1::2] *= -1.0
    with Chain([ClassicGate()]).open(RATE, dtype=np.float64) as stream:
        stream.process(x)
        record = stream.running[0].record[0]
        assert record["level_db"] == pytest.approx(-6.02, abs=0.01)
        assert record["gain_db"] == 0.0
        stream.process(np.zeros((RATE, 1)))
        assert record["gain_db"] == pytest.approx(-24.0, abs=1e-6)


def test_every_parameter_of_the_table_takes_both_ends():
    """And says where they are."""
    for parameter in ClassicGate.table():
        assert parameter.check(parameter.minimum) == parameter.minimum
        assert parameter.check(parameter.maximum) == parameter.maximum
        assert parameter.check(parameter.default) == parameter.default
        assert f"{parameter.minimum:g} to {parameter.maximum:g}" in parameter.sentence
