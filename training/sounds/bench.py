"""Where scenes are drawn and made: a bench makes recipes into sound, and a studio is a bench with something to draw from."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

import numpy as np

from training.recordings.corpus import Corpus, Item
from training.sounds.changes import Sound, loud_db
from training.sounds.recipe import Recipe, Rng, Seed

T = TypeVar("T")
Out = TypeVar("Out", covariant=True)


class Makes(Protocol[Out]):
    """A recipe that something can be made from: a sound, a room's response, or several sounds."""

    def make(self, bench: "Bench") -> Out: ...


class Bench:
    """A corpus and a length of ``n`` samples; makes each recipe once and keeps what came out.

    So a recipe can be listened to while the rest is drawn, and nothing is made twice. Nobody may change what is kept.
    One per scene: it keeps everything.
    """

    def __init__(self, corpus: Corpus, n: int) -> None:
        self.corpus, self.n = corpus, n
        self._made: dict[int, tuple[Any, Any]] = {}

    def made(self, recipe: Makes[T]) -> T:
        """Return what a recipe gives, made or kept. The caller does not change it."""
        if id(recipe) not in self._made:
            self.keep(recipe, recipe.make(self))
        made: T = self._made[id(recipe)][1]
        return made

    def keep(self, recipe: Makes[T], made: T) -> None:
        """Keep what was made from a recipe elsewhere."""
        self._made[id(recipe)] = recipe, made  # the recipe itself too, so that no other gets its id

    def load(self, recording: str, start: int = 0, stop: int | None = None) -> Sound:
        """Load samples of a recording, by its name in the corpus; the caller's own."""
        return self.corpus.load(self.corpus.named(recording), start, stop)


@dataclass(frozen=True)
class Studio:
    """A bench, the generator that everything is drawn from, and the split that recordings are taken from."""

    bench: Bench
    rng: Rng
    split: str

    @property
    def corpus(self) -> Corpus:
        """Return the recordings of the bench."""
        return self.bench.corpus

    @property
    def n(self) -> int:
        """Return the length of what is drawn, in samples."""
        return self.bench.n

    def items(self, classes: str | Sequence[str]) -> tuple[Item, ...]:
        """Find recordings of these classes in the split."""
        return self.corpus.items(classes, self.split)

    def one_of(self, things: Sequence[T]) -> T:
        """Draw one of them, all alike."""
        return things[int(self.rng.integers(len(things)))]

    def by_weight(self, weights: dict[str, float]) -> str:
        """Draw a name; weights need not add up to 1."""
        shares = np.array(list(weights.values()))
        return list(weights)[int(self.rng.choice(len(shares), p=shares / shares.sum()))]

    def happens(self, chance: float) -> bool:
        """Draw whether something of this chance happens."""
        return bool(self.rng.random() < chance)

    def loud_db(self, recipe: Makes[Sound]) -> float:
        """Measure the loud level of what a recipe gives; nan if silent."""
        return loud_db(self.bench.made(recipe))

    def texture(self, kind: type["Texture"], *given: Any) -> Any:
        """Draw a ``Texture``: its recipe, with the generator gone past what its sound draws."""
        part = kind(Seed.here(self.rng), *given)
        self.bench.keep(part, part.sound(self.rng, self.n))
        return part


class Part(Recipe):
    """A recipe for one sound."""

    def make(self, bench: Bench) -> Sound:
        """Make the sound, (n,) float32; n is the bench's unless said otherwise."""
        raise NotImplementedError


@dataclass(frozen=True)
class Texture(Part):
    """A sound that is random through and through, as noise is: drawn while it is made, from a generator in one state."""

    seed: Seed

    def sound(self, rng: Rng, n: int) -> Sound:
        """Make the sound that a generator in that state gives."""
        raise NotImplementedError

    def make(self, bench: Bench) -> Sound:
        """Make the same sound from the state that is kept."""
        return self.sound(self.seed.generator(), bench.n)
