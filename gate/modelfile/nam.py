"""Model files of Neural Amp Modeler (`.nam`): read and checked. What lies in them is a network that is an amplifier.

A file is JSON: a version, an architecture, its configuration, and its weights in one list. An architecture
"SlimmableContainer" holds several whole models of one device, from the cheapest to the best. Files come from strangers, so
their sizes are bounded before anything is made of them, and every number has to be finite.

Source: the specification in the documents of neural-amp-modeler 0.13.0, and what that package writes.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from gate.constants import RATE, RATE_RANGE_HZ
from gate.errors import ContractError, PresetError
from gate.files.atomic import os_sentence

SUFFIX = ".nam"
"""Ending of such a file's name."""

ARCHITECTURES = ("LSTM", "WaveNet", "ConvNet", "Linear")
"""Architectures that are one network."""

CONTAINER = "SlimmableContainer"
"""Architecture of a file that holds several."""

OLDEST, NEWEST = (0, 5), (0, 7)
"""Versions (major, minor) that are read."""

MOST_BYTES = 1 << 25
"""Bytes of a file; the largest that the trainer makes has under 1 MB."""

MOST_WEIGHTS = 1 << 21
"""Weights of a network; the largest that the trainer makes has some 14,000."""

MOST_MODELS = 32
"""Models in a container."""

DEEPEST = 4
"""Models that may lie in one another."""


@dataclass(frozen=True)
class NamFile:
    """A model file that was read.

    Attributes:
        source: the file, as the reader knows it.
        version: of the format, as it is written.
        architecture: one of ``ARCHITECTURES``, or ``CONTAINER``.
        config: the architecture's own description; not checked yet.
        weights: (n,) float32, finite.
        rate: Hz at which the network works; 48000 where the file says nothing.
        metadata: what the file says of itself: name, gear_make, ...; anything.
        models: of a container, each with the size up to which it serves, in order; otherwise none.
    """

    source: str
    version: str
    architecture: str
    config: Mapping[str, Any]
    weights: NDArray[np.float32]
    rate: int
    metadata: Mapping[str, Any]
    models: tuple[tuple[float, "NamFile"], ...] = ()

    def chosen(self, size: float) -> "NamFile":
        """Return the one network of a size from 0, the cheapest, to 1, the best."""
        if not self.models:
            return self
        inner = next((model for most, model in self.models if size < most), self.models[-1][1])
        return inner.chosen(size)

    def level(self, key: str) -> float | None:
        """Return a number of the metadata ("loudness", "input_level_dbu", "output_level_dbu"), or None if there is none."""
        said = self.metadata.get(key)
        if isinstance(said, bool) or not isinstance(said, int | float) or not np.isfinite(said):
            return None
        return float(said)


def read(path: str | os.PathLike[str]) -> NamFile:
    """Read a model file.

    Raises:
        PresetError: there is no such file, or it may not be read.
        ContractError: it is no `.nam`, or one that this program does not know.
    """
    place = Path(path)
    try:
        if place.stat().st_size > MOST_BYTES:
            _refuse(str(place), "size", f"expected at most {MOST_BYTES} bytes, got {place.stat().st_size}")
        text = place.read_bytes()
    except OSError as error:
        raise PresetError(os_sentence(place, error, writing=False)) from None
    return parse(text, str(place))


def parse(text: bytes, source: str = "the model") -> NamFile:
    """Read a model file's bytes.

    Raises:
        ContractError: they are no `.nam`, or one that this program does not know.
    """
    try:
        data = json.loads(text, parse_constant=lambda word: _refuse(source, "numbers", f"got {word}"))
    except (ValueError, RecursionError):
        _refuse(source, "form", "expected JSON, got something else; give a .nam file")
    return _file(data, source, 1)


def _file(data: Any, source: str, depth: int) -> NamFile:
    if not isinstance(data, dict):
        _refuse(source, "form", f"expected a JSON object, got {type(data).__name__}; give a .nam file")
    if depth > DEEPEST:
        _refuse(source, "config", f"expected models at most {DEEPEST} deep, got more; export it again")
    version, architecture = data.get("version"), data.get("architecture")
    _check_version(version, source)
    config, metadata = data.get("config"), data.get("metadata")
    if not isinstance(config, dict):
        _refuse(source, "config", f"expected an object, got {type(config).__name__}; export it again")
    models: tuple[tuple[float, NamFile], ...] = ()
    if architecture == CONTAINER:
        models = _models(config, source, depth)
    elif architecture not in ARCHITECTURES:
        known = ", ".join((*ARCHITECTURES, CONTAINER))
        _refuse(source, "architecture", f"expected one of {known}, got {architecture!r}; export another")
    return NamFile(
        source,
        str(version),
        str(architecture),
        config,
        np.zeros(0, np.float32) if models else _weights(data.get("weights"), source),
        models[-1][1].rate if models and data.get("sample_rate") is None else _rate(data, source),
        metadata if isinstance(metadata, dict) else {},
        models,
    )


def nested(data: Any, source: str) -> NamFile:
    """Read a model that lies inside of another's configuration; it may not be a container.

    Raises:
        ContractError: it is none that this program knows.
    """
    return _file(data, source, DEEPEST)


def _models(config: Mapping[str, Any], source: str, depth: int) -> tuple[tuple[float, NamFile], ...]:
    listed = config.get("submodels")
    if not isinstance(listed, list) or not 1 <= len(listed) <= MOST_MODELS:
        _refuse(source, "submodels", f"expected a list of 1 to {MOST_MODELS} models; export it again")
    found: list[tuple[float, NamFile]] = []
    for entry in listed:
        most = entry.get("max_value") if isinstance(entry, dict) else None
        if isinstance(most, bool) or not isinstance(most, int | float) or (found and most <= found[-1][0]):
            _refuse(
                source, "submodels", f"expected rising numbers for max_value, got {most!r}; export it again"
            )
        found.append((float(most), _file(entry.get("model"), source, depth + 1)))
    if found[-1][0] < 1.0:
        _refuse(source, "submodels", f"expected a last max_value of 1, got {found[-1][0]:g}; export it again")
    if len({model.rate for _, model in found}) > 1:
        _refuse(source, "submodels", "expected one sample rate for all models, got several; export it again")
    return tuple(found)


def _check_version(version: Any, source: str) -> None:
    try:
        major, minor, _ = (int(part) for part in str(version).split("."))
    except ValueError:
        _refuse(source, "version", f"expected three numbers with points, got {version!r}; export it again")
    if not OLDEST <= (major, minor) <= NEWEST:
        known = f"{OLDEST[0]}.{OLDEST[1]} to {NEWEST[0]}.{NEWEST[1]}"
        _refuse(source, "version", f"expected {known}, got {version}; export it for one of these")


def _weights(said: Any, source: str) -> NDArray[np.float32]:
    if not isinstance(said, list) or not 1 <= len(said) <= MOST_WEIGHTS:
        got = f"{len(said)}" if isinstance(said, list) else type(said).__name__
        _refuse(
            source, "weights", f"expected a list of 1 to {MOST_WEIGHTS} numbers, got {got}; export it again"
        )
    try:
        made = np.array(said)
    except (ValueError, OverflowError):
        made = np.array(None)
    if made.ndim != 1 or made.dtype.kind not in "fiu":
        _refuse(source, "weights", "expected numbers, got something else among them; export it again")
    with np.errstate(over="ignore"):
        single = made.astype(np.float32)
    if not np.isfinite(single).all():
        _refuse(source, "weights", "expected finite numbers, got one that is not; teach it again")
    return single


def _rate(data: Mapping[str, Any], source: str) -> int:
    said = data.get("sample_rate")
    low, high = RATE_RANGE_HZ
    if said is None:
        return RATE
    if isinstance(said, bool) or not isinstance(said, int | float) or said != said or not low <= said <= high:
        _refuse(source, "sample_rate", f"expected {low} to {high} Hz, got {said!r}; export it again")
    if said != int(said):
        _refuse(source, "sample_rate", f"expected a whole number of Hz, got {said!r}; export it again")
    return int(said)


def _refuse(source: str, line: str, detail: str) -> NoReturn:
    raise ContractError(line, detail, source=source)
