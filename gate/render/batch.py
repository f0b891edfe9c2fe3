"""Many files, in parallel processes: one that fails does not stop the others, and none leaves half a file."""

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, replace
from multiprocessing import get_context, parent_process
from multiprocessing.synchronize import Event
from typing import Any

from gate.errors import GateError, unexpected
from gate.files.atomic import partial_path
from gate.render.file import render_file
from gate.render.job import Interrupted, Job, Settings
from gate.render.report import Report


@dataclass(frozen=True)
class Outcome:
    """The end of a job: a report, or a sentence that says what was wrong."""

    job: Job
    report: Report | None
    error: str | None


def processors() -> int:
    """Return how many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def run(
    jobs: list[Job], settings: Settings, workers: int, ended: Callable[[Outcome], None] = lambda outcome: None
) -> list[Outcome]:
    """Render every job.

    Args:
        jobs: jobs of which no two have an output in common.
        settings: the same for all.
        workers: processes at once; 1 renders in this one.
        ended: called with the outcome of each job as it ends, in this thread.

    Returns:
        The outcomes, in the order of the jobs.

    Raises:
        KeyboardInterrupt: somebody pressed Ctrl-C; all processes have stopped, nothing is left half-written.
    """
    outcomes: dict[Job, Outcome] = {}
    there = {path for job in jobs for path in job.outputs if os.path.lexists(path)}

    def note(outcome: Outcome) -> None:
        outcomes[outcome.job] = outcome
        ended(outcome)

    try:
        if workers == 1 or len(jobs) == 1:
            for job in jobs:
                note(attempt(job, settings, lambda: False))
        else:
            _in_parallel(jobs, settings, workers, note)
            # a file that brings its process down takes others with it: each of them gets its own process now
            for job in [job for job in jobs if job not in outcomes]:
                # what was not there before the batch is what the killed process had finished and could not report
                again = settings if there.intersection(job.outputs) else replace(settings, force=True)
                _in_parallel([job], again, 1, note)
                if job not in outcomes:
                    note(Outcome(job, None, _fell_over(job)))
    finally:
        for job in jobs:  # a process that was killed could not
            for path in job.outputs:
                partial_path(path, settings.owner).unlink(missing_ok=True)
    return [outcomes[job] for job in jobs]


def attempt(job: Job, settings: Settings, stop: Callable[[], bool]) -> Outcome:
    """Render one file; whatever goes wrong becomes a sentence."""
    try:
        return Outcome(job, render_file(job, settings, stop=stop), None)
    except GateError as error:
        return Outcome(job, None, str(error))
    except MemoryError:
        return Outcome(
            job, None, f"{job.source} needs more memory than there is; close other programs, or --jobs 1"
        )
    except Exception as error:
        return Outcome(job, None, unexpected(error, str(job.source)))


def _fell_over(job: Job) -> str:
    return (
        f"{job.source} could not be rendered, the process that did it was killed or crashed; free memory, or "
        "write the file again with another program (ffmpeg -i IN OUT)"
    )


# -- in worker processes

_settings: Settings
_stop: Event


_busy = threading.Lock()


def _begin(settings: Settings, stop: Event) -> None:
    """Prepare a worker process; called once in each."""
    global _settings, _stop
    _settings, _stop = settings, stop
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """End this worker after its parent: a parent that is killed cannot say stop, and workers would wait for ever."""
    parent = parent_process()
    if parent is not None:
        parent.join()
        _stop.set()
        with _busy:  # the job at hand sweeps up first
            os._exit(1)


def _work(job: Job) -> Outcome | None:
    with _busy:
        try:
            return attempt(job, _settings, _stop.is_set)
        except Interrupted:
            return None


# -- in the parent


def _in_parallel(jobs: list[Job], settings: Settings, workers: int, note: Callable[[Outcome], None]) -> None:
    """Note the outcome of every job, save those whose process was killed."""
    context = get_context("spawn")  # onnxruntime's threads and numba's locks do not survive a fork
    stop = context.Event()
    pool = ProcessPoolExecutor(
        min(workers, len(jobs)), mp_context=context, initializer=_begin, initargs=(settings, stop)
    )
    try:
        waiting: set[Future[Any]] = set()
        with _interrupts_held(), contextlib.suppress(BrokenProcessPool):
            for job in jobs:
                waiting.add(pool.submit(_work, job))
        while waiting:
            done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
            for future in done:
                with contextlib.suppress(BrokenProcessPool):
                    outcome = future.result()
                    if outcome is not None:
                        note(outcome)
    finally:
        stop.set()
        pool.shutdown(wait=True, cancel_futures=True)


@contextlib.contextmanager
def _interrupts_held() -> Iterator[None]:
    """Keep Ctrl-C, which reaches every process of a terminal, from workers that are started in here.

    Workers inherit the blocked signal, so they neither die half-way nor print a traceback; ``stop`` ends them.
    """
    if sys.platform == "win32":
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
