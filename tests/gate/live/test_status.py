"""What a display shows of a live gate."""

import json
import math

import numpy as np

from gate import Gate
from gate.cli.live_words import line, screen
from gate.live.player import Player, Shape
from gate.live.status import Look

RATE = 48_000


def test_it_tells_what_is_going_on(toy):
    """Levels, state, times, key and load of the time since the last look."""
    out = np.empty((100, 1), np.float32)
    look = Look()
    with Player([Gate(toy, threshold_db=-40.0, range_db=-60.0, lookahead_ms=5.0)], Shape(RATE, 1, 1)) as live:
        for _ in range(300):
            live.play(np.full((100, 1), 0.5, np.float32), out)
        loud = look(live, "toy", 100)
        for _ in range(300):
            live.play(np.zeros((100, 1), np.float32), out)
        quiet = look(live, "toy", 100)
    assert loud.open and loud.gain_db == 0.0 and abs(loud.input_db + 6.0206) < 1e-3
    assert (loud.attack_ms, loud.hold_ms, loud.release_ms) == (3.0, 50.0, 100.0)
    assert (loud.key_low_hz, loud.key_high_hz, loud.added_ms) == (100.0, 8000.0, 5.0)
    assert abs(loud.latency_ms - (5.0 + 100 / 48)) < 1e-9
    assert 0.0 < loud.load <= loud.load_most and loud.buffer == 100 and loud.buffers == 300
    assert not quiet.open and quiet.gain_db == -60.0 and quiet.input_db == -math.inf
    assert loud.decides == "the model"
    assert json.loads(json.dumps(quiet.to_dict(), allow_nan=False))["input_db"] is None


def test_it_fits_the_terminal(toy):
    """Any width; the threshold is marked on the meter."""
    out = np.empty((100, 1), np.float32)
    with Player([Gate(toy, threshold_db=-40.0, range_db=-math.inf)], Shape(RATE, 1, 1)) as live:
        live.play(np.full((100, 1), 0.1, np.float32), out)
        status = Look()(live, "toy", 0)
    for width in (20, 80, 200):
        rows = screen(status, width, "native callback")
        assert len(rows) == 8 and all(len(row) < width for row in rows)
    meter = screen(status, 120, "")[1]
    assert "|" in meter and meter.index("|") == meter.index("#") + 24
    assert "range -inf" in screen(status, 120, "")[0]
    assert "\n" not in line(status) and "late 0" in line(status)


def test_counts_go_on_with_the_next_player(toy):
    """Another device or rate is another player of the same run."""
    look, out = Look(), np.empty((100, 1), np.float32)
    for rate in (RATE, 96_000):
        with Player([Gate(toy, threshold_db=-40.0, range_db=-60.0)], Shape(rate, 1, 1)) as live:
            for _ in range(rate // 100):
                live.play(np.full((100, 1), np.nan, np.float32), out, 0x2)
            status = look(live, "toy", 0)
    assert (status.seconds, status.buffers, status.late, status.nonfinite) == (2.0, 1440, 1440, 144_000)
