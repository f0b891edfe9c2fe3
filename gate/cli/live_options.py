"""The command line of gate-live."""

import argparse
import math
from typing import Any

from gate.cli.options import (
    MAX_LIVE_BUFFER,
    Count,
    Parser,
    add_knobs,
    add_preset,
    add_slots,
)
from gate.constants import MAX_CHANNELS, RATE_RANGE_HZ
from gate.session.choices import FILE, HOST_BUFFER, MONITORS

PROG = "gate-live"

NUMBERS = ("--threshold", "--range", "--lookahead", "--for", "--rate", "--channels", "--buffer")
"""Options whose value may begin with a minus, which argparse would take for an option (-inf, -1e1)."""

EPILOG = f"""
DEV is a device's number or part of its name (--list-devices), or {FILE}NAME: input and output are files then,
played in real time, or with --fast as fast as possible; the output equals gate-render --live-buffer.

while it plays, lines on standard input change it:
  threshold -35    range -60    preset snare    monitor removed    input NAME    output NAME    quit
  save [FILE]      guard speech     guard-grace 500    attack-scale 2    hold-scale 0.5    release-scale x1.5
  key-low 200      key-high 4000
with --midi also: learn threshold (and move a control)    forget threshold    midi (what is bound)
Ctrl-C ends it, fading out; what was recorded is kept.

exit: 0 done or ended by Ctrl-C, 1 something failed, 2 usage
"""


def parser() -> argparse.ArgumentParser:
    """Return the command's parser."""
    made = Parser(
        prog=PROG,
        description="Gate live sound with a network that learned when to open; it adds no delay.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    made.add_argument("--version", action="store_true", help="print the version and exit")
    made.add_argument("--list-devices", action="store_true", help="print the sound devices and exit")
    made.add_argument("--list-midi", action="store_true", help="print the MIDI ports and exit")
    add_sound(made.add_argument_group("the sound"))
    add_gate(made.add_argument_group("the gate"))
    add_slots(made.add_argument_group("the chain"))
    add_midi(made.add_argument_group("MIDI"))
    add_session(made.add_argument_group("the session"))
    _add_run(made.add_argument_group("the run"))
    made.set_defaults(preset=None, monitor=None)  # None: a session may set them
    return made


def add_sound(group: Any) -> None:
    """Add the options of where sound comes from and goes to."""
    group.add_argument(
        "--input", metavar="DEV", help="where sound comes from (default: JACK, or the system's)"
    )
    group.add_argument("--output", metavar="DEV", help="where it goes (default: JACK, or the system's)")
    group.add_argument(
        "--rate",
        type=Count(RATE_RANGE_HZ[1], RATE_RANGE_HZ[0]),
        metavar="HZ",
        help=f"{RATE_RANGE_HZ[0]} to {RATE_RANGE_HZ[1]} (default: the device's own)",
    )
    group.add_argument(
        "--channels",
        type=Count(MAX_CHANNELS),
        metavar="N",
        help=f"1 to {MAX_CHANNELS}, in and out (default: as many as both devices have, 2 at most; one in goes to both "
        "sides)",
    )
    group.add_argument(
        "--key-channels",
        metavar="N,...",
        help="channels of the input device that open the gate in place of the sound, from 1, such as 3,4",
    )
    group.add_argument(
        "--monitor",
        choices=MONITORS,
        default="out",
        help="hear what the gate gives, what comes in, or what it takes away (default: out)",
    )
    group.add_argument("--record", metavar="FILE", help="record what the gate gives, whatever is monitored")


def add_gate(group: Any) -> None:
    """Add the options of the gate: its preset and its parameters."""
    add_preset(group)
    add_knobs(group)


def add_midi(group: Any) -> None:
    """Add the options of a MIDI controller."""
    group.add_argument(
        "--midi",
        metavar="PORT",
        help="a controller's port, by part of its name (--list-midi); waited for if need be",
    )
    group.add_argument(
        "--map",
        action="append",
        default=[],
        metavar="MAP",
        help="what its controls do: threshold=cc7,range=nrpn:1:2[-60..0],hold-open=note:36,preset=program, ... "
        "(docs/midi.md)",
    )


def add_session(group: Any) -> None:
    """Add the options of the session file."""
    group.add_argument(
        "--session",
        metavar="FILE",
        help="begin with the settings of a session file (docs/session.md); other options override it",
    )
    group.add_argument(
        "--save-session",
        action="store_true",
        help="at the end write all settings into that file, and keep the file before as FILE~",
    )


def _add_run(group: Any) -> None:
    group.add_argument("--for", type=seconds, dest="seconds", metavar="SECONDS", help="end after this time")
    group.add_argument(
        "--buffer",
        type=Count(MAX_LIVE_BUFFER),
        metavar="N",
        help=f"files: frames in a host buffer (default: {HOST_BUFFER}); a device chooses its own",
    )
    group.add_argument("--fast", action="store_true", help="files: do not wait for time to pass")
    group.add_argument("--force", action="store_true", help="replace existing files")
    group.add_argument(
        "--json", action="store_true", help="one JSON object a second, and one at the end, on standard output"
    )


def seconds(text: str) -> float:
    """Convert an option's value to a time in s, over 0."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0.0 < value < math.inf:
        raise argparse.ArgumentTypeError(f"expected seconds over 0, got {text!r}")
    return value
