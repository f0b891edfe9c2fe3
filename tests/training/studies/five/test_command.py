"""The command: searches, plans, variants, tables; it goes on where it stopped; AudioSet's embeddings."""

import json
import os
import sys

import numpy as np
import pytest

from tests.training.studies.five.records import audioset, example, record
from tests.training.studies.five.test_clips import tones
from training.studies.five import audioset as reader
from training.studies.five import published, search, tables
from training.studies.five.__main__ import main, variant
from training.studies.five.settings import Settings
from training.studies.five.store import load

QUICK = ["--arch", "linear", "--features", "fft", "--clips", "60", "--epochs", "1"]


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """Arguments that name two folders of tones."""
    root = tmp_path_factory.mktemp("tones")
    low, high = tones(root / "low", 300), tones(root / "high", 3000)
    return ["--target-folder", str(low), "--other-folder", str(high), "--target", "low"]


@pytest.fixture(scope="module")
def embeddings(tmp_path_factory):
    return audioset(tmp_path_factory.mktemp("audioset"))


def test_a_search_goes_on(tmp_path, folders, capsys):
    """Two trials and then four are four, the first two as they were; in one go they come out the same."""
    command = [*folders, *QUICK, "-o", str(tmp_path / "a")]
    assert main([*command, "--trials", "2"]) == 0
    two = search.read(tmp_path / "a")
    assert main([*command, "--trials", "4"]) == 0
    four = search.read(tmp_path / "a")
    assert len(two) == 2 and len(four) == 4
    assert four[:2] == two
    out = capsys.readouterr().out
    assert "| linear | fft | 0.80 |" in out
    assert (tmp_path / "a" / "tables.md").read_text().strip() in out.strip()
    assert main([*folders, *QUICK, "-o", str(tmp_path / "b"), "--trials", "4"]) == 0
    once = search.read(tmp_path / "b")
    assert [row.settings for row in once] == [row.settings for row in four]
    assert [row.result["curve"] for row in once] == [row.result["curve"] for row in four]
    stored = json.loads((tmp_path / "a" / "trials.json").read_text())
    assert [one["val_loss"] for one in stored] == [row.result["val_loss"] for row in four]


def test_an_interrupted_trial_is_begun_again(tmp_path, folders, monkeypatch, capsys):
    """Ctrl-C in the second trial: exit 130, and the same command ends up with three."""
    from training.studies.five import fit as module

    fit, calls = module.fit, []

    def stop(inputs, settings):
        calls.append(settings)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return fit(inputs, settings)

    command = [*folders, *QUICK, "--trials", "3", "-o", str(tmp_path)]
    monkeypatch.setattr(module, "fit", stop)
    assert main(command) == 130
    assert "the same command continues from here" in capsys.readouterr().err
    assert len(search.read(tmp_path)) == 1
    monkeypatch.setattr(module, "fit", fit)
    assert main(command) == 0
    rows = search.read(tmp_path)
    assert len(rows) == 3
    assert rows[1].settings == calls[1]


@pytest.mark.parametrize(
    ("process", "state"), [(os.getppid(), "RUNNING"), (None, "FAIL"), (os.getpid(), "FAIL")]
)
def test_another_command_s_trial_is_left_alone(tmp_path, process, state):
    """A trial that a living process has in hand is its own; what a dead one left is over."""
    task = search.Task(tmp_path, tmp_path, "voice", "search", Settings())
    trial = search.open_study(tmp_path, task.name).ask()
    trial.set_user_attr("process", process)
    search.run([task])
    assert [t.state.name for t in search.open_study(tmp_path, task.name).trials] == [state]


def test_two_processes_share_the_trials(tmp_path, folders):
    """With --jobs 2 there are as many trials as were asked for."""
    assert main([*folders, *QUICK, "--trials", "3", "--jobs", "2", "-o", str(tmp_path)]) == 0
    assert len(search.read(tmp_path)) == 3


def test_a_plan_is_gone_through_once(tmp_path, folders, capsys):
    """The same plan again trains nothing again."""
    assert main([*folders, *QUICK, "--trials", "1", "--variant", "loss", "sanity", "-o", str(tmp_path)]) == 0
    first = capsys.readouterr()
    assert "| binary | linear | fft |" in first.out and "| two-class | linear | fft |" in first.out
    assert "| yes | linear | fft |" in first.out and "| no | linear | fft |" in first.out
    assert main([*folders, *QUICK, "--trials", "1", "--variant", "loss", "sanity", "-o", str(tmp_path)]) == 0
    assert capsys.readouterr().err == ""
    assert len(search.read(tmp_path)) == 5


def test_variants_change_one_thing():
    """And make sense only where the thing is there."""
    lstm, conv, rows = Settings(arch="lstm"), Settings(arch="conv1d"), Settings(features="rows")
    assert [s.tokens for s in variant("tokens", lstm)] == [True, False]
    assert variant("tokens", conv) == ()
    assert [s.layers for s in variant("layers", conv)] == list(range(1, 9))
    assert variant("layers", lstm) == ()
    assert [s.augment for s in variant("augment", conv)] == ["none", "theirs", "meaning"]
    assert [s.augment for s in variant("augment", rows)] == ["none", "theirs"]


def grid_of(row):
    """The grid's table, shown because another of its lines was trained."""
    other = published.of("linear")[4].settings(Settings(features="fft", epochs=3))
    shown = search.Row("voice", "data", "published", other, {"val_loss": 0.5, "val_f1": 0.5})
    return "\n".join(tables.published_tables([row, shown]))


def test_their_figures_stand_beside_ours():
    """Each of their lines once, ours in the line with the same settings, a dash where there is none."""
    line = published.of("linear")[0]
    settings = line.settings(Settings(features="fft", epochs=3))
    row = search.Row("voice", "data", "published", settings, {"val_loss": 0.12345, "val_f1": 0.987})
    text = "\n".join(tables.published_tables([row]))
    assert "| rmsprop, 32, 0.001, 128 | - | - | 0.4372 | 0.738 | 0.1235 | 0.987 |" in text
    assert "| rmsprop, 16, 0.0001, 32 | - | - | 0.3982 | 0.799 | - | - |" in text
    # the grid has a line of that batch, rate and width too, and this was no training of it
    assert "| adam, 32, 0.001, 128 | - | - | 0.3969 | - | - | - |" in grid_of(row)
    assert len(published.ROWS) == 24 + 32
    assert all(p.settings(Settings()).arch == p.arch for p in published.ROWS)


def test_a_trial_without_a_number_is_a_dash():
    """It counts as tried, is never the best, and its table has no number for it."""
    settings = Settings(arch="linear")
    good = {"val_loss": 0.5, "val_f1": 0.8, "test_loss": 0.6, "test_f1": 0.7, "weights": 1000, "epoch": 2}
    rows = [search.Row("voice", "data", "search", settings, result) for result in ({}, good)]
    assert "| 0.800 | 0.500 | 0.700 | 0.600 | 1,000 | 2 |" in tables.best_table(rows)
    lost = [search.Row("voice", "data", "loss", settings, {})]
    assert "| binary | linear | fft | - | - | - | - | - |" in tables.variant_tables(lost)[0]
    assert tables.best_table(lost) == ""


def test_without_optuna_the_remedy_is_told(tmp_path, folders, monkeypatch, capsys):
    """Before any clip is made."""
    monkeypatch.setitem(sys.modules, "optuna", None)
    assert main([*folders, *QUICK, "--trials", "1", "-o", str(tmp_path)]) == 1
    assert "got none installed; pip install -c constraints.txt '.[learn,study]'" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_embeddings_repeat_the_original(tmp_path, embeddings, capsys):
    """From tfrecords to the table, by the label's name."""
    command = ["--embeddings", str(embeddings), "--label", "human voice", "--arch", "linear"]
    assert main([*command, "--trials", "1", "--epochs", "12", "-o", str(tmp_path)]) == 0
    assert "| linear | rows | 0.80 |" in capsys.readouterr().out
    (row,) = search.read(tmp_path)
    assert row.result["test_f1"] == 1.0


def test_embeddings_are_split_by_video(tmp_path, embeddings):
    """Four fifths or so to learn from; eval is the test; short ones are filled up with zeros."""
    data = load(reader.prepare(embeddings, ["Human voice"], tmp_path, quiet=True))
    assert data.train.inputs.shape[1:] == (10, 128)
    assert len(data.train.labels) + len(data.val.labels) == 40
    assert len(data.test.labels) == 12
    assert np.array_equal(data.test.inputs[:, 0, 0] == 250, data.test.labels == 1.0)
    short = audioset(tmp_path / "short", rows=6) if not (tmp_path / "short").mkdir() else None
    data = load(reader.prepare(short, ["/m/0dgw9r"], tmp_path, quiet=True))
    assert not data.train.inputs[:, 6:].any()


def test_what_is_wrong_with_embeddings_is_told(tmp_path, embeddings):
    """No labels, no such label, no files, rows of another length."""
    with pytest.raises(FileNotFoundError, match=r"class_labels_indices\.csv, got no such file"):
        reader.prepare(tmp_path, ["Speech"], tmp_path, quiet=True)
    with pytest.raises(ValueError, match="got 'Human voise'; is it human voice"):
        reader.label_ids(embeddings, ["Human voise"])
    with pytest.raises(ValueError, match="expected clips with and without Speech for train"):
        reader.prepare(embeddings, ["Speech"], tmp_path, quiet=True)
    bad = tmp_path / "bad.tfrecord"
    bad.write_bytes(record(example({"labels": [1]}, {"audio_embedding": [[b"short"]]})))
    with pytest.raises(
        ValueError, match=r"record 0: expected audio_embedding with rows of 128 bytes, got \[5\]"
    ):
        reader.read([bad], {1}, quiet=True)


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        ([], 2, "expected one of a corpus, --target-folder with --other-folder, or --embeddings; name one"),
        (["x", "--embeddings", "y"], 2, "expected one of a corpus"),
        (["--target-folder", "x"], 2, "expected both --target-folder and --other-folder, got one"),
        (["x", "--target", "tuba"], 2, "expected --target voice, guitar, kick, snare, toms, got 'tuba'"),
        (["x", "--clips", "5"], 2, "expected --clips of 60 or more, got 5; raise it"),
        (
            ["--embeddings", "x", "--augment", "meaning"],
            2,
            "expected --augment none or theirs with --embeddings",
        ),
        (["nowhere"], 1, "expected nowhere/manifest.csv, got no such file"),
        (["--embeddings", "nowhere"], 1, "class_labels_indices.csv, got no such file"),
    ],
)
def test_errors_are_sentences(arguments, code, message, tmp_path, capsys):
    """2 for usage, 1 for failure, and the remedy on standard error."""
    assert main([*arguments, "-o", str(tmp_path)]) == code
    said = capsys.readouterr()
    assert said.err.startswith("training.studies.five: error: ") and message in said.err
    assert said.out == ""
