"""A chain is its parts one after the other, on time, and may change while it sounds."""

import ctypes
import threading

import numpy as np
import pytest

from gate import Chain, Classify, Gate, HighPass, Model
from gate.chain.stream import Stream
from gate.engine.guard import Guard
from gate.errors import ContractError, EngineError
from gate.modelfile import contract
from gate.modelfile.contract import Contract
from gate.plugins.plugin import Plugin
from gate.plugins.running import Running
from tests import toy_classify, toy_model, toy_sound
from tests.gate.engine_tools import BUFFERS, Array, bursts, cuts, lively, open_engine, render, run

RATE = 48_000
THRESHOLD_DB = -35.0

CLICK = 1.6
"""Largest step of the output in steps of the input: a fade of 10 ms adds a little to a tone's own."""


def play(chain: Chain, x: Array, buffer: int, rate: int = RATE) -> Array:
    with chain.open(rate, x.shape[1], dtype=x.dtype) as stream:
        return np.concatenate([stream.process(x[piece]) for piece in cuts(len(x), buffer)])


def tone(seconds: float, hz: float = 200.0) -> Array:
    """(n, 1) float32, half of full scale."""
    return (0.5 * np.sin(2 * np.pi * hz * np.arange(int(RATE * seconds)) / RATE)).astype(np.float32)[:, None]


def largest_step(x: Array) -> float:
    return float(np.abs(np.diff(x.astype(np.float64), axis=0)).max())


@pytest.mark.parametrize("buffer", BUFFERS)
def test_a_chain_of_one_gate_is_the_engine(model, buffer):
    """Bit-identical to it in a stream, whatever the host buffer."""
    model, x = lively(model), bursts(RATE, 0.4, 2)
    with open_engine(model, rate=RATE, channels=2, threshold_db=THRESHOLD_DB) as engine:
        expected = run(engine, x, buffer)
    assert np.mean(expected != 0.0) > 0.1 and not np.array_equal(expected, x)
    got = play(Chain([Gate(model, threshold_db=THRESHOLD_DB)]), x, buffer)
    assert np.array_equal(got, expected)


@pytest.mark.parametrize(("rate", "lookahead_ms"), [(48_000, 0.0), (44_100, 5.0), (96_000, 20.0)])
def test_a_whole_sound_is_what_a_render_makes_of_it(toy, rate, lookahead_ms):
    """Decisions act from their own block, and lead and lookahead are taken out again."""
    x = bursts(rate, 1.1, 2)
    knobs = {"threshold_db": THRESHOLD_DB, "range_db": -60.0, "lookahead_ms": lookahead_ms}
    with open_engine(toy, rate=rate, channels=2, batch=256, **knobs) as engine:
        expected = render(engine, x)
    assert np.array_equal(Chain([Gate(toy, **knobs)])(x, rate), expected)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_chain_is_its_parts_one_after_the_other(toy, dtype):
    """High-pass, gate, high-pass: as each of them by itself on what the one before gave."""
    x = bursts(RATE, 0.5, 2).astype(dtype)
    parts = [
        HighPass(120),
        Gate(toy, threshold_db=THRESHOLD_DB, lookahead_ms=3),
        Classify(contract.read(toy_classify.build())),
        HighPass(30),
    ]
    expected = x
    for part in parts:
        expected = Chain([part])(expected, RATE)
    got = Chain(parts)(x, RATE)
    assert got.dtype == dtype
    assert np.array_equal(got, expected)


@pytest.mark.parametrize("buffer", [1, 100, 0])
def test_a_stream_does_not_depend_on_the_host_buffer(buffer):
    """Filters give bit for bit the same however the sound is cut; longer calls than the memory are cut inside."""
    x = bursts(RATE, 0.3, 2)
    whole = play(Chain([HighPass(100), HighPass(500)]), x, len(x))
    assert np.array_equal(play(Chain([HighPass(100), HighPass(500)]), x, buffer), whole)


def test_shapes_are_those_that_went_in(toy):
    """(n,) stays (n,), (n, channels) stays that, nothing stays nothing; the input is left alone."""
    chain = Chain([HighPass(50), Gate(toy)])
    x = bursts(RATE, 0.1)
    before = x.copy()
    assert np.array_equal(chain(x[:, 0], RATE), chain(x, RATE)[:, 0])
    assert np.array_equal(x, before)
    assert chain(x[:0], RATE).shape == (0, 1)
    turned = np.asfortranarray(bursts(RATE, 0.1, 2))
    assert np.array_equal(chain(turned, RATE), chain(np.ascontiguousarray(turned), RATE))
    assert np.array_equal(Chain()(x, RATE), x)


@pytest.mark.parametrize(
    ("audio", "error", "text"),
    [
        (
            np.zeros((2, 48_000), np.float32),
            ValueError,
            "sound of (2, 48000): expected (n, channels), at most 32",
        ),
        (np.zeros(100, np.int16), TypeError, "sound of int16: expected float32 or float64, full scale 1.0;"),
        ([0.0, 0.0], TypeError, "a list: expected a numpy array of float32 or float64; make it one"),
        (np.zeros((1, 2, 3), np.float32), ValueError, "sound of (1, 2, 3): expected (n,) or (n, channels)"),
    ],
)
def test_sound_that_cannot_be_is_refused(audio, error, text):
    """Each with its sentence."""
    with pytest.raises(error) as caught:
        Chain([HighPass()])(audio, RATE)
    assert str(caught.value).startswith(text)


def test_what_is_no_chain_is_refused(toy):
    """No plugin, one twice, and too many."""
    plugin = HighPass()
    for plugins, error, text in (
        (["voice"], TypeError, "expected plugins, got a str; give Gate(...) or HighPass(...)"),
        ([plugin, plugin], ValueError, "one plugin in two slots: expected each once; make another"),
        ([HighPass() for _ in range(33)], ValueError, "33 plugins: expected at most 32; make two chains"),
    ):
        with pytest.raises(error) as caught:
            Chain(plugins)
        assert str(caught.value).startswith(text)


def test_a_stream_says_what_it_cannot_take():
    """Type, shape, frames, and that it is closed."""
    stream = Chain([HighPass()]).open(RATE, 2, frames=64)
    for block, error, text in (
        (np.zeros((64, 2)), TypeError, "sound of float64: expected float32; convert it first"),
        (np.zeros((64, 1), np.float32), ValueError, "sound of (64, 1): expected (frames, 2); shape it so"),
        (np.zeros((63, 2), np.float32), ValueError, "63 frames: expected 64, as the stream was opened for"),
    ):
        with pytest.raises(error) as caught:
            stream.process(block)
        assert str(caught.value).startswith(text)
    stream.close()
    with pytest.raises(EngineError, match=r"^expected an open stream, got one that was closed"):
        stream.process(np.zeros((64, 2), np.float32))


def test_latencies_add_up_and_a_bypassed_slot_keeps_its_own(toy):
    """A dry chain with lookahead is its input, that much later."""
    gates = [Gate(toy, lookahead_ms=2), Gate(toy, lookahead_ms=5)]
    x = bursts(RATE, 0.2, 2)
    with Chain(gates).open(RATE, 2) as stream:
        assert stream.latency_samples == 96 + 240
    for gate in gates:
        gate.bypassed = True
    got = play(Chain(gates), x, 64)
    assert np.array_equal(got[336:], x[:-336]) and not got[:336].any()
    assert np.array_equal(Chain(gates)(x, RATE), x)


@pytest.mark.parametrize("buffer", [32, 100, 1000])
def test_bypass_and_back_make_no_click_and_change_all(toy, buffer):
    """A shut gate over a loud tone, bypassed and taken back: silence, the tone to the bit, silence; fades between."""
    x, gate = tone(1.0), Gate(toy, threshold_db=0, range_db=-np.inf, lookahead_ms=4)
    with Chain([gate]).open(RATE) as stream:
        out = []
        for piece in cuts(len(x), buffer):
            gate.bypassed = 16_000 <= piece.start < 32_000
            out.append(stream.process(x[piece]))
    y = np.concatenate(out)
    assert not y[1000:16_000].any() and not y[34_000:].any()
    assert np.array_equal(y[18_000:32_000], x[18_000 - 192 : 32_000 - 192])
    assert largest_step(y) < CLICK * largest_step(x)


def changed(chain: Chain, x: Array, at: int, change, buffer: int = 64) -> tuple[Array, int]:
    """The stream's sound with a change at a sample, and the latency at its end."""
    done = False
    with chain.open(RATE, x.shape[1]) as stream:
        out = []
        for piece in cuts(len(x), buffer):
            if not done and piece.start >= at:
                change(chain)
                done = True
            out.append(stream.process(x[piece]))
        assert not stream.changing
        assert [running for plugin in chain for running in plugin.running] == list(stream.running)
        late = stream.latency_samples
    assert all(not plugin.running for plugin in chain)
    return np.concatenate(out), late


def test_a_slot_added_is_heard_after_a_fade_as_if_it_had_always_been_there(toy):
    """The fresh one listens first; no step is larger than the tone's own and a little."""
    x = tone(1.5)
    y, late = changed(Chain([HighPass(20)]), x, 24_000, lambda chain: chain.insert(0, HighPass(400)))
    assert late == 0
    assert np.array_equal(y[:24_000], play(Chain([HighPass(20)]), x, 64)[:24_000])
    always = play(Chain([HighPass(400), HighPass(20)]), x, 64)
    assert np.abs(y[-4800:] - always[-4800:]).max() < 1e-4
    assert np.abs(always[-4800:]).max() < 0.2
    assert largest_step(y) < CLICK * largest_step(x)


def test_a_slot_removed_fades_into_its_undelayed_input(toy):
    """Its latency goes with it."""
    x = tone(1.0)
    chain = Chain([Gate(toy, threshold_db=0, range_db=-np.inf, lookahead_ms=10)])
    y, late = changed(chain, x, 24_000, lambda chain: chain.remove(0))
    assert late == 0 and len(chain) == 0
    assert not y[1000:24_000].any()
    assert np.array_equal(y[25_000:], x[25_000:])
    assert largest_step(y) < CLICK * largest_step(x)


def test_a_slot_moved_never_lets_through_what_both_orders_stop(toy):
    """A shut gate goes from the end to the beginning: silence throughout, and the rest ends up behind it."""
    x = tone(2.0)
    gate = Gate(toy, threshold_db=0, range_db=-np.inf)
    chain = Chain([HighPass(30), HighPass(60), gate])
    y, _ = changed(chain, x, 24_000, lambda chain: chain.move(gate, 0))
    assert chain[0] is gate and len(chain) == 3
    assert not y[1000:].any()


def test_lookahead_changes_while_it_sounds(toy):
    """A fresh engine listens and is faded in, as late as asked; the newest wish counts, and nothing is left behind."""
    x = tone(2.0)
    gate = Gate(toy, threshold_db=-60, range_db=-np.inf, lookahead_ms=2)

    def change(chain: Chain) -> None:
        for lookahead_ms in (5, 15, 10):
            gate.lookahead_ms = lookahead_ms

    y, late = changed(Chain([HighPass(10), gate, HighPass(10)]), x, 24_000, change)
    assert late == 480
    always = play(
        Chain([HighPass(10), Gate(toy, threshold_db=-60, range_db=-np.inf, lookahead_ms=10), HighPass(10)]),
        x,
        64,
    )
    assert np.abs(y[-24_000:] - always[-24_000:]).max() < 1e-3
    assert largest_step(y[4800:]) < CLICK * largest_step(x)


def test_a_value_that_cannot_be_had_is_not_set(toy, monkeypatch):
    """What plays plays on, as it was."""
    gate, x = Gate(toy, threshold_db=-60), tone(0.2)
    with Chain([gate]).open(RATE) as stream:
        with monkeypatch.context() as patch, pytest.raises(ContractError):
            patch.setattr(Gate, "_open", refuse)
            gate.lookahead_ms = 10
        assert gate.lookahead_ms == 0 and not stream.changing
        assert gate.running == stream.running
        assert stream.process(x).shape == x.shape


def refuse(*_):
    raise ContractError("run", "expected a model that runs")


@pytest.mark.parametrize("mode", ["speech", "not-music"])
@pytest.mark.parametrize("rate", [48_000, 44_100])
def test_a_guarded_gate_is_a_guarded_engine(toy, mode, rate):
    """In a stream, and offline, to the bit."""
    hears = contract.read(toy_classify.build())
    x = np.concatenate([toy_classify.tone(hz, rate, 0.6) for hz in (500.0, 6_500.0)])[:, None].astype(
        np.float32
    )
    guard = Guard(hears, mode, 150.0)
    knobs = {"threshold_db": THRESHOLD_DB, "range_db": -60.0}
    plain = Chain([Gate(toy, **knobs)])
    guarded = Chain([Gate(toy, guard=mode, guard_grace_ms=150, guard_model=hears, **knobs)])
    with open_engine(toy, rate=rate, channels=1, guard=guard, **knobs) as engine:
        expected = run(engine, x, 100)
    assert np.array_equal(play(guarded, x, 100, rate), expected)
    with open_engine(toy, rate=rate, channels=1, batch=256, guard=guard, **knobs) as engine:
        expected = render(engine, x)
    got = guarded(x, rate)
    assert np.array_equal(got, expected)
    assert np.array_equal(got, plain(x, rate)) == (mode == "not-music")


def test_a_guard_comes_and_goes_while_it_sounds(toy):
    """Its classifier comes with a fresh engine; from then on modes change at once."""
    gate = Gate(toy, threshold_db=-60, range_db=-np.inf, guard_model=contract.read(toy_classify.build()))
    noise = toy_classify.tone(6_500.0, RATE, 1.0)[:, None].astype(np.float32)
    with Chain([gate]).open(RATE) as stream:

        def heard() -> float:
            return float(
                np.abs(np.concatenate([stream.process(noise[p]) for p in cuts(len(noise), 480)])[-480:]).max()
            )

        assert heard() > 0.05
        gate.guard, gate.guard_grace_ms = "speech", 100
        assert heard() < 1e-3
        engine = stream.running[0].engine
        gate.guard = "off"
        assert heard() > 0.05 and stream.running[0].engine is engine
        gate.held = "shut"
        assert heard() < 1e-3
        gate.held = ""
        assert heard() > 0.05
        with pytest.raises(ValueError, match="expected off, speech or not-music, got 'music'; choose one"):
            gate.guard = "music"
        with pytest.raises(ValueError, match="expected open, shut or an empty text"):
            gate.held = "ajar"


def test_a_held_gate_is_held_wherever_it_is_opened(toy):
    """And offline too."""
    gate, x = Gate(toy, threshold_db=0, range_db=-np.inf), tone(0.5)
    gate.held = "open"
    assert np.array_equal(Chain([gate])(x, RATE)[4800:], x[4800:])


def test_changes_in_quick_succession_end_in_the_newest(toy):
    """One is under way, the others wait, what was never heard is closed."""
    x, chain = tone(3.0), Chain([HighPass(20)])
    never = HighPass(50)

    def change(chain: Chain) -> None:
        chain.append(Gate(toy, threshold_db=-60))
        chain.append(never)
        chain.remove(never)
        chain.insert(0, HighPass(30))
        chain.move(0, 2)

    y, _ = changed(chain, x, 24_000, change)
    assert [type(plugin).__name__ for plugin in chain] == ["HighPass", "Gate", "HighPass"]
    assert never.running == ()
    assert largest_step(y[4800:]) < CLICK * largest_step(x)


def test_a_plugin_that_cannot_be_opened_leaves_the_chain_as_it_was(toy):
    """The error is the caller's, the sound goes on."""

    class Broken(Plugin):
        def _open(self, format):
            raise ContractError("run", "expected a model that runs")

    chain, x = Chain([HighPass(20)]), tone(0.2)
    with chain.open(RATE) as stream:
        with pytest.raises(ContractError):
            chain.append(Broken())
        assert len(chain) == 1 and not stream.changing
        assert np.array_equal(stream.process(x), play(Chain([HighPass(20)]), x, len(x)))


def test_a_stream_begun_anew_gives_the_same_again(toy):
    """Reset, and every state is as it was at the beginning."""
    x = bursts(RATE, 0.3)
    with Chain([HighPass(100), Gate(toy, lookahead_ms=3, threshold_db=THRESHOLD_DB)]).open(RATE) as stream:
        first = stream.process(x)
        stream.reset()
        assert np.array_equal(stream.process(x), first)


def test_whoever_can_call_a_gate_can_call_a_chain(toy):
    """By address, in place, with the four words of ``gate.realtime.process``."""
    x = bursts(RATE, 0.2, 2)
    chain = Chain([HighPass(100), Gate(toy, threshold_db=THRESHOLD_DB)])
    expected = play(chain, x, 480)
    with chain.open(RATE, 2) as stream:
        call = ctypes.CFUNCTYPE(None, *[ctypes.c_void_p] * 3, ctypes.c_int64)(stream.function)
        for piece in cuts(len(x), 480):
            call(stream.address, x[piece].ctypes.data, x[piece].ctypes.data, len(x[piece]))
    assert np.array_equal(x, expected)


def test_a_gate_whose_model_fails_does_not_stop_the_chain():
    """NaN from a model is the engine's to handle; what comes out is finite."""
    broken = contract.read(toy_model.build(nan_over_db=-30.0))
    y = play(Chain([HighPass(30), Gate(broken, threshold_db=THRESHOLD_DB)]), bursts(RATE, 0.3), 100)
    assert np.isfinite(y).all()


def test_a_classifier_in_a_chain_can_be_read_and_changes_no_sample():
    """Probabilities by class."""
    classify = Classify(contract.read(toy_classify.build()))
    x = tone(0.2, 500.0)
    with Chain([classify]).open(RATE) as stream:
        assert classify.probabilities == {}
        assert np.array_equal(stream.process(x), x)
        assert list(classify.probabilities) == ["speech", "music", "noise"]
        assert classify.probabilities["speech"] > 0.95


@pytest.mark.parametrize("seed", range(4))
def test_any_row_of_changes_is_free_of_clicks_and_ends_as_asked(seed):
    """Slots come, go, move and are bypassed at random, some at once, some while others are under way."""
    rng = np.random.default_rng(seed)
    x, chain = tone(4.0), Chain([HighPass(15)])
    with chain.open(RATE, frames=480) as stream:
        out = []
        for k, piece in enumerate(cuts(len(x), 480)):
            if k % 9 == 8 and k < 320:
                what = rng.integers(4)
                at = int(rng.integers(len(chain))) if len(chain) else 0
                if what == 0 or len(chain) < 2:
                    fresh = (
                        HighPass(float(rng.uniform(10, 40)))
                        if rng.random() < 0.5
                        else Model(toy_sound_model())
                    )
                    chain.insert(at, fresh)
                elif what == 1:
                    chain.remove(at)
                elif what == 2:
                    chain.move(at, int(rng.integers(len(chain))))
                else:
                    chain[at].bypassed = not chain[at].bypassed
            out.append(stream.process(x[piece]))
        assert not stream.changing
        assert stream.plugins == tuple(chain)
        assert [running for plugin in chain for running in plugin.running] == list(stream.running)
        assert all(running.record["missing_frames"][0] == 0 for running in models(stream))
    y = np.concatenate(out)
    assert largest_step(y[960:]) < CLICK * largest_step(x)


def toy_sound_model() -> Contract:
    return contract.read(toy_sound.audio())


def models(stream: Stream) -> list[Running]:
    """What is at work of the blocks' kind."""
    return [running for running in stream.running if "missing_frames" in running.record.dtype.names]


def test_another_thread_may_change_the_chain_while_it_sounds(toy):
    """Changes come from here, sound from there: it never clicks, and what was asked for last is there at the end."""
    x, chain = tone(0.5, 50.0), Chain([HighPass(10)])
    out: list[Array] = []
    enough = threading.Event()
    with chain.open(RATE) as stream:

        def play_on() -> None:
            while not enough.is_set() or stream.changing:
                out.extend(stream.process(x[piece]) for piece in cuts(len(x), 100))

        player = threading.Thread(target=play_on)
        player.start()
        try:
            for cutoff_hz in (12, 14, 16):
                chain.insert(0, HighPass(cutoff_hz))
                chain.append(Gate(toy, threshold_db=-70))
                chain.move(0, len(chain) - 1)
                chain[0].bypassed = True
                chain.remove(len(chain) - 2)
        finally:
            enough.set()
            player.join()
        assert stream.plugins == tuple(chain)
        assert len(stream.running) == len(chain) == 4
    y = np.concatenate(out)
    assert largest_step(y[4800:]) < CLICK * largest_step(x)
