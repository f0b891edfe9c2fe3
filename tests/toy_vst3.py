"""The toy plugin of ``toy_vst3.c``, compiled: a VST3 bundle for this machine, a few milliseconds' work."""

import platform
import shutil
import subprocess
from pathlib import Path

import pytest

SOURCE = Path(__file__).with_suffix(".c")

LATE = 37
"""Samples by which the toy delays."""


def build(folder: Path, *defines: str) -> Path:
    """Compile it with these ``-D`` options; the bundle is named after the first, or Toy.vst3."""
    compiler = shutil.which("tcc") or shutil.which("cc")
    if compiler is None:
        pytest.skip("no C compiler makes the toy plugin")
    name = defines[0].split("=")[0].title() if defines else "Toy"
    library = folder / f"{name}.vst3" / "Contents" / f"{platform.machine()}-linux" / f"{name}.so"
    library.parent.mkdir(parents=True, exist_ok=True)
    options = ["-shared", "-nostdlib", "-fPIC", "-w", *(f"-D{define}" for define in defines)]
    subprocess.run([compiler, *options, "-o", library, SOURCE], check=True)
    return folder / f"{name}.vst3"
