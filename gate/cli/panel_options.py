"""The command line of gate-panel."""

import argparse
from typing import Any

from gate.cli.live_options import NUMBERS as LIVE_NUMBERS
from gate.cli.live_options import add_gate, add_midi, add_session, add_sound, seconds
from gate.cli.options import Parser
from gate.session.choices import FILE

PROG = "gate-panel"

NUMBERS = (*LIVE_NUMBERS, "--after", "--scale")
"""Options whose value may begin with a minus, which argparse would take for an option."""

THEMES = ("auto", "light", "dark", "contrast")

SCALES = (0.5, 4.0)
"""Least and most of --scale."""

SIZES = (320, 8192)
"""Least and most of a picture's sides."""

EPILOG = f"""
--input {FILE}NAME plays a file over and over, in real time, to nowhere: to look at, without any sound device.
docs/panel.md has what every control does, keys and mouse.

exit: 0 closed, 1 something failed, 2 usage
"""


def parser() -> argparse.ArgumentParser:
    """Return the command's parser."""
    made = Parser(
        prog=PROG,
        description="A window over a live gate: threshold, range, what it hears and what it learned.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    made.add_argument("--version", action="store_true", help="print the version and exit")
    add_sound(made.add_argument_group("the sound"))
    add_gate(made.add_argument_group("the gate"))
    add_midi(made.add_argument_group("MIDI"))
    add_session(made.add_argument_group("the session"))
    _add_window(made.add_argument_group("the window"))
    # None: a session may set them; the chain is made in the window, and --after is a time here
    made.set_defaults(preset=None, monitor=None, before=[], after=[])
    return made


def _add_window(group: Any) -> None:
    group.add_argument(
        "--theme", choices=THEMES, help="light, dark, high contrast, or as the system is (default: as it was)"
    )
    group.add_argument(
        "--scale", type=_scale, metavar="FACTOR", help="draw everything larger by this factor, such as 1.5"
    )
    group.add_argument(
        "--size",
        type=_size,
        metavar="WIDTHxHEIGHT",
        help="size of the window, before --scale (default: as it was)",
    )
    group.add_argument(
        "--screenshot", metavar="FILE.png", help="save a picture of the window and leave; needs no screen"
    )
    group.add_argument(
        "--after",
        type=seconds,
        default=3.0,
        dest="after_s",
        metavar="SECONDS",
        help="wait this long before the picture (default: 3)",
    )


def _scale(text: str) -> float:
    try:
        value = float(text.removesuffix("%")) / (100.0 if text.endswith("%") else 1.0)
    except ValueError:
        value = 0.0
    if not SCALES[0] <= value <= SCALES[1]:
        raise argparse.ArgumentTypeError(f"expected a factor from {SCALES[0]} to {SCALES[1]:g}, got {text!r}")
    return value


def _size(text: str) -> tuple[int, int]:
    try:
        width, height = map(int, text.lower().split("x"))
    except ValueError:
        width = height = 0
    if not all(SIZES[0] <= side <= SIZES[1] for side in (width, height)):
        raise argparse.ArgumentTypeError(
            f"expected a width and a height from {SIZES[0]} to {SIZES[1]}, such as 1280x760, got {text!r}"
        )
    return width, height
