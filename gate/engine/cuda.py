"""CUDA's libraries for ONNX Runtime: where they are, and which of them are missing."""

import contextlib
import ctypes as c
import sys
from importlib.util import find_spec
from pathlib import Path

LIBRARIES = ("cudart", "cublasLt", "cublas", "nvrtc", "curand", "nvJitLink", "cufft", "cudnn")
"""Libraries in the order in which they need one another."""


def load_libraries() -> None:
    """Load CUDA's libraries from the wheels that carry them, so that ONNX Runtime finds them by name.

    A library that is missing there may be installed for the whole system: that is left to the loader.
    """
    if not sys.platform.startswith("linux"):
        return
    spec = find_spec("nvidia")
    folders = [Path(folder) for folder in (spec.submodule_search_locations or ())] if spec else []
    for name in LIBRARIES:
        for path in sorted(path for folder in folders for path in folder.glob(f"*/lib/lib{name}.so.*")):
            with contextlib.suppress(OSError):
                c.CDLL(str(path), mode=c.RTLD_GLOBAL)


def complaint(runtime: Path) -> str:
    """Return what the system's loader says of the CUDA provider, or "": ONNX Runtime does not name what is missing."""
    try:
        for name in ("shared", "cuda"):
            path = runtime.with_name(f"libonnxruntime_providers_{name}.so")
            c.CDLL(str(path), mode=c.RTLD_GLOBAL)
    except OSError as error:
        return str(error)
    return ""
