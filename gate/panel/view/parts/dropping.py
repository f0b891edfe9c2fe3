"""Files that are dropped onto a part of the window."""

from pathlib import Path

from PyQt6.QtCore import QMimeData
from PyQt6.QtGui import QDragEnterEvent, QDropEvent


class TakesFiles:
    """A widget that takes local files: inherit from this before the widget's class; ``take`` gets the files.

    The widget itself says ``setAcceptDrops(True)``.
    """

    def take(self, paths: list[Path]) -> None:
        """Take the files that were dropped (at least one)."""
        raise NotImplementedError

    def dragEnterEvent(self, event: QDragEnterEvent | None) -> None:
        """Accept a drag of files."""
        if event is not None and _paths_of(event.mimeData()):
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent | None) -> None:
        """Take the files that were dropped."""
        if event is not None and (paths := _paths_of(event.mimeData())):
            event.acceptProposedAction()
            self.take(paths)


def _paths_of(data: QMimeData | None) -> list[Path]:
    """Return the local files among what is dragged."""
    urls = [] if data is None else data.urls()
    return [Path(url.toLocalFile()) for url in urls if url.isLocalFile()]
