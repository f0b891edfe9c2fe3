"""Processes for one run: a sound that brings its process down is an error, not a wait without end."""

import multiprocessing
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from types import TracebackType
from typing import TypeVar

Given = TypeVar("Given")
Result = TypeVar("Result")

AT_ONCE = 8
"""Tasks that a process is given at a time."""


class Workers:
    """Processes that do tasks; with one job the tasks are done in this process."""

    def __init__(self, jobs: int) -> None:
        self._jobs = jobs
        self._pool = _pool(jobs) if jobs > 1 else None

    def map(self, what: Callable[[Given], Result], tasks: Sequence[Given]) -> Iterator[Result]:
        """Do tasks and yield their results in order.

        Raises:
            ValueError: a process died. The next tasks are given to new ones.
        """
        if self._pool is None or len(tasks) < 2:
            yield from map(what, tasks)
            return
        try:
            yield from self._pool.map(what, tasks, chunksize=AT_ONCE)
        except BrokenProcessPool as error:
            self._pool = _pool(self._jobs)  # for what comes next
            raise ValueError(
                "expected processes that live to the end, got one that was killed; it may have been short of memory: "
                "the same command with --jobs 1 goes on"
            ) from error

    def __enter__(self) -> "Workers":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)


def _pool(jobs: int) -> ProcessPoolExecutor:
    context = multiprocessing.get_context("spawn")  # numba's locks do not survive a fork
    return ProcessPoolExecutor(jobs, context, _leave_signals)


def _leave_signals() -> None:
    """Leave Ctrl-C to the parent, which ends its processes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
