"""Time from the start of ``gate-live`` to the first sound through it, and its memory, on a JACK server.

Another client of the server plays noise to the gate and hears what comes back. It runs in a process of its own, which
starts ``gate-live``; that plays with Range at -60 dB, so that there is something to hear from the first buffer on.
"""

import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks import child
from benchmarks.errors import BenchError
from gate.errors import SoundDeviceError

EAR = "gate-bench"
"""Name of the other client."""

PATIENCE_S = 400.0
"""Time for the first sound: where nothing is compiled yet, a busy machine takes long."""

PLAYED_S = 3.0
"""Time of sound before memory is read."""

ON, HEARD, SEED = range(3)
"""Words of the memory that the other client's callback shares."""


def measure(preset: str, repeats: int, seconds: float) -> dict[str, Any]:
    """Measure all figures, or return {"refused": why}: times in s, memory in MB (1e6 bytes).

    Args:
        preset: the gate that plays.
        repeats: runs with compiled code at hand.
        seconds: of sound before memory is read.
    """
    from benchmarks.machine import spread
    from benchmarks.render import IMPORTS, timed

    if sys.platform != "linux":
        return {"refused": f"memory is read from /proc, which {sys.platform} has not"}
    module = "benchmarks.stream_start"
    with tempfile.TemporaryDirectory() as cache:
        asked = {"preset": preset, "seconds": 0.1, "cache": cache}
        compiling = child.run(module, asked)
    if "refused" in compiling:
        return dict(compiling)
    child.run(module, {**asked, "cache": None})  # fills the cache in its usual place
    runs, imports = [], []
    for _ in range(repeats):  # by turns, so that a busy neighbour falls on both
        runs.append(child.run(module, {**asked, "cache": None, "seconds": seconds}))
        imports.append(timed([sys.executable, "-c", IMPORTS]))
    return {
        "preset": preset,
        "rate_hz": compiling["rate_hz"],
        "played_s": seconds,
        "imports": IMPORTS,
        "first_sound_s": spread([r["first_sound_s"] for r in runs]),
        "compiling_first_sound_s": compiling["first_sound_s"],
        "bare_imports_s": spread([r["wall_s"] for r in imports]),
        "peak_mb": spread([r["peak_mb"] for r in runs]),
        "resident_mb": spread([r["resident_mb"] for r in runs]),
        "bare_imports_peak_mb": spread([r["peak_mib"] * 1.048576 for r in imports]),
    }


def in_child(preset: str, seconds: float, cache: str | None) -> dict[str, Any]:
    """Measure one run of ``gate-live``.

    Args:
        preset: the gate that plays.
        seconds: of sound before its memory is read.
        cache: folder for its compiled code; None is the usual one.

    Raises:
        BenchError: ``gate-live`` ended, or gave no sound.
    """
    import numpy as np

    from gate.soundsystem import jack_library
    from gate.soundsystem import jack_stream as jack_client

    with jack_library.a_client(f"{EAR}-look") as handle:
        clients = jack_client.sources_and_sinks(handle) if handle else {}
    ends = [next((name for name, ports in clients.items() if ports[side]), "") for side in (0, 1)]
    if not all(ends):
        return {"refused": "there is no JACK server, which the other end of the sound needs"}
    words = np.zeros(3, np.int64)
    callback = _noise()
    try:
        ear = jack_client.JackStream(*ends, 1, 1, name=EAR)
    except SoundDeviceError as error:
        return {"refused": str(error)}
    try:
        ear.start(None, callback.address, words.ctypes.data)
        ear.disconnect(ear.connections())  # nobody else shall hear the noise
        words[ON] = 1
        return {"rate_hz": ear.rate, **_play(preset, seconds, cache, words, ear.name)}
    finally:
        ear.close()


def _play(preset: str, seconds: float, cache: str | None, words: Any, ear: str) -> dict[str, float]:
    script = Path(sys.executable).with_name("gate-live")
    command = [str(script)] if script.exists() else [sys.executable, "-m", "gate.cli.live"]
    command += ["--input", f"JACK: {ear}", "--output", f"JACK: {ear}", "--preset", preset]
    command += ["--threshold=-40", "--range=-60"]
    environment = {**os.environ, **({"NUMBA_CACHE_DIR": cache} if cache else {})}
    with tempfile.TemporaryFile("w+") as messages:
        begun = time.monotonic()
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=messages,
            env=environment,
        )
        try:
            while not words[HEARD] and process.poll() is None and time.monotonic() - begun < PATIENCE_S:
                time.sleep(0.001)
            heard_s = time.monotonic() - begun
            if words[HEARD]:
                time.sleep(seconds)
            memory = _memory_mb(process.pid) if process.poll() is None else {}
            if not (words[HEARD] and memory):
                messages.seek(0)
                said = messages.read().strip().splitlines() or ["nothing"]
                raise BenchError(f"expected gate-live to be heard, and it was not; it said: {said[-1]}")
        finally:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(10.0)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
    return {"first_sound_s": heard_s, **memory}


def _memory_mb(pid: int) -> dict[str, float]:
    """Read the largest and the present resident memory of a process, 1e6 bytes."""
    fields = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
    peak, now = (1.024e-3 * float(fields[key].split()[0]) for key in ("VmHWM", "VmRSS"))
    return {"peak_mb": peak, "resident_mb": now}


def _noise() -> Any:
    """Make a mono ``PaStreamCallback`` that gives noise while ``ON``, and notes in ``HEARD`` that something came in."""
    import numpy as np
    from numba import cfunc

    from gate.realtime.native import COMPILE, carray, types
    from gate.realtime.stream import ULONG

    floats = types.CPointer(types.float32)
    signature = types.int32(floats, floats, ULONG, types.voidptr, ULONG, types.CPointer(types.int64))

    @cfunc(signature, **COMPILE)
    def callback(taken: Any, given: Any, frames: Any, times: Any, flags: Any, user: Any) -> Any:
        word, n = carray(user, (3,)), np.int64(frames)
        x, y = carray(taken, (n,)), carray(given, (n,))
        for i in range(n):
            if x[i] != np.float32(0):
                word[HEARD] = 1
            word[SEED] = (word[SEED] * 1_103_515_245 + 12_345) % 2_147_483_648
            y[i] = np.float32(0.2 * word[ON] * (word[SEED] / 2_147_483_648 - 0.5))
        return 0

    return callback
