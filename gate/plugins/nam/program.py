"""The program of a network: steps, weights and memory, put together layer by layer (``gate.realtime.plugins.network``)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, NoReturn

import numpy as np
from numpy.typing import NDArray

from gate.errors import ContractError
from gate.realtime.plugins import network as law
from gate.realtime.tile import LANES, ROWS

Floats = NDArray[np.float32]

MOST_NUMBERS = 1 << 24
"""Floats that a network may remember, work in, or multiply with: 64 MB each."""

WIDEST = 4096
"""Channels, cells and taps of a layer, at most."""

FARTHEST = 1 << 19
"""Frames that a network may look back, at most: 11 s at 48 kHz."""

LINE = 16
"""Floats of a cache line."""


class Rows(NamedTuple):
    """Rows of the scratch: the place of the first, and how many."""

    at: int
    height: int

    def part(self, first: int, height: int) -> "Rows":
        """Return some of the rows."""
        return Rows(self.at + first * law.PIECE, height)


@dataclass(frozen=True)
class Program:
    """A network, ready to be run.

    Attributes:
        steps: (steps, columns) int64.
        weights: float32, all that the steps refer to.
        scratch: floats that it works in.
        state: float32, the memory before the first frame.
        input_row: place of the input in the scratch.
        output_row: place of the output.
        settling: frames of silence that bring it to rest.
    """

    steps: NDArray[np.int64]
    weights: Floats
    scratch: int
    state: Floats
    input_row: int
    output_row: int
    settling: int


class Weights:
    """The list of a file's weights, taken from the front.

    Args:
        values: all of them.
        source: the file, for errors.
    """

    def __init__(self, values: Floats, source: str) -> None:
        self._values, self._source, self._taken = values, source, 0

    def take(self, *shape: int) -> Floats:
        """Return the next weights, in a shape.

        Raises:
            ContractError: there are not so many left.
        """
        count = int(np.prod([float(length) for length in shape]))
        if count > len(self._values) - self._taken:
            refuse(
                self._source,
                "weights",
                f"expected more than {len(self._values)}, as config says; export again",
            )
        self._taken += count
        return self._values[self._taken - count : self._taken].reshape(shape)

    def conv(
        self, out: int, inputs: int, taps: int = 1, *, bias: bool, groups: int = 1
    ) -> tuple[Floats, Floats]:
        """Return a convolution's weights (out, inputs, taps), zeros between groups, and its biases (out,).

        Raises:
            ContractError: there are not so many, or the groups do not divide the channels.
        """
        if out % groups or inputs % groups:
            refuse(
                self._source,
                "groups",
                f"expected a divisor of {out} and {inputs}, got {groups}; export again",
            )
        part = self.take(out, inputs // groups, taps)
        whole = part
        if groups > 1:
            bound(out * inputs * taps, self._source)
            whole = np.zeros((out, inputs, taps), np.float32)
            high, wide = out // groups, inputs // groups
            for g in range(groups):
                whole[g * high : (g + 1) * high, g * wide : (g + 1) * wide] = part[g * high : (g + 1) * high]
        return whole, self.take(out) if bias else np.zeros(out, np.float32)

    def end(self) -> None:
        """Check that nothing is left.

        Raises:
            ContractError: there are more weights than the configuration has places for.
        """
        if self._taken != len(self._values):
            refuse(
                self._source,
                "weights",
                f"expected {self._taken}, as config says, got {len(self._values)}; export it again",
            )


class Builder:
    """A program in the making.

    Args:
        source: the file, for errors.
    """

    def __init__(self, source: str) -> None:
        self.source = source
        self.settling = 0
        self._steps: list[list[int]] = []
        self._weights: list[Floats] = []
        self._weight_count = self._scratch = 0
        self._state: list[tuple[int, Floats]] = []
        self._state_count = 0

    def rows(self, height: int) -> Rows:
        """Return fresh rows of the scratch."""
        made = Rows(self._scratch, height)
        self._scratch += -(-height // ROWS) * ROWS * law.PIECE
        bound(self._scratch, self.source)
        return made

    def remember(self, count: int, start: Floats | None = None) -> int:
        """Return the place of fresh numbers in the state, zeros or as given."""
        place = self._state_count
        self._state_count += -(-count // LINE) * LINE
        bound(self._state_count, self.source)
        if start is not None:
            self._state.append((place, start))
        return place

    def keep(self, values: Floats) -> int:
        """Return the place of weights.

        Raises:
            ContractError: they are not finite, or too many.
        """
        if not np.isfinite(values).all():
            refuse(self.source, "weights", "expected finite numbers, got one that is not; teach it again")
        place = self._weight_count
        self._weights.append(values)
        self._weight_count += len(values)
        bound(self._weight_count, self.source)
        return place

    def step(self, kind: int, **columns: int) -> None:
        """Append a step; columns that are not given are 0."""
        line = [0] * law.COLUMNS
        line[law.KIND] = kind
        for name, value in columns.items():
            line[getattr(law, name.upper())] = value
        self._steps.append(line)

    def on(self, kind: int, out: Rows, other: Rows | None = None, **columns: int) -> None:
        """Append a step that works on each of the rows by itself."""
        place = other.at if other is not None else out.at
        self.step(kind, out=out.at, height=out.height, **{"in": place}, **({"weights": out.at} | columns))

    def conv(
        self, out: Rows, x: Rows, weights: tuple[Floats, Floats], *, dilation: int = 1, add: bool = False
    ) -> None:
        """Convolve rows into others; what the convolution has to remember is made here.

        Args:
            out: rows to begin, or to add to.
            x: rows of input.
            weights: (out, inputs, taps) and biases (out,).
            dilation: frames between two taps.
            add: whether to add to what is there.

        Raises:
            ContractError: it would look back too far, or need too much memory.
        """
        kernel, bias = weights
        taps = kernel.shape[2]
        where: dict[str, int] = {"in": x.at}
        if taps > 1:
            back = (taps - 1) * dilation
            if back > FARTHEST:
                refuse(
                    self.source,
                    "dilations",
                    f"expected at most {FARTHEST} frames back, got {back}; export another",
                )
            ring = back + law.PIECE
            where = {"in": self.remember(x.height * (ring + LANES)), "ring": ring}
            self.step(law.PUSH, out=where["in"], height=x.height, ring=ring, **{"in": x.at})
        place = self.keep(_packed(kernel, bias))
        self.step(
            law.MIX,
            out=out.at,
            height=out.height,
            inputs=x.height,
            weights=place,
            step=dilation,
            taps=taps,
            how=int(not add),
            **where,
        )

    def program(self, x: Rows, y: Rows) -> Program:
        """Return the program, with its input and its output."""
        if self.settling > FARTHEST:
            refuse(
                self.source,
                "dilations",
                f"expected at most {FARTHEST} frames back, got {self.settling}; export another",
            )
        state = np.zeros(self._state_count, np.float32)
        for place, start in self._state:
            state[place : place + len(start)] = start
        weights = np.concatenate([*self._weights, np.zeros(LINE, np.float32)])
        steps = np.array(self._steps, np.int64).reshape(-1, law.COLUMNS)
        return Program(steps, weights, self._scratch, state, x.at, y.at, self.settling)


def _packed(kernel: Floats, bias: Floats) -> Floats:
    """Return weights in the order in which ``gate.realtime.tile.tile`` reads them."""
    out, inputs, taps = kernel.shape
    groups = -(-out // ROWS)
    padded = np.zeros((groups * ROWS, 1 + taps * inputs), np.float32)
    padded[:out, 0] = bias
    padded[:out, 1:] = kernel.transpose(0, 2, 1).reshape(out, -1)
    return np.ascontiguousarray(padded.reshape(groups, ROWS, -1).transpose(0, 2, 1)).ravel()


def whole(config: Mapping[str, Any], key: str, source: str, default: int | None = None) -> int:
    """Return a whole number of a configuration, from 1 to ``WIDEST``.

    Raises:
        ContractError: there is none, or none in that range.
    """
    return whole_number(config.get(key, default), key, source)


def whole_number(said: Any, key: str, source: str, most: int = WIDEST) -> int:
    """Return a whole number from 1.

    Raises:
        ContractError: it is none, or none in that range.
    """
    if isinstance(said, bool) or not isinstance(said, int) or not 1 <= said <= most:
        refuse(source, key, f"expected a whole number from 1 to {most}, got {said!r}; export it again")
    return said


def bound(count: int, source: str) -> None:
    """Check that a network's numbers are not too many.

    Raises:
        ContractError: they are.
    """
    if count > MOST_NUMBERS:
        refuse(
            source, "size", f"expected a network of at most {MOST_NUMBERS} numbers, got more; export another"
        )


def refuse(source: str, line: str, detail: str) -> NoReturn:
    """Raise the error for a file whose configuration cannot be played."""
    raise ContractError(line, detail, source=source)
