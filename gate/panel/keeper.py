"""The thread that owns a live gate, so that the window never waits for a sound system, a model file or a disk.

``Live`` wants its methods called from one thread, and some of them wait. Here is that thread: it tends the gate, takes
its status, and does one after another what the window asks for. What may be called from any thread (``value``, ``set``,
``hold``) the window calls itself.
"""

import queue
import threading
from collections import deque
from collections.abc import Callable
from typing import Any

from gate.errors import GateError
from gate.live.live import Live
from gate.live.slots import SlotFacts
from gate.live.status import Status
from gate.panel.history import SCOPE_S

LOOK_S = 0.1
"""Seconds from one look after the gate to the next."""

MOST_EVENTS = 100
"""Sentences stored for a window that does not look."""


class Keeper:
    """A thread that owns a gate.

    Attributes:
        live: the gate; whoever makes the keeper has the gate play before ``start``.
        status: the newest, or None before the first.
        facts: of the stream, as ``Live.facts`` gives them.
        chain: the slots, as ``Rack.chain``.
        events: (kind, sentence), oldest first; kind is "info" or "error". Whoever shows an event removes it.
        looks: how often ``status`` was taken.
        busy: sentence about what is being done just now, or "".
    """

    def __init__(self, preset: str = "voice", guard_model: str | None = None) -> None:
        """Read the preset.

        Args:
            preset: name, folder or file.
            guard_model: the guard's classifier, likewise; None takes the guard's own.

        Raises:
            PresetError, ContractError: as ``Live``.
        """
        self.status: Status | None = None
        self.facts: dict[str, Any] = {}
        self.chain: tuple[SlotFacts, ...] = ()
        self.events: deque[tuple[str, str]] = deque(maxlen=MOST_EVENTS)
        self.looks = 0
        self.busy = self._told = ""
        self.live = Live(preset, guard_model, on_event=self.tell, scope_s=SCOPE_S)
        self._jobs: queue.SimpleQueue[tuple[str, Callable[[], Any], Callable[[Any], None] | None]] = (
            queue.SimpleQueue()
        )
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="keeper", daemon=True)

    def start(self) -> None:
        """Start the thread that keeps the gate."""
        self._thread.start()

    def ask(self, job: Callable[[], Any], doing: str = "", then: Callable[[Any], None] | None = None) -> None:
        """Have something done with the gate.

        Args:
            job: called on the keeper's thread; a ``GateError`` or ``ValueError`` from the job becomes an event.
            doing: sentence to show meanwhile.
            then: called with what the job returned, on the keeper's thread, unless the job failed.
        """
        self._jobs.put((doing, job, then))

    def stop(self) -> None:
        """Do what was asked for, then stop the gate; return when that is done."""
        self._ending.set()
        if self._thread.ident is not None:
            self._thread.join()
        try:
            self.live.stop()
        except GateError as error:
            self.events.append(("error", str(error)))

    def tell(self, sentence: str, kind: str = "info") -> None:
        """Report an event, from any thread."""
        self.events.append((kind, sentence))

    def _run(self) -> None:
        while True:
            ending = self._ending.is_set()
            try:
                doing, job, then = self._jobs.get(timeout=0 if ending else LOOK_S)
            except queue.Empty:
                if ending:
                    return
                self._try(self._look)
                continue
            self.busy = doing
            self._try(job, then)
            self.busy = ""
            if self._jobs.empty() and not ending:
                self._try(self._look)

    def _look(self) -> None:
        self.live.tend()
        self.status, self.facts, self.chain = self.live.status(), self.live.facts, self.live.rack.chain
        self.looks += 1
        trouble = self.live.sources.trouble
        if trouble and trouble != self._told:
            self._told = trouble
            self.tell(trouble, "error")

    def _try(self, job: Callable[[], Any], then: Callable[[Any], None] | None = None) -> None:
        try:
            result = job()
        except (GateError, ValueError) as error:
            self.tell(str(error), "error")
        except Exception as error:  # nobody else would see it, and the gate is still to be tended
            self.tell(f"something unexpected went wrong ({error!r}); the sound goes on", "error")
        else:
            if then is not None:
                then(result)
