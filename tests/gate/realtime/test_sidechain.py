"""The side-chain: exact clocks, and a resampler that is good enough to decide on."""

from fractions import Fraction
from math import ceil, floor

import numpy as np
import pytest

from gate.modelfile.contract import Contract
from gate.realtime.clock import DELAY_MS, LANES, Clock
from tests.gate.engine_tools import RATES, Array, open_engine

RESAMPLED = tuple(rate for rate in RATES if rate != 48_000)

TONE_TOLERANCE_DB = {8_000: -25.0, 16_000: -40.0, 22_050: -50.0}
"""Error of a tone in the passband, dB re the tone: what so short a filter gives. Others -55 dB."""

DIRECT_TOLERANCE = 2e-6
"""Full scale 1: float32 sums of up to 176 products against float64."""

STEADY_TOLERANCE = 1e-6
"""Full scale 1: a steady level through float32 coefficients that sum to 1."""


def resampled(toy: Contract, x: Array, rate: int) -> Array:
    """What the model gets of x (n, channels): (channels, samples) at 48 kHz, whole blocks; NaN: not seen."""
    channels = x.shape[1]
    clock = Clock(rate)
    blocks = max(k for k in range(2000) if clock.block_ready(k - 1) <= len(x))
    with open_engine(toy, rate=rate, channels=channels, batch=blocks) as engine:
        for at in range(0, len(x), 5000):
            engine.process(
                x[at : at + 5000].astype(np.float32), np.empty((len(x[at : at + 5000]), channels), np.float32)
            )
        assert engine.record["blocks"][0] == blocks
        # the next run's samples overwrite the first ones: give back what is not yet overwritten
        memory = engine._model.memory["blocks"].reshape(channels, -1)[:, : blocks * 100].copy()
        memory[:, : int(engine.record["queued"][0])] = np.nan
        return memory


@pytest.mark.parametrize("rate", RATES)
def test_the_clock_is_exact(rate: int) -> None:
    """Starts and completions of blocks are those of exact fractions, for hours."""
    clock = Clock(rate)
    for block in [*range(700), 480 * 3600 * 5 + 1]:
        assert clock.block_start(block) == ceil(Fraction(block * 100 * rate, 48_000))
        assert clock.block_ready(block) == floor(Fraction((block * 100 + 99) * rate, 48_000)) + clock.half + 1


@pytest.mark.parametrize("rate", [*RATES, 9_000, 10_000, 11_025, 12_000, 64_000, 176_400])
def test_the_decision_delay_is_what_the_worst_block_has(rate: int) -> None:
    """The reported delay is the worst block's, rounded up to a sample, and at most half a millisecond."""
    clock = Clock(rate)
    period = clock.up  # block ends repeat after at most so many blocks
    late = max(
        clock.block_ready(k) - Fraction((k + 1) * 100 * rate, 48_000) for k in range(min(period, 50_000))
    )
    assert clock.decision_delay_samples == ceil(late)
    assert 1000.0 * clock.decision_delay_samples / rate <= DELAY_MS
    assert (clock.decision_delay_samples == 0) == (rate == 48_000)


@pytest.mark.parametrize("rate", [7_999, 192_001, 44_100.5, 0, -48_000])
def test_other_rates_are_refused(rate: float) -> None:
    """A rate that is not whole, or out of range, is refused with what was expected."""
    with pytest.raises(ValueError, match="expected a whole rate from 8000 to 192000 Hz; resample it first"):
        Clock(rate)


@pytest.mark.parametrize("rate", RESAMPLED)
def test_coefficients(rate: int) -> None:
    """Each phase sums to 1, phases mirror each other, and rows are filled up with zeros."""
    clock = Clock(rate)
    kernel, taps = clock.kernel, 2 * clock.half
    assert kernel.shape == (clock.up, -(-taps // LANES) * LANES)
    assert np.abs(kernel.sum(axis=1) - 1.0).max() <= STEADY_TOLERANCE
    assert not kernel[:, taps:].any()
    if clock.up > 1:
        assert np.abs(kernel[1, :taps] - kernel[-1, :taps][::-1]).max() <= STEADY_TOLERANCE


@pytest.mark.parametrize("rate", RATES)
def test_samples_are_those_of_the_sum_written_down(toy: Contract, rate: int) -> None:
    """Each 48 kHz sample is the weighted sum round its exact place, at every channel; 48 kHz is a copy."""
    x = np.random.default_rng(1).uniform(-1.0, 1.0, (rate // 20, 2))
    got = resampled(toy, x, rate)
    if rate == 48_000:
        seen = ~np.isnan(got)
        assert np.array_equal(got[seen], x.T[:, : got.shape[1]].astype(np.float32)[seen])
        return
    clock = Clock(rate)
    taps = 2 * clock.half
    padded = np.concatenate([np.zeros((clock.half, 2)), x.astype(np.float32), np.zeros((clock.half, 2))])
    for m in range(got.shape[1]):
        base, phase = divmod(m * clock.down, clock.up)
        expected = clock.kernel[phase, :taps].astype(np.float64) @ padded[base + 1 : base + 1 + taps]
        if not np.isnan(got[0, m]):
            assert np.abs(got[:, m] - expected).max() <= DIRECT_TOLERANCE


@pytest.mark.parametrize("rate", RESAMPLED)
def test_a_tone_keeps_its_place_level_and_phase(toy: Contract, rate: int) -> None:
    """A tone in the passband comes out as the tone at 48 kHz: no delay, no gain."""
    frequency = 0.1 * min(rate, 48_000)
    n = int(0.1 * rate)
    x = np.sin(2 * np.pi * frequency * np.arange(n) / rate)[:, None]
    got = resampled(toy, x, rate)[0]
    expected = np.sin(2 * np.pi * frequency * np.arange(len(got)) / 48_000)
    seen = slice(1000, len(got) - 200)
    error = (got - expected)[seen]
    error_db = 10.0 * np.log10(np.nanmean(error**2) / 0.5)
    assert error_db <= TONE_TOLERANCE_DB.get(rate, -55.0)


@pytest.mark.parametrize("rate", [88_200, 96_000, 191_999, 192_000])
def test_what_cannot_be_heard_at_48_khz_is_kept_out(toy: Contract, rate: int) -> None:
    """A tone over 24 kHz does not fold into what the model hears: 50 dB down, at 30 kHz."""
    x = np.sin(2 * np.pi * 30_000 * np.arange(int(0.1 * rate)) / rate)[:, None]
    got = resampled(toy, x, rate)[0, 1000:]
    assert 10.0 * np.log10(np.nanmean(got**2) / 0.5) <= -50.0


@pytest.mark.parametrize("rate", RATES)
def test_a_steady_level_passes(toy: Contract, rate: int) -> None:
    """A steady level is the same at every phase: no tone of the resampler's own."""
    got = resampled(toy, np.full((rate // 10, 1), 0.5), rate)[0, 1000:-200]
    assert np.nanmax(np.abs(got - 0.5)) <= STEADY_TOLERANCE
