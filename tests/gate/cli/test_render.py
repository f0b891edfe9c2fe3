"""gate-render: exit codes, what stands on stdout and stderr, and what is on the disk afterwards."""

import json
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

import gate
from gate.cli import render
from gate.cli.options import join_numbers
from gate.cli.render_options import NUMBERS
from tests import toy_model

RATE = 48_000
ROOT = Path(gate.__file__).parents[1]

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="module")
def preset(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(toy_model.write_preset(tmp_path_factory.mktemp("presets") / "toy"))


@pytest.fixture
def run(preset: str, capsys: pytest.CaptureFixture[str]) -> Run:
    """Run the command in this process with the toy preset; gives code, stdout, stderr."""

    def run_(*arguments: object, preset: str = preset) -> tuple[int, str, str]:
        capsys.readouterr()
        code = render.main([*(str(argument) for argument in arguments), "--preset", preset])
        said = capsys.readouterr()
        assert "Traceback" not in said.err
        return code, said.out, said.err

    return run_


def bursts(seconds: float = 1.0, rate: int = RATE, channels: int = 1) -> np.ndarray:
    """Loud and faint noise by turns, 0.1 s each."""
    n = int(seconds * rate)
    rng = np.random.default_rng(n)
    loud = (np.arange(n) // (rate // 10) % 2)[:, None]
    return (rng.standard_normal((n, channels)) * np.where(loud, 0.1, 1e-4)).astype(np.float32)


def save(path: Path, x: np.ndarray | None = None, subtype: str | None = None, rate: int = RATE) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, bursts() if x is None else x, rate, subtype)
    return path


def load(path: Path) -> np.ndarray:
    return soundfile.read(path, dtype="int32", always_2d=True)[0]


def tree(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


# -- one file -----------------------------------------------------------------------------------------


def test_one_file(run: Run, tmp_path: Path) -> None:
    """A file comes out gated, with its format, and a summary on stdout; stderr stays empty; exit 0."""
    x = bursts(3.25, channels=2)
    x[RATE : 2 * RATE] *= 1e-3
    source = save(tmp_path / "in.wav", x, "PCM_24")
    code, out, err = run(source, "-o", tmp_path / "out.wav")
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert lines[0] == f"{tmp_path}/out.wav: 3.250 s, 2 channels, 48000 Hz, WAV PCM_24"
    assert lines[1] == "  threshold -40.0 dBFS, the preset's; range -80 dB; preset toy"
    assert lines[2].startswith("  open ")
    assert "11 openings, mean gain -" in lines[2]
    assert lines[3].startswith("  offline on cpu: ")
    before, after = load(source), load(tmp_path / "out.wav")
    assert before.shape == after.shape
    loud, shut = slice(RATE - 4000, RATE), slice(RATE + 10_000, 2 * RATE)
    assert np.array_equal(after[loud], before[loud])
    assert before[shut].any()
    assert not after[shut].any()


@pytest.mark.parametrize("ending", ["wav", "flac", "ogg", "mp3", "aiff"])
def test_every_format(run: Run, tmp_path: Path, ending: str) -> None:
    """WAV, FLAC, OGG, MP3 and AIFF go in and come out: rate, channels, sample format, length as they were."""
    source = save(tmp_path / f"in.{ending}", bursts(1.234, 44100, 2), rate=44100)
    code, _, err = run(source, "-o", tmp_path / f"out.{ending}")
    assert (code, err) == (0, "")
    before, after = soundfile.info(source), soundfile.info(tmp_path / f"out.{ending}")
    for name in ("format", "subtype", "samplerate", "channels", "frames"):
        assert getattr(before, name) == getattr(after, name)


def test_another_ending_is_another_format(run: Run, tmp_path: Path) -> None:
    """The output's ending chooses the format; where the sample format changes, stderr says so."""
    source = save(tmp_path / "in.wav", 20 * bursts(), "FLOAT")
    code, _, err = run(source, "-o", tmp_path / "out.flac", "--threshold", "-40")
    assert code == 0
    assert soundfile.info(tmp_path / "out.flac").subtype == "PCM_24"
    note, warning = err.splitlines()
    assert note.startswith("gate-render: note: ") and "FLOAT, it is written as PCM_24" in note
    assert (
        warning.startswith("gate-render: warning: ")
        and "samples over full scale, they were clipped" in warning
    )


@pytest.mark.parametrize("form", [["--range", "-inf"], ["--range=-inf"], ["--range", "-Infinity"]])
def test_range_minus_infinity(run: Run, tmp_path: Path, form: list[str]) -> None:
    """``--range -inf`` and ``--range=-inf`` both give silence where the gate is shut."""
    source = save(tmp_path / "in.wav", bursts() * 1e-3, "FLOAT")
    code, out, _ = run(source, "-o", tmp_path / "out.wav", *form)
    assert code == 0
    assert "range -inf dB" in out
    assert not load(tmp_path / "out.wav").any()


@pytest.mark.parametrize("text", ["-120", "-1e1", "-.5", "0", "-0"])
def test_range_forms(run: Run, tmp_path: Path, text: str) -> None:
    """Numbers with a minus, however written, are values and no options."""
    code, out, _ = run(save(tmp_path / "in.wav"), "-o", tmp_path / "out.wav", "--range", text)
    assert code == 0
    assert f"range {float(text):g} dB" in out


def test_joining_numbers() -> None:
    """Only values of options that take numbers are joined, and nothing behind ``--``."""
    assert join_numbers(["--range", "-inf", "-o", "-5", "--", "--range", "-inf"], NUMBERS) == [
        "--range=-inf", "-o", "-5", "--", "--range", "-inf",
    ]  # fmt: skip
    assert join_numbers(["--range", "--force"], NUMBERS) == ["--range", "--force"]


def test_auto_threshold_says_what_it_chose(run: Run, tmp_path: Path) -> None:
    """``--threshold auto`` measures the file and says what it chose and why."""
    x = bursts() + 1e-3 * np.random.default_rng(0).standard_normal((RATE, 1)).astype(np.float32)
    code, out, _ = run(save(tmp_path / "in.wav", x), "-o", tmp_path / "out.wav", "--threshold", "auto")
    assert code == 0
    assert "threshold -54." in out
    assert "6 dB over the noise floor (noise floor -60." in out or "35 dB under the loud level" in out
    code, out, _ = run(
        save(tmp_path / "s.wav", np.zeros((RATE, 1))), "-o", tmp_path / "o2.wav", "--threshold", "auto"
    )
    assert code == 0
    assert "threshold -40.0 dBFS, the preset's: the file is silent" in out


def test_plot_curve_and_report(run: Run, tmp_path: Path) -> None:
    """A picture, a CSV with the header that was asked for, and a JSON with the figures."""
    source = save(tmp_path / "in.wav")
    code, _, _ = run(
        source, "-o", tmp_path / "out.wav", "--plot", tmp_path / "p.png", "--curve", tmp_path / "c.csv",
        "--report", tmp_path / "r.json",
    )  # fmt: skip
    assert code == 0
    assert (tmp_path / "p.png").read_bytes().startswith(b"\x89PNG")
    header, *rows = (tmp_path / "c.csv").read_text().splitlines()
    assert header == (
        "time_s,open_probability,openness,gain_db,attack_ms,hold_ms,release_ms,key_low_hz,key_high_hz,"
        "level_db,threshold_db"
    )
    assert len(rows) == 480
    assert json.loads((tmp_path / "r.json").read_text())["openings"] == 5
    assert tree(tmp_path) == ["c.csv", "in.wav", "out.wav", "p.png", "r.json"]


def test_live_buffer(run: Run, tmp_path: Path) -> None:
    """``--live-buffer 100`` at 48 kHz is offline's sound; with 333 some decisions come late."""
    source = save(tmp_path / "in.wav", subtype="PCM_16")
    for name, option in (("off", []), ("100", ["--live-buffer", 100]), ("333", ["--live-buffer", 333])):
        assert run(source, "-o", tmp_path / f"{name}.wav", *option)[0] == 0
    assert np.array_equal(load(tmp_path / "off.wav"), load(tmp_path / "100.wav"))
    assert not np.array_equal(load(tmp_path / "off.wav"), load(tmp_path / "333.wav"))


@pytest.mark.parametrize("link", ["on", "off"])
@pytest.mark.parametrize("channels", [9, 10, 16, 32])
def test_as_many_channels_as_a_field_recorder_writes(
    run: Run, tmp_path: Path, channels: int, link: str
) -> None:
    """Linked, the one loud channel opens all of them; unlinked, only itself. Silent ones take nothing off it."""
    x = np.full((RATE, channels), 1e-3, np.float32)
    x[:, :1] += bursts()
    alone = save(tmp_path / "alone.wav", x[:, :1], "FLOAT")
    source = save(tmp_path / "in.wav", x, "FLOAT")
    for path in (alone, source):
        code, out, err = run(path, "-o", path.with_suffix(".out.wav"), "--link", link, "--range", "-inf")
        assert (code, err) == (0, "")
    assert f"{channels} channels, " in out
    (mono,), (wide,) = (
        (soundfile.read(path.with_suffix(".out.wav"), always_2d=True)[0],) for path in (alone, source)
    )
    assert wide.shape == x.shape and np.array_equal(wide[:, 0], mono[:, 0]) and mono.any()
    if link == "off":
        assert not wide[:, 1:].any()
    else:
        gain = wide[:, 1:] / x[:, 1:]
        assert gain.max() == 1.0 and np.array_equal(gain, np.repeat(gain[:, :1], channels - 1, axis=1))


def test_link(run: Run, tmp_path: Path) -> None:
    """Linked channels open together; unlinked, a faint channel stays shut beside a loud one."""
    x = bursts(channels=2)
    x[:, 1] *= 1e-3
    source = save(tmp_path / "in.wav", x, "FLOAT")
    for link, shut in (("on", False), ("off", True)):
        run(source, "-o", tmp_path / f"{link}.wav", "--link", link, "--range", "-inf")
        y = soundfile.read(tmp_path / f"{link}.wav")[0]
        assert (not y[:, 1].any()) == shut
        assert y[:, 0].any()


# -- usage --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--range", "6"], "argument --range: range 6 dB is out of range: give -120 to 0 dB, or -inf"),
        (["--range", "-121"], "argument --range: range -121 dB is out of range"),
        (["--range", "inf"], "argument --range: range inf dB is out of range"),
        (["--range", "nan"], "argument --range: range nan dB is out of range"),
        (["--range", "low"], "argument --range: expected a number in dB, got 'low'"),
        (["--range"], "argument --range: expected one argument"),
        (["--threshold", "loud"], "argument --threshold: expected a number in dBFS or auto, got 'loud'"),
        (["--threshold", "3"], "argument --threshold: threshold 3 dBFS is out of range: give -80 to 0 dBFS"),
        (["--threshold", "-inf"], "argument --threshold: threshold -inf dBFS is out of range"),
        (["--lookahead", "21"], "argument --lookahead: lookahead 21 ms is out of range: give 0 to 20 ms"),
        (["--lookahead", "-1"], "argument --lookahead: lookahead -1 ms is out of range"),
        (["--live-buffer", "0"], "argument --live-buffer: expected a whole number from 1 to 65536, got '0'"),
        (["--live-buffer", "1.5"], "argument --live-buffer: expected a whole number from 1"),
        (["--jobs", "-2"], "argument --jobs: expected a whole number from 1 to 1024, got '-2'"),
        (["--link", "maybe"], "argument --link: expected off or on, got 'maybe'"),
        (["--device", "tpu"], "argument --device: invalid choice: 'tpu'"),
        (["--threshhold", "-3"], "unrecognized arguments: --threshhold -3"),
        (["--live-buffer", "64", "--device", "cuda"], "--live-buffer runs on the CPU as live does"),
    ],
)
def test_usage_errors(run: Run, tmp_path: Path, arguments: list[str], sentence: str) -> None:
    """What cannot be asked is exit 2 and a sentence on stderr; nothing is written."""
    save(tmp_path / "in.wav")
    code, out, err = run(tmp_path / "in.wav", "-o", tmp_path / "out.wav", *arguments)
    assert (code, out) == (2, "")
    assert f"gate-render: error: {sentence}" in err
    assert tree(tmp_path) == ["in.wav"]


def test_nothing_asked(run: Run) -> None:
    """Without input or output: exit 2, and what is missing."""
    code, _, err = run()
    assert code == 2
    assert "the following arguments are required: INPUT, -o/--output" in err


def test_help_has_units_and_defaults(run: Run) -> None:
    """--help tells every option with its unit and default, and is exit 0."""
    code, out, _ = run("--help")
    assert code == 0
    text = " ".join(out.split())
    for words in (
        "--range DB",
        "-inf is silence",
        "(default: 0.0 ms)",
        "(default: voice)",
        "-80 to 0 dBFS",
        "--report one file",
    ):
        assert words in text


def test_version(run: Run) -> None:
    """--version is one line on stdout."""
    code, out, _ = run("--version")
    assert (code, len(out.splitlines())) == (0, 1)


# -- bad input ----------------------------------------------------------------------------------------


def empty(path: Path) -> None:
    path.write_bytes(b"")


def text(path: Path) -> None:
    path.write_text("This is not sound. " * 50)


def truncated(path: Path) -> None:
    save(path)
    path.write_bytes(path.read_bytes()[:-1000])


def folder_without_sound(path: Path) -> None:
    path.mkdir()
    (path / "notes.txt").write_text("notes")


def missing(path: Path) -> None:
    pass


def fast(path: Path) -> None:
    save(path, rate=384_000)


def too_many_channels(path: Path) -> None:
    save(path, np.zeros((100, 33)))


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (
            empty,
            "in.wav is empty (0 bytes), a WAV, FLAC, OGG, MP3 or AIFF file was expected; get the file again",
        ),
        (text, "in.wav is not a sound file that can be read"),
        (truncated, "in.wav is cut short"),
        (missing, "in.wav does not exist; check the name and the folder"),
        (folder_without_sound, "in.wav holds no sound files"),
        (fast, "in.wav has a rate of 384000 Hz, the engine takes 8000 to 192000 Hz; resample it first"),
        (too_many_channels, "in.wav has 33 channels, the engine takes 1 to 32; render it in parts"),
    ],
)
@pytest.mark.parametrize("output", ["out.wav", "new/"])
def test_bad_input(
    run: Run, tmp_path: Path, make: Callable[[Path], None], sentence: str, output: str
) -> None:
    """Exit 1, one sentence, and neither an output nor a new folder."""
    make(tmp_path / "in.wav")
    before = tree(tmp_path)
    code, out, err = run(tmp_path / "in.wav", "-o", f"{tmp_path}/{output}")
    assert (code, out) == (1, "")
    assert len(err.splitlines()) == 1
    assert err.startswith("gate-render: error: ")
    assert sentence in err
    assert tree(tmp_path) == before


def test_a_truncated_flac(run: Run, tmp_path: Path) -> None:
    """A FLAC that ends early fails when its end is reached, and leaves nothing."""
    path = save(tmp_path / "in.flac", bursts(6.0))
    path.write_bytes(path.read_bytes()[:-50_000])
    code, _, err = run(path, "-o", tmp_path / "out.flac", "--curve", tmp_path / "c.csv")
    assert code == 1
    assert "in.flac is cut short or damaged, 6.000 s of sound were expected" in err
    assert tree(tmp_path) == ["in.flac"]


def test_a_typo_in_a_presets_name(run: Run, tmp_path: Path) -> None:
    """A preset that is not there is a sentence."""
    code, out, err = run(save(tmp_path / "in.wav"), "-o", tmp_path / "out.wav", preset="voise")
    assert (code, out) == (1, "")
    assert err.startswith("gate-render: error: expected a preset's name (there are: ")
    assert "'voise'" in err
    assert tree(tmp_path) == ["in.wav"]


def test_output_is_input(run: Run, tmp_path: Path) -> None:
    """Exit 1, and the input is as it was."""
    source = save(tmp_path / "in.wav")
    before = source.read_bytes()
    code, _, err = run(source, "-o", tmp_path / ".." / tmp_path.name / "in.wav", "--force")
    assert code == 1
    assert "is an input itself, output and input must differ; give another name with -o" in err
    assert source.read_bytes() == before


def test_existing_output(run: Run, tmp_path: Path) -> None:
    """What exists stays, unless --force says otherwise."""
    source = save(tmp_path / "in.wav")
    (tmp_path / "out.wav").write_text("old")
    code, _, err = run(source, "-o", tmp_path / "out.wav")
    assert code == 1
    assert "out.wav exists already, nothing was written; give another name, or --force to replace it" in err
    assert (tmp_path / "out.wav").read_text() == "old"
    assert run(source, "-o", tmp_path / "out.wav", "--force")[0] == 0
    assert soundfile.info(tmp_path / "out.wav").frames == RATE


@pytest.mark.parametrize("output", ["none/out.wav", "none/new/"])
def test_a_missing_parent(run: Run, tmp_path: Path, output: str) -> None:
    """A folder that does not exist is not made up: a slip of the pen would fill the disk with it."""
    code, _, err = run(save(tmp_path / "in.wav"), "-o", f"{tmp_path}/{output}")
    assert code == 1
    assert f"cannot be made, the folder {tmp_path}/none does not exist; create it first" in err
    assert tree(tmp_path) == ["in.wav"]


def test_formats_that_cannot_hold_it(run: Run, tmp_path: Path) -> None:
    """An MP3 of 96 kHz is refused with what to do."""
    code, _, err = run(save(tmp_path / "in.wav", rate=96_000), "-o", tmp_path / "out.mp3")
    assert code == 1
    assert "out.mp3 cannot be written, MP3 takes 8000, 11025" in err
    assert "and the sound has 96000 Hz; write .wav or .flac" in err
    assert tree(tmp_path) == ["in.wav"]


def test_not_finite(run: Run, tmp_path: Path) -> None:
    """NaN becomes 0, is counted and warned of; --strict refuses the file."""
    x = bursts()
    x[100:107] = np.nan
    source = save(tmp_path / "in.wav", x, "FLOAT")
    code, _, err = run(source, "-o", tmp_path / "out.wav")
    assert code == 0
    assert err.startswith(f"gate-render: warning: {source} holds 7 samples that are not finite")
    code, _, err = run(source, "-o", tmp_path / "strict.wav", "--strict")
    assert code == 1
    assert "--strict allows none; fix it" in err
    assert tree(tmp_path) == ["in.wav", "out.wav"]


# -- batches ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_folder(run: Run, tmp_path: Path, jobs: int) -> None:
    """A folder comes out as a folder; a bad file stops no other; total on stdout, and no bar where nobody looks."""
    save(tmp_path / "in" / "a.wav")
    save(tmp_path / "in" / "a.flac")
    save(tmp_path / "in" / "sub" / "b.ogg")
    (tmp_path / "in" / "bad.wav").write_text("no sound")
    code, out, err = run(
        tmp_path / "in", "-o", tmp_path / "out", "--jobs", jobs, "--report", tmp_path / "r.json",
        "--curve", tmp_path / "curves",
    )  # fmt: skip
    assert code == 1
    assert tree(tmp_path / "out") == ["a.flac", "a.wav", "sub", "sub/b.ogg"]
    assert tree(tmp_path / "curves") == ["a.flac.csv", "a.wav.csv", "sub", "sub/b.ogg.csv"]
    assert f"3 of 4 files rendered into {tmp_path}/out: 3.000 s of sound in " in out
    assert f"1 failed:\n  {tmp_path}/in/bad.wav\n" in out
    for name in ("a.wav", "a.flac", "sub/b.ogg"):
        assert f"{tmp_path}/out/{name}: 1.000 s; threshold -40.0 dBFS, the preset's; open " in out
    assert f"gate-render: error: {tmp_path}/in/bad.wav is not a sound file that can be read" in err
    assert "\r" not in err and "4/4" not in err
    report = json.loads((tmp_path / "r.json").read_text())
    assert (report["total"]["files"], report["total"]["rendered"], report["total"]["failed"]) == (4, 3, 1)
    assert [Path(one["input"]).name for one in report["files"]] == ["a.flac", "a.wav", "b.ogg"]
    assert report["failed"][0]["input"] == f"{tmp_path}/in/bad.wav"


def test_several_files(run: Run, tmp_path: Path) -> None:
    """Several files go into a folder that is made for them; exit 0; a missing one is a failure of its own."""
    a, b = save(tmp_path / "a.wav"), save(tmp_path / "b.wav")
    code, out, _ = run(a, b, "-o", tmp_path / "out", "--jobs", 1)
    assert code == 0
    assert tree(tmp_path / "out") == ["a.wav", "b.wav"]
    assert "2 of 2 files rendered" in out
    code, out, err = run(a, tmp_path / "none.wav", "-o", tmp_path / "out2", "--jobs", 1)
    assert code == 1
    assert tree(tmp_path / "out2") == ["a.wav"]
    assert "none.wav does not exist; check the name" in err
    assert "1 of 2 files rendered" in out


def test_a_batch_that_fails_wholly_leaves_no_folder(run: Run, tmp_path: Path) -> None:
    """When no file could be rendered, neither the output folder nor the others, nor a report, are there."""
    (tmp_path / "in").mkdir()
    for name in ("a.wav", "b.wav"):
        (tmp_path / "in" / name).write_text("no sound")
    before = tree(tmp_path)
    code, out, _ = run(
        tmp_path / "in", "-o", tmp_path / "out", "--plot", tmp_path / "plots",
        "--report", tmp_path / "r.json", "--jobs", 1,
    )  # fmt: skip
    assert code == 1
    assert "0 of 2 files rendered" in out
    assert tree(tmp_path) == before


def test_a_report_that_cannot_be_written_is_said_first(run: Run, tmp_path: Path) -> None:
    """An hour's work is not done for a report that has no place."""
    a, b = save(tmp_path / "a.wav"), save(tmp_path / "b.wav")
    code, _, err = run(a, b, "-o", tmp_path / "out", "--report", tmp_path / "none" / "r.json", "--jobs", 1)
    assert code == 1
    assert "r.json cannot be made, the folder" in err
    assert tree(tmp_path) == ["a.wav", "b.wav"]


# -- processes of their own ---------------------------------------------------------------------------


def start(preset: str, *arguments: object, **kwargs: object) -> "subprocess.Popen[str]":
    command = [sys.executable, "-m", "gate.cli.render", *(str(a) for a in arguments), "--preset", preset]
    return subprocess.Popen(
        command, cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        start_new_session=True, **kwargs,
    )  # fmt: skip


def wait_for_partial(folder: Path, process: "subprocess.Popen[str]", count: int = 1) -> None:
    """Until so many files are being written."""
    deadline = time.monotonic() + 60.0
    while len(list(folder.glob(".*.partial-*"))) < count:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.02)
    time.sleep(0.2)


SLOW = ("--live-buffer", 1)
"""A call for each sample: a minute of sound takes about ten seconds."""


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]
)
def test_an_interrupted_run_leaves_nothing(preset: str, tmp_path: Path, number: int, code: int) -> None:
    """Ctrl-C, kill, or a closed terminal in the middle: exit 128 + signal, one sentence, nothing left."""
    source = save(tmp_path / "in.wav", bursts(120.0), "PCM_16")
    process = start(preset, source, "-o", f"{tmp_path}/new/", "--curve", tmp_path / "c.csv", *SLOW)
    wait_for_partial(tmp_path / "new", process)
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (code, "")
    assert err == "gate-render: error: stopped before the end, nothing half-written is left; run it again\n"
    assert tree(tmp_path) == ["in.wav"]


def test_ctrl_c_in_a_batch(preset: str, tmp_path: Path) -> None:
    """Ctrl-C reaches every process of the terminal; none prints a traceback, and no partial file stays."""
    for name in "abc":
        save(tmp_path / "in" / f"{name}.wav", bursts(120.0), "PCM_16")
    process = start(preset, tmp_path / "in", "-o", tmp_path / "out", "--jobs", 2, *SLOW)
    wait_for_partial(tmp_path / "out", process, 2)
    os.killpg(process.pid, signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in err
    assert err.splitlines()[-1].endswith("stopped before the end, nothing half-written is left; run it again")
    assert tree(tmp_path) == ["in", "in/a.wav", "in/b.wav", "in/c.wav"]


def test_workers_do_not_outlive_their_parent(preset: str, tmp_path: Path) -> None:
    """A parent that is killed takes its workers along, and they sweep up behind themselves."""
    for name in "ab":
        save(tmp_path / "in" / f"{name}.wav", bursts(120.0), "PCM_16")
    process = start(preset, tmp_path / "in", "-o", tmp_path / "out", "--jobs", 2, *SLOW)
    wait_for_partial(tmp_path / "out", process, 2)
    process.kill()
    process.communicate(timeout=60)
    deadline = time.monotonic() + 30.0
    while tree(tmp_path / "out"):
        assert time.monotonic() < deadline, tree(tmp_path / "out")
        time.sleep(0.05)


def test_a_full_disk(preset: str, tmp_path: Path) -> None:
    """When nothing more can be written, it is one sentence and nothing is left (here: a file size limit)."""
    source = save(tmp_path / "in.wav", bursts(10.0), "PCM_16")

    def limit() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))

    process = start(preset, source, "-o", f"{tmp_path}/new/", preexec_fn=limit)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 1
    assert err.startswith(f"gate-render: error: {tmp_path}/new/in.wav could not be written")
    assert len(err.splitlines()) == 1
    assert tree(tmp_path) == ["in.wav"]


def test_a_reader_that_goes_away(preset: str, tmp_path: Path) -> None:
    """A closed pipe behind stdout is no traceback."""
    source = save(tmp_path / "in.wav")
    process = start(preset, source, "-o", tmp_path / "out.wav")
    assert process.stdout is not None
    process.stdout.close()
    assert process.stderr is not None
    err = process.stderr.read()
    process.stderr.close()
    process.wait(60)
    assert err == ""
    assert soundfile.info(tmp_path / "out.wav").frames == RATE


def test_what_a_render_loads(preset: str, tmp_path: Path) -> None:
    """A plain render loads neither matplotlib, tqdm nor onnxruntime's Python side, nor what teaches."""
    source = save(tmp_path / "in.wav")
    code = (
        "import sys; from gate.cli.render import main\n"
        f"code = main([{str(source)!r}, '-o', {str(tmp_path / 'out.wav')!r}, '--preset', {preset!r}])\n"
        "heavy = {'matplotlib', 'tqdm', 'onnxruntime', 'torch', 'onnx', 'training', 'export'}\n"
        "print(code, sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.stdout.splitlines()[-1] == "0 []", done.stderr
