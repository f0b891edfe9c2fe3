"""Gates under test: what they decide of a scene, and what the scene sounds like after them."""

from collections.abc import Callable
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Decided = tuple[NDArray[np.floating] | None, NDArray[np.floating]]
"""Open probability (T,), or None for a gate that has none, and gain (T,) linear."""

Heard = tuple[NDArray[np.floating] | None, NDArray[np.floating], NDArray[np.floating] | None]
"""A decision, and the sound (T * 100,) that came out; None for a gate of which only the gains are known."""


class Scene(Protocol):
    """The part of ``training.scenes.compose.Scene`` that a gate under test may look at."""

    @property
    def mixture(self) -> NDArray[np.float32]: ...
    @property
    def target(self) -> NDArray[np.float32]: ...


Decision = Callable[[Scene, float], Decided]
"""What every gate can do: from a scene and a threshold in dBFS to ``Decided``."""


class Gate:
    """A gate under test. It is handed the whole scene, and honest ones look only at its mixture.

    ``has_sound``: it makes its sound itself, so its gains are measured on that, and it stays at its own range.
    """

    has_sound = False

    def __call__(self, scene: Any, threshold_db: float) -> Decided:
        """Decide for a scene."""
        raise NotImplementedError

    def hear(self, scene: Any, threshold_db: float) -> Heard:
        """Decide for a scene, and give the sound that came out."""
        return (*self(scene, threshold_db), None)


class Decides(Gate):
    """A gate that is no more than a decision."""

    def __init__(self, decision: Decision) -> None:
        self._decision = decision

    def __call__(self, scene: Any, threshold_db: float) -> Decided:
        """Decide for a scene, as the decision does."""
        return self._decision(scene, threshold_db)


class SoundGate(Gate):
    """A gate that makes its sound itself; it has a ``hear`` of its own."""

    has_sound = True

    def __call__(self, scene: Any, threshold_db: float) -> Decided:
        """Decide for a scene; raises as ``hear`` does."""
        return self.hear(scene, threshold_db)[:2]
