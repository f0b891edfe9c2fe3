"""gate-bench render: gate-render against its file's length, a plain copy, and its libraries' own start-up.

*Processor time* is user + system of the whole child process, start-up included, on one core. *First sound* is an upper
bound: wall clock of a cold process (compiled code cached) from its start to the end of a render of half a second.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.child import one_core
from benchmarks.errors import BenchError
from benchmarks.machine import spread
from benchmarks.options import COUNT, Option, over_zero

HELP = "gate-render against its file's length and a plain copy"
OPTIONS = (
    Option("preset", "name, folder or .onnx file (default: voice)", {"default": "voice"}),
    Option("minutes", "length of the file (default: 10)", {"type": over_zero, "default": 10.0}),
    Option("repeats", "(default: 5)", {"type": COUNT, "default": 5}),
)
SIZE_INCHES = (11.0, 3.0)

RATE = 48_000
SHORT_S = 0.5
AIM_TIMES_REAL_TIME = 300
IMPORTS = "import numpy, onnxruntime, numba"
COPY = """
import soundfile, sys
with soundfile.SoundFile(sys.argv[1]) as a:
    with soundfile.SoundFile(sys.argv[2], "w", a.samplerate, a.channels, a.subtype) as b:
        while len(x := a.read(96000, dtype="int16")):
            b.write(x)
"""


def timed(
    command: list[str], environment: dict[str, str] | None = None, before: Callable[[], None] | None = None
) -> dict[str, float]:
    """Run a command to its end; return wall clock, processor time (s) and largest resident memory (MiB).

    Raises:
        BenchError: the command failed; its last words are in the text.
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
            said = messages.read().strip().splitlines() or ["nothing"]
            raise BenchError(
                f"expected {' '.join(command)} to end well, got exit code {process.returncode}: {said[-1]}"
            )
    return {"wall_s": wall_s, "cpu_s": usage.ru_utime + usage.ru_stime, "peak_mib": usage.ru_maxrss / 1024}


def gate_render(source: Path, target: Path, preset: str) -> list[str]:
    """Return the installed command, or its module where the command is not installed."""
    script = Path(sys.executable).with_name("gate-render")
    start = [str(script)] if script.exists() else [sys.executable, "-m", "gate.cli.render"]
    return [*start, str(source), "-o", str(target), "--preset", preset, "--threshold=-40", "--force"]


def write_sound(path: Path, seconds: float) -> None:
    """Write a mono 16-bit file of noise bursts, in pieces."""
    import numpy as np
    import soundfile

    rng = np.random.default_rng(0)
    with soundfile.SoundFile(path, "w", RATE, 1, "PCM_16") as file:
        for begin in range(0, int(seconds * RATE), RATE):
            n = min(RATE, int(seconds * RATE) - begin)
            shape = 0.1 if begin // RATE % 3 else 0.001
            file.write((shape * rng.standard_normal(n)).clip(-1, 1))


def measure(*, preset: str, minutes: float, repeats: int) -> dict[str, Any]:
    """Measure all figures; see the module's text.

    Raises:
        BenchError: this system says nothing of a child's processor time, or a command failed.
    """
    if not hasattr(os, "wait4"):
        raise BenchError(
            f"expected a system that tells a child's processor time, got {sys.platform}; use Linux"
        )
    seconds = 60.0 * minutes
    bare = [sys.executable, "-c", IMPORTS]
    with tempfile.TemporaryDirectory() as folder:
        long, short, out = (Path(folder) / name for name in ("long.wav", "short.wav", "out.wav"))
        write_sound(long, seconds)
        write_sound(short, SHORT_S)
        compiling = timed(gate_render(short, out, preset), {"NUMBA_CACHE_DIR": str(Path(folder) / "cache")})
        timed(gate_render(short, out, preset))  # fills the cache in its usual place
        timed(bare)
        first, imports = [], []
        for _ in range(repeats + 2):  # by turns, so that a busy neighbour falls on both
            first.append(timed(gate_render(short, out, preset))["wall_s"])
            imports.append(timed(bare)["wall_s"])
        renders = [timed(gate_render(long, out, preset), before=one_core) for _ in range(repeats)]
        copies = [
            timed([sys.executable, "-c", COPY, str(long), str(out)], before=one_core) for _ in range(repeats)
        ]
    cpu = [r["cpu_s"] for r in renders]
    copy_cpu = [c["cpu_s"] for c in copies]
    return {
        "preset": preset,
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


def markdown(results: dict[str, Any]) -> list[str]:
    """Write the section of a page."""
    r = results
    return [
        "## gate-render",
        "",
        f"File: {r['file']}, preset {r['preset']}. Processor time is user + system, start-up included, on one core.",
        "",
        "| | median (lowest to highest) |",
        "|---|---|",
        f"| processor time | {_spread(r['cpu_s'], ' s')} |",
        f"| times real time | {_spread(r['times_real_time'], '')} |",
        f"| processor time of a plain copy through soundfile | {_spread(r['copy_cpu_s'], ' s')} |",
        f"| render / copy | {r['times_copy']:.1f} |",
        f"| largest resident memory | {r['peak_mib']:.0f} MiB |",
        f"| a whole cold run on half a second of sound | {_spread(r['first_sound_s'], ' s')} |",
        f"| `python -c '{r['imports']}'` | {_spread(r['bare_imports_s'], ' s')} |",
        f"| first sound after those imports, at most | {r['first_sound_after_imports_s']:.2f} s |",
        f"| the very first run, which compiles | {r['compiling_once_s']:.1f} s |",
        "",
    ]


def draw(figure: Any, results: dict[str, Any]) -> None:
    """Draw processor time of render and copy, and the aim."""
    axis = figure.subplots()
    names, values = ["gate-render", "copy"], [results["cpu_s"]["median"], results["copy_cpu_s"]["median"]]
    axis.barh(names, values, color=["tab:blue", "tab:gray"])
    axis.axvline(
        results["seconds"] / AIM_TIMES_REAL_TIME,
        color="tab:red",
        linewidth=0.8,
        label=f"{AIM_TIMES_REAL_TIME} times real time",
    )
    axis.set_xlabel("processor seconds")
    axis.set_title(f"gate-render: {results['file']}", fontsize=10)
    axis.legend(fontsize=8)


def _spread(s: dict[str, float], unit: str) -> str:
    return f"{s['median']:.3g}{unit} ({s['min']:.3g} to {s['max']:.3g})"
