"""The keeper of a third-party plugin's process for one sound: looks after it, replaces it, and knows when to stop.

Nothing here is on the audio thread, which continues with the input whatever is done here. ``tend`` never waits: what
takes long, a plugin that loads, is looked at again next time.
"""

import base64
import contextlib
import os
import threading
import time
from collections import deque

from gate.errors import PluginError
from gate.plugins.running import Format
from gate.plugins.vst3.memory import CHANGES, Memory, create_file
from gate.plugins.vst3.process import Process
from gate.plugins.vst3.worker import LOAD_S

BLOCK = 1024
"""Frames that a plugin gets at most in one call."""

HANG_S = 2.0
"""Live: seconds without progress, with sound waiting, after which a plugin hangs."""

PATIENCE_S = 9.0
"""Offline: the same. The process's own watchdog bites after 10 s."""

STATE_S = 5.0
"""Seconds that a plugin at work may take to apply another state."""

MOST_RESTARTS = 3
"""Times that a process that died is replaced, for one sound."""

MOST_DROPOUTS = 8
"""With more dropouts than this within ``WINDOW_S`` a plugin is too slow for its headroom, and is heard no more."""

WINDOW_S = 10.0
"""Seconds over which dropouts are counted."""

LOOK_S = 0.0001
"""Seconds between two looks for an answer, in ``wait``."""

LOOKS = 64
"""Looks for an answer between two looks at the process itself."""


class Keeper:
    """One plugin's process after another, for one sound.

    Attributes:
        file: the plugin's file, for people.
        own_samples: the plugin's own delay when it was opened.
        wake: eventfd on which the process sleeps, -1 for none.
        restarts: how often the process was replaced.
        trouble: what is wrong, one sentence; empty when all is well.
    """

    def __init__(
        self, format: Format, file: str, name: str | None, state: bytes, values: dict[int, float]
    ) -> None:
        """Start the process and wait until the plugin is ready.

        Raises:
            PluginError: the plugin does not load, does not take such a sound, or ends.
        """
        self._what, self._state, self._values = (file, name), state, dict(values)
        self.file = os.path.basename(file.rstrip("/"))
        self._sound = {"rate": format.rate, "channels": format.channels, "block": BLOCK}
        self._lock, self._writing = threading.Lock(), threading.Lock()
        self._process: Process | None = None
        self._memory: Memory | None = None
        self._stages: list[str] = []
        self._over = False
        self.restarts, self.trouble = 0, ""
        self.wake = -1
        self.memory_file = create_file()
        try:
            if hasattr(os, "eventfd"):
                self.wake = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
            self._process = self._start()
            self._process.expect()
            self.own_samples = int(self._process.ask("prepare", **self._sound)["latency"])
        except BaseException:
            self.close()
            raise

    @property
    def pid(self) -> int:
        """Number of the process at work, or 0."""
        return self._process.pid if self._process is not None and self._process.is_alive else 0

    @property
    def serving(self) -> bool:
        """Is there a process that takes sound, as far as is known?"""
        return self._process is not None and self._memory is not None and not self._stages

    def serve(self, memory: Memory) -> None:
        """Exchange sound through this memory, which is laid out in ``memory_file``, from now on."""
        assert self._process is not None
        self._memory = memory
        self._process.ask("serve", **self._ring())
        self._look_anew()

    def again(self) -> None:
        """Put plugin and memory back to the start. Not while sound runs.

        Raises:
            PluginError: the plugin has ended.
        """
        with self._lock:
            if self._process is None or self._memory is None or self._stages:
                raise PluginError(f"{self.file}: {self.trouble or 'closed'}; open the chain again")
            self._process.ask("prepare", **self._sound)
            self._memory.clear()
            self._process.ask("serve", **self._ring())
            self._look_anew()

    def tend(self, dropouts: int, heard: bool) -> None:
        """Look after the process; never wait.

        Args:
            dropouts: how often the output has been replaced by the input so far.
            heard: is the output heard now?
        """
        if self._over or self._memory is None or not self._lock.acquire(blocking=False):
            return
        try:
            if self._process is None:
                return
            if self._stages:
                self._go_on(self._process)
            elif not self._process.is_alive:
                self._replace(self._process.ending)
            elif self._hangs(self._memory):
                self._process.close(kindly=False)
                self._replace(f"did not come back for {HANG_S:g} s")
            else:
                self._judge(self._memory, dropouts, heard)
        finally:
            self._lock.release()

    def wait(self, patience_s: float) -> bool:
        """Wait until all that was given is answered; return False if it never will be.

        Args:
            patience_s: seconds without any progress after which the process hangs.
        """
        process, memory = self._process, self._memory
        if process is None or memory is None or self._stages:
            return False
        made, looks, end = memory["made"], 0, time.monotonic() + patience_s
        while memory["made"] < memory["given"]:
            time.sleep(LOOK_S)
            looks += 1
            if memory["made"] != made:
                made, end = memory["made"], time.monotonic() + patience_s
            elif time.monotonic() > end or (looks % LOOKS == 0 and not process.is_alive):
                return False
        return True

    @property
    def ending(self) -> str:
        """What became of the process, for a sentence: "ended by SIGABRT"."""
        if self._process is None or self._process.is_alive:
            return f"did not come back for {PATIENCE_S:g} s"
        return self._process.ending

    def change(self, frame: int, index: int, value: float) -> None:
        """Set a parameter's new value from a frame on, in the process and in whatever replaces it."""
        with self._writing:
            self._values[index] = value
            memory = self._memory
            if memory is None or memory["asked"] - memory["taken"] >= CHANGES:
                return  # nobody takes them: the next process begins with the values
            memory.changes[memory["asked"] % CHANGES] = (frame, index, value)
            memory["asked"] = memory["asked"] + 1

    def restore(self, state: bytes) -> None:
        """Apply another state, from which all parameters follow."""
        with self._lock, contextlib.suppress(PluginError):
            self._state, self._values = state, {}
            if self._process is not None and not self._stages:
                self._process.ask("restore", STATE_S, state=base64.b64encode(state).decode())

    def close(self) -> None:
        """End the process; may be called twice. Not while sound runs."""
        self._over = True
        with self._lock:
            if self._process is not None:
                self._process.close()
                self._process = None
            self._memory = None
            for descriptor in (self.memory_file, self.wake):
                if descriptor >= 0:
                    os.close(descriptor)
            self.memory_file = self.wake = -1

    # -- inside

    def _start(self) -> Process:
        with self._writing:
            values = dict(self._values)
        return Process(*self._what, self._state, values, self.memory_file, self.wake)

    def _ring(self) -> dict[str, int]:
        assert self._memory is not None
        return {"channels": self._memory.channels, "ring_frames": self._memory.ring_frames}

    def _look_anew(self) -> None:
        self._made, self._moved_at = -1, time.monotonic()
        self._heard_at, self._bad = self._moved_at, 0
        self._dropped: deque[float] = deque()
        self._counted: int | None = None

    def _hangs(self, memory: Memory) -> bool:
        now, made = time.monotonic(), memory["made"]
        if made != self._made or made == memory["given"]:
            self._made, self._moved_at = made, now
        return now - self._moved_at > HANG_S

    def _judge(self, memory: Memory, dropouts: int, heard: bool) -> None:
        """Judge whether a working plugin is in time."""
        now = time.monotonic()
        if heard:
            self._heard_at = now
        counted = dropouts if self._counted is None else self._counted
        self._dropped.extend([now] * (dropouts - counted))
        self._counted = dropouts
        while self._dropped and now - self._dropped[0] > WINDOW_S:
            self._dropped.popleft()
        if len(self._dropped) > MOST_DROPOUTS:
            self._give_up(
                f"was late {len(self._dropped)} times in {WINDOW_S:g} s and is no longer heard; "
                "open it with more headroom_ms, or with longer buffers"
            )
        elif now - self._heard_at <= HANG_S:
            self.trouble, self._bad = "", memory["nonfinite"]
        elif memory["nonfinite"] != self._bad:
            self._say("gives what is no number and is not heard; set it otherwise, or take it out")
        else:
            self._say(
                "does not keep up and is not heard; open it with more headroom_ms, or with longer buffers"
            )

    def _replace(self, ending: str) -> None:
        """Begin to load the next process after one has ended, unless there were enough."""
        assert self._process is not None
        self._process.close(kindly=False)
        if self.restarts >= MOST_RESTARTS:
            self._give_up(
                f"{ending}, for the {self.restarts + 1}th time, and is no longer heard; open the chain again"
            )
            return
        self.restarts += 1
        self._say(f"{ending}; it is started again ({self.restarts} of {MOST_RESTARTS} times)")
        try:
            self._process = self._start()
        except (PluginError, OSError) as error:
            self._give_up(f"cannot be started again ({error}); open the chain again")
            return
        self._stages, self._deadline = ["load", "prepare", "serve"], time.monotonic() + LOAD_S

    def _go_on(self, process: Process) -> None:
        """Continue with the next command once the process has answered the last one."""
        try:
            answer = process.answer(0.0)
            if answer is None:
                if time.monotonic() > self._deadline:
                    process.close(kindly=False)
                    self._stages.clear()
                    self._replace(f"did not load within {LOAD_S:g} s")
                return
            done = self._stages.pop(0)
            if done == "load":
                process.tell("prepare", **self._sound)
            elif done == "prepare" and answer["latency"] == self.own_samples:
                process.tell("serve", **self._ring())
            elif done == "prepare":
                self._give_up(
                    f"came back with another delay ({answer['latency']} samples); open the chain again"
                )
            else:
                self._look_anew()
        except PluginError:
            self._stages.clear()
            self._replace(process.ending)

    def _give_up(self, why: str) -> None:
        """Stop the plugin: the input is heard until somebody opens it again."""
        if self._process is not None:
            self._process.close(kindly=False)
        self._process, self._over = None, True
        self._stages.clear()
        self._say(why)

    def _say(self, what: str) -> None:
        self.trouble = f"{self.file} {what}"
