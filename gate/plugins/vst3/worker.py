"""The process that a third-party plugin lives in: ``python -m gate.plugins.vst3.worker``, started by ``vst3_process``.

It gets commands in lines of JSON on its standard input, and answers in lines on what was its standard output; prints
of the plugin go nowhere. Sound comes and goes through shared memory (``vst3_memory``). It ends when its input ends, so
when its parent does; and when the plugin does not come back from a call, by a watchdog that needs no interpreter
(``faulthandler``), so that a plugin that hangs does not outlive its parent by much either.
"""

import base64
import faulthandler
import json
import os
import select
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from gate.plugins.vst3.hosted import Hosted, Refused
from gate.plugins.vst3.memory import CHANGES, Memory

HANG_S = 10.0
"""Seconds after which a call with sound hangs. The watching process may be less patient (``vst3_running``)."""

LOAD_S = 30.0
"""Seconds that a plugin may take to load, or to give or apply its state."""

REARM_S = 1.0
"""Seconds after which the watchdog is wound up again; that starts a thread, too costly for every block."""

LOOK_S = 0.001
"""Seconds between looks for sound where nobody can wake the worker (no eventfd); ``poll`` knows whole milliseconds."""


class Worker:
    """One plugin at work."""

    def __init__(self, answer: Callable[[dict[str, Any]], None], wake: int, memory: int) -> None:
        self._answer, self._wake, self._memory_file = answer, wake, memory
        self._wound = 0.0
        self._hosted: Hosted | None = None
        self._memory: Memory | None = None
        self._block = 0
        self._rest = b""
        self._poll = select.poll()
        for descriptor in (0, wake):
            if descriptor >= 0:
                self._poll.register(descriptor, select.POLLIN)

    def run(self) -> None:
        """Work until the input ends."""
        while True:
            self._wind(HANG_S)
            busy = self._memory is not None and self._serve(self._memory)
            patience_s = LOOK_S if self._memory is not None and self._wake < 0 else REARM_S / 2
            for descriptor, event in self._poll.poll(0 if busy else 1000 * patience_s):
                if descriptor == 0 and not self._listen(event):
                    return
                if descriptor == self._wake:
                    os.eventfd_read(self._wake)

    def _wind(self, limit_s: float) -> None:
        now = time.monotonic()
        if now - self._wound > REARM_S or limit_s > HANG_S:
            self._wound = now if limit_s == HANG_S else 0.0
            faulthandler.dump_traceback_later(limit_s, exit=True)

    def _listen(self, event: int) -> bool:
        """Read a command and do it; return False at the end of the input."""
        said = os.read(0, 1 << 16) if event & (select.POLLIN | select.POLLHUP) else b""
        if not said:
            return False
        *lines, self._rest = (self._rest + said).split(b"\n")
        for line in lines:
            message = json.loads(line)
            self._wind(LOAD_S)
            try:
                self._answer(getattr(self, f"_do_{message['do']}")(**message["with"]))
            except Refused as refusal:
                self._answer({"refused": str(refusal)})
        return True

    # commands

    def _do_load(self, file: str, name: str | None, state: str, values: dict[str, float]) -> dict[str, Any]:
        """Load the plugin; apply the state and parameters that are wanted."""
        self._hosted = hosted = Hosted(file, name)
        if state:
            hosted.plugin.raw_state = base64.b64decode(state)
        for index, value in values.items():
            hosted.set(int(index), value)
        return {"parameters": hosted.described, "values": hosted.values()}

    def _do_prepare(self, rate: int, channels: int, block: int) -> dict[str, Any]:
        """Make the plugin ready for a sound."""
        assert self._hosted is not None
        self._memory = None
        self._hosted.prepare(rate, channels, block)
        self._block = block
        return {"latency": int(self._hosted.plugin.reported_latency_samples)}

    def _do_serve(self, channels: int, ring_frames: int) -> dict[str, Any]:
        """Begin to serve sound, from the newest frame on."""
        assert self._hosted is not None
        self._memory = memory = Memory(self._memory_file, channels, ring_frames)
        self._done = memory["given"]
        memory["begun"] = self._done
        memory["made"] = self._done
        memory["taken"] = memory["asked"]  # the values it was loaded with are newer
        return {}

    def _do_state(self) -> dict[str, Any]:
        """Return what the plugin would store in a session."""
        assert self._hosted is not None
        return {"state": base64.b64encode(self._hosted.plugin.raw_state).decode()}

    def _do_restore(self, state: str) -> dict[str, Any]:
        """Apply a state that ``_do_state`` returned earlier."""
        assert self._hosted is not None
        self._hosted.plugin.raw_state = base64.b64decode(state)
        return {}

    # -- sound

    def _serve(self, memory: Memory) -> bool:
        """Process at most a block; return False when there was nothing to do."""
        assert self._hosted is not None
        given = memory["given"]
        if given == self._done:
            return False
        ring = memory.ring_frames
        if given - self._done > ring:  # far behind: what comes next is of now
            memory["skipped"] = memory["skipped"] + given - self._done
            self._done = given
            memory["begun"] = memory["made"] = given
            return False
        n = self._change(memory, min(given - self._done, self._block))
        places = np.arange(self._done, self._done + n) % ring
        out = self._hosted.process(memory.input[places])
        memory.output[places] = out
        self._done += n
        bad = int(np.count_nonzero(~np.isfinite(out)))
        if bad:  # as if it had begun after them
            memory["nonfinite"] = memory["nonfinite"] + bad
            memory["begun"] = self._done
        memory["made"] = self._done
        return True

    def _change(self, memory: Memory, n: int) -> int:
        """Set what is to change by now; return how many of ``n`` frames come before the next change."""
        assert self._hosted is not None
        due: dict[int, float] = {}
        taken, asked = memory["taken"], memory["asked"]
        while taken < asked:
            frame, index, value = memory.changes[taken % CHANGES]
            if frame > self._done:
                n = min(n, int(frame) - self._done)
                break
            due[int(index)] = float(value)
            taken += 1
        for number, wanted in due.items():
            self._hosted.set(number, wanted)
        memory["taken"] = taken
        return n


def main() -> None:
    """Prepare the pipe to the parent, discard everything that prints, and work."""
    memory, wake = int(sys.argv[1]), int(sys.argv[2])
    line = os.dup(1)
    nowhere = os.open(os.devnull, os.O_RDWR)
    os.dup2(nowhere, 1)

    def answer(message: dict[str, Any]) -> None:
        rest = json.dumps(message).encode() + b"\n"
        while rest:
            rest = rest[os.write(line, rest) :]

    Worker(answer, wake, memory).run()


if __name__ == "__main__":
    main()
