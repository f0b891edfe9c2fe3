"""A classifier at work: the same frames at any rate, however sound is cut, known when they say so."""

from fractions import Fraction
from math import ceil, floor

import numpy as np
import pytest

from gate.engine.classifier import Classifier, Frames
from gate.errors import ContractError, EngineError
from gate.modelfile import contract
from gate.modelfile.contract import Contract
from gate.realtime.clock import CLASSIFY_FEED, Clock
from tests import toy_classify
from tests.gate.engine_tools import RATES, Array, bursts, cuts

CUT_RATES = (8_000, 16_000, 37_123, 44_100, 48_000, 96_000, 192_000)
BUFFERS = (1, 37, 100, 441, 4096, 0)

ORACLE_TOLERANCE = 2e-4
"""Probability: float32 against float64, under a softmax that is sharp."""

BATCH_TOLERANCE = 1e-5
"""Probability: T = 1 against T = 16 add in another order."""

TONE_DB = 0.3
"""Level of a tone in the passband after resampling."""


@pytest.fixture(scope="module")
def classes() -> Contract:
    return contract.read(toy_classify.build())


def make(model: Contract, rate: int = 16_000, channels: int = 1, **knobs: object) -> Classifier:
    return Classifier(model, rate=rate, channels=channels, **({"frames_kept": 400} | knobs))


def frames_of(classifier: Classifier, x: Array, buffer: int | None = None) -> Frames:
    """All frames of x (n, channels) from a fresh start."""
    classifier.reset()
    x = np.ascontiguousarray(x, classifier.dtype)
    for piece in [slice(0, len(x))] if buffer is None else cuts(len(x), buffer):
        classifier.process(x[piece])
    assert classifier.frames_lost == 0
    return classifier.take_frames()


def tones(rate: int, seconds: float = 0.1) -> Array:
    """Low, middle, high and silence, one after another: (n, 1)."""
    pieces = [toy_classify.tone(hz, rate, seconds) for hz in toy_classify.CENTRES_HZ]
    return np.concatenate([*pieces, np.zeros(int(rate * seconds), np.float32)])[:, None]


def same(a: Frames, b: Frames) -> bool:
    return all(np.array_equal(one, other, equal_nan=True) for one, other in zip(a, b, strict=True))


def test_frames_are_those_of_the_sum_written_down(classes):
    """At the model's own rate each frame is what numpy makes of it, and known at its end."""
    rng = np.random.default_rng(3)
    x = np.concatenate([tones(16_000), rng.standard_normal((3200, 1)).astype(np.float32) * 0.1])
    with make(classes) as classifier:
        got = frames_of(classifier, x)
    probabilities, level_db = toy_classify.expected(x)
    assert np.abs(got.probabilities.T - probabilities).max() <= ORACLE_TOLERANCE
    assert np.abs(got.level_db - level_db).max() <= 1e-3
    assert np.array_equal(got.time_s, np.arange(1, len(level_db) + 1) * 160 / 16_000)


@pytest.mark.parametrize("rate", CUT_RATES)
def test_frames_do_not_depend_on_the_host_buffer(classes, rate):
    """Bit-identical, times included, however the sound was cut."""
    x = bursts(rate, 0.12, 2)
    with make(classes, rate, 2) as classifier:
        whole = frames_of(classifier, x)
        assert len(whole.time_s) >= 11
        for buffer in BUFFERS:
            assert same(frames_of(classifier, x, buffer), whole), f"buffers of {buffer}"


@pytest.mark.parametrize("rate", CUT_RATES)
def test_any_rate_hears_the_same(classes, rate):
    """Tones keep their class and level at every rate from 8 to 192 kHz (those that the rate can hold)."""
    with make(classes, rate) as classifier:
        got = frames_of(classifier, tones(rate))
    for k, hz in enumerate(toy_classify.CENTRES_HZ):
        inside = slice(10 * k + 2, 10 * k + 9)
        if hz < 0.4 * rate:
            assert got.probabilities[inside, k].min() > 0.95, (rate, hz)
            assert np.abs(got.level_db[inside] - 20 * np.log10(0.3 / np.sqrt(2))).max() <= TONE_DB


@pytest.mark.parametrize("rate", RATES)
def test_the_clock_of_frames_is_exact(rate):
    """Frames complete when exact fractions say, for hours, at most 2.2 ms after their end."""
    clock = Clock(rate, CLASSIFY_FEED)
    late = 0.0
    for frame in [*range(500), 100 * 3600 * 5 + 1]:
        assert clock.block_start(frame) == ceil(Fraction(frame * 160 * rate, 16_000))
        known = clock.block_ready(frame)
        assert known == floor(Fraction((frame * 160 + 159) * rate, 16_000)) + clock.half + 1
        late = max(late, known - Fraction((frame + 1) * 160 * rate, 16_000))
    assert late <= clock.decision_delay_samples <= 0.0022 * rate
    assert (clock.decision_delay_samples == 0) == (rate == 16_000)


@pytest.mark.parametrize("rate", [8_000, 16_000, 44_100, 192_000])
def test_a_frame_is_known_with_the_sample_that_it_says(classes, rate):
    """One sample less and it is not there."""
    ready = Clock(rate, CLASSIFY_FEED).block_ready(3)
    x = bursts(rate, 0.1)[:ready]
    with make(classes, rate) as classifier:
        classifier.process(x[:-1].copy())
        assert classifier.record["frames"][0] == 3
        classifier.process(x[-1:].copy())
        assert classifier.record["frames"][0] == 4
        assert classifier.take_frames().time_s[-1] == ready / rate
        newest = classifier.record["probabilities"][0, :3]
        assert newest.sum() == pytest.approx(1.0, abs=1e-6)


def test_many_frames_a_run_say_what_one_does(classes):
    """T = 1 and T = 16 agree within rounding, and times are the same."""
    x = bursts(44_100, 1.0, 2)
    with make(classes, 44_100, 2) as one, make(classes, 44_100, 2, batch=16) as many:
        a, b = frames_of(one, x), frames_of(many, x)
    n = len(b.time_s)
    assert n == len(a.time_s) // 16 * 16
    assert np.array_equal(a.time_s[:n], b.time_s)
    assert np.abs(a.probabilities[:n] - b.probabilities).max() <= BATCH_TOLERANCE


def test_the_sound_passes_as_it_is(classes):
    """As a plugin among others it gives what it takes, bit for bit, hazards too."""
    x = bursts(44_100, 0.1, 2).astype(np.float64)
    x[7] = np.nan
    out = np.zeros_like(x)
    with make(classes, 44_100, 2, dtype=np.float64) as classifier:
        classifier.process(x, out)
    assert out.tobytes() == x.tobytes()


def test_samples_that_are_not_finite_are_zeros(classes):
    """A NaN in the sound is a 0 to the model, and nothing stays of it."""
    x = bursts(16_000, 0.3)
    x[1000:1010] = np.nan
    with make(classes) as classifier:
        got = frames_of(classifier, x)
        assert classifier.record["model_errors"][0] == 0
        assert same(frames_of(classifier, np.where(np.isfinite(x), x, 0.0)), got)


def test_a_model_that_fails_is_counted_and_begins_anew():
    """A frame that is not finite is NaN in all classes, is counted, and the next good one is good."""
    model = contract.read(toy_classify.build(nan_over_db=-20.0))
    x = tones(16_000) * 0.1
    x[800:1600] *= 10.0
    with make(model) as classifier:
        got = frames_of(classifier, x)
        bad = np.isnan(got.probabilities)
        assert bad.any(axis=1).tolist() == bad.all(axis=1).tolist()
        assert np.flatnonzero(bad[:, 0]).tolist() == [5, 6, 7, 8, 9]
        assert classifier.record["model_errors"][0] == 5


def test_a_reset_is_a_fresh_start(classes):
    """The first run again, and frames that nobody took are gone."""
    x = bursts(44_100, 0.2)
    with make(classes, 44_100) as classifier:
        first = frames_of(classifier, x, 100)
        classifier.process(x)
        assert same(frames_of(classifier, x, 100), first)


def test_frames_that_nobody_took_are_counted(classes):
    """The newest are kept, the lost ones counted."""
    with make(classes, frames_kept=4) as classifier:
        classifier.process(np.zeros((1600, 1), np.float32))
        assert len(classifier.take_frames().time_s) == 4
        assert classifier.frames_lost == 6


def test_what_it_cannot_take_is_refused(classes, toy):
    """A gate, a shape, a type, a closed classifier: each with expected, got and remedy."""
    with pytest.raises(ContractError, match="expected a classify, got a gate"):
        make(toy)
    with pytest.raises(ValueError, match="33 channels: expected 1 to 32"):
        make(classes, channels=33)
    with pytest.raises(ValueError, match="batch 8, 4 frames kept"):
        make(classes, batch=8, frames_kept=4)
    with pytest.raises(TypeError, match="expected float32 or float64"):
        make(classes, dtype=np.int16)
    classifier = make(classes)
    with pytest.raises(ValueError, match=r"expected \(5, 1\) in C order"):
        classifier.process(np.zeros((5, 2), np.float32))
    with pytest.raises(TypeError, match="expected float32"):
        classifier.process(np.zeros((5, 1)))
    classifier.close()
    classifier.close()
    with pytest.raises(EngineError, match="closed"):
        classifier.process(np.zeros((5, 1), np.float32))
