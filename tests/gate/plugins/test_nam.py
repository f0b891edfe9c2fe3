"""Models of Neural Amp Modeler: what its own package makes of a sound, and nothing else, however the sound is cut."""

import json
from pathlib import Path

import numpy as np
import pytest

from gate import Chain, Nam
from gate.modelfile import nam
from gate.realtime.plugins import curves
from tests.gate.engine_tools import cuts

RATE = 48_000

TOLERANCE = 1e-5
"""Of sound at about full scale: both are float32."""

GOLDEN = np.load(Path(__file__).with_name("nam_golden.npz"))
"""Models that neural-amp-modeler 0.13.0 made, and what it plays: written by ``python -m benchmarks.nam --golden``."""

NAMES = sorted(name.removesuffix(".nam") for name in GOLDEN.files if name.endswith(".nam"))


def golden(name):
    """A model's bytes, the sound in, and the sound out."""
    return bytes(GOLDEN[f"{name}.nam"]), GOLDEN["x"], GOLDEN[f"{name}.y"]


def file_of(name="wavenet-plain", **changes):
    """A golden model with other keys, as it is read."""
    return nam.parse(json.dumps(json.loads(golden(name)[0]) | changes).encode(), f"{name}.nam")


def play(plugin, x, buffer, rate=RATE, dtype=np.float32):
    """What a stream gives of a sound (n, channels)."""
    with Chain([plugin]).open(rate, x.shape[1], dtype=dtype) as stream:
        out = [stream.process(x[piece].astype(dtype)) for piece in cuts(len(x), buffer)]
        assert stream.running[0].record["network_errors"][0] == 0
        assert stream.running[0].record["missing_frames"][0] == 0
        return np.concatenate(out), stream.latency_samples


@pytest.mark.parametrize("name", NAMES)
def test_it_plays_what_its_own_package_plays(name):
    """From the first sample on, without delay: each architecture, and everything that a WaveNet's file can say."""
    text, x, expected = golden(name)
    y, late = play(Nam(nam.parse(text)), x[:, None], 100)
    assert late == 0
    assert np.abs(expected).max() > 0.01
    assert np.abs(y[:, 0] - expected).max() < TOLERANCE


def test_there_are_models_of_every_kind():
    """The golden file is whole."""
    kinds = {nam.parse(golden(name)[0]).architecture for name in NAMES}
    assert kinds == {*nam.ARCHITECTURES, nam.CONTAINER} and len(NAMES) >= 15


@pytest.mark.parametrize("name", ["wavenet-plain", "lstm-deep"])
def test_no_bit_depends_on_the_buffers(name):
    """One sample at a time, odd sizes, or all at once; in both types."""
    plugin = Nam(nam.parse(golden(name)[0]))
    x = np.tile(golden(name)[1], 3)[:, None]
    whole, _ = play(plugin, x, len(x))
    for buffer in (1, 37, 64, 100, 0):
        assert np.array_equal(play(plugin, x, buffer)[0], whole)


def test_each_channel_goes_through_by_itself():
    """The second of two channels is what it would be alone."""
    plugin = Nam(file_of())
    x = np.stack([golden("wavenet-plain")[1], np.roll(golden("wavenet-plain")[1], 7)], axis=1)
    both, _ = play(plugin, x, 100)
    assert np.array_equal(both[:, 1:], play(plugin, x[:, 1:], 100)[0])


def test_a_reset_begins_again_at_rest():
    """As if it had just been opened, knobs where they are."""
    x = golden("lstm")[1][:, None]
    with Chain([Nam(file_of("lstm"), output_db=-6)]).open(RATE, 1) as stream:
        first = stream.process(x)
        stream.running[0].reset()
        assert np.array_equal(stream.process(x), first)


def test_gains_before_and_after():
    """Before the model they drive it, after it they scale it."""
    x = golden("wavenet-plain")[1][:, None]
    plain, _ = play(Nam(file_of()), x, 100)
    assert np.abs(play(Nam(file_of(), output_db=-20), x, 100)[0] - 0.1 * plain).max() < TOLERANCE
    assert np.array_equal(play(Nam(file_of(), input_db=-20), x * 10, 100)[0].round(4), plain.round(4))
    assert not play(Nam(file_of(), output_db=-np.inf), x, 100)[0].any()


def test_the_loudness_of_the_file_counts_when_it_is_asked_for():
    """A model at -24 dBFS is raised by 6 dB; one that says nothing is left alone."""
    x = golden("wavenet-plain")[1][:, None]
    file = file_of(metadata={"loudness": -24.0, "input_level_dbu": 18.3, "name": "Mine"})
    plain, _ = play(Nam(file), x, 100)
    louder, _ = play(Nam(file, normalised=1), x, 100)
    assert np.abs(louder - 10 ** (6 / 20) * plain).max() < TOLERANCE
    assert Nam(file).metadata["input_level_dbu"] == 18.3 and Nam(file).loudness_db == -24.0
    assert np.array_equal(play(Nam(file_of(metadata=None), normalised=1), x, 100)[0], plain)


def test_a_container_plays_the_model_of_its_size():
    """The best by itself; a new size comes in while sound runs."""
    text, x, best = golden("container")
    file = nam.parse(text)
    small = Nam(file.models[0][1])
    assert np.array_equal(play(Nam(file, size=0.2), x[:, None], 100)[0], play(small, x[:, None], 100)[0])
    assert np.abs(play(Nam(file, size=0.5), x[:, None], 100)[0][:, 0] - best).max() < TOLERANCE
    plugin = Nam(file)
    with Chain([plugin]).open(RATE, 1) as stream:
        plugin.size = 0
        assert stream.process(np.zeros((100, 1), np.float32)).shape == (100, 1)


@pytest.mark.parametrize(("rate", "latency"), [(44_100, 63), (96_000, 128)])
def test_at_another_rate_it_goes_there_and_back(rate, latency):
    """A model that is a wire gives the sound back, as late as it says, within the resampler's error."""
    wire = file_of("linear", config={"receptive_field": 1, "bias": False}, weights=[1.0])
    t = np.arange(rate // 4) / rate
    x = 0.5 * np.sin(2 * np.pi * 1000 * t)[:, None]
    y, late = play(Nam(wire), x, 100, rate)
    assert late == latency
    assert np.abs(y[2000:] - x[2000 - late : len(x) - late]).max() < 1e-4
    for buffer in (37, 9000):
        assert np.array_equal(play(Nam(wire), x, buffer, rate)[0], y)


def test_a_model_of_another_rate_is_at_home_there():
    """At the rate that the file says there is no delay; at 48 kHz there is."""
    plugin = Nam(file_of(sample_rate=44_100))
    with Chain([plugin]).open(44_100) as there, Chain([plugin]).open(RATE) as here:
        assert there.latency_samples == 0 < here.latency_samples


def test_what_is_not_finite_becomes_silence():
    """A network that overflows is silent, counted, and goes on; what comes in is made finite first."""
    wild = file_of("linear", config={"receptive_field": 2, "bias": False}, weights=[3e38, 3e38])
    x = np.array([[0.0], [1.0], [np.nan], [0.0]], np.float32)
    with Chain([Nam(wild)]).open(RATE, 1) as stream:
        assert not stream.process(np.repeat(x * 10, 30, axis=0)).any()
        assert stream.running[0].record["network_errors"][0] > 0
        assert not stream.process(np.zeros((1000, 1), np.float32)).any()


@pytest.mark.parametrize(
    ("kind", "exact"),
    [
        (curves.TANH, np.tanh),
        (curves.SIGMOID, lambda x: 1 / (1 + np.exp(-x))),
        (curves.SILU, lambda x: x / (1 + np.exp(-x))),
    ],
)
def test_curves_are_exact_enough(kind, exact):
    """Within a few units of the last place of float32, over the whole range."""
    x = np.concatenate([np.linspace(-30, 30, 20_001), 10.0 ** np.arange(-30, 1)]).astype(np.float32)
    y = x.copy()
    curves.apply(kind, y, *(np.float32(value) for value in (0.0, 0.0, -1.0, 1.0)))
    assert np.abs(y - exact(x.astype(np.float64))).max() < 2e-6
