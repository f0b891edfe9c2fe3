"""The page and the picture of a measured stream, from made-up figures."""

from typing import Any

import numpy as np
import pytest

from benchmarks import stream, stream_page
from gate.realtime.stream_record import BINS, BINS_A_DECADE, SHORTEST_US
from tests.benchmarks import records

BIN = 10.0 ** (1.0 / 32.0)
"""Of a percentile: times are upper edges of bins, 32 a decade."""


def run(subject: str, **other: Any) -> dict[str, Any]:
    """A run of the made-up record, idle, changed."""
    found = next(r for r in records.stream()["runs"] if (r["load"], r["subject"]) == ("idle", subject))
    return {**found, **other}


def test_times_are_shares_of_the_buffer_and_lateness_stands_beside_the_floor() -> None:
    """40 us of 2 ms are 2 %; a floor has no model; who does not say how many buffers were due has a question mark."""
    page = "\n".join(stream_page.markdown(records.stream()))
    assert "| idle, floor: only copies | 1000 | 1000 | 1 | 0 | 10 | 0.5 | 1 | 2 | 4 | - | - | - | - |" in page
    assert "| idle, Python and session.run | 1000 | ? | 1 |" in page
    assert "| hogged, the gate | 1000 | 1000 | 2 | 2 | 10 | 0.5 | 1 | 2 | 4 | 0.5 | 1 | 15 | 4 |" in page
    assert "hogged, the gate: the sound system ended 1 streams before their time" in page
    assert "1 turns fell back to the classic gate" in page
    assert "- window: PyQt6 not installed" in page


def test_what_should_be_reached_is_said_whether_it_is_or_not() -> None:
    """The idle gate reaches all, the hogged one has too many gaps and is too dear; memory is too much, the start is not."""
    page = "\n".join(stream_page.markdown(records.stream()))
    assert (
        "- idle: flagged 2 (at most 2): reached; gaps 0 (at most 1): reached; p99.9 2 % (at most 10 %): reached"
        in page
    )
    assert "gaps 2 (at most 1): **not reached**; p99.9 15 % (at most 10 %): **not reached**" in page
    assert "first sound 1.5 s (at most 2 s): reached; memory 400 MB (at most 350 MB): **not reached**" in page


@pytest.mark.parametrize(
    ("rate_hz", "floor", "gate", "reached"),
    [(48_000, 3, 4, True), (48_000, 3, 5, False), (192_000, 10, 20, True), (192_000, 10, 21, False)],
)
def test_lateness_is_judged_by_the_floor(rate_hz: int, floor: int, gate: int, reached: bool) -> None:
    """One more than the floor at 48 kHz, one and a half times as many and five more at 192 kHz, flagged or by the clock."""
    for key in ("flagged", "gaps"):
        judged = stream_page.reach(
            run("floor", rate_hz=rate_hz, **{key: floor}), run("gate", rate_hz=rate_hz, **{key: gate})
        )
        assert [word for text, word in judged if text.startswith(key)] == [reached]


def test_nothing_is_judged_at_other_rates_and_buffers() -> None:
    """What should be reached is said of buffers of 100 at two rates."""
    assert stream_page.reach(run("floor"), run("gate", rate_hz=44_100)) == []
    assert stream_page.reach(run("floor"), run("gate", buffer_frames=128)) == []


@pytest.mark.parametrize("runs", [0, 3, 6])
def test_every_run_is_drawn(runs: int) -> None:
    """A panel for each load, a histogram for each player; without runs there are words."""
    from matplotlib.figure import Figure

    figure = Figure()
    results = records.stream()
    results["runs"] = results["runs"][:runs]
    stream_page.draw(figure, results)
    assert len(figure.axes) == runs // 3
    assert len(figure.texts) == (0 if runs else 1)
    for axis in figure.axes:
        assert len(axis.patches) == 3  # a filled histogram each


def test_turns_are_added_up() -> None:
    """Counts and histograms of all turns are one run; percentiles are of all of them."""
    counts = np.zeros(BINS, int)
    counts[64], counts[96] = 999, 1  # 10 us and 100 us
    piece: dict[str, Any] = {
        **dict.fromkeys(stream.COUNTS, 0),
        "buffers": 1000,
        "due_ns": 2_000_000_000,
        "busy_ns": 100_000_000,
        "seconds": 2.0,
        "gaps": 2,
        "histogram": counts.tolist(),
        "histogram_ran": [0] * BINS,
        "buffer_frames": 100,
        "rate_hz": 48_000,
        "host_api": "JACK",
        "devices": ["a", "b"],
        "native": True,
        "real_time_priority": True,
        "fallback": 0,
    }
    made = stream.together([piece, {**piece, "real_time_priority": False, "fallback": 2}])
    assert (made["buffers"], made["gaps"], made["expected_buffers"], made["fallbacks"]) == (2000, 4, 1920, 1)
    assert (made["buffer_us"], made["load_share"], made["real_time_priority"]) == (2000.0, 0.05, False)
    assert made["model_us"] == {} and made["all_us"]["n"] == 2000
    edges = SHORTEST_US * 10.0 ** (np.arange(BINS) / BINS_A_DECADE)  # lower ends of the bins, us
    assert made["all_us"]["p99.9"] == pytest.approx(edges[64] * BIN)
    assert made["all_us"]["max"] == pytest.approx(edges[96] * BIN)
    drawn = made["all_histogram"]
    assert (sum(drawn["counts"]), len(drawn["edges_us"]), len(drawn["counts"])) == (2000, 34, 33)
    assert drawn["edges_us"][0] == pytest.approx(10.0)
