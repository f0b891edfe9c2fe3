"""Teach the frame detector: ``python -m training.detector.train training/configs/speech-music-noise.toml``.

Leaves in ``runs/NAME``: ``checkpoint.pt`` (to go on from, and to export) and ``log.jsonl``. Running the same command
again goes on where it stopped.
"""

import argparse
import math
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.nn import functional as F

from gate.errors import GateError
from training.config_file import ConfigError, load
from training.detector import judge, truth
from training.detector.batches import UNSCORED, draw
from training.detector.config import DetectorConfig
from training.detector.store import Sides, prepare
from training.networks.swishnet import SwishNet
from training.recordings.source import digest, open_corpus, provenance
from training.teach.train import LOG_EVERY, blend, learning_rate, resume, save, write

NORMALISED_BY = 8
"""Batches whose coefficients give mean and deviation."""


def train(
    config: DetectorConfig,
    folder: Path,
    sides: Sides | None = None,
    validation: Callable[[SwishNet], dict[str, float]] | None = None,
    report: Callable[[SwishNet], dict[str, Any]] | None = None,
) -> Path:
    """Run, or go on with, one training; returns the checkpoint's path.

    Args:
        sides: what to learn from; prepared as the configuration says if None.
        validation: scores for the log, now and then and at the end.
        report: ``scores`` and ``hardest`` of the network in the end, for its card; without it a run cannot be exported.
    """
    folder.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(config.optimiser.threads)
    torch.manual_seed(config.seed)
    rng = np.random.default_rng(config.seed)
    net, average = SwishNet(config.model), SwishNet(config.model)
    o, path, step = config.optimiser, folder / "checkpoint.pt", 0
    optimiser = torch.optim.AdamW(
        net.parameters(), o.learning_rate, betas=(0.9, 0.99), weight_decay=o.weight_decay
    )
    if path.exists():
        step = resume(path, config, net, average, optimiser, rng)
    if step < o.steps and sides is None:
        sides = prepare(config.data, config.side, config.sides, split="train", seed=config.seed)
    if step == 0:
        normalise(net, sides, config)
        average.load_state_dict(net.state_dict())
    began = time.perf_counter()
    while step < o.steps:
        for group in optimiser.param_groups:
            group["lr"] = learning_rate(step, o)
        batch = draw(sides, config.mix, rng)
        net.train()
        logits, _ = net(batch.features)
        loss = F.cross_entropy(logits.flatten(0, 1), batch.label.flatten(), ignore_index=UNSCORED)
        optimiser.zero_grad()
        loss.backward()
        norm = float(torch.nn.utils.clip_grad_norm_(net.parameters(), o.clip_norm))
        if not math.isfinite(norm):
            raise FloatingPointError(
                f"expected a finite gradient, got {norm} at step {step}; lower optimiser.learning_rate"
            )
        optimiser.step()
        step += 1
        blend(average, net, min(o.average, step / (step + 10)))
        if step % LOG_EVERY == 0:
            seconds = (time.perf_counter() - began) / LOG_EVERY
            began = time.perf_counter()
            write(
                folder,
                {
                    "step": step,
                    "loss": float(loss.detach()),
                    "norm": norm,
                    "seconds_a_step": round(seconds, 3),
                },
            )
        if step % o.evaluate_every == 0 or step == o.steps:
            if validation is not None:
                write(folder, {"step": step} | validation(average))
            save(path, config, step, net, average, optimiser, rng, None)
            began = time.perf_counter()
    if report is not None:
        save(path, config, step, net, average, optimiser, rng, result(config, report(average)))
    return path


def normalise(net: SwishNet, sides: Sides, config: DetectorConfig) -> None:
    """Set the fixed mean and deviation of each coefficient, from some batches of their own."""
    rng = np.random.default_rng([config.seed, 1])
    features = torch.cat([draw(sides, config.mix, rng).features for _ in range(NORMALISED_BY)]).flatten(0, 1)
    net.set_normalisation(features.mean(0), features.std(0))


def result(config: DetectorConfig, judged: dict[str, Any]) -> dict[str, Any]:
    """What an exporter needs to know of a run that has ended: scores and where the sound came from."""
    corpus = open_corpus(config.data)
    rows = provenance(corpus)
    return {
        **judged,
        "sources": rows,
        "training_data": f"{sum(r[2] for r in rows)} recordings from {len({r[1] for r in rows})} sources; see CARD.md",
        "data_sha256": digest(corpus),
        "date": time.strftime("%Y-%m-%d"),
    }


def judges(
    config: DetectorConfig,
) -> tuple[Callable[[SwishNet], dict[str, float]], Callable[[SwishNet], dict[str, Any]]]:
    """Scores on the ``val`` split of the configuration's corpus: for the log, and for the card."""
    corpus = open_corpus(config.data)
    speech: Sequence[truth.Case] = truth.speech_cases(corpus, per_kind=config.data.val_scenes)
    pure = truth.pure_cases(corpus, per_class=config.data.val_scenes)
    return (lambda net: judge.summary(net, speech, pure)), (lambda net: judge.report(net, speech, pure))


def main(argv: list[str] | None = None) -> int:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m training.detector.train", description=__doc__.splitlines()[0]
    )
    parser.add_argument(
        "config", type=Path, help="a TOML file, such as training/configs/speech-music-noise.toml"
    )
    parser.add_argument(
        "--set", action="append", default=[], metavar="TABLE.KEY=VALUE", help="change one setting"
    )
    parser.add_argument("--runs", type=Path, default=Path("runs"), help="folder for runs (default: runs)")
    args = parser.parse_args(argv)
    try:
        config = load(args.config, args.set, DetectorConfig)
        validation, report = judges(config)
        path = train(config, args.runs / config.name, validation=validation, report=report)
    except (ConfigError, GateError, OSError, ValueError, FloatingPointError) as error:
        print(f"training.detector.train: error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(
            "training.detector.train: stopped; the same command goes on from the last checkpoint",
            file=sys.stderr,
        )
        return 130
    print(f"checkpoint: {path}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
