"""The transform in parts, against numpy's."""

import numpy as np
import pytest

from gate.realtime import fft

TOLERANCE = 2e-6
"""Share of the largest line: float32, and as many roundings as there are passes."""


def there(x, cut):
    """Packed lines of 2 n real numbers, ``cut`` units at a time."""
    n = len(x) // 2
    turns = fft.turns(n)
    a = np.stack([x[::2], x[1::2]]).astype(np.float32)
    b, out = np.empty_like(a), np.empty_like(a)
    for number in range(n.bit_length() - 1):
        for begin in range(0, n // 2, cut):
            fft.butterflies(*a, *b, *turns, 1 << number, begin, min(begin + cut, n // 2))
        a, b = b, a
    for begin in range(0, n // 2 + 1, cut):
        fft.to_lines(*a, *out, *turns, begin, min(begin + cut, n // 2 + 1))
    return out


def back(lines):
    """2 n real numbers, n times as large, from packed lines."""
    n = lines.shape[1]
    turns = fft.turns(n)
    a, b = np.empty_like(lines), np.empty_like(lines)
    fft.from_lines(*lines, *a, *turns, 0, n // 2 + 1)
    for number in range(n.bit_length() - 1):
        fft.butterflies(a[1], a[0], b[1], b[0], *turns, 1 << number, 0, n // 2)
        a, b = b, a
    return a.T.ravel()


@pytest.mark.parametrize("n", [64, 512, 4096])
def test_it_is_numpys_transform(n):
    """Lines, and the way back, however the work is cut."""
    x = np.random.default_rng(n).standard_normal(2 * n)
    exact = fft.packed(np.fft.rfft(x))
    lines = there(x, 100)
    assert np.abs(lines - exact).max() < TOLERANCE * np.abs(exact).max()
    assert np.array_equal(lines, there(x, n))
    assert np.abs(back(lines) / n - x).max() < TOLERANCE * np.abs(x).max()


def test_products_of_lines_are_products():
    """All but the first, which the caller makes."""
    rng = np.random.default_rng(0)
    x, h = (rng.standard_normal((2, 40)).astype(np.float32) for _ in range(2))
    total = np.empty_like(x)
    fft.multiply(*x, *h, *total, True)
    fft.multiply(*x, *h, *total, False)
    exact = 2 * (x[0] + 1j * x[1]) * (h[0] + 1j * h[1])
    assert np.abs(total[0] + 1j * total[1] - exact).max() < TOLERANCE * np.abs(exact).max()
