"""A model ready to run: its session, the tensors it reads and writes, its states, and their bindings."""

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gate.constants import MASK_BANDS
from gate.engine.ort import Device, Session
from gate.errors import ContractError, ModelRunError
from gate.modelfile.contract import Contract
from gate.realtime.record import CACHE_LINE, aligned

WARM_RUNS = 10
"""Trial runs of each live binding: the first ones cost four times what later ones do."""

TRIAL_LEVEL = 1e-3
"""Peak of the noise in every other trial run, full scale 1.0; the others get silence, where logs break."""

LINE = CACHE_LINE // 4
"""Floats in a cache line."""


class LoadedModel:
    """Session, values, bindings and the memory under them in one object, which frees them all at once.

    A *unit* is what decides on its own: all channels when they are linked, otherwise each channel. Units
    share the session and have tensors and states of their own. A state has two sides; binding 0 reads side 0
    and writes side 1, binding 1 the reverse, so nothing is copied between runs.

    Attributes:
        session: the opened session.
        fields: what the engine's record needs to know, by field; it points into memory that lives here.
        memory: the tensors' memory by name.
    """

    def __init__(
        self,
        contract: Contract,
        *,
        channels: int,
        units: int,
        batch: int,
        threshold_db: float | None,
        device: Device,
    ) -> None:
        """Open the model and try it out.

        Args:
            contract: the model file, of any kind that can be loaded.
            channels: of the sound.
            units: 1, or ``channels``.
            batch: blocks per run.
            threshold_db: dBFS, for the trial; None for a model that takes none.
            device: "cpu" or "cuda".

        Raises:
            ContractError: the model cannot run, or not with finite output for silence and faint noise.
            DeviceError, EngineError: the device, or ONNX Runtime, is not there.
        """
        self._shape = (channels, units, batch)
        self._head, self._block = _head(contract), contract.block
        samples, rows = batch * contract.block, len(contract.readouts)
        # linked channels are one tensor without gaps; unlinked ones are tensors that begin on a line each
        stride = samples if units == 1 else _padded(samples)
        self.memory: dict[str, NDArray[np.float32]] = {
            "blocks": aligned(channels * stride, np.float32),
            "thresholds": aligned(batch, np.float32),
            "key_bias": aligned(len(contract.key_bands_hz), np.float32),
            self._head.memory: aligned(
                units * _padded(self._head.floats(channels // units, batch)), np.float32
            ),
            "readouts": aligned(units * _padded(rows * batch), np.float32),
        }
        self.fields: dict[str, Any] = {f"{name}_at": array.ctypes.data for name, array in self.memory.items()}
        self.fields["blocks_stride"] = stride
        self.fields[f"{self._head.memory}_stride"] = _padded(self._head.floats(channels // units, batch))
        self.fields["readouts_stride"] = _padded(rows * batch)
        self._states: list[NDArray[np.float32]] = []
        self._bindings: list[tuple[int, int]] = []
        try:
            self.session = Session(contract.model, device)
        except ModelRunError as error:
            raise _cannot_run(error) from error
        try:
            for unit in range(units):
                self._bind(contract, unit)
            self._try_out(threshold_db)
        except ModelRunError as error:
            self.session.close()
            raise _cannot_run(error) from error
        except BaseException:
            self.session.close()
            raise
        self.fields["run"] = self.session.library.address["RunWithBinding"]
        self.fields["release"] = self.session.library.address["ReleaseStatus"]
        self.fields["session"] = self.session.handle
        self.fields["states_size"] = len(self._states[0])
        for name, values in (
            ("bindings", self._bindings),
            ("states_at", [s.ctypes.data for s in self._states]),
        ):
            self.fields[name] = np.array(values, np.int64)

    def clear(self) -> None:
        """Fill states and input with zeros, as after opening."""
        self.memory["blocks"][:] = 0.0
        for states in self._states:
            states[:] = 0.0

    def close(self) -> None:
        """Release everything; may be called twice. Nothing may be running."""
        self.session.close()

    def _bind(self, contract: Contract, unit: int) -> None:
        channels, units, batch = self._shape
        each, rows, session = channels // units, len(contract.readouts), self.session
        head = self._head
        fixed_in = {"blocks": session.tensor(self._piece("blocks", unit, (each, batch, self._block)))}
        if contract.kind == "gate":
            fixed_in["threshold_db"] = session.tensor(self.memory["thresholds"].reshape(1, batch))
        if contract.key_bands_hz:
            fixed_in["key_bias"] = session.tensor(self.memory["key_bias"][None])
        fixed_out = {
            head.output: session.tensor(self._piece(head.memory, unit, head.shape(each, batch))),
            "readouts": session.tensor(self._piece("readouts", unit, (rows, batch))),
        }
        shapes = {state.name: state.shape_for(each) for state in contract.states}
        size = sum(_padded(math.prod(shape)) for shape in shapes.values())
        states = aligned(2 * size, np.float32)
        self._states.append(states)
        begin, sides = 0, []
        for _ in range(2):
            side = {}
            for name, shape in shapes.items():
                side[name] = session.tensor(states[begin:][: math.prod(shape)].reshape(shape))
                begin += _padded(math.prod(shape))
            sides.append(side)
        first, second = (
            session.binding(
                fixed_in | {f"{name}_in": value for name, value in old.items()},
                fixed_out | {f"{name}_out": value for name, value in new.items()},
            )
            for old, new in (sides, sides[::-1])
        )
        self._bindings.append((first, second))

    def _piece(self, name: str, unit: int, shape: tuple[int, ...]) -> NDArray[np.float32]:
        """Return a unit's part of the memory of that name."""
        return self.memory[name][unit * self.fields[f"{name}_stride"] :][: math.prod(shape)].reshape(shape)

    def _try_out(self, threshold_db: float | None) -> None:
        """Run every binding on silence and on faint noise: what cannot run shows, what can is warm after."""
        _, units, batch = self._shape
        blocks, said = self.memory["blocks"], self.memory[self._head.memory]
        noise = np.random.default_rng(0).uniform(-TRIAL_LEVEL, TRIAL_LEVEL, len(blocks)).astype(np.float32)
        self.memory["thresholds"][:] = 0.0 if threshold_db is None else threshold_db
        for trial in range(WARM_RUNS if batch == 1 else 1):
            for side in (0, 1):
                blocks[:] = noise if (trial + side) % 2 else 0.0
                for unit in range(units):
                    self.session.run(self._bindings[unit][side])
                if not np.isfinite(said).all():
                    raise ContractError(
                        "run",
                        "expected finite output for silence and noise, got NaN or infinity; train it again",
                    )
        self.clear()


class _Head(NamedTuple):
    """The output of a kind of model: name, rows, name of its memory, and for sound samples a block."""

    output: str
    rows: int
    memory: str
    block: int = 0

    def shape(self, channels: int, batch: int) -> tuple[int, ...]:
        """Return the output's shape for one unit."""
        return (channels, batch, self.block) if self.block else (self.rows, batch)

    def floats(self, channels: int, batch: int) -> int:
        """Return the number of floats in the output for one unit."""
        return math.prod(self.shape(channels, batch))


def _head(contract: Contract) -> _Head:
    if contract.kind == "gate":
        return _Head("gate", 4, "gates")
    if contract.kind == "mask":
        return _Head("mask", MASK_BANDS, "says")
    if contract.kind == "audio":
        return _Head("audio", 0, "says", contract.block)
    return _Head("classes", len(contract.classes), "classes")


def _padded(floats: int) -> int:
    """Return a number of floats, rounded up to whole cache lines."""
    return -(-floats // LINE) * LINE


def _cannot_run(error: ModelRunError) -> ContractError:
    detail = f'expected a model that runs, got "{error}" from ONNX Runtime; export it again'
    return ContractError("run", detail)
