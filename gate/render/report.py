"""The figures of a render: for the printed summary and for ``--report``."""

import json
import math
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gate.parameters import GateKnobs, GateValues, knobs

OPEN_AT = 0.5
"""Openness above which a block counts as open: 6 dB under full gain."""


@dataclass
class Report(GateKnobs):
    """One rendered file. Names end in units; JSON has "-inf" for minus infinity, null for the unknown.

    Attributes:
        values: values of the gate's knobs, of which each is an attribute here and a figure in JSON.
        threshold_from: "given", "preset" or "auto"; ``threshold_reason`` says more.
        latency_samples: by which the engine delayed the sound for the lookahead; the output is shifted back
            by as much, so sound lies where it lay.
        decision_delay_ms: by which a decision comes after its block's end, live (side-chain resampler).
        loudest_db: highest level that the gate heard, of 5 ms, dBFS; nan where the model does not say.
        softest_db: lowest of them.
        open_blocks: blocks with openness over 0.5.
        open_share: blocks with openness over 0.5, of all blocks.
        openings: times that the gate went from shut to open, an open beginning included.
        mean_gain_db: mean of the gain (as a factor) over all blocks, in dB.
        guard_shut_share: blocks that the guard kept shut, of all blocks.
        silent: the gate heard nothing but digital silence.
        never_opened: no block was open, though there was sound.
        never_shut: all blocks were open, but for the moment at the beginning; never of files under a second.
        real_time_factor: length of the sound over the time that the render took.
    """

    input: str
    output: str
    format: str
    subtype: str
    output_format: str
    output_subtype: str
    rate_hz: int
    channels: int
    frames: int
    seconds: float
    preset: str
    model: str
    graph_sha256: str
    values: GateValues
    threshold_from: str
    threshold_reason: str
    noise_floor_db: float
    loud_level_db: float
    live_buffer: int | None
    device: str
    latency_samples: int
    decision_delay_samples: int
    decision_delay_ms: float
    blocks: int = 0
    loudest_db: float = math.nan
    softest_db: float = math.nan
    open_blocks: int = 0
    open_share: float = 0.0
    openings: int = 0
    mean_gain_db: float = 0.0
    nonfinite_samples: int = 0
    clipped_samples: int = 0
    wall_seconds: float = 0.0
    processor_seconds: float = 0.0
    real_time_factor: float = 0.0
    guard_model: str | None = None
    guard_graph_sha256: str | None = None
    guard_shut_share: float = 0.0
    key: str | None = None
    silent: bool = False
    never_opened: bool = False
    never_shut: bool = False
    cuda_parity: dict[str, float] | None = None
    warnings: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def value(self, id: str) -> float:
        """Return the value of a knob of the gate, by its parameter's id."""
        return self.values.value(id)

    def set(self, id: str, value: float) -> None:
        """Set the value of a knob of the gate."""
        self.values.set(id, value)

    def to_dict(self) -> dict[str, Any]:
        """Return the figures, fit for JSON, versions included."""
        figures: dict[str, Any] = {one.name: getattr(self, one.name) for one in fields(self)}
        del figures["values"]
        for name, knob in knobs(GateKnobs).items():
            switch = knob.parameter.taper == "switch"
            figures[name] = bool(getattr(self, name)) if switch else getattr(self, name)
        if self.guard == "off":
            figures["guard_grace_ms"] = None
        cleaned: dict[str, Any] = clean(figures | {"versions": versions()})
        return cleaned


class Tally:
    """A count of a curve's rows as they come.

    Args:
        openness: column of openness.
        gain_db: column of the gain.
        level_db: column of the level.
        guard_shut: column of the guard, None where there is none.

    Attributes:
        loudest_db: highest level so far, dBFS; nan where no row has one.
        softest_db: lowest level so far.
    """

    def __init__(self, openness: int, gain_db: int, level_db: int, guard_shut: int | None = None) -> None:
        self._columns = openness, gain_db
        self._level = level_db
        self.loudest_db = self.softest_db = math.nan
        self._guard = guard_shut
        self.guarded_blocks = 0
        self._open = False
        self.blocks = 0
        self.open_blocks = 0
        self.openings = 0
        self._gain = 0.0

    def add(self, rows: NDArray[np.float64]) -> None:
        """Take rows (n, columns) of a curve, which follow what came before."""
        if not len(rows):
            return
        is_open = rows[:, self._columns[0]] > OPEN_AT
        self.blocks += len(rows)
        self.open_blocks += int(np.count_nonzero(is_open))
        self.openings += int(np.count_nonzero(is_open[1:] & ~is_open[:-1])) + int(
            is_open[0] and not self._open
        )
        self._open = bool(is_open[-1])
        if self._guard is not None:
            self.guarded_blocks += int(np.count_nonzero(rows[:, self._guard]))
        levels = rows[:, self._level]
        self.loudest_db = float(np.fmax(self.loudest_db, np.fmax.reduce(levels)))
        self.softest_db = float(np.fmin(self.softest_db, np.fmin.reduce(levels)))
        self._gain += float(np.power(10.0, rows[:, self._columns[1]] / 20.0).sum())

    @property
    def open_share(self) -> float:
        """Share of blocks that were open."""
        return self.open_blocks / max(self.blocks, 1)

    @property
    def guard_shut_share(self) -> float:
        """Share of blocks that the guard kept shut."""
        return self.guarded_blocks / max(self.blocks, 1)

    @property
    def mean_gain_db(self) -> float:
        """Mean gain (as a factor), in dB; -inf where the gain was 0 throughout."""
        mean = self._gain / max(self.blocks, 1)
        return 20.0 * math.log10(mean) if mean > 0.0 else -math.inf


def clean(value: Any) -> Any:
    """Return a value that strict JSON takes: -inf becomes "-inf", nan becomes null, all through."""
    if isinstance(value, dict):
        return {key: clean(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [clean(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None if math.isnan(value) else str(value)
    return value


def to_json(value: dict[str, Any]) -> bytes:
    """Return the bytes of a JSON file for people: indented, other alphabets as they are."""
    text = json.dumps(clean(value), indent=2, ensure_ascii=False, allow_nan=False)
    # file names may hold bytes that are no text
    return (text + "\n").encode("utf-8", "backslashreplace")


def versions() -> dict[str, str]:
    """Return versions of this program and of what affects the result."""
    import platform
    from importlib.metadata import PackageNotFoundError, version

    import soundfile

    found = {"python": platform.python_version(), "libsndfile": str(soundfile.__libsndfile_version__)}
    for name in ("learned-gate", "numpy", "numba", "soundfile", "onnxruntime", "onnxruntime-gpu"):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue  # one of the two runtimes, or this program run from its sources
    return found
