"""Small matrix products in vector registers: what networks of sound are made of, written as vectors from the start.

A loop over arrays of unknown places becomes vectors only where the compiler can prove that the arrays lie apart, and it
gives up on more than a few. Here the vectors are written by hand, so they are the same on every machine, and every sample
is computed in the same way whatever the size of the host's buffer. All numbers are float32, addresses are in bytes,
strides in floats. Nothing is allocated.
"""

from typing import Any

from llvmlite import ir
from numba.core import cgutils

from gate.realtime.native import intrinsic, types

ROWS = 4
"""Rows that a tile makes at once: each loaded input is used so often."""

LANES = 16
"""Frames, or outputs, in a vector: two registers with AVX2, one with AVX-512, four with SSE or NEON."""

_FLOAT = ir.FloatType()
_VECTOR = ir.VectorType(_FLOAT, LANES)
_WORD = ir.IntType(64)
_CONTRACT = ("contract",)
"""A product and a sum may be rounded once, where the processor can."""


def _load(builder: Any, address: Any, kind: Any) -> Any:
    made = builder.load(builder.inttoptr(address, kind.as_pointer()))
    made.align = 4
    return made


def _store(builder: Any, value: Any, address: Any) -> None:
    made = builder.store(value, builder.inttoptr(address, value.type.as_pointer()))
    made.align = 4


def _floats(builder: Any, address: Any, count: Any) -> Any:
    """Return the address ``count`` floats after another."""
    return builder.add(address, builder.shl(count, _WORD(2)))


def _splat(builder: Any, value: Any) -> Any:
    first = builder.insert_element(ir.Constant(_VECTOR, ir.Undefined), value, ir.IntType(32)(0))
    mask = ir.Constant(ir.VectorType(ir.IntType(32), LANES), [0] * LANES)
    return builder.shuffle_vector(first, ir.Constant(_VECTOR, ir.Undefined), mask)


def _weighted(builder: Any, total: Any, value: Any, weight: Any) -> None:
    """Add value times weight to a vector in its slot."""
    product = builder.fmul(value, weight, flags=_CONTRACT)
    builder.store(builder.fadd(builder.load(total), product, flags=_CONTRACT), total)


@intrinsic
def tile(
    typing: Any, out: Any, out_stride: Any, x: Any, x_stride: Any, start: Any, step: Any, ring: Any,
    taps: Any, inputs: Any, weights: Any, fresh: Any,
) -> Any:  # fmt: skip
    """Make ``ROWS`` rows of ``LANES`` frames: a convolution of rows of input, which may lie in a ring.

    Args:
        typing: numba's own.
        out: address of the first row's first frame.
        out_stride: from row to row.
        x: address of the input's first row.
        x_stride: from row to row.
        start: frame of the input that meets the first tap.
        step: frames from a tap to the next.
        ring: length of the ring in frames; a window of ``LANES`` frames may reach past it. Larger than any frame: no ring.
        taps: how many.
        inputs: rows of input.
        weights: address of ``ROWS`` biases, then of ``ROWS`` weights for each input of each tap.
        fresh: 1: begin with the biases; 0: add to what is there, biases included.
    """

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        out, out_stride, x, x_stride, start, step, ring, taps, inputs, weights, fresh = args
        begins = builder.icmp_signed("!=", fresh, _WORD(0))
        places = [_floats(builder, out, builder.mul(out_stride, _WORD(row))) for row in range(ROWS)]
        totals = [cgutils.alloca_once(builder, _VECTOR) for _ in range(ROWS)]
        for row in range(ROWS):
            bias = _splat(builder, _load(builder, _floats(builder, weights, _WORD(row)), _FLOAT))
            more = builder.fadd(_load(builder, places[row], _VECTOR), bias)
            builder.store(builder.select(begins, bias, more), totals[row])
        frame = cgutils.alloca_once_value(builder, start)
        weight = cgutils.alloca_once_value(builder, _floats(builder, weights, _WORD(ROWS)))
        with cgutils.for_range(builder, taps):
            place = cgutils.alloca_once(builder, _WORD)
            builder.store(_floats(builder, x, builder.load(frame)), place)
            with cgutils.for_range(builder, inputs):
                here = builder.load(place)
                value = _load(builder, here, _VECTOR)
                at = builder.load(weight)
                for row in range(ROWS):
                    one = _load(builder, _floats(builder, at, _WORD(row)), _FLOAT)
                    _weighted(builder, totals[row], value, _splat(builder, one))
                builder.store(_floats(builder, at, _WORD(ROWS)), weight)
                builder.store(_floats(builder, here, x_stride), place)
            after = builder.add(builder.load(frame), step)
            round_ = builder.icmp_signed(">=", after, ring)
            builder.store(builder.select(round_, builder.sub(after, ring), after), frame)
        for row in range(ROWS):
            _store(builder, builder.load(totals[row]), places[row])
        return context.get_dummy_value()

    return types.void(*[types.int64] * 11), generate


@intrinsic
def lanes(typing: Any, out: Any, x: Any, x_stride: Any, inputs: Any, weights: Any, w_stride: Any) -> Any:
    """Add to ``ROWS * LANES`` outputs the product of a matrix with a vector.

    Args:
        typing: numba's own.
        out: address of the outputs.
        x: address of the vector's first number.
        x_stride: from number to number.
        inputs: how many.
        weights: address of the first input's weights, one for each output.
        w_stride: from input to input.
    """

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        out, x, x_stride, inputs, weights, w_stride = args
        places = [_floats(builder, out, _WORD(LANES * row)) for row in range(ROWS)]
        totals = [cgutils.alloca_once_value(builder, _load(builder, place, _VECTOR)) for place in places]
        number = cgutils.alloca_once_value(builder, x)
        weight = cgutils.alloca_once_value(builder, weights)
        with cgutils.for_range(builder, inputs):
            value = _splat(builder, _load(builder, builder.load(number), _FLOAT))
            at = builder.load(weight)
            for row in range(ROWS):
                many = _load(builder, _floats(builder, at, _WORD(LANES * row)), _VECTOR)
                _weighted(builder, totals[row], value, many)
            builder.store(_floats(builder, builder.load(number), x_stride), number)
            builder.store(_floats(builder, at, w_stride), weight)
        for row in range(ROWS):
            _store(builder, builder.load(totals[row]), places[row])
        return context.get_dummy_value()

    return types.void(*[types.int64] * 6), generate


ROUNDS = 12_582_912.0
"""1.5 * 2^23: added to a float32 it leaves the nearest whole number in the lowest bits."""


@intrinsic
def two_to_the(typing: Any, rounded: Any) -> Any:
    """Return 2^k for ``rounded`` = k + ``ROUNDS``, float32, with k from -126 to 127."""

    def generate(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        word = ir.IntType(32)
        exponent = builder.shl(builder.bitcast(args[0], word), word(23))  # of ROUNDS nothing is left
        return builder.bitcast(builder.add(exponent, word(0x3F800000)), _FLOAT)

    return types.float32(types.float32), generate
