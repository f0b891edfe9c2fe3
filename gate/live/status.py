"""A moment of a live gate in figures, and in words for a terminal, a log or another program."""

import math
from dataclasses import asdict, dataclass, field
from typing import Any

from gate.engine.engine import Engine
from gate.live.player import Player
from gate.realtime.gain import SILENT_DB
from gate.realtime.stream_record import percentiles_us

DECIDES = ("the model", "the classic gate: the model failed", "the classic gate: the model was too slow")
"""By the engine record's ``fallback``."""


COUNTED = ("seconds", "buffers", "late", "over", "model_errors", "nonfinite", "tape_lost")
"""What is summed over all players of a run: another device or rate means another player."""


@dataclass(frozen=True)
class Status:
    """Levels in dBFS (-inf is silence), gain in dB, times in ms, key in Hz; NaN where nobody says.

    ``load`` and ``load_most`` are shares of the buffers' time since the last look, on average and at most; ``p999_us`` is of
    all callbacks in which the model ran. ``late``: buffers that the sound system flagged. ``latency_ms``: from the
    input to the output of the sound system and back, the chain included (of files: the chain alone); ``added_ms``: the
    chain's part of that. ``decision_delay_ms``: how much later than its block a decision can be. ``guard``: what it asks
    for; ``guard_shut``: it keeps the gate shut; ``classes``: probabilities by name, where a classifier listens. ``held``:
    what somebody holds the gate, "open", "shut" or ""; ``bypassed``: what comes into it is heard.
    """

    seconds: float
    preset: str
    decides: str
    monitor: str
    threshold_db: float
    range_db: float
    input_db: float
    output_db: float
    open: bool
    gain_db: float
    attack_ms: float
    hold_ms: float
    release_ms: float
    key_low_hz: float
    key_high_hz: float
    load: float
    load_most: float
    p999_us: float
    buffer: int
    buffers: int
    late: int
    over: int
    model_errors: int
    latency_ms: float
    added_ms: float
    decision_delay_ms: float
    nonfinite: int
    tape_lost: int
    guard: str = "off"
    guard_shut: bool = False
    classes: dict[str, float] = field(default_factory=dict)
    held: str = ""
    bypassed: bool = False

    def to_dict(self) -> dict[str, Any]:
        """For JSON: what is not finite becomes None."""
        return {key: _finite(value) for key, value in asdict(self).items()}


class Look:
    """Takes one ``Status`` after another from a player; each covers the time since the one before."""

    def __init__(self) -> None:
        self._before = (0, 0)
        self._player: Player | None = None
        self._earlier = dict.fromkeys(COUNTED, 0.0)

    def __call__(self, player: Player, preset: str, stream_frames: int) -> Status:
        """The moment; ``stream_frames`` is how late the stream is without a gate."""
        if player is not self._player:
            self._earlier = _counts(self._player, self._earlier)
            self._player, self._before = player, (0, 0)
        live, engine = player.record[0], player.engine
        record, rate = player.engine_record[0], player.shape.rate
        busy, due = int(live["busy_ns"]), int(live["due_ns"])
        spent, lasted = busy - self._before[0], due - self._before[1]
        self._before = busy, due
        counts = _counts(player, self._earlier)
        last = 1e9 * int(live["newest_frames"]) / rate
        status = Status(
            seconds=counts["seconds"],
            preset=preset,
            decides=DECIDES[int(record["fallback"])],
            monitor=player.monitor,
            threshold_db=engine.threshold_db,
            range_db=engine.range_db,
            input_db=_decibels(float(record["input_peak"])),
            output_db=_decibels(float(record["output_peak"])),
            open=float(record["openness"]) > 0.5,
            gain_db=float(record["gain_db"]),
            **{
                name: float(record[name])
                for name in ("attack_ms", "hold_ms", "release_ms", "key_low_hz", "key_high_hz")
            },
            load=spent / lasted if lasted > 0 else 0.0,
            load_most=int(live["busy_max_ns"]) / last if last > 0 else 0.0,
            p999_us=percentiles_us(live["histogram_ran"], (0.999,))[0],
            buffer=int(live["newest_frames"]),
            buffers=int(counts["buffers"]),
            late=int(counts["late"]),
            over=int(counts["over"]),
            model_errors=int(counts["model_errors"]),
            nonfinite=int(counts["nonfinite"]),
            tape_lost=int(counts["tape_lost"]),
            latency_ms=1000.0 * (stream_frames + player.latency_samples) / rate,
            added_ms=1000.0 * player.latency_samples / rate,
            decision_delay_ms=engine.decision_delay_ms,
            guard=engine.guard,
            guard_shut=bool(record["guard_shut"]),
            classes=_classes(engine),
            held=engine.held,
            bypassed=player.gate.bypassed,
        )
        record["peaks_read"] += 1
        live["times_read"] += 1
        return status


def _classes(engine: Engine) -> dict[str, float]:
    """The newest probabilities of the classifier beside the gate."""
    if engine.classifier is None:
        return {}
    names = engine.classifier.contract.classes
    return dict(zip(names, engine.classifier.record["probabilities"][0].tolist(), strict=False))


def _finite(value: Any) -> Any:
    """A value for JSON, all through: None for what is not finite."""
    if isinstance(value, dict):
        return {key: _finite(item) for key, item in value.items()}
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _counts(player: Player | None, earlier: dict[str, float]) -> dict[str, float]:
    """What a player has counted, and what was counted before it."""
    if player is None:
        return earlier
    live, engine = player.record[0], player.engine_record[0]
    own = {
        "seconds": int(live["frames"]) / player.shape.rate,
        "model_errors": int(engine["model_errors"]),
        "nonfinite": int(engine["nonfinite_samples"]),
    }
    return {name: earlier[name] + (own[name] if name in own else int(live[name])) for name in COUNTED}


def line(status: Status) -> str:
    """A plain line: for a log, or a terminal that is none."""
    gate = "open" if status.open else "shut"
    times = f"attack {_number(status.attack_ms)} hold {_number(status.hold_ms)} release {_number(status.release_ms)} ms"
    return (
        f"{_clock(status.seconds)}  in {_level(status.input_db)}  {gate}  gain {_level(status.gain_db)} dB  {times}  "
        f"key {_key(status)}  load {100 * status.load:.1f} % (most {100 * status.load_most:.0f} %)  late {status.late}"
        + (f"  {guard(status)}" if status.classes else "")
    )


def guard(status: Status) -> str:
    """What the guard asks for and hears; "-" where the newest frame says nothing."""
    heard = "  ".join(
        f"{name} {value:.2f}" if math.isfinite(value) else f"{name} -"
        for name, value in status.classes.items()
    )
    return f"guard {status.guard}{' SHUT' if status.guard_shut else ''}: {heard}"


def delay(status: Status) -> str:
    """How late the sound is, and by whom."""
    return f"latency {status.latency_ms:.2f} ms, {status.added_ms:.2f} ms of it the gate's"


def screen(status: Status, width: int, callback: str) -> list[str]:
    """A few lines for a terminal of ``width`` letters, drawn over and over; ``callback`` says which one runs."""
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
    """A meter from -80 to 0 dB; a ``|`` stands at a mark."""

    def place(db: float) -> int:
        return round(min(max((db + 80.0) / 80.0, 0.0), 1.0) * width)

    filled = place(level_db)
    letters = ["#" if i < filled else "." for i in range(width)]
    if mark_db is not None:
        letters[min(place(mark_db), width - 1)] = "|"
    return "".join(letters)


def _decibels(peak: float) -> float:
    return 20.0 * math.log10(peak) if peak > 0.0 else SILENT_DB


def _level(db: float) -> str:
    return f"{db:6.1f}" if math.isfinite(db) else "  -inf"


def _number(value: float) -> str:
    return f"{value:3.0f}" if math.isfinite(value) else "  -"


def _key(status: Status) -> str:
    if not math.isfinite(status.key_low_hz + status.key_high_hz):
        return "-"
    return f"{status.key_low_hz:.0f} to {status.key_high_hz:.0f} Hz"


def _clock(seconds: float) -> str:
    whole = int(seconds)
    return f"{whole // 3600}:{whole // 60 % 60:02d}:{whole % 60:02d}"
