"""The job of a render: values that a command hands to its workers."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from gate.engine.guard import Guard
from gate.modelfile.contract import Contract
from gate.parameters import GateValues

Device = Literal["cpu", "cuda", "auto"]


class Interrupted(BaseException):
    """A request to end; not an error, so nothing that handles errors may swallow it."""


@dataclass(frozen=True)
class Settings:
    """How to render, the same for every file of a batch.

    Attributes:
        contract: the model.
        preset: the model's name, for the report.
        values: values of the gate's knobs; without a threshold each file is measured.
        threshold_from: "given", "preset" or "auto", for the report.
        fallback_db: threshold of a silent file that is to be measured, dBFS.
        live_buffer: None, or the samples of a live stream's host buffer.
        device: "auto" takes CUDA where it is available.
        strict: refuse files with samples that are not finite.
        force: replace existing outputs.
        owner: number in temporary names: the process that sweeps up.
        guard: a classifier beside the gate, or None.
        key: a file that model and guard listen to in place of the sound, or None.
    """

    contract: Contract
    preset: str
    values: GateValues
    threshold_from: str
    fallback_db: float
    live_buffer: int | None = None
    device: Device = "cpu"
    strict: bool = False
    force: bool = False
    owner: int = 0
    guard: Guard | None = None
    key: Path | None = None


@dataclass(frozen=True)
class Job:
    """One file to render, and what to leave beside it."""

    source: Path
    target: Path
    plot: Path | None = None
    curve: Path | None = None
    report: Path | None = None

    @property
    def outputs(self) -> list[Path]:
        """Files that the job writes."""
        return [path for path in (self.target, self.plot, self.curve, self.report) if path is not None]
