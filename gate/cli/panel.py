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
    from gate.session.session import Session

PROG = "gate-panel"


def main(argv: list[str] | None = None) -> int:
    """Run the command; return its exit code. An error is one sentence on stderr."""
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
    from gate.cli.live_session import keep
    from gate.live.sessions import capture
    from gate.panel import memory
    from gate.panel.midi import Midi
    from gate.panel.view import app
    from gate.panel.view.ready import meanwhile

    picture = None if options.screenshot is None else Path(options.screenshot)
    if picture is not None and not picture.absolute().parent.is_dir():
        raise UsageError(f"the folder of {picture} does not exist; make it, or give another name")
    looked = {} if picture is not None else memory.window()
    view = app.View.of(options, looked)
    app.scale(view.scale)
    keeper, session = _stands(options)
    application, look = app.begin(view)
    meanwhile(lambda: _begin(keeper, options, session))
    midi = Midi(keeper, session.midi_map)
    if session.midi_port:
        midi.use(session.midi_port)
    try:
        code = app.run(keeper, midi, view, application, look)
        if options.save_session:
            keep(capture(keeper.live, midi, states=True), None, options.session, keeper.tell)
        return code
    finally:
        midi.use("")
        keeper.stop()


def _stands(options: argparse.Namespace) -> "tuple[Keeper, Session]":
    """Return a keeper and its session: from the command line, its session file, or else the end of the last panel."""
    from gate.cli.live_session import AS_USUAL, begin
    from gate.panel import memory

    said: list[str] = []
    last = None
    if options.session is None and options.screenshot is None:
        last = memory.last_session(said.append)
    try:
        keeper, session = _made(options, begin(options, said.append, last or AS_USUAL))
    except GateError as error:
        if last is None:
            raise
        said.append(f"the last session cannot be applied, beginning with the defaults: {error}")
        keeper, session = _made(options, begin(options, said.append))
    for sentence in said:
        keeper.tell(sentence, "error")
    return keeper, session


def _made(options: argparse.Namespace, session: "Session") -> "tuple[Keeper, Session]":
    from gate.live.sessions import take_up
    from gate.panel.keeper import Keeper

    keeper = Keeper(session.preset, session.guard_model)
    take_up(keeper.live, session)
    if options.record is not None:
        keeper.live.recording.begin(Path(options.record), None)
    return keeper, session


def _begin(keeper: "Keeper", options: argparse.Namespace, session: "Session") -> None:
    """Begin to play: a file, devices, or silence where there are no devices and none was asked for."""
    from gate.live.devicestream import DeviceStream
    from gate.live.filestream import FileStream, SilentStream
    from gate.session.choices import FILE

    sources = keeper.live.sources
    if options.input is not None and options.input.startswith(FILE):
        if options.output is not None or options.rate is not None or options.channels is not None:
            raise UsageError(
                "a file is played as it is, to nowhere; leave --output, --rate and --channels out"
            )
        sources.play(FileStream(Path(options.input[len(FILE) :]), loops=True))
        return
    try:
        sources.play(DeviceStream(session.devices))
    except SoundDeviceError as error:
        if options.input is not None or options.output is not None:
            raise
        sources.play(SilentStream())
        keeper.tell(f"{error}; or play a file: Ctrl+D chooses one", "error")


if __name__ == "__main__":
    sys.exit(main())
