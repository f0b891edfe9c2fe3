"""What somebody asked of a live gate."""

from dataclasses import dataclass
from pathlib import Path

from gate.constants import MAX_CHANNELS
from gate.engine.overrides import AS_LEARNED, Overrides
from gate.errors import UsageError


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
    overrides: Overrides = AS_LEARNED
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()


@dataclass(frozen=True)
class DeviceWishes:
    """Devices by number or part of a name, None for the default; rate in Hz and channels, None for their own.

    ``key_channels``: channels of the input that are an external key, from 1, such as "3,4"; None: there is none.
    """

    input: str | None = None
    output: str | None = None
    rate: int | None = None
    channels: int | None = None
    key_channels: str | None = None

    @property
    def key(self) -> tuple[int, ...]:
        """The same as numbers from 0.

        Raises:
            UsageError: it is none such.
        """
        found = [text.strip() for text in (self.key_channels or "").split(",") if text.strip()]
        if (
            not all(text.isdecimal() and 1 <= int(text) <= MAX_CHANNELS for text in found)
            or len(found) > MAX_CHANNELS
        ):
            raise UsageError(
                f"expected numbers of input channels from 1 to {MAX_CHANNELS}, such as 3,4, "
                f"got {self.key_channels!r}; mend it"
            )
        return tuple(int(text) - 1 for text in found)
