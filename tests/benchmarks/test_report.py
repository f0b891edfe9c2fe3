"""The benchmarks' page and picture, from made-up figures; nothing is timed here."""

import json
import platform
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks import block, machine, report

INTERPOLATION = 1e-9
"""Same unit as the values: percentiles are interpolated in float64."""

STATS = {"p50": 10.0, "p99": 20.0, "p99.9": 40.0, "max": 80.0, "n": 1000}
SPREAD = {"min": 1.0, "median": 1.5, "max": 2.0, "n": 5}


@pytest.fixture
def results() -> dict[str, Any]:
    rate = {
        "rate_hz": 48000,
        "channels": 1,
        "buffer_us": 2000.0,
        "real_time_priority": False,
        "model_errors": 0,
        "first_us": 100.0,
        "model_share": 1.0,
        **{name: STATS for name in block.TIMES},
    }
    empty = {**rate, "rate_hz": 192000, "buffer_us": 500.0, "cold_us": {}, "tight_model_us": {}}
    return {
        "command": "python -m benchmarks",
        "preset": "toy",
        "graph": "0123456789abcdef",
        "machine": machine.describe(),
        "block": [rate, empty],
        "render": {
            "file": "10 minutes",
            "seconds": 600.0,
            "imports": "import numpy",
            "cpu_s": SPREAD,
            "copy_cpu_s": SPREAD,
            "times_real_time": SPREAD,
            "times_copy": 1.0,
            "peak_mib": 100.0,
            "first_sound_s": SPREAD,
            "bare_imports_s": SPREAD,
            "first_sound_after_imports_s": 0.1,
            "compiling_once_s": 9.0,
        },
    }


def test_page_gives_every_time_as_a_share_of_the_buffer(results: dict[str, Any]) -> None:
    """40 us of a 2 ms buffer are 2 %, of a 0.5 ms one 8 %; what was not measured is a dash."""
    page = report.markdown(results)
    assert (
        "| on time, warm, callbacks that ran the model | 10.0 (0.5 %) | 20.0 (1.0 %) | 40.0 (2.0 %) |" in page
    )
    assert "40.0 (8.0 %)" in page
    assert "| - | - | - | - |" in page


def test_picture_is_drawn(results: dict[str, Any], tmp_path: Path) -> None:
    """Rates without figures do not stop the picture."""
    report.picture(results, tmp_path / "results.png")
    assert (tmp_path / "results.png").stat().st_size > 1000


def test_machine_is_described_without_its_name() -> None:
    """The page is public: the host's name stays at home."""
    described = json.dumps(machine.describe())
    assert machine.describe()["python"] == platform.python_version()
    assert f'"{platform.node()}"' not in described


def test_percentiles_of_a_known_row() -> None:
    """0 to 1000 has its percentiles where one can count them."""
    stats = machine.percentiles(np.arange(1001))
    found = [stats[name] for name in ("p50", "p99", "p99.9", "max", "n")]
    assert np.allclose(found, [500, 990, 999, 1000, 1001], atol=INTERPOLATION)
    assert machine.percentiles(np.array([])) == {}
