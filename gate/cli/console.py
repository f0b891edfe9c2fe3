"""Text to a terminal, a file or a pipe: no encoding, and no reader that has gone, causes a traceback."""

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, TextIO, TypeVar

if TYPE_CHECKING:
    from tqdm import tqdm

T = TypeVar("T")


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
        # the reader (head, less) has closed the pipe; what Python writes at its exit is dropped as well
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def watched(stream: TextIO | None) -> bool:
    """Return whether a stream is a terminal, and not a file, pipe or log."""
    return stream is not None and stream.isatty()


def progress_bar(
    things: Iterable[T] | None = None, *, title: str = "", quiet: bool = False, **how: Any
) -> "tqdm[T]":
    """Return tqdm's bar on standard error, shown only on a terminal: what changes in place is noise in a log.

    Args:
        things: items to go through; None for a bar that is moved by hand.
        title: text in front of the bar; where there is no terminal, a line in place of the bar.
        quiet: show nothing at all.
        how: other arguments of tqdm (``total``, ``unit``, ...).
    """
    from tqdm import tqdm

    shown = watched(sys.stderr)
    if title and not shown and not quiet and sys.stderr is not None:
        say(title, sys.stderr)
    return tqdm(things, desc=title or None, file=sys.stderr, disable=quiet or not shown, **how)


def say_version(program: str) -> int:
    """Print a program's name and version; return the exit code, 0."""
    from importlib.metadata import PackageNotFoundError, version

    try:
        say(f"{program} {version('learned-gate')}")
    except PackageNotFoundError:
        say(f"{program}, run from its sources")
    return 0


class Ended(KeyboardInterrupt):
    """A signal other than Ctrl-C's that asks for an end, treated as Ctrl-C is."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.signal = number


@contextlib.contextmanager
def ended_by_signals() -> Iterator[None]:
    """Have SIGTERM and SIGHUP clean up as Ctrl-C does."""

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
