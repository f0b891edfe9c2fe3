"""A private JACK server for tests: its own name, JACK's dummy driver, and every accident that a server can have."""

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Self

import pytest

PATIENCE_S = 30.0
"""For a server to come up, on a machine that does much else."""

PORTS = "128"
"""Room for so many: the usual 4096 take 100 MB of shared memory, of which a container may have 64."""


class JackServer:
    """A running server, from ``with``; the process's environment points to it meanwhile.

    Args:
        rate_hz: its rate.
        period: frames in a buffer.
        card: what the dummy driver is told of its ports; the test of whether it is up waits for ``port``.
        port: one of those that it has then; "" for none.
    """

    def __init__(
        self,
        rate_hz: int = 48000,
        period: int = 100,
        card: tuple[str, ...] = (),
        port: str = "system:playback_1",
    ) -> None:
        self.name = f"gate-test-{uuid.uuid4().hex[:8]}"
        self.rate_hz, self.period, self.card, self.port = rate_hz, period, card, port
        self.process: subprocess.Popen[bytes] | None = None
        self._before: dict[str, str | None] = {}

    def __enter__(self) -> Self:
        environment = {
            "JACK_DEFAULT_SERVER": self.name,
            "JACK_NO_AUDIO_RESERVATION": "1",
            "JACK_NO_START_SERVER": "1",
        }
        self._before = {key: os.environ.get(key) for key in environment}
        os.environ.update(environment)
        try:
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._end()
        for key, value in self._before.items():
            if value is None:
                os.environ.pop(key, None)
            else:
                os.environ[key] = value
        for path in _jack_files():  # a killed server leaves its sockets and semaphores
            if self.name in path.name:
                if path.is_dir():
                    shutil.rmtree(path, ignore_errors=True)
                else:
                    path.unlink(missing_ok=True)

    def start(self, rate_hz: int | None = None) -> None:
        """Start it, and wait until it has its ports."""
        self.rate_hz = rate_hz or self.rate_hz
        with _alone():
            self._start()

    def _start(self) -> None:
        _make_room()
        self.process = subprocess.Popen(
            [
                "jackd",
                "-n",
                self.name,
                "-p",
                PORTS,
                "-r",
                "-d",
                "dummy",
                "-r",
                str(self.rate_hz),
                "-p",
                str(self.period),
                *self.card,
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # a Ctrl-C for the tests is not for the server
        )
        wait_until(self._up, "the JACK server to come up")

    def _up(self) -> bool:
        if self.port:
            return self.port in self.ports()
        return subprocess.run(["jack_lsp"], capture_output=True, timeout=PATIENCE_S).returncode == 0

    def kill(self) -> None:
        """End it as hard as can be; a stopped one too."""
        process, self.process = self.process, None
        if process is not None:
            process.kill()
            process.wait()

    def _end(self) -> None:
        """End it in such a way that it takes its name off JACK's list of servers, which has room for eight."""
        if self.process is None:
            with contextlib.suppress(AssertionError):
                self.start()
        process, self.process = self.process, None
        if process is not None:
            process.send_signal(signal.SIGCONT)
            process.terminate()
            try:
                process.wait(PATIENCE_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def restart(self, rate_hz: int | None = None) -> None:
        """Kill and start."""
        self.kill()
        self.start(rate_hz)

    def stop(self) -> None:
        """SIGSTOP: it is there and answers nobody."""
        assert self.process is not None
        self.process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """SIGCONT."""
        assert self.process is not None
        self.process.send_signal(signal.SIGCONT)

    def freewheel(self, on: bool) -> None:
        """Run as fast as the clients can, or in real time again."""
        _tool("jack_freewheel", "y" if on else "n")

    def ports(self) -> list[str]:
        """Names of all ports."""
        return _tool("jack_lsp", check=False).split("\n")[:-1]

    def connections(self, port: str) -> list[str]:
        """What a port is connected to."""
        lines = _tool("jack_lsp", "-c", port).split("\n")
        return [line.strip() for line in lines[1:] if line.startswith(" ")]

    def connect(self, source: str, sink: str) -> None:
        """Connect two ports."""
        _tool("jack_connect", source, sink)

    def disconnect(self, source: str, sink: str) -> None:
        """Disconnect them."""
        _tool("jack_disconnect", source, sink)


@contextlib.contextmanager
def _alone() -> Iterator[None]:
    """No other test process starts a server meanwhile: making room for one must not take away another's."""
    import fcntl  # where jackd is, this is

    with open(Path(tempfile.gettempdir()) / "gate-test-jack.lock", "w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _make_room() -> None:
    """Remove JACK's list of servers when nobody looks at it: those who were killed are on it for ever."""
    registry = Path("/dev/shm/jack-shm-registry")
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if (process / "comm").read_text().strip() in ("jackd", "jackdbus"):
                return
            if registry.name in (process / "maps").read_text():
                return
    for path in (registry, *Path("/dev/shm").glob("jack-[0-9]*-[0-9]*")):
        with contextlib.suppress(OSError):
            path.unlink()


def _tool(*command: str, check: bool = True) -> str:
    done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S)
    assert not check or done.returncode == 0, f"{command}: {done.stdout} {done.stderr}"
    return done.stdout


def _jack_files() -> Iterator[Path]:
    for folder in (Path("/dev/shm"), Path("/tmp")):
        if folder.is_dir():
            yield from folder.glob("jack*")


def wait_until(condition: object, what: str, patience_s: float = PATIENCE_S) -> float:
    """Wait for something to become true; the seconds it took. Fails after ``patience_s``."""
    assert callable(condition)
    begin = time.monotonic()
    while not condition():
        assert time.monotonic() - begin < patience_s, f"waited {patience_s:g} s in vain for {what}"
        time.sleep(0.01)
    return time.monotonic() - begin


def needs_jackd() -> None:
    """Skip where there is no server to run; on a build server that is a failure (tests/plugin_no_skips.py)."""
    if shutil.which("jackd") is None:
        pytest.skip("jackd is not installed")
