"""What a third-party plugin's slot costs the audio thread, and how soon the plugin's process answers.

    python -m benchmarks.outside [--seconds 5] [--plugin FILE] [--busy]

Runs a buffer at a time, at the pace of 48 kHz, stereo. Without ``--plugin`` the plugin is the toy of the tests, which
does next to nothing: what is measured is the slot. ``--busy`` keeps every processor busy meanwhile. Prints the table of
docs/chain.md.
"""

import argparse
import contextlib
import ctypes
import multiprocessing
import os
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from benchmarks.machine import processor
from gate import Chain, Vst3
from gate.chain.stream import Stream
from gate.cli.ending import run
from gate.plugins.vst3.running import Vst3Running

RATE = 48_000

BUFFERS = (64, 100, 128, 256, 512)


def main(argv: list[str] | None = None) -> int:
    """Run the command line; return its exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.outside", description=(__doc__ or "").splitlines()[0]
    )
    parser.add_argument("--seconds", type=float, default=5.0, help="for each row (default: 5)")
    parser.add_argument("--plugin", type=Path, help="a .vst3 file (default: the toy of the tests)")
    parser.add_argument("--busy", action="store_true", help="keep every processor busy meanwhile")
    args = parser.parse_args(argv)
    return run("benchmarks.outside", lambda: _run(args), plain=(OSError, ValueError))


def _run(args: argparse.Namespace) -> int:
    with tempfile.TemporaryDirectory() as folder:
        if args.plugin is None:
            from tests.toy_vst3 import build

            args.plugin = build(Path(folder))
        hogs = [
            multiprocessing.get_context("spawn").Process(target=hog, daemon=True)
            for _ in range(multiprocessing.cpu_count() if args.busy else 0)
        ]
        for process in hogs:
            process.start()
        try:
            with contextlib.suppress(
                OSError, AttributeError
            ):  # as an audio thread has it, where that is allowed
                os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(60))
            print(f"{processor()}{', busy' if args.busy else ''}\n")
            print(
                "| buffer | slot, median and p99 | answer, median and p99 | late, of calls: a buffer | 10 ms | added |"
            )
            print("|---" * 6 + "|")
            for frames in BUFFERS:
                print(row(args.plugin, frames, args.seconds), flush=True)
        finally:
            for process in hogs:
                process.kill()
    return 0


def row(plugin: Path, frames: int, seconds: float) -> str:
    """Write one line of the table: costs and answers as shares of the buffer."""
    period = frames / RATE
    late, added = [], 0
    costs, answers = np.zeros(1), np.zeros(1)
    for headroom_ms in (1.0, 10.0):
        with Chain([Vst3(plugin, headroom_ms=headroom_ms)]).open(RATE, 2, frames=frames) as stream:
            costs, answers, share = paced(stream, frames, round(seconds / period))
            late.append(share)
            added = stream.latency_samples

    def both(times: np.ndarray) -> str:
        median, high = np.quantile(times, [0.5, 0.99])
        return f"{1e6 * median:.1f} and {1e6 * high:.1f} µs ({100 * median / period:.1f} and {100 * high / period:.1f} %)"

    shares = " | ".join(f"{100 * share:.2f} %" for share in late)
    return f"| {frames} | {both(costs)} | {both(answers)} | {shares} | {added} samples, {1000 * added / RATE:.1f} ms |"


def paced(stream: Stream, frames: int, count: int) -> tuple[np.ndarray, np.ndarray, float]:
    """Return seconds in the call, seconds until the answer is there, and the share of calls that were late."""
    call = ctypes.CFUNCTYPE(None, *[ctypes.c_void_p] * 3, ctypes.c_int64)(stream.function)
    running = stream.running[0]
    assert isinstance(running, Vst3Running)
    memory = running.memory
    x = np.random.default_rng(0).standard_normal((frames, 2)).astype(np.float32) * 0.1
    y = np.empty_like(x)
    costs, answers = np.zeros(count), np.full(count, np.nan)
    due = time.perf_counter()
    for k in range(count):
        due += frames / RATE
        while time.perf_counter() < due - 1e-4:
            time.sleep(max(due - time.perf_counter() - 1e-4, 0.0))
        begin = time.perf_counter()
        call(stream.address, x.ctypes.data, y.ctypes.data, frames)
        costs[k] = time.perf_counter() - begin
        given = memory["given"]
        while time.perf_counter() < due + frames / RATE - 2e-4:
            if memory["made"] >= given:
                answers[k] = time.perf_counter() - begin
                break
    return costs, answers[np.isfinite(answers)], running.counts["late"] / count


def hog() -> None:
    """Keep a processor busy for ever."""
    while True:
        pass


if __name__ == "__main__":
    sys.exit(main())
