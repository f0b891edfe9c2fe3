"""Files and folders that appear whole or not at all, and the folder of scenes that other tools can process."""

import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import soundfile

from gate.constants import RATE
from gate.errors import AudioFileError
from gate.files.atomic import AtomicFile, os_sentence, partial_path
from gate.render.report import to_json
from training.scenes.compose import Scene

SCENES = "scenes.json"
"""What is in every folder of scenes, and by which one is known."""

SCORES = "scores.json"
"""What is in every page's folder, and by which one is known: the run's JSON."""


def write_whole(path: Path, data: bytes, *, force: bool) -> None:
    """Write a file whole or not at all.

    Raises:
        AudioFileError: it exists and ``force`` is not set, or it cannot be written.
    """
    with AtomicFile(path, force=force) as file:
        try:
            with os.fdopen(os.dup(file.fd), "wb") as stream:
                stream.write(data)
        except OSError as error:
            raise AudioFileError(os_sentence(path, error, writing=True)) from error
        file.commit()


class AtomicFolder:
    """A folder being filled that becomes ``target`` by ``commit`` alone; without it the block leaves nothing.

    Args:
        target: what it will be called.
        marker: a file that such a folder has in it. ``force`` replaces only a folder that has it, or is empty:
            what somebody else put together is never thrown away.
        force: replace an existing folder.

    Attributes:
        path: where to put files.

    Raises:
        AudioFileError: the target exists, or cannot be made.
    """

    def __init__(self, target: Path, marker: str, *, force: bool) -> None:
        self._target, self._marker, self._force = target, marker, force
        refuse_folder(target, marker, force=force)
        self.path = partial_path(target, os.getpid())
        try:
            shutil.rmtree(self.path, ignore_errors=True)
            self.path.mkdir()
        except OSError as error:
            raise AudioFileError(os_sentence(target, error, writing=True)) from error

    def commit(self) -> None:
        """Give it its name: from here on the folder is there, whole."""
        refuse_folder(self._target, self._marker, force=self._force)
        try:
            if self._target.exists():
                shutil.rmtree(self._target)
            self.path.rename(self._target)
        except OSError as error:
            raise AudioFileError(os_sentence(self._target, error, writing=True)) from error

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Remove what was not committed."""
        shutil.rmtree(self.path, ignore_errors=True)


def refuse_folder(target: Path, marker: str, *, force: bool) -> None:
    """Refuse to write over something.

    Raises:
        AudioFileError: there is a file of that name, a folder and no ``force``, or a folder without the marker.
    """
    if target.is_dir() and not any(target.iterdir()):
        return
    if target.is_dir() and not (target / marker).is_file():
        raise AudioFileError(
            f"{target} has other things in it (no {marker}), nothing was written; name a new folder"
        )
    if target.is_dir() and not force:
        raise AudioFileError(
            f"{target} exists already, nothing was written; give another name, or --force to replace it"
        )
    if target.exists() and not target.is_dir():
        raise AudioFileError(f"{target} is a file where a folder was to be written; give a folder's name")


def write_scenes(folder: Path, scenes: Sequence[Scene], facts: dict[str, Any], *, force: bool) -> None:
    """Write NNN-mixture.wav and NNN-target.wav (float32, 48 kHz, mono) of every scene, and scenes.json.

    Args:
        folder: made if its parent is there.
        facts: of the run; they stand at the head of scenes.json.

    Raises:
        AudioFileError: the folder exists and ``force`` is not set, or cannot be written.
    """
    listed = []
    with AtomicFolder(folder, SCENES, force=force) as made:
        for number, scene in enumerate(scenes):
            files = {}
            for name, sound in (("mixture", scene.mixture), ("target", scene.target)):
                files[name] = f"{number:03d}-{name}.wav"
                _write_sound(made.path / files[name], sound)
            listed.append({"number": number, **files, "recipe": scene.recipe})
        write_whole(made.path / SCENES, to_json({"schema": 1, **facts, "scenes": listed}), force=False)
        made.commit()


def _write_sound(path: Path, sound: Any) -> None:
    try:
        soundfile.write(path, sound, RATE, subtype="FLOAT")
    except (OSError, soundfile.SoundFileError) as error:
        raise AudioFileError(
            f"{path.name} could not be written ({error}); check the disk's free space"
        ) from error
