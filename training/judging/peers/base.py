"""What a peer is: somebody else's gate or voice detector, from its own package, run as a gate under test."""

import importlib.util
from collections.abc import Callable
from ctypes import CDLL
from dataclasses import dataclass

from gate.errors import UsageError
from training.judging.gates import Gate


@dataclass(frozen=True)
class Peer:
    """A foreign gate, loaded only when it is asked for."""

    name: str
    """As in tables."""
    package: str
    """What pip calls it."""
    module: str
    """What Python calls it."""
    delay: str
    """Frame, and when a decision is known, in words."""
    make: Callable[[], Gate]
    """Builds the gate; the one place that loads the package."""
    how_to_get: str = "pip install -c constraints.txt '.[learn,peers]'"
    libraries: tuple[str, ...] = ()
    """Shared libraries of the system that its package does not bring."""

    def installed(self) -> bool:
        """Are the package and the libraries that it needs there? Imports nothing."""
        return importlib.util.find_spec(self.module) is not None and all(map(_loads, self.libraries))

    def load(self) -> Gate:
        """The peer as a gate: (scene, threshold_db) -> (open probability (T,) or None, gain (T,) linear).

        Raises:
            UsageError: it is not installed, or does not load.
        """
        if not self.installed():
            raise UsageError(f"expected {self.package} to be installed, and it is not; {self.how_to_get}")
        try:
            return self.make()
        except (ImportError, OSError) as error:
            raise UsageError(
                f"expected {self.package} to load, got {error}; install it anew: {self.how_to_get}"
            ) from error


def _loads(library: str) -> bool:
    """Does the system's loader find this library?"""
    try:
        CDLL(library)
    except OSError:
        return False
    return True
