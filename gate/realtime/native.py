"""What compiled code needs and numba lacks: calls by address, arrays at an address, flushing denormals.

Addresses are data here, held in the engine's record, and never constants in the code. So the compiled code can
be stored on disk, and serves every model and every process.
"""

import platform
from typing import Any

import numpy as np
from llvmlite import ir
from numba import carray as _carray
from numba import njit
from numba import types as _types
from numba.extending import intrinsic as _intrinsic

# numba types some of its names, and not as they are used here
intrinsic: Any = _intrinsic
types: Any = _types
carray: Any = _carray

IS_X86 = platform.machine().lower() in ("x86_64", "amd64", "i386", "i686")
"""Whether the processor has an MXCSR register."""

FLUSH_BITS = 0x8040
"""MXCSR: bit 15 flushes results to zero, bit 6 reads denormals as zero (Intel SDM volume 1, 10.2.3)."""

COMPILE: dict[str, Any] = {"error_model": "numpy", "nogil": True}
"""Options for all compiled code of the sound path: nothing raises, no interpreter lock."""

native: Any = njit(**COMPILE)
"""Decorator for the parts of the sound path.

Only whole entry points are stored on disk: numba takes a stored function for current as long as its *own*
source file is unchanged, whatever happened to the functions that it calls (``gate.realtime.fingerprint``).
"""


def _caller(count: int, returns: bool) -> Any:
    """Make a numba function that calls the C function at an address with ``count`` word-sized arguments."""
    word = ir.IntType(64)
    result, kind = (types.int64, word) if returns else (types.void, ir.VoidType())

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        pointer = builder.inttoptr(args[0], ir.FunctionType(kind, [word] * count).as_pointer())
        value = builder.call(pointer, args[1:])
        return value if returns else context.get_dummy_value()

    signature = result(*[types.int64] * (count + 1))
    # numba reads how many arguments there are off the function's own text
    if count == 1:

        def call(typing: Any, function: Any, a: Any) -> Any:
            return signature, generate

    elif count == 2:

        def call(typing: Any, function: Any, a: Any, b: Any) -> Any:  # type: ignore[misc]
            return signature, generate

    elif count == 3:

        def call(typing: Any, function: Any, a: Any, b: Any, c: Any) -> Any:  # type: ignore[misc]
            return signature, generate

    else:

        def call(typing: Any, function: Any, a: Any, b: Any, c: Any, d: Any) -> Any:  # type: ignore[misc]
            return signature, generate

    return intrinsic(call)


call1 = _caller(1, returns=False)
"""Call the C function at address ``function``, which returns nothing, with one word-sized argument."""

call2 = _caller(2, returns=True)
"""Call the C function at an address with two word-sized arguments, and return its word-sized result."""

call3 = _caller(3, returns=True)
"""The same with three arguments."""

call4 = _caller(4, returns=False)
"""Call the C function at an address, which returns nothing, with four word-sized arguments."""


@intrinsic
def at(typing: Any, address: Any, dtype: Any) -> Any:
    """Return a pointer to ``dtype`` (np.float32, or an array's ``.dtype``) at ``address``, for ``carray``."""
    pointer = types.CPointer(dtype.dtype)

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.inttoptr(args[0], context.get_value_type(pointer))

    return pointer(types.int64, dtype), generate


def _shared_word(load: bool) -> Any:
    """Make a function that reads or writes a word shared with another process, in order with everything round it."""
    word = ir.IntType(64)

    def pointer(builder: Any, address: Any) -> Any:
        return builder.inttoptr(address, word.as_pointer())

    if load:

        @intrinsic
        def move(typing: Any, address: Any) -> Any:
            def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
                return builder.load_atomic(pointer(builder, args[0]), "acquire", 8)

            return types.int64(types.int64), generate

    else:

        @intrinsic
        def move(typing: Any, address: Any, value: Any) -> Any:
            def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
                builder.store_atomic(args[1], pointer(builder, args[0]), "release", 8)
                return context.get_dummy_value()

            return types.void(types.int64, types.int64), generate

    return move


load_acquire = _shared_word(load=True)
"""Return the word at an address; everything that was written before it is there, too."""

store_release = _shared_word(load=False)
"""Write a word to an address; whoever reads it finds everything that was written before it."""


def _control_word(name: str) -> Any:
    """Make a numba function of the x86 instruction that moves MXCSR to ("st") or from ("ld") memory."""

    @intrinsic
    def move(typing: Any, value: Any) -> Any:
        def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            slot = builder.alloca(ir.IntType(32))
            builder.store(args[0], slot)
            if IS_X86:
                byte = ir.IntType(8).as_pointer()
                kind = ir.FunctionType(ir.VoidType(), [byte])
                function = builder.module.declare_intrinsic(f"llvm.x86.sse.{name}mxcsr", fnty=kind)
                builder.call(function, [builder.bitcast(slot, byte)])
            return builder.load(slot)

        return types.uint32(types.uint32), generate

    return move


_store_control = _control_word("st")
_load_control = _control_word("ld")


@native
def flush_denormals() -> Any:
    """Treat denormal floats as zero on this thread from here on; return what ``restore_denormals`` needs.

    A recurrent model that hears silence decays into denormals, which cost a hundred times an ordinary number.
    This is set for the model's run alone, so the sound path keeps every bit. Elsewhere than on x86 nothing happens.
    """
    before = _store_control(np.uint32(0))
    _load_control(np.uint32(before | np.uint32(FLUSH_BITS)))
    return before


@native
def restore_denormals(before: Any) -> None:
    """Restore the state that ``flush_denormals`` found."""
    _load_control(np.uint32(before))
