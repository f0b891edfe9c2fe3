"""Compare the player of `.nam` files with neural-amp-modeler itself, and write the numbers that tests hold it to.

    python -m benchmarks.nam                            models of every kind: the largest differences
    python -m benchmarks.nam amp.nam other.nam          files, with the package's own test sound, three seconds long
    python -m benchmarks.nam --golden tests/gate/plugins/nam_golden.npz
    python -m benchmarks.nam --speed amp.nam cab.wav    what plugins of these files cost

Needs neural-amp-modeler (``benchmarks.nam_models``), but for the speed.
"""

import argparse
import ctypes
import json
import time
from pathlib import Path

import numpy as np

from benchmarks import nam_models
from gate import Chain, Convolve
from gate.modelfile import nam
from gate.plugins.nam.plugin import Nam

CALL = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int64)
"""A plugin's compiled function: record, frames in, frames out, how many."""

FRAMES = 100
"""Frames of a buffer, as long as a gate's block."""

SECONDS = 20.0
"""Sound that speed is measured on: some 10,000 buffers."""


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.nam", description=__doc__.splitlines()[0])
    parser.add_argument(
        "files", nargs="*", metavar="FILE.nam", help="files to compare; without any, models of every kind"
    )
    parser.add_argument("--golden", metavar="FILE.npz", help="write models, sounds in and out for tests")
    parser.add_argument(
        "--speed", action="store_true", help="say what the files' plugins cost, in processor time"
    )
    options = parser.parse_args()
    if options.golden:
        write_golden(Path(options.golden))
    elif options.files:
        for name in options.files:
            (time_file if options.speed else compare_file)(Path(name))
    else:
        for name, file, x, y in nam_models.models():
            made = Chain([Nam(nam.parse(json.dumps(file).encode(), name))])(x, nam_models.RATE)
            print(f"{name:20} largest difference {np.abs(made - y).max():.1e}, of {np.abs(y).max():.3f}")


def write_golden(path: Path) -> None:
    """Write the models of every kind, and what the package makes of a sound."""
    arrays = {}
    for name, file, x, y in nam_models.models():
        arrays[f"{name}.nam"] = np.frombuffer(json.dumps(file).encode(), np.uint8)
        arrays[f"{name}.y"], arrays["x"] = y, x
    np.savez_compressed(path, **arrays)
    print(f"{path}: {(len(arrays) - 1) // 2} models, {path.stat().st_size} bytes")


def compare_file(path: Path) -> None:
    """Compare a file on the package's own test sound."""
    import torch
    from nam.models._from_nam import init_from_nam

    net = init_from_nam(json.loads(path.read_text()))
    net.sample_rate = nam_models.RATE
    x, y = net._export_input_output()
    with torch.no_grad():
        made = Chain([Nam(path)])(x, nam_models.RATE)
    print(f"{path.name:30} largest difference {np.abs(made - y).max():.1e}, of {np.abs(y).max():.3f}")


def time_file(path: Path) -> None:
    """Print the processor time that a plugin's compiled function takes of a mono buffer's time; waiting is not in it."""
    plugin = Nam(path) if path.suffix == nam.SUFFIX else Convolve(path)
    rng = np.random.default_rng(0)
    x = rng.uniform(-0.1, 0.1, FRAMES).astype(np.float32)
    y = np.empty_like(x)
    with Chain([plugin]).open(nam_models.RATE, 1, frames=FRAMES) as stream:
        running = stream.running[0]
        call = CALL(running.function)
        spent = np.empty(int(SECONDS * nam_models.RATE) // FRAMES)
        for k in range(len(spent)):
            begin = time.thread_time_ns()
            call(running.address, x.ctypes.data, y.ctypes.data, FRAMES)
            spent[k] = time.thread_time_ns() - begin
    share = spent / (FRAMES / nam_models.RATE * 1e9) * 100.0
    middle, high, most = np.percentile(share, [50.0, 99.9, 100.0])
    print(
        f"{path.name:30} of a buffer of {FRAMES}: median {middle:.2f} %, 99.9th {high:.2f} %, most {most:.2f} %"
    )


if __name__ == "__main__":
    main()
