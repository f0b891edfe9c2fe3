"""Teach a gate: ``python -m training.teach.train training/configs/voice.toml``. One loop, read from top to bottom.

Leaves in ``runs/NAME``: ``checkpoint.pt`` (to go on from, and to export), ``log.jsonl`` and ``curves.png``. Running the
same command again goes on where it stopped.
"""

import argparse
import dataclasses
import json
import math
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from gate.constants import BLOCK_S
from gate.errors import GateError
from gate.files.atomic import whole
from training.config_file import ConfigError, from_dict, load
from training.judging.metrics import MEASURES
from training.networks.bodies import build
from training.networks.gate_net import GateNet
from training.recordings.source import digest, open_corpus, provenance
from training.teach.aims import AimConfig
from training.teach.batches import draw, to
from training.teach.config import Config, OptimiserConfig
from training.teach.curves import draw_curves
from training.teach.features import Store, prepare
from training.teach.losses import gate_loss
from training.teach.validate import Validation

LOG_EVERY = 50


def train(
    config: Config,
    folder: Path,
    *,
    device: str = "cpu",
    validation: Validation | None = None,
    start: GateNet | None = None,
    report: Callable[[dict[str, Any]], None] | None = None,
    stop: Callable[[], bool] = lambda: False,
) -> Path:
    """Run, or go on with, one training; returns the checkpoint's path.

    Args:
        start: whose weights a new run begins with, of the configuration's size; random ones if None.
        report: gets every row of the log; None prints it.
        stop: asked after every step; True saves, and raises KeyboardInterrupt.
    """
    folder.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(config.optimiser.threads)
    torch.manual_seed(config.seed)
    rng = np.random.default_rng(config.seed)
    net, average = (build(config.model).to(device) for _ in range(2))
    if start is not None:
        net.load_state_dict(start.state_dict())
    average.load_state_dict(net.state_dict())
    optimiser = torch.optim.AdamW(
        net.parameters(),
        config.optimiser.learning_rate,
        betas=(0.9, 0.99),
        weight_decay=config.optimiser.weight_decay,
    )
    path, step = folder / "checkpoint.pt", 0
    if path.exists():
        step = resume(path, config, net, average, optimiser, rng)
    store = scenes(config) if step < config.optimiser.steps else None  # an ended run is only judged again
    elapsed, seconds_a_step = time.perf_counter(), config.batch.sequences * config.batch.blocks * BLOCK_S
    while store is not None and step < config.optimiser.steps:
        for group in optimiser.param_groups:
            group["lr"] = learning_rate(step, config.optimiser)
        batch = to(draw(store, config.batch, rng), torch.device(device))
        net.train()
        output, _ = net.decide(batch.powers, net.initial_state(len(batch.label)))
        losses = gate_loss(output, batch, config.loss)
        optimiser.zero_grad()
        losses["total"].backward()
        norm = torch.nn.utils.clip_grad_norm_(net.parameters(), config.optimiser.clip_norm)
        if not math.isfinite(float(norm)):
            raise FloatingPointError(
                f"expected a finite gradient, got {float(norm)} at step {step}; lower optimiser.learning_rate"
            )
        optimiser.step()
        step += 1
        blend(average, net, min(config.optimiser.average, step / (step + 10)))
        if step % LOG_EVERY == 0:
            speed = LOG_EVERY * seconds_a_step / (time.perf_counter() - elapsed)
            elapsed = time.perf_counter()
            row = {
                "step": step,
                "lr": learning_rate(step, config.optimiser),
                "norm": float(norm),
                "sound_s_per_s": round(speed),
            }
            write(
                folder, row | {f"train_{k}": round(float(v.detach()), 5) for k, v in losses.items()}, report
            )
        if step % config.optimiser.evaluate_every == 0 or step == config.optimiser.steps:
            if validation is not None:
                write(folder, {"step": step} | validation(average), report)
                draw_curves(folder / "log.jsonl", folder / "curves.png")
            save(path, config, step, net, average, optimiser, rng, None)
            elapsed = time.perf_counter()
        elif stop():
            save(path, config, step, net, average, optimiser, rng, None)
            raise KeyboardInterrupt
    # An ended run that is run again is judged again: by other aims, if they changed.
    if validation is not None:
        save(path, config, step, net, average, optimiser, rng, finish(config, average, validation))
    return path


def finish(config: Config, net: GateNet, validation: Validation) -> dict[str, Any]:
    """What an exporter needs to know of a run that has ended: decision thresholds, scores and where the sound came from."""
    open_at, close_at = validation.choose_decision(net, config.aims)
    gates = validation.gates(net)
    tables = (validation.table(gates, open_at, close_at), validation.table_by_snr(gates, open_at, close_at))
    scores, by_snr = (
        {name: {m: round(float(row[m]), 4) for m in MEASURES} for name, row in table.items()}
        for table in tables
    )
    corpus = open_corpus(config.data)
    rows = provenance(corpus)
    return {
        "open_at": open_at,
        "close_at": close_at,
        "scores": scores,
        "by_snr": by_snr,
        "intervals_95": {
            name: {m: [round(float(end), 4) for end in row[m]] for m in MEASURES}
            for name, row in validation.intervals(gates, open_at, close_at, config.seed).items()
        },
        "hardest": validation.hardest(gates, open_at, close_at),
        "scenes_per_kind": len(validation.kinds) // max(len(scores), 1),
        "sources": rows,
        "training_data": f"{sum(r[2] for r in rows)} recordings from {len({r[1] for r in rows})} sources; see CARD.md",
        "data_sha256": digest(corpus),
        "date": time.strftime("%Y-%m-%d"),
    }


def scenes(config: Config) -> Store:
    """The training scenes, prepared now or earlier."""
    return prepare(config.data, config.scene, split="train", seed=config.seed)


def learning_rate(step: int, o: OptimiserConfig) -> float:
    """One cycle: up in a straight line for the first ``warm_up`` of the steps, then half a cosine down."""
    done = step / o.steps
    if done < o.warm_up:
        return o.learning_rate * (0.04 + 0.96 * done / o.warm_up)
    fall = 0.5 * (1 + math.cos(math.pi * (done - o.warm_up) / (1 - o.warm_up)))
    return o.learning_rate * (0.01 + 0.99 * fall)


@torch.no_grad()
def blend(average: nn.Module, net: nn.Module, keep: float) -> None:
    """Move the averaged weights towards the network's."""
    for a, b in zip(average.parameters(), net.parameters(), strict=True):
        a.lerp_(b, 1.0 - keep)


def save(
    path: Path,
    config: Any,
    step: int,
    net: nn.Module,
    average: nn.Module,
    optimiser: Any,
    rng: Any,
    result: Any,
) -> None:
    """Everything that going on, or exporting, needs, written beside and renamed."""
    state = {
        "config": dataclasses.asdict(config),
        "step": step,
        "net": net.state_dict(),
        "average": average.state_dict(),
        "optimiser": optimiser.state_dict(),
        "numpy_rng": rng.bit_generator.state,
        "torch_rng": torch.get_rng_state(),
        "commit": commit(),
        "result": result,
    }
    with whole(path) as stream:
        torch.save(state, stream)


def resume(path: Path, config: Any, net: nn.Module, average: nn.Module, optimiser: Any, rng: Any) -> int:
    """Load a checkpoint into the given objects; returns its step. The configuration must be the same."""
    state = torch.load(path, weights_only=False)
    if _learns_by(from_dict(type(config), state["config"])) != _learns_by(config):
        raise ConfigError(
            f"{path} was made with another configuration; move it away, or choose another --runs folder"
        )
    net.load_state_dict(state["net"])
    average.load_state_dict(state["average"])
    optimiser.load_state_dict(state["optimiser"])
    rng.bit_generator.state = state["numpy_rng"]
    torch.set_rng_state(state["torch_rng"])
    return int(state["step"])


def _learns_by(config: Any) -> Any:
    """A configuration with the aims that all have: they choose between what was learned, learning does not know them."""
    return dataclasses.replace(config, aims=AimConfig()) if isinstance(config, Config) else config


def commit() -> str:
    """The git commit that runs, or an empty text outside a checkout."""
    try:
        done = subprocess.run(["git", "rev-parse", "HEAD"], capture_output=True, text=True, check=False)
    except OSError:  # no git: a run must not end at its first checkpoint for that
        return ""
    return done.stdout.strip()


def write(folder: Path, row: dict[str, Any], report: Callable[[dict[str, Any]], None] | None = None) -> None:
    """One line more in the log, and on the screen, or to whoever reports."""
    with open(folder / "log.jsonl", "a") as log:
        log.write(json.dumps(row) + "\n")
    if report is not None:
        report(row)
        return
    print(
        "  ".join(f"{k} {v:.4g}" if isinstance(v, float) else f"{k} {v}" for k, v in row.items()), flush=True
    )


def main(argv: list[str] | None = None) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m training.teach.train", description=__doc__.splitlines()[0]
    )
    parser.add_argument("config", type=Path, help="a TOML file, such as training/configs/voice.toml")
    parser.add_argument(
        "--set", action="append", default=[], metavar="TABLE.KEY=VALUE", help="change one setting"
    )
    parser.add_argument("--runs", type=Path, default=Path("runs"), help="folder for runs (default: runs)")
    parser.add_argument("--device", default="cpu", help="cpu or cuda (default: cpu)")
    args = parser.parse_args(argv)
    try:
        config = load(args.config, args.set)
        if args.device != "cpu" and not torch.cuda.is_available():
            raise ConfigError(
                f"expected a CUDA device for --device {args.device}, got none; leave it out to use the processor"
            )
        validation = Validation.from_corpus(
            open_corpus(config.data), per_kind=config.data.val_scenes, target=config.scene.target
        )
        path = train(config, args.runs / config.name, device=args.device, validation=validation)
    except (ConfigError, GateError, OSError, ValueError, FloatingPointError) as error:
        print(f"training.teach.train: error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(
            "training.teach.train: stopped; the same command goes on from the last checkpoint",
            file=sys.stderr,
        )
        return 130
    print(f"checkpoint: {path}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
