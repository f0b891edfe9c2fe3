"""The flat record that engine, panel, MIDI and stream share: every field with its one writer.

``FIELDS`` is the table; ``make`` allocates. One record is one element of a structured array; fields of different
writers lie on different cache lines. PortAudio hands the record's address to the compiled callback, so all
that ``process`` needs is in the record, memory by its address. While sound runs, only the named writer writes
a field:

* setup: ``Engine`` when it opens; never again;
* caller: the code that calls ``process``, before each call, on the same thread;
* user: panel, MIDI, command line, through ``Engine`` or directly; each value is one word, read once a call;
* engine: ``process``, on the audio thread.

A plugin of another kind has a record of its own, made of the same pieces (``gate.realtime.classify_record``).
"""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gate.constants import MAX_CHANNELS as _MAX_CHANNELS
from gate.parameters import GateKnobs, Parameter, knobs

Writer = Literal["setup", "user", "engine", "player", "callback", "caller"]


class Field(NamedTuple):
    """One line of the table; ``kind`` is "f8" or "i8", an address is an i8."""

    name: str
    kind: str
    shape: tuple[int, ...]
    writer: Writer
    meaning: str


EACH = (_MAX_CHANNELS,)
"""Shape of a field with one value a *unit*: linked channels are one unit together, unlinked ones are one each."""

SIDECHAIN_STATE = (
    Field(
        "queued", "i8", (), "engine", "samples at the model's rate waiting in the blocks tensor, each channel"
    ),
    Field("taken", "i8", (), "engine", "resampling: host frames taken into the history"),
    Field("history_first", "i8", (), "engine", "resampling: host frame that stands first in the history"),
    Field("base", "i8", (), "engine", "resampling: host frame at or before the next of the model's samples"),
    Field("phase", "i8", (), "engine", "resampling: how far after base it lies, in 1 / up"),
)
"""State of a side-chain (``gate.realtime.sidechain.listen``), in the record of every plugin that listens."""

SIDECHAIN = (
    Field("channels", "i8", (), "setup", "of the sound"),
    Field(
        "listened", "i8", (), "setup", "channels that the model listens to: the sound's, or an external key's"
    ),
    Field("batch", "i8", (), "setup", "blocks in one run of the model"),
    Field("block", "i8", (), "setup", "samples of a block, at the model's rate"),
    Field("up", "i8", (), "setup", "samples at the model's rate in a common period"),
    Field("down", "i8", (), "setup", "host frames in a common period"),
    Field("half", "i8", (), "setup", "host frames that the filter looks ahead; 0: no resampling"),
    Field("taps", "i8", (), "setup", "coefficients in a row of the kernel, zeros at its end included"),
    Field("history_size", "i8", (), "setup", "samples of history a channel"),
    Field(
        "blocks_at", "i8", (), "setup", "float32 [channel][batch * block], the model's input and the queue"
    ),
    Field("blocks_stride", "i8", (), "setup", "floats from channel to channel"),
    Field("history_at", "i8", (), "setup", "float32 [channel][history_size]"),
    Field("kernel_at", "i8", (), "setup", "float32 [up][taps]"),
)
"""Shape and memory of a side-chain."""

MODEL_STATE = (
    Field("side", "i8", (), "engine", "0 or 1: side of the model's state that holds the newest"),
    Field(
        "model_errors", "i8", (), "engine", "blocks (times units) whose run failed or gave what is not finite"
    ),
    Field(
        "first_status", "i8", (), "engine", "address of the first failed run's OrtStatus, kept for its text"
    ),
)
"""State of the model that a plugin runs (``gate.realtime.model_run``)."""


def model_fields(units: int) -> tuple[Field, ...]:
    """Return the fields that a plugin needs to run its model, for ``units`` units at most."""
    return (
        Field("run", "i8", (), "setup", "address of RunWithBinding"),
        Field("release", "i8", (), "setup", "address of ReleaseStatus"),
        Field("session", "i8", (), "setup", "the session"),
        Field(
            "bindings",
            "i8",
            (units, 2),
            "setup",
            "[unit, side]: reads that side of the state, writes the other",
        ),
        Field("states_at", "i8", (units,), "setup", "a unit's states, both sides in one piece"),
        Field("states_size", "i8", (), "setup", "floats in that piece"),
        Field("readouts_at", "i8", (), "setup", "float32 [unit][readout_rows][batch]"),
        Field("readouts_stride", "i8", (), "setup", "floats from unit to unit"),
        Field("readout_rows", "i8", (), "setup", "rows of the readouts"),
        Field("level_row", "i8", (), "setup", "row of the readouts, -1 for none"),
    )


def user_fields(
    rows: Iterable[Parameter], names: Mapping[str, str] = MappingProxyType({})
) -> tuple[Field, ...]:
    """Return a field of the record for each parameter that can be set while sound runs; the others are for setup.

    Args:
        rows: the parameters.
        names: of fields, by parameter id; others are called as the id, with underscores.
    """
    return tuple(
        Field(
            names.get(row.id, row.id.replace("-", "_")), "i8" if row.words else "f8", (), "user", row.sentence
        )
        for row in rows
        if row.live
    )


KNOB_FIELDS = {
    **{knob.parameter.id: name for name, knob in knobs(GateKnobs).items() if knob.parameter.live},
    "key-low": "key_from_hz",
    "key-high": "key_to_hz",
}
"""Fields of the engine's record, by parameter: called as the attribute is, but where that is what the model says."""

FIELDS = (
    # -- what the user sets
    *user_fields((knob.parameter for knob in knobs(GateKnobs).values()), KNOB_FIELDS),
    Field(
        "held", "i8", (), "user", "what somebody holds the gate: a number of ``gate.realtime.decision.HOLDS``"
    ),
    Field(
        "peaks_read", "i8", (), "user", "count up after reading the peaks: the next call starts them again"
    ),
    # -- what the caller of process gives with each call
    Field(
        "outside_at",
        "i8",
        (),
        "caller",
        "external key, [frame][listened] in the sound's own type, for this call; 0: the sound is the key",
    ),
    # -- what people look at
    Field("open_probability", "f8", (), "engine", "newest block, first unit: what the model says, 0 to 1"),
    Field("openness", "f8", (), "engine", "newest block, first unit: how far open, 0 to 1"),
    Field(
        "gain_db", "f8", (), "engine", "newest block, first unit: gain that the ramp goes to, dB, -inf for 0"
    ),
    Field("attack_ms", "f8", (), "engine", "newest block, first unit: as it acts, scaled"),
    Field("hold_ms", "f8", (), "engine", "newest block, first unit: as it acts, scaled"),
    Field("release_ms", "f8", (), "engine", "newest block, first unit: as it acts, scaled"),
    Field(
        "key_low_hz", "f8", (), "engine", "newest block, first unit; NaN when the model has no such readout"
    ),
    Field(
        "key_high_hz", "f8", (), "engine", "newest block, first unit; NaN when the model has no such readout"
    ),
    Field("level_db", "f8", (), "engine", "newest block, first unit; NaN when the model has no such readout"),
    Field("guard_shut", "i8", (), "engine", "newest block, first unit: 1 while the guard keeps it shut"),
    Field("input_peak", "f8", (), "engine", "largest finite input sample since peaks_read was counted up"),
    Field("output_peak", "f8", (), "engine", "largest output sample since peaks_read was counted up"),
    # -- counters, since the start or the last reset
    Field("position", "i8", (), "engine", "host frames processed"),
    Field("blocks", "i8", (), "engine", "blocks decided"),
    Field("nonfinite_samples", "i8", (), "engine", "input samples that were NaN or infinite, and became 0"),
    Field("model_failing", "i8", (), "engine", "how many runs in a row have failed"),
    Field(
        "fallback",
        "i8",
        (),
        "engine",
        "0: the model decides; 1: it failed, 2: it was late, and the classic gate does",
    ),
    Field(
        "code",
        "i8",
        (),
        "engine",
        "which sources the running code was compiled from (gate.realtime.fingerprint)",
    ),
    Field("curve_written", "i8", (), "engine", "rows ever written to the curve"),
    # -- state of the side-chain
    *SIDECHAIN_STATE,
    Field("noted", "i8", (), "engine", "blocks in the queue whose threshold and floor are noted"),
    # -- state of decisions and gain
    *MODEL_STATE,
    Field("threshold_used", "f8", (), "engine", "last finite threshold, dBFS"),
    Field("key_from_used", "f8", (), "engine", "band that ``key_bias`` was written for; NaN: none yet"),
    Field("key_to_used", "f8", (), "engine", "likewise"),
    Field("range_used", "f8", (), "engine", "last range that is a number, dB"),
    Field("peaks_seen", "i8", (), "engine", "peaks_read when the peaks were last started"),
    Field("decided", "f8", EACH, "engine", "1 while the gate is wanted open"),
    Field("hold_left_ms", "f8", EACH, "engine", "what is left of the hold"),
    Field("unit_openness", "f8", EACH, "engine", "0 to 1"),
    Field("ramp_from", "f8", EACH, "engine", "gain where the running ramp began"),
    Field("ramp_goal", "f8", EACH, "engine", "gain where it ends"),
    Field("ramp_begin", "i8", EACH, "engine", "host frame (output) that is its first"),
    Field("ramp_length", "f8", EACH, "engine", "its length in host frames"),
    Field(
        "guard_age", "f8", EACH, "engine", "blocks for which it was wanted open and the class was not heard"
    ),
    Field("guard_read", "i8", (), "engine", "frames of the classifier that the guard has taken"),
    Field("guard_speech", "f8", (), "engine", "smoothed probability of speech, 0 to 1"),
    Field("guard_music", "f8", (), "engine", "smoothed probability of music, 0 to 1"),
    Field("speech_heard", "i8", (), "engine", "1 while there is speech"),
    Field("music_sure", "i8", (), "engine", "1 while there is surely music"),
    Field("pending_head", "i8", (), "engine", "goals ever applied"),
    Field("pending_tail", "i8", (), "engine", "goals ever decided"),
    # -- shape of it all
    Field("rate", "i8", (), "setup", "of the sound, Hz"),
    Field("units", "i8", (), "setup", "1 when linked, else channels"),
    Field("delay", "i8", (), "setup", "host frames by which the sound is held back: lookahead and lead"),
    Field("lead", "i8", (), "setup", "host frames by which the gain is held back"),
    Field("block_samples", "f8", (), "setup", "length of a block in host frames"),
    Field("falls_back", "i8", (), "setup", "1: the classic gate takes over from a model that keeps failing"),
    Field("open_at", "f8", (), "setup", "probability above which a gate opens"),
    Field("close_at", "f8", (), "setup", "probability below which a gate lets go"),
    Field(
        "key_bands", "i8", (), "setup", "bands that the key may be held to; 0: this model's cannot be held"
    ),
    Field("key_edges_at", "i8", (), "setup", "float64 [band][2], Hz"),
    Field("key_bias_at", "i8", (), "setup", "float32 [band], the model's input: added to the key's logits"),
    Field("key_low_row", "i8", (), "setup", "row of the readouts, -1 for none"),
    Field("key_high_row", "i8", (), "setup", "row of the readouts, -1 for none"),
    # -- the side-chain
    *SIDECHAIN,
    # -- ONNX Runtime
    *model_fields(_MAX_CHANNELS),
    # -- the guard
    Field("classifier", "i8", (), "setup", "address of the classifier's record; 0: there is no guard"),
    Field("classify", "i8", (), "setup", "address of the compiled ``gate.realtime.classify``"),
    Field("speech_row", "i8", (), "setup", "row of that class, -1 for none"),
    Field("music_row", "i8", (), "setup", "row of that class, -1 for none"),
    Field(
        "heard_at", "i8", (), "setup", "int64 [2][batch]: may it open, and frames known, at each queued block"
    ),
    # -- memory
    Field("thresholds_at", "i8", (), "setup", "float32 [batch], the model's other input"),
    Field("gates_at", "i8", (), "setup", "float32 [unit][4][batch], what the model says"),
    Field("gates_stride", "i8", (), "setup", "floats from unit to unit"),
    Field("floors_at", "i8", (), "setup", "float64 [batch]: gain of the shut gate for each queued block"),
    Field("delay_at", "i8", (), "setup", "[delay][channel] in the sound's own type, a ring"),
    Field("pending_size", "i8", (), "setup", "slots in each of the next three rings"),
    Field("pending_begin_at", "i8", (), "setup", "int64 [slot]: output frame where a goal begins to act"),
    Field("pending_goal_at", "i8", (), "setup", "float64 [unit][slot]: gain to go to"),
    Field("pending_attack_at", "i8", (), "setup", "float64 [unit][slot]: attack in ms"),
    Field("curve_at", "i8", (), "setup", "float64 [row][curve_columns], a ring"),
    Field("curve_columns", "i8", (), "setup", "11, and with a guard the guard's own"),
    Field("curve_rows", "i8", (), "setup", "rows of that ring; 0: no curve is kept"),
)
"""The record, field by field."""

CACHE_LINE = 64
"""Bytes; memory for tensors and each writer's fields begin on such a line."""


def layout(fields: tuple[Field, ...]) -> np.dtype[Any]:
    """Return the type of a record with these fields; a new writer begins a new cache line."""
    offset, offsets, writer = 0, [], fields[0].writer
    for field in fields:
        if field.writer != writer:
            offset, writer = -(-offset // CACHE_LINE) * CACHE_LINE, field.writer
        offsets.append(offset)
        offset += np.dtype((field.kind, field.shape)).itemsize
    return np.dtype(
        {
            "names": [field.name for field in fields],
            "formats": [(field.kind, field.shape) if field.shape else field.kind for field in fields],
            "offsets": offsets,
            "itemsize": -(-offset // CACHE_LINE) * CACHE_LINE,
        }
    )


RECORD = layout(FIELDS)
"""The record's type."""


def aligned(size: int, dtype: Any) -> NDArray[Any]:
    """Return (size,) zeros of ``dtype`` that begin on a cache line."""
    dtype = np.dtype(dtype)
    raw = np.zeros(size * dtype.itemsize + CACHE_LINE, np.uint8)
    begin = -raw.ctypes.data % CACHE_LINE
    return raw[begin : begin + size * dtype.itemsize].view(dtype)


def make() -> NDArray[Any]:
    """Return a record full of zeros: a (1,) array of ``RECORD``."""
    return aligned(1, RECORD)
