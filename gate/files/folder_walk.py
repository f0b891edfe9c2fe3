"""Files below a folder, for every command that takes folders: through links, without loops, and no folder twice."""

import os
import stat
from collections import deque
from collections.abc import Callable, Collection, Iterator
from pathlib import Path

from gate.files.atomic import os_sentence


def has_ending(endings: Collection[str]) -> Callable[[str], bool]:
    """Return what ``walk`` asks for files by the endings of their names, which are in small letters with their dot."""
    return lambda name: os.path.splitext(name)[1].lower() in endings


def walk(
    top: Path,
    wanted: Callable[[str], bool],
    note: Callable[[Path, str], None],
    avoid: Path | None = None,
) -> Iterator[Path]:
    """Yield the files below a folder whose names are wanted, in order, each with its path below ``top``.

    Links to folders are followed after all folders that are there themselves, so that a file has its own path where it
    has one below ``top``. A folder is searched once, whatever leads to it: loops end, and nothing is given twice. Hidden
    files and folders (a dot in front) are left out.

    Args:
        top: the folder.
        wanted: called with a file's name; returns whether to yield that file.
        note: called with each folder that cannot be read and each link to nothing (unless its name says that it was a
            file of another kind), with a sentence.
        avoid: a folder that is not searched, nor any below it that a link leads to; it need not exist.
    """
    seen: set[tuple[int, int]] = set()
    if avoid is not None and (about := _about(avoid)) is not None and not _within(top, avoid):
        seen.add((about.st_dev, about.st_ino))
    else:
        avoid = None
    waiting = deque([top])
    links: deque[Path] = deque()
    while waiting or links:
        folder = waiting.popleft() if waiting else links.popleft()
        try:
            about = os.stat(folder)
            if (about.st_dev, about.st_ino) in seen:
                continue
            seen.add((about.st_dev, about.st_ino))
            with os.scandir(folder) as found:
                entries = sorted((entry for entry in found if entry.name[0] != "."), key=lambda e: e.name)
        except OSError as error:
            note(folder, os_sentence(folder, error, writing=False))
            continue
        below = []
        for entry in entries:
            path = folder / entry.name
            if entry.is_symlink():
                kind = _end_of_link(path, wanted, note)
                if kind == "folder" and (avoid is None or not _within(path, avoid)):
                    links.append(path)
                if kind != "file":
                    continue
            elif entry.is_dir():
                below.append(path)
                continue
            if wanted(entry.name):
                yield path
        waiting.extendleft(reversed(below))


def _end_of_link(path: Path, wanted: Callable[[str], bool], note: Callable[[Path, str], None]) -> str:
    """Return what a link leads to: "file", "folder", or "" for nothing."""
    try:
        return "folder" if stat.S_ISDIR(os.stat(path).st_mode) else "file"
    except OSError as error:
        if wanted(path.name) or not path.suffix or not Path(os.readlink(path)).suffix:
            note(
                path,
                f"{path} is a link that leads nowhere ({error.strerror}), a file or a folder was expected behind it; "
                "remove the link, or make it again",
            )
        return ""


def _about(path: Path) -> os.stat_result | None:
    try:
        return os.stat(path)
    except OSError:
        return None


def _within(path: Path, folder: Path) -> bool:
    """Is a path that folder, or below it, by whatever name?"""
    return Path(os.path.realpath(path)).is_relative_to(os.path.realpath(folder))
