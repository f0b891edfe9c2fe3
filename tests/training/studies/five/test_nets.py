"""The five architectures: shapes, layers in the study's order, tokens, and that each can learn."""

import pytest
import torch
from torch import nn

from training.studies.five.fit import cross_entropy
from training.studies.five.nets import build, with_tokens
from training.studies.five.settings import ARCHITECTURES, Settings

STEPS, LEARNED = 150, 0.05
"""Steps on a batch of eight, and the loss in nats that says it is known by heart."""


def net(arch, **changes):
    torch.manual_seed(0)
    return build(Settings(arch=arch, width=16, **changes), 20, 12)


@pytest.mark.parametrize("arch", ARCHITECTURES)
@pytest.mark.parametrize(("loss", "outputs"), [("binary", 1), ("two-class", 2)])
def test_tables_become_scores(arch, loss, outputs):
    """(B, T, F) becomes one score a clip, or two."""
    assert net(arch, loss=loss)(torch.randn(3, 20, 12)).shape == (3, outputs)


@pytest.mark.parametrize("arch", ARCHITECTURES)
@pytest.mark.parametrize("loss", ["binary", "two-class"])
def test_a_small_batch_can_be_learned_by_heart(arch, loss):
    """Eight random tables with random answers are learned: every layer passes its gradient on."""
    made = net(arch, loss=loss, dropout=0.0)
    tables = torch.randn(8, 20, 12)
    labels = torch.tensor([0.0, 1, 1, 0, 1, 0, 0, 1])
    optimiser = torch.optim.Adam(made.parameters(), 1e-2)
    for _ in range(STEPS):
        now = cross_entropy(made(tables), labels)
        optimiser.zero_grad()
        now.backward()
        optimiser.step()
    assert float(now.detach()) < LEARNED


@pytest.mark.parametrize("layers", range(1, 9))
@pytest.mark.parametrize("kernel", [2, 3, 16])
def test_one_to_eight_convolutions(layers, kernel):
    """There are as many convolutions as were asked for, whatever the kernel, on ten rows too."""
    made = build(Settings(arch="conv1d", width=16, layers=layers, kernel=kernel), 10, 128)
    assert sum(isinstance(part, nn.Conv1d) for part in made.modules()) == layers
    assert made(torch.randn(2, 10, 128)).shape == (2, 1)


@pytest.mark.parametrize(
    ("arch", "order"),
    [
        ("linear", "Flatten Linear ReLU Linear"),
        ("conv1d", "Conv1d ReLU Conv1d Dropout MaxPool1d Conv1d Dropout Flatten Linear"),
        ("conv2d", "Conv2d ReLU Conv2d MaxPool2d Conv2d Flatten BatchNorm1d Linear Dropout Linear"),
    ],
)
def test_layers_stand_in_the_study_s_order(arch, order):
    """What the study describes is what is built."""
    assert [type(part).__name__.replace("Same", "Conv") for part in net(arch).body] == order.split()


def test_tokens_stand_around_what_is_read():
    """A row of -1 before the table and a row of -2 behind it; nothing else changes."""
    tables = torch.randn(2, 5, 3)
    marked = with_tokens(tables)
    assert marked.shape == (2, 7, 3)
    assert torch.all(marked[:, 0] == -1.0)
    assert torch.all(marked[:, -1] == -2.0)
    assert torch.equal(marked[:, 1:-1], tables)


def test_tokens_change_what_the_lstm_says():
    """With the same weights the answer differs, so the rows are read."""
    with_, without = net("lstm", tokens=True), net("lstm", tokens=False)
    tables = torch.randn(2, 20, 12)
    assert not torch.allclose(with_(tables), without(tables))


def test_transformer_knows_places():
    """The same rows in another order give another answer."""
    made = net("transformer").eval()
    tables = torch.randn(1, 20, 12)
    assert not torch.allclose(made(tables), made(tables.flip(1)), atol=1e-6)


def test_a_width_that_heads_cannot_share_is_refused():
    """The transformer's width is a multiple of its heads."""
    with pytest.raises(
        ValueError, match="expected a width of a multiple of 4 for the transformer, got 18; change it"
    ):
        build(Settings(arch="transformer", width=18), 10, 12)
