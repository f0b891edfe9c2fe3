"""Wherever a level meets Threshold the loudest channel counts: a microphone does among others what it does alone."""

import dataclasses

import numpy as np
import pytest

from export import golden
from gate import Chain, ClassicGate
from gate.constants import MAX_CHANNELS
from gate.engine.classifier import Classifier
from gate.levels import LOUDEST_POWER, window_powers
from gate.modelfile import contract
from gate.modelfile.contract import Contract
from gate.panel.history import levels_db
from gate.panel.spectrum import Spectrum
from gate.realtime.decision import LATE
from gate.render.auto_threshold import Levels
from tests import toy_classify
from tests.conftest import PRESETS
from tests.gate.engine_tools import CURVE, THRESHOLD_DB, Array, bursts, curve_of, lively, open_engine, render

RATE = 48_000
GATES = ("voice", "kick", "snare", "toms", "guitar")
GOLDEN_DB = -40.0
"""Threshold for the golden sound."""

PROBABILITY = 1e-6
"""Open probability, and classes: ONNX Runtime adds up a tensor of more channels in the same order, or nearly."""

GAIN = 1e-4
"""Of the sound that comes out, linear (-80 dB): what rounding moves within a block's ramp."""

LEVEL_DB = 1e-4
"""Of a read level: float32."""


def among(x: Array, channels: int, live: int) -> Array:
    """One live channel, x (n, 1), among silent ones."""
    wide = np.zeros((len(x), channels), x.dtype)
    wide[:, live] = x[:, 0]
    return wide


ARRANGED = {
    "left": lambda x: among(x, 2, 0),
    "right": lambda x: among(x, 2, 1),
    "one of eight": lambda x: among(x, 8, 5),
    "one of all": lambda x: among(x, MAX_CHANNELS, MAX_CHANNELS - 1),
    "both": lambda x: np.repeat(x, 2, axis=1),
    "antiphase": lambda x: np.concatenate([x, -x], axis=1),
    "antiphase among others": lambda x: np.concatenate([x, np.zeros_like(x), -x, 0.5 * x], axis=1),
    "under another": lambda x: np.concatenate([0.1 * x, x], axis=1),
}
"""Sounds of several channels of which the loudest is x."""


@pytest.fixture(params=ARRANGED)
def arranged(request):
    """A way to lay one sound into several channels."""
    return ARRANGED[request.param]


def curves(model: Contract, x: Array, wide: Array, threshold_db: float, **chosen) -> tuple[Array, Array]:
    """The curve of one channel, and of several."""
    made = []
    for sound in (x, wide):
        sound = np.ascontiguousarray(sound, np.float32)
        with open_engine(
            model, rate=RATE, channels=sound.shape[1], threshold_db=threshold_db, curve_rows=4000, **chosen
        ) as engine:
            made.append(curve_of(engine, sound))
    return made[0], made[1]


@pytest.mark.parametrize("name", GATES)
def test_a_shipped_gate_decides_as_for_its_loudest_channel(name, arranged):
    """Open probability, openness, times and level of every block, whatever the other channels do."""
    model = contract.read(PRESETS / name / "model.onnx")
    x = golden.sound()[:, None]
    alone, wide = curves(model, x, arranged(x), GOLDEN_DB)
    assert np.ptp(alone[:, CURVE["openness"]]) == 1.0
    assert np.abs(alone - wide)[:, CURVE["open_probability"]].max() <= PROBABILITY
    assert np.abs(alone - wide)[:, CURVE["openness"]].max() <= GAIN
    assert np.abs(alone - wide)[:, CURVE["level_db"]].max() <= LEVEL_DB


@pytest.mark.parametrize("batch", [1, 64])
def test_the_sound_of_the_live_channel_is_what_it_is_alone(voice, batch):
    """One live microphone among eight comes out as it would alone, live and offline; the others stay silent."""
    x, chosen = golden.sound()[:, None], {"threshold_db": GOLDEN_DB, "batch": batch}
    with open_engine(voice, rate=RATE, channels=1, **chosen) as engine:
        alone = render(engine, x)
    with open_engine(voice, rate=RATE, channels=8, **chosen) as engine:
        wide = render(engine, among(x, 8, 3))
    assert np.abs(wide[:, 3] - alone[:, 0]).max() <= GAIN
    assert not np.delete(wide, 3, axis=1).any()


def test_a_live_channel_of_the_key_is_enough(toy):
    """One live channel of an external key of eight opens the gate as that channel alone does."""
    x, key = np.full((RATE // 2, 1), 0.1, np.float32), bursts(RATE, 0.5)
    opened = []
    for channels, sound in ((1, key), (8, among(key, 8, 6))):
        with open_engine(
            toy, rate=RATE, channels=1, key_channels=channels, threshold_db=THRESHOLD_DB, curve_rows=1000
        ) as engine:
            engine.process(x, np.empty_like(x), sound)
            opened.append(engine.take_curve()[:, CURVE["openness"]])
    assert np.ptp(opened[0]) > 0.5
    assert np.array_equal(*opened)


def test_what_a_gate_falls_back_to_hears_the_loudest_channel(toy, arranged):
    """The classic gate that decides for a late model opens and shuts at the same blocks, to the bit."""
    x = bursts(RATE, 1.0, seed=3)
    made = []
    for sound in (x, np.ascontiguousarray(arranged(x), np.float32)):
        with open_engine(
            toy,
            rate=RATE,
            channels=sound.shape[1],
            threshold_db=THRESHOLD_DB,
            curve_rows=1000,
            falls_back=True,
        ) as engine:
            engine.record["fallback"] = LATE
            engine.process(sound, np.empty_like(sound))
            made.append(engine.take_curve()[:, CURVE["open_probability"]])
    assert set(made[0]) >= {0.0, 1.0}
    assert np.array_equal(*made)


@pytest.mark.parametrize(
    "knobs", [{}, {"key_high_pass_hz": 200.0, "hysteresis_db": -6.0, "lookahead_ms": 2.0}]
)
def test_the_classic_gate_hears_the_loudest_channel(arranged, knobs):
    """The gain of every sample is that of the loudest channel alone, to the bit."""
    x = bursts(RATE, 0.5, seed=1).astype(np.float64)
    wide = np.ascontiguousarray(arranged(x))
    alone, made = (Chain([ClassicGate(**knobs)])(sound, RATE) for sound in (x, wide))
    loudest = int(np.abs(wide).sum(axis=0).argmax())
    assert np.array_equal(np.abs(made[:, loudest]), np.abs(alone[:, 0]))


def test_sines_out_of_step_are_no_louder_than_one_of_them():
    """The classic gate's window is each channel's own: a quarter of a turn between two adds nothing."""
    turn = 2 * np.pi * 100.0 * np.arange(RATE) / RATE
    x = 0.05 * np.stack([np.sin(turn), np.cos(turn)], axis=1)  # each -29.03 dBFS RMS
    shut, opened = (
        Chain([ClassicGate(threshold_db=db, zone_db=0.0, range_db=-np.inf)])(x, RATE)[RATE // 2 :]
        for db in (-28.9, -29.2)
    )
    assert not shut.any() and opened.all(axis=1).any()


def test_a_classifier_hears_the_loudest_channel(arranged):
    """Probabilities and level of every frame."""
    x = toy_classify.tone(2000.0, RATE, 0.5)[:, None]
    x[RATE // 4 :, 0] = toy_classify.tone(500.0, RATE, 0.25)
    for path in (None, PRESETS / "speech-music-noise" / "model.onnx"):
        classes = contract.read(toy_classify.build() if path is None else path)
        frames = []
        for sound in (x, np.ascontiguousarray(arranged(x), np.float32)):
            with Classifier(classes, rate=RATE, channels=sound.shape[1]) as classifier:
                classifier.process(sound)
                frames.append(classifier.take_frames())
        assert np.abs(frames[0].probabilities - frames[1].probabilities).max() <= PROBABILITY
        assert np.abs(frames[0].level_db - frames[1].level_db).max() <= LEVEL_DB


def test_levels_for_an_automatic_threshold_are_the_loudest_channel_s(arranged):
    """Noise floor and loud level, to the bit."""
    x = bursts(RATE, 2.0, seed=2)
    found = []
    for sound in (x, arranged(x).astype(np.float32)):
        levels = Levels(RATE)
        levels.add(sound)
        found.append((levels.floor_db(), levels.loud_db()))
    assert found[0] == found[1]


def test_the_panel_shows_the_loudest_channel(arranged):
    """Its meter and its spectrum."""
    x = bursts(RATE, 1.0, seed=4)
    wide = arranged(x).astype(np.float32)
    assert np.array_equal(levels_db(wide, 240), levels_db(x, 240))
    shown = [Spectrum(RATE), Spectrum(RATE)]
    for spectrum, sound in zip(shown, (x, wide), strict=True):
        spectrum.look(sound)
    np.testing.assert_allclose(shown[0].levels_db, shown[1].levels_db, atol=LEVEL_DB)


def test_each_window_takes_its_own_loudest_channel():
    """Against a slow version, with what is not finite, what is absurdly loud, and a rest that is left out."""
    x = np.random.default_rng(0).standard_normal((1005, 3)) * np.linspace(0.1, 1.0, 1005)[:, None]
    x[::2, 1] *= 3.0
    x[15, 0], x[25, 2], x[101, 1] = np.nan, np.inf, 1e200
    expected = []
    for begin in range(0, 1000, 10):
        window = np.where(np.isfinite(x[begin : begin + 10]), x[begin : begin + 10], 0.0)
        with np.errstate(over="ignore"):
            expected.append(min(np.square(window).mean(axis=0).max(), LOUDEST_POWER))
    np.testing.assert_allclose(window_powers(x, 10), expected, rtol=1e-12)
    assert window_powers(x[:9], 10).shape == window_powers(x[:0], 10).shape == (0,)
    assert window_powers(np.full((20, 2), 1e30, np.float32), 10).tolist() == [np.float32(LOUDEST_POWER)] * 2


def test_unlinked_channels_do_not_hear_each_other(voice):
    """With the link off a silent channel stays shut beside one that opens."""
    model, x = (
        dataclasses.replace(lively(voice), open_at=0.05),
        bursts(RATE, 1.0),
    )  # over what the first blocks say
    wide = among(x, 10, 4) + np.float32(1e-4)
    with open_engine(
        model, rate=RATE, channels=10, threshold_db=THRESHOLD_DB, range_db=-np.inf, link=False
    ) as engine:
        out = render(engine, wide)
    assert out[:, 4].any() and not np.delete(out, 4, axis=1).any()
