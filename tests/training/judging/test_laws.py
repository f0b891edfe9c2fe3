"""Other makers' gate laws: what their manuals and curves say, against loops that are as slow as they are plain."""

import math

import numpy as np
import pytest

from gate.constants import BLOCK, RATE
from training.judging.laws import juce, lsp, obs, sound

ROUNDING = 1e-9
"""Linear gain: double precision, some ten thousand steps."""
ONE_STEP_DB = 0.01
"""dB: a time is met to the sample it falls in."""
SHORT = 12_000
"""Samples, a quarter of a second: enough for every branch of a law."""


def bursts(seed=0, n=SHORT):
    """Noise whose level changes by tens of dB every 10 ms, with silence in it."""
    rng = np.random.default_rng(seed)
    level_db = np.repeat(rng.uniform(-80, 0, n // 480 + 1), 480)[:n]
    level_db[n // 2 : n // 2 + 960] = -300.0
    return rng.normal(size=n) * 10 ** (level_db / 20)


def steps(*spans):
    """(level in dBFS, samples) one after the other, as linear levels."""
    return np.concatenate([np.full(n, 10 ** (level_db / 20)) for level_db, n in spans])


def slow_obs(x, s):
    opened, closed = 10 ** (s.open_db / 20), 10 ** (s.close_db / 20)
    is_open, gain, level, held, out = False, 0.0, 0.0, 0.0, []
    for value in np.abs(x):
        if value > opened:
            is_open = True
        if level < closed and is_open:
            is_open, held = False, 0.0
        level = max(level, value) - (opened - closed) / (RATE / 75)
        if is_open:
            gain = min(1.0, gain + 1 / (s.attack_ms / 1000 * RATE))
        else:
            held += 1 / RATE
            if held > s.hold_ms / 1000:
                gain = max(0.0, gain - 1 / (s.release_ms / 1000 * RATE))
        out.append(gain)
    return np.array(out)


def slow_juce(x, s):
    def kept(ms):
        return math.exp(-2 * math.pi * 1000 / RATE / ms)

    power, envelope, out = 0.0, 0.0, []
    for value in x:
        power = max(value**2, value**2 + kept(50.0) * (power - value**2))
        level = math.sqrt(power)
        share = kept(s.attack_ms if level > envelope else s.release_ms)
        envelope = level + share * (envelope - level)
        over = envelope / 10 ** (s.threshold_db / 20)
        out.append(1.0 if over > 1 else over ** (s.ratio - 1))
    return np.array(out)


def slow_lsp(x, s):
    window = round(s.reactivity_ms * RATE / 1000)
    up, down = (1 - (1 - math.sqrt(0.5)) ** (1000 / (ms * RATE)) for ms in (s.attack_ms, s.release_ms))
    hold, envelope, top, left, risen, out = round(s.hold_ms * RATE / 1000), 0.0, 0.0, 0, False, []
    for k in range(len(x)):
        level = math.sqrt(sum(v * v for v in x[max(0, k + 1 - window) : k + 1]) / window)
        if level >= envelope:
            envelope += up * (level - envelope)
            if envelope >= top:
                top, left = envelope, hold
        elif left > 0:
            left -= 1
        else:
            envelope += down * (level - envelope)
            top = envelope
        db = 20 * math.log10(max(envelope, 1e-30))
        threshold = s.threshold_db + (s.hysteresis_db if risen else 0.0)
        if risen and db < threshold + s.zone_db:
            risen = False
        elif not risen and db > threshold:
            risen = True
        end = s.threshold_db + (s.hysteresis_db if risen else 0.0)
        u = min(max((db - end - s.zone_db) / -s.zone_db, 0.0), 1.0)
        out.append(10 ** (s.reduction_db * (1 - u * u * (3 - 2 * u)) / 20))
    return np.array(out)


@pytest.mark.parametrize("seed", range(3))
def test_every_law_equals_a_slow_loop(seed):
    """On sound that jumps about, each law is what a plain loop of the same rules is."""
    x = bursts(seed)
    settings = obs.ObsSettings(attack_ms=3.0, hold_ms=12.0, release_ms=7.0)
    assert obs.gains(obs.detect(x), settings) == pytest.approx(slow_obs(x, settings), abs=ROUNDING)
    settings = juce.JuceSettings(threshold_db=-30.0, ratio=4.0, attack_ms=2.0, release_ms=20.0)
    assert juce.gains(juce.detect(x), settings) == pytest.approx(slow_juce(x, settings), abs=ROUNDING)
    settings = lsp.LspSettings(-30.0, -9.0, -4.0, 1.0, 5.0, 8.0, -40.0, reactivity_ms=2.0)
    # The sliding sum forgets loud sound to 1e-14 of its power: 1e-7 of its level.
    assert lsp.gains(lsp.detect(x, settings), settings) == pytest.approx(slow_lsp(x, settings), abs=1e-5)


def test_lsp_curve():
    """Reduction under the zone, nothing over the threshold, half the reduction in dB in the middle."""
    curve = [lsp.curve_db(level, -30.0, -10.0, -24.0) for level in (-60, -40, -35, -30, 0)]
    assert curve == pytest.approx([-24.0, -24.0, -12.0, 0.0, 0.0])
    settings = lsp.LspSettings(-30.0, -10.0, 0.0, 0.0, 0.0, 0.0)
    level = steps((-60, 10), (-35, 10), (-20, 10))
    gain_db = 20 * np.log10(lsp.gains(level, settings)[[5, 15, 25]])
    assert gain_db == pytest.approx([-24.0, -12.0, 0.0])


def test_lsp_times_are_those_to_3_db():
    """After its attack an envelope from silence is 3 dB under a step; after its release as far down the other way."""
    settings = lsp.LspSettings(threshold_db=-20 * math.log10(math.sqrt(2)), zone_db=0.0, attack_ms=10.0)
    opens = int(np.argmax(lsp.gains(np.ones(4800), settings) == 1.0))
    assert opens == pytest.approx(480, abs=1)
    shut_db = 20 * math.log10(1 - math.sqrt(0.5))
    settings = lsp.LspSettings(shut_db, 0.0, 0.0, 0.0, 0.0, 20.0)
    gain = lsp.gains(np.concatenate((np.ones(100), np.zeros(4800))), settings)
    assert int(np.argmin(gain)) - 100 == pytest.approx(960, abs=1)


def test_lsp_holds_its_highest_value():
    """With no release the gate shuts the hold time after the sound ends."""
    settings = lsp.LspSettings(-30.0, -6.0, 0.0, 0.0, 50.0, 0.0)
    gain = lsp.gains(steps((-10, 100), (-90, 4800)), settings)
    assert int(np.argmin(gain)) == 100 + 2400


def test_lsp_hysteresis():
    """A level between the two thresholds shuts a shut gate and leaves an open one open."""
    settings = lsp.LspSettings(-30.0, -1.0, -10.0, 0.0, 0.0, 0.0, -60.0)
    between = lsp.gains(steps((-35, 50), (-20, 50), (-35, 50), (-50, 50), (-35, 50)), settings)[25::50]
    assert 20 * np.log10(between) == pytest.approx([-60, 0, 0, -60, -60])


def test_lsp_key_filters():
    """The key's high-pass keeps a hum from the detector, its low-pass a hiss, 12 dB an octave."""
    t = np.arange(RATE) / RATE
    for hz, key in ((75.0, {"high_pass_hz": 300.0}), (16_000.0, {"low_pass_hz": 4000.0})):
        x = np.sqrt(2) * np.sin(2 * np.pi * hz * t)
        plain, filtered = (
            20 * np.log10(lsp.detect(x, lsp.LspSettings(**one, reactivity_ms=40.0))[-1]) for one in ({}, key)
        )
        assert plain == pytest.approx(0.0, abs=0.1)
        assert filtered < -23.0


def test_obs_ramps_are_straight_and_as_long_as_they_say():
    """Half the gain at half the attack, all of it at its end; it begins a sample late, as the peak still reads silence."""
    settings = obs.ObsSettings(-26.0, -32.0, attack_ms=20.0, hold_ms=0.0, release_ms=40.0)
    gain = obs.gains(steps((-100, 10), (0, 970)), settings)
    assert gain[[10, 10 + 480, 10 + 960]] == pytest.approx([0.0, 0.5, 1.0])
    fading = obs.gains(steps((-20, 4800), (-100, 9600)), settings)
    down = fading[(fading > 0) & (np.arange(len(fading)) > 4800) & (fading < 1)]
    assert np.diff(down) == pytest.approx(-1 / 1920)


def test_obs_peak_falls_by_the_distance_of_its_thresholds_in_a_75th_of_a_second():
    """After a sound just over the open threshold the gate shuts, hold aside, 1/75 s later: 640 samples."""
    settings = obs.ObsSettings(-26.0, -32.0, attack_ms=0.0, hold_ms=0.0, release_ms=0.0)
    gain = obs.gains(steps((-25.999, 10), (-200, 2000)), settings)
    assert int(np.argmin(gain[5:])) + 5 - 10 == pytest.approx(640, abs=2)
    held = obs.gains(
        steps((-25.999, 10), (-200, 9000)), obs.ObsSettings(-26.0, -32.0, 0.0, hold_ms=100.0, release_ms=0.0)
    )
    assert int(np.argmin(held[5:])) - int(np.argmin(gain[5:])) == pytest.approx(4800, abs=1)


def test_obs_between_its_thresholds_stays_as_it_was():
    """A steady level between close and open keeps a gate open and does not open it."""
    settings = obs.ObsSettings(attack_ms=0.0, hold_ms=0.0, release_ms=0.0)
    gain = obs.gains(steps((-29, 4800), (-20, 100), (-29, 4800), (-50, 4800)), settings)
    assert not gain[:4800].any()
    assert (gain[4800:9700] == 1.0).all()
    assert gain[-1] == 0.0


@pytest.mark.parametrize(("under_db", "ratio"), [(3.0, 2.0), (6.0, 10.0), (12.0, 4.0)])
def test_juce_law(under_db, ratio):
    """A level that stands so far under the threshold is turned down by (ratio - 1) times as much."""
    level = np.full(RATE, 10 ** ((-30.0 - under_db) / 20))
    gain = juce.gains(level, juce.JuceSettings(-30.0, ratio))[-1]
    assert 20 * math.log10(gain) == pytest.approx(-(ratio - 1) * under_db, abs=ONE_STEP_DB)


def test_juce_over_its_threshold_leaves_sound_alone():
    """Over the threshold the gain is 1, bit for bit."""
    assert (juce.gains(np.full(100, 0.5), juce.JuceSettings(-40.0, attack_ms=0.0)) == 1.0).all()


def test_a_finer_step_is_the_same_law():
    """Times keep their length when a law goes block by block: a hold of 100 ms is 48 blocks."""
    settings = lsp.LspSettings(-30.0, -6.0, 0.0, 0.0, 100.0, 0.0)
    assert int(np.argmin(lsp.gains(steps((-10, 10), (-90, 100)), settings, RATE / BLOCK))) == 10 + 48


@pytest.mark.parametrize(
    ("run", "text"),
    [
        (lambda: obs.gains(np.ones(3), obs.ObsSettings(-30.0, -30.0)), "got -30 dB; lower it"),
        (lambda: juce.gains(np.ones(3), juce.JuceSettings(ratio=0.5)), "got 0.5; 1 leaves the sound alone"),
        (lambda: lsp.gains(np.ones(3), lsp.LspSettings(zone_db=3.0)), "zone_db of 0 dB or less, got 3"),
    ],
)
def test_settings_that_cannot_be(run, text):
    """A law says what it expected, what it got, and what to do."""
    with pytest.raises(ValueError, match=text):
        run()


def test_measured_gain():
    """Half the samples' size is half the gain; silence and whatever is under -80 dB read as -80 dB."""
    x = np.random.default_rng(0).normal(size=5 * BLOCK)
    x[BLOCK : 2 * BLOCK] = 0.0
    y = 0.5 * x
    y[2 * BLOCK : 3 * BLOCK] = 0.0
    assert sound.measured_gain(x, y) == pytest.approx([0.5, 1e-4, 1e-4, 0.5, 0.5])
