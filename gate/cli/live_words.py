"""A live gate's status in words: lines for a terminal that is drawn over and over, or for a log."""

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gate.live.status import Status


def line(status: "Status") -> str:
    """Return the status as one plain line, for a log or a simple terminal."""
    gate = "open" if status.open else "shut"
    times = f"attack {_number(status.attack_ms)} hold {_number(status.hold_ms)} release {_number(status.release_ms)} ms"
    return (
        f"{_clock(status.seconds)}  in {_level(status.input_db)}  {gate}  gain {_level(status.gain_db)} dB  {times}  "
        f"key {_key(status)}  load {100 * status.load:.1f} % (most {100 * status.load_most:.0f} %)  late {status.late}"
        + (f"  {guard(status)}" if status.classes else "")
    )


def guard(status: "Status") -> str:
    """Return what the guard asks for and hears; "-" where the newest frame has no value."""
    heard = "  ".join(
        f"{name} {value:.2f}" if math.isfinite(value) else f"{name} -"
        for name, value in status.classes.items()
    )
    return f"guard {status.guard}{' SHUT' if status.guard_shut else ''}: {heard}"


def delay(status: "Status") -> str:
    """Return the sound's latency, and the gate's part of it."""
    return f"latency {status.latency_ms:.2f} ms, {status.added_ms:.2f} ms of it the gate's"


def screen(status: "Status", width: int, callback: str) -> list[str]:
    """Return lines for a terminal of ``width`` letters, drawn over and over; ``callback`` says which callback runs."""
    bar = max(min(width - 34, 48), 10)
    state, heard = (
        ("OPEN" if status.open else "shut")
        + (f" (held {status.held})" if status.held else "")
        + " (bypassed)" * status.bypassed,
        f"range {_level(status.range_db).strip()} dB   monitor {status.monitor}",
    )
    times = "   ".join(
        f"{name} {_number(getattr(status, f'{name}_ms'))} ms" for name in ("attack", "hold", "release")
    )
    load = (
        f"load {100 * status.load:.1f} %, most {100 * status.load_most:.0f} % of a buffer of {status.buffer}"
    )
    rows = [
        f"{status.preset}: {state}   threshold {status.threshold_db:.1f} dBFS   {heard}",
        f"  in    {_level(status.input_db)} dBFS  {_bar(status.input_db, bar, status.threshold_db)}",
        f"  out   {_level(status.output_db)} dBFS  {_bar(status.output_db, bar)}",
        f"  gain  {_level(status.gain_db)} dB    {_bar(status.gain_db, bar)}",
        f"  {times}   key {_key(status)}",
        *([f"  {guard(status)}"] if status.classes else []),
        f"  {load}   late {status.late} of {status.buffers}",
        f"  {delay(status)}; {callback}",
        f"  {_clock(status.seconds)}, decided by {status.decides}",
    ]
    return [row[: max(width - 1, 1)] for row in rows]


def _bar(level_db: float, width: int, mark_db: float | None = None) -> str:
    """Return a meter from -80 to 0 dB, with a ``|`` at a mark."""

    def place(db: float) -> int:
        return round(min(max((db + 80.0) / 80.0, 0.0), 1.0) * width)

    filled = place(level_db)
    letters = ["#" if i < filled else "." for i in range(width)]
    if mark_db is not None:
        letters[min(place(mark_db), width - 1)] = "|"
    return "".join(letters)


def _level(db: float) -> str:
    return f"{db:6.1f}" if math.isfinite(db) else "  -inf"


def _number(value: float) -> str:
    return f"{value:3.0f}" if math.isfinite(value) else "  -"


def _key(status: "Status") -> str:
    if not math.isfinite(status.key_low_hz + status.key_high_hz):
        return "-"
    return f"{status.key_low_hz:.0f} to {status.key_high_hz:.0f} Hz"


def _clock(seconds: float) -> str:
    whole = int(seconds)
    return f"{whole // 3600}:{whole // 60 % 60:02d}:{whole % 60:02d}"
