"""The engine's face: parameters, readouts, counters, trouble with models, and what it refuses."""

import subprocess
import sys

import numpy as np
import pytest

from gate.engine.engine import CURVE_COLUMNS, Engine
from gate.engine.ort import cuda_available
from gate.errors import ContractError, DeviceError, EngineError
from gate.modelfile import contract
from gate.modelfile.contract import Contract
from gate.realtime.process import compiled
from tests import toy_breaks, toy_model
from tests.gate.engine_tools import CURVE, bursts, curve_of, open_engine, render, run

LEVEL_TOLERANCE_DB = 1e-3
"""dB: the toy's level in float32 against numpy's in float64."""

GPU_TOLERANCE = 1e-4
"""Open probability: CUDA against the CPU, sums in another order."""


def make(model: Contract, rate: int = 48_000, channels: int = 1, **settings: object) -> Engine:
    chosen = {"threshold_db": -35.0, "curve_rows": 2000} | settings
    return open_engine(model, rate=rate, channels=channels, **chosen)


def test_readouts_are_what_the_model_says(toy: Contract) -> None:
    """Levels, times and key of each block come out in the curve, beside the threshold they were judged by."""
    x = bursts(48_000, 0.5, 2)
    with make(toy, channels=2) as engine:
        curve = curve_of(engine, x, 480)
    level = toy_model.expected_levels_db(x)
    assert np.array_equal(curve[:, 0], np.arange(240) / 480)
    assert np.abs(curve[:, CURVE["level_db"]] - level).max() <= LEVEL_TOLERANCE_DB
    expected = 1.0 / (1.0 + np.exp(-(level + 35.0)))
    assert np.abs(curve[:, CURVE["open_probability"]] - expected).max() <= LEVEL_TOLERANCE_DB
    for name, value in (
        ("attack_ms", 3.0),
        ("hold_ms", 50.0),
        ("release_ms", 100.0),
        ("key_low_hz", 100.0),
        ("key_high_hz", 8000.0),
        ("threshold_db", -35.0),
    ):
        assert np.all(curve[:, CURVE[name]] == value), name


def test_the_record_shows_the_newest_block(toy: Contract) -> None:
    """The readouts of the record are the last row of the curve."""
    with make(toy) as engine:
        curve = curve_of(engine, bursts(48_000, 0.3), 100)
        newest = [engine.record[name][0] for name in CURVE_COLUMNS[1:-1]]
        assert newest == curve[-1, 1:-1].tolist()
        assert engine.record["blocks"][0] == len(curve) == 144
        assert engine.record["position"][0] == 14_400


def test_a_readout_that_is_missing_is_nan(toy: Contract) -> None:
    """A model without a key shows NaN, not another readout's number."""
    names = [{"name": f"other_{i}", "unit": ""} for i in range(3)]
    other = contract.read(toy_model.build(metadata={"readouts": names}))
    with make(other) as engine:
        curve = curve_of(engine, bursts(48_000, 0.1))
    assert np.isnan(curve[:, [CURVE[name] for name in ("key_low_hz", "key_high_hz", "level_db")]]).all()


def test_defaults_are_the_models_own(toy: Contract) -> None:
    """Without threshold and range the engine takes what the model file says."""
    with open_engine(toy, rate=48_000, channels=1) as engine:
        assert (engine.threshold_db, engine.range_db) == (-40.0, -80.0)


def test_a_threshold_acts_from_the_next_block(toy: Contract) -> None:
    """A changed threshold holds for the block that completes next and for all after it."""
    x = np.full((1000, 1), 0.01, np.float32)
    for batch in (1, 10):
        with make(toy, batch=batch, threshold_db=-60.0) as engine:
            engine.process(x[:450], x[:450].copy())
            engine.threshold_db = -20.0
            engine.process(x[450:], x[450:].copy())
            assert engine.take_curve()[:, CURVE["threshold_db"]].tolist() == [-60.0] * 4 + [-20.0] * 6


def test_a_range_acts_from_the_next_block(toy: Contract) -> None:
    """A changed range ramps in from the next block on, open or shut."""
    x = np.full((2000, 1), 1e-4)
    with make(toy, range_db=-20.0, dtype=np.float64) as engine:
        out = np.empty_like(x)
        engine.process(x[:1000], out[:1000])
        engine.range_db = -6.0
        engine.process(x[1000:], out[1000:])
    gain = out[:, 0] / x[:, 0]
    assert np.allclose(gain[:1000], 0.1, rtol=1e-12)
    assert np.all(np.diff(gain[999:1100]) > 0.0)
    assert np.allclose(gain[1100:], 10.0 ** (-6.0 / 20.0), rtol=1e-12)


def test_nonsense_in_the_record_is_ignored(toy: Contract) -> None:
    """A parameter that is not a number, from a panel or MIDI, leaves the last good one in force."""
    x = bursts(48_000, 0.2)
    with make(toy) as engine:
        out = run(engine, x)
        curve = engine.take_curve()
        engine.record["threshold_db"] = engine.record["range_db"] = np.nan
        assert np.array_equal(run(engine, x), out)
        assert np.array_equal(engine.take_curve(), curve)


def test_peaks_are_held_until_read(toy: Contract) -> None:
    """Peaks hold the largest sample since the reader last counted up; the reader writes nothing else."""
    x = np.full((100, 1), 0.5, np.float32)
    with make(toy, range_db=-20.0) as engine:
        engine.process(x, np.empty_like(x))
        engine.process(x * np.float32(0.1), np.empty_like(x))
        assert engine.record["input_peak"][0] == 0.5
        engine.record["peaks_read"] += 1
        engine.process(x * np.float32(0.1), np.empty_like(x))
        assert engine.record["input_peak"][0] == np.float32(0.05)
        assert 0.0 < engine.record["output_peak"][0] <= np.float32(0.05)


def test_reset_gives_the_first_run_again(model: Contract) -> None:
    """After a reset everything is as after opening, sound included."""
    x = bursts(44_100, 0.4, 2)
    with make(model, 44_100, 2, lookahead_ms=2.0) as engine:
        first = run(engine, x, 333)
        record = engine.record.copy()
        run(engine, x[::-1].copy(), 100)
        assert np.array_equal(run(engine, x, 333), first)
        for name in record.dtype.names:
            assert np.array_equal(engine.record[name], record[name], equal_nan=True), name


@pytest.mark.parametrize("channels", [1, 2, 3, 8, 9, 10, 16, 32])
@pytest.mark.parametrize("link", [True, False])
@pytest.mark.parametrize("batch", [1, 7])
def test_channels(toy: Contract, channels: int, link: bool, batch: int) -> None:
    """1 to 32 channels: linked ones share one gain, unlinked ones are gated as if alone."""
    x = np.concatenate([bursts(44_100, 0.2, 1, seed=c) for c in range(channels)], axis=1)
    chosen = {"batch": batch, "range_db": -20.0, "lookahead_ms": 1.0, "dtype": np.float64}
    with make(toy, 44_100, channels, link=link, **chosen) as engine:
        out = render(engine, x, 300)
    if link:
        gain = out / x
        assert np.abs(gain - gain[:, :1]).max() <= 1e-12
        return
    with make(toy, 44_100, 1, **chosen) as alone:
        for c in range(channels):
            assert np.array_equal(render(alone, x[:, c : c + 1], 300)[:, 0], out[:, c])


def test_unlinked_curve_is_the_first_channels(toy: Contract) -> None:
    """Readouts and curve of an unlinked engine are those of its first channel."""
    x = np.concatenate([bursts(48_000, 0.3, seed=c) for c in range(2)], axis=1)
    with make(toy, channels=2, link=False) as both, make(toy) as first:
        assert np.array_equal(curve_of(both, x), curve_of(first, x[:, :1]))


@pytest.mark.parametrize("batch", [1, 5])
@pytest.mark.parametrize("lookahead_ms", [0.0, 1.5])
def test_in_place(toy: Contract, batch: int, lookahead_ms: float) -> None:
    """Output over input gives what output beside input gives, hazards included."""
    x = bursts(44_100, 0.3, 2)
    x[1000] = np.nan
    with make(toy, 44_100, 2, batch=batch, lookahead_ms=lookahead_ms) as engine:
        beside = run(engine, x, 1000)
        engine.reset()
        for at in range(0, len(x), 1000):
            engine.process(x[at : at + 1000], x[at : at + 1000])
    assert np.array_equal(x, beside)


def test_input_may_be_read_only(toy: Contract) -> None:
    """A mapped file can be processed as it lies; the input is never written."""
    x = bursts(48_000, 0.1)
    x.flags.writeable = False
    with make(toy) as engine:
        engine.process(x, np.empty_like(x))
        assert engine.record["blocks"][0] == 48


def test_engines_are_independent(toy: Contract) -> None:
    """Two engines in one process do not hear each other."""
    x = bursts(48_000, 0.2)
    with make(toy) as one, make(toy, threshold_db=-10.0) as other:
        alone = run(one, x, 100)
        one.reset()
        out = np.empty_like(x)
        for at in range(0, len(x), 100):
            one.process(x[at : at + 100], out[at : at + 100])
            other.process(x[at : at + 100], np.empty((100, 1), np.float32))
    assert np.array_equal(out, alone)


def test_a_curve_that_is_too_short_counts_what_it_lost(toy: Contract) -> None:
    """When nobody takes the curve in time its oldest rows go, and are counted."""
    with make(toy, curve_rows=10) as engine:
        run(engine, bursts(48_000, 0.1))
        curve = engine.take_curve()
        assert np.array_equal(curve[:, 0], np.arange(38, 48) / 480)
        assert engine.curve_lost == 38
        assert engine.take_curve().shape == (0, len(CURVE_COLUMNS))


@pytest.mark.parametrize("trouble", ["nan_over_db", "fail_over_db"])
@pytest.mark.parametrize("link", [True, False])
def test_a_model_in_trouble_shuts_its_block_and_begins_anew(trouble: str, link: bool) -> None:
    """NaN from a model, or a run that fails, is counted, means shut, and leaves nothing in its state."""
    made = contract.read(toy_model.build(**{trouble: -10.0}))
    x = np.full((3000, 2), 0.1, np.float32)
    x[1000:1100, 0] = 1.0
    with make(made, channels=2, link=link) as engine:
        curve = curve_of(engine, x, 100)
        errors = int(engine.record["model_errors"][0])
        said = engine.model_error_text
    # the loud block is bad; the one after it would be too if its power were still in the state
    assert errors == 1
    p = curve[:, CURVE["open_probability"]]
    assert p[10] == 0.0
    assert np.all(p[np.arange(30) != 10] > 0.9)
    # state zeroed: the next block reads as a first block does, half the power of a second one
    level = curve[:, CURVE["level_db"]]
    assert level[11] == level[0]
    assert (said is not None and "out of data bounds" in said) == (trouble == "fail_over_db")


def test_trouble_offline_is_counted_for_every_block(toy: Contract) -> None:
    """Offline a run that fails costs all its blocks."""
    made = contract.read(toy_model.build(fail_over_db=-10.0))
    with make(made, batch=8) as engine:
        run(engine, np.full((3200, 1), 0.9, np.float32))
        assert engine.record["model_errors"][0] == 32


def test_the_text_of_an_error_is_gone_after_a_reset() -> None:
    """A reset forgets, and releases, what ONNX Runtime said."""
    made = contract.read(toy_model.build(fail_over_db=-10.0))
    with make(made) as engine:
        run(engine, np.full((500, 1), 0.9, np.float32))
        assert engine.model_error_text
        engine.reset()
        assert engine.model_error_text is None


def test_a_model_that_cannot_run_is_refused() -> None:
    """An op that the runtime does not know is a broken line of the contract."""
    made = contract.read(toy_breaks.broken("unknown op"))
    with pytest.raises(ContractError, match=r'\(run\): expected a model that runs, got ".*Wobble'):
        make(made)


def test_a_model_with_nan_for_silence_is_refused() -> None:
    """A model that answers silence with NaN is refused when it is opened, not when it is heard."""
    made = contract.read(toy_model.build(nan_over_db=-200.0))
    with pytest.raises(ContractError, match=r"\(run\): expected finite output"):
        make(made)


REFUSED = {
    "rate too low": ({"rate": 7999}, ValueError, "expected a whole rate from 8000 to 192000"),
    "rate too high": ({"rate": 192_001}, ValueError, "expected a whole rate from 8000 to 192000"),
    "rate not whole": ({"rate": 44_100.5}, ValueError, "expected a whole rate from 8000 to 192000"),
    "no channels": ({"channels": 0}, ValueError, "expected 1 to 32"),
    "33 channels": ({"channels": 33}, ValueError, "expected 1 to 32; split the sound and render it in parts"),
    "no batch": ({"batch": 0}, ValueError, "expected 1 or more"),
    "cuda live": ({"device": "cuda"}, ValueError, "over 1 on cuda"),
    "whole numbers": ({"dtype": np.int16}, TypeError, "expected float32 or float64"),
    "threshold NaN": ({"threshold_db": np.nan}, ValueError, "expected a finite level"),
    "range positive": ({"range_db": 1.0}, ValueError, "expected 0 or less"),
    "range NaN": ({"range_db": np.nan}, ValueError, "expected 0 or less"),
    "lookahead too long": ({"lookahead_ms": 21.0}, ValueError, "give 0 to 20 ms"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_arguments_out_of_range_are_refused(toy: Contract, case: str) -> None:
    """Each argument out of its range is refused, saying what was expected."""
    changed, kind, text = REFUSED[case]
    with pytest.raises(kind, match=text):
        open_engine(toy, **({"rate": 48_000, "channels": 1} | changed))


def test_arrays_that_do_not_fit_are_refused(toy: Contract) -> None:
    """Input and output of another type, shape, layout or length are refused before anything is touched."""
    x = np.zeros((100, 2), np.float32)
    locked = x.copy()
    locked.flags.writeable = False
    with make(toy, channels=2) as engine:
        for a, b, kind, text in (
            (x.astype(np.float64), x, TypeError, "input of float64: expected float32"),
            (x, x.astype(np.float64), TypeError, "output of float64: expected float32"),
            (x[:, :1], x, ValueError, "input of .100, 1.: expected .100, 2."),
            (x.ravel(), x, ValueError, "input of .200,.: expected .200, 2."),
            (np.asfortranarray(x), x, ValueError, "in C order"),
            (x, x[:99], ValueError, "100 samples for 99"),
            (x, locked, ValueError, "writeable"),
        ):
            with pytest.raises(kind, match=text):
                engine.process(a, b)
        assert engine.record["position"][0] == 0


def test_closing(toy: Contract) -> None:
    """An engine may be closed twice; after that it does nothing but say so."""
    engine = make(toy)
    engine.close()
    engine.close()
    for act in (
        engine.reset,
        lambda: engine.process(np.zeros((1, 1), np.float32), np.zeros((1, 1), np.float32)),
    ):
        with pytest.raises(EngineError, match="one that was closed"):
            act()


def test_compiled_code_is_kept_and_knows_its_sources(toy: Contract) -> None:
    """A second process loads what the first one compiled, and the record tells from which sources."""
    with make(toy) as engine:
        run(engine, np.zeros((1, 1), np.float32))
        assert engine.record["code"][0] == compiled.fingerprint
    compiled(np.dtype(np.float32))
    ask = (
        "import numpy; from gate.realtime import process as p; print(p.compiled(numpy.dtype('f4')).from_disk)"
    )
    said = subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "True"


def test_opening_imports_neither_scipy_nor_the_onnxruntime_package(toy: Contract) -> None:
    """What costs a command its first quarter of a second stays out."""
    ask = (
        "import sys, numpy; from gate.engine.engine import Engine; from gate.realtime.process import compiled;"
        "compiled(numpy.dtype('f4'));"
        "print([name for name in ('scipy.linalg', 'onnxruntime', 'torch') if name in sys.modules])"
    )
    said = subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "[]"


def test_cuda_that_is_not_there_says_why(toy: Contract) -> None:
    """Where there is no CUDA device, asking for it is an error that names the reason."""
    there, why = cuda_available()
    if there:
        assert why == ""
        return
    with pytest.raises(DeviceError, match="expected CUDA, got"):
        make(toy, batch=256, device="cuda")
    assert "; install" in why


@pytest.mark.gpu
def test_cuda_agrees_with_the_cpu(model: Contract) -> None:
    """On CUDA the probabilities are those of the CPU, within rounding."""
    if not cuda_available()[0]:
        pytest.skip("no CUDA device")
    x = bursts(48_000, 2.0)
    with make(model, batch=256) as cpu, make(model, batch=256, device="cuda") as cuda:
        render(cpu, x)
        render(cuda, x)
        apart = np.abs(cpu.take_curve() - cuda.take_curve())[:, CURVE["open_probability"]]
    assert apart.max() <= GPU_TOLERANCE
