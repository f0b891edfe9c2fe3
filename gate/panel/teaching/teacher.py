"""Teaching a gate from the panel: two recordings, a run of the learner, a comparison, and a preset to keep or not."""

import contextlib
import re
import shutil
import tempfile
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from gate.errors import GateError, PresetError
from gate.live.player import Player
from gate.modelfile.preset import Preset, names, rename, resolve, user_folder
from gate.panel.teaching import learner
from gate.panel.teaching.comparing import Doing, compare
from gate.panel.teaching.learner import Learner
from gate.panel.teaching.takes import TAKE_S, Heard, Take, hear, hear_files

SIDES = ("target", "bleed")

NAME = re.compile(r"\w[\w .-]{0,40}")
"""Pattern of a preset's name, which becomes a folder's name."""


@dataclass
class Side:
    """One of the two: a recording under way or done, or files; and what they hold, once that is known."""

    take: Take | None = None
    files: list[Path] = field(default_factory=list)
    heard: Heard | None = None


class Teacher:
    """One lesson after another. Methods are for the window's thread and return at once; ``look`` does the next steps.

    Attributes:
        sides: by name, what was recorded or dropped.
        learner: the run, or None.
        doings: what the old gate and the new one do with the recordings, once both are known; [] before.
        made: the new preset, once it is finished.
        trouble: what went wrong, as a sentence; "" for nothing.
    """

    def __init__(self, command: Sequence[str] = learner.COMMAND) -> None:
        self.sides = {name: Side() for name in SIDES}
        self.learner: Learner | None = None
        self.doings: list[Doing] = []
        self.made: Preset | None = None
        self.trouble = ""
        self._command = command
        self._folder: Path | None = None
        self._old: Preset | None = None
        self._settings = (0.0, 0.0)
        self._files: tuple[list[Path], list[Path]] = ([], [])
        self._comparing: threading.Thread | None = None

    # -- the two sides

    def record(self, side: str, player: Player, seconds: float = TAKE_S) -> None:
        """Record a side again, from what comes in at a player."""
        self.clear(side)
        self.sides[side].take = Take(player, seconds)

    def stop(self, side: str) -> None:
        """End a recording early; what was taken counts."""
        take = self.sides[side].take
        if take is not None:
            take.end()
            self.look()

    def drop(self, side: str, paths: list[Path]) -> None:
        """Take files for a side; ``trouble`` says so of a file that is no sound."""
        self.clear(side)
        try:
            heard = hear_files(side, paths)
        except GateError as error:
            self.trouble = str(error)
            return
        self.sides[side].files, self.sides[side].heard = paths, heard

    def clear(self, side: str) -> None:
        """Forget a side, and ``trouble``."""
        take = self.sides[side].take
        if take is not None:
            take.end()
        self.sides[side] = Side()
        self.trouble = ""

    @property
    def recording(self) -> bool:
        """Is a side being recorded?"""
        return any(side.take is not None and not side.take.done for side in self.sides.values())

    @property
    def ready(self) -> bool:
        """Are both sides good enough?"""
        return all(side.heard is not None and not side.heard.trouble for side in self.sides.values())

    @property
    def busy(self) -> bool:
        """Is something being learned or compared?"""
        run = self.learner
        return (run is not None and run.running) or self._comparing is not None

    # -- learning

    def teach(self, name: str, old: Preset, threshold_db: float, range_db: float) -> None:
        """Adapt a preset to the recordings; ``look`` follows the run. If none can start, ``trouble`` says why.

        Args:
            name: of the new preset.
            old: preset at the start, with which the new one is compared.
            threshold_db: dBFS, for the comparison.
            range_db: dB, for the comparison.
        """
        self.discard()
        self.trouble = learner.missing() if self._command is learner.COMMAND else ""
        if not NAME.fullmatch(name):
            self.trouble = (
                f"expected a name of letters, figures and spaces for the preset, got {name!r}; change it"
            )
        if self.trouble:
            return
        self._old, self._settings = old, (threshold_db, range_db)
        try:
            self._folder = Path(tempfile.mkdtemp(prefix="learned-gate-"))
            target, bleed = (self._written(side, self._folder) for side in SIDES)
            start = str(old.folder or old.model_path)
            self._files = target, bleed
            self.learner = Learner(target, bleed, self._folder / name, start, self._command).start()
        except (GateError, OSError) as error:
            self.trouble = f"the learner cannot be started ({error}); free some room, or install it again"
            self.discard()

    def _written(self, side: str, folder: Path) -> list[Path]:
        """Return the files of a side; a recording is written into one first."""
        one = self.sides[side]
        if one.take is None:
            return one.files
        path = folder / side / f"{side}.wav"
        one.take.save(path)
        return [path]

    def cancel(self) -> None:
        """End the run; no preset comes of it."""
        if self.learner is not None:
            self.learner.cancel()
            self.discard()

    def look(self) -> None:
        """Do what waits to be done; call this a few times a second."""
        for name, side in self.sides.items():
            if side.take is not None and side.take.done and side.heard is None:
                side.heard = hear(name, side.take.sound, side.take.rate)
                if side.take.lost:
                    self.trouble = "the recording has a hole, the machine was too busy; record it again"
        run = self.learner
        if run is None or run.code is None or self._comparing is not None or self.doings or self.trouble:
            return
        if run.code:
            self.trouble = f"nothing was learned: {run.sentence}"
            return
        self._comparing = threading.Thread(target=self._compare, name="compare", daemon=True)
        self._comparing.start()

    def _compare(self) -> None:
        assert self.learner is not None and self._old is not None and self._folder is not None
        try:
            made = resolve(self.learner.output, "gate")
            target, bleed = self._files
            self.doings = compare([self._old, made], target, bleed, *self._settings)
            self.made = made
        except GateError as error:
            self.trouble = str(error)
        finally:
            self._comparing = None

    # -- the end of it

    def keep(self) -> Preset:
        """Move the new preset to the user's own, under a name that no other preset has; return the preset.

        Raises:
            PresetError: there is no new preset, or it cannot be moved.
        """
        if self.made is None or self.made.folder is None:
            raise PresetError("expected a preset that was just made, got none; teach one first")
        place = _free(self.made.folder.name)
        if place.name != self.made.folder.name:
            rename(self.made.folder, place.name)
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.move(self.made.folder, place)
        except OSError as error:
            raise PresetError(f"{place} cannot be written ({error.strerror}); free some room") from None
        self.discard()
        return resolve(place, "gate")

    def discard(self) -> None:
        """Forget the run and everything that it wrote; the recordings stay."""
        thread = self._comparing
        if thread is not None:
            thread.join()
        if self.learner is not None:
            self.learner.cancel()
        self.learner, self.doings, self.made = None, [], None
        folder, self._folder = self._folder, None
        if folder is not None:
            with contextlib.suppress(OSError):
                shutil.rmtree(folder)

    def close(self) -> None:
        """End: stop what runs, remove what lies on the disk."""
        for side in SIDES:
            self.clear(side)
        self.discard()


def _free(name: str) -> Path:
    """Return a free folder among the user's own for a preset: its name, numbered if another preset has that name."""
    taken = {known.casefold() for known in names(None)}
    wanted = (name if k == 1 else f"{name}-{k}" for k in range(1, 1000))
    return next(
        path
        for path in (user_folder() / text for text in wanted)
        if path.name.casefold() not in taken and not path.exists()
    )
