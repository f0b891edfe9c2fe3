"""Teach a gate: ``python -m training.teach.train training/configs/voice.toml``. One loop, read from top to bottom.

Leaves in ``runs/NAME``: ``checkpoint.pt`` (to continue from, and to export), ``log.jsonl`` and ``curves.png``. Running
the same command again continues where it stopped.
"""

import dataclasses
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch

from gate.constants import BLOCK_S
from training.config_file import ConfigError, from_dict
from training.judging.metrics import MEASURES
from training.networks.bodies import build
from training.networks.gate_net import GateNet, GateOutput
from training.recordings.source import open_corpus
from training.teach import command
from training.teach.aims import AimConfig
from training.teach.batch import Batch, to
from training.teach.batches import draw
from training.teach.config import Config, FoldConfig
from training.teach.curves import draw_curves
from training.teach.features import Store, prepare
from training.teach.loop import Loop
from training.teach.losses import gate_loss
from training.teach.optimiser import adamw, learning_rate
from training.teach.run_log import LOG_EVERY, commit, origin, write
from training.teach.validate import Validation

ELSEWHERE = "elsewhere.json"
"""What ``training.teach.folds`` found, in the run's folder."""


def train(
    config: Config,
    folder: Path,
    *,
    device: str = "cpu",
    validation: Validation | None = None,
    elsewhere: Validation | None = None,
    start: GateNet | None = None,
    report: Callable[[dict[str, Any]], None] | None = None,
    stop: Callable[[], bool] = lambda: False,
    judge: bool = True,
) -> Path:
    """Run, or continue, one training; returns the checkpoint's path.

    Args:
        start: network of the configuration's size, with whose weights a new run begins; random ones if None.
        report: gets every row of the log; None prints it.
        validation: scores the network while it learns, and at the end; ``elsewhere`` while it learns, on unknown sources.
        judge: whether an ended run is judged for an exporter.
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
    o, path = config.optimiser, folder / "checkpoint.pt"
    optimiser = adamw(net.parameters(), o.learning_rate, o.weight_decay)
    loop = Loop(net, optimiser, o.steps, clip_norm=o.clip_norm, average=average, keep=o.average, rng=rng)
    loop.resume(path, lambda state: _learned_alike(state, config), "another configuration")
    store = scenes(config) if loop.step < o.steps else None  # an ended run is only judged again

    def save(result: dict[str, Any] | None) -> None:
        loop.save(path, config=dataclasses.asdict(config), commit=commit(), result=result)

    elapsed, seconds_a_step = time.perf_counter(), config.batch.sequences * config.batch.blocks * BLOCK_S
    for step in loop:
        rate = learning_rate(step - 1, o)
        batch = to(draw(store, config.batch, rng), torch.device(device))
        losses = gate_loss(answers(net, batch, o.bfloat16), batch, config.loss)
        norm = loop.learn(losses["total"], rate)
        if step % LOG_EVERY == 0:
            speed = LOG_EVERY * seconds_a_step / (time.perf_counter() - elapsed)
            elapsed = time.perf_counter()
            row = {"step": step, "lr": learning_rate(step, o), "norm": norm, "sound_s_per_s": round(speed)}
            row |= {f"train_{k}": round(float(v.detach()), 5) for k, v in losses.items()}
            write(folder, row, report)
        if step % o.evaluate_every == 0 or step == o.steps:
            save(None)
            if validation is not None:
                row = validation(average)
                if elsewhere is not None:
                    row |= {f"elsewhere_{name}": value for name, value in elsewhere(average).items()}
                write(folder, {"step": step} | row, report)
                draw_curves(folder / "log.jsonl", folder / "curves.png")
            elapsed = time.perf_counter()
        elif stop():
            save(None)
            raise KeyboardInterrupt
    # An ended run that is run again is judged again: by other aims, if they changed.
    if validation is not None and judge:
        save(finish(config, average, validation, folder))
    return path


def answers(net: GateNet, batch: Batch, bfloat16: bool) -> GateOutput:
    """Ask a network about a batch, in bfloat16 where that is wanted; the answers are float32."""
    device = batch.powers.device.type
    with torch.autocast(device, torch.bfloat16, enabled=bfloat16):
        output, _ = net.decide(batch.powers, net.initial_state(len(batch.label)))
    return GateOutput(*(x.float() for x in output))


def finish(config: Config, net: GateNet, validation: Validation, folder: Path) -> dict[str, Any]:
    """Collect what an exporter needs of a run that has ended: decision thresholds, scores, the sound's origin.

    Where the run's folder says what folds did on sources that they do not know (``training.teach.folds``), the thresholds
    are those that were best there, and all of it is told on.
    """
    folds = folder / ELSEWHERE
    elsewhere = json.loads(folds.read_text()) if folds.exists() else {}
    if elsewhere:
        open_at, close_at = elsewhere["open_at"], elsewhere["close_at"]
    else:
        open_at, close_at = validation.choose_decision(net, config.aims)
    gates = validation.gates(net)
    tables = (validation.table(gates, open_at, close_at), validation.table_by_snr(gates, open_at, close_at))
    scores, by_snr = (
        {name: {m: round(float(row[m]), 4) for m in MEASURES} for name, row in table.items()}
        for table in tables
    )
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
        "elsewhere": elsewhere,
        "scenes_per_kind": len(validation.kinds) // max(len(scores), 1),
        **origin(open_corpus(config.data)),
    }


def network(path: Path) -> GateNet:
    """Load the averaged network of a checkpoint, in evaluation mode."""
    state = torch.load(path, weights_only=True)
    made: Config = from_dict(Config, state["config"])
    net = build(made.model).eval()
    net.load_state_dict(state["average"])
    return net


def start_of(config: Config, folder: Path) -> GateNet | None:
    """Load what a training goes on from, see ``FoldConfig.onward``.

    Raises:
        ConfigError: that fold has not been taught, or is of another size.
    """
    if config.folds.onward < 0:
        return None
    path = folder / f"fold-{config.folds.onward}" / "checkpoint.pt"
    if not path.is_file():
        raise ConfigError(
            f"expected {path}, which folds.onward = {config.folds.onward} goes on from, got nothing there; run "
            "training.teach.folds with the same configuration first"
        )
    net = network(path)
    if net.config != config.model:
        raise ConfigError(
            f"expected {path} to be of the size in [model], got {net.config}; teach the folds again"
        )
    return net


def scenes(config: Config) -> Store:
    """Return the training scenes, prepared now or earlier."""
    return prepare(config.data, config.scene, split="train", seed=config.seed)


def _learned_alike(state: dict[str, Any], config: Config) -> bool:
    """Tell whether a checkpoint is of a configuration. Aims and folds are left out: they judge what was learned."""

    def learned(made: Config) -> Config:
        return dataclasses.replace(made, aims=AimConfig(), folds=FoldConfig(onward=made.folds.onward))

    return learned(from_dict(Config, state["config"])) == learned(config)


def main(argv: list[str] | None = None) -> int:
    """Run the command."""
    return command.run(
        "training.teach.train",
        (__doc__ or "").splitlines()[0],
        Config,
        _teach,
        argv,
        example="voice.toml",
        devices=True,
    )


def _teach(config: Config, folder: Path, device: str) -> Path:
    validation = Validation.from_corpus(
        open_corpus(config.data), per_kind=config.data.val_scenes, target=config.scene.target
    )
    return train(config, folder, device=device, validation=validation, start=start_of(config, folder))


if __name__ == "__main__":
    raise SystemExit(main())
