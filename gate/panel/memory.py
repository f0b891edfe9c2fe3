"""What a panel remembers from one start to the next: the session, and how its window looked. Damaged, it is forgotten."""

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
    """Where it is kept; it need not be there. ``LEARNED_GATE_STATE`` names another place."""
    return user_folder("state", "panel", "LEARNED_GATE_STATE")


def last_session(tell: Callable[[str], None]) -> Session | None:
    """How everything stood at the last end; None if nobody knows, which is said if it should be known."""
    path = folder() / SESSION
    if not path.exists():
        return None
    try:
        return load(path)
    except GateError as error:
        tell(f"{error}; beginning as usual")
        return None


def keep_session(session: Session) -> None:
    """For the next start. Where there is no room for it, there will be none.

    Raises:
        GateError: it cannot be written.
    """
    with contextlib.suppress(OSError):
        folder().mkdir(parents=True, exist_ok=True)
    save(session, folder() / SESSION)


def window() -> dict[str, Any]:
    """How the window looked at the last end; empty if nobody knows."""
    try:
        found = json.loads((folder() / WINDOW).read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def keep_window(said: dict[str, Any]) -> None:
    """For the next start."""
    with contextlib.suppress(OSError):
        folder().mkdir(parents=True, exist_ok=True)
        (folder() / WINDOW).write_text(json.dumps(said) + "\n", "utf-8")
