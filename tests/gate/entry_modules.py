"""The modules of the runtime that have compiled functions for others to call: found by their imports."""

import importlib
from pathlib import Path

from gate.realtime.entry import Entry
from gate.realtime.fingerprint import SOURCES

ROOT = Path(__file__).parents[2]


def source_modules() -> list[str]:
    """Return the names of all modules of the package ``gate``."""
    files = sorted((ROOT / "gate").rglob("*.py"))
    names = [".".join(file.relative_to(ROOT).with_suffix("").parts) for file in files]
    return [name.removesuffix(".__init__") for name in names]


def entry_modules() -> list[str]:
    """Return the names of those that define an ``Entry``."""
    return [name for name in source_modules() if "gate.realtime.entry" in SOURCES.imported(name)]


def entries() -> list[Entry]:
    """Load these modules, and return their entries."""
    for name in entry_modules():
        importlib.import_module(name)
    return list(Entry.every)
