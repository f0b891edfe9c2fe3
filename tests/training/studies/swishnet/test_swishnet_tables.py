"""The command: from folders to tables, once, again, and what it says when it cannot."""

import json
import shutil
from pathlib import Path

import pytest
import torch

from tests.training.studies.swishnet import trees
from training.config_file import load
from training.studies.swishnet import __main__ as command
from training.studies.swishnet import fit as fit_module
from training.studies.swishnet import store as store_module
from training.studies.swishnet.published import GTZAN, MUSAN
from training.studies.swishnet.report import markdown
from training.studies.swishnet.settings import FitConfig, ProtocolConfig

SETTINGS = (
    "lengths_s=[0.5, 0.25]",
    "fit.epochs=2",
    "fit.batch=32",
    "tune.epochs=1",
    'distil.models=["wide"]',
    "teacher.width=8",
    "teacher.blocks=2",
    "store.jobs=1",
)


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """Tiny MUSAN and GTZAN, and what the command made of them."""
    root = tmp_path_factory.mktemp("tables")
    trees.musan(root / "musan", each=4, seconds=3.0)
    trees.gtzan(root / "gtzan", each=4, seconds=2.0)
    assert command.main(arguments(root)) == 0
    return root


def arguments(root, runs="runs", *more):
    changes = [f"--set={change}" for change in (*SETTINGS, f'store.folder="{root / "store"}"', *more)]
    return [str(root / "musan"), "--gtzan", str(root / "gtzan"), "--runs", str(root / runs), *changes]


def tables(root, runs="runs"):
    return json.loads((root / runs / "tables.json").read_text())


def test_the_file_has_the_published_settings():
    """training/configs/swishnet.toml says what the defaults are, and the defaults are what was published."""
    config = load(command.CONFIG, ProtocolConfig)
    assert config == ProtocolConfig()
    assert config.fit == FitConfig(120, 128, 5e-4, 1e-5, patience=20)
    assert (config.split.train, config.split.val, config.tune.share, config.tune.epochs) == (
        0.65,
        0.10,
        0.25,
        50,
    )
    assert (config.clean.window_ms, config.clean.silence_db, config.lengths_s) == (250, 40, (0.5, 1.0, 2.0))


def test_every_model_and_length_is_a_row(folders):
    """Slim and wide for each length, judged on their test part, with all that is needed to make them again."""
    made = tables(folders)
    assert [(row["model"], row["length_s"]) for row in made["musan"]] == [
        ("slim", 0.5),
        ("slim", 0.25),
        ("wide", 0.5),
        ("wide", 0.25),
    ]
    assert [row["weights"] for row in made["musan"]] == [7195, 7195, 22451, 22451]
    assert [row["distilled"] for row in made["musan"]] == [False, False, True, True]
    for row in made["musan"]:
        table = row["confusion"]
        assert sum(map(sum, table)) == sum(row["clips"]["test"].values()) > 0
        assert row["overall"] == pytest.approx(sum(table[i][i] for i in range(3)) / sum(map(sum, table)))
        assert [sum(line) for line in table] == list(row["clips"]["test"].values())
        assert row["epochs"] == 2
    assert made["seed"] == 0 and len(made["data_sha256"]) == 64
    assert made["config"]["fit"]["epochs"] == 2
    assert sum(made["recordings"][p]["speech"]["files"] for p in ("train", "val", "test")) == 4


def test_tuning_is_judged_before_and_after(folders):
    """GTZAN's rows have two classes, the accuracy before the tuning, and its weights are not the untuned ones."""
    for row in tables(folders)["gtzan"]:
        assert set(row["recall"]) == {"speech", "music"}
        assert 0 <= row["untuned"]["overall"] <= 1
        assert sum(map(sum, row["confusion"])) == sum(row["clips"]["test"].values())
    before, after = (
        torch.load(folders / "runs" / name / "checkpoint.pt", weights_only=True)["best"]
        for name in ("slim-0.5s", "slim-0.5s-tuned")
    )
    assert not torch.equal(before["out.weight"], after["out.weight"])
    assert torch.equal(before["mean"], after["mean"])


def test_the_text_has_ours_and_the_published(folders):
    """tables.md holds every row, with the published figures for lengths that were published."""
    text = (folders / "runs" / "tables.md").read_text()
    assert "| ours, slim |" in text and "| ours, wide, distilled |" in text
    assert "| reproduction | - | 97.74 / 99.05 |" in text
    assert "| reproduction | 2 s | 95.68 | 96.24 | 94.33 | 95.29 | 95.04 | - |" in text
    assert text == markdown(tables(folders))
    widths = {}
    for line in text.splitlines():
        if line.startswith("|"):
            widths.setdefault(line.count("|"), 0)
    assert set(widths) == {4, 9, 12}, "every row of a table has its columns"
    for name in ("confusion.png", "confusion-gtzan.png"):
        assert (folders / "runs" / name).stat().st_size > 5000


def test_the_same_command_again_does_nothing_twice(folders, monkeypatch, capsys):
    """Nothing is decoded and no epoch is trained again, and the tables are the same."""
    first = tables(folders)
    monkeypatch.setattr(store_module, "features", None)
    monkeypatch.setattr(fit_module, "_epoch", None)
    assert command.main(arguments(folders)) == 0
    assert tables(folders) == first
    assert "tables.json" in capsys.readouterr().out


def test_fewer_models_share_the_trainings(folders, monkeypatch):
    """A table of one model and length needs no training that the larger one had already."""
    first = tables(folders)
    shutil.copytree(folders / "runs", folders / "fewer")
    monkeypatch.setattr(fit_module, "_epoch", None)
    more = ('models=["slim"]', "lengths_s=[0.25]")
    assert command.main(arguments(folders, "fewer", *more)) == 0
    assert tables(folders, "fewer")["musan"] == first["musan"][1:2]


def test_another_run_gives_the_same_table(folders):
    """Same seed, other folder: the same figures to the last digit."""
    more = ('models=["slim"]', "lengths_s=[0.25]")
    assert command.main(arguments(folders, "again", *more)) == 0
    assert tables(folders, "again")["musan"] == tables(folders)["musan"][1:2]
    assert tables(folders, "again")["gtzan"] == tables(folders)["gtzan"][1:2]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ('models=["thin"]', "expected models of slim, wide"),
        ("lengths_s=[]", "one or more lengths_s"),
        ("fit.epoch=3", "unknown key fit.epoch; did you mean"),
        ("seed=1", "made with other settings or other recordings"),
        ("lengths_s=[9.0]", "expected recordings of 9 s or more in the train part"),
    ],
)
def test_what_cannot_be_is_said(folders, capsys, change, says):
    """Unknown models and keys, other settings in an old folder, clips longer than the recordings: exit 1, a sentence."""
    assert command.main(arguments(folders, "runs", change)) == 1
    error = capsys.readouterr().err.splitlines()[-1]
    assert error.startswith("training.studies.swishnet: error: ") and says in error


def test_folders_and_devices_that_are_not_there(tmp_path, capsys, monkeypatch):
    """A wrong folder, or no CUDA, is said at once."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert command.main([str(tmp_path / "nowhere")]) == 1
    assert "nowhere" in capsys.readouterr().err
    assert command.main([str(tmp_path), "--device", "cuda"]) == 1
    assert "expected a CUDA device for --device cuda" in capsys.readouterr().err


def test_being_stopped_is_no_error(folders, capsys, monkeypatch):
    """Ctrl-C: exit 130, and how to go on."""

    def stopped(*args):
        raise KeyboardInterrupt

    monkeypatch.setattr(fit_module, "_epoch", stopped)
    assert command.main(arguments(folders, "stopped")) == 130
    assert "the same command continues" in capsys.readouterr().err


def test_published_figures_are_per_cent():
    """Nobody's figure is a share, and speech or not is never harder than all three."""
    for by_length in MUSAN.values():
        assert all(90 < overall < sns < 100 for overall, sns in by_length.values())
    for by_length in GTZAN.values():
        assert all(v is None or 85 < v < 100 for row in by_length.values() for v in row)


def test_the_page_has_the_published_figures():
    """docs/swishnet.md shows what training/studies/swishnet/published.py holds, in the same order of lengths."""
    page = (Path(__file__).parents[4] / "docs" / "swishnet.md").read_text()
    for by_length in MUSAN.values():
        cells = (f"{overall:.2f} / {sns:.2f}" for overall, sns in by_length.values())
        assert " | ".join(cells) in page
    for by_length in GTZAN.values():
        for length_s, figures in by_length.items():
            cells = ("-" if figure is None else f"{figure:.2f}" for figure in figures)
            assert f"| {length_s:g} s | " + " | ".join(cells) in page
