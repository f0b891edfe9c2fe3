"""The application around the window: one gate, its keeper, the theme, and a picture alone if that was asked for."""

import argparse
import os
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PyQt6.QtCore import QTimer
from PyQt6.QtWidgets import QApplication

from gate.errors import GateError, UsageError
from gate.live.sessions import capture
from gate.panel import memory
from gate.panel.keeper import Keeper
from gate.panel.library import presets
from gate.panel.midi import Midi
from gate.panel.model import Model
from gate.panel.theme import THEMES
from gate.panel.view.actions import Actions
from gate.panel.view.parts.look import AUTO, Look
from gate.panel.view.window import Window

WAKE_MS = 200
"""Milliseconds after which the interpreter runs while Qt waits, so that Ctrl-C is heard."""


USUAL_SIZE = (1320, 790)
"""Size of the window, in its own pixels."""


@dataclass(frozen=True)
class View:
    """Settings of the window.

    Attributes:
        theme: "auto", or a theme's name.
        scale: factor on the size of everything drawn.
        size: width and height in the window's own pixels.
        screenshot: where a picture goes, or None for no picture.
        after_s: seconds that the panel runs before the picture.
    """

    theme: str = AUTO
    scale: float = 1.0
    size: tuple[int, int] = USUAL_SIZE
    screenshot: Path | None = None
    after_s: float = 3.0

    @classmethod
    def of(cls, options: argparse.Namespace, looked: dict[str, Any]) -> "View":
        """Return the settings from the command line, and where it gives none, from how the window looked last time."""
        theme, scale, size = looked.get("theme"), looked.get("scale"), looked.get("size")
        if theme not in (AUTO, *THEMES):
            theme = AUTO
        if not isinstance(scale, int | float) or not 0.5 <= scale <= 4.0:
            scale = 1.0
        if not (
            isinstance(size, list)
            and len(size) == 2
            and all(isinstance(side, int) and side > 0 for side in size)
        ):
            size = USUAL_SIZE
        return cls(
            theme=options.theme or theme,
            scale=options.scale or float(scale),
            size=options.size or (size[0], size[1]),
            screenshot=None if options.screenshot is None else Path(options.screenshot),
            after_s=options.after_s,
        )


def scale(factor: float) -> None:
    """Set the factor on the size of everything drawn; call this before the application is made."""
    if factor != 1.0:
        os.environ["QT_SCALE_FACTOR"] = f"{factor:g}"


def begin(view: View) -> tuple[QApplication, Look]:
    """Return the application, made if there is none yet, and its theme; the caller keeps both.

    Raises:
        UsageError: there is no screen, and a screen is needed: Qt itself would abort.
    """
    if QApplication.instance() is None and _lacks_screen():
        if view.screenshot is None:
            raise UsageError(
                "expected a screen, got neither DISPLAY nor WAYLAND_DISPLAY; start it on a desktop, or take a picture "
                "with --screenshot FILE.png, or use gate-live"
            )
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
    application = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(application, QApplication)
    application.setApplicationName("Learned gate")
    look = Look(view.theme)
    look.dress()
    return application, look


def _lacks_screen() -> bool:
    """Is this a Linux without a screen, and nobody has told Qt to draw elsewhere?"""
    names = ("QT_QPA_PLATFORM", "DISPLAY", "WAYLAND_DISPLAY")
    return sys.platform == "linux" and not any(os.environ.get(name) for name in names)


def assemble(model: Model, look: Look, midi: Midi) -> tuple[Window, Actions]:
    """Make the window of a gate that plays, and what its buttons do."""
    window = Window(model, look, midi)
    return window, Actions(window)


def run(keeper: Keeper, midi: Midi, view: View, application: QApplication, look: Look) -> int:
    """Show a gate that plays until its window is closed; return the exit code. Call ``begin`` before.

    Raises:
        UsageError: the picture cannot be written.
    """
    keeper.start()
    window, actions = assemble(Model(keeper), look, midi)
    actions.scale = view.scale
    window.top.presets.show_presets(presets())
    window.resize(*view.size)
    window.show()
    wake = QTimer()
    wake.timeout.connect(lambda: None)
    wake.start(WAKE_MS)
    if view.screenshot is not None:
        QTimer.singleShot(round(1000 * view.after_s), _picture(window, view.screenshot, application.exit))
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: window.close())
    code = application.exec()
    if view.screenshot is None:
        _keep(window, actions.scale)
    elif code:
        raise UsageError(
            f"the picture cannot be written to {view.screenshot}; give another name, ending in .png"
        )
    return code


def _keep(window: Window, factor: float) -> None:
    """Store the window's look and the session for the next start."""
    memory.keep_window(
        {"theme": window.look.wish, "scale": factor, "size": [window.width(), window.height()]}
    )
    try:
        memory.keep_session(capture(window.model.live, window.midi, states=True))
    except GateError as error:
        print(f"gate-panel: {error}", file=sys.stderr)


def _picture(window: Window, path: Path, leave: Callable[[int], None]) -> Callable[[], None]:
    def take() -> None:
        window.look_whole()
        done = window.grab().save(str(path))
        window.close()
        leave(0 if done else 1)

    return take
