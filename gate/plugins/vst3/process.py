"""A third-party plugin's process, as its parent has it: started, asked, looked after, ended.

Nothing here is called on an audio thread. Every wait has an end: a plugin that hangs costs its asker that long and no more.
"""

import base64
import contextlib
import json
import os
import select
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from gate.errors import PluginError
from gate.plugins.vst3.worker import LOAD_S

END_S = 0.5
"""Seconds in which a process may end by itself."""


class Process:
    """One process with one plugin in it, loading from the start on.

    Attributes:
        file: the plugin's file, for people.
    """

    def __init__(
        self,
        file: str,
        name: str | None,
        state: bytes,
        values: dict[int, float],
        memory: int = -1,
        wake: int = -1,
    ) -> None:
        """Start the process, and ask it to load the plugin; ``answer`` has the answer.

        Args:
            file: the plugin's file or bundle.
            name: which of a file's plugins; None for the only one.
            state: what ``state`` returned once, or nothing.
            values: of parameters by number, set after the state.
            memory: descriptor of the memory that the process shares; -1 for none.
            wake: descriptor of the eventfd on which the process sleeps; -1 for none.

        Raises:
            PluginError: no process can be started here.
        """
        if not hasattr(select, "poll"):
            raise PluginError(
                f"{file}: expected Linux or macOS for third-party plugins, got {sys.platform}; leave it out here"
            )
        root = str(Path(__file__).resolve().parents[3])
        path = os.pathsep.join([root, *filter(None, [os.environ.get("PYTHONPATH")])])
        self.file = file
        self._rest = b""
        self._child = subprocess.Popen(
            [sys.executable, "-m", "gate.plugins.vst3.worker", str(memory), str(wake)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            pass_fds=[descriptor for descriptor in (memory, wake) if descriptor >= 0],
            env=os.environ | {"PYTHONPATH": path},
            bufsize=0,
            start_new_session=True,  # Ctrl-C in a terminal is for the gate, which then ends it
        )
        assert self._child.stdin is not None and self._child.stdout is not None
        self._in, self._out = self._child.stdin.fileno(), self._child.stdout.fileno()
        os.set_blocking(self._in, False)
        text = base64.b64encode(state).decode()
        self.tell("load", file=file, name=name, state=text, values=values)

    @property
    def is_alive(self) -> bool:
        """Is the process still running?"""
        return self._child.poll() is None

    @property
    def pid(self) -> int:
        """Number of the process."""
        return self._child.pid

    @property
    def ending(self) -> str:
        """How the process ended, in words."""
        code = self._child.poll()
        if code is None:
            return "still runs"
        with contextlib.suppress(ValueError):
            if code < 0:
                return f"ended by {signal.Signals(-code).name}"
        return f"ended with {code}"

    def tell(self, what: str, /, **arguments: Any) -> None:
        """Ask the process for something; ``answer`` has the answer in time.

        Raises:
            PluginError: the process has ended, or does not listen for half a second.
        """
        rest = memoryview(json.dumps({"do": what, "with": arguments}).encode() + b"\n")
        poll = select.poll()
        poll.register(self._in, select.POLLOUT)
        while rest:
            if not poll.poll(1000 * END_S):
                raise PluginError(
                    f"{self.file}: expected it to listen, got nothing for {END_S:g} s; load it again"
                )
            try:
                rest = rest[os.write(self._in, rest) :]
            except BlockingIOError:
                continue
            except OSError:
                raise PluginError(
                    f"{self.file}: expected a plugin at work, got one that {self._end()}; load it again"
                ) from None

    def answer(self, limit_s: float = LOAD_S) -> dict[str, Any] | None:
        """Return the next answer, or None where there is none within ``limit_s``.

        Raises:
            PluginError: the process has ended, or says why it cannot.
        """
        end = time.monotonic() + limit_s
        poll = select.poll()
        poll.register(self._out, select.POLLIN)
        while b"\n" not in self._rest:
            if not poll.poll(1000 * max(end - time.monotonic(), 0.0)):
                return None
            said = os.read(self._out, 1 << 16)
            if not said:
                raise PluginError(
                    f"{self.file}: expected a plugin that works, got one that {self._end()}; choose another, or fix it"
                )
            self._rest += said
        line, self._rest = self._rest.split(b"\n", 1)
        answer: dict[str, Any] = json.loads(line)
        if "refused" in answer:
            raise PluginError(answer["refused"])
        return answer

    def ask(self, what: str, /, limit_s: float = LOAD_S, **arguments: Any) -> dict[str, Any]:
        """Ask the process for something and wait for the answer.

        Raises:
            PluginError: the process has ended, says why it cannot, or does not answer within ``limit_s``.
        """
        self.tell(what, **arguments)
        return self.expect(limit_s)

    def expect(self, limit_s: float = LOAD_S) -> dict[str, Any]:
        """Return what ``answer`` does, where there has to be an answer.

        Raises:
            PluginError: as ``ask``; a process that does not answer is ended.
        """
        answer = self.answer(limit_s)
        if answer is None:
            self.close(kindly=False)
            raise PluginError(
                f"{self.file}: expected an answer, got none for {limit_s:g} s; choose another plugin"
            )
        return answer

    def close(self, kindly: bool = True) -> None:
        """End the process; may be called twice."""
        for pipe in (self._child.stdin, self._child.stdout):
            assert pipe is not None
            pipe.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            if kindly:
                self._child.wait(END_S)
        if self._child.poll() is None:
            self._child.kill()
        self._child.wait()

    def _end(self) -> str:
        """Return how the process ended, after a moment's wait: its pipes close a little before."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._child.wait(END_S)
        return self.ending
