"""A Fourier transform that can be done in parts, a few butterflies at a time, so that no buffer has to pay for all of it.

2 n real numbers are n complex ones, transformed in log2(n) passes of n / 2 butterflies, from one half of the working memory
to the other and back (Stockham's order, so nothing is ever put in reversed order). The spectrum has n + 1 lines; the first
and the last of them are real and share a place. Real and imaginary parts lie apart. All is float32.

The way back is the way there with real and imaginary parts swapped. It gives n times the numbers; whoever multiplies the
spectrum divides by n.

Source: C. Van Loan, Computational Frameworks for the Fast Fourier Transform, 1.7 (Stockham) and 4.3 (real data).
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from gate.realtime.plugins.curves import vectors


def turns(n: int) -> NDArray[np.float32]:
    """Return (2, n) cosines and sines of -pi k / n: what transforms of 2 n real numbers need."""
    angle = np.pi * np.arange(n) / n
    return np.stack([np.cos(angle), -np.sin(angle)]).astype(np.float32)


def packed(spectrum: NDArray[np.complex128]) -> NDArray[np.float32]:
    """Return (..., 2, n) of spectra (..., n + 1): real parts, then imaginary ones, the last line in the first's place."""
    inner = spectrum[..., :-1]
    made = np.stack([inner.real, inner.imag], axis=-2)
    made[..., 1, 0] = spectrum[..., -1].real
    return made.astype(np.float32)


@vectors
def butterflies(
    x: Any, xi: Any, y: Any, yi: Any, cosines: Any, sines: Any, stride: Any, begin: Any, end: Any
) -> None:
    """Do butterflies begin..end-1 of a pass.

    Args:
        x: (n,) real parts before the pass.
        xi: imaginary parts.
        y: real parts after it; other memory.
        yi: imaginary parts.
        cosines: as ``turns`` gives them.
        sines: likewise.
        stride: 1 in the first pass, twice as much in each that follows.
        begin: first butterfly, of n / 2.
        end: one after the last.
    """
    half = len(x) // 2
    for b in range(begin, end):
        low = b & (stride - 1)
        high = b - low
        a, ai, c, ci = x[b], xi[b], x[b + half], xi[b + half]
        cosine, sine = cosines[2 * high], sines[2 * high]
        d, di = a - c, ai - ci
        out = 2 * high + low
        y[out], yi[out] = a + c, ai + ci
        y[out + stride], yi[out + stride] = d * cosine - di * sine, d * sine + di * cosine


@vectors
def to_lines(z: Any, zi: Any, out: Any, outi: Any, cosines: Any, sines: Any, begin: Any, end: Any) -> None:
    """Make lines begin..end-1, of n / 2 + 1, and their mirror images, of the transform of packed real numbers.

    Args:
        z: (n,) real parts of the transform.
        zi: imaginary parts.
        out: (n,) real parts of the lines.
        outi: imaginary parts.
        cosines: as ``turns`` gives them.
        sines: likewise.
        begin: first line.
        end: one after the last.
    """
    n, half = len(z), np.float32(0.5)
    for k in range(begin, end):
        if k == 0:
            out[0], outi[0] = z[0] + zi[0], z[0] - zi[0]
            continue
        m = n - k
        even, eveni = half * (z[k] + z[m]), half * (zi[k] - zi[m])
        odd, oddi = half * (zi[k] + zi[m]), half * (z[m] - z[k])
        turned, turnedi = odd * cosines[k] - oddi * sines[k], odd * sines[k] + oddi * cosines[k]
        out[k], outi[k] = even + turned, eveni + turnedi
        out[m], outi[m] = even - turned, turnedi - eveni


@vectors
def from_lines(x: Any, xi: Any, z: Any, zi: Any, cosines: Any, sines: Any, begin: Any, end: Any) -> None:
    """Undo ``to_lines``: lines begin..end-1, of n / 2 + 1, and their mirror images become packed complex numbers.

    Args:
        x: (n,) real parts of the lines.
        xi: imaginary parts.
        z: (n,) real parts of what is transformed back.
        zi: imaginary parts.
        cosines: as ``turns`` gives them.
        sines: likewise.
        begin: first line.
        end: one after the last.
    """
    n, half = len(x), np.float32(0.5)
    for k in range(begin, end):
        if k == 0:
            z[0], zi[0] = half * (x[0] + xi[0]), half * (x[0] - xi[0])
            continue
        m = n - k
        even, eveni = half * (x[k] + x[m]), half * (xi[k] - xi[m])
        turned, turnedi = half * (x[k] - x[m]), half * (xi[k] + xi[m])
        odd, oddi = turned * cosines[k] + turnedi * sines[k], turnedi * cosines[k] - turned * sines[k]
        z[k], zi[k] = even - oddi, eveni + odd
        z[m], zi[m] = even + oddi, odd - eveni


@vectors
def multiply(x: Any, xi: Any, h: Any, hi: Any, total: Any, totali: Any, first: Any) -> None:
    """Add the products of lines to ``total``, or begin it with them; line 0 holds two real ones where it is line 0.

    Args:
        x: real parts of lines.
        xi: imaginary parts.
        h: real parts of what they are multiplied by.
        hi: imaginary parts.
        total: real parts of the sum.
        totali: imaginary parts.
        first: whether to begin.
    """
    if first:
        for k in range(len(x)):
            total[k] = x[k] * h[k] - xi[k] * hi[k]
        for k in range(len(x)):
            totali[k] = x[k] * hi[k] + xi[k] * h[k]
    else:
        for k in range(len(x)):
            total[k] += x[k] * h[k] - xi[k] * hi[k]
        for k in range(len(x)):
            totali[k] += x[k] * hi[k] + xi[k] * h[k]
