"""What is drawn is what was played."""

import numpy as np
import pytest

from gate import Gate
from gate.levels import FLOOR_DB
from gate.live.player import Player, Shape
from gate.panel.history import COLUMN_S, COLUMNS, SCOPE_S, SILENCE, History, Ring, levels_db
from gate.panel.spectrum import FALL_DB, Spectrum
from gate.panel.spectrum import FLOOR_DB as SPECTRUM_FLOOR_DB
from tests.gate.live.test_player import play

RATE = 48_000
LEVEL_DB = 0.05
"""How near a level of a sine has to come: its periods do not fill the window."""

PEAK_DB = 1.5
"""How near a peak of a spectrum has to come: Hann's main lobe between two bins."""


def player(model, rate=RATE, channels=1):
    shape = Shape(rate, channels, channels)
    return Player([Gate(model, threshold_db=-40.0, range_db=-20.0)], shape, fades=False, scope_s=SCOPE_S)


def sine(seconds, level_db, hertz=1000.0, rate=RATE, channels=1):
    """Of so much RMS level."""
    wave = (
        np.sqrt(2.0)
        * 10 ** (level_db / 20)
        * np.sin(2 * np.pi * hertz * np.arange(int(seconds * rate)) / rate)
    )
    return np.repeat(wave[:, None], channels, axis=1).astype(np.float32)


def test_a_ring_keeps_the_newest_side_by_side():
    """Whatever was added in whatever pieces, a row is the newest columns, oldest first."""
    ring, all_ = Ring(("a",), 10, {"a": -1.0}), np.full(10, -1.0)
    rng = np.random.default_rng(1)
    for count in (1, 3, 10, 0, 7, 25, 2):
        new = rng.normal(size=count)
        ring.add({"a": new})
        all_ = np.concatenate([all_, new])
        assert np.array_equal(ring["a"], all_[-10:])


@pytest.mark.parametrize(("rate", "channels"), [(48_000, 1), (44_100, 2), (192_000, 2)])
def test_levels_are_those_of_five_milliseconds(toy, rate, channels):
    """A sine of -20 dBFS RMS reads -20, whatever the rate, and each column covers ten milliseconds."""
    history = History()
    with player(toy, rate, channels) as live:
        history.look(live)
        play(live, sine(1.0, -20.0, rate=rate, channels=channels))
        assert history.look(live) == pytest.approx(1.0 / COLUMN_S, abs=1)
        newest = history.ring["input_db"][-90:]
        assert np.allclose(newest, -20.0, atol=LEVEL_DB)
        assert history.ring["input_db"][0] == SILENCE["input_db"]


def test_nothing_is_counted_twice_or_left_out(toy):
    """Looked at in any rhythm, the columns are those of one look at the end."""
    rng = np.random.default_rng(2)
    x = (0.1 * rng.normal(size=(3 * RATE, 1))).astype(np.float32)
    often, once = History(), History()
    with player(toy) as live:
        often.look(live)
        once.look(live)
        at = 0
        while at < len(x):
            size = int(rng.integers(1, 4000))
            play(live, x[at : at + size])
            often.look(live)
            at += size
        once.look(live)
    assert np.array_equal(often.ring["input_db"], once.ring["input_db"])


def test_after_a_long_sleep_it_shows_the_newest(toy):
    """A window that was hidden for longer than the scope reaches shows the newest five seconds, and goes on from there."""
    history = History()
    with player(toy) as live:
        history.look(live)
        play(live, sine(8.0, -60.0), 480)
        play(live, sine(5.5, -30.0), 480)
        assert history.look(live) == COLUMNS
        assert np.allclose(history.ring["input_db"], -30.0, atol=LEVEL_DB)
        play(live, sine(0.1, -30.0), 480)
        assert history.look(live) == pytest.approx(10, abs=1)


def test_gain_and_openness_follow_the_gate(toy):
    """Over the threshold gain goes to 0 dB and the gate is open; long under it they are range and shut."""
    history = History()
    with player(toy) as live:
        for level_db, gain_db, openness in ((-20.0, 0.0, 1.0), (-70.0, -20.0, 0.0)):
            play(live, sine(1.5, level_db))
            history.look(live)
            assert history.ring["gain_db"][-1] == pytest.approx(gain_db, abs=0.1)
            assert history.ring["openness"][-1] == pytest.approx(openness, abs=0.01)
            play(live, sine(0.1, level_db))
            history.look(live)
        assert history.ring["heard_db"][-1] == pytest.approx(-90.0, abs=0.2)


def test_another_player_goes_on_behind_the_one_before(toy):
    """A change of device keeps what was drawn, and takes nothing from before the new player began."""
    history = History()
    with player(toy) as first, player(toy, 44_100) as second:
        history.look(first)
        play(first, sine(1.0, -20.0))
        history.look(first)
        assert history.look(second) == 0
        play(second, sine(0.5, -50.0, rate=44_100))
        history.look(second)
        assert history.ring["input_db"][-1] == pytest.approx(-50.0, abs=LEVEL_DB)
        assert history.ring["input_db"][-80] == pytest.approx(-20.0, abs=LEVEL_DB)


def test_what_is_not_finite_draws_too():
    """NaN is silence and infinity very loud: a plot gets numbers, always."""
    x = np.zeros((960, 1), np.float32)
    x[:480], x[480:] = np.nan, np.inf
    assert np.isfinite(levels_db(x, 240)).all()
    assert levels_db(x, 240)[0] == pytest.approx(FLOOR_DB)


@pytest.mark.parametrize("hertz", [60.0, 1000.0, 9000.0])
@pytest.mark.parametrize("rate", [44_100, 48_000, 192_000])
def test_a_sine_is_a_peak_of_the_spectrum(rate, hertz):
    """At its place and its level, full scale being 0 dB."""
    spectrum = Spectrum(rate)
    spectrum.look(sine(1.0, -23.01, hertz, rate))
    peak = int(np.argmax(spectrum.levels_db))
    assert spectrum.frequencies_hz[peak] == pytest.approx(hertz, rel=0.2 if hertz < 100.0 else 0.05)
    assert spectrum.levels_db[peak] == pytest.approx(-20.0, abs=PEAK_DB)


def test_a_spectrum_falls_gently_and_rises_at_once():
    """After the sound ends each look lowers it by so much; over half the rate there is nothing."""
    spectrum = Spectrum(16_000)
    loud, silent = sine(1.0, -23.01, 1000.0, 16_000), np.zeros((16_000, 1), np.float32)
    spectrum.look(loud)
    before = spectrum.levels_db.copy()
    spectrum.look(silent)
    assert np.allclose(spectrum.levels_db, np.maximum(before - FALL_DB, SPECTRUM_FLOOR_DB))
    spectrum.look(loud)
    assert np.allclose(spectrum.levels_db, before, atol=FALL_DB)
    assert (spectrum.levels_db[spectrum.frequencies_hz > 8000.0] == SPECTRUM_FLOOR_DB).all()
