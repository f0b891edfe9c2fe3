"""A convolver: what an impulse response makes of a sound, at once, however the sound is cut."""

import numpy as np
import pytest
import soundfile

from gate import Chain, Convolve
from gate.errors import AudioFileError
from gate.plugins import impulse
from gate.realtime.plugins import convolve as law
from tests.gate.engine_tools import cuts

RATE = 48_000

TOLERANCE = 1e-5
"""Of sound at about full scale: the partitions are float32."""

RNG = np.random.default_rng(3)


def decaying(taps, channels=1):
    """A response whose energy is 1."""
    h = RNG.standard_normal((taps, channels)) * np.exp(-4.0 * np.arange(taps) / taps)[:, None]
    return h / np.sqrt((h**2).sum(axis=0))


def file_of(tmp_path, h, rate=RATE):
    path = tmp_path / "cab.wav"
    soundfile.write(path, h, rate, subtype="DOUBLE")
    return path


def exact(x, h):
    """The convolution by one long transform."""
    n = len(x) + len(h)
    return np.fft.irfft(np.fft.rfft(x, n, axis=0) * np.fft.rfft(h, n, axis=0), n, axis=0)[: len(x)]


def play(plugin, x, buffer, dtype=np.float32):
    with Chain([plugin]).open(RATE, x.shape[1], dtype=dtype) as stream:
        assert stream.latency_samples == 0
        return np.concatenate([stream.process(x[piece].astype(dtype)) for piece in cuts(len(x), buffer)])


@pytest.mark.parametrize("taps", [1, 63, 64, 65, 1000, 1025, 9000])
def test_it_is_the_convolution(tmp_path, taps):
    """From the first sample on, for responses that end in every level."""
    x, h = RNG.uniform(-0.5, 0.5, (12_000, 1)), decaying(taps)
    y = play(Convolve(file_of(tmp_path, h)), x, 100)
    assert np.abs(y - exact(x, h)).max() < TOLERANCE


def test_long_partitions_are_the_convolution_too(tmp_path):
    """A response of 3 s reaches all four levels."""
    x, h = RNG.uniform(-0.5, 0.5, (200_000, 1)), decaying(144_000)
    assert law.plan(144_000)[0][:, law.FRAMES].tolist() == [64, 512, 4096, 32_768]
    assert np.abs(play(Convolve(file_of(tmp_path, h)), x, 4800) - exact(x, h)).max() < TOLERANCE


def test_no_bit_depends_on_the_buffers(tmp_path):
    """One sample at a time, odd sizes, or all at once."""
    x, plugin = RNG.uniform(-0.5, 0.5, (6000, 2)), Convolve(file_of(tmp_path, decaying(3000)))
    whole = play(plugin, x, len(x))
    for buffer in (1, 37, 64, 480):
        assert np.array_equal(play(plugin, x, buffer), whole)


def test_each_channel_has_its_response(tmp_path):
    """Two for two; one for all; the mean of two for one channel; anything else is refused."""
    x, h = RNG.uniform(-0.5, 0.5, (3000, 2)), decaying(500, 2)
    both = Convolve(file_of(tmp_path, h))
    assert np.abs(play(both, x, 100) - exact(x, h)).max() < TOLERANCE
    assert (
        np.abs(play(both, x[:, :1], 100) - exact(x[:, :1], h.mean(axis=1, keepdims=True))).max() < TOLERANCE
    )
    with pytest.raises(
        ValueError, match=r"^a response of 2 channels for a sound of 3: expected 1, or as many;"
    ):
        Chain([both]).open(RATE, 3)
    one = Convolve(file_of(tmp_path, h[:, :1]))
    assert np.abs(play(one, x, 100) - exact(x, h[:, :1])).max() < TOLERANCE


def test_gain_and_mix(tmp_path):
    """Mix 0 is the sound as it came, to the bit; gain belongs to the convolved part."""
    x, h = RNG.uniform(-0.5, 0.5, (3000, 1)), decaying(200)
    path = file_of(tmp_path, h)
    assert np.array_equal(play(Convolve(path, mix=0), x, 100), x.astype(np.float32))
    half = play(Convolve(path, mix=0.5, gain_db=-6), x, 100)
    assert np.abs(half - 0.5 * x - 0.5 * 10 ** (-6 / 20) * exact(x, h)).max() < TOLERANCE


def test_a_turned_knob_glides_and_a_reset_forgets(tmp_path):
    """No step when the gain goes down; the second time is as the first."""
    plugin = Convolve(file_of(tmp_path, np.ones((1, 1))))
    x = np.full((4800, 1), 0.5, np.float32)
    with Chain([plugin]).open(RATE, 1) as stream:
        first = stream.process(x)
        plugin.gain_db = -60
        assert np.abs(np.diff(stream.process(x)[:, 0])).max() < 0.01
        plugin.gain_db = 0
        stream.running[0].reset()
        assert np.array_equal(stream.process(x), first)


def test_a_response_is_brought_to_the_sound_s_rate():
    """A decaying tone recorded at 44.1 kHz filters at 48 kHz as it does there: same gain at 1 kHz."""
    t = np.arange(4410) / 44_100
    h = (np.exp(-t * 100) * np.cos(2 * np.pi * 1000 * t))[:, None]
    made = impulse.at_rate(h, 44_100, RATE)
    gain = [
        abs((np.exp(-2j * np.pi * 1000 * np.arange(len(k)) / r) * k[:, 0]).sum())
        for k, r in ((h, 44_100), (made, RATE))
    ]
    assert gain[1] == pytest.approx(gain[0], rel=5e-3)
    assert len(made) >= 4800 and impulse.at_rate(h, RATE, RATE) is h


@pytest.mark.parametrize(
    ("sound", "said"),
    [
        (np.zeros((10, 1)), "is silent, an impulse response was expected; give another file"),
        (np.ones((8000 * 11, 1)), "lasts 11.0 s, an impulse response of at most 10 s was expected; cut it"),
        (
            np.array([[np.nan], [1.0]]),
            "has samples that are no numbers, a response was expected; write it again",
        ),
    ],
)
def test_what_is_no_response_is_refused(tmp_path, sound, said):
    """With what was expected."""
    with pytest.raises(AudioFileError) as caught:
        Convolve(file_of(tmp_path, sound, 8000))
    assert said in str(caught.value)


def test_no_buffer_has_more_work_than_another():
    """Each slot does the same share of each level, so none does a whole transform; asked of the plan, not of a clock."""
    levels = law.plan(480_000)[0]
    for level in levels:
        slots = level[law.FRAMES] // law.SLOT
        assert level[law.SHARE] * slots >= level[law.TOTAL] > level[law.SHARE] * (slots - 1)
    assert levels[:, law.SHARE].sum() < 10_000
