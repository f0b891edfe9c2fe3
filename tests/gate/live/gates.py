"""Live gates for tests, set by a session as the commands set theirs."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from gate.live.live import Live
from gate.live.sessions import take_up
from gate.plugins.registry import from_text
from gate.session.session import Session, Slot


def live_gate(
    preset: object,
    values: Mapping[str, float] | None = None,
    *,
    tell: Callable[[str], None] = lambda sentence: None,
    before: tuple[str, ...] = (),
    after: tuple[str, ...] = (),
    record: Path | None = None,
    guard_model: object = None,
) -> Live:
    """A gate that does not play yet: parameters by id, and slots as texts."""
    model = None if guard_model is None else str(guard_model)
    live = Live(str(preset), model, on_event=tell)
    slots: dict[str, Any] = {
        side: tuple(Slot.of(from_text(text)) for text in texts)
        for side, texts in (("before", before), ("after", after))
    }
    session = Session(preset=str(preset), guard_model=model, parameters=dict(values or {}), **slots)  # type: ignore[arg-type]
    take_up(live, session)
    if record is not None:
        live.recording.begin(record, None)
    return live
