"""The session that a live gate begins with, from a file and the command line, and where it is stored again."""

import argparse
import sys
from collections.abc import Callable, Iterable
from dataclasses import fields, replace
from pathlib import Path

from gate.cli.console import say
from gate.errors import SessionError, UsageError
from gate.parameters import PARAMETERS
from gate.plugins.registry import from_text
from gate.session.choices import FILE, Devices
from gate.session.file import last_good, load, restore, save
from gate.session.session import Session, Slot, absolute

AS_USUAL = Session()
"""The session of a gate for which none was named."""


def begin(options: argparse.Namespace, tell: Callable[[str], None], session: Session = AS_USUAL) -> Session:
    """Return the session of the command line.

    Args:
        options: as ``gate.cli.live_options`` parses them.
        tell: called with each remark on the file, a sentence.
        session: the session where no file is named.

    Raises:
        SessionError: the file holds no session, and the user does not take the one before it.
        UsageError: the options contradict each other.
    """
    if options.save_session and options.session is None:
        raise UsageError("--save-session needs a session file, and none was named; give --session FILE, too")
    if options.session is not None:
        path = Path(options.session)
        if path.exists() or not options.save_session:
            session = _load(path, tell)
    return _over(session, options)


def keep(session: Session, path: str | None, like: str | None, tell: Callable[[str], None]) -> None:
    """Store a session in a file.

    Args:
        session: the session.
        path: of the file; None or empty: that of ``--session``.
        like: the file of ``--session``, whose comments are copied.
        tell: called with a sentence on what was done.

    Raises:
        UsageError: no file was named.
        SessionError: the file cannot be written.
    """
    target = path or like
    if not target:
        raise UsageError(
            "expected a file for the session, got none; type save FILE, or start with --session FILE"
        )
    tell(f"session saved to {target}" if save(session, target, like) else f"{target} says the same already")


def _load(path: Path, tell: Callable[[str], None]) -> Session:
    try:
        return load(path, tell)
    except SessionError as error:
        good = last_good(path)
        if good is None:
            raise
        if not (sys.stdin and sys.stdin.isatty() and sys.stderr.isatty()):
            raise SessionError(f"{error}; the session before it is {good}: give --session {good}") from None
        say(f"{error}", sys.stderr)
        if not _agreed(f"take the session before it, {good}? [y/N] "):
            raise
    tell(f"the damaged file is {restore(path)} now")
    return load(path, tell)


def _agreed(question: str) -> bool:
    print(question, end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().casefold() in ("y", "yes")


def _over(session: Session, options: argparse.Namespace) -> Session:
    """Return a session in which the command line's settings replace the file's."""
    given = {p.id: getattr(options, p.id.replace("-", "_"), None) for p in PARAMETERS}
    session = session.with_values({id: value for id, value in given.items() if value is not None})
    devices = {one.name: getattr(options, one.name, None) for one in fields(Devices)}
    of_devices = {
        name: value
        for name, value in devices.items()
        if value is not None and not str(value).startswith(FILE)
    }
    new = replace(session, devices=replace(session.devices, **of_devices))
    if options.preset is not None:
        new = replace(new, preset=absolute(options.preset))
    if options.guard_model is not None:
        new = replace(new, guard_model=absolute(options.guard_model))
    if options.monitor is not None:
        new = replace(new, monitor=options.monitor)
    if options.before:
        new = replace(new, before=tuple(Slot.of(from_text(text)) for text in options.before))
    if options.after:
        new = replace(new, after=tuple(Slot.of(from_text(text)) for text in options.after))
    if options.midi is not None:
        new = replace(new, midi_port=options.midi)
    if options.map:
        if new.midi_port is None:
            raise UsageError("--map is for a MIDI port, and none was named; name it with --midi")
        new = replace(new, midi_map=_merged(new.midi_map, options.map))
    return new


def _merged(old: Iterable[str], given: Iterable[str]) -> tuple[str, ...]:
    """Return a map with new bindings for the targets that are given."""
    pieces = [piece.strip() for text in given for piece in text.replace("\n", ",").split(",")]
    new = [piece for piece in pieces if piece]
    targets = {piece.partition("=")[0].strip() for piece in new}
    return (*(text for text in old if text.partition("=")[0] not in targets), *new)
