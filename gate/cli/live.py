"""gate-live: live sound through a learned gate."""

import argparse
import contextlib
import signal
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gate.cli.console import Ended, say, say_version
from gate.cli.ending import run
from gate.cli.live_lines import Lines
from gate.cli.live_screen import Screen
from gate.cli.typed import Typed
from gate.closing import Closes
from gate.errors import GateError, MidiError, SoundDeviceError, UsageError

if TYPE_CHECKING:
    from gate.live.live import Live
    from gate.midi.hands import Hands
    from gate.session.session import Session

PROG = "gate-live"

LOOK_S = 0.1
"""How often the display is drawn, and ``Live.tend`` called."""

FILES = "play files instead with --input file:IN.wav --output file:OUT.wav"


def main(argv: list[str] | None = None) -> int:
    """Run the command; return its exit code. An error is one sentence on stderr."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    # stopped: before anything played, or by a second signal
    advice: dict[type[GateError], str] = {SoundDeviceError: f"or {FILES}"}
    return run(PROG, lambda: _main(arguments), what="the sound", done="gated", stopped="", advice=advice)


def _main(arguments: list[str]) -> int:
    from gate.cli.live_options import NUMBERS, parser
    from gate.cli.options import join_numbers

    if "--version" in arguments:
        return say_version(PROG)
    options = parser().parse_args(join_numbers(arguments, NUMBERS))
    if options.list_devices:
        from gate.soundsystem.devices import list_devices, table

        say(table(list_devices()))
        return 0
    if options.list_midi:
        from gate.midi import ports

        say(ports.table(ports.list_ports()))
        return 0
    return _run(options)


def _run(options: argparse.Namespace) -> int:
    from gate.cli.live_session import begin, keep
    from gate.live.devicestream import DeviceStream
    from gate.live.live import Live
    from gate.live.sessions import NoMidi, capture, take_up

    files = _files(options)
    screen = Screen(PROG, as_json=options.json, quiet=options.fast)
    with contextlib.ExitStack() as stack:
        session = begin(options, screen.event)
        ending = stack.enter_context(_Ending())
        live = stack.enter_context(Live(session.preset, session.guard_model, on_event=screen.event))
        take_up(live, session)
        if options.record is not None:
            live.recording.begin(Path(options.record), None, force=options.force)
        hands = _hands(session, live, screen, asked=options.midi is not None)
        midi = hands or NoMidi(session.midi_port, session.midi_map)
        if files is None:
            live.sources.play(DeviceStream(session.devices))
        else:
            from gate.live.filestream import FileStream
            from gate.session.choices import HOST_BUFFER

            stream = FileStream(
                *files,
                buffer=options.buffer or HOST_BUFFER,
                fast=options.fast,
                seconds=options.seconds,
                force=options.force,
            )
            stack.callback(stream.close)
            for note in stream.notes:
                screen.event(note)
            live.sources.play(stream)
        ending.plays = True
        with Typed(letters=screen.terminal) as typed, hands.start() if hands else contextlib.nullcontext():
            lines = Lines(live, hands, screen.event, options.session, midi)
            _play(live, options.seconds if files is None else None, screen, ending, typed, lines)
            if options.save_session:
                keep(capture(live, midi, states=True), None, options.session, screen.event)
        last, facts = live.status(), live.facts
        live.stop()
        screen.end(last, facts, live.recording.recorder)
    return 0


def _hands(session: "Session", live: "Live", screen: Screen, *, asked: bool) -> "Hands | None":
    """Return what moves the gate by MIDI, if there is a port for it; a wrong map is refused before anything sounds.

    Where MIDI is not available and only the session names a port (not ``asked``), the gate plays without MIDI.
    """
    if session.midi_port is None:
        return None
    from gate.midi import ports
    from gate.midi.bindings import parse
    from gate.midi.hands import Hands

    try:
        ports.library()  # a missing library is reported before anything sounds
    except MidiError as error:
        if asked:
            raise
        screen.event(f"{error}; continuing without MIDI")
        return None
    bindings = parse("\n".join(session.midi_map), live.parameter) if session.midi_map else ()
    return Hands(session.midi_port, bindings, live, screen.event)


def _files(options: argparse.Namespace) -> tuple[Path, Path] | None:
    """Return the two files, or None for devices.

    Raises:
        UsageError: a file and a device, or options that do not go with files or with devices.
    """
    from gate.session.choices import FILE

    named = [text is not None and text.startswith(FILE) for text in (options.input, options.output)]
    if any(named) != all(named):
        raise UsageError(
            f"expected two devices or two files, got --input {options.input} and --output {options.output}; "
            f"give both as {FILE}NAME, or neither"
        )
    wrong = ("rate", "channels", "key_channels") if any(named) else ("buffer", "fast")
    for name in wrong:
        if getattr(options, name):
            what = "has its own" if any(named) else "paces itself"
            raise UsageError(
                f"--{name.replace('_', '-')} is not for {'a file' if any(named) else 'a device'}, it {what}; leave it out"
            )
    if not any(named):
        return None
    return Path(options.input[len(FILE) :]), Path(options.output[len(FILE) :])


def _play(
    live: "Live",
    seconds: float | None,
    screen: Screen,
    ending: "_Ending",
    typed: Typed,
    lines: Lines,
) -> None:
    """Play until the sound ends, ``seconds`` are over (None: no limit), or the user ends it."""
    begun = time.monotonic()
    while live.sources.running and not ending.asked.wait(LOOK_S):
        if seconds is not None and time.monotonic() - begun >= seconds:
            return
        live.tend()
        if not all(lines.obey(line) for line in typed.lines()):
            return
        screen.draw(live, typed.so_far)


class _Ending(Closes):
    """Handlers of Ctrl-C, SIGTERM and SIGHUP: a soft end; at once for a second signal, or before the gate plays.

    Attributes:
        asked: set after the first signal.
        plays: is there sound that should end softly?
    """

    def __init__(self) -> None:
        self.asked, self.plays = threading.Event(), False
        self._before: dict[int, Any] = {}
        if threading.current_thread() is threading.main_thread():
            names = [name for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
            for number in [getattr(signal, name) for name in names]:
                if number == signal.SIGHUP and signal.getsignal(number) is signal.SIG_IGN:
                    continue  # nohup
                self._before[number] = signal.signal(number, self._ask)

    def _ask(self, number: int, frame: object) -> None:
        if self.asked.is_set() or not self.plays:
            raise Ended(number)
        self.asked.set()

    def close(self) -> None:
        """Restore the earlier handlers."""
        for number, handler in self._before.items():
            signal.signal(number, handler)


if __name__ == "__main__":
    sys.exit(main())
