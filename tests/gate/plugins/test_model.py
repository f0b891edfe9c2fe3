"""Models that make sound of sound: the least delay there can be, nothing shifted, dry paths aligned."""

import ctypes
from math import gcd

import numpy as np
import pytest

from gate import Chain, Gate, HighPass, Model
from gate.cli import inspect
from gate.errors import ContractError
from gate.modelfile import contract, preset
from gate.modelfile.contract import Contract
from tests import toy_classify, toy_sound
from tests.gate.engine_tools import Array, bursts, cuts

RATE = 48_000

MASK_TOLERANCE = 1e-7
"""Sound through 101 frequencies and back, of float32 samples."""


def identity(**knobs: object) -> Contract:
    return contract.read(toy_sound.audio(**knobs))


def masking(**knobs: object) -> Contract:
    return contract.read(toy_sound.mask(**knobs))


def play(chain: Chain, x: Array, frames: int | None, buffer: int | None = None) -> tuple[Array, int]:
    """What a stream gives, and how late it says it is."""
    with chain.open(RATE, x.shape[1], dtype=x.dtype, frames=frames) as stream:
        out = [stream.process(x[piece]) for piece in cuts(len(x), frames or buffer)]
        missing = [int(running.record["missing_frames"][0]) for running in stream.running[:1]]
        assert missing == [0]
        return np.concatenate(out), stream.latency_samples


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("frames", [50, 64, 100, 128, 480, 512])
def test_an_identity_delays_by_the_least_there_can_be(frames, dtype):
    """Exactly 100 - gcd(100, N) samples for buffers of N, and not a bit is changed."""
    x = bursts(RATE, 0.2, 2)[: 9600 // frames * frames].astype(dtype)
    y, late = play(Chain([Model(identity())]), x, frames)
    assert late == 100 - gcd(100, frames)
    assert np.array_equal(y[late:], x[: len(x) - late]) and not y[:late].any()


@pytest.mark.parametrize("buffer", [1, 37, 100, 5000, 0])
def test_buffers_of_any_size_wait_for_99(buffer):
    """Where nothing is promised, the worst buffer counts; the sound is the same however it is cut."""
    x = bursts(RATE, 0.3)
    y, late = play(Chain([Model(identity(gain=0.5))]), x, None, buffer)
    assert late == 99
    assert np.array_equal(y[99:], 0.5 * x[:-99])


def test_a_model_s_own_delay_is_added_and_a_whole_sound_is_on_time():
    """What the file says comes on top; offline everything is taken out."""
    x = bursts(RATE, 1.3, 2)
    for model, own in ((identity(late=100), 100), (identity(), 0)):
        with Chain([Model(model)]).open(RATE, 2, frames=480) as stream:
            assert stream.latency_samples == 80 + own
        assert np.array_equal(Chain([Model(model)])(x, RATE), x)


def test_a_mask_of_ones_is_the_sound_a_block_later():
    """Windows and overlaps add up to one."""
    x = bursts(RATE, 0.2, 2)[:9600]
    y, late = play(Chain([Model(masking())]), x, 480)
    assert late == 80 + 100
    assert np.abs(y[late:] - x[:-late]).max() < MASK_TOLERANCE
    assert np.abs(Chain([Model(masking())])(x, RATE) - x).max() < MASK_TOLERANCE


def test_a_mask_takes_its_frequencies_away():
    """Up to band 10 (2400 Hz) tones pass, far above it they do not."""
    t = np.arange(RATE // 4) / RATE
    model = Model(masking(upto=11, gain=0.5))
    for hz, gain in ((480.0, 0.5), (1200.0, 0.5), (4800.0, 0.0), (12_000.0, 0.0)):
        x = np.sin(2 * np.pi * hz * t)
        y = Chain([model])(x, RATE)
        assert np.abs(y[500:-500] - gain * x[500:-500]).max() < 0.01, hz


def test_delays_add_up_and_dry_paths_are_aligned(toy):
    """A gate that looks ahead between two models; each of them bypassed is the sound itself, as late."""
    plugins = [Model(identity()), Gate(toy, range_db=0, lookahead_ms=2), HighPass(20), Model(masking())]
    plugins[2].bypassed = True
    x = bursts(RATE, 0.2, 2)[:9600]
    wet, late = play(Chain(plugins), x, 480)
    assert late == 80 + 96 + 0 + 80 + 100
    assert np.abs(wet[late:] - x[:-late]).max() < MASK_TOLERANCE
    for plugin in plugins:
        plugin.bypassed = True
    dry, same = play(Chain(plugins), x, 480)
    assert same == late
    assert np.array_equal(dry[late:], x[:-late])


def test_a_slot_that_delays_comes_and_goes_without_a_click():
    """The tone is shifted under a fade: no step is much larger than its own."""
    x = (0.5 * np.sin(2 * np.pi * 100.0 * np.arange(RATE) / RATE)).astype(np.float32)[:, None]
    chain = Chain([HighPass(20)])
    with chain.open(RATE, frames=480) as stream:
        out = []
        for k, piece in enumerate(cuts(len(x), 480)):
            if k == 20:
                chain.append(Model(identity()))
            elif k == 60:
                chain.remove(1)
            out.append(stream.process(x[piece]))
        assert not stream.changing and stream.latency_samples == 0
    y = np.concatenate(out)
    assert np.abs(np.diff(y, axis=0))[480:].max() < 1.6 * np.abs(np.diff(x, axis=0)).max()


def test_a_block_that_fails_passes_as_it_is():
    """NaN from the model: its sound is heard in place of nothing, errors are counted, the next block is well."""
    x = bursts(RATE, 0.1, loud=0.05)[:4800]
    x[1234] = 0.9
    y, late = play(Chain([Model(identity(gain=0.5, nan_over=0.5))]), x, 100)
    assert late == 0
    expected = 0.5 * x
    expected[1200:1300] = x[1200:1300]
    assert np.array_equal(y, expected)


def test_a_promise_that_is_broken_costs_silence_and_shifts_nothing():
    """Compiled callers may call with any number: what is not there in time is 0, counted, and all else in its place."""
    x = bursts(RATE, 0.1)[:4700] + np.float32(1e-3)
    with Chain([Model(identity())]).open(RATE, frames=100) as stream:
        call = ctypes.CFUNCTYPE(None, *[ctypes.c_void_p] * 3, ctypes.c_int64)(stream.function)
        y = np.empty_like(x)
        for piece in cuts(len(x), 70):
            call(stream.address, x[piece].ctypes.data, y[piece].ctypes.data, len(x[piece]))
        missing = int(stream.running[0].record["missing_frames"][0])
    assert 0 < missing == np.sum(y == 0.0)
    assert np.array_equal(y[y != 0.0], x[y != 0.0])


def test_reset_begins_anew():
    """Rings, states and overlaps."""
    x = bursts(RATE, 0.1)
    with Chain([Model(identity(late=100)), Model(masking(upto=30))]).open(RATE) as stream:
        first = stream.process(x)
        stream.reset()
        assert np.array_equal(stream.process(x), first)


def test_what_it_cannot_take_is_refused(toy):
    """Other kinds."""
    for other, where in ((toy, "Gate"), (contract.read(toy_classify.build()), "Classify")):
        with pytest.raises(
            ContractError, match=f"expected an audio or a mask, got a .*; give it to gate.{where}"
        ):
            Model(other)
    with pytest.raises(
        ContractError, match=r"expected a gate, got an audio; it goes in a chain, with gate\.Model"
    ):
        Gate(identity())


@pytest.mark.parametrize(
    ("data", "line", "detail"),
    [
        (
            toy_sound.audio(latency_samples=-1),
            "metadata",
            'expected "latency_samples" from 0 to 48000, got -1; export it again',
        ),
        (
            toy_sound.audio(kind="mask"),
            "outputs",
            "expected \"mask\" among the outputs, got 'audio, readouts, before_out'; export it again",
        ),
        (
            toy_sound.mask(latency_samples=100),
            "metadata",
            'expected "latency_samples" 0 (a mask delays nothing), got 100; export it again',
        ),
    ],
)
def test_a_file_that_breaks_the_contract_is_refused(data, line, detail):
    """Each line of it, by value."""
    with pytest.raises(ContractError) as caught:
        contract.read(data)
    assert (caught.value.line, caught.value.detail) == (line, detail)


def test_the_card_says_where_such_a_model_goes(tmp_path, capsys):
    """gate-inspect knows the kind; a gate's defaults are no part of it."""
    path = tmp_path / "echo.onnx"
    path.write_bytes(toy_sound.audio(late=100))
    assert inspect.main([str(path)]) == 0
    said = capsys.readouterr().out
    assert "in a chain, with gate.Model" in said and "100 samples of its own" in said
    assert "threshold" not in said
    assert repr(Model(path)) == f"Model({str(path)!r})"


def test_a_preset_folder_may_hold_one(tmp_path):
    """Written with its kind and without a gate's defaults, and found again by its folder."""
    made = preset.write_preset(tmp_path / "hush", toy_sound.mask())
    assert made.fields["kind"] == "mask" and "threshold_db" not in made.fields
    x = bursts(RATE, 0.1)
    assert np.abs(Chain([Model(tmp_path / "hush")])(x, RATE) - x).max() < MASK_TOLERANCE
