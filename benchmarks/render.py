"""gate-render against the length of its file, against a plain copy, and against its libraries' own start-up.

    python -m benchmarks.render [--minutes 10] [--repeats 5] [--preset voice] [--json FILE]

*Processor time* is user + system of the whole child process, start-up included, on one core. *First sound* is
an upper bound: wall clock of a cold process (compiled code cached) from its start to the end of a render of
half a second.
"""

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks import machine

RATE = 48_000
SHORT_S = 0.5
IMPORTS = "import numpy, onnxruntime, numba"
COPY = """
import soundfile, sys
with soundfile.SoundFile(sys.argv[1]) as a:
    with soundfile.SoundFile(sys.argv[2], "w", a.samplerate, a.channels, a.subtype) as b:
        while len(x := a.read(96000, dtype="int16")):
            b.write(x)
"""


def one_core() -> None:
    """Stay on one core, as ``taskset -c`` does."""
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})


def child(
    command: list[str], environment: dict[str, str] | None = None, before: Callable[[], None] | None = None
) -> dict[str, float]:
    """Run a command to its end; wall clock, processor time (s) and largest resident memory (MiB).

    Raises:
        RuntimeError: the command failed; its messages are in the text.
    """
    with tempfile.TemporaryFile("w+") as messages:
        start = time.perf_counter()
        process = subprocess.Popen(
            command,
            stdout=subprocess.DEVNULL,
            stderr=messages,
            env={**os.environ, **(environment or {})},
            preexec_fn=before,
        )
        _, status, usage = os.wait4(process.pid, 0)
        wall_s = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            messages.seek(0)
            raise RuntimeError(f"{' '.join(command)} gave {process.returncode}: {messages.read()}")
    return {"wall_s": wall_s, "cpu_s": usage.ru_utime + usage.ru_stime, "peak_mib": usage.ru_maxrss / 1024}


def gate_render(source: Path, target: Path, preset: str) -> list[str]:
    """The installed command, or its module where it is not installed."""
    script = Path(sys.executable).with_name("gate-render")
    start = [str(script)] if script.exists() else [sys.executable, "-m", "gate.cli.render"]
    return [*start, str(source), "-o", str(target), "--preset", preset, "--threshold=-40", "--force"]


def write_sound(path: Path, seconds: float) -> None:
    """A mono 16-bit file of noise bursts, written in pieces."""
    import numpy as np
    import soundfile

    rng = np.random.default_rng(0)
    with soundfile.SoundFile(path, "w", RATE, 1, "PCM_16") as file:
        for begin in range(0, int(seconds * RATE), RATE):
            n = min(RATE, int(seconds * RATE) - begin)
            shape = 0.1 if begin // RATE % 3 else 0.001
            file.write((shape * rng.standard_normal(n)).clip(-1, 1))


def spread(values: list[float]) -> dict[str, float]:
    """Lowest, median and highest of some repeats."""
    return {"min": min(values), "median": statistics.median(values), "max": max(values), "n": len(values)}


def run(preset: str = "voice", minutes: float = 10.0, repeats: int = 5) -> dict[str, Any]:
    """All figures; see the module's text."""
    seconds = 60.0 * minutes
    bare = [sys.executable, "-c", IMPORTS]
    with tempfile.TemporaryDirectory() as folder:
        long, short, out = (Path(folder) / name for name in ("long.wav", "short.wav", "out.wav"))
        write_sound(long, seconds)
        write_sound(short, SHORT_S)
        compiling = child(gate_render(short, out, preset), {"NUMBA_CACHE_DIR": str(Path(folder) / "cache")})
        child(gate_render(short, out, preset))  # fills the cache in its usual place
        child(bare)
        first, imports = [], []
        for _ in range(repeats + 2):  # by turns, so that a busy neighbour falls on both
            first.append(child(gate_render(short, out, preset))["wall_s"])
            imports.append(child(bare)["wall_s"])
        renders = [child(gate_render(long, out, preset), before=one_core) for _ in range(repeats)]
        copies = [
            child([sys.executable, "-c", COPY, str(long), str(out)], before=one_core) for _ in range(repeats)
        ]
    cpu = [r["cpu_s"] for r in renders]
    copy_cpu = [c["cpu_s"] for c in copies]
    return {
        "file": f"{minutes:g} minutes, {RATE} Hz, mono, 16 bit",
        "seconds": seconds,
        "imports": IMPORTS,
        "cpu_s": spread(cpu),
        "wall_s": spread([r["wall_s"] for r in renders]),
        "peak_mib": max(r["peak_mib"] for r in renders),
        "times_real_time": spread([seconds / c for c in cpu]),
        "copy_cpu_s": spread(copy_cpu),
        "times_copy": statistics.median(cpu) / statistics.median(copy_cpu),
        "first_sound_s": spread(first),
        "bare_imports_s": spread(imports),
        "first_sound_after_imports_s": statistics.median(first) - statistics.median(imports),
        "compiling_once_s": compiling["wall_s"],
    }


def main(argv: list[str] | None = None) -> int:
    """Print the figures as JSON."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--minutes", type=float, default=10.0, help="length of the file (default: 10)")
    parser.add_argument("--repeats", type=int, default=5, help="(default: 5)")
    parser.add_argument("--preset", default="voice")
    parser.add_argument("--json", type=Path, help="write here instead of to the terminal")
    args = parser.parse_args(argv)
    machine.deliver(run(args.preset, args.minutes, args.repeats), args.json)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
