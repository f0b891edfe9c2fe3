"""Falling short of a goal costs, each measure in its own direction."""

import dataclasses

import numpy as np
import pytest

from training.aims import AimConfig, shortfall

AIMS = AimConfig()


def _reached() -> dict[str, float]:
    return dataclasses.asdict(AIMS)


def test_everything_exactly_reached_costs_nothing():
    """Goals themselves are the zero."""
    assert shortfall({"noise": _reached()}, AIMS) == pytest.approx(0.0)


@pytest.mark.parametrize("name", list(dataclasses.asdict(AIMS)))
def test_worse_costs_ten_times_what_better_gains(name):
    """A tenth for what is better than its goal: reaching all comes before excelling in one."""
    aim = getattr(AIMS, name)
    worse, better = {
        "balanced": (1 - 1.25 * (1 - aim), 1 - 0.8 * (1 - aim)),
        "cut_db": (aim - 5.0, aim + 5.0),
    }.get(name, (1.25 * aim, 0.8 * aim))
    costs = [shortfall({"noise": _reached() | {name: value}}, AIMS) for value in (worse, better)]
    assert costs[0] > 0.0
    assert costs[0] == pytest.approx(-10.0 * costs[1])


def test_what_is_never_wrong_has_a_shortfall():
    """No chops at all is ten times better than the goal, not infinitely."""
    assert shortfall({"noise": _reached() | {"chops_min": 0.0}}, AIMS) == pytest.approx(0.1 * np.log(0.1))
