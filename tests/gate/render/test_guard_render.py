"""The guard in files and in live streams: on the command line, in reports, curves, pictures and the display."""

import io
import json
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from gate import Gate
from gate.cli import live as live_command
from gate.cli import render as render_command
from gate.cli.live_words import line, screen
from gate.engine.engine import CURVE_COLUMNS
from gate.engine.guard import Guard, choose
from gate.errors import PresetError, RenderError
from gate.live.player import Player, Shape
from gate.live.status import Look
from gate.modelfile import contract, preset
from gate.parameters import GateValues
from gate.render.file import render_file
from gate.render.job import Job, Settings
from tests import toy_classify, toy_model

RATE = 48_000
LOW, MIDDLE, HIGH = toy_classify.CENTRES_HZ

GAIN_TOLERANCE = 1e-4
"""Full scale 1: offline and live add in another order, and 16 bits round."""


@pytest.fixture
def gate(tmp_path) -> Path:
    return toy_model.write_preset(tmp_path / "toy gate")


@pytest.fixture
def words(tmp_path) -> Path:
    return toy_classify.write_preset(tmp_path / "words")


@pytest.fixture
def source(tmp_path) -> Path:
    """0.2 s of silence, then 1 s of a high tone (noise), then 0.5 s of a low one (speech)."""
    pieces = [
        np.zeros(RATE // 5, np.float32),
        toy_classify.tone(HIGH, RATE, 1.0),
        toy_classify.tone(LOW, RATE, 0.5),
    ]
    soundfile.write(tmp_path / "in.wav", np.concatenate(pieces), RATE, "FLOAT")
    return tmp_path / "in.wav"


def samples(path: Path) -> np.ndarray:
    return soundfile.read(path, dtype="float32")[0]


def render(*arguments) -> int:
    return render_command.main([str(argument) for argument in arguments])


def test_a_render_is_guarded(tmp_path, gate, words, source, capsys):
    """Onset as without a guard, shut after the grace time, open again for speech; report, curve and picture say so."""
    common = [source, "--preset", gate, "--range=-inf"]
    guard = ["--guard", "speech", "--guard-model", words]
    extras = ["--report", tmp_path / "r.json", "--curve", tmp_path / "c.csv", "--plot", tmp_path / "p.png"]
    assert render(*common, "-o", tmp_path / "plain.wav") == 0
    assert "  guard " not in capsys.readouterr().out
    assert render(*common, *guard, *extras, "-o", tmp_path / "out.wav") == 0
    out = capsys.readouterr().out
    plain, guarded = samples(tmp_path / "plain.wav"), samples(tmp_path / "out.wav")
    until = int(0.55 * RATE) - 200
    assert len(guarded) == len(plain)
    assert np.array_equal(guarded[:until], plain[:until])
    assert not guarded[int(0.66 * RATE) : int(1.2 * RATE)].any()
    assert np.array_equal(guarded[-RATE // 4 :], plain[-RATE // 4 :])
    report = json.loads((tmp_path / "r.json").read_text())
    assert (report["guard"], report["guard_grace_ms"], report["guard_model"]) == (
        "speech",
        350.0,
        "toy-classes",
    )
    assert 0.35 < report["guard_shut_share"] < 0.45
    share = 100 * report["guard_shut_share"]
    assert f"  guard speech, grace 350 ms, toy-classes: kept it shut for {share:.1f} % of the time\n" in out
    head, *rows = (tmp_path / "c.csv").read_text().splitlines()
    assert head.split(",") == [*CURVE_COLUMNS, "guard_shut", "speech", "music", "noise"]
    table = np.array([[float(cell) for cell in row.split(",")] for row in rows])
    assert len(table) == report["blocks"]
    assert table[:, 11].mean() == pytest.approx(report["guard_shut_share"])
    assert np.nansum(table[-1, 12:]) == pytest.approx(1.0, abs=1e-3)
    assert (tmp_path / "p.png").stat().st_size > 10_000


@pytest.mark.parametrize("mode", ["speech", "not-music"])
def test_live_and_live_render_are_the_same(tmp_path, gate, words, source, monkeypatch, mode):
    """gate-live from file to file gives what gate-render --live-buffer gives to the sample, and about what offline does."""
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    guard = ["--preset", gate, "--guard", mode, "--guard-model", words, "--guard-grace-ms", "100"]
    assert render(source, "-o", tmp_path / "r.wav", *guard, "--live-buffer", "128") == 0
    assert render(source, "-o", tmp_path / "o.wav", *guard) == 0
    files = [
        "--input",
        f"file:{source}",
        "--output",
        f"file:{tmp_path / 'l.wav'}",
        "--fast",
        "--buffer",
        "128",
    ]
    assert live_command.main([str(argument) for argument in [*files, *guard]]) == 0
    assert np.array_equal(samples(tmp_path / "r.wav"), samples(tmp_path / "l.wav"))
    late = np.abs(samples(tmp_path / "r.wav") - samples(tmp_path / "o.wav"))
    # a decision acts up to a buffer later live: seen while the gain moves, two releases of 100 ms in 1.7 s
    assert np.mean(late > GAIN_TOLERANCE) < 0.15
    assert not late[: int(0.2 * RATE)].any()


def test_a_batch_is_guarded(tmp_path, gate, words, source):
    """Worker processes take the guard along."""
    folder = tmp_path / "sounds"
    folder.mkdir()
    for name in ("a.wav", "b.wav"):
        (folder / name).write_bytes(source.read_bytes())
    guard = ["--preset", gate, "--guard", "speech", "--guard-model", words]
    assert render(folder, "-o", tmp_path / "done", *guard, "--jobs", "2") == 0
    assert render(source, "-o", tmp_path / "one.wav", *guard) == 0
    for name in ("a.wav", "b.wav"):
        assert np.array_equal(samples(tmp_path / "done" / name), samples(tmp_path / "one.wav"))


def test_without_its_preset_the_guard_says_what_to_do(tmp_path, gate, source, monkeypatch, capsys):
    """The shipped classifier is looked for by name; where it is not, nothing is rendered. Off looks for nothing."""
    monkeypatch.setattr(preset, "folders", lambda: [tmp_path / "nowhere"])
    assert render(source, "-o", tmp_path / "out.wav", "--preset", gate, "--guard", "speech") == 1
    assert capsys.readouterr().err == (
        "gate-render: error: --guard speech needs the preset speech-music-noise, which is not installed; "
        "give a classifier with --guard-model, or leave --guard out\n"
    )
    assert not (tmp_path / "out.wav").exists()
    assert choose("off") is None
    with pytest.raises(PresetError, match=r"expected a preset's name .there are: none., got 'words'"):
        choose("speech", None, "words")


def test_the_shipped_guard_is_found_by_its_name(tmp_path, monkeypatch):
    """The preset speech-music-noise guards unless another is given, with 350 ms."""
    toy_classify.write_preset(tmp_path / "speech-music-noise", "speech-music-noise")
    monkeypatch.setattr(preset, "folders", lambda: [tmp_path])
    guard = choose("not-music")
    assert guard is not None
    assert (guard.mode, guard.grace_ms, guard.contract.name) == ("not-music", 350.0, "toy-classes")


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["--guard", "music"], "argument --guard: expected off, speech or not-music, got 'music'"),
        (["--guard-grace-ms", "50"], "guard-grace 50 ms is out of range: give 100 to 2000 ms"),
    ],
)
def test_wrong_usage(tmp_path, source, arguments, text, capsys):
    """Exit 2, and what was expected."""
    assert render(source, "-o", tmp_path / "out.wav", *arguments) == 2
    assert text in capsys.readouterr().err


def test_a_gate_cannot_guard_and_a_classifier_cannot_gate(tmp_path, gate, words, source, capsys):
    """One kind of model is not taken for the other."""
    assert (
        render(source, "-o", tmp_path / "a.wav", "--preset", gate, "--guard", "speech", "--guard-model", gate)
        == 1
    )
    assert "expected a classify, got a gate" in capsys.readouterr().err
    assert render(source, "-o", tmp_path / "a.wav", "--preset", words) == 1
    assert "expected a gate, got a classify" in capsys.readouterr().err


def test_a_render_whose_guard_fails_is_an_error(tmp_path, source):
    """A file render never goes on without what was asked for."""
    broken = contract.read(toy_classify.build(nan_over_db=-30.0))
    settings = Settings(
        contract=contract.read(toy_model.build()), preset="toy",
        values=GateValues(threshold_db=-40.0, range_db=-80.0), threshold_from="given", fallback_db=-40.0,
        guard=Guard(broken, "speech", 350.0),
    )  # fmt: skip
    with pytest.raises(RenderError, match=r"the guard's model failed about 0\.000 to 1\.700 s"):
        render_file(Job(source, tmp_path / "out.wav"), settings)
    assert not (tmp_path / "out.wav").exists()


def test_a_guard_is_set_while_it_plays(gate, words):
    """A classifier fades in with an engine of its own; from then on modes change at once, and off leaves it listening."""
    plays, hears = preset.resolve(gate).contract, preset.resolve(words).contract
    x, out = toy_classify.tone(HIGH, RATE, 0.1)[:, None].copy(), np.empty((4800, 1), np.float32)
    plugin = Gate(plays, threshold_db=-40.0, range_db=-60.0, guard_model=hears)
    with Player([plugin], Shape(RATE, 1, 1), fades=False) as player:
        look = Look()

        def go_on(tenths: int) -> None:
            for _ in range(tenths):
                player.play(x, out)
                player.tend()

        go_on(2)
        plain = look(player, "toy", 0)
        assert (plain.guard, plain.classes, plain.guard_shut) == ("off", {}, False)
        assert len(screen(plain, 100, "")) == 8
        plugin.guard_grace_ms, plugin.guard = 200.0, "speech"
        go_on(10)
        status = look(player, "toy", 0)
        assert not player.changing
        assert (status.guard, status.guard_shut, status.open) == ("speech", True, False)
        assert status.classes["noise"] > 0.9
        assert status.threshold_db == -40.0
        assert "guard speech SHUT: speech 0.0" in line(status)
        rows = screen(status, 100, "")
        assert len(rows) == 9 and any("guard speech SHUT" in row for row in rows)
        assert json.loads(json.dumps(status.to_dict(), allow_nan=False))["classes"]["noise"] > 0.9
        engine = player.engine
        plugin.guard_grace_ms, plugin.guard = 300.0, "not-music"
        go_on(2)
        assert player.engine is engine
        assert (engine.guard, engine.guard_grace_ms) == ("not-music", 300.0)
        assert look(player, "toy", 0).open
        plugin.guard = "off"
        go_on(1)
        assert (player.engine is engine, engine.guard) == (True, "off")


def test_lines_typed_while_it_plays_set_the_guard(tmp_path, gate, words, source, monkeypatch, capsys):
    """ "guard MODE" and "guard-grace MS" are obeyed; what cannot be had is said, and sound goes on."""
    monkeypatch.setattr(preset, "folders", lambda: [tmp_path / "nowhere"])
    said = "guard music\nguard speech\nguard-grace 50\nguard-grace 500\nquit\n"
    monkeypatch.setattr(sys, "stdin", io.StringIO(said))
    files = ["--input", f"file:{source}", "--output", f"file:{tmp_path / 'out.wav'}"]
    assert live_command.main([*files, "--preset", str(gate), "--json"]) == 0
    out, err = capsys.readouterr()
    assert "expected off, speech or not-music, got 'music'; choose one" in err
    assert "--guard speech needs the preset speech-music-noise" in err
    assert "guard-grace 50 ms is out of range" in err
    assert json.loads(out.splitlines()[-1])["guard"] == "off"
