"""What is wrong with a live gate in plain words, each thing with its remedy, from one status after another."""

from collections import deque
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from gate.live.status import DECIDES, Status

SPAN_S = 10.0
"""Seconds over which late buffers are counted."""

QUIET_S = 4.0
"""Seconds of digital silence after which a sentence says so."""

CLIPPED_DB = 0.0
"""Input peaks at or over full scale were cut off before the gate got them."""


class Advice(NamedTuple):
    """One thing that is wrong; ``key`` says which, so that it can be dismissed. ``what`` has {names} of ``values``."""

    key: str
    what: str
    remedy: str
    values: Mapping[str, Any] = MappingProxyType({})


class Adviser:
    """A check of one status after another."""

    def __init__(self) -> None:
        self._counts: deque[tuple[float, int, int]] = deque()
        self._heard_s = self._clipped_s = -SPAN_S
        self._begun_s: float | None = None

    def __call__(self, status: Status, facts: dict[str, Any], now_s: float) -> list[Advice]:
        """Return what there is to say now, the worst first.

        Args:
            status: the newest.
            facts: of the stream, as ``Live.facts`` gives them.
            now_s: a clock, in seconds.
        """
        if self._begun_s is None:
            self._begun_s = self._heard_s = now_s
        self._counts.append((now_s, status.late, status.over))
        while len(self._counts) > 1 and self._counts[1][0] < now_s - SPAN_S:
            self._counts.popleft()
        if status.input_db > float("-inf"):
            self._heard_s = now_s
        if status.input_db >= CLIPPED_DB:
            self._clipped_s = now_s
        found = [self._late(status, facts), self._decides(status), self._python(facts)]
        if now_s - self._clipped_s < SPAN_S / 2:
            found.append(
                Advice("clipped", "the input clips", "turn the microphone's or the interface's gain down")
            )
        if now_s - self._heard_s > QUIET_S:
            found.append(
                Advice(
                    "silent", "no sound comes in", "choose another input, or unmute the one that is chosen"
                )
            )
        if status.tape_lost:
            found.append(
                Advice(
                    "disk", "the recording lost some sound, the disk was too slow", "record to another disk"
                )
            )
        return [advice for advice in found if advice is not None]

    def _late(self, status: Status, facts: dict[str, Any]) -> Advice | None:
        if facts.get("host_api") == "files":  # nobody hears a file's late buffers
            return None
        first = self._counts[0]
        late = max(status.late - first[1], status.over - first[2])
        if late <= 0:
            return None
        span = max(round(self._counts[-1][0] - first[0]), 1)
        return Advice(
            "late",
            "late buffers in the last {span} s: {late}, heard as clicks",
            "choose a longer buffer in the sound system, or close other programs",
            {"late": late, "span": span},
        )

    @staticmethod
    def _decides(status: Status) -> Advice | None:
        if status.decides == DECIDES[0]:
            return None
        return Advice("fallback", status.decides, "choose another preset to try a model again")

    @staticmethod
    def _python(facts: dict[str, Any]) -> Advice | None:
        if facts.get("native", True):
            return None
        return Advice(
            "python",
            "the sound goes through Python, which other work can hold up: {reason}",
            "start a JACK server, or use a longer buffer",
            {"reason": facts.get("reason") or "-"},
        )
