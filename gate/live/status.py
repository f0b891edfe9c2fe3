"""The status of a live gate: what it does now, in figures."""

import math
from dataclasses import asdict, dataclass, field
from typing import Any

from gate.engine.engine import Engine
from gate.live.player import Player
from gate.realtime.gain import SILENT_DB
from gate.realtime.stream_record import percentiles_us

DECIDES = ("the model", "the classic gate: the model failed", "the classic gate: the model was too slow")
"""Who decides, by the engine record's ``fallback``."""


COUNTED = ("seconds", "buffers", "late", "over", "model_errors", "nonfinite", "tape_lost")
"""Counts that are summed over all players of a run: another device or rate means another player."""


@dataclass(frozen=True)
class Status:
    """Levels in dBFS (-inf is silence), gain in dB, times in ms, key in Hz; NaN where there is no value.

    ``load`` and ``load_most`` are shares of the buffers' time since the last look, on average and at most; ``p999_us`` is of
    all callbacks in which the model ran. ``late``: buffers that the sound system flagged. ``latency_ms``: from the
    input to the output of the sound system and back, the chain included (of files: the chain alone); ``added_ms``: the
    chain's part of that. ``decision_delay_ms``: how much later than its block a decision can be. ``guard``: what it asks
    for; ``guard_shut``: it keeps the gate shut; ``classes``: probabilities by name, where a classifier listens. ``held``:
    "open" or "shut" where somebody holds the gate so, else ""; ``bypassed``: the gate's input is heard.
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
        """Return the status for JSON: what is not finite becomes None."""
        return {key: _finite(value) for key, value in asdict(self).items()}


class Look:
    """A maker of one ``Status`` after another of a player; each covers the time since the one before."""

    def __init__(self) -> None:
        self._before = (0, 0)
        self._player: Player | None = None
        self._earlier = dict.fromkeys(COUNTED, 0.0)

    def __call__(self, player: Player, preset: str, stream_frames: int) -> Status:
        """Return the status now; ``stream_frames`` is the stream's latency without a gate."""
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
    """Return the newest probabilities of the classifier beside the gate."""
    if engine.classifier is None:
        return {}
    names = engine.classifier.contract.classes
    return dict(zip(names, engine.classifier.record["probabilities"][0].tolist(), strict=False))


def _finite(value: Any) -> Any:
    """Return a value for JSON, with None for every number in it that is not finite."""
    match value:
        case dict():
            return {key: _finite(item) for key, item in value.items()}
        case float():
            return value if math.isfinite(value) else None
        case _:
            return value


def _counts(player: Player | None, earlier: dict[str, float]) -> dict[str, float]:
    """Return what a player has counted, added to the counts before it."""
    if player is None:
        return earlier
    live, engine = player.record[0], player.engine_record[0]
    own = {
        "seconds": int(live["frames"]) / player.shape.rate,
        "model_errors": int(engine["model_errors"]),
        "nonfinite": int(engine["nonfinite_samples"]),
    }
    return {name: earlier[name] + (own[name] if name in own else int(live[name])) for name in COUNTED}


def _decibels(peak: float) -> float:
    return 20.0 * math.log10(peak) if peak > 0.0 else SILENT_DB
