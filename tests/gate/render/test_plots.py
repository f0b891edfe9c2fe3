"""The picture of a render: thinned as it comes, drawn for any sound, and the same however it was cut."""

import io
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from gate.engine.engine import CURVE_COLUMNS
from gate.pictures import COLUMNS, Thin
from gate.render import picture as plots
from gate.render.picture import Collector, draw


def curve_rows(n: int) -> np.ndarray:
    rng = np.random.default_rng(0)
    rows = rng.uniform(1.0, 100.0, (n, len(CURVE_COLUMNS)))
    rows[:, CURVE_COLUMNS.index("time_s")] = np.arange(n) * 100 / 48000
    rows[:, CURVE_COLUMNS.index("open_probability")] = rng.uniform(size=n)
    rows[:, CURVE_COLUMNS.index("gain_db")] = np.where(rng.uniform(size=n) > 0.5, 0.0, -np.inf)
    return rows


def slow_thin(x: np.ndarray, total: int, columns: int) -> tuple[np.ndarray, np.ndarray]:
    """The oracle: value by value."""
    columns = min(columns, total)
    low, high = np.full((columns, x.shape[1]), np.nan), np.full((columns, x.shape[1]), np.nan)
    for i, row in enumerate(x):
        c = min(i * columns // total, columns - 1)
        low[c], high[c] = np.fmin(low[c], row), np.fmax(high[c], row)
    return low, high


@pytest.mark.parametrize(
    ("n", "total", "columns"), [(1000, 1000, 7), (999, 1000, 400), (5, 5, 100), (1200, 1000, 9)]
)
@pytest.mark.parametrize("piece", [1, 13, 5000])
def test_thinning_keeps_every_peak(n: int, total: int, columns: int, piece: int) -> None:
    """Least and most of each column agree with a slow oracle however the row was cut, and beyond its end."""
    x = np.random.default_rng(n).standard_normal((n, 2))
    thin = Thin(total, 2, columns)
    for at in range(0, n, piece):
        thin.add(x[at : at + piece])
    low, high = slow_thin(x, total, columns)
    assert np.array_equal(thin.low, low, equal_nan=True)
    assert np.array_equal(thin.high, high, equal_nan=True)


def test_memory_is_the_same_for_an_hour() -> None:
    """What is kept does not depend on the length."""
    assert Thin(48000 * 3600, 1).low.shape == Thin(48000, 1).low.shape == (COLUMNS, 1)


def test_the_channel_farthest_from_zero_is_shown() -> None:
    """A peak in any channel is in the picture, and what is not finite is 0 as it is to the gate."""
    collector = Collector(3, 1)
    collector.add_before(np.array([[0.1, -0.9], [np.nan, 0.2], [np.inf, -np.inf]], np.float32))
    assert collector.before.low[:, 0] == pytest.approx([-0.9, 0.2, 0.0])


@pytest.mark.parametrize(
    ("frames", "blocks", "range_db", "key"),
    [(48000, 480, -80.0, True), (1, 1, -np.inf, True), (30_000, 300, 0.0, False)],
    ids=["a second", "one sample", "no key"],
)
def test_any_render_can_be_drawn(frames: int, blocks: int, range_db: float, key: bool) -> None:
    """A PNG comes out, for a single sample and a model without a key as well."""
    collector = Collector(frames, blocks)
    x = np.random.default_rng(1).standard_normal((frames, 2)).astype(np.float32)
    collector.add_before(x)
    collector.add_after(0.5 * x)
    rows = curve_rows(blocks)
    if not key:
        rows[:, 7:9] = np.nan
    collector.add_curve(rows)
    file = io.BytesIO()
    draw(collector.picture("$x_{ 日本 \udcff.wav", frames / 48000, range_db), file)
    assert file.getvalue().startswith(b"\x89PNG")
    assert len(file.getvalue()) > 10_000


def test_matplotlib_is_loaded_when_drawn() -> None:
    """Rendering without a picture does not pay for matplotlib, and drawing does not open a window system."""
    root = Path(plots.__file__).parents[2]
    code = (
        "import sys, io, gate.render.picture as p; assert 'matplotlib' not in sys.modules;"
        "p.draw(p.Collector(9, 9).picture('t', 1.0, -80.0), io.BytesIO());"
        "assert 'matplotlib.pyplot' not in sys.modules"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, timeout=120)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
