"""Sound to a model's rate and back: the least delay that it takes, and the way back, ready to run."""

from math import ceil, gcd
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gate.constants import RATE
from gate.realtime.clock import Clock, sound_feed
from gate.realtime.plugins.blocks import BACK_RECORD
from gate.realtime.record import aligned


class RoundTrip:
    """Both ways between a host's rate and a model's.

    Attributes:
        there: how host samples lie against the model's.
        latency_samples: host samples by which the sound is late.
        wait: host samples before the first that comes back.
        ring_frames: host frames that a ring has to hold.
        back: the record of the way back, shape (1,), or None at the model's own rate.
    """

    def __init__(
        self,
        rate: int,
        channels: int,
        *,
        size: int,
        frames: int | None,
        piece: int,
        late: int,
        model_rate: int = RATE,
        most: int | None = None,
    ) -> None:
        """Work out both ways, and make the memory.

        Args:
            rate: of the sound, Hz.
            channels: of the sound.
            size: the model's samples in one run; of a model that runs over any number, 1.
            frames: of every call; None: any number.
            piece: frames that are taken in before any are given.
            late: the model's samples by which its own output is late.
            model_rate: Hz, at which the model works.
            most: the model's samples in one run, at most; None: ``size``.
        """
        self.there, back = Clock(rate, sound_feed(model_rate)), Clock(model_rate, sound_feed(rate))
        self.latency_samples = least_latency(self.there, back, size=size, frames=frames or 1, late=late)
        up, down = self.there.up, self.there.down
        # host frame n lies (n up - lead) / down in what the model made; the first whose filter reaches its beginning:
        lead = self.latency_samples * up - late * down
        self.wait = max(ceil((lead - back.half * down) / up), 0)
        most = most or size
        self.ring_frames = (
            piece + 2 * ceil(most * down / up) + 2 * self.there.half + 2 * ceil(back.half * down / up)
        )
        self.back: NDArray[Any] | None = None
        if rate == model_rate:
            return
        # as many of the host's samples as a run can make, so that one run fills no more than one block
        block = ceil(most * down / up) + 2
        place = self.wait * up - lead
        self._memory = {
            "blocks": aligned(block * channels, np.float32),
            "history": aligned(back.history_samples * channels, np.float32),
            "kernel": aligned(back.kernel.size, np.float32),
        }
        self._memory["kernel"][:] = back.kernel.ravel()
        self.back = aligned(1, BACK_RECORD)
        values = {
            **back.fields(),
            **{f"{name}_at": array.ctypes.data for name, array in self._memory.items()},
            "channels": channels,
            "listened": channels,
            "batch": 1,
            "block": block,
            "blocks_stride": block,
            "base": place // down,
            "phase": place % down,
            "history_first": place // down - back.half + 1,
        }
        for name, value in values.items():
            self.back[name] = value
        self._start = self.back.copy()

    @property
    def back_address(self) -> int:
        """Address of the record of the way back, for compiled code; 0 where there is none."""
        return 0 if self.back is None else int(self.back.ctypes.data)

    def reset(self) -> None:
        """Start again from the beginning. Not while it runs."""
        if self.back is not None:
            self.back[:] = self._start
            self._memory["history"][:] = 0.0


def least_latency(there: Clock, back: Clock, *, size: int, frames: int, late: int) -> int:
    """Return the host samples by which the sound has to be late, so that every sample is there when it is due.

    With n host samples in, the model has had M = ceil((n - half there) up / down) samples, and made size floor(M / size).
    Host sample n - 1 lies (n - 1 - latency) up / down + late in them, and its filter wants the half that follows: that has
    to be under what was made. Times down, what has to be waited for besides the filters is (M mod size) down less
    M down - (n - half there) up, and over all n, multiples of ``frames``, this takes all values of one class modulo
    gcd(frames up, size down) over -down, up to (size - 1) down.

    At the model's own rate, where up = down = 1 and no filter has a half, that is size - gcd(frames, size) + late.
    """
    up, down = there.up, there.down
    step = gcd(frames * up, size * down)
    most = size * down - step + (down - 1 - there.half * up) % step - (down - 1)
    return ((there.half - 1) * up + (late + back.half) * down + most) // up + 1
