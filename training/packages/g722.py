"""ITU-T G.722 at 64 kbit/s, decoded: two bands of adaptive differential codes, joined by a mirror filter.

Tables and block names are those of the recommendation (ITU-T G.722, 2012). State is kept in one array of integers for
each band, so that the compiled loop allocates nothing.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

RATE_HZ = 16_000
"""Two samples for each byte."""

_WL = np.array([-60, -30, 58, 172, 334, 538, 1198, 3042])
_RL42 = np.array([0, 7, 6, 5, 4, 3, 2, 1, 7, 6, 5, 4, 3, 2, 1, 0])
_ILB = np.array([
    2048, 2093, 2139, 2186, 2233, 2282, 2332, 2383, 2435, 2489, 2543, 2599, 2656, 2714,
    2774, 2834, 2896, 2960, 3025, 3091, 3158, 3228, 3298, 3371, 3444, 3520, 3597, 3676,
    3756, 3838, 3922, 4008,
])  # fmt: skip
_WH = np.array([0, -214, 798])
_RH2 = np.array([2, 1, 2, 1])
_QM2 = np.array([-7408, -1616, 7408, 1616])
_QM4 = np.array(
    [0, -20456, -12896, -8968, -6288, -4240, -2584, -1200, 20456, 12896, 8968, 6288, 4240, 2584, 1200, 0]
)
_QM6 = np.array([
    -136, -136, -136, -136, -24808, -21904, -19008, -16704, -14984, -13512, -12280, -11192, -10232, -9360,
    -8576, -7856, -7192, -6576, -6000, -5456, -4944, -4464, -4008, -3576, -3168, -2776, -2400, -2032,
    -1688, -1360, -1040, -728, 24808, 21904, 19008, 16704, 14984, 13512, 12280, 11192, 10232, 9360,
    8576, 7856, 7192, 6576, 6000, 5456, 4944, 4464, 4008, 3576, 3168, 2776, 2400, 2032,
    1688, 1360, 1040, 728, 432, 136, -432, -136,
])  # fmt: skip
_QMF = np.array([3, -11, 12, 32, -210, 951, 3876, -805, 362, -156, 53, -11])

# A band's state: s, sp, sz, nb, det, and from these places on the recommendation's arrays (delays 0, 1, 2, ...).
_S, _SP, _SZ, _NB, _DET, _A, _B, _D, _P, _R = 0, 1, 2, 3, 4, 5, 8, 15, 22, 25
_STATE = 28


def decode(data: bytes) -> NDArray[np.float32]:
    """Decode a raw G.722 stream of 64 kbit/s: (2 * bytes,) float32 at 16 kHz, full scale 1.0."""
    out = np.empty(2 * len(data), np.int64)
    _decode(np.frombuffer(data, np.uint8), out)
    return (out / 32768.0).astype(np.float32)


@njit(cache=True)
def _clip(x, most):  # type: ignore[no-untyped-def]
    """Clip x to -most - 1 ... most."""
    return max(-most - 1, min(most, x))


@njit(cache=True)
def _predict(band, d):  # type: ignore[no-untyped-def]
    """Do block 4 of a band with the difference d: move its state on by one sample."""
    band[_D] = d
    band[_R] = _clip(band[_S] + d, 32767)
    band[_P] = _clip(band[_SZ] + d, 32767)
    same = band[_P] >> 15 == band[_P + 1] >> 15
    wd = _clip(band[_A + 1] << 2, 32767)
    wd = min(-wd if same else wd, 32767)
    a2 = (128 if band[_P] >> 15 == band[_P + 2] >> 15 else -128) + (wd >> 7) + ((band[_A + 2] * 32512) >> 15)
    a2 = max(-12288, min(12288, a2))
    a1 = _clip((192 if same else -192) + ((band[_A + 1] * 32640) >> 15), 32767)
    most = _clip(15360 - a2, 32767)
    a1 = max(-most, min(most, a1))
    step = 0 if d == 0 else 128
    for i in range(1, 7):
        up = step if band[_D + i] >> 15 == d >> 15 else -step
        band[_B + i] = _clip(up + ((band[_B + i] * 32640) >> 15), 32767)
    for i in range(6, 0, -1):
        band[_D + i] = band[_D + i - 1]
    for i in range(2, 0, -1):
        band[_R + i] = band[_R + i - 1]
        band[_P + i] = band[_P + i - 1]
    band[_A + 1], band[_A + 2] = a1, a2
    poles = (a1 * _clip(2 * band[_R + 1], 32767)) >> 15
    poles += (a2 * _clip(2 * band[_R + 2], 32767)) >> 15
    band[_SP] = _clip(poles, 32767)
    zeros = 0
    for i in range(6, 0, -1):
        zeros += (band[_B + i] * _clip(2 * band[_D + i], 32767)) >> 15
    band[_SZ] = _clip(zeros, 32767)
    band[_S] = _clip(band[_SP] + band[_SZ], 32767)


@njit(cache=True)
def _scale(band, shift):  # type: ignore[no-untyped-def]
    """Compute a band's step from its logarithm."""
    wd = shift - (band[_NB] >> 11)
    value = _ILB[(band[_NB] >> 6) & 31]
    band[_DET] = (value << -wd if wd < 0 else value >> wd) << 2


@njit(cache=True)
def _decode(codes, out):  # type: ignore[no-untyped-def]
    """Decode codes (n,) uint8 into out (2n,) int64, 16 bits each."""
    low, high = np.zeros(_STATE, np.int64), np.zeros(_STATE, np.int64)
    low[_DET], high[_DET] = 32, 8
    x = np.zeros(24, np.int64)
    for n in range(len(codes)):
        code = np.int64(codes[n])
        six, two = code & 63, code >> 6
        four = six >> 2
        rlow = _clip(low[_S] + ((low[_DET] * _QM6[six]) >> 15), 16383)
        difference = (low[_DET] * _QM4[four]) >> 15
        low[_NB] = max(0, min(18432, ((low[_NB] * 127) >> 7) + _WL[_RL42[four]]))
        _scale(low, 8)
        _predict(low, difference)
        difference = (high[_DET] * _QM2[two]) >> 15
        rhigh = _clip(high[_S] + difference, 16383)
        high[_NB] = max(0, min(22528, ((high[_NB] * 127) >> 7) + _WH[_RH2[two]]))
        _scale(high, 10)
        _predict(high, difference)
        for i in range(22):
            x[i] = x[i + 2]
        x[22], x[23] = rlow + rhigh, rlow - rhigh
        first, second = 0, 0
        for i in range(12):
            second += x[2 * i] * _QMF[i]
            first += x[2 * i + 1] * _QMF[11 - i]
        out[2 * n] = _clip(first >> 11, 32767)
        out[2 * n + 1] = _clip(second >> 11, 32767)
