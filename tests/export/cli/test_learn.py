"""gate-learn from end to end: examples in, a preset out that renders; and a sentence for everything that goes wrong."""

import json

import numpy as np
import pytest
import soundfile
import torch

from export import learning
from export.cli import learn
from export.cli.progress import Progress, live_score, time_left
from gate.modelfile import preset
from tests.training.tiny_corpus import talk
from training.judging.metrics import MEASURES
from training.learn import quick as quick_module
from training.networks.gate_net import GateConfig
from training.recordings.source import DataConfig
from training.scenes.compose import SceneConfig
from training.teach.batches import BatchConfig
from training.teach.config import Config
from training.teach.optimiser import OptimiserConfig

RATE = 16000


@pytest.fixture
def folders(tmp_path):
    """Eighteen seconds of something like speech in three files, and sixteen of noise in two."""
    rng = np.random.default_rng(4)
    for name, count in (("me", 3), ("room", 2)):
        (tmp_path / name).mkdir()
        for number in range(count):
            x = talk(rng, RATE, 6.0) if name == "me" else 0.1 * rng.normal(size=8 * RATE)
            soundfile.write(tmp_path / name / f"{number}.wav", x, RATE)
    return tmp_path


@pytest.fixture
def tiny(monkeypatch):
    """Everything as it is, but small: two judged scenes of two seconds, four steps of a small network."""

    def configure(order, model, folder, per_kind):
        return Config(
            name=order.name,
            taught=order.taught,
            model=GateConfig(width=8, hidden=8),
            scene=SceneConfig(seconds=1.0),
            data=DataConfig(corpus=str(folder), store=str(order.work / "store"), scenes=3, jobs=1),
            batch=BatchConfig(sequences=2, blocks=240),
            optimiser=OptimiserConfig(steps=4, evaluate_every=2),
        )

    def scenes(corpus, seed, per_kind):
        made = judged_scenes(corpus, seed=seed, per_kind=2)
        return [type(s)(s.mixture[-96000:], s.target[-96000:], s.loud_db, s.recipe) for s in made]

    judged_scenes = learning.judged_scenes
    monkeypatch.setattr(learning, "configure", configure)
    monkeypatch.setattr(learning, "judged_scenes", scenes)


def run(folders, *more, output="presets/mine"):
    sides = ["--target", str(folders / "me"), "--bleed", str(folders / "room")]
    return learn.main([*sides, "-o", str(folders / output), "--device", "cpu", *more])


def test_a_folder_of_each_becomes_a_preset(folders, tiny, capsys):
    """Model, defaults, card, parity, golden data and picture; the sentence on how good it is comes last."""
    assert run(folders, "--from", "none", "--licence", "CC0-1.0") == 0
    out, err = capsys.readouterr()
    folder = folders / "presets" / "mine"
    names = sorted(path.name for path in folder.iterdir())
    assert names == ["CARD.md", "golden", "model.onnx", "parity.json", "picture.png", "preset.json"]
    assert out.startswith("On held-out examples mine is right ")
    assert "step 4 of 4" in err
    assert "held-out: balanced accuracy" in err
    read = preset.resolve(folder)
    assert (read.name, read.contract.licence) == ("mine", "CC0-1.0")
    assert read.contract.taught == "me, against room"
    card = (folder / "CARD.md").read_text()
    for words in ("by its user", "They are few", "only 16 s of bleed"):
        assert words in card
    figures = json.loads((folder / "parity.json").read_text())
    assert max(v for k, v in figures.items() if k.endswith("_gain")) <= 1e-4
    assert [path.name for path in folder.parent.iterdir() if path.name.startswith(".")] == []


def test_a_stopped_run_goes_on_to_the_same_gate(folders, tiny, capsys, monkeypatch):
    """Ctrl-C after a step: exit 130 and how to continue; the same command then ends where an uninterrupted one does."""
    assert run(folders, "--from", "none", output="whole/mine") == 0
    asked = iter([False, True])
    with monkeypatch.context() as patch:
        patch.setattr(learn.Stop, "__call__", lambda self: next(asked))
        assert run(folders, "--from", "none", output="parts/mine") == 130
    assert "the same command continues" in capsys.readouterr().err
    assert not (folders / "parts" / "mine").exists()
    checkpoint = folders / "parts" / "mine.work" / "run" / "checkpoint.pt"
    assert torch.load(checkpoint, weights_only=True)["step"] == 3
    assert run(folders, "--from", "none", output="parts/mine") == 0
    whole, parts = (preset.resolve(folders / name / "mine").contract for name in ("whole", "parts"))
    assert whole.graph_sha256 == parts.graph_sha256


def test_quick_adapts_a_shipped_preset(folders, capsys, monkeypatch):
    """--quick starts from the nearest shipped preset, and keeps it where it does not help, and says so."""
    small = quick_module.QuickConfig(
        scenes=2,
        scene_s=1.0,
        judged=2,
        judged_s=2.0,
        steps=1,
        least_gain=2.0,
        batch=BatchConfig(sequences=1, blocks=240),
    )
    monkeypatch.setattr(quick_module, "QuickConfig", lambda **kwargs: small)
    assert run(folders, "--quick") == 0
    out, err = capsys.readouterr()
    assert "starting from" in err
    assert "learning did not help" in out
    assert "only 16 s" not in err
    made = preset.resolve(folders / "presets" / "mine").contract
    start = preset.resolve(out.split("so it is the ")[1].split(" preset")[0]).contract
    assert (made.open_at, made.close_at) == (start.open_at, start.close_at)
    assert set(made.scores["held-out"]) <= set(MEASURES)


def test_check_looks_and_writes_no_preset(folders, capsys):
    """--check says what is wrong and stops; a silent file is named."""
    soundfile.write(folders / "me" / "mute.wav", np.zeros(RATE), RATE)
    sides = ["--target", str(folders / "me"), "--bleed", str(folders / "room")]
    assert learn.main([*sides, "--check", "--work", str(folders / "w")]) == 0
    err = capsys.readouterr().err
    assert "mute.wav: is silent" in err
    assert "3 files, 18 s of target" in err
    assert "1 left out" in err


def test_too_little_to_learn_from_is_said(folders, capsys):
    """A side without ten seconds: exit 1, expected, got, remedy; nothing is written."""
    for path in (folders / "room").iterdir():
        soundfile.write(path, 0.1 * np.random.default_rng(0).normal(size=RATE), RATE)
    assert run(folders, "--quick") == 1
    assert "gate-learn: error: expected 10 s or more of bleed" in capsys.readouterr().err
    assert not (folders / "presets" / "mine").exists()


def test_a_preset_that_is_there_stays(folders, capsys):
    """Without --force nothing is replaced; with it, only a preset is."""
    there = folders / "presets" / "mine"
    there.mkdir(parents=True)
    (there / "model.onnx").write_bytes(b"mine")
    assert run(folders) == 1
    assert "--force to replace it" in capsys.readouterr().err
    assert run(folders, "--force", output="me") == 1
    assert "expected a new folder or a preset" in capsys.readouterr().err
    assert (there / "model.onnx").read_bytes() == b"mine"


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (["--quick", "--from", "none", "-o", "x"], "cannot start from none"),
        (["--minutes", "0", "-o", "x"], "--minutes takes"),
        (["--jobs", "0", "-o", "x"], "--jobs takes"),
        ([], "expected -o FOLDER"),
    ],
)
def test_what_cannot_be_asked_is_usage(capsys, more, words):
    """Exit 2 and one sentence."""
    with pytest.raises(SystemExit) as stopped:
        learn.main(["--target", "a", "--bleed", "b", *more])
    assert stopped.value.code == 2
    assert words in capsys.readouterr().err


def test_a_device_that_is_not_there_is_said(folders, capsys, monkeypatch):
    """--device cuda without one: exit 1 and what to use; auto takes it where it is."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert run(folders, "--device", "cuda") == 1
    assert "use --device cpu or auto" in capsys.readouterr().err
    assert learn._device("auto") == "cpu"
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert (learn._device("auto"), learn._device("cpu")) == ("cuda", "cpu")


def test_progress_says_step_time_left_and_score(capsys):
    """Plain lines where nobody looks at a terminal; the last score stays in sight."""
    progress = Progress()
    progress.report({"step": 10, "noise_balanced": 0.8, "music_balanced": 0.9}, 40)
    progress.report({"step": 20, "train_total": 1.0}, 40)
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "step 10 of 40, held-out: balanced accuracy 0.850"
    assert lines[1].startswith("step 20 of 40, ")
    assert lines[1].endswith(" left, held-out: balanced accuracy 0.850")
    assert live_score({"step": 1}) == ""
    assert [time_left(s) for s in (5, 600, 7200)] == ["5 s", "10 min", "2.0 h"]
