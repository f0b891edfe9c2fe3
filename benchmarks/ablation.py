"""What each learned part is worth: the gate without that part, judged on the same scenes.

    python -m benchmarks.ablation [--config training/configs/voice.toml] [--steps 600] [--runs runs/ablation]

Every variant learns from the same scenes with the same seed for the same number of steps, far fewer than a preset's:
compare rows, not this table with a preset's card. "Its best constant": the network as it is, with one of its answers
replaced, everywhere, by the one constant that does best on the very scenes of the table. Writes docs/ablation.md,
docs/ablation.json and docs/pictures/ablation.png. A run that was stopped continues where it was.
"""

import argparse
import dataclasses
import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gate.realtime.ballistics import ATTACK_RANGE_MS, HOLD_RANGE_MS, RELEASE_RANGE_MS
from training.config_file import load
from training.judging import metrics
from training.networks.gate_net import GateNet
from training.recordings.source import digest, open_corpus
from training.teach.aims import shortfall
from training.teach.config import Config
from training.teach.train import network, train
from training.teach.validate import SLACK, Validation

SHORTER = ["optimiser.evaluate_every=100000", "batch.sequences=16"]
VARIANTS = {
    "as shipped, 64 and 96 wide": [],
    "no key": ["model.key=false"],
    "with the term for chatter": ["loss.chatter=3.0"],
    "GRU instead of LSTM": ["model.body='gru'"],
    "convolutions alone": ["model.body='conv'"],
    "10 wide": ["model.width=10", "model.hidden=10"],
    "24 wide": ["model.width=24", "model.hidden=24"],
    "96 wide": ["model.width=96", "model.hidden=96"],
    "144 wide": ["model.width=144", "model.hidden=144"],
    "half of the recordings": ["data.share=0.5", "data.scenes=2000"],
    "a quarter of the recordings": ["data.share=0.25", "data.scenes=1000"],
}
CONSTANTS = {"attack": (1, ATTACK_RANGE_MS), "hold": (2, HOLD_RANGE_MS), "release": (3, RELEASE_RANGE_MS)}
"""Row of ``Validation.gates``, and range in ms."""
TRIED = 8
"""Constants that are tried for a time, evenly spaced in the logarithm."""


def rows(config_path: Path, steps: int, runs: Path) -> Iterator[dict[str, Any]]:
    """Yield one row of the table after the other."""
    shorter = [*SHORTER, f"optimiser.steps={steps}"]
    config = load(config_path, Config, shorter)
    corpus = open_corpus(config.data)
    validation = Validation.from_corpus(corpus, per_kind=config.data.val_scenes, target=config.scene.target)
    for name, changes in VARIANTS.items():
        config = load(config_path, Config, [*shorter, *changes])
        path = train(config, runs / name.replace(" ", "_").replace(",", ""))
        net = network(path)
        gates = validation.gates(net)
        yield row(name, net, gates, validation, config, cost_us(net, config))
        if not changes:
            for part, (index, limits) in CONSTANTS.items():
                yield best_constant(part, index, limits, net, gates, validation, config)


def row(
    name: str, net: GateNet, gates: NDArray[np.float32], validation: Validation, config: Config, cost: float
) -> dict[str, Any]:
    """Measure all kinds together, at the decision thresholds that suit these gates best."""
    pair = validation.best_decision(gates, config.aims)
    scores = validation.scores(gates, *pair)
    pooled, ends = metrics.pool(scores), metrics.intervals(scores, draws=400)
    return {
        "name": name,
        "weights": sum(p.numel() for p in net.parameters()),
        "cost_us": cost,
        "decision": pair,
        "shortfall": shortfall(validation.table(gates, *pair), config.aims),
        "measures": {m: pooled[m] for m in metrics.MEASURES},
        "intervals_95": {m: ends[m] for m in metrics.MEASURES},
    }


def best_constant(
    part: str,
    index: int,
    limits: tuple[float, float],
    net: GateNet,
    gates: NDArray[np.float32],
    validation: Validation,
    config: Config,
) -> dict[str, Any]:
    """Return the row of the constant with the least shortfall, of those (``TRIED``) nearly as often right as the best."""
    low, high = max(limits[0], 1.0), limits[1]
    found = []
    for ms in np.geomspace(low, high, TRIED):
        changed = gates.copy()
        changed[:, index] = ms
        found.append(row(f"{part} always {ms:.0f} ms", net, changed, validation, config, float("nan")))
    best = max(r["measures"]["balanced"] for r in found)
    return min((r for r in found if r["measures"]["balanced"] >= best - SLACK), key=lambda r: r["shortfall"])


def cost_us(net: GateNet, config: Config, blocks: int = 4000) -> float:
    """Measure the median time of one block, live, in us, of a network that can be exported; nan for others."""
    if net.config.body != "lstm" or not net.config.key:
        return float("nan")
    from export.to_onnx import to_model
    from gate.engine.engine import Engine
    from gate.engine.settings import EngineSettings

    result = {"open_at": 0.4, "close_at": 0.2, "scores": {}, "training_data": "-"}
    model = to_model(net, config, {"result": result, "average": net.state_dict()})
    sound = np.random.default_rng(0).standard_normal((100, 1), dtype=np.float32) * np.float32(0.1)
    out, times = np.empty_like(sound), []
    with Engine(model, EngineSettings(48_000, channels=1)) as engine:
        for _ in range(blocks):
            start = time.perf_counter_ns()
            engine.process(sound, out)
            times.append(time.perf_counter_ns() - start)
    return float(np.median(times[blocks // 4 :])) / 1e3


HEADS = ("AUC", "balanced", "95 %", "onset", "p90", "missed", "needless", "chops", "lost", "cut", "95 %")
FORMATS = ("{:.3f}", "{:.3f}", "{:.1f}", "{:.0f}", "{:.3f}", "{:.1f}", "{:.1f}", "{:.2f}", "{:.1f}")


def markdown(table: list[dict[str, Any]], about: dict[str, Any]) -> str:
    """Write the table, and what it rests on, as Markdown."""
    lines = [
        "# What each part is worth",
        "",
        f"`{about['command']}`, seed {about['seed']}, {about['steps']} steps of {about['sequences']} sequences of 5 s for "
        f"each row, data `{about['data']}`, {about['date']}. Judged on {about['scenes']} scenes of `val` "
        "([measures](metrics.md)), each row at the decision thresholds that suit it best. That is a small part of the "
        "learning that a preset gets: compare rows with each other. Two trainings of one variant with other seeds "
        "differ too, which the intervals (bootstrap over scenes) do not show.",
        "",
        "| | weights | µs a block | " + " | ".join(HEADS) + " |",
        "|---" * (len(HEADS) + 3) + "|",
    ]
    for r in table:
        cells = [f.format(r["measures"][m]) for f, m in zip(FORMATS, metrics.MEASURES, strict=True)]
        for at, name in ((2, "balanced"), (len(cells) + 1, "cut_db")):
            low, high = r["intervals_95"][name]
            cells.insert(at, f"{low:.3f}-{high:.3f}" if name == "balanced" else f"{low:.0f}-{high:.0f}")
        cost = f"{r['cost_us']:.1f}" if r["cost_us"] == r["cost_us"] else "-"
        lines.append(f"| {r['name']} | {r['weights']:,} | {cost} | " + " | ".join(cells) + " |")
    lines += [
        "",
        "*Always*: one answer of the first row's network replaced by the constant, of eight, that does best on these very",
        "scenes. *µs a block*: median of a callback of 100 samples that runs the model, in a tight loop, on the machine",
        "that made this table; what cannot be exported has none. *No key*: all bands weigh the same.",
        "",
        "![Quality against cost](pictures/ablation.png)",
        "",
    ]
    return "\n".join(lines)


def picture(table: list[dict[str, Any]], path: Path) -> None:
    """Draw balanced accuracy, with intervals, against cost a block for the sizes, and the other rows beside them."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, (left, right) = plt.subplots(
        1, 2, figsize=(11, 4.2), width_ratios=(1, 1.25), layout="constrained"
    )
    sizes = sorted((r for r in table if r["name"].endswith("wide")), key=lambda r: r["weights"])
    for axis, chosen in ((left, sizes), (right, table)):
        values = np.array([r["measures"]["balanced"] for r in chosen])
        ends = np.array([r["intervals_95"]["balanced"] for r in chosen])
        bars = np.abs(ends - values[:, None]).T
        if axis is left:
            axis.errorbar([r["cost_us"] for r in chosen], values, bars, fmt="o-", capsize=3)
            for r, value in zip(chosen, values, strict=True):
                axis.annotate(f" {r['weights'] / 1e3:.0f}k", (r["cost_us"], value), va="bottom")
            axis.set(xlabel="cost of a block, µs", ylabel="balanced accuracy", title="Size")
        else:
            axis.errorbar(values, np.arange(len(chosen)), xerr=bars, fmt="o", capsize=3)
            axis.set_yticks(np.arange(len(chosen)), [r["name"] for r in chosen])
            axis.axvline(values[0], color="0.7", zorder=0)
            axis.invert_yaxis()
            axis.set(xlabel="balanced accuracy, 95 % over scenes", title="Parts")
        axis.grid(alpha=0.3)
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)
    plt.close(figure)


def main(argv: list[str] | None = None) -> int:
    """Run the command line; return its exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.ablation", description=__doc__.splitlines()[0]
    )
    parser.add_argument("--config", type=Path, default=Path("training/configs/voice.toml"))
    parser.add_argument("--steps", type=int, default=600, help="of each training (default: 600)")
    parser.add_argument("--runs", type=Path, default=Path("runs/ablation"))
    parser.add_argument("--docs", type=Path, default=Path("docs"))
    args = parser.parse_args(argv)
    table = []
    try:
        config = load(args.config, Config, SHORTER)
        for found in rows(args.config, args.steps, args.runs):
            table.append(found)
            print(json.dumps(found), flush=True)
    except (OSError, ValueError, FloatingPointError) as error:
        print(f"benchmarks.ablation: error: {error}", file=sys.stderr)
        return 1
    kinds = 2 if config.scene.target == "voice" else 1
    about = {
        "command": f"python -m benchmarks.ablation --config {args.config} --steps {args.steps}",
        "seed": config.seed,
        "steps": args.steps,
        "sequences": config.batch.sequences,
        "data": digest(open_corpus(config.data))[:16],
        "scenes": kinds * config.data.val_scenes,
        "date": time.strftime("%Y-%m-%d"),
        "config": dataclasses.asdict(config),
    }
    picture(table, args.docs / "pictures" / "ablation.png")
    (args.docs / "ablation.json").write_text(json.dumps({"about": about, "rows": table}, indent=1) + "\n")
    (args.docs / "ablation.md").write_text(markdown(table, about))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
