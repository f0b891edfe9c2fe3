"""Progress as lines in a log, or as one line that changes on a terminal."""

import sys
import time
from typing import TextIO

from gate.cli.console import watched

MEASURES = {
    "balanced": "balanced accuracy {:.3f}",
    "onset_ms": "onset {:.0f} ms",
    "needless_min": "needless {:.1f}/min",
    "esr": "error share {:.2e}",
}
"""The live score: means over the kinds of bleed."""


class Progress:
    """A display of step, time left and the last score on the held-out examples.

    Args:
        stream: where to write; None is standard error, as results alone go to standard output.
    """

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stderr
        self._live = watched(self._stream)
        self._began: tuple[float, int] | None = None
        self._score = ""
        self._width = 0

    def say(self, text: str) -> None:
        """Write a line that stays."""
        self.end()
        print(text, file=self._stream, flush=True)

    def report(self, row: dict[str, float], steps: int) -> None:
        """Show a row of the training's log."""
        now, step = time.monotonic(), int(row["step"])
        first, at = self._began = self._began or (now, step)
        text = f"step {step} of {steps}"
        if step > at:
            text += f", {time_left((now - first) * (steps - step) / (step - at))} left"
        if score := live_score(row):
            self._score = f", held-out: {score}"
        self._show(text + self._score)

    def end(self) -> None:
        """Leave the changing line as it is."""
        if self._width:
            print(file=self._stream, flush=True)
        self._width = 0

    def _show(self, text: str) -> None:
        if not self._live:
            print(text, file=self._stream, flush=True)
            return
        print("\r" + text.ljust(self._width), end="", file=self._stream, flush=True)
        self._width = len(text)


def live_score(row: dict[str, float]) -> str:
    """Describe the score in a row of the log, "" if there is none."""
    words = []
    for name, form in MEASURES.items():
        values = [value for key, value in row.items() if key.endswith(f"_{name}")]
        if values:
            words.append(form.format(sum(values) / len(values)))
    return ", ".join(words)


def time_left(seconds: float) -> str:
    """Write seconds, minutes or hours, as one says them."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
