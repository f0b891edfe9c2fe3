"""Whole lines that a user types while sound runs, from a terminal, a pipe or nothing at all."""

import contextlib
import os
import queue
import sys
import threading
from typing import Any, Self


class Typed:
    """Lines from standard input as they come.

    On a terminal letters are read one by one and not echoed, so that a display that is drawn over and over can show
    them; the end of ``with`` restores the terminal. A closed input ends nothing: no lines come.

    Attributes:
        so_far: the line that is being typed.
    """

    def __init__(self, *, letters: bool) -> None:
        """Read from a terminal letter by letter if ``letters``; lines otherwise."""
        self.so_far = ""
        self._lines: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._letters = letters
        self._before: Any = None

    def __enter__(self) -> Self:
        """Start the thread that reads."""
        there = sys.stdin is not None and not sys.stdin.closed
        read = self._read_lines
        if there and self._letters and sys.stdin.isatty():
            try:
                import termios
                import tty

                self._before = termios.tcgetattr(sys.stdin.fileno())
                tty.setcbreak(sys.stdin.fileno())
                read = self._read_letters
            except (ImportError, OSError):  # Windows; or a terminal without this mode
                self._before = None
        if there:
            threading.Thread(target=read, name="standard input", daemon=True).start()
        return self

    def __exit__(self, *error: object) -> None:
        """Restore the terminal's mode."""
        if self._before is not None:
            import termios

            with contextlib.suppress(termios.error, ValueError):
                termios.tcsetattr(sys.stdin.fileno(), termios.TCSADRAIN, self._before)

    def lines(self) -> list[str]:
        """Return whole lines since the last call."""
        found = []
        with contextlib.suppress(queue.Empty):
            while True:
                found.append(self._lines.get_nowait())
        return found

    def _read_lines(self) -> None:
        with contextlib.suppress(OSError, ValueError):
            for line in sys.stdin:
                self._lines.put(line)

    def _read_letters(self) -> None:
        with contextlib.suppress(OSError, ValueError):
            while letters := os.read(sys.stdin.fileno(), 256):
                for letter in letters.decode(errors="ignore"):
                    self._type(letter)

    def _type(self, letter: str) -> None:
        """Take one letter: a newline ends the line, backspace removes one, Ctrl-U all; escape sequences do nothing."""
        if letter in "\r\n":
            line, self.so_far = self.so_far, ""
            self._lines.put(line)
        elif letter in "\x7f\b":
            self.so_far = self.so_far[:-1]
        elif letter == "\x15":
            self.so_far = ""
        elif letter.isprintable():
            self.so_far += letter
