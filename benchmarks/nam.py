"""Compare the player of `.nam` files with neural-amp-modeler itself, and write the numbers that tests hold it to.

    python -m benchmarks.nam                            models of every kind: the largest differences
    python -m benchmarks.nam amp.nam other.nam          files, with the package's own test sound, three seconds long
    python -m benchmarks.nam --golden tests/gate/plugins/nam_golden.npz

Needs neural-amp-modeler (``benchmarks.nam_models``).
"""

import argparse
import json
from pathlib import Path

import numpy as np

from benchmarks import nam_models
from gate import Chain
from gate.modelfile import nam
from gate.plugins.nam.plugin import Nam


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.nam", description=__doc__.splitlines()[0])
    parser.add_argument(
        "files", nargs="*", metavar="FILE.nam", help="files to compare; without any, models of every kind"
    )
    parser.add_argument("--golden", metavar="FILE.npz", help="write models, sounds in and out for tests")
    options = parser.parse_args()
    if options.golden:
        write_golden(Path(options.golden))
    elif options.files:
        for name in options.files:
            compare_file(Path(name))
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


if __name__ == "__main__":
    main()
