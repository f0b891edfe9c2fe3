"""Folders in which programs of this package keep a user's own files, by the customs of each system."""

import os
import sys
from pathlib import Path
from typing import Literal

NAME = "learned-gate"

KINDS = {"data": ("XDG_DATA_HOME", ".local/share"), "state": ("XDG_STATE_HOME", ".local/state")}
"""Variable, and folder at home where it is not set (XDG Base Directory Specification 0.8)."""


def user_folder(kind: Literal["data", "state"], part: str, variable: str) -> Path:
    """Return a folder of the user's; it need not exist.

    Args:
        kind: "data" for what somebody made and would miss, "state" for what is only remembered.
        part: the last name of the folder.
        variable: of the environment; where it is set it names the folder itself.
    """
    named = os.environ.get(variable)
    if named:
        return Path(named)
    home = Path(os.path.expanduser("~"))  # where nobody lives at home this says so, and raises nothing
    if sys.platform == "darwin":
        base = home / "Library" / "Application Support"
    elif sys.platform == "win32":
        base = Path(os.environ.get("APPDATA") or home)
    else:
        custom, usual = KINDS[kind]
        base = Path(os.environ.get(custom) or home / usual)
    return base / NAME / part
