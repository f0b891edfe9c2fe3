"""The fitted law against other makers' laws with known numbers, and what is read from it."""

import numpy as np
import pytest

from gate.constants import RATE
from tests.training.clone.sounds import bursts
from training.clone import behaviour, law
from training.clone.law import Dials
from training.judging.laws import juce, lsp, obs

CLOSE_DB = 0.3
"""dB in 99 % of the samples: the law's gain is computed every fourth sample."""
LSP_TIMES = -np.log(1.0 - np.sqrt(0.5))


def off_db(gain, wanted):
    floor = 1e-4
    off = np.abs(20.0 * np.log10(np.maximum(gain, floor) / np.maximum(wanted, floor)))
    return float(np.percentile(off, 99.0))


def test_it_can_be_the_lsp_gate():
    """With LSP's numbers, hysteresis and hold included, the gain is LSP's."""
    x = bursts(6.0)
    dials = Dials(
        detector="rms", threshold_db=-28.0, zone_db=4.0, hysteresis_db=5.0, attack_ms=8.0 / LSP_TIMES, hold_ms=60.0,
        release_ms=120.0 / LSP_TIMES, range_db=-35.0, window_ms=10.0,
    )  # fmt: skip
    settings = lsp.LspSettings(-28.0, -4.0, -5.0, 8.0, 60.0, 120.0, -35.0, 10.0)
    assert off_db(law.gain(x, RATE, dials), lsp.gains(lsp.detect(x, settings), settings)) < CLOSE_DB
    assert law.named(dials)["LSP and ours"] == pytest.approx((8.0, 120.0))


def test_it_can_be_the_juce_gate():
    """With JUCE's ratio and its two envelopes the gain is JUCE's."""
    x = bursts(6.0)
    dials = Dials(
        detector="falling", shape="slope", threshold_db=-30.0, zone_db=0.001, slope=5.0, range_db=-120.0,
        attack_ms=5.0 / (2.0 * np.pi), release_ms=150.0 / (2.0 * np.pi), window_ms=50.0 / (2.0 * np.pi),
    )  # fmt: skip
    wanted = juce.gains(juce.detect(x), juce.JuceSettings(-30.0, 6.0, 5.0, 150.0))
    # the first envelope is on the square: its time constant is that of power
    assert off_db(law.gain(x, RATE, dials), wanted) < CLOSE_DB
    assert dials.ratio == 6.0


def test_it_can_be_the_obs_gate():
    """With OBS's steadily falling peak and straight ramps the gain is that of OBS."""
    x = bursts(6.0)
    settings = obs.ObsSettings(-26.0, -32.0, 12.0, 100.0, 90.0)
    fall = (10.0 ** (-26.0 / 20.0) - 10.0 ** (-32.0 / 20.0)) * obs.DECAYS_PER_S
    dials = Dials(
        detector="linear", place="ramp", threshold_db=-26.0, hysteresis_db=6.0, attack_ms=12.0, hold_ms=100.0,
        release_ms=90.0, range_db=-120.0, window_ms=1000.0 / fall,
    )  # fmt: skip
    wanted = obs.gains(obs.detect(x), settings)
    assert np.mean(np.abs(law.gain(x, RATE, dials) - wanted) < 0.02) > 0.97


def test_a_compressor_turns_down_by_its_ratio():
    """A level 12 dB over the threshold comes out 3 dB over it at a ratio of 4."""
    dials = Dials(
        kind="over", shape="slope", detector="peak", threshold_db=-20.0, slope=0.75, zone_db=0.001, range_db=-120.0,
        attack_ms=1.0, release_ms=50.0,
    )  # fmt: skip
    x = np.full(RATE // 2, 10.0 ** (-8.0 / 20.0))
    assert 20.0 * np.log10(law.gain(x, RATE, dials)[-1]) == pytest.approx(-9.0, abs=0.01)
    assert dials.ratio == pytest.approx(4.0)


def test_what_a_gate_does_is_measured_beside_what_its_dials_say():
    """A straight ramp of 20 ms, shut to -40 dB after 100 ms of hold: the times to 90 % and the levels are told."""
    dials = Dials(
        detector="falling", place="gain", shape="step", threshold_db=-30.0, hysteresis_db=6.0, attack_ms=0.01,
        hold_ms=100.0, release_ms=10.0, range_db=-40.0, window_ms=1.0,
    )  # fmt: skip
    found = behaviour.measure(behaviour.of_law(dials, 16_000), 16_000, -30.0)
    assert (found.low_db, found.high_db) == pytest.approx((-40.0, 0.0), abs=0.1)
    assert found.rise_ms < 2.0
    # 90 % of 40 dB are gone when the gain over its floor is 0.6 % of the way: 5.2 time constants
    assert found.fall_ms == pytest.approx(100.0 + 52.0, rel=0.1)
    assert found.up_db == pytest.approx(-30.0, abs=0.7)
    assert found.down_db == pytest.approx(-36.0, abs=2.0)
