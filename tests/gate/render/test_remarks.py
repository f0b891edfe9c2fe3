"""A render that never opened, or never shut, says so in one sentence with the remedy, and a batch counts them."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from gate.cli import render as command
from gate.modelfile import contract
from gate.parameters import GateValues
from gate.render.file import render_file
from gate.render.job import Job, Settings
from gate.render.remarks import batch_lines, judge
from gate.render.report import Report
from tests import toy_model

RATE = 48_000
SCATTER_DB = 3.0
"""The loudest 4 ms of some seconds of white noise lie so far over its RMS, the softest so far under it, at the most."""


@pytest.fixture(scope="module")
def settings() -> Settings:
    return Settings(
        contract=contract.read(toy_model.build()),
        preset="toy",
        values=GateValues(threshold_db=-40.0, range_db=-80.0),
        threshold_from="given",
        fallback_db=-40.0,
    )


def noise(seconds: float, db: float, channels: int = 1) -> np.ndarray:
    x = np.random.default_rng(0).standard_normal((int(seconds * RATE), channels))
    return (x * 10 ** (db / 20)).astype(np.float32)


def render(folder: Path, settings: Settings, x: np.ndarray) -> Report:
    source = folder / "in.wav"
    soundfile.write(source, x, RATE, "FLOAT")
    return render_file(Job(source, folder / "out.wav"), settings)


def test_never_opened(tmp_path: Path, settings: Settings) -> None:
    """The sentence has the loudest 5 ms, the threshold, and both ways to open the gate."""
    report = render(tmp_path, settings, noise(2.0, -60.0))
    assert (report.never_opened, report.never_shut, report.silent) == (True, False, False)
    assert report.loudest_db == pytest.approx(-60.0, abs=SCATTER_DB)
    assert report.warnings == [
        f"{tmp_path}/in.wav never opened: its loudest 5 ms lie at {report.loudest_db:.1f} dBFS and the threshold at "
        "-40.0; lower --threshold, or let it measure with --threshold auto"
    ]


def judged(report: Report, **figures: object) -> Report:
    """Judge a report again with other figures."""
    other = replace(report, warnings=[], notes=[], **figures)  # type: ignore[arg-type]
    judge(other, 1.0)
    return other


def test_never_opened_for_other_reasons(tmp_path: Path, settings: Settings) -> None:
    """What is loud enough but not what the preset opens for, what a guard kept shut, a model that says no level."""
    report = render(tmp_path, settings, noise(2.0, -60.0))
    assert judged(report, loudest_db=-18.34).warnings == [
        f"{tmp_path}/in.wav never opened though its loudest 5 ms, at -18.3 dBFS, lie over the threshold at -40.0: preset "
        "toy heard nothing that it opens for; try another preset, or lower --threshold"
    ]
    assert judged(report, values=report.values.but(guard="speech"), guard_shut_share=0.25).warnings == [
        f"{tmp_path}/in.wav never opened: guard speech kept it shut for 25.0 % of the time; leave the guard off, or give "
        "it longer with --guard-grace-ms"
    ]
    assert judged(report, loudest_db=np.nan).warnings == [
        f"{tmp_path}/in.wav never opened at the threshold of -40.0 dBFS; lower --threshold, or let it measure with "
        "--threshold auto"
    ]
    assert "; give a --threshold under -40.0" in judged(report, threshold_from="auto").warnings[0]


def test_never_shut(tmp_path: Path, settings: Settings) -> None:
    """It is a note: nothing is lost."""
    report = render(tmp_path, settings, noise(2.0, -20.0))
    assert (report.never_opened, report.never_shut) == (False, True)
    assert report.softest_db == pytest.approx(-20.0, abs=4.0)
    assert report.notes == [
        f"{tmp_path}/in.wav was open all the time: its softest 5 ms lie at {report.softest_db:.1f} dBFS and the "
        "threshold at -40.0; raise --threshold, or let it measure with --threshold auto, or try another preset"
    ]


def test_measured_already(tmp_path: Path, settings: Settings) -> None:
    """Who asked for auto is not told to ask for it."""
    report = render(
        tmp_path,
        replace(settings, values=GateValues(range_db=-80.0), threshold_from="auto"),
        noise(2.0, -20.0),
    )
    assert report.never_shut and "give a higher --threshold, or try another preset" in report.notes[0]


@pytest.mark.parametrize("x", [noise(2.0, -60.0), noise(2.0, -20.0), np.zeros((RATE, 1), np.float32)])
def test_range_0_does_nothing_on_purpose(tmp_path: Path, settings: Settings, x: np.ndarray) -> None:
    """There is nothing to say about a gate that was asked to change nothing."""
    report = render(tmp_path, replace(settings, values=settings.values.but(range_db=0.0)), x)
    assert not (report.never_opened or report.never_shut or report.silent or report.warnings or report.notes)


def test_silence_is_silent(tmp_path: Path, settings: Settings) -> None:
    """Digital silence is no fault of the threshold."""
    report = render(tmp_path, settings, np.zeros((2 * RATE, 2), np.float32))
    assert (report.silent, report.never_opened, report.warnings) == (True, False, [])
    assert report.notes == [
        f"{tmp_path}/in.wav is silent from end to end, so the gate stayed shut; check what recorded it"
    ]


def test_a_stroke_is_open_from_end_to_end(tmp_path: Path, settings: Settings) -> None:
    """A short file that is all sound is as it should be."""
    report = render(tmp_path, settings, noise(0.5, -20.0))
    assert not report.never_shut and not report.notes


def test_a_gate_that_shuts_once_did_shut(tmp_path: Path, settings: Settings) -> None:
    """Sound, a second's pause, and no more."""
    report = render(tmp_path, settings, np.concatenate([noise(2.0, -20.0), noise(1.0, -90.0)]))
    assert not (report.never_opened or report.never_shut or report.warnings or report.notes)


def test_the_key_is_what_was_heard(tmp_path: Path, settings: Settings) -> None:
    """With an external key the sentence speaks of the key's level, and a silent key is said to be silent."""
    key = tmp_path / "key.wav"
    soundfile.write(key, noise(1.0, -70.0), RATE, "FLOAT")
    report = render(tmp_path, replace(settings, key=key), noise(1.0, -20.0))
    assert f"in.wav never opened: its key's ({key}) loudest 5 ms lie at -6" in report.warnings[0]
    soundfile.write(key, np.zeros((RATE, 1)), RATE, "FLOAT")
    report = render(tmp_path, replace(settings, key=key, force=True), noise(1.0, -20.0))
    assert report.silent and report.notes[0].startswith(f"{key}, the key of {tmp_path}/in.wav, is silent")


def test_a_gate_a_channel_speaks_of_the_first(tmp_path: Path, settings: Settings) -> None:
    """Unlinked, the figures are the first channel's."""
    x = noise(2.0, -20.0, 2) * np.array([[0.001, 1.0]], np.float32)
    report = render(tmp_path, replace(settings, values=settings.values.but(link=False)), x)
    assert report.warnings[0].startswith(f"the first channel of {tmp_path}/in.wav never opened: ")


def test_a_batch_counts_them(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """At the end of a batch stand how many and which; the report's total has the counts."""
    preset = toy_model.write_preset(tmp_path / "toy")
    for name, x in {
        "low": noise(1.5, -60.0),
        "low2": noise(1.5, -70.0),
        "loud": noise(1.5, -20.0),
        "no": noise(1.5, -300.0) * 0,
    }.items():
        soundfile.write(tmp_path / f"{name}.wav", x, RATE, "FLOAT")
    files = [str(tmp_path / f"{name}.wav") for name in ("low", "low2", "loud", "no")]
    code = command.main(
        [
            *files,
            "-o",
            str(tmp_path / "out"),
            "--jobs",
            "1",
            "--preset",
            str(preset),
            "--report",
            str(tmp_path / "r.json"),
        ]
    )
    out = capsys.readouterr().out
    assert code == 0
    assert (
        f"2 never opened:\n  {files[0]}\n  {files[1]}\n1 never shut:\n  {files[2]}\n1 silent:\n  {files[3]}\n"
        in out
    )
    told = json.loads((tmp_path / "r.json").read_text())
    assert {name: told["total"][name] for name in ("never_opened", "never_shut", "silent")} == {
        "never_opened": 2, "never_shut": 1, "silent": 1,
    }  # fmt: skip
    assert [one["never_opened"] for one in told["files"]] == [True, True, False, False]
    assert batch_lines([]) == []
