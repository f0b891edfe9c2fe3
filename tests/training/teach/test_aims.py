"""Falling short of a goal costs, each measure in its own direction."""

import dataclasses

import numpy as np
import pytest

from training.teach.aims import AimConfig, shortfall
from training.teach.validate import Validation

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


def test_a_gate_that_never_shuts_is_not_chosen(monkeypatch):
    """It misses nothing and chops nothing; but among pairs that are right about as often, the least shortfall wins."""
    rows = {
        (0.2, 0.1): {"balanced": 0.7, "chops_min": 1.0, "missed": 0.001, "lost_db": 0.001},
        (0.3, 0.2): {"balanced": 0.915, "chops_min": 8.0, "missed": 0.02},
        (0.5, 0.4): {"balanced": 0.92, "chops_min": 30.0, "missed": 0.1},
    }
    asleep = _reached() | {"balanced": 0.6}
    monkeypatch.setattr(
        Validation,
        "table",
        lambda self, gates, *pair: {"noise": (_reached() | rows[pair]) if pair in rows else asleep},
    )
    validation = Validation(None, [], [], [], [])
    assert validation.best_decision(None, AIMS) == (0.3, 0.2)
