"""SwishNet's published tables, made again: ``python -m training.studies.swishnet MUSAN_FOLDER --gtzan GTZAN_FOLDER``.

Prepares the recordings, trains slim and wide for clips of 0.5, 1 and 2 s, fine-tunes them on GTZAN's music/speech set
if that is given, and writes ``tables.md``, ``tables.json`` and pictures of the confusions beside the published figures.
Running the same command again continues where it stopped; a table with fewer models shares the trainings of one with
more.
"""

import argparse
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import Any

from gate.errors import GateError
from training.config_file import ConfigError, load
from training.studies.swishnet.settings import ProtocolConfig

CONFIG = Path(__file__).parents[2] / "configs" / "swishnet.toml"


def main(argv: list[str] | None = None) -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(
        prog="python -m training.studies.swishnet", description=__doc__.splitlines()[0]
    )
    parser.add_argument("musan", type=Path, help="MUSAN's folder, or one with a manifest.csv")
    parser.add_argument("--gtzan", type=Path, help="GTZAN's music/speech set, to fine-tune on and judge by")
    parser.add_argument("--config", type=Path, default=CONFIG, help=f"a TOML file (default: {CONFIG.name})")
    parser.add_argument(
        "--set", action="append", default=[], metavar="TABLE.KEY=VALUE", help="change one setting"
    )
    parser.add_argument(
        "--runs", type=Path, default=Path("runs/swishnet"), help="folder for all that is made (%(default)s)"
    )
    parser.add_argument("--device", default="cpu", help="cpu or cuda (default: cpu)")
    args = parser.parse_args(argv)
    try:
        config = load(args.config, ProtocolConfig, args.set)
        made = run(args.musan, args.gtzan, config, args.runs, args.device)
    except (ConfigError, GateError, OSError, ValueError, FloatingPointError) as error:
        print(f"training.studies.swishnet: error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("training.studies.swishnet: stopped; the same command continues from there", file=sys.stderr)
        return 130
    print(made[1].read_text(encoding="utf-8"))
    print("\n".join(f"wrote {path}" for path in made))
    return 0


def run(musan: Path, gtzan: Path | None, config: ProtocolConfig, folder: Path, device: str) -> list[Path]:
    """Do everything that the command does; returns the files written, the JSON first, the text second."""
    import torch

    from training.studies.swishnet import report
    from training.studies.swishnet.recordings import read_gtzan, read_musan, split, tuning_split
    from training.studies.swishnet.run import Data, check, teach, tune
    from training.studies.swishnet.store import prepare
    from training.teach.run_log import commit

    if device != "cpu" and not torch.cuda.is_available():
        raise ConfigError(
            f"expected a CUDA device for --device {device}, got none; leave it out to use the processor"
        )
    check(config)
    items = split(read_musan(musan, config.split.by), config.split, config.seed)
    others = (
        tuning_split(read_gtzan(gtzan), config.tune.share, config.seed) if gtzan else []
    )  # before hours of work
    data = Data(prepare(items, config.clean, config.store), items)
    todo = [(name, length_s) for name in config.models for length_s in config.lengths_s]
    rows = [teach(name, length_s, data, config, folder, device) for name, length_s in todo]
    tuned: list[dict[str, Any]] = []
    if others:
        store = prepare(others, config.clean, config.store, denoise=config.tune.log_mmse)
        tuned = [tune(name, length_s, Data(store, others), config, folder, device) for name, length_s in todo]
    result = {
        "seed": config.seed,
        "data_sha256": data.sha256,
        "gtzan_sha256": Data(store, others).sha256 if others else None,
        "date": time.strftime("%Y-%m-%d"),
        "commit": commit(),
        "config": asdict(config),
        "recordings": {
            part: {
                kind: {"files": len(own), "minutes": round(sum(i.seconds for i in own) / 60, 1)}
                for kind in ("speech", "music", "noise")
                for own in [[i for i in items if (i.split, i.kind) == (part, kind)]]
            }
            for part in ("train", "val", "test")
        },
        "musan": rows,
        "gtzan": tuned,
    }
    return report.write(folder, result)


if __name__ == "__main__":
    raise SystemExit(main())
