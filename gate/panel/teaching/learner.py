"""``gate-learn --quick`` in a process of its own, watched through what it prints; nothing of it is imported here."""

import contextlib
import importlib.util
import os
import re
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

COMMAND = (sys.executable, "-m", "export.cli.learn")

NICE = 10
"""Added to the process's priority number, where a system has one: sound and window go first."""

PATIENCE_S = 5.0
"""Seconds in which the process may end by itself when it is asked to."""

STAGES = (
    (re.compile(r"looking at the examples"), "looking", 0.03),
    (re.compile(r"to learn from"), "choosing", 0.10),
    (re.compile(r"starting from"), "learning", 0.30),
    (re.compile(r"stopped after"), "judging", 0.85),
    (re.compile(r"held-out examples"), "judging", 0.90),
    (re.compile(r"^wrote "), "done", 1.0),
)
"""Pattern of a line that says where the run is, name of that stage, and share of the whole that is done then."""

DID_NOT_HELP = "learning did not help"
"""Part of the sentence of a run whose preset is the one that the run started from."""

STEP = re.compile(r"step (\d+) of (\d+)")

STEPS_FROM, STEPS_TO = 0.30, 0.85
"""Share of the whole before the first step and after the last."""


def missing() -> str:
    """Return a sentence about what has to be installed before anything can be learned; "" if nothing is missing."""
    if all(importlib.util.find_spec(name) is not None for name in ("export", "torch", "onnx")):
        return ""
    return (
        "expected the extra learn to be installed, and it is not; pip install -c constraints.txt '.[learn]'"
    )


class Learner:
    """One run, from ``start`` on.

    Attributes:
        share: how much is done, 0 to 1.
        stage: where the run is: "looking", "choosing", "learning", "judging", "done".
        sentence: at the end, how good the preset became; or what went wrong.
        code: exit code of the process; None while it runs.
    """

    def __init__(
        self,
        target: Sequence[Path],
        bleed: Sequence[Path],
        output: Path,
        start: str,
        command: Sequence[str] = COMMAND,
    ) -> None:
        """Prepare a run.

        Args:
            target: files of what should pass.
            bleed: files of what should not.
            output: where the preset goes; the folder's name is the preset's.
            start: preset to start from: a name, a folder, or "nearest".
            command: the program and what comes before the arguments.
        """
        self.output = output
        self.share, self.stage, self.sentence = 0.0, "looking", ""
        self.code: int | None = None
        self.cancelled = False
        files = [str(path) for path in target], [str(path) for path in bleed]
        self._command = [
            *command, "--quick", "--target", *files[0], "--bleed", *files[1], "-o", str(output), "--from", start, "--force",
        ]  # fmt: skip
        self._process: subprocess.Popen[str] | None = None
        self._threads: list[threading.Thread] = []
        self._errors: list[str] = []

    def start(self) -> "Learner":
        """Start the run.

        Raises:
            OSError: there is no such program.
        """
        environment = os.environ | {"PYTHONUNBUFFERED": "1"}
        self._process = subprocess.Popen(
            self._command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            errors="replace", env=environment,
        )  # fmt: skip
        with contextlib.suppress(OSError, AttributeError):
            os.setpriority(os.PRIO_PROCESS, self._process.pid, os.getpriority(os.PRIO_PROCESS, 0) + NICE)
        for read in (self._read_words, self._read_progress):
            thread = threading.Thread(target=read, name="learner", daemon=True)
            thread.start()
            self._threads.append(thread)
        return self

    def cancel(self) -> None:
        """End the run; nothing is written then. Returns when the process has ended."""
        process = self._process
        if process is None or process.poll() is not None:
            return
        self.cancelled = True
        process.terminate()
        try:
            process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        for thread in self._threads:
            thread.join()

    @property
    def helped(self) -> bool:
        """Is what was learned better than the preset at the start, on held-out recordings?"""
        return self.code == 0 and DID_NOT_HELP not in self.sentence

    @property
    def running(self) -> bool:
        """Is a lesson running?"""
        return self._process is not None and self.code is None

    def _read_words(self) -> None:
        """Read standard output: the sentence, and where the preset was written. Its end is the end of the run."""
        assert self._process is not None and self._process.stdout is not None
        with self._process.stdout as stream:
            for line in stream:
                self._look(line)
                if line.strip() and not line.startswith("wrote "):
                    self.sentence = line.strip()
        code = self._process.wait()
        self._threads[1].join()
        if code:
            self.sentence = self._errors[-1] if self._errors else f"it ended by itself ({code}); try again"
        self.code = code

    def _read_progress(self) -> None:
        """Read standard error, where a progress bar overwrites itself."""
        assert self._process is not None and self._process.stderr is not None
        with self._process.stderr as stream:
            for text in stream:
                for line in text.split("\r"):
                    self._look(line)
                    _, error, said = line.partition("error: ")
                    if error and said.strip():
                        self._errors.append(said.strip())

    def _look(self, line: str) -> None:
        step = STEP.search(line)
        if step is not None and int(step[2]):
            share = STEPS_FROM + (STEPS_TO - STEPS_FROM) * int(step[1]) / int(step[2])
            self._come_to("learning", min(share, STEPS_TO))
        for pattern, stage, share in STAGES:
            if pattern.search(line):
                self._come_to(stage, share)

    def _come_to(self, stage: str, share: float) -> None:
        """Set stage and share, never back to an earlier one: two threads read the two streams, and one may be late."""
        if share >= self.share:
            self.stage, self.share = stage, share
