"""The guard: never late to open, shuts what is not confirmed, and the same however sound is cut."""

import dataclasses

import numpy as np
import pytest

from gate.constants import BLOCK_MS
from gate.engine.classifier import Classifier
from gate.engine.engine import Engine
from gate.engine.guard import Guard
from gate.errors import ContractError
from gate.modelfile import contract
from gate.modelfile.contract import Contract
from gate.realtime.clock import CLASSIFY_FEED, Clock
from gate.realtime.decision import LATE
from gate.realtime.guard import MUSIC_AT, MUSIC_LOST_AT, SHARE, SPEECH_AT, SPEECH_LOST_AT
from tests import toy_classify, toy_model
from tests.gate.engine_tools import CURVE, Array, cuts, open_engine, render, run

GRACE_MS = 350.0
GRACE_BLOCKS = 168
"""350 ms are so many blocks exactly."""

OPENNESS_TOLERANCE = 1e-12
"""Python's exp against the compiled one."""

SPEECH_HZ, MUSIC_HZ, NOISE_HZ = toy_classify.CENTRES_HZ

RATES = (8_000, 16_000, 44_100, 48_000, 96_000, 192_000)

SHUT = 11
"""Column ``guard_shut``; the classes follow it."""


@pytest.fixture(scope="module")
def gate() -> Contract:
    """A gate that opens for anything over -40 dBFS."""
    return contract.read(toy_model.build())


@pytest.fixture(scope="module")
def classes() -> Contract:
    return contract.read(toy_classify.build())


def make(
    gate: Contract, guard: Guard | None, rate: int = 48_000, channels: int = 1, **knobs: object
) -> Engine:
    chosen = {"threshold_db": -40.0, "curve_rows": 8000} | knobs
    return open_engine(gate, rate=rate, channels=channels, guard=guard, **chosen)


def sound(rate: int, *parts: tuple[float, float]) -> Array:
    """Tones of (Hz, seconds), 0 Hz for silence: (n, 1) float32."""
    pieces = [toy_classify.tone(hz, rate, seconds) for hz, seconds in parts]
    return np.concatenate(pieces)[:, None]


def story(rate: int) -> Array:
    """Everything that a guard meets: noise, a pause, speech, music, a pause, music, speech at once behind it."""
    return sound(
        rate, (0, 0.1), (NOISE_HZ if rate > 12_000 else MUSIC_HZ, 0.6), (0, 0.3), (SPEECH_HZ, 0.4),
        (MUSIC_HZ, 0.7), (0, 0.25), (MUSIC_HZ, 0.2), (SPEECH_HZ, 0.3),
    )  # fmt: skip


def column(curve: Array, name: str) -> Array:
    return curve[:, CURVE[name]]


def by_hand(
    curve: Array, frames: list[tuple[int, Array]], rate: int, model: Contract, guard: Guard
) -> tuple[Array, Array]:
    """Openness and ``guard_shut`` of each block by the law, written down slowly.

    ``curve`` lends what the gate's model said; ``frames`` are (host frames to come in before it is known, probabilities).
    """
    clock, waiting = Clock(rate), list(frames)
    decided = hold_left = openness = age = speech = music = 0.0
    heard = sure = False
    open_, shut = [], []
    for block, row in enumerate(curve):
        while waiting and waiting[0][0] <= clock.block_ready(block):
            p = waiting.pop(0)[1]
            speech, music = speech + SHARE * (p[0] - speech), music + SHARE * (p[1] - music)
            heard = speech >= (SPEECH_LOST_AT if heard else SPEECH_AT)
            sure = music >= (MUSIC_LOST_AT if sure else MUSIC_AT)
        said = row[CURVE["open_probability"]]
        decided = said > model.open_at if not decided else not said < model.close_at
        hold_left = row[CURVE["hold_ms"]] if decided else max(hold_left - BLOCK_MS, 0.0)
        goal = 1.0 if decided else min(hold_left / BLOCK_MS, 1.0)
        confirmed = heard if guard.mode == "speech" else not sure
        age = 0.0 if goal == 0.0 or confirmed else age + 1.0
        held = age > round(guard.grace_ms / BLOCK_MS, 9)
        goal = 0.0 if held else goal
        ms = row[CURVE["attack_ms"]] if goal > openness else row[CURVE["release_ms"]]
        openness += (1.0 - np.exp(-np.log(1e4) * BLOCK_MS / ms)) * (goal - openness)
        openness = 1.0 if openness > 1.0 - 1e-4 else 0.0 if openness < 1e-4 else openness
        open_.append(openness)
        shut.append(float(held))
    return np.array(open_), np.array(shut)


def frames_of(classes: Contract, x: Array, rate: int) -> list[tuple[int, Array]]:
    """What a classifier on its own says, each frame with how many host frames it had to hear for it."""
    with Classifier(classes, rate=rate, channels=1, frames_kept=1000) as classifier:
        classifier.process(x)
        frames = classifier.take_frames()
        assert classifier.frames_lost == 0
    known = np.rint(frames.time_s * rate).astype(int).tolist()
    assert known == [Clock(rate, CLASSIFY_FEED).block_ready(k) for k in range(len(known))]
    return list(zip(known, frames.probabilities, strict=True))


@pytest.mark.parametrize("mode", ["speech", "not-music"])
@pytest.mark.parametrize("rate", RATES)
def test_openness_is_that_of_the_law_written_down(gate, classes, rate, mode):
    """Every block's openness follows from what was known when the block was complete, and from nothing later."""
    guard = Guard(classes, mode, GRACE_MS)
    x = story(rate)
    with make(gate, guard, rate) as engine:
        run(engine, x, 1000)
        curve = engine.take_curve()
    expected, shut = by_hand(curve, frames_of(classes, x, rate), rate, gate, guard)
    assert 0.05 < shut.mean() < 0.6
    assert np.array_equal(curve[:, SHUT], shut)
    assert np.abs(column(curve, "openness") - expected).max() <= OPENNESS_TOLERANCE


@pytest.mark.parametrize("rate", RATES)
def test_decisions_do_not_depend_on_the_host_buffer(gate, classes, rate):
    """Bit-identical decisions, guard and probabilities however the sound is cut; live and offline as well."""
    guard = Guard(classes, "speech", 100.0)
    x = story(rate)[int(0.05 * rate) : int(0.5 * rate)]
    with make(gate, guard, rate) as engine:
        run(engine, x)
        whole = engine.take_curve()
        assert whole.shape[1] == SHUT + 4
        assert whole[:, SHUT].any() and not whole[:, SHUT].all()
        for buffer in (37, 100, 441, 4096, 0):
            run(engine, x, buffer)
            assert np.array_equal(engine.take_curve(), whole, equal_nan=True), f"buffers of {buffer}"
    with make(gate, guard, rate, batch=64) as offline:
        render(offline, x, 3000)
        later = offline.take_curve()[: len(whole)]
    assert np.array_equal(later[:, SHUT:], whole[:, SHUT:], equal_nan=True)


def test_an_opening_is_never_late(gate, classes):
    """Until the grace time is over, gain and sound are those of a gate without a guard, bit for bit."""
    x = sound(48_000, (0, 0.2), (NOISE_HZ, 1.0))
    with make(gate, None) as plain, make(gate, Guard(classes, "speech", GRACE_MS)) as guarded:
        free, held = run(plain, x, 100), run(guarded, x, 100)
        a, b = plain.take_curve(), guarded.take_curve()
    opened = int(np.flatnonzero(column(a, "openness"))[0])
    last = opened + GRACE_BLOCKS
    assert np.array_equal(a[:last, 1:9], b[:last, 1:9])
    assert np.array_equal(free[: last * 100], held[: last * 100])
    assert column(b, "openness")[last - 1] == 1.0
    assert column(b, "openness")[last] < 1.0
    assert b[:, SHUT].tolist() == [0.0] * last + [1.0] * (len(b) - last)
    release_blocks = int(np.ceil(toy_model.RELEASE_MS / BLOCK_MS)) + 1
    assert not column(b, "openness")[last + release_blocks :].any()
    assert column(a, "openness")[-1] == 1.0


def test_speech_stays_open(gate, classes):
    """What is confirmed in time sounds as it does without a guard."""
    x = sound(48_000, (0, 0.1), (SPEECH_HZ, 1.5), (0, 0.4), (SPEECH_HZ, 0.8))
    with make(gate, None) as plain, make(gate, Guard(classes, "speech", GRACE_MS)) as guarded:
        assert np.array_equal(run(plain, x, 128), run(guarded, x, 128))
        assert guarded.record["guard_shut"][0] == 0
        assert guarded.record["guard_speech"][0] > 0.9


def test_speech_opens_what_was_shut(gate, classes):
    """Behind noise that was shut out, speech opens the gate as soon as it is heard."""
    x = sound(48_000, (NOISE_HZ, 1.0), (SPEECH_HZ, 0.5))
    with make(gate, Guard(classes, "speech", GRACE_MS)) as engine:
        run(engine, x, 100)
        openness = column(engine.take_curve(), "openness")
    assert not openness[400:480].any()
    opened = 480 + int(np.flatnonzero(openness[480:])[0])
    # 5 frames of 10 ms bring the smoothed probability over a half, 2 ms the side-chain's delay
    assert 40.0 <= (opened - 480) * BLOCK_MS <= 60.0
    assert openness[-1] == 1.0


def test_a_new_opening_has_its_own_grace(gate, classes):
    """Once the gate has shut by itself, hold included, it opens again at once, whatever was refuted before."""
    x = sound(48_000, (NOISE_HZ, 0.6), (0, 0.3), (NOISE_HZ, 0.6), (0, 0.02), (NOISE_HZ, 0.3))
    with make(gate, Guard(classes, "speech", GRACE_MS)) as engine:
        run(engine, x, 100)
        curve = engine.take_curve()
    openness, shut = column(curve, "openness"), curve[:, SHUT]
    again = int(0.9 * 480)
    assert openness[again + 5] > 0.9
    assert shut[again] == 0.0
    # a gap within the hold is no new opening
    assert shut[int(1.4 * 480) :].all()


def test_not_music_shuts_for_music_alone(gate, classes):
    """Noise stays open, music shuts when it has been sure for the grace time."""
    x = sound(48_000, (NOISE_HZ, 1.0), (MUSIC_HZ, 1.0))
    with make(gate, Guard(classes, "not-music", GRACE_MS)) as engine:
        run(engine, x, 100)
        curve = engine.take_curve()
    first = int(np.flatnonzero(curve[:, SHUT])[0])
    assert 480 + GRACE_BLOCKS <= first <= 480 + GRACE_BLOCKS + 60
    assert curve[first:, SHUT].all()


def test_off_is_as_if_there_were_none(gate, classes):
    """With a classifier that listens and a guard that is off, sound and decisions are those of a plain gate."""
    x = story(44_100)
    with make(gate, None, 44_100) as plain, make(gate, Guard(classes, "off", GRACE_MS), 44_100) as engine:
        assert np.array_equal(run(plain, x, 100), run(engine, x, 100))
        assert np.array_equal(plain.take_curve(), engine.take_curve()[:, :SHUT])
        assert engine.classifier.record["frames"][0] > 100
        assert plain.classifier is None


def test_it_is_set_while_sound_runs(gate, classes):
    """Mode and grace time act from the next block on; what cannot be had is refused."""
    x = sound(48_000, (NOISE_HZ, 0.7))
    with make(gate, Guard(classes, "off", GRACE_MS)) as engine:
        run(engine, x, 100)
        engine.guard, engine.guard_grace_ms = "speech", 100.0
        assert (engine.guard, engine.guard_grace_ms) == ("speech", 100.0)
        engine.process(np.ascontiguousarray(x[:9600]), np.empty((9600, 1), np.float32))
        assert engine.record["guard_shut"][0] == 1
        with pytest.raises(ValueError, match="expected off, speech or not-music, got 'music'"):
            engine.guard = "music"
        with pytest.raises(ValueError, match="guard-grace 50 ms is out of range: give 100 to 2000 ms"):
            engine.guard_grace_ms = 50.0
    with make(gate, None) as engine:
        engine.guard = "off"
        with pytest.raises(
            ValueError, match="expected off, as there is no classifier; make an engine with a guard"
        ):
            engine.guard = "speech"


def test_channels_of_their_own_have_clocks_of_their_own(gate, classes):
    """Unlinked, a channel that opens later is shut later."""
    late = sound(48_000, (0, 0.25), (NOISE_HZ, 0.65))
    x = np.concatenate([sound(48_000, (NOISE_HZ, 0.9)), late], axis=1)
    with make(gate, Guard(classes, "speech", GRACE_MS), channels=2, link=False, range_db=-np.inf) as engine:
        out = run(engine, x, 100)
    silent = [int(np.flatnonzero(np.abs(out[:, c]) > 1e-3)[-1]) / 48.0 for c in range(2)]
    assert silent[1] - silent[0] == pytest.approx(250.0, abs=15.0)


def test_a_classifier_that_fails_shuts_nothing(gate):
    """NaN confirms: no guard is better than a wrong one. The failure is counted."""
    broken = contract.read(toy_classify.build(nan_over_db=-30.0))
    x = sound(48_000, (NOISE_HZ, 1.0))
    with make(gate, None) as plain, make(gate, Guard(broken, "speech", GRACE_MS)) as engine:
        assert np.array_equal(run(plain, x, 100), run(engine, x, 100))
        assert engine.classifier.record["model_errors"][0] > 50


def test_a_gate_that_was_late_does_without(gate, classes):
    """When the model was too slow for its buffers, the classifier is not asked any more, and confirms."""
    x = sound(48_000, (NOISE_HZ, 1.0))
    with make(gate, Guard(classes, "speech", GRACE_MS), falls_back=True) as engine:
        engine.record["fallback"] = LATE
        for piece in cuts(len(x), 100):
            engine.process(np.ascontiguousarray(x[piece]), np.empty_like(x[piece]))
        assert engine.classifier.record["frames"][0] == 0
        assert engine.record["openness"][0] == 1.0


def test_a_classifier_without_the_class_is_refused(gate, classes):
    """A guard asks for a class by its name."""
    two = dataclasses.replace(classes, classes=("a", "b", "music"))
    Guard(two, "not-music", GRACE_MS)
    with pytest.raises(ContractError) as caught:
        Guard(two, "speech", GRACE_MS)
    assert str(caught.value) == (
        "toy-classes breaks the contract (classes): expected a class named speech for --guard speech, "
        "got a, b, music; give another --guard-model"
    )
    with pytest.raises(ContractError, match="expected a classify, got a gate"):
        Guard(gate, "speech", GRACE_MS)
    with pytest.raises(ValueError, match="out of range"):
        Guard(classes, "speech", 10.0)
    with pytest.raises(ValueError, match="out of range"):
        Guard(classes, "loud", 350.0)


def test_a_reset_forgets(gate, classes):
    """The first run again."""
    x = story(44_100)[:30_000]
    with make(gate, Guard(classes, "speech", 100.0), 44_100) as engine:
        first = run(engine, x, 100)
        assert np.array_equal(run(engine, x, 100), first)
