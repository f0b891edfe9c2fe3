"""The guard: a classifier listens beside the gate, and an opening whose class is not heard in time is shut again.

It never delays an opening. The law, one step a block (docs/guard.md has the reasons):

* The newest probabilities that were known when a block was complete count for it, smoothed by one pole
  (``SMOOTH_MS``). *Speech is heard* from when its smoothed probability reaches ``SPEECH_AT`` until it falls under
  ``SPEECH_LOST_AT``; *music is sure* from ``MUSIC_AT`` until under ``MUSIC_LOST_AT``.
* The gate is *confirmed* while speech is heard (guard "speech"), or while music is not sure ("not-music").
* A clock runs while the gate by itself would be open, hold included, and is not confirmed. It is 0 while the
  gate would be shut, or is confirmed. So it starts at each opening, and again when a confirmed class is lost.
* When the clock is past the grace time, the goal of openness is 0: the gate shuts with its release, and stays shut
  until it is confirmed, or would have shut and opened again by itself.

A classifier that fails (NaN) or is no longer asked confirms everything: no guard is better than a wrong one.
"""

import os
from dataclasses import dataclass

from gate.errors import ContractError, PresetError
from gate.modelfile.contract import Contract
from gate.modelfile.preset import resolve
from gate.parameters import BY_ID, default

PRESET = "speech-music-noise"
"""Preset that guards unless another is given."""

MODES = BY_ID["guard"].choices
"""Modes of the guard, by their numbers in the record's ``guard``."""


@dataclass(frozen=True)
class Guard:
    """Settings of a guard.

    Attributes:
        contract: a classifier.
        mode: one of ``MODES``.
        grace_ms: how long the gate may be open before its class is heard.
    """

    contract: Contract
    mode: str
    grace_ms: float

    def __post_init__(self) -> None:
        """Check that the classifier knows the class that is asked for.

        Raises:
            ContractError: the classifier does not know the class, or the model is no classifier.
            ValueError: mode or grace time are out of range.
        """
        self.contract.expect("classify")
        BY_ID["guard"].check(self.number)
        BY_ID["guard-grace"].check(self.grace_ms)
        check_class(self.contract, self.mode)

    @property
    def number(self) -> int:
        """Number of the mode, as the record has it."""
        return BY_ID["guard"].choices.index(self.mode) if self.mode in MODES else -1


def choose(mode: str, grace_ms: float | None = None, model: str | None = None) -> Guard | None:
    """Return the guard that somebody asked for; None for "off", and nothing is looked up.

    Args:
        mode: one of ``MODES``.
        grace_ms: None takes the default.
        model: a preset's name, folder or file; None takes ``PRESET``.

    Raises:
        PresetError, ContractError: there is no such classifier, or it does not know the class.
    """
    if mode == "off":
        return None
    return Guard(find(model, mode), mode, default("guard-grace") if grace_ms is None else grace_ms)


def find(model: str | os.PathLike[str] | None, mode: str) -> Contract:
    """Return the classifier for a guard of that mode: a preset's name, folder or file; None takes ``PRESET``.

    Raises:
        PresetError, ContractError: there is no such classifier.
    """
    try:
        return resolve(model or PRESET, "classify").contract
    except PresetError as error:
        if model is not None:
            raise
        raise PresetError(
            f"--guard {mode} needs the preset {PRESET}, which is not installed; "
            "give a classifier with --guard-model, or leave --guard out"
        ) from error


def check_class(contract: Contract, mode: str) -> None:
    """Refuse a classifier without the class that a mode asks for.

    Raises:
        ContractError: line "classes".
    """
    needed = {"speech": "speech", "not-music": "music"}.get(mode)
    if needed is not None and needed not in contract.classes:
        got = ", ".join(contract.classes)
        detail = f"expected a class named {needed} for --guard {mode}, got {got}; give another --guard-model"
        raise ContractError("classes", detail, source=contract.name)
