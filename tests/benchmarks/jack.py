"""A private JACK server without a sound card, and what a test says on it in a process of its own.

PortAudio finds its servers when it is first loaded, and JACK's name of the server is in the environment: so whatever uses it
runs in a fresh interpreter.
"""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_S = 20.0


def missing() -> str | None:
    """Which of JACK's programs is not there, if one is."""
    return next((name for name in ("jackd", "jack_connect", "jack_wait") if not shutil.which(name)), None)


@contextmanager
def server(rate_hz: int, period: int) -> Iterator[dict[str, str]]:
    """A server that runs on the clock, as asynchronously as sound does; gives its clients' environment.

    Raises:
        RuntimeError: it did not come up.
    """
    name = f"bench{os.getpid()}r{rate_hz}p{period}"
    environment = {
        **os.environ,
        "JACK_DEFAULT_SERVER": name,
        "JACK_NO_START_SERVER": "1",
        "JACK_NO_AUDIO_RESERVATION": "1",
    }
    command = ["jackd", "-n", name, "-r", "-d", "dummy", "-r", str(rate_hz), "-p", str(period)]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    process = subprocess.Popen(command, env=environment, **quiet)  # type: ignore[call-overload]
    try:
        end = time.monotonic() + PATIENCE_S
        while subprocess.run(["jack_wait", "-c"], env=environment, **quiet).returncode:  # type: ignore[call-overload]
            if process.poll() is not None or time.monotonic() > end:
                raise RuntimeError(f"expected {' '.join(command)} to come up, got exit code {process.poll()}")
            time.sleep(0.05)
        yield environment
    finally:
        process.terminate()
        process.wait(PATIENCE_S)


def python(code: str, environment: dict[str, str]) -> str:
    """Standard output of some Python in a fresh interpreter.

    Raises:
        RuntimeError: it failed; what it said is in the text.
    """
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, cwd=ROOT, capture_output=True, text=True, timeout=120
    )
    if done.returncode:
        raise RuntimeError(done.stderr)
    return done.stdout
