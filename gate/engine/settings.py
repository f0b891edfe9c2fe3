"""The settings of an engine: the sound that it gates, and how it runs."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from gate.constants import MAX_CHANNELS
from gate.engine.guard import Guard
from gate.engine.ort import Device
from gate.errors import ContractError
from gate.modelfile.contract import Contract
from gate.parameters import BY_ID, GateKnobs, default, knobs, numbers

GATE_IDS = tuple(knob.parameter.id for knob in knobs(GateKnobs).values())


@dataclass(frozen=True)
class EngineSettings:
    """The sound that an engine gates, and how it runs; ``Engine`` takes the values of the gate's knobs as keywords.

    Attributes:
        rate: of the sound, Hz, 8000 to 192000.
        channels: 1 to 32.
        key_channels: of an external key, 1 to 32, which each call of ``process`` is given: model and guard listen to it in
            place of the sound. 0: the sound is the key.
        dtype: float32 or float64, of both input and output.
        batch: blocks per model run: 1 is live, more is offline.
        curve_rows: blocks that ``take_curve`` can hold between two calls of it; give at least the blocks of one ``process``
            call plus ``batch``. Older rows are lost, and counted in ``curve_lost``.
        device: "cpu" or "cuda" (offline only).
        holds_back: delay sound and gain so far that every decision acts from its own block; ``batch`` over 1 does
            so anyway.
        falls_back: let the classic gate (``gate.realtime.fallback``) decide when the model keeps failing; for live sound.
        guard: a classifier beside the gate, and what it shuts for (``gate.engine.guard``); None costs nothing.
    """

    rate: int
    channels: int
    key_channels: int = 0
    dtype: Any = np.float32
    batch: int = 1
    curve_rows: int = 0
    device: Device = "cpu"
    holds_back: bool = False
    falls_back: bool = False
    guard: Guard | None = None

    def __post_init__(self) -> None:
        """Check all of the settings but the rate, which ``gate.realtime.clock`` checks.

        Raises:
            ValueError, TypeError: a value is out of its range.
        """
        if not 1 <= self.channels <= MAX_CHANNELS:
            raise ValueError(
                f"{self.channels} channels: expected 1 to {MAX_CHANNELS}; split the sound and render it in parts"
            )
        if self.batch < 1 or (self.device != "cpu" and self.batch == 1):
            raise ValueError(
                f"batch {self.batch} on {self.device}: expected 1 or more, over 1 on cuda; give batch=256"
            )
        if not 0 <= self.key_channels <= MAX_CHANNELS:
            raise ValueError(
                f"a key of {self.key_channels} channels: expected 1 to {MAX_CHANNELS}; choose some of them"
            )
        if np.dtype(self.dtype) not in (np.float32, np.float64):
            raise TypeError(f"sound of {np.dtype(self.dtype)}: expected float32 or float64; convert it first")

    @property
    def listened(self) -> int:
        """Channels that model and guard listen to: the sound's, or an external key's."""
        return self.key_channels or self.channels


def knob_numbers(contract: Contract, values: Mapping[str, Any]) -> dict[str, float]:
    """Return the values of all knobs of a gate, by parameter id, not checked: as given, or the model's, or the table's.

    Args:
        contract: the model.
        values: those that were given, by attribute.

    Raises:
        TypeError: a gate has no such knob.
        ValueError: a choice has no such word.
    """
    models = {"threshold": contract.default_threshold_db, "range": contract.default_range_db}
    given = models | numbers(GateKnobs, values)
    return {id: given[id] if id in given else default(id) for id in GATE_IDS}


def check_key(contract: Contract, id: str, value: float) -> None:
    """Refuse a parameter's value that would hold the key of a model without bands.

    Raises:
        ContractError: line "key_bands_hz".
    """
    if id in ("key-low", "key-high") and value != BY_ID[id].default and not contract.key_bands_hz:
        detail = (
            f"expected the bands of a key that {id} can hold, got a file from before there were any; "
            f"bring its folder up to date with python -m export.renew, or leave {id} at {BY_ID[id].text(default(id))}"
        )
        raise ContractError("key_bands_hz", detail, source=contract.name)
