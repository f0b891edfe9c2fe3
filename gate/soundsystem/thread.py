"""The one thread that talks to sound systems, because any call to them may take for ever.

PortAudio allows one thread at a time, and JACK's calls wait for as long as the server does. So every such call
goes through ``call``: it waits for the answer only as long as its caller can, and leaves the rest to this thread,
which is a daemon: a process may end while it waits.
"""

import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NoAnswer
from typing import Any, TypeVar

from gate.errors import SoundDeviceError

T = TypeVar("T")

PATIENCE_S = 10.0
"""How long a person waits for an answer at the most: a busy machine opens a stream in a second."""


class SilentError(SoundDeviceError):
    """The sound system has not answered in time; what it was asked for may still happen."""


class _Worker:
    """A queue, and the thread that empties it."""

    def __init__(self) -> None:
        self.jobs: queue.SimpleQueue[tuple[Future[Any], Callable[[], Any]]] = queue.SimpleQueue()
        self.thread = threading.Thread(target=self._run, name="sound-devices", daemon=True)
        self.at_work = False
        self.thread.start()

    def _run(self) -> None:
        while True:
            future, job = self.jobs.get()
            if not future.set_running_or_notify_cancel():
                continue
            self.at_work = True
            try:
                future.set_result(job())
            except BaseException as error:  # it belongs to whoever asked
                future.set_exception(error)
            finally:
                self.at_work = False
                del future, job


_lock = threading.Lock()
_worker: _Worker | None = None


def ask(job: Callable[[], T]) -> "Future[T]":
    """Have a job done by the thread; return the future of its answer."""
    global _worker
    with _lock:
        if _worker is None:
            _worker = _Worker()
        future: Future[T] = Future()
        _worker.jobs.put((future, job))
        return future


def call(job: Callable[[], T], timeout_s: float = PATIENCE_S) -> T:
    """Have a job done by the thread and return its answer.

    Raises:
        SilentError: no answer in ``timeout_s``. A job that has not begun by then never will; one that has is left.
    """
    if _worker is not None and threading.current_thread() is _worker.thread:
        return job()
    future = ask(job)
    try:
        return future.result(timeout_s)
    except NoAnswer:
        if not future.cancel() and future.done():
            return future.result()
        raise SilentError(
            f"the sound system did not answer in {timeout_s:g} s; is its server stopped? Continue or restart it"
        ) from None


def is_busy() -> bool:
    """Return whether a job is under way or waiting."""
    return _worker is not None and (_worker.at_work or not _worker.jobs.empty())
