"""Models that make sound of sound, at rates that are not theirs: on time, unchanged up to 20 kHz, nothing folded."""

from fractions import Fraction
from math import ceil, floor

import numpy as np
import pytest

from gate import Chain, Model
from gate.constants import RATE
from gate.modelfile import contract
from gate.plugins.round_trip import least_latency
from gate.realtime.clock import SOUND_PASSES, Clock, sound_feed
from tests import toy_sound
from tests.gate.engine_tools import bursts, cuts

RATES = (8_000, 16_000, 22_050, 32_000, 37_123, 44_100, 88_200, 96_000, 192_000)
"""Hz: the usual ones, and one that shares no factor with 48,000."""

SINE_TOLERANCE = 10 ** (-90 / 20)
"""Of a sine of 1 kHz that went there and back; the worst measured is -97 dB."""
RIPPLE_DB = 0.01
"""Of a tone within the passband, both ways together; 0.001 measured."""
FOLDED_DB = -85.0
"""Of all that is not the tone, against it; the filters are made for -93 in each direction."""
ROUNDING = 2e-6
"""Between sounds of float32 on ways that add in another order."""


def identity(**knobs):
    return contract.read(toy_sound.audio(**knobs))


def play(model, x, rate, frames=None, buffer=0):
    """What a stream gives, and how late it says it is; nothing came too late."""
    with Chain([Model(model)]).open(rate, x.shape[1], dtype=x.dtype, frames=frames) as stream:
        out = [stream.process(x[piece]) for piece in cuts(len(x), frames or buffer) if len(x[piece])]
        assert stream.running[0].record["missing_frames"][0] == 0
        return np.concatenate(out), stream.latency_samples


def tone(hz, rate, seconds):
    return np.sin(2 * np.pi * hz * np.arange(int(seconds * rate)) / rate)[:, None]


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize(("name", "own"), [("audio", 0), ("audio, late", 100), ("mask", 100)])
def test_an_impulse_comes_when_the_latency_says(rate, name, own):
    """To the sample at every rate: the way back starts at the fraction that makes all delays together a whole number."""
    model = contract.read(toy_sound.mask()) if name == "mask" else identity(late=own)
    x = np.zeros((rate // 5 // 64 * 64, 1))
    at = len(x) // 2
    x[at] = 1.0
    for frames in (None, 64):
        y, late = play(model, x, rate, frames)
        assert np.argmax(np.abs(y)) == at + late
        reach = min(at, 200)  # and it is even about that sample, so nothing is shifted by a part of one
        before, after = y[at + late - reach : at + late], y[at + late + 1 : at + late + 1 + reach]
        if rate % 48_000 == 0 or 48_000 % rate == 0:
            assert np.abs(before[::-1] - after).max() < ROUNDING


def slow_least(rate, size, frames, late):
    """The least latency by trying every buffer of a common period."""
    there, back = Clock(rate, sound_feed(RATE)), Clock(RATE, sound_feed(rate))
    ratio, worst = Fraction(there.up, there.down), 0
    for n in range(frames, frames * (there.down * size + 2), frames):
        had = max(ceil((n - there.half) * ratio), 0)
        made = size * (had // size)
        # the last sample given lies floor((n - 1 - latency) * ratio + late) in what is made, and that + half has to be there
        worst = max(worst, floor(n - 1 - (made - back.half - late) / ratio) + 1)
    return worst


@pytest.mark.parametrize(
    ("rate", "frames"),
    [
        (96_000, 64),
        (96_000, 100),
        (192_000, 128),
        (16_000, 1),
        (8_000, 37),
        (32_000, 441),
        (24_000, 480),
        (44_100, 1),
    ],
)
@pytest.mark.parametrize("late", [0, 100])
def test_no_smaller_latency_would_do(rate, frames, late):
    """The formula is what trying every buffer gives."""
    there, back = Clock(rate, sound_feed(RATE)), Clock(RATE, sound_feed(rate))
    least = least_latency(there, back, size=100, frames=frames, late=late)
    assert least == slow_least(rate, 100, frames, late)


@pytest.mark.parametrize("rate", RATES)
def test_a_sine_comes_back(rate):
    """1 kHz, as late as is said, within -90 dB of itself."""
    x = tone(1000.0, rate, 0.3)
    y, late = play(identity(), x, rate, buffer=333)
    begin = rate // 20
    assert np.abs(y[begin + late :] - x[begin : len(x) - late]).max() < SINE_TOLERANCE


@pytest.mark.parametrize("rate", [16_000, 44_100, 96_000, 192_000])
@pytest.mark.parametrize("part", [0.02, 0.3, 0.6, 0.9])
def test_what_passes_passes_alone(rate, part):
    """Tones up to 0.9 of the lower Nyquist frequency (19.8 kHz of 44.1) keep their level, and come alone."""
    hz = part * min(rate, RATE) / 2
    x = tone(hz, rate, 0.3)
    y, _ = play(identity(), x, rate, buffer=480)
    y = y[rate // 10 :, 0]
    t = np.arange(len(y)) / rate
    basis = np.stack([np.sin(2 * np.pi * hz * t), np.cos(2 * np.pi * hz * t)], axis=1)
    weights, *_ = np.linalg.lstsq(basis, y, rcond=None)
    level = np.hypot(*weights)
    rest = y - basis @ weights
    assert abs(20 * np.log10(level)) < RIPPLE_DB
    assert 10 * np.log10(np.mean(rest**2) / (level**2 / 2)) < FOLDED_DB


@pytest.mark.parametrize("rate", [96_000, 192_000])
def test_what_lies_over_the_model_s_band_is_gone(rate):
    """And does not come back folded."""
    y, _ = play(identity(), tone(30_000.0, rate, 0.2), rate)
    assert 20 * np.log10(np.abs(y[rate // 10 :]).max()) < FOLDED_DB


@pytest.mark.parametrize("rate", [44_100, 96_000])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_however_it_is_cut_the_bits_are_the_same(rate, dtype):
    """Buffers of 1, 37, 5000 and of changing size, in stereo."""
    x = bursts(rate, 0.15, 2).astype(dtype)
    first, late = play(identity(gain=0.5), x, rate, buffer=100)
    for buffer in (1, 37, 5000, 0):
        again, same = play(identity(gain=0.5), x, rate, buffer=buffer)
        assert same == late and np.array_equal(again, first)


@pytest.mark.parametrize("rate", [16_000, 44_100, 96_000])
def test_a_whole_sound_is_on_time_and_equals_the_stream(rate):
    """As long as it was, and what a stream gives late, to rounding: 256 blocks a run are no others."""
    x = bursts(rate, 1.2, 2, loud=0.2)
    whole = Chain([Model(identity(late=100))])(x, rate)
    live, late = play(identity(late=100), x, rate, buffer=480)
    assert whole.shape == x.shape
    assert np.abs(whole[: len(x) - late] - live[late:]).max() < ROUNDING


def test_a_mask_takes_its_frequencies_away():
    """At 44.1 kHz as at 48: up to 2400 Hz tones pass, far above they do not."""
    model = contract.read(toy_sound.mask(upto=11, gain=0.5))
    for hz, gain in ((480.0, 0.5), (1200.0, 0.5), (4800.0, 0.0), (12_000.0, 0.0)):
        x = tone(hz, 44_100, 0.25)
        y = Chain([Model(model)])(x, 44_100)
        assert np.abs(y[500:-500] - gain * x[500:-500]).max() < 0.01, hz


def test_bypass_is_as_late_and_reset_begins_anew():
    """Dry is the sound itself, to the bit; after a reset the same bits come again."""
    x = bursts(44_100, 0.2, 2)
    model = Model(identity())
    with Chain([model]).open(44_100, 2) as stream:
        first = stream.process(x)
        stream.reset()
        assert np.array_equal(stream.process(x), first)
    model.bypassed = True
    with Chain([model]).open(44_100, 2) as stream:
        dry, late = stream.process(x), stream.latency_samples
    assert np.array_equal(dry[late:], x[:-late])


def test_a_block_that_fails_passes_as_it_is():
    """The sound of a run that gives NaN is heard in place of nothing, at its time."""
    x = tone(300.0, 96_000, 0.2) * 0.1
    x[9600] = 0.9
    y, late = play(identity(gain=1.0, nan_over=0.3), x, 96_000)
    assert np.isfinite(y).all()
    begin = 2000
    away = np.abs(y[begin + late :] - x[begin : len(x) - late])[:, 0]
    away[9600 - begin - 130 : 9600 - begin + 130] = 0.0  # the impulse itself is over the band
    assert away.max() < SINE_TOLERANCE


def test_the_filters_of_a_way_that_is_heard():
    """Of each way: 0.001 dB up to 20 kHz of 44.1, and 90 dB where the slope ends, as far over the Nyquist frequency."""
    for clock in (
        Clock(96_000, sound_feed(RATE)),
        Clock(44_100, sound_feed(RATE)),
        Clock(RATE, sound_feed(16_000)),
    ):
        rows = clock.kernel[:, : 2 * clock.half].astype(np.float64)
        # all phases together are the filter at `up` times the rate
        places = (
            np.arange(2 * clock.half)[None] - clock.half + 1 - np.arange(clock.up)[:, None] / clock.up
        ).ravel()
        taps = rows.ravel() / clock.up
        lowest = min(clock.rate, clock.feed.rate) / 2
        response = lambda hz: abs(np.sum(taps * np.exp(2j * np.pi * hz / clock.rate * places)))  # noqa: E731, B023
        passing = [response(hz) for hz in np.linspace(0.0, SOUND_PASSES * lowest, 50)]
        end = min(3 * lowest, clock.up * clock.rate / 2)  # from there on it repeats
        stopped = [response(hz) for hz in np.linspace((2 - SOUND_PASSES) * lowest, end, 100)]
        assert np.abs(20 * np.log10(passing)).max() < 0.001
        assert 20 * np.log10(max(stopped)) < -90.0
