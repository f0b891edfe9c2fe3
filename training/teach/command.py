"""The command line that every training has: a TOML file, changes to it, and a folder for the run."""

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch

from gate.errors import GateError
from training.config_file import ConfigError, load


def run(
    program: str,
    about: str,
    kind: type,
    teach: Callable[[Any, Path, str], Path],
    argv: Sequence[str] | None = None,
    *,
    example: str,
    devices: bool = False,
) -> int:
    """Read the command line, teach, and say where the checkpoint lies; 0 done, 1 failure, 130 interrupted.

    Args:
        program: the module that ``python -m`` runs.
        about: a line for --help.
        kind: the dataclass that the TOML file describes; it has a ``name``.
        teach: from the configuration, the run's folder and a device to the checkpoint's path.
        argv: arguments; None takes the process's.
        example: name of a TOML file in training/configs.
        devices: whether another device than the processor can teach.
    """
    parser = argparse.ArgumentParser(prog=f"python -m {program}", description=about)
    parser.add_argument("config", type=Path, help=f"a TOML file, such as training/configs/{example}")
    parser.add_argument(
        "--set", action="append", default=[], metavar="TABLE.KEY=VALUE", help="change one setting"
    )
    parser.add_argument("--runs", type=Path, default=Path("runs"), help="folder for runs (default: runs)")
    if devices:
        parser.add_argument("--device", default="cpu", help="cpu or cuda (default: cpu)")
    args = parser.parse_args(argv)
    device = args.device if devices else "cpu"
    try:
        config = load(args.config, kind, args.set)
        if device != "cpu" and not torch.cuda.is_available():
            raise ConfigError(
                f"expected a CUDA device for --device {device}, got none; leave it out to use the processor"
            )
        path = teach(config, args.runs / config.name, device)
    except (ConfigError, GateError, OSError, ValueError, FloatingPointError) as error:
        print(f"{program}: error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(f"{program}: stopped; the same command continues from the last checkpoint", file=sys.stderr)
        return 130
    print(f"checkpoint: {path}")
    return 0
