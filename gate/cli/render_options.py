"""The command line of gate-render."""

import argparse
from pathlib import Path
from typing import Any

from gate.cli.options import (
    MAX_LIVE_BUFFER,
    Count,
    add_knobs,
    add_preset,
    batch_parser,
)

PROG = "gate-render"

NUMBERS = ("--threshold", "--range", "--lookahead", "--live-buffer", "--jobs")
"""Options whose value may begin with a minus, which argparse would take for an option (-inf, -1e1)."""

EPILOG = """
one input file, OUT a file:
  OUT's ending chooses the format; the sample format stays the same if that format has it
one input file, OUT a folder:
  the output has the input's name
several inputs, or a folder:
  OUT is a folder, created if its parent exists;
  folders are searched with all folders inside, links too, and keep their structure;
  files of the same name keep as much of their paths as tells them apart;
  --plot and --curve name folders then (a.wav leaves a.wav.png and a.wav.csv), --report one file for all

The output has the input's rate, channels and length, and nothing is shifted, whatever the lookahead.
exit: 0 done, 1 something failed (the other files of a batch are written), 2 usage, 130 interrupted
"""


def parser() -> argparse.ArgumentParser:
    """Return the command's parser."""
    made = batch_parser(PROG, "Gate recordings with a network that learned when to open.", EPILOG)
    made.add_argument(
        "-o",
        "--output",
        required=True,
        metavar="OUT",
        help="a file for one input file; a folder for several files or for a folder",
    )
    _add_gate(made.add_argument_group("the gate"))
    _add_extras(made.add_argument_group("beside the sound"))
    _add_run(made.add_argument_group("the run"))
    return made


def _add_gate(group: Any) -> None:
    add_preset(group)
    add_knobs(
        group,
        threshold_db={"extra": "auto", "also": "; auto measures the noise floor of each file"},
        lookahead_ms={"also": "; the output is not delayed by it"},
        link={"also": "; figures and curve then show the first channel"},
    )
    group.add_argument(
        "--key",
        type=Path,
        metavar="FILE",
        help="file that opens the gate in place of the input; it has the input's length and rate (one input only)",
    )
    group.add_argument(
        "--live-buffer",
        type=Count(MAX_LIVE_BUFFER),
        metavar="N",
        help="render bit for bit as a live stream with host buffers of N samples does (default: offline, "
        "which is faster)",
    )


def _add_extras(group: Any) -> None:
    group.add_argument(
        "--plot", type=Path, metavar="PNG", help="draw sound, level, gain, learned times and key"
    )
    group.add_argument(
        "--curve",
        type=Path,
        metavar="CSV",
        help="write a row for each block of 2.083 ms: decision, gain, times, key; with a guard its classes",
    )
    group.add_argument("--report", type=Path, metavar="JSON", help="write the figures of the render")


def _add_run(group: Any) -> None:
    group.add_argument(
        "--device",
        choices=("cpu", "cuda", "auto"),
        default="cpu",
        help="where the model runs; auto uses cuda if it is there, and says which it used (default: cpu)",
    )
    group.add_argument(
        "--jobs", type=Count(1024), metavar="N", help="files at once (default: one for each processor)"
    )
    group.add_argument("--force", action="store_true", help="replace existing outputs")
    group.add_argument(
        "--strict",
        action="store_true",
        help="refuse files that contain NaN or infinity (default: these samples become 0)",
    )
