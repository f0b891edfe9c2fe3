"""The differentiable ballistics: the runtime's law, with a gradient."""

import numpy as np
import torch

from gate.realtime.ballistics import openness_curve
from training.networks.soft_ballistics import openness

SAME_OPENNESS = 1e-6
"""Linear openness: float32 in and out of a float64 law."""
GRADIENT = 1e-5
"""Absolute, against central differences in float64."""


def _times(rng, shape):
    return 1 + 29 * rng.random(shape), 500 * rng.random(shape), 5 + 995 * rng.random(shape)


def test_hard_decisions_give_the_runtimes_openness():
    """With decisions of exactly 0 and 1, training and runtime have one law."""
    rng = np.random.default_rng(1)
    decision = np.repeat(rng.random(100) > 0.5, 30).astype(float)
    gate = np.stack([decision, *_times(rng, decision.shape)]).astype(np.float32)
    ours = openness(*(torch.from_numpy(row)[None] for row in gate))[0].numpy()
    np.testing.assert_allclose(ours, openness_curve(gate, 0.5, 0.35), atol=SAME_OPENNESS)


def test_gradients_of_decision_attack_and_release_are_those_of_small_changes():
    """Without hold, every gradient agrees with central differences."""
    rng = np.random.default_rng(2)
    inputs = [torch.from_numpy(0.1 + 0.8 * rng.random((2, 40)))]
    inputs += [
        torch.from_numpy(x)
        for x in (5 + 20 * rng.random((2, 40)), np.zeros((2, 40)), 20 + 200 * rng.random((2, 40)))
    ]
    weight = torch.from_numpy(rng.standard_normal((2, 40)))
    leaves = [x.clone().requires_grad_() for x in inputs]
    (openness(*leaves) * weight).sum().backward()
    for which in (0, 1, 3):
        for at in ((0, 3), (0, 20), (1, 33)):
            step, sides = 1e-6 * max(1.0, float(inputs[which][at])), []
            for sign in (1, -1):
                moved = [x.clone() for x in inputs]
                moved[which][at] += sign * step
                sides.append(float((openness(*moved) * weight).sum()))
            expected = (sides[0] - sides[1]) / (2 * step)
            assert abs(expected - float(leaves[which].grad[at])) < GRADIENT


def test_a_longer_hold_is_asked_for_when_the_gate_shuts_too_early():
    """The gradient of hold points to the end of the hold, though the law has an edge there."""
    decision = torch.zeros(1, 100)
    decision[:, 10:40] = 1.0
    hold = torch.full((1, 100), 50.0, requires_grad=True)
    opened = openness(decision, torch.full((1, 100), 2.0), hold, torch.full((1, 100), 20.0))
    wanted = torch.zeros(1, 100)
    wanted[:, 10:90] = 1.0
    (opened - wanted).abs().sum().backward()
    assert hold.grad[0, 39] < 0
