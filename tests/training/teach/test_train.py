"""The loop: reproducible, resumable, and able to learn."""

import dataclasses

import numpy as np
import pytest
import torch

from tests.training.stores import make_store
from training.config_file import ConfigError, load
from training.networks.gate_net import GateConfig, GateNet
from training.teach import run_log
from training.teach import train as loop
from training.teach.batches import BatchConfig, draw
from training.teach.config import Config
from training.teach.losses import LossConfig, gate_loss
from training.teach.optimiser import OptimiserConfig

CONFIG = Config(
    model=GateConfig(width=8, hidden=8),
    batch=BatchConfig(sequences=3, blocks=180),
    optimiser=OptimiserConfig(steps=6, evaluate_every=3),
)


@pytest.fixture
def store(tmp_path, monkeypatch):
    store = make_store(tmp_path / "store")
    monkeypatch.setattr(loop, "scenes", lambda config: store)
    return store


def _weights(path):
    return torch.load(path, weights_only=True)["net"]


def test_two_runs_with_one_seed_are_one_run(store, tmp_path):
    """Same seed, same weights, bit for bit."""
    a, b = (_weights(loop.train(CONFIG, tmp_path / name)) for name in "ab")
    assert all(torch.equal(a[k], b[k]) for k in a)


def test_going_on_gives_what_not_stopping_gives(store, tmp_path, monkeypatch):
    """A run that is interrupted behind a checkpoint ends with the weights of one that was not."""
    whole = _weights(loop.train(CONFIG, tmp_path / "whole"))
    draws = {"left": 4}

    def failing(*args):
        draws["left"] -= 1
        if draws["left"] < 0:
            raise KeyboardInterrupt
        return draw(*args)

    monkeypatch.setattr(loop, "draw", failing)
    with pytest.raises(KeyboardInterrupt):
        loop.train(CONFIG, tmp_path / "cut")
    monkeypatch.setattr(loop, "draw", draw)
    cut = _weights(loop.train(CONFIG, tmp_path / "cut"))
    assert all(torch.equal(whole[k], cut[k]) for k in whole)


def test_what_was_learned_outlives_a_judge_that_fails(store, tmp_path):
    """The checkpoint is written before the judge is asked."""

    def failing(net):
        raise ValueError("no score")

    with pytest.raises(ValueError, match="no score"):
        loop.train(CONFIG, tmp_path / "run", validation=failing)
    assert torch.load(tmp_path / "run" / "checkpoint.pt", weights_only=True)["step"] == 3


def test_answers_in_bfloat16_are_nearly_those_in_float32(tmp_path):
    """And the first layer is blind to level all the same: it alone decides in full precision."""
    batch = draw(make_store(tmp_path / "store"), CONFIG.batch, np.random.default_rng(0))
    torch.manual_seed(0)
    net = GateNet(CONFIG.model)
    exact, coarse = (loop.answers(net, batch, wanted) for wanted in (False, True))
    assert all(x.dtype == torch.float32 for x in coarse)
    assert not torch.equal(exact.logit, coarse.logit)
    torch.testing.assert_close(exact.logit, coarse.logit, atol=0.1, rtol=0.02)


def test_another_configuration_does_not_go_on(store, tmp_path):
    """A checkpoint belongs to its configuration."""
    loop.train(CONFIG, tmp_path / "run")
    other = dataclasses.replace(CONFIG, seed=5)
    with pytest.raises(ConfigError, match="another configuration"):
        loop.train(other, tmp_path / "run")


def test_one_batch_can_be_learned_by_heart(tmp_path):
    """The network and the losses can fit a batch: after 150 steps the decision is right nearly everywhere."""
    store = make_store(tmp_path / "store")
    batch = draw(store, dataclasses.replace(CONFIG.batch, threshold_above=0.0), np.random.default_rng(0))
    torch.manual_seed(0)
    net = GateNet(GateConfig(width=16, hidden=16))
    optimiser = torch.optim.AdamW(net.parameters(), 1e-2)
    for _ in range(150):
        output, _ = net.decide(batch.powers, net.initial_state(len(batch.label)))
        losses = gate_loss(output, batch, LossConfig())
        optimiser.zero_grad()
        losses["total"].backward()
        optimiser.step()
    scored = batch.label >= 0
    right = ((output.logit > 0) == (batch.label == 1))[scored].float().mean()
    assert right > 0.97


def test_settings_come_from_toml_and_from_the_command_line(tmp_path):
    """--set wins over the file; integers are taken for floats; lists for tuples."""
    path = tmp_path / "c.toml"
    path.write_text('name = "x"\n[optimiser]\nsteps = 5\nlearning_rate = 1\n')
    config = load(path, Config, ["optimiser.steps=7", "batch.threshold_under_db=[1.0, 2.0]"])
    assert (config.name, config.optimiser.steps, config.optimiser.learning_rate) == ("x", 7, 1.0)
    assert config.batch.threshold_under_db == (1.0, 2.0)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ("optimiser.stepz=7", "unknown key optimiser.stepz; did you mean steps?"),
        ("seed='a'", "expected int for seed, got 'a'; the default is 0"),
        ("seed=", "expected TOML"),
    ],
)
def test_a_wrong_setting_is_named(tmp_path, change, says):
    """Unknown keys name the close ones; wrong types name the default."""
    path = tmp_path / "c.toml"
    path.write_text("")
    with pytest.raises(ConfigError) as error:
        load(path, Config, [change])
    assert says in str(error.value)


def test_no_corpus_is_one_sentence(tmp_path, capsys):
    """The command line says what is missing, and exits with 1."""
    path = tmp_path / "c.toml"
    path.write_text(f'[data]\ncorpus = "{tmp_path}"\n')
    assert loop.main([str(path), "--runs", str(tmp_path / "runs")]) == 1
    assert "error: expected" in capsys.readouterr().err


@pytest.mark.slow
def test_plain_folders_become_a_preset(tmp_path, capsys):
    """From folders of target and bleed to a gate that runs: prepare, train, validate, export, all by command."""
    from export import to_onnx
    from gate.modelfile import preset
    from tests.training import tiny_corpus

    corpus = tiny_corpus.make(tmp_path / "corpus")
    config = tmp_path / "mine.toml"
    config.write_text(
        f"""
        name = "mine"
        taught = "talk"
        model = {{ width = 8, hidden = 8 }}
        scene = {{ seconds = 3.0 }}
        batch = {{ sequences = 2, blocks = 600 }}
        optimiser = {{ steps = 4, evaluate_every = 4 }}
        [data]
        target = ["{corpus / "speech"}"]
        bleed = ["{corpus / "noise"}"]
        store = "{tmp_path / "store"}"
        scenes = 4
        val_scenes = 2
        jobs = 1
        """
    )
    runs = tmp_path / "runs"
    assert loop.main([str(config), "--runs", str(runs)]) == 0, capsys.readouterr().err
    assert (runs / "mine" / "curves.png").stat().st_size > 1000
    assert to_onnx.main([str(runs / "mine" / "checkpoint.pt"), str(tmp_path / "mine")]) == 0
    assert preset.resolve(tmp_path / "mine").contract.taught == "talk"
    assert "talk" in (tmp_path / "mine" / "CARD.md").read_text()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["nope.toml"], "expected a TOML file, such as training/configs/voice.toml, got nope.toml"),
        (["."], "expected a TOML file"),
        (["{config}", "--device", "cuda"], "expected a CUDA device"),
    ],
)
def test_what_cannot_begin_says_so_in_a_sentence(tmp_path, capsys, monkeypatch, arguments, says):
    """A missing file, a folder and a missing device: exit 1, no traceback."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    config = tmp_path / "c.toml"
    config.write_text("")
    assert loop.main([argument.format(config=config) for argument in arguments]) == 1
    assert says in capsys.readouterr().err


def test_no_git_is_no_reason_to_lose_a_run(monkeypatch):
    """The commit is noted where it can be found out."""

    def missing(*args, **kwargs):
        raise FileNotFoundError("git")

    monkeypatch.setattr(run_log.subprocess, "run", missing)
    assert run_log.commit() == ""


def test_a_stopped_run_goes_on_as_if_it_had_not(store, tmp_path):
    """``stop`` saves behind any step, and the same call ends with the weights of a run that was not stopped."""
    whole = _weights(loop.train(CONFIG, tmp_path / "whole"))
    asked = iter([False, True])
    with pytest.raises(KeyboardInterrupt):
        loop.train(CONFIG, tmp_path / "parts", stop=lambda: next(asked))
    assert torch.load(tmp_path / "parts" / "checkpoint.pt", weights_only=True)["step"] == 2
    parts = _weights(loop.train(CONFIG, tmp_path / "parts"))
    assert all(torch.equal(whole[k], parts[k]) for k in whole)


def test_a_run_may_start_from_a_network_and_report(store, tmp_path, monkeypatch):
    """The first step is taken from the given weights, and rows of the log go to who asked for them."""
    monkeypatch.setattr(loop, "LOG_EVERY", 1)
    torch.manual_seed(9)
    start, rows = GateNet(CONFIG.model), []
    still = dataclasses.replace(
        CONFIG, optimiser=OptimiserConfig(steps=1, learning_rate=0.0, weight_decay=0.0)
    )
    path = loop.train(still, tmp_path, start=start, report=rows.append, validation=None)
    assert all(torch.equal(start.state_dict()[k], v) for k, v in _weights(path).items())
    assert [row["step"] for row in rows] == [1]
