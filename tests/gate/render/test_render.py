"""Files through the engine: the engine's own sound, in place, whole; memory that does not grow; batches."""

import os
import time
import tracemalloc
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from gate.engine.engine import CURVE_COLUMNS, Engine
from gate.engine.settings import EngineSettings
from gate.errors import AudioFileError, DeviceError, RenderError
from gate.modelfile import contract
from gate.parameters import GateValues
from gate.render import batch
from gate.render import file as render_module
from gate.render.file import render_file
from gate.render.job import Interrupted, Job, Settings
from tests import toy_model
from tests.gate.engine_tools import open_engine
from tests.gate.recorder_files import bext, cue, fmt_extensible, named, wav

RATE = 48_000
OWNER = 4242

STEP_16 = 2.0**-15
"""One step of a 16-bit file, full scale 1.0: what writing may round by, twice."""


@pytest.fixture(scope="module")
def settings() -> Settings:
    return Settings(
        contract=contract.read(toy_model.build()),
        preset="toy",
        values=GateValues(threshold_db=-40.0, range_db=-80.0),
        threshold_from="given",
        fallback_db=-40.0,
        owner=OWNER,
    )


def changed(settings: Settings, **changes: object) -> Settings:
    """Settings with other fields, and with other values of knobs."""
    own = {field.name for field in fields(Settings)}
    values = settings.values.but(**{name: value for name, value in changes.items() if name not in own})
    return replace(settings, values=values, **{name: changes[name] for name in changes if name in own})


def bursts(seconds: float, rate: int = RATE, channels: int = 1, seed: int = 0) -> np.ndarray:
    """Loud and faint noise by turns, 0.1 s each: the toy gate opens and shuts."""
    n = int(seconds * rate)
    rng = np.random.default_rng(seed)
    loud = (np.arange(n) // (rate // 10) % 2)[:, None]
    return (rng.standard_normal((n, channels)) * np.where(loud, 0.1, 1e-4)).astype(np.float32)


def save(path: Path, x: np.ndarray, rate: int = RATE, subtype: str = "FLOAT") -> Path:
    soundfile.write(path, x, rate, subtype)
    return path


def load(path: Path, dtype: str = "float32") -> np.ndarray:
    return soundfile.read(path, dtype=dtype, always_2d=True)[0]


def run_engine(settings: Settings, x: np.ndarray, rate: int, buffer: int | None) -> np.ndarray:
    """The oracle: the engine alone, fed with the whole file (offline) or in buffers (live), shifted back."""
    live = buffer is not None
    with open_engine(
        settings.contract, rate=rate, channels=x.shape[1], **settings.values,
        batch=1 if live else 256, dtype=x.dtype,
    ) as engine:  # fmt: skip
        n = len(x) + engine.delay_samples
        size = buffer or n
        fed = np.zeros((-(-n // size) * size, x.shape[1]), x.dtype)
        fed[: len(x)] = x
        out = np.empty_like(fed)
        for at in range(0, len(fed), size):
            engine.process(fed[at : at + size], out[at : at + size])
        return out[engine.delay_samples : n]


@pytest.mark.parametrize("rate", [8000, 44100, 48000, 192000])
@pytest.mark.parametrize("lookahead", [0.0, 7.3])
def test_offline_is_the_engine_shifted_back(
    tmp_path: Path, settings: Settings, rate: int, lookahead: float
) -> None:
    """Read, cut into pieces, aligned and written: bit for bit what the engine alone gives."""
    settings = changed(settings, lookahead_ms=lookahead)
    x = bursts(3.21, rate, 2)
    report = render_file(Job(save(tmp_path / "in.wav", x, rate), tmp_path / "out.wav"), settings)
    assert np.array_equal(load(tmp_path / "out.wav"), run_engine(settings, x, rate, None))
    assert report.frames == len(x)
    assert report.blocks == -(-len(x) * RATE // (100 * rate))
    assert report.openings > 10


@pytest.mark.parametrize("rate", [44100, 48000])
@pytest.mark.parametrize("buffer", [1, 100, 333, 65536])
@pytest.mark.parametrize("link", [True, False])
def test_live_buffers_give_what_live_gives(
    tmp_path: Path, settings: Settings, rate: int, buffer: int, link: bool
) -> None:
    """Bit for bit what a live stream with host buffers of N samples gives, the partial last one included."""
    settings = changed(settings, live_buffer=buffer, link=link, lookahead_ms=1.0)
    x = bursts(0.35, rate, 2)
    x[:, 1] *= 0.01
    report = render_file(Job(save(tmp_path / "in.wav", x, rate), tmp_path / "out.wav"), settings)
    assert np.array_equal(load(tmp_path / "out.wav"), run_engine(settings, x, rate, buffer))
    assert report.blocks == -(-len(x) * RATE // (100 * rate))


@pytest.mark.parametrize("n", [1, 2, 99, 100, 101, 25_599, 25_600, 102_400, 102_401])
def test_any_length(tmp_path: Path, settings: Settings, n: int) -> None:
    """Files of a sample, a block, a run of the model, a piece, and one more or less, come out as long."""
    x = bursts(3.0)[:n]
    job = Job(save(tmp_path / "in.wav", x), tmp_path / "out.wav", curve=tmp_path / "c.csv")
    report = render_file(job, settings)
    assert np.array_equal(load(job.target), run_engine(settings, x, RATE, None))
    assert report.blocks == -(-n // 100) == len(job.curve.read_text().splitlines()) - 1


SUBTYPES = [
    ("wav", "PCM_U8"), ("wav", "PCM_16"), ("wav", "PCM_24"), ("wav", "PCM_32"), ("wav", "FLOAT"),
    ("wav", "DOUBLE"), ("wav", "ULAW"), ("flac", "PCM_S8"), ("flac", "PCM_16"), ("flac", "PCM_24"),
    ("aiff", "PCM_S8"), ("aiff", "PCM_32"), ("aiff", "DOUBLE"), ("caf", "ALAC_16"),
]  # fmt: skip


def extreme(ending: str, subtype: str, folder: Path, channels: int = 2) -> Path:
    """A loud file with every kind of sample that its format has."""
    rng = np.random.default_rng(3)
    n = RATE // 2
    if subtype in ("FLOAT", "DOUBLE"):
        x = rng.standard_normal((n, channels))
        x[:100] *= 10.0 ** rng.uniform(-30, 3, (100, channels))
        x = x.astype("float32" if subtype == "FLOAT" else "float64")
    else:
        x = rng.integers(-(2**31), 2**31, (n, channels), dtype=np.int64).astype(np.int32)
    path = folder / f"in.{ending}"
    soundfile.write(path, x, RATE, subtype)
    return path


@pytest.mark.parametrize(("ending", "subtype"), SUBTYPES)
def test_range_0_changes_no_bit(tmp_path: Path, settings: Settings, ending: str, subtype: str) -> None:
    """With a range of 0 dB the samples of every format come out as they went in, from the first one."""
    source = extreme(ending, subtype, tmp_path)
    job = Job(source, tmp_path / f"out.{ending}")
    report = render_file(job, changed(settings, range_db=0.0, threshold_db=0.0))
    dtype = "int32" if "PCM" in subtype or "AL" in subtype or "LAW" in subtype else "float64"
    assert load(job.target, dtype).tobytes() == load(source, dtype).tobytes()
    assert (report.subtype, report.output_subtype, report.clipped_samples) == (subtype, subtype, 0)


@pytest.mark.parametrize(("ending", "subtype"), SUBTYPES)
def test_an_open_gate_changes_no_bit(tmp_path: Path, settings: Settings, ending: str, subtype: str) -> None:
    """Once open, the gate lets every format's samples through bit for bit."""
    source = extreme(ending, subtype, tmp_path)
    job = Job(source, tmp_path / f"out.{ending}")
    render_file(job, changed(settings, range_db=-np.inf, threshold_db=-80.0))
    dtype = "int32" if "PCM" in subtype or "AL" in subtype or "LAW" in subtype else "float64"
    opened = RATE // 100  # 10 ms: the toy's attack is 3 ms
    assert load(job.target, dtype)[opened:].tobytes() == load(source, dtype)[opened:].tobytes()


@pytest.mark.parametrize("lookahead", [0.0, 20.0])
def test_nothing_is_shifted(tmp_path: Path, settings: Settings, lookahead: float) -> None:
    """A click is at the sample where it was, whatever the lookahead."""
    x = bursts(1.0)
    x[12_345] = 0.9
    job = Job(save(tmp_path / "in.wav", x), tmp_path / "out.wav")
    render_file(job, changed(settings, lookahead_ms=lookahead, threshold_db=-80.0))
    assert np.argmax(np.abs(load(job.target))) == 12_345
    assert load(job.target)[12_345] == x[12_345]


def test_lookahead_opens_before_the_onset(tmp_path: Path, settings: Settings) -> None:
    """With lookahead the first samples of a burst pass at full level."""
    x = bursts(0.4)
    onset = slice(4800, 4900)
    for lookahead, whole in ((0.0, False), (10.0, True)):
        job = Job(save(tmp_path / "in.wav", x), tmp_path / "out.wav")
        render_file(job, changed(settings, lookahead_ms=lookahead, force=True))
        assert np.array_equal(load(job.target)[onset], x[onset]) == whole


def test_silence_stays_silence(tmp_path: Path, settings: Settings) -> None:
    """Digital silence comes out as digital silence, never as -0."""
    job = Job(save(tmp_path / "in.wav", np.zeros((5000, 2), np.float32)), tmp_path / "out.wav")
    render_file(job, changed(settings, range_db=-np.inf))
    assert not any(load(job.target).tobytes())


def test_a_shut_gate_at_minus_infinity_is_silent(tmp_path: Path, settings: Settings) -> None:
    """Range -inf makes what is under the threshold exactly 0."""
    job = Job(save(tmp_path / "in.wav", bursts(1.0) * 1e-3), tmp_path / "out.wav")
    report = render_file(job, changed(settings, range_db=-np.inf))
    assert not load(job.target).any()
    assert (report.open_share, report.openings, report.mean_gain_db) == (0.0, 0, -np.inf)


# -- curve and report ------------------------------------------------------------------------------------


@pytest.mark.parametrize("rate", [44100, 48000])
def test_curve_is_the_engines(tmp_path: Path, settings: Settings, rate: int) -> None:
    """The CSV has the issue's header, a row a block of the file, and the engine's figures."""
    x = bursts(2.5, rate)
    job = Job(save(tmp_path / "in.wav", x, rate), tmp_path / "out.wav", curve=tmp_path / "c.csv")
    report = render_file(job, changed(settings, range_db=-np.inf))
    header, *lines = job.curve.read_text().splitlines()
    assert header == (
        "time_s,open_probability,openness,gain_db,attack_ms,hold_ms,release_ms,key_low_hz,key_high_hz,"
        "level_db,threshold_db"
    )
    rows = np.array([[float(cell) for cell in line.split(",")] for line in lines])
    half_a_microsecond = 0.6e-6
    assert np.abs(rows[:, 0] - np.arange(len(rows)) * 100 / RATE).max() < half_a_microsecond
    assert rows[-1, 0] < len(x) / rate <= rows[-1, 0] + 100 / RATE + half_a_microsecond
    column = dict(zip(CURVE_COLUMNS, rows.T, strict=True))
    assert set(column["attack_ms"]) == {toy_model.ATTACK_MS}
    assert set(column["threshold_db"]) == {-40.0}
    if rate == RATE:
        levels = toy_model.expected_levels_db(np.pad(x, ((0, -len(x) % 100), (0, 0))))
        cell_db = 0.6e-3  # printed to three places
        assert np.abs(column["level_db"] - levels).max() < cell_db
    is_open = column["openness"] > 0.5
    assert report.open_share == is_open.mean()
    assert report.openings == np.count_nonzero(np.diff(np.r_[False, is_open].astype(int)) == 1)
    mean = np.mean(10.0 ** (column["gain_db"] / 20.0))
    assert report.mean_gain_db == pytest.approx(20 * np.log10(mean), abs=1e-3)


def test_report_has_everything(tmp_path: Path, settings: Settings) -> None:
    """The figures that the report must hold are in its JSON, strictly valid, minus infinity included."""
    import json

    job = Job(
        save(tmp_path / "in.wav", bursts(1.0), subtype="PCM_24"),
        tmp_path / "out.wav",
        report=tmp_path / "r.json",
    )
    render_file(job, changed(settings, range_db=-np.inf, threshold_db=None, threshold_from="auto"))

    def refuse(text: str) -> None:
        raise AssertionError(text)

    got = json.loads(job.report.read_text(), parse_constant=refuse)
    expected = {
        "input": str(job.source), "output": str(job.target), "rate_hz": RATE, "channels": 1,
        "subtype": "PCM_24", "frames": RATE, "seconds": 1.0, "preset": "toy",
        "graph_sha256": settings.contract.graph_sha256,
        "threshold_from": "auto", "range_db": "-inf", "latency_samples": 0, "decision_delay_ms": 0.0,
        "nonfinite_samples": 0, "blocks": 480, "device": "cpu", "live_buffer": None,
    }  # fmt: skip
    assert {key: got[key] for key in expected} == expected
    assert got["threshold_db"] == pytest.approx(got["loud_level_db"] - 35.0, abs=0.01)
    assert got["real_time_factor"] > 0
    assert {"numpy", "numba", "soundfile", "python"} <= set(got["versions"])
    assert 0.4 < got["open_share"] < 0.9


# -- trouble ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_what_is_not_finite_becomes_0_and_is_counted(tmp_path: Path, settings: Settings, dtype: str) -> None:
    """NaN and infinity come out as 0, are counted and warned of; strict refuses the file and says where."""
    x = bursts(1.0).astype(dtype)
    x[30_000:30_003, 0] = [np.nan, np.inf, -np.inf]
    source = save(tmp_path / "in.wav", x, subtype={"float32": "FLOAT", "float64": "DOUBLE"}[dtype])
    job = Job(source, tmp_path / "out.wav")
    report = render_file(job, changed(settings, threshold_db=-80.0))
    assert report.nonfinite_samples == 3
    assert (
        "in.wav holds 3 samples that are not finite (NaN or infinity), they became 0; " in report.warnings[0]
    )
    y = load(job.target, dtype)
    assert not y[30_000:30_003].any()
    assert np.isfinite(y).all()
    with pytest.raises(
        AudioFileError, match=r"in\.wav holds samples that are not finite .* --strict allows none"
    ):
        render_file(replace_target(job, tmp_path / "strict.wav"), replace(settings, strict=True))
    assert sorted(os.listdir(tmp_path)) == ["in.wav", "out.wav"]


def replace_target(job: Job, target: Path) -> Job:
    return replace(job, target=target)


@pytest.mark.parametrize("knob", ["nan_over_db", "fail_over_db"])
def test_a_model_that_fails_is_an_error(tmp_path: Path, settings: Settings, knob: str) -> None:
    """A file render never falls back: a model that gives NaN, or cannot run, ends it; nothing is written."""
    bad = replace(settings, contract=contract.read(toy_model.build(**{knob: -30.0})))
    job = Job(save(tmp_path / "in.wav", bursts(4.0)), tmp_path / "out.wav", curve=tmp_path / "c.csv")
    with pytest.raises(
        RenderError, match=r"in\.wav could not be rendered, the model failed about 0\.000 to 2\.133 s"
    ):
        render_file(job, bad)
    assert os.listdir(tmp_path) == ["in.wav"]


@pytest.mark.parametrize("trouble", [KeyboardInterrupt, OSError, MemoryError])
def test_trouble_half_way_leaves_nothing(
    tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch, trouble: type[BaseException]
) -> None:
    """An exception in the middle, of any kind, leaves neither outputs nor partial files."""
    calls = []

    def stop() -> bool:
        calls.append(sorted(os.listdir(tmp_path)))
        if len(calls) == 3:
            raise trouble
        return False

    job = Job(
        save(tmp_path / "in.wav", bursts(10.0)), tmp_path / "out.wav", tmp_path / "p.png", tmp_path / "c.csv"
    )
    with pytest.raises(trouble):
        render_file(job, settings, stop=stop)
    partial = [f".{name}.partial-{OWNER}" for name in ("c.csv", "out.wav", "p.png")]
    assert calls[-1] == [*partial, "in.wav"]
    assert os.listdir(tmp_path) == ["in.wav"]


def test_being_told_to_stop(tmp_path: Path, settings: Settings) -> None:
    """``stop`` ends a render at the next piece, while it measures too."""
    job = Job(save(tmp_path / "in.wav", bursts(1.0)), tmp_path / "out.wav")
    for threshold in (None, -40.0):
        with pytest.raises(Interrupted):
            render_file(job, changed(settings, threshold_db=threshold), stop=lambda: True)
    assert os.listdir(tmp_path) == ["in.wav"]


def test_the_input_is_never_touched(tmp_path: Path, settings: Settings) -> None:
    """Bytes and time of the input stay as they were."""
    source = save(tmp_path / "in.wav", bursts(1.0))
    before = source.read_bytes(), source.stat().st_mtime_ns
    render_file(Job(source, tmp_path / "out.wav"), settings)
    assert (source.read_bytes(), source.stat().st_mtime_ns) == before


def test_memory_does_not_grow_with_length(tmp_path: Path, settings: Settings) -> None:
    """A minute and a half takes no more memory than a third of one, the curve included."""
    peaks = []
    for seconds in (5, 20, 90):  # the first one fills caches
        folder = tmp_path / str(seconds)
        folder.mkdir()
        source = save(folder / "in.wav", bursts(seconds, 16_000), 16_000, "PCM_16")
        job = Job(source, folder / "out.wav", curve=folder / "c.csv")
        tracemalloc.start()
        render_file(job, changed(settings, threshold_db=None))
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    slack = 500_000  # bytes; 90 s of 16-bit mono at 16 kHz are 2.9 MB, its curve 3.8 MB
    assert peaks[2] < peaks[1] + slack


# -- devices ---------------------------------------------------------------------------------------------


def no_cuda(contract: object, settings: EngineSettings, **values: object) -> Engine:
    if settings.device == "cuda":
        raise DeviceError("cuda was asked for, this machine has none; use --device cpu")
    return Engine(contract, settings, **values)


def as_if_cuda(contract: object, settings: EngineSettings, **values: object) -> Engine:
    return Engine(contract, replace(settings, device="cpu"), **values)


def test_cuda_where_there_is_none(
    tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """``cuda`` is an error with its remedy, ``auto`` takes the CPU and says why."""
    monkeypatch.setattr(render_module, "Engine", no_cuda)
    job = Job(save(tmp_path / "in.wav", bursts(1.0)), tmp_path / "out.wav")
    with pytest.raises(DeviceError, match="this machine has none; use --device cpu"):
        render_file(job, replace(settings, device="cuda"))
    assert os.listdir(tmp_path) == ["in.wav"]
    report = render_file(job, replace(settings, device="auto"))
    assert report.device == "cpu"
    assert report.notes == [
        "--device auto took the CPU: cuda was asked for, this machine has none; use --device cpu"
    ]


def test_cuda_is_compared_with_the_cpu(
    tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A render on CUDA says how far its first blocks are from the CPU's; here "CUDA" is the CPU."""
    monkeypatch.setattr(render_module, "Engine", as_if_cuda)
    job = Job(save(tmp_path / "in.wav", bursts(6.0)), tmp_path / "out.wav")
    report = render_file(job, changed(settings, device="auto", range_db=-np.inf))
    assert report.device == "cuda"
    assert report.cuda_parity is not None
    assert report.cuda_parity["blocks"] >= 2048
    assert (report.cuda_parity["open_probability"], report.cuda_parity["gain"]) == (0.0, 0.0)
    assert report.notes[0] == "--device auto took CUDA"
    assert "open probability within 0.0e+00, gain within 0.0e+00" in report.notes[1]


@pytest.mark.gpu
def test_real_cuda_agrees_with_the_cpu(tmp_path: Path, settings: Settings) -> None:
    """On a CUDA device the gain is that of the CPU within 1e-4."""
    tolerance = 1e-4  # of full gain: TF32 and another order of sums
    job = Job(save(tmp_path / "in.wav", bursts(6.0)), tmp_path / "out.wav")
    try:
        report = render_file(job, replace(settings, device="cuda"))
    except DeviceError as error:
        pytest.skip(f"no CUDA device: {error}")
    assert report.cuda_parity is not None
    assert report.cuda_parity["gain"] < tolerance


# -- batches ---------------------------------------------------------------------------------------------


def make_jobs(tmp_path: Path, count: int, seconds: float = 0.2) -> list[Job]:
    (tmp_path / "out").mkdir()
    return [
        Job(save(tmp_path / f"{i}.wav", bursts(seconds, seed=i)), tmp_path / "out" / f"{i}.wav")
        for i in range(count)
    ]


def test_processes_render_what_one_does(tmp_path: Path, settings: Settings) -> None:
    """Two processes give the same files and reports as none, in order; a file that fails stops no other."""
    jobs = make_jobs(tmp_path, 4)
    jobs[1].source.write_text("no sound")
    alone = batch.run(jobs, settings, 1)
    sounds = [load(job.target).tobytes() for job in jobs if job != jobs[1]]
    told = []
    both = batch.run(jobs, replace(settings, force=True), 2, told.append)
    assert [load(job.target).tobytes() for job in jobs if job != jobs[1]] == sounds
    assert [outcome.error for outcome in both] == [outcome.error for outcome in alone]
    assert "1.wav is not a sound file that can be read" in str(both[1].error)
    assert [outcome.job for outcome in both] == jobs
    assert {outcome.job for outcome in told} == set(jobs)
    for one, other in zip(alone, both, strict=True):
        if one.report and other.report:
            assert (one.report.blocks, one.report.openings) == (other.report.blocks, other.report.openings)
    assert sorted(os.listdir(tmp_path / "out")) == ["0.wav", "2.wav", "3.wav"]


def test_a_mistake_of_our_own_is_a_sentence(
    tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An exception that nobody expected names its place, and the other files go on."""
    jobs = make_jobs(tmp_path, 2)
    really = batch.render_file

    def render(job: Job, *args: object, **kwargs: object) -> object:
        if job == jobs[0]:
            raise ZeroDivisionError("division\nby zero")
        return really(job, *args, **kwargs)

    monkeypatch.setattr(batch, "render_file", render)
    first, second = batch.run(jobs, settings, 1)
    assert "this program has a mistake (ZeroDivisionError at test_render.py:" in str(first.error)
    assert "division by zero); report it" in str(first.error)
    assert second.error is None


def children() -> list[int]:
    """Worker processes of this one."""
    found = []
    for task in Path("/proc/self/task").iterdir():
        for pid in (task / "children").read_text().split():
            if b"spawn_main" in Path(f"/proc/{pid}/cmdline").read_bytes():
                found.append(int(pid))
    return found


def test_a_worker_that_is_killed_takes_no_file_along(tmp_path: Path, settings: Settings) -> None:
    """When a worker dies, the files under way are rendered after all, each in a process of its own."""
    jobs = make_jobs(tmp_path, 3)
    killed: list[int] = []

    def kill(outcome: batch.Outcome) -> None:
        if not killed:
            killed.extend(children())
            for pid in killed:
                os.kill(pid, 9)

    outcomes = batch.run(jobs, settings, 2, kill)
    assert killed
    assert [outcome.error for outcome in outcomes] == [None] * 3
    assert sorted(os.listdir(tmp_path / "out")) == ["0.wav", "1.wav", "2.wav"]


def test_a_worker_that_is_killed_after_its_file_was_finished_loses_nothing(
    tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that a killed process finished and did not report is made again; one from before the batch is kept."""
    jobs = make_jobs(tmp_path, 3)
    jobs[2].target.parent.mkdir(exist_ok=True)
    jobs[2].target.write_bytes(b"from before")
    really = batch._in_parallel
    calls: list[list[Job]] = []

    def killed_before_it_reports(of: list[Job], *rest: Any) -> None:
        calls.append(of)
        if len(calls) == 1:
            jobs[0].target.write_bytes(b"finished by the killed process")
            return
        really(of, *rest)

    monkeypatch.setattr(batch, "_in_parallel", killed_before_it_reports)
    first, second, third = batch.run(jobs, settings, 2)
    assert (first.error, second.error) == (None, None)
    for job in jobs[:2]:
        assert soundfile.info(job.target).frames == soundfile.info(job.source).frames
    assert "exists already" in str(third.error) and jobs[2].target.read_bytes() == b"from before"


@pytest.mark.parametrize("workers", [1, 2])
def test_an_interrupted_batch_leaves_nothing_half_written(
    tmp_path: Path, settings: Settings, workers: int
) -> None:
    """Ctrl-C stops every process; finished files stay, and no partial file does."""
    jobs = make_jobs(tmp_path, 1) + [
        Job(save(tmp_path / f"long{i}.wav", bursts(20.0)), tmp_path / "out" / f"long{i}.wav")
        for i in range(3)
    ]
    slow = replace(settings, live_buffer=1)  # a call for each sample

    def interrupt(outcome: batch.Outcome) -> None:
        raise KeyboardInterrupt

    begun = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        batch.run(jobs, slow, workers, interrupt)
    assert time.monotonic() < begun + 60.0
    assert os.listdir(tmp_path / "out") == ["0.wav"]
    assert not children()


def test_a_render_keeps_layout_and_chunks(tmp_path: Path, settings: Settings) -> None:
    """7.1 with its side speakers, a time reference and a cue point come out as they went in, or are named."""
    sound = bursts(1.0, channels=8)
    chunks = [
        (b"bext", bext()), (b"fmt ", fmt_extensible(8, 0x63F, bits=32, tag=3)), (b"data", sound.tobytes()),
        (b"cue ", cue(10, 500)),
    ]  # fmt: skip
    (tmp_path / "in.wav").write_bytes(wav(chunks))
    assert not render_file(Job(tmp_path / "in.wav", tmp_path / "out.wav"), settings).notes
    for name in (b"bext", b"fmt ", b"cue "):
        assert named(tmp_path / "out.wav", name) == dict(chunks)[name]
    report = render_file(Job(tmp_path / "in.wav", tmp_path / "out.au"), settings)
    assert any("speaker layout 7.1" in note for note in report.notes)
    assert any("bext, cue" in note for note in report.notes)
