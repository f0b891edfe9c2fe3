"""The flat record of a classifier: what ``gate.realtime.classify`` needs and says, each field with its one writer."""

from typing import Any

from numpy.typing import NDArray

from gate.constants import CLASSES
from gate.realtime.record import MODEL_STATE, SIDECHAIN, SIDECHAIN_STATE, Field, aligned, layout, model_fields

MOST_CLASSES = CLASSES[1]
"""Places for probabilities in the record."""

FRAME_COLUMNS = 2 + MOST_CLASSES
"""Columns of a frame: host frames that had to come in before it was known, level in dBFS, each class's probability."""

FIELDS = (
    # -- what people look at
    Field("probabilities", "f8", (MOST_CLASSES,), "engine", "newest frame, 0 to 1; NaN after a failed run"),
    Field("level_db", "f8", (), "engine", "newest frame; NaN when the model has no such readout"),
    # -- counters, since the start or the last reset
    Field("position", "i8", (), "engine", "host frames processed"),
    Field("frames", "i8", (), "engine", "frames classified"),
    Field(
        "code",
        "i8",
        (),
        "engine",
        "which sources the running code was compiled from (gate.realtime.classify)",
    ),
    # -- state
    *SIDECHAIN_STATE,
    *MODEL_STATE,
    # -- shape of it all
    Field("rate", "i8", (), "setup", "of the sound, Hz"),
    Field("classes", "i8", (), "setup", "how many there are"),
    *SIDECHAIN,
    *model_fields(1),
    Field("classes_at", "i8", (), "setup", "float32 [classes][batch], what the model says"),
    Field("frames_at", "i8", (), "setup", "float64 [row][FRAME_COLUMNS], a ring: the newest frames"),
    Field("frame_rows", "i8", (), "setup", "its length"),
)
"""The record, field by field."""

CLASSIFY_RECORD = layout(FIELDS)
"""The record's type."""


def make() -> NDArray[Any]:
    """Return a record full of zeros: a (1,) array of ``CLASSIFY_RECORD``."""
    return aligned(1, CLASSIFY_RECORD)
