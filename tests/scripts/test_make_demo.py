"""The demo's figures, taken from a case whose answer is known."""

from pathlib import Path

import numpy as np

from gate.constants import BLOCK, RATE
from scripts import make_demo
from scripts.demo_sounds import Room

LEVEL_TOLERANCE_DB = 0.1
"""dB: 5 ms windows straddle the edges of the tone."""


def known_room() -> Room:
    """Four seconds of noise at -40 dBFS with one second of tone at -13 dBFS in the middle."""
    n = 4 * RATE
    rng = np.random.default_rng(0)
    voice = np.zeros((n, 2))
    t = np.arange(RATE) / RATE
    voice[int(1.5 * RATE) : int(2.5 * RATE)] = 10 ** (-10 / 20) * np.sin(2 * np.pi * 1000 * t)[:, None]
    return Room(voice + 0.01 * rng.standard_normal((n, 2)), voice, "a tone")


def test_figures_of_a_perfect_gate() -> None:
    """A gate that opens for the tone alone leaves the tone and takes the pauses away."""
    room = known_room()
    gate = np.zeros(len(room.voice), dtype=bool)
    gate[int(1.5 * RATE) : int(2.5 * RATE)] = True
    gain_db = np.where(gate[::BLOCK], 0.0, -80.0)
    f = make_demo.figures(room, room.mixture * gate[:, None], gain_db)
    assert abs(f["pause_before_db"] + 40.0) < LEVEL_TOLERANCE_DB
    assert f["pause_after_db"] < make_demo.FLOOR_DB + LEVEL_TOLERANCE_DB
    assert abs(f["voice_before_db"] + 13.0) < LEVEL_TOLERANCE_DB
    assert abs(f["voice_after_db"] - f["voice_before_db"]) < LEVEL_TOLERANCE_DB
    assert f["open_share_pauses"] == 0.0
    assert f["open_share_voice"] > 0.99  # share: the 5 ms meter sees the tone a block early and a block late
    assert abs(f["open_share"] - 0.25) < 0.01  # share: one second of four


def test_curve_is_read_by_column_name(tmp_path: Path) -> None:
    """-inf is a gain that a curve may hold."""
    path = tmp_path / "curve.csv"
    path.write_text("time_s,gain_db\n0.0,-inf\n0.0020833,-6.0\n")
    curve = make_demo.read_curve(path)
    assert curve["gain_db"][0] == -np.inf
    assert curve["time_s"][1] == 0.0020833


def test_summary_says_what_changed() -> None:
    """The printed table holds the levels before and after, the share of time open, and the speed."""
    room = known_room()
    f = make_demo.figures(room, room.mixture, np.zeros(len(room.mixture) // BLOCK))
    text = make_demo.summary(f, 4.0, 2.0, 0.5, "a tone")
    assert "100.0 % of the time" in text
    assert "8 times real time" in text
