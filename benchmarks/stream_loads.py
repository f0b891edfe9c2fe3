"""Loads on the process whose stream is measured: nothing, a busy thread, or a window."""

import os
import sys
import threading
import time
from typing import Any, Self

WINDOW_HZ = 60
CURVES, POINTS = 3, 4000
"""What the window draws: about a panel's histories."""


class Idle:
    """No load; and what the others have in common.

    Attributes:
        drawn: pictures drawn so far; only a window draws.
    """

    drawn = 0

    def __enter__(self) -> Self:
        """Begin the load."""
        return self

    def __exit__(self, *_: object) -> None:
        """End the load."""

    def wait(self, seconds: float) -> None:
        """Let time pass, in the main thread."""
        time.sleep(seconds)


class Hogged(Idle):
    """A thread that computes in pure Python and never waits, so that it nearly always has the interpreter."""

    def __enter__(self) -> Self:
        """Start the thread."""
        self._end = False
        self._thread = threading.Thread(target=self._work, name="hog", daemon=True)
        self._thread.start()
        return self

    def _work(self) -> None:
        count = 0
        while not self._end:
            for k in range(1000):
                count = (count + k * k) % 1_000_003

    def __exit__(self, *_: object) -> None:
        """Stop the thread."""
        self._end = True
        self._thread.join()


class Window(Idle):
    """A window that draws three curves of 4000 points, 60 times a second. Offscreen where there is no display."""

    def __enter__(self) -> Self:
        """Open the window.

        Raises:
            ModuleNotFoundError: the extra ``panel`` is not installed.
        """
        displays = [key for key in ("DISPLAY", "WAYLAND_DISPLAY") if os.environ.get(key)]
        if sys.platform == "linux" and not displays:
            os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
        import numpy as np
        import pyqtgraph
        from PyQt6 import QtCore, QtWidgets

        self._application: Any = QtWidgets.QApplication.instance() or QtWidgets.QApplication(["gate-bench"])
        self._core = QtCore
        self._plot = pyqtgraph.PlotWidget()
        self._plot.resize(900, 500)
        self._lines = [self._plot.plot(pen=pyqtgraph.intColor(k)) for k in range(CURVES)]
        self._points = np.cumsum(np.random.default_rng(0).standard_normal((CURVES, 2 * POINTS)), axis=1)
        self._plot.show()
        self._timer = QtCore.QTimer()
        self._timer.setTimerType(QtCore.Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._draw)
        self._timer.start(1000 // WINDOW_HZ)
        return self

    def _draw(self) -> None:
        begin = 7 * self.drawn % POINTS
        for line, points in zip(self._lines, self._points, strict=True):
            line.setData(points[begin : begin + POINTS])
        self._plot.viewport().repaint()  # now: a picture that is only asked for may be left out
        self.drawn += 1

    def wait(self, seconds: float) -> None:
        """Let the window work for so long."""
        self._core.QTimer.singleShot(round(1000 * seconds), self._application.quit)
        self._application.exec()

    def __exit__(self, *_: object) -> None:
        """Close the window."""
        self._timer.stop()
        self._plot.close()


LOADS: dict[str, type[Idle]] = {"idle": Idle, "hogged": Hogged, "window": Window}
