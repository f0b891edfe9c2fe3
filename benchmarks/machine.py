"""The machine that a figure was measured on: processor, kernel, versions, load. No names of hosts or users."""

import importlib.metadata
import os
import platform
import statistics
from pathlib import Path
from typing import Any

PACKAGES = ("learned-gate", "numpy", "numba", "onnxruntime-gpu", "onnxruntime", "soundfile", "sounddevice")

BINS = 20
"""Bins of a histogram in a decade."""


def processor() -> str:
    """Return the processor's name, as the kernel gives it."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def versions(names: tuple[str, ...] = PACKAGES) -> dict[str, str]:
    """Return the installed versions of these packages, by default of those that the runtime needs."""
    found = {}
    for name in names:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def describe() -> dict[str, Any]:
    """Return everything that a reader needs to judge the figures."""
    kernel = ".".join(platform.release().split(".")[:2])
    return {
        "processor": processor(),
        "cores": os.cpu_count(),
        "system": f"{platform.system()} {kernel} {platform.machine()}",
        "python": platform.python_version(),
        "versions": versions(),
        "load_average_at_start": round(os.getloadavg()[0], 2),
    }


def spread(values: list[float]) -> dict[str, float]:
    """Return the lowest, median and highest of some repeats."""
    return {"min": min(values), "median": statistics.median(values), "max": max(values), "n": len(values)}


def log_histogram(x: Any) -> dict[str, int]:
    """Count how many times fall into each of ``BINS`` bins a decade: lower end (as text) -> count, in order."""
    import numpy as np

    bins = np.floor(BINS * np.log10(np.maximum(x, 1e-3))).astype(int)
    found, counts = np.unique(bins, return_counts=True)
    return {f"{10.0 ** (k / BINS):.4g}": int(n) for k, n in zip(found, counts, strict=True)}


def percentiles(x: Any) -> dict[str, float]:
    """Return p50, p99, p99.9, max and count of some times; empty where there are none."""
    import numpy as np

    if not len(x):
        return {}
    p50, p99, p999 = np.percentile(x, [50, 99, 99.9])
    return {"p50": float(p50), "p99": float(p99), "p99.9": float(p999), "max": float(np.max(x)), "n": len(x)}


def every_preset(kind: str | None = "gate") -> list[str]:
    """Return the shipped presets' names, of a kind or of all (None), the voice first."""
    from gate.modelfile.preset import names

    return sorted(names(kind), key=lambda name: (name != "voice", name))
