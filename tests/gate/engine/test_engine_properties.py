"""What an engine promises for every model: the same decisions however sound is cut, and no harm to sound."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from export.golden import sound as vowels
from gate.engine.engine import Engine
from gate.modelfile.contract import Contract
from gate.realtime.clock import Clock
from tests.gate.engine_tools import (
    BUFFERS,
    CURVE,
    RATES,
    THRESHOLD_DB,
    Array,
    bursts,
    curve_of,
    cuts,
    expected_gain,
    lively,
    open_engine,
    render,
    run,
)

GAIN_TOLERANCE = 1e-5
"""Gain, full scale 1: what adding in another order (T = 1, T = many) may change."""

RAMP_TOLERANCE = 1e-9
"""Gain, full scale 1: a ramp written down literally against the compiled one, both in float64."""

SHIFT_TOLERANCE = 1e-4
"""Open probability: input and threshold raised together. Float32 logarithms of large and of small numbers."""

SLACK = 0.01
"""Share of the time: nothing in a learned model makes it monotonic, far from the levels it was taught at."""

ROOM = 4000
"""Rows of curve, more than any test here has blocks."""


@pytest.fixture(scope="module")
def model(model: Contract) -> Contract:
    """Each model there is, made to open and shut for the sounds of these tests."""
    return lively(model)


def make(model: Contract, rate: int = 48_000, channels: int = 1, **settings_: object) -> Engine:
    chosen = {"threshold_db": THRESHOLD_DB, "curve_rows": ROOM} | settings_
    return open_engine(model, rate=rate, channels=channels, **chosen)


@pytest.mark.parametrize("rate", RATES)
def test_decisions_do_not_depend_on_the_host_buffer(model: Contract, rate: int) -> None:
    """Decisions and ballistics are bit-identical however the sound was cut."""
    x = bursts(rate, 0.4)
    with make(model, rate) as engine:
        whole = curve_of(engine, x)
        assert len(whole) > 150
        assert whole[:, CURVE["openness"]].max() > 0.2
        for buffer in BUFFERS:
            assert np.array_equal(curve_of(engine, x, buffer), whole), f"buffers of {buffer}"


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("buffer", [1, 100, 441, 1000, 0])
def test_decisions_act_by_the_rule(model: Contract, rate: int, buffer: int) -> None:
    """A decision acts from its block, or from the buffer in which the block completes if that is later."""
    x = bursts(rate, 0.3)
    pieces = [piece for piece in cuts(len(x), buffer) if piece.stop > piece.start]
    with make(model, rate, dtype=np.float64, range_db=-20.0) as engine:
        out = run(engine, x, pieces)
        gain = expected_gain(engine, engine.take_curve(), len(x), pieces)
        assert np.ptp(gain) > 0.5
        assert np.abs(out[:, 0] - x[:, 0] * gain).max() <= RAMP_TOLERANCE


@pytest.mark.parametrize("rate", RATES)
def test_offline_does_not_depend_on_the_pieces(model: Contract, rate: int) -> None:
    """Offline the sound is bit-identical however the file is cut, and decisions act from their block."""
    x = bursts(rate, 0.5, 2)
    with make(model, rate, 2, batch=16, range_db=-20.0, dtype=np.float64) as engine:
        whole = render(engine, x, 10**9)
        curve = engine.take_curve()
        for buffer in (777, 4096, 0):
            assert np.array_equal(render(engine, x, buffer), whole), f"pieces of {buffer}"
        gain = expected_gain(engine, curve, len(x) + engine.delay_samples, [])[engine.delay_samples :]
        assert np.abs(whole - x * gain[:, None]).max() <= RAMP_TOLERANCE


@given(
    sizes=st.lists(st.integers(0, 700), min_size=1, max_size=40),
    rate=st.sampled_from(RATES),
    n=st.integers(0, 3000),
)
@settings(max_examples=40, deadline=None, derandomize=True)
def test_any_cut_of_any_length(toy: Contract, sizes: list[int], rate: int, n: int) -> None:
    """Any buffers, empty ones too, give the decisions of one buffer, and as many samples as came in."""
    x = bursts(rate, 0.1, seed=n)[:n]
    edges = np.minimum(np.cumsum([0, *sizes]), len(x))
    pieces = [slice(a, b) for a, b in zip(edges, [*edges[1:], len(x)], strict=True)]
    with make(toy, rate) as engine:
        whole = curve_of(engine, x)
        out = run(engine, x, pieces)
        assert np.isfinite(out).all()
        assert np.array_equal(engine.take_curve(), whole)


@pytest.mark.parametrize("rate", [44_100, 48_000])
def test_live_and_offline_agree(model: Contract, rate: int) -> None:
    """T = 1 and T = many give the same gain, within rounding."""
    x = bursts(rate, 1.2, 2)
    with make(model, rate, 2) as live, make(model, rate, 2, batch=256) as offline:
        one = curve_of(live, x)
        render(offline, x)
        many = offline.take_curve()[: len(one)]
        assert len(many) == len(one)
        for column in ("openness", "open_probability"):
            assert np.abs(one - many)[:, CURVE[column]].max() <= GAIN_TOLERANCE


def test_live_in_one_call_sounds_as_offline(model: Contract) -> None:
    """A whole file in one live call reaches back to each block, so it sounds as it does offline."""
    x = bursts(48_000, 1.0)
    with make(model) as live, make(model, batch=256) as offline:
        assert np.abs(run(live, x) - render(offline, x)).max() <= GAIN_TOLERANCE


@pytest.mark.parametrize("shift_db", [-40.0, -23.0, -6.0, 6.0, 23.0, 40.0])
def test_input_and_threshold_move_together(model: Contract, shift_db: float) -> None:
    """Adding d dB to input and threshold changes nothing: that is what Threshold means."""
    x = np.concatenate([bursts(48_000, 1.0, loud=0.1), vowels()[:, None]])
    with make(model, batch=64) as engine:
        render(engine, x)
        before = engine.take_curve()
        engine.threshold_db = THRESHOLD_DB + shift_db
        render(engine, (x * 10.0 ** (shift_db / 20.0)).astype(np.float32))
        after = engine.take_curve()
    assert np.abs(before - after)[:, CURVE["open_probability"]].max() <= SHIFT_TOLERANCE


@pytest.mark.parametrize("name", ["toy", "voice"])
def test_a_higher_threshold_never_opens_longer(name: str, request: pytest.FixtureRequest) -> None:
    """Raising the threshold never opens the gate longer on average."""
    model, slack = request.getfixturevalue(name), SLACK if name == "voice" else 0.0
    voices = [vowels()[:, None] * np.float32(gain) for gain in (1.0, 0.1)]
    x = np.concatenate([*voices, bursts(48_000, 1.0, loud=0.1)])
    opened = []
    with make(model, batch=64) as engine:
        for threshold_db in range(-70, 1, 5):
            engine.threshold_db = float(threshold_db)
            render(engine, x)
            opened.append(engine.take_curve()[:, CURVE["openness"]].mean())
    assert np.ptp(opened) > 0.2  # the sound is made of vowels for a fifth and more
    assert np.diff(opened).max() <= slack, opened


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("range_db", [-np.inf, -80.0, 0.0])
def test_silence_stays_silence(model: Contract, dtype: type, range_db: float) -> None:
    """Silence in is exactly silence out."""
    with make(model, dtype=dtype, range_db=range_db, channels=2) as engine:
        assert not run(engine, np.zeros((20_000, 2), dtype), 100).any()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("rate", RATES)
def test_range_zero_changes_no_bit(model: Contract, rate: int, dtype: type) -> None:
    """With a range of 0 dB every finite sample passes with all its bits."""
    x = bursts(rate, 0.2, 2).astype(dtype) * dtype(1.0 / 3.0)
    x[:100] = [-0.0, 1e-40]
    with make(model, rate, 2, range_db=0.0, dtype=dtype) as engine:
        assert run(engine, x, 100).tobytes() == x.tobytes()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_an_open_gate_changes_no_bit(toy: Contract, dtype: type) -> None:
    """An open gate is a copy: every sample has all its bits."""
    x = (np.random.default_rng(0).standard_normal((48_000, 3)) / 7.0).astype(dtype)
    with make(toy, channels=3, dtype=dtype, range_db=-60.0) as engine:
        out = run(engine, x, 128)
        assert engine.record["openness"][0] == 1.0
    assert out[4800:].tobytes() == x[4800:].tobytes()
    assert not np.array_equal(out[:200], x[:200])


def test_a_shut_gate_without_range_is_exactly_silent(model: Contract) -> None:
    """A range of -inf gives samples of +0, not small ones and not -0."""
    shut = dataclasses.replace(model, open_at=0.99, close_at=0.99)
    x = -np.abs(bursts(48_000, 0.5, 2, loud=1e-4))
    for link in (True, False):
        with make(shut, channels=2, range_db=-np.inf, threshold_db=-10.0, link=link) as engine:
            out = run(engine, x, 480)
            assert not out.view(np.int32).any()


HAZARDS: dict[str, tuple[float, int]] = {
    "NaN": (np.nan, 1),
    "infinity": (np.inf, 1),
    "minus infinity": (-np.inf, 1),
    "denormal": (1e-42, 0),
    "+60 dBFS": (1000.0, 0),
    "largest float": (3e38, 0),
}
"""Name: (sample, does it count as not finite)."""


@pytest.mark.parametrize("hazard", HAZARDS)
@pytest.mark.parametrize("rate", [44_100, 48_000])
def test_hazards_do_no_harm(model: Contract, hazard: str, rate: int) -> None:
    """Whatever comes in, what goes out is finite; samples that are not finite become 0 and are counted."""
    value, counts = HAZARDS[hazard]
    x = bursts(rate, 0.4, 2)
    x[5000:5003, 0] = value
    x[7000:7100] = value
    with make(model, rate, 2) as engine:
        out = run(engine, x, 100)
        curve = engine.take_curve()
        assert np.isfinite(out).all()
        assert np.isfinite(curve).all()
        assert engine.record["model_errors"][0] == 0
        assert engine.record["nonfinite_samples"][0] == counts * 203
        assert np.isfinite(engine.record["input_peak"][0])
        if counts:  # the very same as zeros in their place
            assert np.array_equal(run(engine, np.where(np.isfinite(x), x, 0.0), 100), out)
            assert np.array_equal(engine.take_curve(), curve)


@pytest.mark.parametrize("value", [1e300, -1e300, np.nan, np.inf])
def test_hazards_in_double_precision(model: Contract, value: float) -> None:
    """What float32 cannot hold reaches the model as something it can, and the sound keeps it."""
    x = bursts(48_000, 0.3).astype(np.float64)
    x[5000:5200] = value
    with make(model, dtype=np.float64, range_db=0.0) as engine:
        out = run(engine, x, 100)
        assert engine.record["model_errors"][0] == 0
    assert np.array_equal(out, np.where(np.isfinite(x), x, 0.0))


def test_the_block_after_a_hazard_is_right(toy: Contract) -> None:
    """Two blocks after +60 dBFS, NaN or infinity the level is what the sound says: nothing of it stays."""
    x = np.full((4800, 1), 0.01, np.float32)
    for value in (np.nan, np.inf, 1000.0, 3e38):
        hurt = x.copy()
        hurt[1000:1100] = value
        with make(toy) as engine:
            clean, after = curve_of(engine, x, 64), curve_of(engine, hurt, 64)
        assert np.array_equal(clean[12:, CURVE["open_probability"]], after[12:, CURVE["open_probability"]])


def test_denormals_stay_in_the_sound(toy: Contract) -> None:
    """Denormals are flushed around the model's run alone: in the sound path and in Python they live."""
    tiny = np.float32(1e-40)
    with make(toy, range_db=0.0) as engine:
        out = run(engine, np.full((1000, 1), tiny), 100)
    assert np.all(out == tiny)
    assert tiny * np.float32(0.5) > 0.0


def steps_of_gain(engine: Engine, rate: int, buffer: int) -> Array:
    """Gain of each sample, read off a steady tone of 1 that is switched between -100 and 0 dBFS."""
    level = np.where(np.arange(int(0.8 * rate)) // (rate // 10) % 2, 1.0, 1e-5)
    return run(engine, level[:, None], buffer)[:, 0] / level


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("buffer", [100, 4096])
def test_no_click(toy: Contract, rate: int, buffer: int) -> None:
    """Gain is continuous: opening all the way takes at least 1 ms, closing at least a block."""
    with make(toy, rate, dtype=np.float64, range_db=-np.inf) as engine:
        gain = steps_of_gain(engine, rate, buffer)
    assert gain.min() == 0.0
    assert gain.max() == 1.0
    change = np.diff(gain, prepend=0.0)
    assert change.max() <= 1000.0 / rate + RAMP_TOLERANCE
    assert -change.min() <= 480.0 / rate + RAMP_TOLERANCE


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("lookahead_ms", [0.0, 0.7, 20.0])
def test_sound_is_late_by_the_lookahead_alone(model: Contract, rate: int, lookahead_ms: float) -> None:
    """An impulse comes out in the sample it went in, whatever the buffers are, or later by the lookahead."""
    at = int(0.03 * rate)
    x = np.zeros((int(0.08 * rate), 1), np.float32)
    x[at] = 1.0
    with make(model, rate, range_db=-20.0, lookahead_ms=lookahead_ms) as engine:
        late = int(np.floor(lookahead_ms * rate / 1000.0 + 0.5))
        assert engine.latency_samples == engine.delay_samples == late
        for buffer in BUFFERS:
            out = run(engine, x, buffer)
            assert np.flatnonzero(out).tolist() == [at + late], f"buffers of {buffer}"


@pytest.mark.parametrize("batch", [4, 256])
def test_offline_delay_is_compensated(model: Contract, batch: int) -> None:
    """Lookahead and lead together are what the caller cuts off; then the sound lies where it lay."""
    x = bursts(44_100, 0.3)
    with make(model, 44_100, batch=batch, range_db=0.0, lookahead_ms=3.0) as engine:
        assert engine.delay_samples == engine.latency_samples + engine.lead_samples
        assert np.array_equal(render(engine, x), x)


@pytest.mark.parametrize("rate", RATES)
def test_decisions_come_when_reported(toy: Contract, rate: int) -> None:
    """The gain first moves when the block is complete, at most the reported delay after the block's end."""
    clock = Clock(rate)
    worst = 0.0
    with make(toy, rate, dtype=np.float64, range_db=-20.0) as engine:
        for block in range(20, 28):
            x = np.full((clock.block_ready(block) + 10, 1), 1e-6)
            x[clock.block_start(block) :] = 1.0  # the whole block is loud, so this block decides
            gain = run(engine, x, 1)[:, 0] / x[:, 0]
            moved = int(np.flatnonzero(gain > 0.1 + RAMP_TOLERANCE)[0])
            assert moved <= clock.block_ready(block) - 1
            end = (block + 1) * 100 * rate / 48_000
            worst = max(worst, moved + 1 - end)
        assert worst <= engine.decision_delay_samples
        assert engine.decision_delay_ms <= 0.5
    if rate == 48_000:
        assert worst == engine.decision_delay_samples == 0
