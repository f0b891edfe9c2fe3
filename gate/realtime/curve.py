"""The curve: what the engine keeps of every block, a row each. ``CURVE`` is the table that everything else is made from."""

from typing import NamedTuple


class Column(NamedTuple):
    """A column of the curve: its name, which has the unit at its end, that unit, and how a CSV file has its numbers."""

    name: str
    unit: str
    format: str


CURVE = (
    Column("time_s", "s", "%.6f"),
    Column("open_probability", "", "%.6f"),
    Column("openness", "", "%.6f"),
    Column("gain_db", "dB", "%.4f"),
    Column("attack_ms", "ms", "%.3f"),
    Column("hold_ms", "ms", "%.3f"),
    Column("release_ms", "ms", "%.3f"),
    Column("key_low_hz", "Hz", "%.2f"),
    Column("key_high_hz", "Hz", "%.2f"),
    Column("level_db", "dBFS", "%.3f"),
    Column("threshold_db", "dBFS", "%.3f"),
)
"""The columns, in order. Times are written to a microsecond, gain to 1e-4 dB; ``gain_db`` is -inf where the gain is 0."""

GUARD = (Column("guard_shut", "", "%.4f"),)
"""What a guard adds after them; then comes one column for each class, with its newest probability."""

CLASS_FORMAT = "%.4f"
"""How a CSV file has the probability of a class."""

CURVE_COLUMNS = tuple(column.name for column in CURVE)
"""The names of ``CURVE``."""

GUARD_COLUMNS = tuple(column.name for column in GUARD)
"""The names of ``GUARD``."""


def column(name: str) -> int:
    """Return the number of a column of ``CURVE``, for code that writes a row or reads one."""
    return CURVE_COLUMNS.index(name)


def csv_line(columns: tuple[str, ...]) -> str:
    """Return the format of a CSV line for columns of these names: the curve's, and with a guard its own and the classes."""
    known = (*CURVE, *GUARD)[: len(columns)]
    return ",".join([*(one.format for one in known), *[CLASS_FORMAT] * (len(columns) - len(known))]) + "\n"
