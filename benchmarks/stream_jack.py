"""A JACK server of the benchmark's own, on JACK's dummy driver: a sound card's pace without a sound card."""

import contextlib
import ctypes
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable
from typing import Any, Self

from benchmarks.errors import BenchError

PATIENCE_S = 20.0
"""Time for the server to come up, and to end."""

PRIORITY = 60
"""Priority of the server's real-time threads; its clients' is a little lower."""

PORTS = 128
"""Most ports: the usual 4096 take 100 MB of shared memory, of which a container may have 64."""

_PR_SET_PDEATHSIG = 1


class DummyServer:
    """A server that runs inside ``with``; the environment of this process and its children points to it meanwhile.

    Args:
        rate_hz: its rate.
        buffer: frames in a buffer.

    Attributes:
        command: what runs, without the server's name.

    Raises:
        BenchError: jackd is not installed, or does not come up.
    """

    def __init__(self, rate_hz: int, buffer: int) -> None:
        self.name = f"gate-bench-{uuid.uuid4().hex[:8]}"
        self.command = ""
        self._driver = ["-d", "dummy", "-r", str(rate_hz), "-p", str(buffer)]
        self._process: subprocess.Popen[bytes] | None = None
        self._stack = contextlib.ExitStack()

    def __enter__(self) -> Self:
        """Start the server, with real-time priority where that is allowed."""
        if shutil.which("jackd") is None:
            raise BenchError("expected jackd, and it is not installed; apt install jackd2, or name a device")
        settings = {
            "JACK_DEFAULT_SERVER": self.name,
            "JACK_NO_AUDIO_RESERVATION": "1",
            "JACK_NO_START_SERVER": "1",
        }
        with self._stack:
            for key, value in settings.items():
                self._stack.callback(_put, key, os.environ.get(key))
                os.environ[key] = value
            said = ""
            tries = [["-R", "-P", str(PRIORITY)], ["-r"]] if _may_have_priority() else [["-r"]]
            for priority in tries:
                self._stack.callback(self._end)
                said = self._start(priority)
                if not said:
                    self._stack = self._stack.pop_all()
                    return self
                self._end()
            raise BenchError(
                f"expected jackd to come up within {PATIENCE_S:g} s, and it did not: {said}; "
                "is there room in /dev/shm?"
            )

    def __exit__(self, *_: object) -> None:
        """End the server."""
        self._stack.close()

    def _start(self, priority: list[str]) -> str:
        """Start jackd; return "" when it came up, else its last words."""
        from gate.soundsystem import jack_library
        from gate.soundsystem import jack_stream as jack_client

        words = ["-p", str(PORTS), *priority, *self._driver]
        self.command = " ".join(["jackd", *words])
        with tempfile.TemporaryFile() as messages:
            self._process = subprocess.Popen(
                ["jackd", "-n", self.name, *words],
                stdin=subprocess.DEVNULL,
                stdout=messages,
                stderr=messages,
                start_new_session=True,  # a Ctrl-C is for the benchmark, which then ends the server
                preexec_fn=_ends_with_parent(),
            )
            end = time.monotonic() + PATIENCE_S
            while time.monotonic() < end and self._process.poll() is None:
                with jack_library.a_client("gate-bench-look") as handle:
                    if handle and "system" in jack_client.sources_and_sinks(handle):
                        return ""
                time.sleep(0.05)
            messages.seek(0)
            lines = messages.read().decode(errors="replace").strip().splitlines()
            return lines[-1] if lines else "it said nothing"

    def _end(self) -> None:
        """End the server so that it takes its name off JACK's list of servers, which has room for eight."""
        process, self._process = self._process, None
        if process is not None:
            process.terminate()
            try:
                process.wait(PATIENCE_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _put(key: str, value: str | None) -> None:
    if value is None:
        os.environ.pop(key, None)
    else:
        os.environ[key] = value


def _may_have_priority() -> bool:
    """Return whether this user's processes may ask for real-time priority."""
    if sys.platform != "linux":
        return False
    import resource

    return os.geteuid() == 0 or resource.getrlimit(resource.RLIMIT_RTPRIO)[0] != 0


def _ends_with_parent() -> Callable[[], Any] | None:
    """Return what a child calls before it starts, to be ended when this process is no more, however that ended."""
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None).prctl
    return lambda: prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
