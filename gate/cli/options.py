"""Options that several commands have, and how their values are read."""

import argparse
import re
import sys
from typing import Any

from gate.parameters import BY_ID, Choice, GateKnobs, knobs
from gate.plugins.registry import KINDS

MAX_LIVE_BUFFER = 1 << 16
"""Longest host buffer: no driver has one that long."""

BELOW_ZERO = re.compile(r"-(\.?[0-9]|inf|nan)", re.IGNORECASE)
"""How a number under zero begins, with its unit or without."""

METAVARS = {"dBFS": "DB", "dB": "DB", "ms": "MS", "Hz": "HZ", "x": "FACTOR"}
"""Name of a value in help, by its unit."""

OPTIONS = {"guard_grace_ms": {"option": "--guard-grace-ms"}}
"""Arguments of ``add_parameter`` for a knob, by attribute, in every command."""


class Parser(argparse.ArgumentParser):
    """A parser whose usage errors all say how to get help."""

    def error(self, message: str) -> Any:
        """Print usage and the error, and exit with 2."""
        self.print_usage(sys.stderr)
        self.exit(2, f"{self.prog}: error: {message}; {self.prog} --help lists what there is\n")


def batch_parser(program: str, description: str, epilog: str) -> Parser:
    """Return the parser of a command on sound files, with its inputs and ``--version``."""
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
        help="sound files (WAV, FLAC, OGG, MP3, AIFF), or folders, searched with all folders inside, links too",
    )
    made.add_argument("--version", action="store_true", help="print the version and exit")
    return made


def add_preset(group: Any) -> None:
    """Add the option of the gate's preset."""
    group.add_argument(
        "--preset",
        default="voice",
        metavar="NAME|FOLDER|FILE.onnx",
        help="the gate: a preset's name or folder, or a model file (default: voice)",
    )


def add_parameter(group: Any, id: str, *, option: str = "", extra: str = "", also: str = "") -> None:
    """Add the option of a parameter, with everything that the table knows of it; without the option the value is None.

    Args:
        group: of the parser.
        id: of the parameter.
        option: the option's name, if not "--" and the id.
        extra: a word that may replace a value.
        also: a half-sentence after the table's.
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


def add_knobs(group: Any, **also: dict[str, str]) -> None:
    """Add options for every knob of the gate, and for the guard's classifier.

    Args:
        group: of the parser.
        also: arguments of ``add_parameter``, by attribute, for knobs that need more than the table says.
    """
    for name, knob in knobs(GateKnobs).items():
        add_parameter(group, knob.parameter.id, **(OPTIONS.get(name, {}) | also.get(name, {})))
        if name == "guard_grace_ms":
            _add_guard_model(group)


def add_guard_settings(group: Any) -> None:
    """Add the guard's settings: its grace time and its model."""
    add_parameter(group, "guard-grace", **OPTIONS["guard_grace_ms"])
    _add_guard_model(group)


def _add_guard_model(group: Any) -> None:
    group.add_argument(
        "--guard-model",
        metavar="NAME|FOLDER|FILE.onnx",
        help="classifier that the guard listens with (default: speech-music-noise)",
    )


def given(options: argparse.Namespace) -> dict[str, Any]:
    """Return the values of the options of ``add_knobs``, by attribute, without options that were left out."""
    found = {}
    for name, knob in knobs(GateKnobs).items():
        said = getattr(options, knob.parameter.id.replace("-", "_"))
        if said is not None:
            words = knob.parameter.words if isinstance(knob, Choice) else ()
            found[name] = words[int(said)] if words else said
    return found


def add_slots(group: Any) -> None:
    """Add the options of plugins around the gate."""
    kinds = ", ".join(f"{name}{f':{kind.file}' if kind.file else ''}" for name, kind in KINDS.items())
    help_ = (
        "a plugin before the gate, as KIND[:FILE][,PARAMETER=VALUE ...], such as highpass:cutoff=80; may be given more "
        f"than once, in the order of sound; kinds: {kinds} (docs/chain.md)"
    )
    for option, text in (("--before", help_), ("--after", "the same after the gate")):
        group.add_argument(option, action="append", default=[], metavar="PLUGIN", help=text)


class Value:
    """Converter of an option's value by the parameter table: a number, with its unit or without, or a word."""

    def __init__(self, id: str, extra: str = "") -> None:
        self.parameter, self.extra = BY_ID[id], extra

    def __call__(self, text: str) -> float | str:
        """Return the value that a text says, or ``extra``."""
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
        """Return the number that a text says."""
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
    """Join ``--range -inf`` to ``--range=-inf``, so that argparse takes "-inf" for a value of the options named."""
    joined: list[str] = []
    for i, text in enumerate(argv):
        if text == "--":
            return joined + argv[i:]
        if joined and joined[-1] in names and BELOW_ZERO.match(text):
            joined[-1] += f"={text}"
        else:
            joined.append(text)
    return joined
