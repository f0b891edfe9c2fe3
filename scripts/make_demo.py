"""The demo: a noisy recording, the same through the gate, a picture of what happened, and the figures.

    python -m scripts.make_demo [--preset NAME] [--out demo]

Everything goes through ``gate-render``'s own command line, as a user's file would.
"""

import argparse
import csv
import json
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from gate.constants import BLOCK, RATE
from gate.levels import FLOOR_DB, block_levels_db
from scripts.demo_sounds import Room, record

ROOT = Path(__file__).resolve().parent.parent
OPEN_DB = -6.0
"""A gate counts as open above this gain."""

VOICE_OVER_DB = 25.0
"""The voice counts as there down to this far under its loudest block."""

PAUSE_MARGIN_S = 0.4
"""A pause starts this long after the voice and ends this long before it: room and release are no noise."""


def levels_db(x: NDArray[np.floating]) -> NDArray[np.floating]:
    """Return the 5 ms level of each block of an (n, channels) sound, channels averaged as powers."""
    powers = [10.0 ** (block_levels_db(x[:, c]) / 10.0) for c in range(x.shape[1])]
    return 10.0 * np.log10(np.mean(powers, axis=0))


def mean_db(levels: NDArray[np.floating]) -> float:
    """Return the mean power of some blocks, in dB; the meter's floor where there are none."""
    return float(10.0 * np.log10(np.mean(10.0 ** (levels / 10.0)))) if len(levels) else FLOOR_DB


def voice_and_pauses(voice: NDArray[np.floating]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return which blocks hold the voice, and which are surely pause, from the voice alone."""
    levels = levels_db(voice)
    there = levels > np.max(levels) - VOICE_OVER_DB
    reach = round(PAUSE_MARGIN_S * RATE / BLOCK)
    near = np.convolve(there, np.ones(2 * reach + 1), mode="full")[reach:-reach] > 0
    return there, ~near


def read_curve(path: Path) -> dict[str, NDArray[np.float64]]:
    """Read the columns of a --curve file by name."""
    with path.open(newline="") as file:
        rows = list(csv.reader(file))
    table = np.array(rows[1:], dtype=np.float64)
    return {name: table[:, i] for i, name in enumerate(rows[0])}


def figures(room: Room, after: NDArray[np.floating], gain_db: NDArray[np.floating]) -> dict[str, float]:
    """Measure what the gate did, against what should have passed: levels in dB, shares of blocks from 0 to 1."""
    voice, pauses = voice_and_pauses(room.voice)
    before_db, after_db = levels_db(room.mixture), levels_db(after)
    is_open = gain_db[: len(voice)] > OPEN_DB
    return {
        "pause_before_db": mean_db(before_db[pauses]),
        "pause_after_db": mean_db(after_db[pauses]),
        "voice_before_db": mean_db(before_db[voice]),
        "voice_after_db": mean_db(after_db[voice]),
        "open_share": float(np.mean(is_open)),
        "open_share_voice": float(np.mean(is_open[voice])),
        "open_share_pauses": float(np.mean(is_open[pauses])),
        "voice_share": float(np.mean(voice)),
    }


def render(before: Path, after: Path, options: list[str]) -> float:
    """Run gate-render with a report beside the output; return seconds of wall clock, start-up included.

    Raises:
        SystemExit: with gate-render's own exit status, its message already on stderr.
    """
    command = [sys.executable, "-m", "gate.cli.render", str(before), "-o", str(after), *options]
    command += ["--report", str(after.with_name("report.json")), "--force"]
    start = time.perf_counter()
    done = subprocess.run(command, stdout=subprocess.DEVNULL)
    if done.returncode:
        raise SystemExit(done.returncode)
    return time.perf_counter() - start


def summary(f: dict[str, float], seconds: float, wall_s: float, sound_s: float, speaker: str) -> str:
    """Write the figures as a table for people; ``sound_s`` is ``wall_s`` without gate-render's start-up."""
    percent = {name: f"{100 * f[name]:8.1f} %" for name in f if "share" in name}
    voice_share = f"{100 * f['voice_share']:.1f} %"
    return f"""{seconds:.1f} s of {speaker} in a room with a fan, mains hum and a keyboard

                              before       after
level in the pauses      {f["pause_before_db"]:8.1f} dB {f["pause_after_db"]:8.1f} dB
level of the voice       {f["voice_before_db"]:8.1f} dB {f["voice_after_db"]:8.1f} dB

gate open                {percent["open_share"]} of the time (the voice is there for {voice_share})
  while the voice speaks {percent["open_share_voice"]}
  in the pauses          {percent["open_share_pauses"]}
rendered in              {wall_s:8.2f} s: {seconds / wall_s:.0f} times real time, start-up included
  without start-up       {sound_s:8.2f} s: {seconds / sound_s:.0f} times real time"""


def main(argv: list[str] | None = None) -> int:
    """Make before.wav, after.wav, picture.png, curve.csv and report.json; print what happened."""
    parser = argparse.ArgumentParser(prog="scripts/demo", description=__doc__.splitlines()[0])
    parser.add_argument(
        "--preset", default="voice", help="preset, folder or .onnx file (default: %(default)s)"
    )
    parser.add_argument("--threshold", default="auto", help="dBFS, or auto (default: %(default)s)")
    parser.add_argument("--out", type=Path, default=ROOT / "demo", help="folder (default: demo)")
    args = parser.parse_args(argv)

    args.out.mkdir(parents=True, exist_ok=True)
    before, after = args.out / "before.wav", args.out / "after.wav"
    room = record()
    seconds = len(room.mixture) / RATE
    soundfile.write(before, room.mixture, RATE, subtype="PCM_16")
    options = ["--preset", args.preset, f"--threshold={args.threshold}"]
    # Twice: the first run draws (and compiles, if nothing did before), the second tells the time.
    picture, curve = args.out / "picture.png", args.out / "curve.csv"
    render(before, after, [*options, "--plot", str(picture), "--curve", str(curve)])
    wall_s = render(before, after, options)
    report = json.loads((args.out / "report.json").read_text())

    x, rate = soundfile.read(after, always_2d=True)
    if x.shape != room.mixture.shape or rate != RATE:
        print(
            f"scripts/demo: error: after.wav is {x.shape} at {rate} Hz, before.wav {room.mixture.shape}",
            file=sys.stderr,
        )
        return 1
    f = figures(room, x, read_curve(curve)["gain_db"])
    print(summary(f, seconds, wall_s, report["wall_seconds"], room.speaker))
    print(f"\n{report['threshold_reason']}; range {report['range_db']:g} dB; preset {report['preset']}")
    (args.out / "figures.json").write_text(json.dumps(f, indent=1) + "\n")
    shown = args.out.relative_to(Path.cwd()) if args.out.is_relative_to(Path.cwd()) else args.out
    print(f"\nlisten: {shown}/before.wav and {shown}/after.wav")
    print(f"look:   {shown}/picture.png     read: {shown}/curve.csv, {shown}/figures.json")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
