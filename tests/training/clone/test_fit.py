"""Networks: copying is exact, what is added is learned, and a stopped run continues."""

import numpy as np
import pytest
import torch

from tests.training.clone.sounds import RATE, bursts
from training.clone import fit
from training.clone.fit import FitConfig
from training.clone.pair import Look, Pair
from training.config_file import ConfigError

COPIED = 1e-6
"""Error share of a copy: what the question's LSTM never reached."""
SMALL = FitConfig(hidden=8, steps=6, piece=256, pieces=2, batch=4)


def pair(dry, wet):
    look = Look(
        len(dry) / RATE, (RATE, RATE), (0.0, 0.0), 0.0, 1, 0.0, 0.0, -140.0, -140.0, (0.0, 0.0), False, 1.0
    )
    return Pair(dry, wet, RATE, look)


@pytest.mark.parametrize("network", ["lstm", "wavenet"])
def test_copying_is_learned(network, tmp_path):
    """The same file as dry and wet: the error share stays under 1e-6, before the first step and after the last."""
    torch.set_num_threads(1)
    x = bursts(4.0)
    made = fit.fit(pair(x, x), FitConfig(network, 8, 6, 256, 2, 4), tmp_path)
    assert made.esr < COPIED
    sound = torch.from_numpy(x[:RATE].astype(np.float32))
    assert torch.mean((fit.played(made.net, sound) - sound) ** 2) < COPIED * torch.mean(sound**2)


def test_what_a_box_adds_is_learned(tmp_path):
    """A rectifier: after some steps the error share is a fraction of what a gain leaves."""
    torch.set_num_threads(1)
    x = bursts(4.0)
    both = pair(x, 0.3 * x + 0.7 * np.abs(x))
    before = fit.fit(both, FitConfig(hidden=8, steps=1, piece=256, pieces=2, batch=4), tmp_path / "a").esr
    after = fit.fit(
        both, FitConfig(hidden=8, steps=120, piece=256, pieces=2, batch=8, learning_rate=1e-2), tmp_path / "b"
    )
    assert after.esr < 0.7 * before


def test_a_stopped_run_continues(tmp_path):
    """Stopped after two steps, the same call does the rest; other settings are refused."""
    x = bursts(4.0)
    asked = iter([False, True])
    with pytest.raises(KeyboardInterrupt):
        fit.fit(pair(x, 0.5 * x), SMALL, tmp_path, stop=lambda: next(asked))
    rows = []
    made = fit.fit(pair(x, 0.5 * x), SMALL, tmp_path, report=lambda row, steps: rows.append(row["step"]))
    assert (rows[0], made.steps) == (3, 6)
    with pytest.raises(ConfigError, match="other settings"):
        fit.fit(pair(x, 0.5 * x), FitConfig(seed=9), tmp_path)


def test_the_loss_is_that_of_what_is_heard():
    """No error is no loss, silence does not divide by nothing, and an offset counts."""
    x = torch.from_numpy(bursts(1.0)[None].astype(np.float32))
    assert float(fit.loss(x, x)) == 0.0
    assert np.isfinite(float(fit.loss(x, torch.zeros_like(x))))
    assert float(fit.loss(x + 0.1, x)) > float(fit.loss(x, x))
