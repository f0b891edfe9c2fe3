"""The clock that a player's callback reads: the system's own, called from the audio thread by its address."""

import ctypes
import sys
from typing import Any

from numpy.typing import NDArray


def clock(record: NDArray[Any]) -> dict[str, int]:
    """Return the record's fields of the clock: the system clocks that the audio thread may read."""
    now_at = int(record.ctypes.data) + int(record.dtype.fields["now_s"][1])  # type: ignore[index]
    fields = {"now_at": now_at, "cpu_clock": -1, "ticks_a_second": 0, "clock": 0}
    try:
        if sys.platform == "win32":
            kernel, ticks = ctypes.WinDLL("kernel32"), ctypes.c_int64()
            kernel.QueryPerformanceFrequency(ctypes.byref(ticks))
            fields["ticks_a_second"] = ticks.value
            entry = kernel.QueryPerformanceCounter
        else:
            entry = ctypes.CDLL(None).clock_gettime
            fields["cpu_clock"] = {"linux": 3, "darwin": 16}.get(sys.platform, -1)
    except (OSError, AttributeError):  # no clock, no times: the sound does not need them
        return fields
    fields["clock"] = ctypes.cast(entry, ctypes.c_void_p).value or 0
    return fields
