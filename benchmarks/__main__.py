"""Run everything and write RESULTS.md, results.json and results.png beside this file."""

import argparse
import json
from pathlib import Path

from benchmarks import block, machine, render, report
from gate import preset as presets

HERE = Path(__file__).resolve().parent


def main(argv: list[str] | None = None) -> int:
    """About five minutes; nothing else should be busy."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--preset", default="voice", help="name, folder or .onnx file (default: voice)")
    parser.add_argument(
        "--seconds", type=float, default=15.0, help="of callbacks, at each rate (default: 15)"
    )
    parser.add_argument(
        "--minutes", type=float, default=10.0, help="length of the rendered file (default: 10)"
    )
    parser.add_argument("--out", type=Path, default=HERE, help="folder (default: benchmarks)")
    args = parser.parse_args(argv)
    given = "".join(f" --{k} {getattr(args, k):g}" for k in ("seconds", "minutes"))
    preset = presets.resolve(args.preset)
    results = {
        "command": f"python -m benchmarks{given}",
        "preset": preset.name,
        "graph": preset.contract.to_dict()["graph_sha256"],
        "machine": machine.describe(),
        "block": block.run(args.preset, args.seconds),
        "render": render.run(args.preset, args.minutes),
    }
    args.out.mkdir(parents=True, exist_ok=True)
    (args.out / "results.json").write_text(json.dumps(results, indent=1) + "\n")
    (args.out / "RESULTS.md").write_text(report.markdown(results))
    report.picture(results, args.out / "results.png")
    print(report.markdown(results))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
