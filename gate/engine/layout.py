"""Memory that an engine needs before sound, and what its record says of shape and places."""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gate.constants import BLOCK_S, FRAME_S
from gate.engine.classifier import Classifier
from gate.engine.settings import EngineSettings
from gate.modelfile.contract import Contract
from gate.realtime.clock import FEED, Clock
from gate.realtime.record import aligned

SPARE_FRAMES = 8
"""Frames of a classifier beyond those that can be waiting: a frame at each end, and some."""


def listener(settings: EngineSettings) -> tuple[Classifier | None, dict[str, Any]]:
    """Return a guard's classifier, with room for all frames between two decisions, and fields of the record; or (None, {}).

    Raises:
        ContractError, EngineError: the classifier cannot run.
    """
    if settings.guard is None:
        return None, {}
    contract = settings.guard.contract
    seconds = settings.batch * BLOCK_S + FEED / settings.rate
    classifier = Classifier(
        contract,
        rate=settings.rate,
        channels=settings.listened,
        frames_kept=math.ceil(seconds / FRAME_S) + SPARE_FRAMES,
        dtype=settings.dtype,
    )
    rows = {name: row for row, name in enumerate(contract.classes)}
    return classifier, {
        "classifier": classifier.address,
        "classify": classifier.function,
        **{f"{name}_row": rows.get(name, -1) for name in ("speech", "music")},
    }


def memory(
    settings: EngineSettings, clock: Clock, *, delay: int, units: int, columns: int, bands: int
) -> dict[str, NDArray[Any]]:
    """Return all memory of an engine that is not its model's, by the name of the record's field less its "_at".

    Args:
        settings: the sound and how the engine runs.
        clock: how host samples and blocks lie against each other.
        delay: frames by which the sound is delayed.
        units: 1, or a decision for each channel.
        columns: of the curve.
        bands: bands to which the key may be held.
    """
    batch, pending = settings.batch, _pending(settings.batch)
    sizes: dict[str, tuple[int, Any]] = {
        "floors": (batch, np.float64),
        "history": (settings.listened * clock.history_samples, np.float32),
        "kernel": (clock.kernel.size, np.float32),
        "delay": (delay * settings.channels, settings.dtype),
        "pending_begin": (pending, np.int64),
        "pending_goal": (units * pending, np.float64),
        "pending_attack": (units * pending, np.float64),
        "heard": (2 * batch, np.int64),
        "key_edges": (2 * bands, np.float64),
        "curve": (settings.curve_rows * columns, np.float64),
    }
    made = {name: aligned(size, dtype) for name, (size, dtype) in sizes.items()}
    made["kernel"][:] = clock.kernel.ravel()
    return made


def fields(
    contract: Contract,
    settings: EngineSettings,
    clock: Clock,
    *,
    delay: int,
    lead: int,
    units: int,
    columns: int,
) -> dict[str, Any]:
    """Return what the record says of the engine's shape, by field.

    Args:
        contract: the model.
        settings: the sound and how the engine runs.
        clock: how host samples and blocks lie against each other.
        delay: frames by which the sound is delayed.
        lead: frames by which the gain is delayed.
        units: 1, or a decision for each channel.
        columns: of the curve.
    """
    rows = {readout.name: row for row, readout in enumerate(contract.readouts)}
    return {
        "rate": clock.rate,
        "channels": settings.channels,
        "listened": settings.listened,
        "units": units,
        "batch": settings.batch,
        "delay": delay,
        "lead": lead,
        "block_samples": clock.block_samples,
        "open_at": contract.open_at,
        "close_at": contract.close_at,
        "key_bands": len(contract.key_bands_hz),
        "key_from_used": math.nan,
        "key_to_used": math.nan,
        "key_low_row": rows.get("key_low_hz", -1),
        "key_high_row": rows.get("key_high_hz", -1),
        "level_row": rows.get("level_db", -1),
        "readout_rows": len(contract.readouts),
        "pending_size": _pending(settings.batch),
        "curve_rows": settings.curve_rows,
        "curve_columns": columns,
        "falls_back": settings.falls_back,
        **clock.fields(),
    }


def _pending(batch: int) -> int:
    """Return the places for waiting goals: a run decides a batch before the sound reaches those of the run before."""
    return 2 * batch + 8
