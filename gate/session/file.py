"""Session files: read whole or refused with a line and a column; written whole, with the one before kept.

    session = load("stage.toml")
    save(session, "stage.toml")         what stage.toml said before is in stage.toml~

The file's text is the user's: a save changes only lines whose values differ now, and leaves comments, order, spelling
and keys that are not known. What a file says is in ``gate.session.table``, how it is written in ``gate.session.text``.
"""

import contextlib
import os
import re
import tomllib
from collections.abc import Callable
from os import PathLike
from pathlib import Path
from typing import Any, NamedTuple

from gate.errors import AudioFileError, SessionError
from gate.files.atomic import os_sentence, write_bytes
from gate.session.place import fault, place, where
from gate.session.session import Session
from gate.session.table import FORMAT, Unknown, WrongKey, read
from gate.session.text import text

MAX_FILE_BYTES = 16 << 20
"""Largest session file: 16 MiB. A third-party plugin's state may be large."""

MIGRATIONS: dict[int, Callable[[dict[str, Any]], dict[str, Any]]] = {}
"""Functions from a version's table to the next version's. There is one version so far."""

GOOD, DAMAGED = "~", ".damaged"
"""Endings after a file's name: the session before it, and what was a session before somebody damaged it."""

_MEANT = re.compile(rb"^\s*format\s*=\s*([0-9]{1,9})\b", re.MULTILINE)


class _Read(NamedTuple):
    """A session file that was read."""

    session: Session
    unknown: list[Unknown]
    tree: dict[str, Any]
    words: str


def load(path: str | PathLike[str], on_unknown: Callable[[str], None] = lambda sentence: None) -> Session:
    """Read a session.

    Args:
        path: of the file.
        on_unknown: called with a sentence for each key that is not known here; these stay in the file.

    Raises:
        SessionError: the file cannot be read, or holds no session: the text says where, and what was expected.
    """
    found = _read(Path(path), _bytes(Path(path)))
    for key in found.unknown:
        line, column = where(found.words, found.tree, key.path)
        near = f"; did you mean {' or '.join(key.near)}?" if key.near else ""
        on_unknown(
            f"{path}, line {line}, column {column}: {str(key.path[-1])!r} is not known here, and kept{near}"
        )
    return found.session


def save(session: Session, path: str | PathLike[str], like: str | PathLike[str] | None = None) -> bool:
    """Write a session. The file before is kept under its name and a ``~``.

    A session that somebody damaged meanwhile is kept under its name and ``.damaged``; another file is not overwritten.

    Args:
        session: the session.
        path: of the file.
        like: a session file whose comments and unknown keys the new one is to have, if not the file's own.

    Returns:
        Whether the file was written: one that already holds the session is left alone.

    Raises:
        SessionError: the file cannot be written, or holds no session, or one of a newer version.
    """
    target = Path(os.path.realpath(path))  # a link stays a link
    before, there = None, None
    if target.exists():
        before = _bytes(target)
        try:
            there = _read(target, before)
        except SessionError as error:
            meant = _MEANT.search(before)
            if meant is None or int(meant[1]) > FORMAT:
                raise SessionError(f"{error}; nothing was written over it") from None
    old, origin = there, target
    if like is not None and Path(like) != target:
        with contextlib.suppress(SessionError):
            old, origin = _read(Path(like), _bytes(Path(like))), Path(like)
    fits = old is not None and old.tree["format"] == FORMAT
    new = text(session, target.parent, old.words if old and fits else None, origin.parent).encode()
    if new == before:
        return False
    if before is not None:
        _write(_beside(target, DAMAGED if there is None else GOOD), before, like=target)
    _write(target, new, like=target)
    return True


def last_good(path: str | PathLike[str]) -> Path | None:
    """Return the file of the session before the one that is in a file now; None where none can be read."""
    kept = _beside(Path(os.path.realpath(path)), GOOD)
    with contextlib.suppress(SessionError):
        load(kept)
        return kept
    return None


def restore(path: str | PathLike[str]) -> Path:
    """Put the last good session in a file's place.

    Returns:
        The new path of the file that was replaced.

    Raises:
        SessionError: there is no last good session, or it cannot be written.
    """
    target, kept = Path(os.path.realpath(path)), last_good(path)
    if kept is None:
        raise SessionError(f"{path} has no session before it that can be read; write a new one")
    aside = _beside(target, DAMAGED)
    if target.exists():
        _write(aside, _bytes(target), like=target)
    _write(target, _bytes(kept), like=kept)
    return aside


def _beside(path: Path, ending: str) -> Path:
    return path.with_name(path.name + ending)


def _bytes(path: Path) -> bytes:
    try:
        with open(path, "rb") as file:
            said = file.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise SessionError(os_sentence(path, error, writing=False)) from None
    if len(said) > MAX_FILE_BYTES:
        raise SessionError(
            f"{path}: expected a session of at most {MAX_FILE_BYTES >> 20} MiB, got a longer file; name another"
        )
    return said


def _write(path: Path, said: bytes, like: Path) -> None:
    """Write bytes whole or not at all, for those who may read ``like``."""
    try:
        mode = like.stat().st_mode & 0o777 if like.exists() else None
        write_bytes(path, said, mode=mode)
    except AudioFileError as error:
        raise SessionError(str(error)) from None
    except OSError as error:
        raise SessionError(os_sentence(path, error, writing=True)) from None


def _read(path: Path, said: bytes) -> _Read:
    """Return the session in a file's bytes.

    Raises:
        SessionError: there is none.
    """
    try:
        words = said.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        good = said[: error.start].decode("utf-8-sig")
        raise _error(path, place(good), "expected text in UTF-8, got other bytes; fix it") from None
    try:
        tree = tomllib.loads(words)
    except (ValueError, RecursionError) as error:
        reason, *at = fault(error, words)
        raise _error(path, (at[0], at[1]), f"expected TOML, got none ({reason}); fix it") from None
    try:
        return _Read(*read(_migrated(tree), path.parent), tree, words)
    except WrongKey as wrong:
        raise _error(path, where(words, tree, wrong.path), wrong.sentence) from None


def _migrated(tree: dict[str, Any]) -> dict[str, Any]:
    """Return a table of today's format.

    Raises:
        WrongKey: the table has no format, or a newer one.
    """
    version = tree.get("format")
    if type(version) is not int or version < 1:
        got = "none" if version is None else ascii(version)[:60]
        raise WrongKey(("format",), f"expected format = {FORMAT}, got {got}; name a session, or add the line")
    if version > FORMAT:
        expected = f"expected a session of format {FORMAT}"
        raise WrongKey(("format",), f"{expected}, got {version}, of a newer version; update learned-gate")
    for older in range(version, FORMAT):
        tree = MIGRATIONS[older](tree)
    return tree


def _error(path: Path, at: tuple[int, int], sentence: str) -> SessionError:
    return SessionError(f"{path}, line {at[0]}, column {at[1]}: {sentence}")
