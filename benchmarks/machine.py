"""What a figure was measured on: processor, kernel, versions, load. No names of hosts or users."""

import importlib.metadata
import json
import os
import platform
from pathlib import Path
from typing import Any

PACKAGES = ("learned-gate", "numpy", "numba", "onnxruntime-gpu", "onnxruntime", "soundfile")


def processor() -> str:
    """The processor's name, as the kernel gives it."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def versions() -> dict[str, str]:
    """Installed versions of what the runtime stands on."""
    found = {}
    for name in PACKAGES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def describe() -> dict[str, Any]:
    """Everything that a reader needs to judge the figures."""
    kernel = ".".join(platform.release().split(".")[:2])
    return {
        "processor": processor(),
        "cores": os.cpu_count(),
        "system": f"{platform.system()} {kernel} {platform.machine()}",
        "python": platform.python_version(),
        "versions": versions(),
        "load_average_at_start": round(os.getloadavg()[0], 2),
    }


def deliver(results: Any, path: Path | None) -> None:
    """Results as JSON: into a file, or to the terminal when there is none."""
    text = json.dumps(results, indent=1)
    if path:
        path.write_text(text + "\n")
    else:
        print(text)


def percentiles(x: Any) -> dict[str, float]:
    """p50, p99, p99.9, max and count of some times; empty where there are none."""
    import numpy as np

    if not len(x):
        return {}
    p50, p99, p999 = np.percentile(x, [50, 99, 99.9])
    return {"p50": float(p50), "p99": float(p99), "p99.9": float(p999), "max": float(np.max(x)), "n": len(x)}
