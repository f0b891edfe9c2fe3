"""One training: its learning rates, its early end, going on as if never stopped, and learning from a teacher."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from training.config_file import ConfigError
from training.networks.swishnet import SwishConfig, SwishNet
from training.studies.swishnet import fit as module
from training.studies.swishnet.clips import Clips
from training.studies.swishnet.fit import Progress, Soft, answers, fit, learning_rate
from training.studies.swishnet.settings import DistilConfig, FitConfig, TeacherConfig
from training.studies.swishnet.teacher import Teacher, distillation_loss

SMALL = FitConfig(epochs=4, batch=8, period_epochs=1, period_factor=2)


def clips(count=30, length=12, seed=0):
    """Three classes that differ in one coefficient each, with noise."""
    rng = np.random.default_rng(seed)
    labels = rng.integers(3, size=count)
    frames = rng.normal(size=(count, length, 20)).astype(np.float32)
    frames[np.arange(count), :, labels] += 2.0
    return Clips(
        frames.reshape(-1, 20), np.arange(count) * length, labels, np.arange(count, dtype=np.int64), length
    )


def net(seed=0):
    torch.manual_seed(seed)
    return SwishNet(SwishConfig(width=1))


def run(folder, config=SMALL, *, recipe=None, val=True, **more):
    made = net()
    done = fit(
        made,
        clips(),
        clips(seed=1) if val else None,
        config,
        folder,
        seed=0,
        recipe=recipe or {"model": "slim"},
        **more,
    )
    return done, made.state_dict()


def equal(a, b):
    return all(torch.equal(a[key], b[key]) for key in a)


def test_learning_rates_begin_again():
    """The rate is torch's own for cosine annealing with warm restarts, within an epoch too."""
    config = FitConfig()
    optimiser = torch.optim.Adam([torch.zeros(1, requires_grad=True)], config.highest_rate)
    peer = torch.optim.lr_scheduler.CosineAnnealingWarmRestarts(
        optimiser, config.period_epochs, config.period_factor, config.lowest_rate
    )
    optimiser.step()
    for epoch in np.arange(0, 120, 0.25):
        peer.step(float(epoch))
        assert learning_rate(float(epoch), config) == pytest.approx(peer.get_last_lr()[0], rel=1e-9)
    restarts = [e for e in range(120) if learning_rate(e, config) == config.highest_rate]
    assert restarts == [0, 8, 24, 56]


def test_two_runs_with_one_seed_are_one_run(tmp_path):
    """Same seed, same weights, bit for bit."""
    (_, a), (_, b) = run(tmp_path / "a"), run(tmp_path / "b")
    assert equal(a, b)


def test_going_on_gives_what_not_stopping_gives(tmp_path, monkeypatch):
    """A training that is interrupted in its third epoch ends with the weights of one that was not."""
    _, whole = run(tmp_path / "whole")
    epoch, left = module._epoch, [2]

    def failing(*args):
        left[0] -= 1
        if left[0] < 0:
            args[0].net.out.bias.data += 1.0  # half an epoch's work, to be lost
            raise KeyboardInterrupt
        return epoch(*args)

    monkeypatch.setattr(module, "_epoch", failing)
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path / "cut")
    monkeypatch.setattr(module, "_epoch", epoch)
    done, cut = run(tmp_path / "cut")
    assert equal(whole, cut)
    assert done.epochs == 4


def test_an_ended_training_is_not_trained_again(tmp_path, monkeypatch):
    """The second call gives the same weights without an epoch."""
    _, first = run(tmp_path)
    monkeypatch.setattr(module, "_epoch", None)
    _, again = run(tmp_path)
    assert equal(first, again)


def test_other_settings_do_not_go_on(tmp_path):
    """A checkpoint belongs to its recipe; the number of threads is no part of it."""
    run(tmp_path)
    run(tmp_path, replace(SMALL, threads=2))
    torch.set_num_threads(1)
    with pytest.raises(ConfigError, match="made with other settings or other recordings"):
        run(tmp_path, recipe={"model": "wide"})
    with pytest.raises(ConfigError, match="--runs"):
        run(tmp_path, replace(SMALL, batch=9))


def test_it_ends_early_and_keeps_the_best(tmp_path, monkeypatch):
    """Losses 3, 1, 2, 2, 2 with a patience of 3 end after five epochs, with the second one's weights."""
    losses, weights = iter([3.0, 1.0, 2.0, 1.0, 2.0, 0.1]), []
    monkeypatch.setattr(module, "loss_of", lambda logits, clips: next(losses))
    judge = module.accuracy_of
    kept = []

    def spy(done, row, network, config):
        kept.append({k: v.clone() for k, v in network.state_dict().items()})
        return note(done, row, network, config)

    note = module._note
    monkeypatch.setattr(module, "_note", spy)
    done, weights = run(tmp_path, replace(SMALL, epochs=50, patience=3))
    assert (done.epochs, done.best_epoch, done.best_loss) == (5, 1, 1.0)
    assert equal(weights, kept[1]) and not equal(weights, kept[4])
    rows = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert [row["loss/val"] for row in rows] == [3.0, 1.0, 2.0, 1.0, 2.0]
    assert judge is module.accuracy_of


def test_without_a_validation_part_the_last_epoch_counts(tmp_path):
    """Fine-tuning has nothing to choose by: all epochs, last weights."""
    done, _ = run(tmp_path, replace(SMALL, patience=1), val=False)
    assert (done.epochs, done.best_epoch) == (4, 3)


def test_it_learns(tmp_path):
    """Three classes that are easily told apart are told apart after 20 epochs."""
    config = FitConfig(epochs=20, batch=8, highest_rate=5e-3, period_epochs=20)
    made = net()
    fit(made, clips(200), clips(seed=1), config, tmp_path, seed=0, recipe={})
    assert module.accuracy_of(answers(made, clips(100, seed=2)), clips(100, seed=2)) > 0.95
    assert (tmp_path / "curves.png").stat().st_size > 1000


def test_a_loss_that_is_not_finite_ends_it(tmp_path):
    """One bad frame is found out in its epoch."""
    bad = clips()
    bad.frames[3] = np.nan
    with pytest.raises(FloatingPointError, match=r"expected a finite loss, got nan in epoch 1"):
        fit(net(), bad, None, SMALL, tmp_path, seed=0, recipe={})


def test_distillation_is_cross_entropy_with_a_soft_part():
    """Share 0 is plain cross-entropy; share 1 has its least where pupil and teacher agree; slow version agrees."""
    rng = torch.Generator().manual_seed(0)
    logits, soft = (torch.randn(5, 3, generator=rng, dtype=torch.float64) for _ in range(2))
    labels = torch.tensor([0, 1, 2, 1, 0])
    assert distillation_loss(logits, labels, soft, 4.0, 0.0) == F.cross_entropy(logits, labels)
    slow = 0.0
    for a, b in zip((logits / 4).softmax(1), (soft / 4).softmax(1), strict=True):
        slow -= sum(float(b[k]) * float(a[k].log()) for k in range(3)) * 16 / 5
    wanted = 0.9 * slow + 0.1 * float(F.cross_entropy(logits, labels))
    assert float(distillation_loss(logits, labels, soft, 4.0, 0.9)) == pytest.approx(wanted, rel=1e-12)
    agreeing = nn.Parameter(soft.clone())
    distillation_loss(agreeing, labels, soft, 4.0, 1.0).backward()
    assert agreeing.grad.abs().max() < 1e-9


def test_a_pupil_comes_to_say_what_its_teacher_says(tmp_path):
    """With all of the loss soft, answers follow a teacher who is always wrong, against the labels."""
    made, own = net(), clips(60)
    wrong = torch.nn.functional.one_hot(torch.from_numpy((own.labels + 1) % 3), 3) * 8.0
    config = FitConfig(epochs=25, batch=8, highest_rate=5e-3, period_epochs=25)
    fit(made, own, None, config, tmp_path, seed=0, recipe={}, soft=Soft(wrong, 2.0, 1.0))
    chosen = answers(made, own).argmax(1).numpy()
    assert (chosen == (own.labels + 1) % 3).mean() > 0.9


def test_temperatures_are_the_paper_s():
    """4, 2, 1 for the slim and 10, 10, 8 for the wide model, for clips of 2, 1 and 0.5 s."""
    config = DistilConfig()
    assert [config.temperature("slim", s) for s in (2.0, 1.0, 0.5)] == [4.0, 2.0, 1.0]
    assert [config.temperature("wide", s) for s in (2.0, 1.0, 0.5)] == [10.0, 10.0, 8.0]
    assert config.temperature("slim", 1.8) == 4.0


def test_the_teacher_is_as_big_as_the_paper_s():
    """About 220 thousand weights, for clips of any length, level-normalised like its pupils."""
    teacher = Teacher(TeacherConfig())
    weights = sum(p.numel() for p in teacher.parameters())
    assert 200_000 < weights < 250_000
    assert teacher.clip(torch.zeros(2, 50, 20)).shape == (2, 3)
    x = torch.randn(2, 50, 20)
    plain = teacher.eval().clip(x)
    teacher.set_normalisation(torch.full((20,), 5.0), torch.full((20,), 3.0))
    assert torch.allclose(teacher.clip(3 * x + 5), plain, atol=1e-4)


def test_progress_is_what_a_checkpoint_holds(tmp_path):
    """Nothing of how far a training is gets lost on disk."""
    done, _ = run(tmp_path)
    state = torch.load(tmp_path / "checkpoint.pt", weights_only=True)
    assert {name: state[name] for name in ("epochs", "best_epoch", "best_loss", "ended")} == {
        "epochs": done.epochs,
        "best_epoch": done.best_epoch,
        "best_loss": done.best_loss,
        "ended": True,
    }
    assert set(Progress.__dataclass_fields__) < set(state)
