"""A peer: somebody else's gate or voice detector, from its own package, run as a gate under test."""

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
    """Name in tables."""
    package: str
    """The package's name for pip."""
    module: str
    """The module's name in Python."""
    delay: str
    """Frame, and when a decision is known, in words."""
    make: Callable[[], Gate]
    """Function that builds the gate; the one place that loads the package."""
    how_to_get: str = "pip install -c constraints.txt '.[learn,peers]'"
    libraries: tuple[str, ...] = ()
    """Shared libraries of the system that the package does not bring."""

    def installed(self) -> bool:
        """Tell whether the package and the libraries that the package needs are there. Imports nothing."""
        return importlib.util.find_spec(self.module) is not None and all(map(_loads, self.libraries))

    def load(self) -> Gate:
        """Load the peer as a gate: (scene, threshold_db) -> (open probability (T,) or None, gain (T,) linear).

        Raises:
            UsageError: the package is not installed, or does not load.
        """
        if not self.installed():
            raise UsageError(f"expected {self.package} to be installed, and it is not; {self.how_to_get}")
        try:
            return self.make()
        except (ImportError, OSError) as error:
            raise UsageError(
                f"expected {self.package} to load, got {error}; install it again: {self.how_to_get}"
            ) from error


def _loads(library: str) -> bool:
    """Tell whether the system's loader finds this library."""
    try:
        CDLL(library)
    except OSError:
        return False
    return True
