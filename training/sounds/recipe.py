"""Recipes: what was drawn, as frozen values from which a sound is made, and which can be written down and read again.

A recipe holds numbers, words, tuples of them, and other recipes; nothing of it is a sound, an array or a generator. Where
noise is needed, it holds the state of the generator that the noise comes from (``Seed``).
"""

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

Rng = np.random.Generator

KIND = "is"
"""Key of a written recipe that names its class."""


class Recipe:
    """Base class of recipes, which are frozen dataclasses; a field that may be None must be None by default."""

    classes: ClassVar[dict[str, type["Recipe"]]] = {}
    """Every recipe's class by its name, for reading; they have to be imported before."""

    def __init_subclass__(cls) -> None:
        """Register a class.

        Raises:
            TypeError: there is another recipe of that name.
        """
        if cls.__name__ in Recipe.classes:
            raise TypeError(
                f"expected one recipe named {cls.__name__}, got two; a written recipe could be either"
            )
        Recipe.classes[cls.__name__] = cls

    def __post_init__(self) -> None:
        """Make each field plain, so that a recipe just drawn and one read from a file are the same."""
        for field in fields(self):  # type: ignore[arg-type]
            object.__setattr__(self, field.name, _plain(getattr(self, field.name)))


@dataclass(frozen=True)
class Seed(Recipe):
    """The state of a PCG64 generator, in hexadecimal: the same numbers come from it on every machine."""

    state: str

    @classmethod
    def here(cls, rng: Rng) -> Self:
        """Take down where a generator is now.

        Raises:
            ValueError: it is not a PCG64, which ``numpy.random.default_rng`` gives.
        """
        found = rng.bit_generator.state
        if found["bit_generator"] != "PCG64":
            raise ValueError(
                f"expected a PCG64 generator, got {found['bit_generator']}; use numpy.random.default_rng"
            )
        inner = found["state"]
        return cls(
            f"{inner['state']:032x}-{inner['inc']:032x}-{found['has_uint32']:x}-{found['uinteger']:08x}"
        )

    def generator(self) -> Rng:
        """Start a new generator in this state."""
        state, inc, has, kept = (int(part, 16) for part in self.state.split("-"))
        bits = np.random.PCG64()
        bits.state = {
            "bit_generator": "PCG64",
            "state": {"state": state, "inc": inc},
            "has_uint32": has,
            "uinteger": kept,
        }
        return np.random.Generator(bits)

    def noise(self, n: int) -> NDArray[np.float32]:
        """Make white noise (n,) float32 of variance 1."""
        return self.generator().standard_normal(n, dtype=np.float32)


def draw_noise(rng: Rng, n: int) -> Seed:
    """Draw (n,) of noise: the generator goes past it, and ``Seed.noise`` gives it again."""
    seed = Seed.here(rng)
    rng.standard_normal(n, dtype=np.float32)
    return seed


def log_uniform(rng: Rng, low: float, high: float) -> float:
    """Draw a number whose logarithm is uniform."""
    return float(np.exp(rng.uniform(np.log(low), np.log(high))))


def to_dict(recipe: Recipe) -> dict[str, Any]:
    """Write a recipe as a dict that JSON and TOML can hold; what is None is left out."""
    written: dict[str, Any] = {KIND: type(recipe).__name__}
    for field in fields(recipe):  # type: ignore[arg-type]
        value = getattr(recipe, field.name)
        if value is not None:
            written[field.name] = _written(value)
    return written


def from_dict(written: Mapping[str, Any]) -> Recipe:
    """Read what ``to_dict`` wrote.

    Raises:
        ValueError: a class or a field is unknown, or a field is missing.
    """
    kind = written.get(KIND)
    if kind not in Recipe.classes:
        raise ValueError(
            f"expected a recipe's {KIND!r} to be one of {', '.join(sorted(Recipe.classes))}, got {kind!r}; correct it, "
            "or use the version that wrote it"
        )
    cls = Recipe.classes[kind]
    known = {field.name: field for field in fields(cls)}  # type: ignore[arg-type]
    given = {name: _read(value) for name, value in written.items() if name != KIND}
    strange = sorted(given.keys() - known.keys())
    missing = sorted(name for name, field in known.items() if field.default is MISSING and name not in given)
    if strange or missing:
        raise ValueError(
            f"expected a {kind} of {', '.join(known)}, got one with {', '.join(strange) or 'nothing'} more and "
            f"{', '.join(missing) or 'nothing'} missing; correct it, or use the version that wrote it"
        )
    return cls(**given)


def _plain(value: Any) -> Any:
    """Convert numpy's numbers and arrays, and lists, to Python's numbers and tuples."""
    if isinstance(value, np.ndarray):
        return _plain(value.tolist())
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, (list, tuple)):
        return tuple(_plain(one) for one in value)
    return value


def _written(value: Any) -> Any:
    if isinstance(value, Recipe):
        return to_dict(value)
    return [_written(one) for one in value] if isinstance(value, tuple) else value


def _read(value: Any) -> Any:
    if isinstance(value, Mapping):
        return from_dict(value)
    return tuple(_read(one) for one in value) if isinstance(value, list) else value
