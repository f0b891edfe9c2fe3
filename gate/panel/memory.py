"""What a panel remembers from one start to the next: session and window. Damaged files are ignored."""

import contextlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from gate.errors import GateError
from gate.files.places import user_folder
from gate.session.file import load, save
from gate.session.session import Session

SESSION, WINDOW = "last.toml", "window.json"


def folder() -> Path:
    """Return the folder of these files, which need not exist. ``LEARNED_GATE_STATE`` names another folder."""
    return user_folder("state", "panel", "LEARNED_GATE_STATE")


def last_session(tell: Callable[[str], None]) -> Session | None:
    """Return the session of the last end; None if there is none. ``tell`` hears of one that cannot be read."""
    path = folder() / SESSION
    if not path.exists():
        return None
    try:
        return load(path)
    except GateError as error:
        tell(f"{error}; beginning with the defaults")
        return None


def keep_session(session: Session) -> None:
    """Save the session for the next start.

    Raises:
        GateError: the session cannot be written.
    """
    with contextlib.suppress(OSError):
        folder().mkdir(parents=True, exist_ok=True)
    save(session, folder() / SESSION)


def window() -> dict[str, Any]:
    """Return how the window looked at the last end; empty if that is not known."""
    try:
        found = json.loads((folder() / WINDOW).read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def keep_window(said: dict[str, Any]) -> None:
    """Save the window's look for the next start."""
    with contextlib.suppress(OSError):
        folder().mkdir(parents=True, exist_ok=True)
        (folder() / WINDOW).write_text(json.dumps(said) + "\n", "utf-8")
