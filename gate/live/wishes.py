"""What somebody asked of a live gate."""

from dataclasses import dataclass
from pathlib import Path

from gate.parameters import GateValues

AS_LEARNED = GateValues()


@dataclass(frozen=True)
class Wishes:
    """What somebody asked for.

    Attributes:
        preset: name, folder or file.
        threshold_db: dBFS; None follows the preset.
        range_db: dB; None follows the preset.
        lookahead_ms: 0 to 20.
        link: one decision for all channels.
        monitor: what is heard.
        record: file for what the gate gives.
        force: replace that file.
        scope_s: seconds that ``Player.scope`` can look back, for who looks, and records on the way; 0 keeps nothing.
        guard: what the guard asks for, one of ``gate.engine.guard.MODES``.
        guard_grace_ms: 100 to 2000; None takes the default.
        guard_model: what it listens with; None takes ``gate.engine.guard.PRESET``.
        overrides: what is insisted on over what is learned.
        before: plugins before the gate, as ``gate.plugins.registry.from_text`` reads them, in order.
        after: plugins behind it.
    """

    preset: str = "voice"
    threshold_db: float | None = None
    range_db: float | None = None
    lookahead_ms: float = 0.0
    link: bool = True
    monitor: str = "out"
    record: Path | None = None
    force: bool = False
    scope_s: float = 0.0
    guard: str = "off"
    guard_grace_ms: float | None = None
    guard_model: str | None = None
    overrides: GateValues = AS_LEARNED
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
