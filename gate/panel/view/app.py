"""The application around the window: one gate, its keeper, the theme, and a picture if that is all that is wanted."""

import os
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from PyQt6.QtCore import QTimer
from PyQt6.QtWidgets import QApplication

from gate.errors import GateError, UsageError
from gate.panel.keeper import Keeper
from gate.panel.midi import Midi
from gate.panel.model import Model
from gate.panel.view.look import AUTO, Look
from gate.panel.view.window import Window
from gate.preset import names, resolve

WAKE_MS = 200
"""How often the interpreter is let in while Qt waits, so that Ctrl-C is heard."""


@dataclass(frozen=True)
class View:
    """How the window is wanted.

    Attributes:
        theme: "auto", or a theme's name.
        size: width and height in the window's own pixels, or None for the usual.
        screenshot: where a picture goes, or None for no picture.
        after_s: how long it runs before the picture.
    """

    theme: str = AUTO
    size: tuple[int, int] | None = None
    screenshot: Path | None = None
    after_s: float = 3.0


USUAL_SIZE = (1320, 790)
"""Of the window, in its own pixels."""


def scale(factor: float | None) -> None:
    """Have everything drawn so many times as large; only before the application is made."""
    if factor is not None:
        os.environ["QT_SCALE_FACTOR"] = f"{factor:g}"


def run(keeper: Keeper, midi: Midi, view: View) -> int:
    """Show a gate that plays until its window is closed; returns the exit code.

    Raises:
        UsageError: the picture cannot be written.
    """
    application = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(application, QApplication)
    application.setApplicationName("Learned gate")
    look = Look(view.theme)
    look.dress()
    keeper.start()
    window = Window(Model(keeper), look, midi)
    window.top.presets.show_presets(presets())
    window.resize(*(view.size or USUAL_SIZE))
    window.show()
    wake = QTimer()
    wake.timeout.connect(lambda: None)
    wake.start(WAKE_MS)
    if view.screenshot is not None:
        path = view.screenshot
        QTimer.singleShot(round(1000 * view.after_s), _picture(window, path, application.exit))
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: window.close())
    code = application.exec()
    if view.screenshot is not None and code:
        raise UsageError(
            f"the picture cannot be written to {view.screenshot}; give another name, ending in .png"
        )
    return code


def _picture(window: Window, path: Path, leave: Callable[[int], None]) -> Callable[[], None]:
    def take() -> None:
        done = window.grab().save(str(path))
        window.close()
        leave(0 if done else 1)

    return take


def presets() -> list[tuple[str, str]]:
    """Gates that have names, and what they were taught; one that cannot be read says why when it is chosen."""
    found = []
    for name in names("gate"):
        try:
            found.append((name, resolve(name, "gate").contract.taught))
        except GateError:
            found.append((name, ""))
    return found
