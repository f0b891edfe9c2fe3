"""gate-live: live sound through a learned gate."""

import contextlib
import json
import queue
import shutil
import signal
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gate.cli.console import say, say_version
from gate.errors import GateError, SoundDeviceError, UsageError

if TYPE_CHECKING:
    import argparse

    from gate.live.live import Live
    from gate.live.status import Status
    from gate.live.tape import Recorder

PROG = "gate-live"

LOOK_S = 0.1
"""How often the display is drawn, and everything looked after."""

LINE_S = 1.0
"""How often a plain line is written where there is no terminal."""

FILES = "play files instead with --input file:IN.wav --output file:OUT.wav"


def main(argv: list[str] | None = None) -> int:
    """Run the command; returns its exit code. Whatever happens is one sentence on stderr."""
    try:
        return _main(list(sys.argv[1:] if argv is None else argv))
    except SystemExit as end:  # argparse's way of saying 0 (help) or 2
        return int(end.code or 0)
    except SoundDeviceError as error:
        _error(f"{error}; or {FILES}")
        return error.exit_code
    except GateError as error:
        _error(str(error))
        return error.exit_code
    except KeyboardInterrupt:  # before there was anything to end, or by somebody who insists
        return 130
    except Exception as error:
        from gate.batch import unexpected

        _error(unexpected(error, "the sound"))
        return 1


def _main(arguments: list[str]) -> int:
    from gate.cli.live_options import NUMBERS, parser
    from gate.cli.options import join_numbers

    if "--version" in arguments:
        return say_version(PROG)
    options = parser().parse_args(join_numbers(arguments, NUMBERS))
    if options.list_devices:
        from gate.live.devices import list_devices, table

        say(table(list_devices()))
        return 0
    return _run(options)


def _run(options: "argparse.Namespace") -> int:
    from gate.live.live import Live, Wishes

    files = _files(options)
    wishes = Wishes(
        preset=options.preset,
        threshold_db=options.threshold,
        range_db=options.range,
        lookahead_ms=options.lookahead,
        link=options.link == "on",
        monitor=options.monitor,
        record=None if options.record is None else Path(options.record),
        force=options.force,
    )
    screen = _Screen(options)
    with _Ending() as ending, Live(wishes, screen.event) as live:
        if files is None:
            from gate.live.live import DeviceWishes

            live.play_devices(DeviceWishes(options.input, options.output, options.rate, options.channels))
        else:
            from gate.live.choices import HOST_BUFFER
            from gate.live.filestream import FileStream

            stream = FileStream(
                *files,
                buffer=options.buffer or HOST_BUFFER,
                fast=options.fast,
                seconds=options.seconds,
                force=options.force,
            )
            if stream.note:
                screen.event(stream.note)
            live.play_file(stream)
        _play(live, options, screen, ending)
        last, facts, rate = live.status(), live.facts, live.player.shape.rate
        live.stop()
        screen.end(last, facts, live.recorder, rate)
    return 0


def _files(options: "argparse.Namespace") -> tuple[Path, Path] | None:
    """The two files, or None for devices.

    Raises:
        UsageError: one of each, or options that do not go with what there is.
    """
    from gate.live.choices import FILE

    named = [text is not None and text.startswith(FILE) for text in (options.input, options.output)]
    if any(named) != all(named):
        raise UsageError(
            f"expected two devices or two files, got --input {options.input} and --output {options.output}; "
            f"give both as {FILE}NAME, or neither"
        )
    wrong = ("rate", "channels") if any(named) else ("buffer", "fast")
    for name in wrong:
        if getattr(options, name):
            what = "has its own" if any(named) else "paces itself"
            raise UsageError(
                f"--{name} is not for {'a file' if any(named) else 'a device'}, it {what}; leave it out"
            )
    if not any(named):
        return None
    return Path(options.input[len(FILE) :]), Path(options.output[len(FILE) :])


def _play(live: "Live", options: "argparse.Namespace", screen: "_Screen", ending: "_Ending") -> None:
    """Until the sound ends, the time is up, or somebody says so."""
    typed = _lines()
    begun = time.monotonic()
    devices = options.input is None or not options.input.startswith("file:")
    while live.running and not ending.asked.wait(LOOK_S):
        if devices and options.seconds is not None and time.monotonic() - begun >= options.seconds:
            return
        live.tend()
        while not typed.empty():
            if not _obey(live, typed.get(), screen):
                return
        screen.draw(live)


def _lines() -> "queue.SimpleQueue[str]":
    """Lines from standard input as they come; none where it is closed."""
    lines: queue.SimpleQueue[str] = queue.SimpleQueue()

    def read() -> None:
        with contextlib.suppress(OSError, ValueError):
            for line in sys.stdin:
                lines.put(line)

    if sys.stdin is not None and not sys.stdin.closed:
        threading.Thread(target=read, name="standard input", daemon=True).start()
    return lines


def _obey(live: "Live", line: str, screen: "_Screen") -> bool:
    """One line of a user's: False is the end. What cannot be done is said, and the sound goes on."""
    word, _, rest = line.strip().partition(" ")
    rest = rest.strip()
    try:
        if word in ("threshold", "range"):
            live.set(word, float(rest))
        elif word == "preset":
            live.set_preset(rest)
        elif word == "monitor":
            live.set_monitor(rest)
        elif word == "input":
            live.set_device("input", rest)
        elif word == "output":
            live.set_device("output", rest)
        elif word in ("quit", "exit"):
            return False
        elif word:
            raise ValueError(
                f"expected threshold, range, preset, monitor, input, output or quit, got {word!r}; --help says more"
            )
    except (GateError, ValueError) as error:
        screen.event(f"{error}")
    return True


class _Ending:
    """Ctrl-C, SIGTERM and SIGHUP ask for an end; asked a second time they insist."""

    def __init__(self) -> None:
        self.asked = threading.Event()
        self._before: dict[int, Any] = {}

    def __enter__(self) -> "_Ending":
        if threading.current_thread() is threading.main_thread():
            names = [name for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
            for number in [getattr(signal, name) for name in names]:
                if number == signal.SIGHUP and signal.getsignal(number) is signal.SIG_IGN:
                    continue  # nohup
                self._before[number] = signal.signal(number, self._ask)
        return self

    def _ask(self, number: int, frame: object) -> None:
        if self.asked.is_set():
            raise KeyboardInterrupt
        self.asked.set()

    def __exit__(self, *error: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)


class _Screen:
    """The display: drawn over and over on a terminal, a line a second elsewhere, JSON where it is asked for."""

    def __init__(self, options: "argparse.Namespace") -> None:
        self._json = options.json
        self._quiet = options.fast
        self._terminal = sys.stdout.isatty() and not self._json
        self._drawn, self._due = 0, time.monotonic() + LINE_S
        self._lock = threading.Lock()

    def event(self, text: str) -> None:
        """Something happened; any thread."""
        with self._lock:
            self._wipe()
            say(f"{PROG}: {text}", sys.stderr)

    def draw(self, live: "Live") -> None:
        """This moment."""
        from gate.live import status as words

        if self._terminal:
            rows = words.screen(live.status(), shutil.get_terminal_size().columns, _callback(live.facts))
            with self._lock:
                self._wipe()
                say("\n".join(rows))
                self._drawn = len(rows)
        elif time.monotonic() >= self._due and not self._quiet:
            self._due += LINE_S
            status = live.status()
            with self._lock:
                say(json.dumps(status.to_dict()) if self._json else words.line(status))

    def end(self, status: "Status", facts: dict[str, Any], recorded: "Recorder | None", rate: int) -> None:
        """The last words."""
        from gate.live.status import delay

        taped = 0.0 if recorded is None else recorded.frames / rate
        if self._json:
            last = {"end": True} | status.to_dict() | {"stream": facts}
            if recorded is not None:
                last["recording"] = {
                    "file": str(recorded.path),
                    "seconds": taped,
                    "trouble": recorded.trouble,
                }
            say(json.dumps(last))
            return
        lines = [
            f"{status.seconds:.1f} s in {status.buffers} buffers, {status.late} late; the model's callbacks took "
            f"{_us(status.p999_us)} at the 99.9th percentile; {delay(status)}; {_callback(facts)}"
        ]
        if facts["reopened"] or facts["stalls"]:
            lines.append(
                f"interrupted {facts['stalls']} times, for {facts['lost_s']:.1f} s; opened anew {facts['reopened']} times"
            )
        if recorded is not None:
            lines.append(f"recorded {taped:.1f} s to {recorded.path}")
        say("\n".join(lines))

    def _wipe(self) -> None:
        if self._drawn:
            sys.stdout.write(f"\x1b[{self._drawn}F\x1b[J")
            self._drawn = 0


def _callback(facts: dict[str, Any]) -> str:
    """Which callback runs, and what sound system calls it."""
    if "native" not in facts:
        return "no stream"
    return "native callback" if facts["native"] else f"Python callback ({facts['reason']})"


def _us(value: float) -> str:
    return f"{value:.0f} us" if value == value else "no time"


def _error(sentence: str) -> None:
    say(f"{PROG}: error: {sentence}", sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
