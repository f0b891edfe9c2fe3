"""gate-label: one file, many, folders; every output whole or not at all; what goes wrong in a sentence."""

import csv
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from gate.cli import label
from gate.modelfile import preset
from tests import toy_classify, toy_model
from tests.gate.label.test_label_files import read_textgrid

LOW, MIDDLE, HIGH = toy_classify.CENTRES_HZ
RATE = 44_100


@pytest.fixture
def words(tmp_path) -> Path:
    return toy_classify.write_preset(tmp_path / "words")


@pytest.fixture
def talk(tmp_path) -> Path:
    return save(tmp_path / "talk.wav", (LOW, 1.0), (MIDDLE, 0.8))


def save(path: Path, *parts: tuple[float, float]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    soundfile.write(path, np.concatenate([toy_classify.tone(hz, RATE, s) for hz, s in parts]), RATE)
    return path


def run(capsys, words, *arguments) -> tuple[int, str, str]:
    code = label.main([*map(str, arguments), "--preset", str(words)])
    return code, *capsys.readouterr()


def labels_of(path: Path) -> list[tuple[str, str]]:
    return [(row["file"], row["label"]) for row in csv.DictReader(path.read_text().splitlines())]


def test_one_recording(tmp_path, words, talk, capsys):
    """Labels, frames and picture of one file, and a line that says what is in it."""
    csv_, frames, png = tmp_path / "l.csv", tmp_path / "f.csv", tmp_path / "p.png"
    code, out, err = run(capsys, words, talk, "-o", csv_, "--frames", frames, "--picture", png)
    assert (code, err) == (0, "")
    assert out.startswith(f"{talk}: 1.80 s, speech 5") and out.endswith("noise 0.0 %, 2 segments\n")
    rows = list(csv.DictReader(csv_.read_text().splitlines()))
    assert [(row["file"], row["label"]) for row in rows] == [("talk.wav", "speech"), ("talk.wav", "music")]
    assert float(rows[0]["end_s"]) == pytest.approx(1.0, abs=0.02)
    assert (rows[0]["start_s"], rows[1]["end_s"]) == ("0.000", "1.800")
    head, *lines = frames.read_text().splitlines()
    table = np.array([[float(cell) for cell in line.split(",")] for line in lines])
    assert head == "time_s,speech,music,noise"
    assert table.shape == (180, 4)
    assert np.abs(table[:, 0] - np.arange(1, 181) / 100 - 0.001).max() <= 0.0012
    assert np.abs(table[:, 1:].sum(axis=1) - 1.0).max() <= 1e-4
    assert png.read_bytes().startswith(b"\x89PNG")
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "f.csv",
        "l.csv",
        "p.png",
        "talk.wav",
        "words",
    ]


def test_a_textgrid_and_an_rttm(tmp_path, words, talk, capsys):
    """The ending of the name chooses the format."""
    for name in ("l.TextGrid", "l.rttm"):
        assert run(capsys, words, talk, "-o", tmp_path / name)[0] == 0
    end, intervals = read_textgrid((tmp_path / "l.TextGrid").read_text())
    assert (end, [text for _, _, text in intervals]) == (1.8, ["speech", "music"])
    lines = (tmp_path / "l.rttm").read_text().splitlines()
    assert [line.split()[:3] for line in lines] == [["SPEAKER", "talk", "1"], ["NON-SPEECH", "talk", "1"]]


def test_a_folder_into_one_file_and_into_a_folder(tmp_path, words, capsys):
    """One file says which recording in its first column; a folder keeps the shape of what came in."""
    sounds = tmp_path / "sounds"
    save(sounds / "a.wav", (LOW, 0.5))
    save(sounds / "sub" / "b.wav", (MIDDLE, 0.5))
    save(sounds / "sub" / "b.flac", (HIGH, 0.5))
    code, out, _ = run(capsys, words, sounds, "-o", tmp_path / "l.csv", "--frames", tmp_path / "f.csv")
    assert (code, len(out.splitlines())) == (0, 3)
    expected = [("a.wav", "speech"), ("sub/b.flac", "noise"), ("sub/b.wav", "music")]
    assert labels_of(tmp_path / "l.csv") == expected
    frames = (tmp_path / "f.csv").read_text().splitlines()
    assert frames[0] == "file,time_s,speech,music,noise"
    assert len(frames) == 1 + 150
    code, _, _ = run(
        capsys, words, sounds, "-o", tmp_path / "each", "--format", "TextGrid", "--picture", tmp_path / "png"
    )
    assert code == 0
    made = sorted(path.relative_to(tmp_path / "each").as_posix() for path in (tmp_path / "each").rglob("*.*"))
    assert made == ["a.TextGrid", "sub/b.flac.TextGrid", "sub/b.wav.TextGrid"]
    drawn = sorted(path.relative_to(tmp_path / "png").as_posix() for path in (tmp_path / "png").rglob("*.*"))
    assert drawn == ["a.wav.png", "sub/b.flac.png", "sub/b.wav.png"]


def test_namesakes_keep_their_endings_in_every_format(tmp_path, words, capsys):
    """talk.wav, talk.flac and talk.wav.wav are three recordings, beside one that cannot be read."""
    sounds = tmp_path / "sounds"
    for name in ("talk.wav", "talk.flac", "talk.wav.wav"):
        save(sounds / name, (LOW, 0.5))
    (sounds / "talk.aiff").write_bytes(b"no sound")
    assert run(capsys, words, sounds, "-o", tmp_path / "l.rttm")[0] == 1
    fields = [line.split()[1] for line in (tmp_path / "l.rttm").read_text().splitlines()]
    assert fields == ["talk.flac", "talk.wav_2", "talk.wav"]
    assert run(capsys, words, sounds, "-o", tmp_path / "each", "--format", "rttm")[0] == 1
    made = {path.name: path.read_text().split()[1] for path in (tmp_path / "each").iterdir()}
    assert made == {f"{name}.rttm": name for name in fields}
    (sounds / "talk.flac").unlink()
    assert run(capsys, words, sounds, "-o", tmp_path / "l.rttm", "--force")[0] == 1
    fields = [line.split()[1] for line in (tmp_path / "l.rttm").read_text().splitlines()]
    assert fields == ["talk.wav_2", "talk.wav"]


def test_labels_may_lie_beside_their_recordings(tmp_path, words, capsys):
    """The folder of the recordings is a good place for TextGrids."""
    save(tmp_path / "sounds" / "a.wav", (LOW, 0.5))
    assert run(capsys, words, tmp_path / "sounds", "-o", tmp_path / "sounds", "--format", "TextGrid")[0] == 0
    assert sorted(path.name for path in (tmp_path / "sounds").iterdir()) == ["a.TextGrid", "a.wav"]


def test_one_that_fails_does_not_stop_the_others(tmp_path, words, talk, capsys):
    """Exit 1, a sentence, and the labels of the rest."""
    broken = tmp_path / "broken.wav"
    broken.write_text("no sound")
    code, out, err = run(capsys, words, broken, talk, tmp_path / "lost.wav", "-o", tmp_path / "l.csv")
    assert code == 1
    assert [line.startswith("gate-label: error: ") for line in err.splitlines()] == [True, True]
    assert out.splitlines()[-1] == "1 of 3 files labelled, 2 failed"
    assert labels_of(tmp_path / "l.csv") == [("talk.wav", "speech"), ("talk.wav", "music")]


def test_nothing_is_overwritten_without_force(tmp_path, words, talk, capsys):
    """An existing file stays, and is named; --force replaces it."""
    target = tmp_path / "l.csv"
    target.write_text("mine")
    code, _, err = run(capsys, words, talk, "-o", target)
    assert code == 1
    assert err == (
        f"gate-label: error: {target} exists already, nothing was written; give another name, or --force to replace it\n"
    )
    assert target.read_text() == "mine"
    assert run(capsys, words, talk, "-o", target, "--force")[0] == 0
    assert labels_of(target)[0] == ("talk.wav", "speech")


def test_a_failure_leaves_nothing(tmp_path, words, capsys):
    """No half file, no empty folder."""
    broken = tmp_path / "broken.wav"
    broken.write_text("no sound")
    assert run(capsys, words, broken, "-o", tmp_path / "out/", "--frames", tmp_path / "f.csv")[0] == 1
    assert run(capsys, words, broken, "-o", tmp_path / "l.rttm", "--picture", tmp_path / "p.png")[0] == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["broken.wav", "words"]


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["talk.wav"], "nothing to write was named; give -o labels.csv, --frames or --picture"),
        (["talk.wav", "-o", "l.txt"], "labels in l.txt: expected .csv, .TextGrid or .rttm, or a folder"),
        (["talk.wav", "-o", "l.csv", "--format", "rttm"], "--format rttm was given for l.csv; leave it out"),
        (["talk.wav", "talk.wav", "-o", "l.TextGrid"], "a TextGrid holds one recording, several were given"),
        (["talk.wav", "-o", "l.csv", "--frames", "l.csv"], "l.csv was given for two outputs"),
        (["talk.wav", "-o", "l.csv", "--margin", "2"], "margin 2: expected 0 to 1; give that"),
        (["talk.wav", "-o", "l.csv", "--least-ms", "soon"], "expected a number, got 'soon'"),
        ([], "the following arguments are required: INPUT"),
    ],
)
def test_wrong_usage(tmp_path, words, talk, monkeypatch, arguments, text, capsys):
    """Exit 2, one sentence, nothing written."""
    monkeypatch.chdir(tmp_path)
    code, out, err = run(capsys, words, *arguments)
    assert (code, out) == (2, "")
    assert "gate-label: error: " in err and text in err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["talk.wav", "words"]


def test_its_preset_is_looked_up(tmp_path, talk, monkeypatch, capsys):
    """speech-music-noise unless another is given; a gate is refused with what it is good for."""
    monkeypatch.setattr(preset, "folders", lambda: [tmp_path / "place"])
    target = tmp_path / "l.csv"
    assert label.main([str(talk), "-o", str(target)]) == 1
    assert "expected a preset's name (there are: none), got 'speech-music-noise'" in capsys.readouterr().err
    toy_classify.write_preset(tmp_path / "place" / "speech-music-noise")
    assert label.main([str(talk), "-o", str(target)]) == 0
    gate = toy_model.write(tmp_path / "gate.onnx")
    assert label.main([str(talk), "-o", str(target), "--force", "--preset", str(gate)]) == 1
    assert "expected a classify, got a gate; it gates, with --preset" in capsys.readouterr().err


def test_help_and_version(capsys):
    """Help has every option with its unit and default; both are instant words on stdout."""
    assert label.main(["--help"]) == 0
    out = capsys.readouterr().out
    for needed in (
        "--frames CSV",
        "--picture PNG",
        "(default: 250)",
        "(default: 0.2)",
        "time_s",
        "130 interrupted",
    ):
        assert needed in out
    assert label.main(["--version"]) == 0
    assert capsys.readouterr().out.startswith("gate-label")


def test_it_runs_as_a_program(tmp_path, words, talk):
    """From a shell."""
    arguments = [str(talk), "-o", str(tmp_path / "l.csv"), "--preset", str(words)]
    done = subprocess.run(
        [sys.executable, "-m", "gate.cli.label", *arguments], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert len(labels_of(tmp_path / "l.csv")) == 2
