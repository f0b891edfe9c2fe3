"""The command line of gate-label."""

import argparse
import math
from pathlib import Path

from gate.cli.options import batch_parser

PROG = "gate-label"

EPILOG = """
-o FILE.csv or FILE.rttm:
  one file for all inputs; the CSV says which in its column "file", the RTTM in its second field
-o FILE.TextGrid:
  one input (a TextGrid has room for one recording)
-o FOLDER:
  a file for each input, as --format says; the folder is made if its parent is there; folders given as inputs are
  searched to their depth and keep their shape
--frames FILE.csv:
  every frame of 10 ms: time_s (when it was known: its end, and up to 2.2 ms for sound that is not at 16 kHz), then
  a column for each class; with several inputs a column "file" in front

exit: 0 done, 1 something failed (the labels of the other files are written), 2 usage, 130 interrupted
"""


def parser() -> argparse.ArgumentParser:
    """Return the command's parser."""
    made = batch_parser(
        PROG, "Find speech, music and noise in recordings, with the times when each begins and ends.", EPILOG
    )
    made.add_argument(
        "-o", "--output", metavar="OUT", help="FILE.csv, FILE.TextGrid, FILE.rttm, or a folder (see below)"
    )
    made.add_argument(
        "--format",
        choices=("csv", "TextGrid", "rttm"),
        help="format of the files in a folder; a file's ending chooses its own (default: csv)",
    )
    made.add_argument(
        "--preset",
        default="speech-music-noise",
        metavar="NAME|FOLDER|FILE.onnx",
        help="classifier that listens (default: speech-music-noise)",
    )
    made.add_argument("--frames", type=Path, metavar="CSV", help="write every frame")
    made.add_argument(
        "--picture",
        type=Path,
        metavar="PNG",
        help="draw sound, probabilities and labels; a folder for several inputs",
    )
    rules = made.add_argument_group("from frames to labels")
    for name, default, words in (
        ("smooth-ms", 100.0, "average probabilities over this many ms, 0 to 5000"),
        ("margin", 0.2, "change to another class where it is likelier by this much, 0 to 1"),
        ("least-ms", 250.0, "join segments shorter than this to a neighbour, 0 to 60000"),
    ):
        unit = "MS" if name.endswith("ms") else "P"
        rules.add_argument(
            f"--{name}", type=_number, default=default, metavar=unit, help=f"{words} (default: {default:g})"
        )
    made.add_argument("--force", action="store_true", help="replace existing outputs")
    return made


def _number(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise argparse.ArgumentTypeError(f"expected a number, got {text!r}")
    return value
