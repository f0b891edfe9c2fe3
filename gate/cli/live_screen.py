"""The display of gate-live: drawn over and over on a terminal, a line a second elsewhere, JSON on request."""

import json
import shutil
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

from gate.cli import live_words as words
from gate.cli.console import say

if TYPE_CHECKING:
    from gate.live.live import Live
    from gate.live.recorder import Recorder
    from gate.live.status import Status

LINE_S = 1.0
"""How often a plain line is written where there is no terminal."""


class Screen:
    """The display, which also prints events."""

    def __init__(self, program: str, *, as_json: bool, quiet: bool) -> None:
        """Show nothing yet.

        Args:
            program: the command's name, before every event.
            as_json: objects on standard output instead of words.
            quiet: no lines while it plays, only the summary.
        """
        self._program, self._json, self._quiet = program, as_json, quiet
        self.terminal = sys.stdout.isatty() and not as_json
        self._drawn, self._due = 0, time.monotonic() + LINE_S
        self._lock = threading.Lock()

    def event(self, text: str) -> None:
        """Print an event; any thread may call this."""
        with self._lock:
            self._wipe()
            say(f"{self._program}: {text}", sys.stderr)

    def draw(self, live: "Live", typed: str = "") -> None:
        """Show the status now, and the line that is being typed."""
        if self.terminal:
            width = shutil.get_terminal_size().columns
            rows = words.screen(live.status(), width, callback(live.facts))
            rows.append(f"> {typed}"[-max(width - 1, 1) :])
            with self._lock:
                self._wipe()
                say("\n".join(rows))
                self._drawn = len(rows)
        elif time.monotonic() >= self._due and not self._quiet:
            self._due = time.monotonic() + LINE_S
            status = live.status()
            with self._lock:
                say(json.dumps(status.to_dict()) if self._json else words.line(status))

    def end(self, status: "Status", facts: dict[str, Any], recorded: "Recorder | None") -> None:
        """Print the summary at the end."""
        taped = 0.0 if recorded is None else recorded.seconds
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
        took = f"{status.p999_us:.0f} us" if status.p999_us == status.p999_us else "no time"
        buffers = f"{status.seconds:.1f} s in {status.buffers} buffers, {status.late} late"
        lines = [
            f"{buffers}; the model's callbacks took {took} at the 99.9th percentile; {words.delay(status)}; "
            f"{callback(facts)}"
        ]
        if facts["reopened"] or facts["stalls"]:
            lines.append(
                f"interrupted {facts['stalls']} times, for {facts['lost_s']:.1f} s; opened again {facts['reopened']} times"
            )
        if recorded is not None:
            lines.append(f"recorded {taped:.1f} s to {recorded.path}")
        say("\n".join(lines))

    def _wipe(self) -> None:
        if self._drawn:
            sys.stdout.write(f"\x1b[{self._drawn}F\x1b[J")
            self._drawn = 0


def callback(facts: dict[str, Any]) -> str:
    """Return which callback runs, and why, if it is not the native one."""
    if "native" not in facts:
        return "no stream"
    return "native callback" if facts["native"] else f"Python callback ({facts['reason']})"
