"""Fits of dynamics: dials that are known come back, with bars that mean something."""

import numpy as np
import pytest

from tests.training.clone.sounds import RATE, bursts
from training.clone import dynamics, gains, law
from training.clone.law import Dials

TIMES = 0.1
"""Share: how well times are told."""
HALF_DB = 0.5
"""dB: how well threshold, range and gain are told."""


def gate():
    return Dials(
        detector="rms", threshold_db=-28.0, zone_db=4.0, attack_ms=6.0, hold_ms=60.0, release_ms=90.0,
        range_db=-35.0, window_ms=10.0,
    )  # fmt: skip


@pytest.mark.slow
def test_a_gate_comes_out_as_its_dials():
    """Attack, hold and release within 10 %, threshold and range within 0.5 dB, and bars on each."""
    x = bursts()
    true = gate()
    made = dynamics.fit(x, x * law.gain(x, RATE, true), RATE, kind="down", structures=dynamics.CLASSIC)
    for name in ("attack_ms", "hold_ms", "release_ms"):
        assert getattr(made.dials, name) == pytest.approx(getattr(true, name), rel=TIMES)
        assert 0.0 < made.errors[name] < TIMES * getattr(true, name)
    assert made.dials.threshold_db == pytest.approx(true.threshold_db, abs=HALF_DB)
    assert made.dials.range_db == pytest.approx(true.range_db, abs=HALF_DB)
    assert made.quality.within > 0.95


@pytest.mark.slow
def test_a_compressor_comes_out_as_its_dials():
    """Ratio within 5 %, times within 10 %, threshold within 0.5 dB."""
    x = bursts()
    true = Dials(
        kind="over", shape="slope", detector="peak", threshold_db=-25.0, slope=0.75, zone_db=2.0, range_db=-120.0,
        attack_ms=4.0, release_ms=80.0, makeup_db=3.0,
    )  # fmt: skip
    made = dynamics.fit(x, x * law.gain(x, RATE, true), RATE, structures=(("peak", "slope", "level"),))
    assert made.dials.kind == "over"
    assert made.dials.ratio == pytest.approx(4.0, rel=0.05)
    assert made.dials.attack_ms == pytest.approx(4.0, rel=TIMES)
    assert made.dials.release_ms == pytest.approx(80.0, rel=TIMES)
    assert made.dials.threshold_db == pytest.approx(-25.0, abs=HALF_DB)
    assert made.quality.within > 0.95


def test_gains_are_measured_where_there_is_sound():
    """The gain of each block is the box's, and blocks of near silence are left out."""
    x = bursts(4.0)
    x[: RATE // 2] = 0.0
    wanted = law.gain(x, RATE, gate())
    found = gains.measured(x, -0.5 * wanted * x, RATE)
    assert not found.valid[: RATE // 2 // gains.BLOCK - 1].any()
    off = found.predicted_db(0.5 * wanted[law.STRIDE - 1 :: law.STRIDE]) - found.gain_db
    assert np.percentile(np.abs(off[found.valid]), 99.0) < HALF_DB


def test_which_way_it_works_is_told():
    """What turns down the quiet is told from what turns down the loud."""
    x = bursts(6.0)
    over = Dials(kind="over", shape="slope", threshold_db=-30.0, slope=0.7, range_db=-120.0)
    for dials, kind in ((gate(), "down"), (over, "over")):
        found = gains.measured(x, x * law.gain(x, RATE, dials), RATE)
        assert dynamics.direction(found, x, RATE) == kind


def test_bars_grow_with_noise():
    """With noise in the wet sound the threshold's bar is wider than without."""
    x = bursts(6.0)
    true = gate()
    clean = x * law.gain(x, RATE, true)
    widths = []
    for level in (0.0, 3e-3):
        noisy = clean + level * np.random.default_rng(5).normal(size=len(x))
        task = dynamics.Task(*gains.excerpt(x, noisy, RATE, [slice(0, len(x) // 24 * 24)], -140.0), RATE)
        widths.append(dynamics.bars(task, true, ["threshold_db", "attack_ms"])["threshold_db"])
    assert widths[1] > 2.0 * widths[0]
