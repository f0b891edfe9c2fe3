"""What several commands take on their command lines, and how it is read."""

import argparse
import re
import sys
from typing import Any

from gate.engine.overrides import Overrides
from gate.parameters import BY_ID, default
from gate.plugins.registry import KINDS

MAX_LIVE_BUFFER = 1 << 16
"""Longest host buffer: no driver has one that long."""

BELOW_ZERO = re.compile(r"-(\.?[0-9]|inf|nan)", re.IGNORECASE)
"""How a number under zero begins, with its unit or without."""

METAVARS = {"dBFS": "DB", "dB": "DB", "ms": "MS", "Hz": "HZ", "x": "FACTOR"}
"""What help calls a value, by its unit."""


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
        help="sound files (WAV, FLAC, OGG, MP3, AIFF) or folders of them, which are searched through links as well",
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


def add_parameter(group: Any, id: str, *, option: str = "", extra: str = "", also: str = "") -> None:
    """The option of a parameter, with everything that the table knows of it; without it the value is None.

    Args:
        group: of the parser.
        id: of the parameter.
        option: its name, if not "--" and the id.
        extra: a word that may stand in place of a value.
        also: a half-sentence behind the table's.
    """
    parameter = BY_ID[id]
    usual = "the preset's" if parameter.default is None else parameter.text(parameter.default)
    group.add_argument(
        option or f"--{id}",
        dest=id.replace("-", "_"),
        type=Value(id, extra),
        metavar=(f"{{{','.join(parameter.words)}}}" if parameter.words else METAVARS[parameter.unit])
        + (f"|{extra}" if extra else ""),
        help=f"{parameter.sentence}{also} (default: {usual})",
    )


def value(options: argparse.Namespace, id: str) -> float:
    """What the option of a parameter was given, or the table's default."""
    given: float | None = getattr(options, id.replace("-", "_"))
    return default(id) if given is None else given


def add_overrides(group: Any) -> None:
    """What somebody insists on over what is learned."""
    for id in Overrides.IDS:
        add_parameter(group, id)


def overrides(options: argparse.Namespace) -> Overrides:
    """What the options of ``add_overrides`` were given."""
    return Overrides(*(value(options, id) for id in Overrides.IDS))


def add_guard(group: Any) -> None:
    """A classifier beside the gate."""
    add_parameter(group, "guard")
    add_guard_settings(group)


def add_guard_settings(group: Any) -> None:
    """How long it waits, and what it listens with."""
    add_parameter(group, "guard-grace", option="--guard-grace-ms")
    group.add_argument(
        "--guard-model",
        metavar="NAME|FOLDER|FILE.onnx",
        help="what the guard listens with (default: speech-music-noise)",
    )


def add_slots(group: Any) -> None:
    """Plugins round the gate."""
    kinds = ", ".join(f"{name}{f':{kind.file}' if kind.file else ''}" for name, kind in KINDS.items())
    help_ = (
        "a plugin before the gate, as KIND[:FILE][,PARAMETER=VALUE ...], such as highpass:cutoff=80; may be given more "
        f"than once, in the order of sound; kinds: {kinds} (docs/chain.md)"
    )
    for option, text in (("--before", help_), ("--after", "the same behind it")):
        group.add_argument(option, action="append", default=[], metavar="PLUGIN", help=text)


class Value:
    """Converter of an option's value by the parameter table: a number, with its unit or without, or a word."""

    def __init__(self, id: str, extra: str = "") -> None:
        self.parameter, self.extra = BY_ID[id], extra

    def __call__(self, text: str) -> float | str:
        """The value that a text says, or ``extra``."""
        if self.extra and text == self.extra:
            return text
        expected = self.parameter.expected
        try:
            return self.parameter.parse(text)
        except ValueError as error:
            also = f"{expected} or {self.extra}" if self.extra else expected
            raise argparse.ArgumentTypeError(str(error).replace(expected, also, 1)) from None


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
        if joined and joined[-1] in names and BELOW_ZERO.match(text):
            joined[-1] += f"={text}"
        else:
            joined.append(text)
    return joined
