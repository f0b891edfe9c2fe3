"""The menu: theme, size, and the list of keys."""

from collections.abc import Callable, Mapping

from PyQt6.QtGui import QAction, QActionGroup
from PyQt6.QtWidgets import QGridLayout, QMenu, QWidget

from gate.panel.view.parts.controls import words
from gate.panel.view.parts.look import AUTO
from gate.panel.view.parts.popover import Popover
from gate.panel.view.parts.strings import tr

SCALES = (1.0, 1.25, 1.5, 1.75, 2.0)


def theme_names() -> dict[str, str]:
    """Return the names of the themes in the user's language, by theme."""
    return {
        AUTO: tr("As the system"),
        "light": tr("Light"),
        "dark": tr("Dark"),
        "contrast": tr("High contrast"),
    }


def choices(
    menu: QMenu, title: str, options: Mapping[str, str], chosen: str, choose: Callable[[str], None]
) -> None:
    """Add a menu of options of which one is chosen."""
    part = menu.addMenu(title)
    assert part is not None
    group = QActionGroup(part)
    for name, said in options.items():
        action = QAction(said, part)
        action.setCheckable(True)
        action.setChecked(name == chosen)
        action.triggered.connect(lambda _, name=name: choose(name))
        group.addAction(action)
        part.addAction(action)


class Keys(Popover):
    """A list of what keys and mouse do."""

    def __init__(self, window: QWidget, rows: list[tuple[str, str]]) -> None:
        super().__init__(window, tr("Keys and mouse"))
        grid = QGridLayout()
        grid.setHorizontalSpacing(24)
        half = (len(rows) + 1) // 2
        for k, (keys, what) in enumerate(rows):
            grid.addWidget(words(keys, "good"), k % half, 2 * (k // half))
            grid.addWidget(words(what), k % half, 2 * (k // half) + 1)
        self.body.addLayout(grid)
