"""What several commands take on their command lines, and how it is read."""

import argparse
import sys
from typing import Any

from gate.parameters import BY_ID

MAX_LIVE_BUFFER = 1 << 16
"""Longest host buffer: no driver has one that long."""


class Parser(argparse.ArgumentParser):
    """Says how to get help, in the one place that every usage error passes."""

    def error(self, message: str) -> Any:
        """Print usage and the error, and exit with 2."""
        self.print_usage(sys.stderr)
        self.exit(2, f"{self.prog}: error: {message}; {self.prog} --help lists what there is\n")


def batch_parser(program: str, description: str, epilog: str) -> Parser:
    """Of a command that works on sound files: its inputs and ``--version`` are there."""
    made = Parser(
        prog=program,
        description=description,
        epilog=epilog,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    made.add_argument(
        "inputs",
        nargs="+",
        metavar="INPUT",
        help="sound files (WAV, FLAC, OGG, MP3, AIFF) or folders of them",
    )
    made.add_argument("--version", action="store_true", help="print the version and exit")
    return made


def add_preset(group: Any) -> None:
    """Which gate."""
    group.add_argument(
        "--preset",
        default="voice",
        metavar="NAME|FOLDER|FILE.onnx",
        help="what to gate with (default: voice)",
    )


def add_range(group: Any) -> None:
    """How far the shut gate goes down."""
    group.add_argument(
        "--range", type=Number("range"), metavar="DB", help=f"{BY_ID['range'].help} (default: the preset's)"
    )


def add_lookahead(group: Any, help_: str) -> None:
    """How long before the onset it opens."""
    group.add_argument("--lookahead", type=Number("lookahead"), default=0.0, metavar="MS", help=help_)


def add_link(group: Any, also: str = "") -> None:
    """One decision, or one for each channel; ``also`` is a half-sentence more."""
    group.add_argument(
        "--link",
        choices=("on", "off"),
        default="on",
        help=f"one decision for all channels, or each channel its own{also} (default: on)",
    )


def add_guard(group: Any) -> None:
    """A classifier beside the gate."""
    group.add_argument(
        "--guard", choices=BY_ID["guard"].choices, default="off", help=f"{BY_ID['guard'].help} (default: off)"
    )
    add_guard_settings(group)


def add_guard_settings(group: Any) -> None:
    """How long it waits, and what it listens with."""
    group.add_argument(
        "--guard-grace-ms",
        type=Number("guard-grace"),
        metavar="MS",
        help=f"{BY_ID['guard-grace'].help} (default: {BY_ID['guard-grace'].default:g})",
    )
    group.add_argument(
        "--guard-model",
        metavar="NAME|FOLDER|FILE.onnx",
        help="what the guard listens with (default: speech-music-noise)",
    )


class Number:
    """Converter of an option's value that is a number within the range of the parameter table."""

    def __init__(self, name: str, also: str = "") -> None:
        self.name, self.also = name, also

    def __call__(self, text: str) -> float:
        """The number that a text says."""
        try:
            value = float(text)
        except ValueError:
            unit = BY_ID[self.name].unit
            raise argparse.ArgumentTypeError(
                f"expected a number in {unit}{self.also}, got {text!r}"
            ) from None
        try:
            return BY_ID[self.name].check(value)
        except ValueError as error:
            raise argparse.ArgumentTypeError(str(error)) from None


class Count:
    """Converter of an option's value that is a whole number within limits."""

    def __init__(self, most: int, least: int = 1) -> None:
        self.least, self.most = least, most

    def __call__(self, text: str) -> int:
        """The number that a text says."""
        try:
            value = int(text)
        except ValueError:
            value = self.least - 1
        if not self.least <= value <= self.most:
            raise argparse.ArgumentTypeError(
                f"expected a whole number from {self.least} to {self.most}, got {text!r}"
            )
        return value


def join_numbers(argv: list[str], names: tuple[str, ...]) -> list[str]:
    """``--range -inf`` as ``--range=-inf``, so that argparse takes it for a value of the options named."""
    joined: list[str] = []
    for i, text in enumerate(argv):
        if text == "--":
            return joined + argv[i:]
        if joined and joined[-1] in names and text.startswith("-") and _is_number(text):
            joined[-1] += f"={text}"
        else:
            joined.append(text)
    return joined


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
