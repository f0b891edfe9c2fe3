"""A gate that is held open or shut by hand, in the engine and in a player."""

import numpy as np
import pytest

from gate import Gate
from gate.live.player import Player, Shape
from tests.gate.engine_tools import CURVE, bursts, cuts, open_engine

RATE, T_DB = 48_000, -35.0
LARGEST_STEP = 0.05
"""Of a gain from sample to sample: a ramp of 1 ms at 48 kHz steps by 0.021."""


def engine(toy, **settings):
    settings = {"threshold_db": T_DB, "range_db": -80.0, "curve_rows": 4000} | settings
    return open_engine(toy, rate=RATE, channels=1, **settings)


def go_on(engine, x):
    """What the engine gives for more sound, in buffers of 100."""
    out = np.empty_like(x)
    for piece in cuts(len(x), 100):
        engine.process(x[piece], out[piece])
    return out


def openness(engine, x):
    """At the end of more sound."""
    go_on(engine, x)
    return engine.take_curve()[-1, CURVE["openness"]]


@pytest.mark.parametrize(("state", "threshold_db", "goal"), [("open", 0.0, 1.0), ("shut", -80.0, 0.0)])
@pytest.mark.parametrize("link", [True, False])
def test_held_against_the_model(toy, state, threshold_db, goal, link):
    """Open although nothing is over Threshold, shut although everything is; let go, the model decides again."""
    x = np.full((RATE // 2, 1), 0.25, np.float32)
    with engine(toy, threshold_db=threshold_db, link=link) as one:
        free = openness(one, x)
        one.held = state
        held = openness(one, x)
        one.held = ""
        again = openness(one, x)
    assert (free, held, again) == (1.0 - goal, goal, 1.0 - goal)


def test_a_hold_takes_the_model_s_times_and_does_not_click(toy):
    """It opens by attack and shuts by release, as any opening."""
    x = np.full((RATE // 2, 1), 0.25, np.float32)
    with engine(toy, threshold_db=0.0) as one:
        pieces = [go_on(one, x)]
        for state in ("open", "", "shut"):
            one.held = state
            pieces.append(go_on(one, x))
    gain = np.concatenate(pieces)[:, 0] / np.float32(0.25)
    assert np.abs(np.diff(gain)).max() < LARGEST_STEP
    assert gain[RATE // 2 + 480] == pytest.approx(1.0) and gain[-1] < 1e-3


def test_under_a_hold_the_model_goes_on(toy):
    """Afterwards every bit is what it would have been without, once the last opening is over."""
    x = np.concatenate([bursts(RATE, 1.0), np.zeros((RATE, 1), np.float32), bursts(RATE, 1.0, seed=1)])
    with engine(toy) as free, engine(toy) as held:
        expected = go_on(free, x)[2 * RATE :]
        held.held = "open"
        go_on(held, x[:RATE])
        held.held = ""
        go_on(held, x[RATE : 2 * RATE])
        assert np.array_equal(go_on(held, x[2 * RATE :]), expected)


def test_what_is_no_hold(toy):
    """One sentence; a reset leaves the hold, as all that a user sets."""
    with engine(toy) as one:
        with pytest.raises(ValueError, match="expected open, shut"):
            one.held = "ajar"
        one.held = "shut"
        one.reset()
        assert one.held == "shut"


def test_a_hold_stays_when_the_preset_changes(toy):
    """The engine that comes is held as the one that goes."""
    x = np.full((100, 1), 0.25, np.float32)
    out = np.empty_like(x)
    first, second = (Gate(toy, threshold_db=0.0, range_db=-80.0) for _ in range(2))
    with Player([first], Shape(RATE, 1, 1), fades=False) as player:
        first.held = second.held = "open"
        player.change([second])
        assert player.engine.held == "open"
        for gate in player.at_work:
            gate.held = "shut"
        for _ in range(400):
            player.tend()
            player.play(x, out)
        assert not player.changing and player.engine.held == "shut"
        assert np.abs(out).max() < 1e-3
