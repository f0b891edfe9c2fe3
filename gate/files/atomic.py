"""Files that appear whole or not at all: written beside the target under another name, renamed at the end.

write_bytes(path, data)            a file of these bytes; write_text for text
with whole(path) as stream:        a file of what the block writes
with AtomicFile(path) as file:     a file that is made long before it is finished
"""

import contextlib
import errno
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from gate.closing import Commits
from gate.errors import AudioFileError

NAME_BYTES = 200
"""Bytes of the target's name that its temporary name has: file systems allow 255 in all."""


def partial_path(target: Path, owner: int) -> Path:
    """Return the temporary name beside ``target`` under which the process (or the batch) ``owner`` writes it."""
    name = os.fsencode(target.name)[:NAME_BYTES].decode("utf-8", "ignore")
    return target.with_name(f".{name}.partial-{owner}")


def os_sentence(path: Path, error: OSError, *, writing: bool) -> str:
    """Say what went wrong with a file, in the words of the user: expected, got, remedy."""
    if error.errno == errno.ENOSPC or error.errno == errno.EDQUOT:
        return (
            f"{path} could not be written, the disk is full; free some space or choose another place with -o"
        )
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        if writing:
            return f"{path} may not be written, permission denied; choose a folder that you may write to"
        return f"{path} may not be read, permission denied; ask its owner, or chmod it"
    if error.errno == errno.ENOENT:
        if writing:
            return f"{path} cannot be made, the folder {path.parent} does not exist; create it first"
        return f"{path} does not exist; check the name and the folder"
    if error.errno == errno.ENOTDIR:
        return f"{path} needs a folder in its path where there is a file; check the path"
    if error.errno == errno.EISDIR:
        return f"{path} is a folder where a file was expected; give a file's name"
    if error.errno == errno.ENAMETOOLONG:
        return f"{path.name[:40]}... is a longer name than the disk can keep; choose a shorter one"
    doing = "written" if writing else "read"
    return f"{path} could not be {doing}, {error.strerror or error}; check the disk"


class AtomicFile(Commits):
    """A file being written that becomes ``target`` by ``commit`` alone; without it the block leaves nothing.

    Args:
        target: what the file will be called. An existing file stays as it is until ``commit`` replaces it.
        force: replace an existing file; without it one is an error, at the start and again at the end.
        owner: number in the temporary name; None takes this process's id. A batch gives its own, so that it
            can sweep up after a worker that was killed.

    Attributes:
        fd: open for reading and writing until ``commit`` or ``discard``; a caller that closes it sets it to -1.
        partial: the temporary name.

    Raises:
        AudioFileError: target exists, is not an ordinary file, or cannot be made.
    """

    def __init__(self, target: Path, *, force: bool = False, owner: int | None = None) -> None:
        self.target = target
        self.force = force
        self.fd = -1
        refuse_target(target, force=force)
        self.partial = partial_path(target, os.getpid() if owner is None else owner)
        flags = os.O_CREAT | os.O_EXCL | os.O_RDWR | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
        try:
            try:
                self.fd = os.open(self.partial, flags, 0o666)
            except FileExistsError:
                # the same process id long ago, killed too hard to clean up
                self.partial.unlink()
                self.fd = os.open(self.partial, flags, 0o666)
        except OSError as error:
            raise AudioFileError(os_sentence(target, error, writing=True)) from error
        except BaseException:  # an interrupt between the file's birth and the end of this line
            self.discard()
            raise

    def write(self, data: bytes) -> None:
        """Write bytes after those already there.

        Raises:
            AudioFileError: the disk is full, or gone.
        """
        view = memoryview(data)
        try:
            while view:
                view = view[os.write(self.fd, view) :]
        except OSError as error:
            raise AudioFileError(os_sentence(self.target, error, writing=True)) from error

    @contextlib.contextmanager
    def stream(self) -> Iterator[BinaryIO]:
        """Lend a stream into the file, for an object that writes itself into one; ``commit`` comes after the block.

        Raises:
            AudioFileError: the disk is full, or gone.
        """
        try:
            with os.fdopen(self.fd, "wb", closefd=False) as stream:
                yield stream
        except OSError as error:
            raise AudioFileError(os_sentence(self.target, error, writing=True)) from error

    def commit(self) -> None:
        """Close and rename the file: from here on it is there, whole."""
        refuse_target(self.target, force=self.force)
        try:
            self._close()
            os.replace(self.partial, self.target)
        except OSError as error:
            raise AudioFileError(os_sentence(self.target, error, writing=True)) from error

    def discard(self) -> None:
        """Close and remove what was written; do nothing after ``commit``."""
        try:
            self._close()
        except OSError:  # a full disk may say so again here
            self.fd = -1
        self.partial.unlink(missing_ok=True)

    def _close(self) -> None:
        fd, self.fd = self.fd, -1
        if fd >= 0:
            os.close(fd)


def refuse_target(target: Path, *, force: bool) -> None:
    """Refuse to write over a file.

    Raises:
        AudioFileError: there is a file and no ``force``, or something that is not an ordinary file.
    """
    try:
        mode = os.stat(target).st_mode
    except FileNotFoundError:
        return
    except OSError as error:
        raise AudioFileError(os_sentence(target, error, writing=True)) from error
    if stat.S_ISDIR(mode):
        raise AudioFileError(f"{target} is a folder where a file was to be written; give a file's name")
    if not stat.S_ISREG(mode):
        raise AudioFileError(
            f"{target} is not an ordinary file, so it cannot be written whole; give a file's name"
        )
    if not force:
        raise AudioFileError(
            f"{target} exists already, nothing was written; give another name, or --force to replace it"
        )


@contextlib.contextmanager
def whole(path: Path, *, force: bool = True, mode: int | None = None) -> Iterator[BinaryIO]:
    """Lend a stream; what the block writes into it becomes the file at its end. If the block raises, nothing changes.

    Args:
        path: what the file will be called.
        force: replace an existing file.
        mode: permissions of the file, such as 0o644; by default what the user's new files have.

    Raises:
        AudioFileError: the file exists and ``force`` is not set, is not an ordinary file, or cannot be written.
    """
    with AtomicFile(path, force=force) as file:
        with file.stream() as stream:
            yield stream
            stream.flush()
            os.fsync(file.fd)  # or the new name could outlive a power cut, and its bytes not
            if mode is not None and hasattr(os, "fchmod"):
                os.fchmod(file.fd, mode)
        file.commit()


def write_bytes(path: Path, data: bytes, *, force: bool = True, mode: int | None = None) -> None:
    """Write a file of these bytes, whole or not at all; arguments and errors as ``whole``."""
    with whole(path, force=force, mode=mode) as stream:
        stream.write(data)


def write_text(path: Path, text: str, *, force: bool = True, mode: int | None = None) -> None:
    """Write a file of this text, in UTF-8, whole or not at all; arguments and errors as ``whole``."""
    write_bytes(path, text.encode(), force=force, mode=mode)
