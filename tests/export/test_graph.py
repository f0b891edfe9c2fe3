"""The graph written by hand is the torch network."""

import numpy as np
import onnxruntime
import pytest
import torch

from export.graph import READOUTS, build, state_shapes
from gate.realtime.key_band import OUTSIDE
from training.networks.front import BANDS
from training.networks.gate_net import KEY_SHARE, GateConfig, GateNet

LOGIT_LIKE = 1e-5
"""Absolute, open probability and states: float32 sums in another order."""
TIMES_MS = 1e-2
"""Absolute, in ms, of times up to a second."""
ON_AN_EDGE = 1e-5
"""Share of the key's weight: where an edge lies so near between two bands, rounding says which."""
MOST_ON_AN_EDGE = 0.05
"""Share of the blocks where that may be so."""


@pytest.fixture(scope="module", params=[0.0, 6.0], ids=["plain", "with peaks"])
def net(request) -> GateNet:
    torch.manual_seed(5)
    return GateNet(GateConfig(width=12, hidden=20, peaks_db_s=request.param)).eval()


@pytest.fixture(scope="module")
def session(net):
    return onnxruntime.InferenceSession(build(net), providers=["CPUExecutionProvider"])


def _run(session, net, x, threshold, step, key_bias=None):
    shapes = state_shapes(net)
    state = {
        f"{k}_in": np.zeros([len(x) if d == "C" else d for d in v], np.float32) for k, v in shapes.items()
    }
    names, rows = [o.name for o in session.get_outputs()], []
    bias = np.zeros((1, BANDS), np.float32) if key_bias is None else key_bias
    for start in range(0, x.shape[1], step):
        part = slice(start, start + step)
        feeds = {"blocks": x[:, part], "threshold_db": threshold[:, part], "key_bias": bias, **state}
        out = dict(zip(names, session.run(None, feeds), strict=True))
        state = {f"{k}_in": out[f"{k}_out"] for k in shapes}
        rows.append(np.concatenate([out["gate"], out["readouts"]]))
    return np.concatenate(rows, axis=1), state


@pytest.mark.parametrize("channels", [1, 2, 8, 32])
def test_graph_equals_network(net, session, channels):
    """Probability, times, key edges and every state, with NaN in the sound and a threshold that moves."""
    rng = np.random.default_rng(channels)
    x = (0.1 * rng.standard_normal((channels, 120, 100))).astype(np.float32)
    x[0, 7, 50] = np.nan
    threshold = np.linspace(-60, -10, 120, dtype=np.float32)[None]
    rows, state = _run(session, net, x, threshold, 120)
    with torch.no_grad():
        out, new = net(torch.from_numpy(x), torch.from_numpy(threshold), net.initial_state(1, channels))
        low, high = net.key_edges_hz(out.key)
    np.testing.assert_allclose(rows[0], torch.sigmoid(out.logit)[0], atol=LOGIT_LIKE)
    for row, expected in zip(rows[1:4], (out.attack_ms, out.hold_ms, out.release_ms), strict=True):
        np.testing.assert_allclose(row, expected[0], atol=TIMES_MS)
    assert [name for name, _ in READOUTS] == ["key_low_hz", "key_high_hz", "level_db"]
    before = (out.key.cumsum(-1) - out.key)[0, :, :, None]
    near = (before - torch.tensor([(1 - KEY_SHARE) / 2, (1 + KEY_SHARE) / 2])).abs() < ON_AN_EDGE
    sure = ~near.any(dim=1).numpy()  # (T, 2)
    assert np.mean(~sure) < MOST_ON_AN_EDGE
    for row, edges, which in zip(rows[4:6], (low[0], high[0]), sure.T, strict=True):
        np.testing.assert_allclose(row[which], edges[which], atol=0.1)
    for name, value in zip(new._fields, new, strict=True):
        if value.numel() == 0:  # not in the file
            assert f"{name}_in" not in state
            continue
        np.testing.assert_allclose(state[f"{name}_in"], value, atol=2e-4, rtol=1e-5, err_msg=name)


def test_level_readout_is_the_level_of_the_sound(net, session):
    """White noise at -20 dBFS reads about that, less what lies over 20 kHz, whatever the threshold."""
    x = (0.1 * np.random.default_rng(0).standard_normal((1, 300, 100))).astype(np.float32)
    for threshold in (-60.0, -20.0):
        rows, _ = _run(session, net, x, np.full((1, 300), threshold, np.float32), 300)
        assert abs(np.mean(rows[6, 50:]) - -20.9) < 0.5


@pytest.mark.parametrize("step", [1, 13, 64])
def test_any_number_of_blocks_a_run(net, session, step):
    """Live and offline are one graph."""
    x = (0.1 * np.random.default_rng(1).standard_normal((2, 128, 100))).astype(np.float32)
    threshold = np.full((1, 128), -30, np.float32)
    whole, _ = _run(session, net, x, threshold, 128)
    cut, _ = _run(session, net, x, threshold, step)
    np.testing.assert_allclose(cut[0], whole[0], atol=LOGIT_LIKE)
    np.testing.assert_allclose(cut[1:4], whole[1:4], atol=TIMES_MS)


@pytest.mark.parametrize("kept", [range(8), range(20, 21), range(32)])
def test_a_held_key_is_held_in_both(net, session, kept):
    """Probability and key edges of graph and network agree with bands taken out; the others share the weight as learned."""
    x = (0.1 * np.random.default_rng(3).standard_normal((1, 60, 100))).astype(np.float32)
    threshold = np.full((1, 60), -30, np.float32)
    bias = np.full((1, BANDS), OUTSIDE, np.float32)
    bias[0, list(kept)] = 0.0
    rows, _ = _run(session, net, x, threshold, 60, bias)
    with torch.no_grad():
        out, _ = net(
            torch.from_numpy(x), torch.from_numpy(threshold), net.initial_state(), torch.from_numpy(bias)
        )
        free, _ = net(torch.from_numpy(x), torch.from_numpy(threshold), net.initial_state())
        low, high = net.key_edges_hz(out.key)
    np.testing.assert_allclose(rows[0], torch.sigmoid(out.logit)[0], atol=LOGIT_LIKE)
    np.testing.assert_allclose(rows[4], low[0], atol=0.1)
    np.testing.assert_allclose(rows[5], high[0], atol=0.1)
    shared = free.key[..., list(kept)] / free.key[..., list(kept)].sum(-1, keepdim=True)
    np.testing.assert_allclose(out.key[..., list(kept)], shared, rtol=1e-4)
    assert out.key.sum(-1).sub(1.0).abs().max() < 1e-5
