"""A plugin as a stranger writes one: how loud, and one knob more; nothing but the two rows and the code that reads them."""

import numba

from gate.plugin import Field, Format, Knob, Parameter, Plugin, Running, aligned, layout, user_fields


class Tone(Plugin):
    """Makes sound louder, and turns the second half of a call down."""

    kind = "tone"

    gain_db = Knob(Parameter("gain", "Gain", "dB", -40.0, 40.0, 0.0, "linear", True, "how much louder"))
    tilt_db = Knob(
        Parameter("tilt", "Tilt", "dB", -6.0, 6.0, 0.0, "linear", True, "how much it falls on its way")
    )

    def _open(self, format: Format) -> Running:
        return Running(format, aligned(1, RECORD), _tone.address, bypassed=self.bypassed)


RECORD = layout((*user_fields(Tone.table()), Field("calls", "i8", (), "engine", "how many there were")))

_SAMPLE = numba.types.CPointer(numba.float32)


@numba.cfunc(numba.void(numba.types.CPointer(numba.from_dtype(RECORD)), _SAMPLE, _SAMPLE, numba.int64))
def _tone(record, x, out, n):
    r = numba.carray(record, (1,))[0]
    r.calls += 1
    for i in range(n):
        out[i] = x[i] * 10.0 ** ((r.gain - r.tilt * (1 if 2 * i >= n else 0)) / 20.0)
