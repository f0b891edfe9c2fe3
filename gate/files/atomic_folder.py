"""Folders that appear whole or not at all: filled beside the target under another name, renamed at the end."""

import os
import shutil
from pathlib import Path

from gate.closing import Commits
from gate.errors import AudioFileError
from gate.files.atomic import os_sentence, partial_path


class AtomicFolder(Commits):
    """A folder being filled that becomes ``target`` by ``commit`` alone; without it the block leaves nothing.

    Args:
        target: what the folder will be called.
        marker: a file that such a folder has in it. ``force`` replaces only a folder that has it, or is empty:
            what somebody else put together is never thrown away. None for a folder whose files all stay.
        force: replace an existing folder.
        keep: begin with the files of the existing folder.

    Attributes:
        path: folder to put files in.

    Raises:
        AudioFileError: the target exists, or cannot be made.
    """

    def __init__(self, target: Path, marker: str | None, *, force: bool, keep: bool = False) -> None:
        self._target, self._marker, self._force = target, marker, force
        refuse_folder(target, marker, force=force)
        self.path = partial_path(target, os.getpid())
        try:
            shutil.rmtree(self.path, ignore_errors=True)
            if keep and target.exists():
                shutil.copytree(target, self.path)
            else:
                self.path.mkdir()
        except OSError as error:
            self.discard()
            raise AudioFileError(os_sentence(target, error, writing=True)) from error

    def commit(self) -> None:
        """Give the folder its name: from here on it is there, whole.

        An existing folder is away only between two renames, and comes back if the second one fails.
        """
        refuse_folder(self._target, self._marker, force=self._force)
        old = self.path.with_name(f"{self.path.name}.old")
        try:
            if not self._target.exists():
                self.path.rename(self._target)
                return
            self._target.rename(old)
            try:
                self.path.rename(self._target)
            except OSError:
                old.rename(self._target)
                raise
        except OSError as error:
            raise AudioFileError(os_sentence(self._target, error, writing=True)) from error
        shutil.rmtree(old, ignore_errors=True)

    def discard(self) -> None:
        """Remove what was not committed."""
        shutil.rmtree(self.path, ignore_errors=True)


def refuse_folder(target: Path, marker: str | None, *, force: bool) -> None:
    """Refuse to write over something.

    Raises:
        AudioFileError: there is a file of that name, a folder and no ``force``, or a folder without the marker.
    """
    if target.is_dir() and not any(target.iterdir()):
        return
    if target.is_dir() and marker is not None and not (target / marker).is_file():
        raise AudioFileError(
            f"{target} has other things in it (no {marker}), nothing was written; name a new folder"
        )
    if target.is_dir() and not force:
        raise AudioFileError(
            f"{target} exists already, nothing was written; give another name, or --force to replace it"
        )
    if target.exists() and not target.is_dir():
        raise AudioFileError(f"{target} is a file where a folder was to be written; give a folder's name")
