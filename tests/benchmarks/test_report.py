"""The benchmarks' page and picture, from made-up figures; nothing is timed here."""

import json
import platform

import numpy as np
import pytest

from benchmarks import block, block_page, machine, report
from tests.benchmarks import records

INTERPOLATION = 1e-9
"""Same unit as the values: percentiles are interpolated in float64."""
PNG = b"\x89PNG"


def test_page_gives_every_time_as_a_share_of_the_buffer() -> None:
    """40 us of a 2 ms buffer are 2 %, of a 0.5 ms one 8 %; what was not measured is a dash."""
    page = report.markdown(records.record())
    assert (
        "| on time, warm, callbacks that ran the model | 10.0 (0.5 %) | 20.0 (1.0 %) | 40.0 (2.0 %) |" in page
    )
    assert "40.0 (8.0 %)" in page
    assert "| - | - | - | - | - |" in page
    assert "| toy, 192 kHz, mono | 500 | 2 | 8 | 16 | - | - | - | 8 | 8 |" in page


def test_page_has_every_part_and_its_command() -> None:
    """Parts that were measured are there, and no others; the picture is shown where there is one."""
    found = records.record()
    page = report.markdown(found, "results.png")
    heads = [line for line in page.splitlines() if line.startswith("## ")]
    assert len(heads) == 5
    assert "`gate-bench all`, 2000-01-01" in page
    assert "](results.png)" in page
    del found["block"], found["latency"], found["stream"]
    page = report.markdown(found)
    assert [line for line in page.splitlines() if line.startswith("## ")] == heads[1:3]
    assert "](" not in page


def test_page_names_peers_that_are_not_there() -> None:
    """A peer that could not be measured stands below the table with the reason."""
    page = report.markdown(records.record())
    assert "Not measured: Absent VAD: expected absent to be installed, and it is not." in page
    assert "| Other VAD | 32.0 | - | 2 (1 to 3) | 640 | 0.5 |" in page


def test_page_splits_the_round_trip() -> None:
    """Software is what PortAudio reports, hardware the rest; what went wrong is said."""
    page = report.markdown(records.record())
    assert "| round trip, median | 300.00 | 6.250 | 100 % |" in page
    assert "| hardware: the rest | 75.00 | 1.562 | 25 % |" in page
    assert "inverted" in page
    assert "output_underflow 2" in page
    assert "7 samples were at full scale" in page
    assert "1 sweeps did not come back" in page


def test_page_says_when_a_gate_did_not_open() -> None:
    """A median only of onsets that opened it, and how many did not, or found it open."""
    page = report.markdown(records.record())
    assert "| toy, voice | 48 | 100 | 6.0 (3.0), 4.0 to 8.0 | 7 not opened for; 1 open before |" in page


@pytest.mark.parametrize("parts", [("block",), ("render",), ("peers",), ("latency",), None])
def test_picture_is_drawn(parts: tuple[str, ...] | None) -> None:
    """Each part alone and all together; rates without figures do not stop it."""
    found = records.record()
    for name in ("block", "render", "peers", "latency"):
        if parts is not None and name not in parts:
            del found[name]
    assert report.picture(found).startswith(PNG)


def test_picture_of_a_block_without_loops_is_drawn() -> None:
    """No loop is measured where no device is named."""
    found = records.record()
    found["latency"]["loops"] = []
    assert report.picture(found).startswith(PNG)


def test_histogram_keeps_every_time_between_its_bins() -> None:
    """Counts are kept, each under a lower end that is a bin's at most under it; drawn bins have no holes."""
    times = np.random.default_rng(0).lognormal(3.0, 1.5, 5000)
    bins = machine.log_histogram(times)
    assert sum(bins.values()) == len(times)
    lows = np.array([float(low) for low in bins])
    assert np.all(np.diff(lows) > 0)
    assert lows[0] <= times.min() * (1 + 1e-3)
    assert lows[-1] <= times.max() <= lows[-1] * 10 ** (1 / machine.BINS) * (1 + 1e-3)
    shares, edges = block_page._stairs({"10": 3, "100": 1})
    assert len(edges) == len(shares) + 1 == machine.BINS + 2
    assert (shares[0], sum(shares[1:-1]), shares[-1]) == (0.75, 0, 0.25)
    assert machine.log_histogram(np.array([])) == {}


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


def test_cases_change_one_thing_at_a_time_or_all() -> None:
    """From the first preset and channels at 48 kHz one thing changes; --product has every combination, none twice."""
    one = block.cases([44_100, 48_000], ["a", "b"], [1, 2], product=False)
    assert one == [("a", 44_100, 1), ("a", 48_000, 1), ("b", 48_000, 1), ("a", 48_000, 2)]
    assert len(set(block.cases([44_100, 48_000], ["a", "b"], [1, 2], product=True))) == 8
    assert block.cases([96_000], ["a"], [2], product=False) == [("a", 96_000, 2)]
