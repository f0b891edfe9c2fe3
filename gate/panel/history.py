"""The last seconds in columns to be drawn: levels, gain, how sure and how open the gate was.

Everything is computed from ``Player.scope`` and the engine's record when somebody looks, into rings made once; the audio
thread knows nothing of it. A column is two of the 5 ms windows that Threshold is compared with, the louder of the two.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from gate.levels import FLOOR_DB, window_powers
from gate.live.player import Player

SECONDS = 5.0
"""Seconds of history."""

COLUMN_S = 0.01
"""Seconds in a column."""

SCOPE_S = 6.0
"""Seconds that ``Player.scope`` is asked for, with room for what is overwritten meanwhile."""

COLUMNS = round(SECONDS / COLUMN_S)

WINDOW_S = COLUMN_S / 2
"""Window of the level in s, as ``gate.levels`` has it."""

ROWS = ("input_db", "heard_db", "gain_db", "open_probability", "openness")
"""Rows of a column: levels in dBFS, gain in dB, and two shares of 1."""

LOWEST_GAIN_DB = -120.0
"""Value drawn for a gain of 0."""

SILENCE = {
    "input_db": FLOOR_DB,
    "heard_db": FLOOR_DB,
    "gain_db": 0.0,
    "open_probability": 0.0,
    "openness": 1.0,
}
"""Columns before any sound came: no sound, and nothing shut."""


class Ring:
    """The newest ``size`` columns of several rows; each row is one piece of memory at any time.

    Each column is written twice, ``size`` apart, so that the newest ``size`` always lie side by side.
    """

    def __init__(self, rows: tuple[str, ...], size: int, fill: dict[str, float]) -> None:
        self._memory = {row: np.full(2 * size, fill[row]) for row in rows}
        self._size, self._at = size, 0

    def add(self, columns: dict[str, NDArray[np.float64]]) -> None:
        """Add columns after those that are there: the same number in each row, at most ``size`` of which are kept."""
        count = min(len(next(iter(columns.values()))), self._size)
        if not count:
            return
        places = (self._at + np.arange(count)) % self._size
        for row, values in columns.items():
            self._memory[row][places] = values[-count:]
            self._memory[row][places + self._size] = values[-count:]
        self._at = (self._at + count) % self._size

    def __getitem__(self, row: str) -> NDArray[np.float64]:
        """Return (size,) of a row, oldest first: a view, which the next ``add`` changes."""
        return self._memory[row][self._at : self._at + self._size]


class History:
    """The history of a player, whichever plays.

    Attributes:
        ring: the columns, ``ROWS`` by ``COLUMNS``.
        input_db: level of the newest column, dBFS; the loudest of those that came at the last look.
        heard_db: the same of what is heard.
    """

    def __init__(self) -> None:
        self.ring = Ring(ROWS, COLUMNS, SILENCE)
        self.input_db = self.heard_db = FLOOR_DB
        self._player: Player | None = None
        self._taken = 0
        self._before = (0.0, 0.0, 1.0)
        self._sound: NDArray[Any] = np.zeros((0, 1))

    def look(self, player: Player) -> int:
        """Take what came since the last look; return how many columns that were."""
        column = 2 * max(round(WINDOW_S * player.shape.rate), 1)
        if player is not self._player:
            self._player, self._taken = player, player.scope.written
        first, *sound = player.scope.since(self._taken)
        whole = len(sound[0]) // column * column
        self._taken = first + whole
        count = min(whole // column, COLUMNS)
        if not count:
            return 0
        input_db, heard_db = (levels_db(x[whole - count * column : whole], column // 2) for x in sound)
        self.input_db, self.heard_db = float(input_db.max()), float(heard_db.max())
        record = player.engine_record[0]
        now = (
            max(float(record["gain_db"]), LOWEST_GAIN_DB),
            float(record["open_probability"]),
            float(record["openness"]),
        )
        share = np.arange(1, count + 1) / count
        gain_db, probability, openness = (
            before + (after - before) * share for before, after in zip(self._before, now, strict=True)
        )
        self._before = now
        self.ring.add(
            {
                "input_db": input_db,
                "heard_db": heard_db,
                "gain_db": gain_db,
                "open_probability": probability,
                "openness": openness,
            }
        )
        return count


def levels_db(x: NDArray[Any], window: int) -> NDArray[np.float64]:
    """Return (columns,) dBFS of x (columns * 2 * window, channels): the louder window, the loudest channel."""
    power = window_powers(x.astype(np.float64), window).reshape(-1, 2).max(axis=1)
    levels: NDArray[np.float64] = 10.0 * np.log10(np.maximum(power, 10 ** (FLOOR_DB / 10)))
    return levels
