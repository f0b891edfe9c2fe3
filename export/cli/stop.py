"""Ctrl-C during a long run: the first one ends it cleanly."""

import signal
from typing import Any

from gate.closing import Closes


class Stop(Closes):
    """Handler of Ctrl-C: the first one asks for an end after the step that runs, a second one ends at once. Armed when
    first called."""

    def __init__(self) -> None:
        self._asked = False
        self._before: Any = None

    def __call__(self) -> bool:
        """Tell whether somebody has pressed Ctrl-C."""
        if self._before is None:
            self._before = signal.signal(signal.SIGINT, self._ask)
        return self._asked

    def _ask(self, number: int, frame: object) -> None:
        self._asked = True
        signal.signal(number, self._before)

    def close(self) -> None:
        """Leave Ctrl-C to whoever had it before."""
        if self._before is not None:
            signal.signal(signal.SIGINT, self._before)
