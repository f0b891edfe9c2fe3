"""Recordings for teaching: what came in, all of it, from the gate's scope or from files, and whether it is enough."""

import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from numpy.typing import NDArray

from gate.errors import AudioFileError
from gate.files.sound_reader import Reader
from gate.levels import FLOOR_DB
from gate.live.player import Player
from gate.panel.history import levels_db
from gate.render.auto_threshold import Levels

TAKE_S = 12.0
"""Length of a recording: gate-learn asks for ten seconds, and the first moment is the click of a button."""

LEAST_S = 10.0
"""Seconds that each side needs (docs/learning.md)."""

LOUD_DB = -75.0
"""A recording whose loud level is under this is silent (docs/learning.md)."""

FLOOR_UNDER_LOUD_DB = 38.0
"""How far a target's pauses have to be under its loud parts (docs/learning.md)."""

EVERY_S = 0.1
"""Seconds from one emptying of the scope to the next; the scope keeps six."""

COLUMNS = 240
"""Columns of a recording's course."""

PIECE = 1 << 15
"""Frames of a file read at once."""


@dataclass(frozen=True)
class Heard:
    """What a recording holds: how long, its loud level and the floor of its pauses in dBFS; NaN for a silent one.

    ``trouble`` says in a word why it will not do: "short", "silent", "noisy", or "" where it will. ``levels_db``
    (COLUMNS,) is the course of the recording's level, to be drawn.
    """

    seconds: float
    loud_db: float
    floor_db: float
    trouble: str
    levels_db: NDArray[np.float64] = field(compare=False, repr=False)


def judge(
    side: str, seconds: float, loud_db: float, floor_db: float, course_db: NDArray[np.float64]
) -> Heard:
    """Judge a recording as a side, "target" or "bleed"; ``course_db`` are levels in equal steps, of any number."""
    trouble = ""
    if seconds < LEAST_S:
        trouble = "short"
    elif not loud_db > LOUD_DB:
        trouble = "silent"
    elif side == "target" and loud_db - floor_db < FLOOR_UNDER_LOUD_DB:
        trouble = "noisy"
    places = np.linspace(0, len(course_db), COLUMNS, endpoint=False).astype(int)
    drawn = np.maximum.reduceat(course_db, places) if len(course_db) else np.full(COLUMNS, FLOOR_DB)
    return Heard(seconds, loud_db, floor_db, trouble, drawn)


class Take:
    """A recording of what comes in through a player, on a thread of its own, until it is long enough or is ended.

    Attributes:
        seconds: recorded so far.
        level_db: loud level of what came last, dBFS.
        lost: was any sound overwritten before it could be taken?
        done: is the recording over?
    """

    def __init__(self, player: Player, seconds: float = TAKE_S) -> None:
        """Start recording.

        Args:
            player: heard through its scope; closing the player ends the take.
            seconds: how long.
        """
        self.rate = player.shape.rate
        self.seconds, self.lost, self.done = 0.0, False, False
        self._most = round(seconds * self.rate)
        self._pieces: list[NDArray[Any]] = []
        self._player, self._next = player, player.scope.written
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="take", daemon=True)
        self._thread.start()

    def end(self) -> None:
        """Stop recording; keep what was taken."""
        self._ending.set()
        self._thread.join()

    @property
    def sound(self) -> NDArray[Any]:
        """All that was recorded, (n, channels)."""
        whole = (
            np.concatenate(self._pieces)
            if self._pieces
            else np.zeros((0, self._player.shape.channels), np.float32)
        )
        return whole[: self._most]

    def save(self, path: Path) -> None:
        """Save the recording as a WAV file of 32-bit floats.

        Raises:
            AudioFileError: the file cannot be written.
        """
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            soundfile.write(path, self.sound, self.rate, subtype="FLOAT")
        except (OSError, soundfile.SoundFileError) as error:
            raise AudioFileError(f"{path} cannot be written ({error}); free some room") from None

    def _run(self) -> None:
        while not self._ending.wait(EVERY_S) and self._take() < self._most:
            pass
        self.done = True

    def _take(self) -> int:
        first, x, _ = self._player.scope.since(self._next)
        self.lost = self.lost or first != self._next
        self._next = first + len(x)
        self._pieces.append(x)
        taken = sum(map(len, self._pieces))
        self.seconds = min(taken, self._most) / self.rate
        return taken


def hear(side: str, x: NDArray[Any], rate: int) -> Heard:
    """Return what x (n, channels) holds, as a side."""
    levels = Levels(rate)
    levels.add(x)
    return judge(side, len(x) / rate, levels.loud_db(), levels.floor_db(), _course(x, levels.window))


def hear_files(side: str, paths: list[Path]) -> Heard:
    """Return what files hold as a side, all together.

    Raises:
        AudioFileError: a file is no sound.
    """
    seconds, loud_db, floor_db, course = 0.0, float("nan"), float("nan"), []
    for path in paths:
        with Reader(path) as reader:
            levels = Levels(reader.layout.rate)
            piece = np.empty((PIECE // levels.window * levels.window, reader.layout.channels), reader.dtype)
            while got := reader.read(piece):
                levels.add(piece[:got])
                course.append(_course(piece[:got], levels.window))
            seconds += reader.position / reader.layout.rate
        loud_db, floor_db = np.fmax(loud_db, levels.loud_db()), np.fmax(floor_db, levels.floor_db())
    course_db = np.concatenate(course) if course else np.empty(0)
    return judge(side, seconds, float(loud_db), float(floor_db), course_db)


def _course(x: NDArray[Any], window: int) -> NDArray[np.float64]:
    """Return levels of ten milliseconds each, in dBFS."""
    return levels_db(x[: len(x) // (2 * window) * 2 * window], window)
