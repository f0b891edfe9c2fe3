"""Teach the frame detector: ``python -m training.detector.train training/configs/speech-music-noise.toml``.

Leaves in ``runs/NAME``: ``checkpoint.pt`` (to continue from, and to export) and ``log.jsonl``. Running the same command
again continues where it stopped.
"""

import dataclasses
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.nn import functional as F

from training.config_file import from_dict
from training.detector import judge, truth
from training.detector.batches import UNSCORED, draw
from training.detector.config import DetectorConfig
from training.detector.store import Sides, prepare
from training.networks.swishnet import SwishNet
from training.recordings.source import open_corpus
from training.teach import command
from training.teach.loop import Loop
from training.teach.optimiser import adamw, learning_rate
from training.teach.run_log import LOG_EVERY, commit, origin, write

NORMALISED_BY = 8
"""Batches whose coefficients give mean and deviation."""


def train(
    config: DetectorConfig,
    folder: Path,
    sides: Sides | None = None,
    validation: Callable[[SwishNet], dict[str, float]] | None = None,
    report: Callable[[SwishNet], dict[str, Any]] | None = None,
) -> Path:
    """Run, or continue, one training; returns the checkpoint's path.

    Args:
        sides: what to learn from; prepared as the configuration says if None.
        validation: scores for the log, now and then and at the end.
        report: makes ``scores`` and ``hardest`` of the network in the end, for the card; needed for an export.
    """
    folder.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(config.optimiser.threads)
    torch.manual_seed(config.seed)
    rng = np.random.default_rng(config.seed)
    net, average = SwishNet(config.model), SwishNet(config.model)
    o, path = config.optimiser, folder / "checkpoint.pt"
    optimiser = adamw(net.parameters(), o.learning_rate, o.weight_decay)
    loop = Loop(net, optimiser, o.steps, clip_norm=o.clip_norm, average=average, keep=o.average, rng=rng)
    loop.resume(
        path,
        lambda state: from_dict(DetectorConfig, state["config"]) == config,
        "another configuration",
    )
    if loop.step < o.steps and sides is None:
        sides = prepare(config.data, config.side, config.sides, split="train", seed=config.seed)
    if loop.step == 0:
        normalise(net, sides, config)
        average.load_state_dict(net.state_dict())

    def save(result: dict[str, Any] | None) -> None:
        loop.save(path, config=dataclasses.asdict(config), commit=commit(), result=result)

    began = time.perf_counter()
    for step in loop:
        batch = draw(sides, config.mix, rng)
        logits, _ = net(batch.features)
        loss = F.cross_entropy(logits.flatten(0, 1), batch.label.flatten(), ignore_index=UNSCORED)
        norm = loop.learn(loss, learning_rate(step - 1, o))
        if step % LOG_EVERY == 0:
            seconds = (time.perf_counter() - began) / LOG_EVERY
            began = time.perf_counter()
            row = {"step": step, "loss": float(loss.detach()), "norm": norm}
            write(folder, row | {"seconds_a_step": round(seconds, 3)})
        if step % o.evaluate_every == 0 or step == o.steps:
            if validation is not None:
                write(folder, {"step": step} | validation(average))
            save(None)
            began = time.perf_counter()
    if report is not None:
        save(report(average) | origin(open_corpus(config.data)))
    return path


def normalise(net: SwishNet, sides: Sides, config: DetectorConfig) -> None:
    """Set the fixed mean and deviation of each coefficient, from some batches drawn for that."""
    rng = np.random.default_rng([config.seed, 1])
    features = torch.cat([draw(sides, config.mix, rng).features for _ in range(NORMALISED_BY)]).flatten(0, 1)
    net.set_normalisation(features.mean(0), features.std(0))


def judges(
    config: DetectorConfig,
) -> tuple[Callable[[SwishNet], dict[str, float]], Callable[[SwishNet], dict[str, Any]]]:
    """Make two functions that score on the ``val`` split of the configuration's corpus: for the log, for the card."""
    corpus = open_corpus(config.data)
    speech: Sequence[truth.Case] = truth.speech_cases(corpus, per_kind=config.data.val_scenes)
    pure = truth.pure_cases(corpus, per_class=config.data.val_scenes)
    return (lambda net: judge.summary(net, speech, pure)), (lambda net: judge.report(net, speech, pure))


def main(argv: list[str] | None = None) -> int:
    """Run the command."""
    return command.run(
        "training.detector.train",
        (__doc__ or "").splitlines()[0],
        DetectorConfig,
        _teach,
        argv,
        example="speech-music-noise.toml",
    )


def _teach(config: DetectorConfig, folder: Path, device: str) -> Path:
    validation, report = judges(config)
    return train(config, folder, validation=validation, report=report)


if __name__ == "__main__":
    raise SystemExit(main())
