"""The frame classifier's graph written by hand is the torch network, however the sound is cut."""

import numpy as np
import onnxruntime
import pytest
import torch

from export import swish_graph
from export.swish_graph import READOUTS, build, fourier_weights, power_weights, state_shapes
from training.networks import mfcc, swish_live
from training.networks.swishnet import SwishConfig, SwishNet

PROBABILITY = 1e-5
"""Absolute: float32 sums in another order."""
LEVEL_DB = 1e-3
"""Absolute, dB."""
STATES = {"atol": 2e-4, "rtol": 1e-5}

CONFIGS = {
    "slim": SwishConfig(),
    "wide": SwishConfig(width=2, classes=2),
    "hidden": SwishConfig(hidden=12),
    "blind": SwishConfig(level_blind=True),
    "background": SwishConfig(background=True),
    "blind, background": SwishConfig(level_blind=True, background=True, memory=(0.3,)),
    "memory": SwishConfig(memory=(0.3,), level_blind=True),
    "shipped": SwishConfig(memory=(0.3, 1.0, 3.0), hidden=16, level_blind=True),
}


@pytest.fixture(scope="module", params=CONFIGS, ids=str)
def net(request) -> SwishNet:
    torch.manual_seed(6)
    net = SwishNet(CONFIGS[request.param]).eval()
    with torch.no_grad():
        net.set_normalisation(5.0 * torch.randn(mfcc.COEFFICIENTS), 5.0 + 5.0 * torch.rand(mfcc.COEFFICIENTS))
        for weights in (net.out.weight, net.out.bias):
            weights.normal_(0.0, 0.7)
    return net


@pytest.fixture(scope="module")
def session(net):
    return onnxruntime.InferenceSession(build(net), providers=["CPUExecutionProvider"])


def _sound(channels: int, blocks: int) -> np.ndarray:
    """Noise that swells from nothing, and one block that is no sound at all."""
    x = np.random.default_rng(channels).standard_normal((channels, blocks, mfcc.HOP))
    x *= np.linspace(0.0, 0.3, blocks)[None, :, None] ** 2
    x[0, blocks // 2, 20:23] = np.nan, np.inf, 1e30
    return x.astype(np.float32)


def _run(session, net, x, step):
    """Probabilities (K, T), level (1, T) and the last states, some blocks a run."""
    shapes = state_shapes(net)
    state = {
        f"{k}_in": np.zeros([len(x) if d == "C" else d for d in v], np.float32) for k, v in shapes.items()
    }
    names, columns = [o.name for o in session.get_outputs()], []
    for start in range(0, x.shape[1], step):
        run = session.run(None, {"blocks": x[:, start : start + step], **state})
        out = dict(zip(names, run, strict=True))
        state = {f"{k}_in": out[f"{k}_out"] for k in shapes}
        columns.append(np.concatenate([out["classes"], out["readouts"]]))
    rows = np.concatenate(columns, axis=1)
    return rows[:-1], rows[-1:], state


@torch.no_grad()
@pytest.mark.parametrize("channels", [1, 2, 8])
def test_graph_equals_network(net, session, channels):
    """Probabilities, level and every state, with NaN in the sound."""
    x = _sound(channels, 120)
    classes, level, state = _run(session, net, x, 120)
    heard, new = swish_live.listen(net, torch.from_numpy(x), swish_live.initial_state(net, channels))
    np.testing.assert_allclose(classes, heard.classes, atol=PROBABILITY, rtol=0)
    np.testing.assert_allclose(level, heard.level_db, atol=LEVEL_DB, rtol=0)
    assert list(new.named()) == list(state_shapes(net)) and [name for name, _ in READOUTS] == ["level_db"]
    for name, value in new.named().items():
        np.testing.assert_allclose(state[f"{name}_in"], value, err_msg=name, **STATES)
    np.testing.assert_allclose(classes.sum(axis=0), 1.0, atol=PROBABILITY)
    assert np.ptp(classes, axis=1).max() > 0.1, "nothing moved"


@pytest.mark.parametrize("step", [1, 7, 64])
def test_any_number_of_blocks_a_run(net, session, step):
    """Live and offline are one graph."""
    x = _sound(2, 130)
    whole, cut = (_run(session, net, x, n) for n in (130, step))
    np.testing.assert_allclose(cut[0], whole[0], atol=PROBABILITY, rtol=0)
    np.testing.assert_allclose(cut[1], whole[1], atol=LEVEL_DB, rtol=0)


@torch.no_grad()
@pytest.mark.parametrize("step", [1, 9])
def test_torch_in_blocks_is_the_network_on_its_features(net, step):
    """What a host runs gives what training sees: the rows of ``training.networks.mfcc`` through the network."""
    x = torch.from_numpy(np.nan_to_num(_sound(1, 100), posinf=0.0)).clamp(-1, 1)
    expected = torch.softmax(net(mfcc.mfcc(x.flatten(1)))[0][0], dim=1).T
    state, parts = swish_live.initial_state(net), []
    for part in x.split(step, dim=1):
        heard, state = swish_live.listen(net, part, state)
        parts.append(heard.classes)
    torch.testing.assert_close(torch.cat(parts, dim=1), expected, atol=PROBABILITY, rtol=0)


@torch.no_grad()
def test_the_loudest_channel_is_heard_as_it_is_alone(net, session):
    """Beside silence, itself, itself in antiphase, and itself turned down."""
    x = _sound(1, 60)
    alone, silent = _run(session, net, x, 60)[0], np.zeros_like(x)
    for channels in ([silent] * 7 + [x], [x, x], [x, -x], [np.float32(0.1) * x, x, silent]):
        wide, _, _ = _run(session, net, np.concatenate(channels), 60)
        np.testing.assert_allclose(wide, alone, atol=PROBABILITY, rtol=0)


def test_two_small_products_are_the_fourier_transform():
    """Powers of the bands of any frame, and the level, are those of one transform of 400 samples."""
    frame = np.random.default_rng(3).standard_normal(mfcc.FRAME)
    first, second = fourier_weights()
    x = (first @ frame.reshape(swish_graph.LONG, swish_graph.SHORT)).reshape(swish_graph.KEPT, 1, -1)
    got = np.square(x @ second).ravel() @ power_weights()
    powers = np.abs(np.fft.rfft(frame)) ** 2
    np.testing.assert_allclose(got[:-1], mfcc.mel_weights() @ powers, rtol=1e-9)
    level = got[-1] * mfcc.LEVEL_FLOOR / mfcc.FLOOR
    np.testing.assert_allclose(level, mfcc.level_weights() @ powers, rtol=1e-9)


def test_the_file_is_small():
    """The shipped network, front end and all, in less than half a megabyte."""
    assert len(build(SwishNet(CONFIGS["shipped"]))) < 500_000
