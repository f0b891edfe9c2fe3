"""gate-panel: the window over a live gate."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from gate.cli.console import say_version
from gate.cli.ending import run
from gate.errors import GateError, SoundDeviceError, UsageError

if TYPE_CHECKING:
    from gate.panel.keeper import Keeper

PROG = "gate-panel"


def main(argv: list[str] | None = None) -> int:
    """Run the command; returns its exit code. Whatever happens is one sentence on stderr."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    advice: dict[type[GateError], str] = {SoundDeviceError: "or look at a file with --input file:NAME"}
    return run(PROG, lambda: _main(arguments), what="the panel", done="shown", stopped="", advice=advice)


def _main(arguments: list[str]) -> int:
    from gate.cli.options import join_numbers
    from gate.cli.panel_options import NUMBERS, parser

    if "--version" in arguments:
        return say_version(PROG)
    return _run(parser().parse_args(join_numbers(arguments, NUMBERS)))


def _run(options: argparse.Namespace) -> int:
    from gate.cli.options import value
    from gate.guard import MODES
    from gate.live.wishes import Wishes
    from gate.panel.history import SCOPE_S
    from gate.panel.keeper import Keeper
    from gate.panel.midi import Midi
    from gate.panel.view import app

    app.scale(options.scale)

    wishes = Wishes(
        preset=options.preset,
        threshold_db=options.threshold,
        range_db=options.range,
        lookahead_ms=value(options, "lookahead"),
        link=bool(value(options, "link")),
        monitor=options.monitor,
        record=None if options.record is None else Path(options.record),
        scope_s=SCOPE_S,
        guard=MODES[int(value(options, "guard"))],
        guard_grace_ms=options.guard_grace,
        guard_model=options.guard_model,
    )
    if options.screenshot is not None and not Path(options.screenshot).absolute().parent.is_dir():
        raise UsageError(f"the folder of {options.screenshot} does not exist; make it, or give another name")
    keeper = Keeper(wishes)
    _begin(keeper, options)
    view = app.View(
        theme=options.theme or "auto",
        size=options.size,
        screenshot=None if options.screenshot is None else Path(options.screenshot),
        after_s=options.after,
    )
    midi = Midi(keeper, options.map or ())
    if options.midi is not None:
        midi.use(options.midi)
    try:
        return app.run(keeper, midi, view)
    finally:
        midi.use("")
        keeper.stop()


def _begin(keeper: "Keeper", options: argparse.Namespace) -> None:
    """Begin to play: a file, devices, or where there are none, and none was asked for, silence."""
    from gate.live.choices import FILE
    from gate.live.filestream import FileStream
    from gate.live.wishes import DeviceWishes

    live = keeper.live
    if options.input is not None and options.input.startswith(FILE):
        if options.output is not None or options.rate is not None or options.channels is not None:
            raise UsageError(
                "a file is played as it is, to nowhere; leave --output, --rate and --channels out"
            )
        live.play_file(FileStream(Path(options.input[len(FILE) :]), None, loops=True))
        return
    try:
        live.play_devices(DeviceWishes(options.input, options.output, options.rate, options.channels))
    except SoundDeviceError as error:
        if options.input is not None or options.output is not None:
            raise
        live.play_file(FileStream(None, None, loops=True))
        keeper.tell(f"{error}; or play a file: Ctrl+D chooses one", "error")


if __name__ == "__main__":
    sys.exit(main())
