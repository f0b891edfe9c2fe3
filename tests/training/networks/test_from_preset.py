"""Learning goes on from a shipped preset: its weights come back out of the model file."""

import numpy as np
import pytest
import torch

from export import golden, graph, parity
from gate.modelfile import contract
from tests import toy_model
from training.networks.from_preset import StartError, from_preset
from training.networks.gate_net import GateConfig, GateNet

PROBABILITY_TOLERANCE = 1e-4
"""What torch and ONNX Runtime may differ by in open probability: float32 sums in another order, fed back."""
STEEP_TOLERANCE = 1e-3
"""Where the answer is steep, in a block of a thousand, rounding counts for more."""


def test_the_network_that_comes_back_decides_as_the_shipped_file(voice):
    """The shipped voice gate in torch gives, block for block, what its file gives in ONNX Runtime."""
    x = golden.sound()
    blocks = len(x) // 100
    ours = parity.torch_gates(from_preset(voice), x, -40.0, blocks)
    theirs = parity.onnx_gates(voice, x, -40.0, blocks)
    apart = np.abs(ours[0] - theirs[0])
    assert np.quantile(apart, 0.99) < PROBABILITY_TOLERANCE and apart.max() < STEEP_TOLERANCE
    times = np.abs(ours[1:] / np.maximum(theirs[1:], 1.0) - theirs[1:] / np.maximum(theirs[1:], 1.0))
    assert (
        np.quantile(times, 0.99) < PROBABILITY_TOLERANCE and times.max() < 10 * STEEP_TOLERANCE
    )  # of up to 1000 ms
    assert np.ptp(ours[0]) > 0.5  # the sound makes it move


def test_there_and_back_again_is_the_same_file(voice):
    """A network that came from a file is exported as the same constants."""
    again = graph.build(from_preset(voice))
    from training.networks.from_preset import constants

    before, after = constants(voice.model), constants(again)
    assert before.keys() == after.keys()
    for name, value in before.items():
        np.testing.assert_allclose(after[name], value, atol=1e-6, err_msg=name)


def test_any_size_comes_back(tmp_path):
    """Width and hidden are read from the file."""
    torch.manual_seed(3)
    net = GateNet(GateConfig(width=8, hidden=6, peaks_db_s=6.0)).eval()
    found = from_preset(_exported(net))
    assert (found.config.width, found.config.hidden, found.config.peaks_db_s) == (8, 6, 6.0)
    assert torch.equal(found.lstm.weight_hh_l0, net.lstm.weight_hh_l0)
    assert torch.equal(found.heads.weight, net.heads.weight)


def test_another_graph_is_refused_in_a_sentence():
    """A model that keeps the contract but is no exported gate cannot be learned from."""
    with pytest.raises(StartError, match="start from another preset"):
        from_preset(contract.read(toy_model.build()))


def _exported(net):
    shapes = [{"name": n, "shape": s} for n, s in graph.state_shapes(net).items()]
    metadata = {
        "kind": "gate",
        "name": "small",
        "taught": "nothing",
        "sample_rate": 48_000,
        "block": 100,
        "latency_samples": 0,
        "states": shapes,
        "readouts": [{"name": n, "unit": u} for n, u in graph.READOUTS],
        "key_bands_hz": graph.key_bands_hz(),
        "decision": {"open_at": 0.5, "close_at": 0.35},
        "defaults": {"threshold_db": -40.0, "range_db": -80.0},
        "licence": "unstated",
        "training_data": "none",
        "scores": {},
    }
    return contract.write(graph.build(net), metadata)
