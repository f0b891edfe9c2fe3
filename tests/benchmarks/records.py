"""Made-up results of every benchmark: no figure in here was measured."""

from typing import Any

from benchmarks import machine

STATS = {"p50": 10.0, "p99": 20.0, "p99.9": 40.0, "max": 80.0, "n": 1000}
SPREAD = {"min": 1.0, "median": 1.5, "max": 2.0, "n": 5}
TIMES = ("warm_us", "warm_model_us", "cold_us", "tight_model_us", "floor_us", "late_us", "floor_late_us")


def block() -> list[dict[str, Any]]:
    """Two cases; the second one's cold and tight callbacks are missing."""
    case = {
        "preset": "toy",
        "graph": "0123456789abcdef",
        "rate_hz": 48000,
        "channels": 1,
        "buffer_us": 2000.0,
        "real_time_priority": False,
        "model_errors": 0,
        "first_us": 100.0,
        "model_share": 1.0,
        **dict.fromkeys(TIMES, STATS),
        "histograms": {
            "warm_model_us": {"10": 900, "39.81": 100},
            "tight_model_us": {"8.913": 1000},
            "floor_us": {"0.1": 1000},
        },
    }
    histograms = {**case["histograms"], "tight_model_us": {}}
    return [
        case,
        {
            **case,
            "rate_hz": 192000,
            "buffer_us": 500.0,
            "cold_us": {},
            "tight_model_us": {},
            "histograms": histograms,
        },
    ]


def render() -> dict[str, Any]:
    """A file of ten minutes."""
    return {
        "preset": "toy",
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
    }


def peers() -> dict[str, Any]:
    """Our gate, one peer, and one that is not there."""
    cpu = {"min": 0.01, "median": 0.02, "max": 0.03, "n": 3}
    ours = {"name": "toy, live", "block_ms": 2.0, "decision_ms": 2.0, "how": "blocks", "cpu_s_per_s": cpu}
    other = {**ours, "name": "Other VAD", "block_ms": 32.0, "decision_ms": None}
    return {
        "preset": "toy",
        "seconds": 2.0,
        "versions": {},
        "absent": {"Absent VAD": "expected absent to be installed, and it is not"},
        "rows": [{**ours, "times_ours_live": 1.0}, {**other, "times_ours_live": 0.5}],
    }


def latency() -> dict[str, Any]:
    """One loop, and a gate that opens in silence, and not always in noise."""
    loop = {
        "rate_hz": 48000,
        "devices": ["ear", "mouth"],
        "asked_latency": "low",
        "host_buffers": [64, 100],
        "complaints": {"output_underflow": 2},
        "round_trip_samples": {"min": 299.0, "median": 300.0, "max": 301.0, "n": 3},
        "each_samples": [299.0, 300.0, 301.0],
        "software_samples": {"input": 100.0, "output": 125.0, "both": 225.0},
        "hardware_samples": 75.0,
        "gain_db": -3.0,
        "snr_db": 40.0,
        "inverted": True,
        "clipped_samples": 7,
        "lost": 1,
    }
    row = {
        "preset": "toy",
        "sound": "voice",
        "rate_hz": 48000,
        "host_buffer": 100,
        "block_ms": 2.0,
        "threshold_db": -40.0,
        "in_silence": {"ms": {"min": 4.0, "median": 6.0, "max": 8.0, "n": 8}, "missed": 0, "open_before": 0},
        "in_noise": {"ms": None, "missed": 7, "open_before": 1},
    }
    return {"loops": [loop], "decisions": [row, {**row, "host_buffer": 512}]}


def stream() -> dict[str, Any]:
    """Two loads at 48 kHz: a gate that reaches what it should, and one that does not; and no window."""
    histogram = {"edges_us": [10.0, 20.0, 40.0], "counts": [990, 10]}
    run = {
        "load": "idle",
        "rate_hz": 48000,
        "host_api": "JACK",
        "devices": ["system", "system"],
        "native": True,
        "buffers": 1000,
        "expected_buffers": 1000,
        "flagged": 1,
        "gaps": 0,
        "over": 0,
        "busy_ns": 10,
        "due_ns": 100,
        "drawn": 0,
        "seconds": 2.0,
        "ended": 0,
        "model_errors": 0,
        "fallbacks": 0,
        "buffer_frames": 100,
        "buffer_us": 2000.0,
        "load_share": 0.1,
        "real_time_priority": True,
        "all_us": STATS,
        "model_us": STATS,
        "all_histogram": histogram,
        "model_histogram": histogram,
    }
    floor = {"subject": "floor", "model_us": {}, "model_histogram": {"edges_us": [], "counts": []}}
    python = {"subject": "python", "native": False, "expected_buffers": None}
    idle = [{**run, **floor}, {**run, "subject": "gate", "flagged": 2}, {**run, **python}]
    late = {"subject": "gate", "gaps": 2, "model_us": {**STATS, "p99.9": 300.0}, "ended": 1, "fallbacks": 1}
    busy = {"load": "hogged"}
    return {
        "preset": "toy",
        "sound_system": "a JACK server of its own, dummy driver",
        "servers": ["jackd -R"],
        "turns": 1,
        "runs": [*idle, {**idle[0], **busy}, {**idle[1], **busy, **late}, {**idle[2], **busy}],
        "start": {
            "preset": "toy",
            "rate_hz": 48000,
            "played_s": 3.0,
            "imports": "import numpy",
            "first_sound_s": SPREAD,
            "compiling_first_sound_s": 20.0,
            "bare_imports_s": SPREAD,
            "peak_mb": {"min": 200.0, "median": 400.0, "max": 500.0, "n": 5},
            "resident_mb": SPREAD,
            "bare_imports_peak_mb": SPREAD,
        },
        "absent": {"window": "PyQt6 not installed"},
    }


def record() -> dict[str, Any]:
    """All of them."""
    return {
        "command": "gate-bench all",
        "date": "2000-01-01",
        "machine": machine.describe(),
        "block": block(),
        "render": render(),
        "peers": peers(),
        "latency": latency(),
        "stream": stream(),
    }
