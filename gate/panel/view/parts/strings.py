"""Every text that a window shows goes through ``tr``, so that a catalogue for Qt can put another language in its place."""

from PyQt6.QtCore import QCoreApplication

CONTEXT = "panel"
"""Name under which catalogues hold the texts."""


def tr(text: str) -> str:
    """Return a text in the user's language; itself where no catalogue has it."""
    return QCoreApplication.translate(CONTEXT, text)
