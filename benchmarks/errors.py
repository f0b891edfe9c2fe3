"""Every error that the benchmarks raise on purpose.

    GateError
     +-- BenchError             a benchmark could not be run to its end
          +-- NothingHeard      the loopback is not closed: no sound came back
          +-- NotThatSound      something came back, and it is not what was played

As in ``gate.errors``, each text is one sentence: what was expected, what was got, what to do.
"""

from gate.errors import GateError


class BenchError(GateError):
    """A benchmark could not be run to its end."""


class NothingHeard(BenchError):
    """No sound came back."""


class NotThatSound(BenchError):
    """What came back is not what was played."""
