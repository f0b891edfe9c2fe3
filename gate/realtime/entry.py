"""Compiled functions that others call by their addresses: hosts of plugins, PortAudio, JACK.

Each is an ``Entry`` of its module, compiled or loaded from disk at the first use. The fingerprint of its sources is
part of the key that it is stored under (``gate.realtime.fingerprint``), and the function writes it to ``code`` of its
record.
"""

import contextlib
import ctypes
import sys
from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Any, ClassVar, NamedTuple

import numpy as np
from numba import cfunc, from_dtype

from gate.realtime.fingerprint import SOURCES
from gate.realtime.native import COMPILE, types


class Compiled(NamedTuple):
    """A compiled C function: ``address`` for compiled code, ``call`` for Python, which lets the lock go meanwhile."""

    address: int
    call: Callable[..., Any]
    from_disk: bool
    """Whether the code was compiled in an earlier process."""
    function: Any
    """Numba's own object, which keeps the code alive."""


class Entry:
    """A function that is called by its address.

    Attributes:
        every: all entries of the modules that are loaded.

    Args:
        make: takes the fingerprint, and returns the function, which has to close over it.
        signature: takes the type of a pointer to samples, and returns numba's signature of the function.
        result: ctypes of what the function returns, None for nothing.
        arguments: ctypes of what it takes.
    """

    every: ClassVar[list["Entry"]] = []

    def __init__(
        self, make: Callable[[int], Any], signature: Callable[[Any], Any], result: Any, *arguments: Any
    ) -> None:
        self._make, self._signature = make, signature
        self._call_type = ctypes.CFUNCTYPE(result, *arguments)
        self._compiled: dict[Any, Compiled] = {}
        self.every.append(self)

    @property
    def module(self) -> str:
        """Name of the module that the entry belongs to."""
        return self._make.__module__

    @cached_property
    def fingerprint(self) -> int:
        """Number for the sources that the function is made of."""
        return SOURCES.fingerprint(self.module)

    def __call__(self, dtype: Any = np.float32) -> Compiled:
        """Return the function for sound of ``dtype`` (float32, float64), compiled or loaded from disk at first use."""
        dtype = np.dtype(dtype)
        if dtype not in self._compiled:
            signature = self._signature(types.CPointer(from_dtype(dtype)))
            with _without_scipy():
                function = cfunc(signature, cache=True, **COMPILE)(self._make(self.fingerprint))
            call = self._call_type(function.address)
            self._compiled[dtype] = Compiled(function.address, call, function.cache_hits > 0, function)
        return self._compiled[dtype]


def processor(record: np.dtype[Any], make: Callable[[int], Any]) -> Entry:
    """Return the entry of a plugin, of a chain, or of a classifier.

    Its arguments are four words: the addresses of a record, of frames in and of frames out (interleaved channels of the
    entry's ``dtype``; both may be the same), and how many frames.

    Args:
        record: layout of the record.
        make: takes the fingerprint, and returns the function.
    """
    word = ctypes.c_void_p
    pointer = from_dtype(record)
    return Entry(
        make,
        lambda sample: types.void(types.CPointer(pointer), sample, sample, types.int64),
        None, word, word, word, ctypes.c_int64,
    )  # fmt: skip


@contextlib.contextmanager
def _without_scipy() -> Iterator[None]:
    """Keep numba from importing scipy.linalg, a quarter of a second's work that only matrix products need.

    Numba looks once a process, at the first compilation. Nothing here multiplies matrices; where scipy is
    loaded already, or numba has looked before, this changes nothing.
    """
    name = "scipy.linalg.cython_blas"
    if name in sys.modules or "numba.np.arraymath" in sys.modules:
        yield
        return
    blocked = [module for module in ("scipy.linalg", name) if module not in sys.modules]
    sys.modules.update(dict.fromkeys(blocked))  # type: ignore[arg-type]
    try:
        yield
    finally:
        for module in blocked:
            del sys.modules[module]
