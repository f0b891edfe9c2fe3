"""Falling short of a goal costs, each measure in its own direction."""

import dataclasses

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
    sign = -1.0 if name in ("balanced", "cut_db") else 1.0
    step = 0.01 if name == "balanced" else 0.1 * getattr(AIMS, name)
    worse, better = (
        shortfall({"noise": _reached() | {name: getattr(AIMS, name) + s * step}}, AIMS) for s in (sign, -sign)
    )
    assert worse > 0.0 > better
    assert worse == pytest.approx(-10.0 * better)
