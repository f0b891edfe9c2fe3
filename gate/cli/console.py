"""Words to a terminal, a file or a pipe: no encoding, and no reader who has gone, makes a traceback."""

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Iterator
from typing import Any, TextIO


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


@contextlib.contextmanager
def ended_by_signals() -> Iterator[None]:
    """SIGTERM and SIGHUP clean up as Ctrl-C does."""

    def end(number: int, frame: object) -> None:
        raise Ended(number)

    names = [name for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name)]
    before: dict[int, Any] = {}
    if threading.current_thread() is threading.main_thread():
        # one that is ignored (nohup) stays ignored
        numbers = [getattr(signal, name) for name in names]
        before = {n: signal.signal(n, end) for n in numbers if signal.getsignal(n) is not signal.SIG_IGN}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
