"""Auto proposes what gate-render --threshold auto would choose."""

import numpy as np
import pytest

from gate.panel.auto import LISTEN_S, AutoListener
from gate.render.auto_threshold import Levels, choose
from tests.gate.live.test_player import play
from tests.gate.panel.test_history import RATE, player

USUAL_DB = -40.0


def room(seconds, rate=RATE):
    """Noise at -60 dBFS, and in its middle a louder stretch."""
    rng = np.random.default_rng(3)
    x = 10 ** (-60 / 20) * rng.normal(size=(int(seconds * rate), 1))
    x[len(x) // 3 : len(x) // 2] *= 60.0
    return x.astype(np.float32)


def test_it_chooses_as_the_file_render_does(toy):
    """It listens to exactly the five seconds after the beginning, whatever came before."""
    listener, x = AutoListener(), room(LISTEN_S)
    levels = Levels(RATE)
    levels.add(x)
    expected = choose(levels.floor_db(), levels.loud_db(), USUAL_DB)
    with player(toy) as live:
        play(live, np.full((RATE, 1), 0.5, np.float32), 480)
        listener.begin(live)
        half = len(x) // 2
        play(live, x[:half], 480)
        assert listener.look(live, USUAL_DB) is None and listener.share == pytest.approx(0.5)
        play(live, x[half:], 480)
        assert listener.look(live, USUAL_DB) == expected
        assert not listener.listening and listener.look(live, USUAL_DB) is None


def test_silence_proposes_the_presets(toy):
    """There is nothing to measure in it."""
    listener = AutoListener()
    with player(toy) as live:
        listener.begin(live)
        play(live, np.zeros((int(LISTEN_S * RATE), 1), np.float32), 480)
        found = listener.look(live, USUAL_DB)
    assert found is not None and found.threshold_db == USUAL_DB and np.isnan(found.loud_db)


def test_another_device_begins_anew(toy):
    """What was heard on the one before does not count."""
    listener = AutoListener()
    with player(toy) as one, player(toy, 44_100) as other:
        listener.begin(one)
        play(one, room(2.0), 480)
        assert listener.look(other, USUAL_DB) is None and listener.share == 0.0
        play(other, room(LISTEN_S, 44_100), 480)
        assert listener.look(other, USUAL_DB) is not None
