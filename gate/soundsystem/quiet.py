"""Silence for C libraries: what they print is kept off the terminal, and Python's own messages stay on it.

PortAudio prints failed expressions (pa_debugprint.c), PipeWire's libraries log to file descriptor 2, and neither can be
asked not to. So that descriptor leads nowhere while they set up; ``sys.stderr``, which other threads may write to
meanwhile, keeps its target. None of this belongs on the audio thread.
"""

import contextlib
import ctypes
import functools
import os
import sys
import threading
from collections.abc import Iterator
from typing import Any, TextIO, cast

_lock = threading.RLock()
_inside = 0
"""How many callers are inside now, of all threads."""
_undo: contextlib.ExitStack | None = None


@functools.cache
def no_op() -> ctypes.c_void_p:
    """Return a C function without effect, for libraries that hand their messages to a function.

    They call it from whatever thread they are on, the audio thread too. A Python function would have to wait there for
    the interpreter: for ever, if who holds it waits for that thread, as rtmidi's ``send_message`` does when JACK's
    buffer is full. ``labs`` takes a word, and does nothing but compute.
    """
    library = ctypes.CDLL("msvcrt" if sys.platform == "win32" else None)
    return ctypes.cast(library.labs, ctypes.c_void_p)


class _Apart:
    """A text stream on file descriptor 2, written to a copy of the descriptor while that leads nowhere."""

    def __init__(self, stream: TextIO, kept: int) -> None:
        self._stream, self._kept = stream, kept
        self._writing = threading.Lock()

    def write(self, text: str) -> int:
        with self._writing:
            if self._kept < 0:
                return self._stream.write(text)
            rest = text.encode(self._stream.encoding or "utf-8", self._stream.errors or "replace")
            while rest:
                rest = rest[os.write(self._kept, rest) :]
            return len(text)

    def fileno(self) -> int:
        return self._kept if self._kept >= 0 else self._stream.fileno()

    def isatty(self) -> bool:
        return os.isatty(self.fileno())

    def end(self) -> None:
        """Write to the stream itself from now on: another thread may still hold this object."""
        with self._writing:
            self._kept = -1

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Lead file descriptor 2 nowhere within a block, and put it back whatever happens.

    Within another such block, or without a standard error, this does nothing. The last of several threads puts it back.
    """
    global _inside, _undo
    with _lock:
        if not _inside:
            _undo = _turned_away()
        _inside += 1
    try:
        yield
    finally:
        with _lock:
            _inside -= 1
            undo = None if _inside else _undo
            if undo is not None:
                _undo = None
                undo.close()


def _turned_away() -> contextlib.ExitStack:
    """Lead file descriptor 2 nowhere; closing the returned stack undoes it."""
    undo = contextlib.ExitStack()
    try:
        with contextlib.ExitStack() as steps:
            kept = os.dup(2)
            steps.callback(os.close, kept)
            nowhere = os.open(os.devnull, os.O_WRONLY)
            try:
                _swap_stream(steps, kept)
                os.dup2(nowhere, 2)
                steps.callback(os.dup2, kept, 2)
            finally:
                os.close(nowhere)
            undo = steps.pop_all()
    except OSError:  # no standard error, or no descriptor left: then it is not quiet
        pass
    return undo


def _swap_stream(steps: contextlib.ExitStack, kept: int) -> None:
    stream = sys.stderr
    try:
        if stream is None or stream.fileno() != 2:
            return
        stream.flush()
    except (OSError, ValueError, AttributeError):  # not a file, or closed
        return
    apart = _Apart(stream, kept)

    def put_back() -> None:
        if sys.stderr is cast(TextIO, apart):
            sys.stderr = stream
        apart.end()

    steps.callback(put_back)
    sys.stderr = cast(TextIO, apart)
