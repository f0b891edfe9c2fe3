"""Words to a terminal, a file or a pipe: no encoding, and no reader who has gone, makes a traceback."""

import os
import sys
from typing import TextIO


def say(text: str, stream: TextIO | None = None) -> None:
    """Print a text. Letters that the terminal does not know, or that would steer it, become question marks.

    Args:
        text: one line or several.
        stream: standard output if None.
    """
    stream = stream or sys.stdout
    clean = "".join(letter if letter.isprintable() or letter == "\n" else "?" for letter in text)
    encoding = stream.encoding or "utf-8"
    try:
        print(clean.encode(encoding, "replace").decode(encoding), file=stream, flush=True)
    except BrokenPipeError:
        # whoever read along (head, less) has seen enough; what Python writes at its exit goes nowhere as well
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def say_version(program: str) -> int:
    """Print a program's name and version; returns the exit code, 0."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        say(f"{program} {version('learned-gate')}")
    except PackageNotFoundError:
        say(f"{program}, run from its sources")
    return 0


class Ended(KeyboardInterrupt):
    """Another signal that asks for an end, treated as Ctrl-C is."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.signal = number
