"""What a gate is worth elsewhere: ``python -m training.teach.folds training/configs/voice.toml``.

For each group of sources (``training.recordings.groups``) a gate is taught on all the others and judged on that group, and
on ``val`` of what it knows. The decision thresholds that suit all of these gates on the sources that they do not know are
the preset's; the gap between the two tables goes on its card. Leaves ``fold-G/`` and ``elsewhere.json`` in ``runs/NAME``;
the same command continues where it stopped.
"""

import dataclasses
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gate.files.atomic import write_text
from training.config_file import ConfigError
from training.judging import metrics
from training.recordings.groups import GROUPS, held_out, known_only
from training.recordings.source import open_corpus
from training.teach import command
from training.teach.config import Config
from training.teach.train import ELSEWHERE, network, train
from training.teach.validate import DECISIONS, Validation, best_pair, grouped, pooled

Gates = NDArray[np.float32]


@dataclasses.dataclass(frozen=True)
class Fold:
    """One group's gate, and what it did (S, 4, T) on sources that it does not know, and on ``val`` of those it knows."""

    elsewhere: Validation
    known: Validation
    gates_elsewhere: Gates
    gates_known: Gates


def folds(
    config: Config,
    folder: Path,
    device: str = "cpu",
    *,
    report: Callable[[dict[str, Any]], None] | None = None,
) -> Path:
    """Teach and judge every fold, and write what they say; returns the file.

    Args:
        config: as for ``training.teach.train``, with ``data.groups``; ``folds`` says which groups are held out, for how
            many steps.
        folder: of the run.
        report: gets every row of the logs; None prints it.

    Raises:
        ConfigError: scenes are not drawn group by group, or there is no such group.
    """
    groups = config.folds.groups
    if not groups or len(set(groups)) < len(groups) or not set(groups) <= set(range(GROUPS)):
        raise ConfigError(
            f"expected folds.groups of 0 to {GROUPS - 1}, each once, got {list(groups)}; name one at least"
        )
    if not config.data.groups:
        raise ConfigError(
            "expected data.groups = true for folds, got false; scenes that mix sources cannot leave one out"
        )
    done = [_fold(_held_out(config, group), folder / f"fold-{group}", device, report) for group in groups]
    said = summary(config, done) | {"groups": list(groups), "steps": _steps(config)}
    path = folder / ELSEWHERE
    write_text(path, json.dumps(said, indent=1) + "\n")
    return path


def summary(config: Config, done: Sequence[Fold]) -> dict[str, Any]:
    """Choose the decision thresholds on unknown sources, and pool both tables over folds, with the gap between them."""
    pairs = {pair: pooled(*_scores(done, *pair, known=False)) for pair in DECISIONS}
    open_at, close_at = best_pair(pairs, config.aims)
    kinds, scores = _scores(done, open_at, close_at, known=False)
    found = {
        "elsewhere": pairs[open_at, close_at],
        "known": pooled(*_scores(done, open_at, close_at, known=True)),
    }
    tables = {
        name: {kind: {m: round(float(row[m]), 4) for m in metrics.MEASURES} for kind, row in table.items()}
        for name, table in found.items()
    }
    gap = {
        kind: {m: round(row[m] - tables["known"][kind][m], 4) for m in metrics.MEASURES}
        for kind, row in tables["elsewhere"].items()
        if kind in tables["known"]
    }
    ends = {}
    for kind, own in grouped(kinds, scores).items():
        drawn = metrics.intervals(own, draws=500)
        ends[kind] = {m: [round(float(end), 4) for end in drawn[m]] for m in metrics.MEASURES}
    return {"open_at": open_at, "close_at": close_at, **tables, "gap": gap, "intervals_95": ends}


def _scores(
    done: Sequence[Fold], open_at: float, close_at: float, *, known: bool
) -> tuple[list[str], list[metrics.Score]]:
    """Score every scene of every fold; returns kinds and scores."""
    kinds: list[str] = []
    scores: list[metrics.Score] = []
    for fold in done:
        judge, gates = (fold.known, fold.gates_known) if known else (fold.elsewhere, fold.gates_elsewhere)
        kinds += judge.kinds
        scores += judge.scores(gates, open_at, close_at)
    return kinds, scores


def _held_out(config: Config, group: int) -> Config:
    """Return the configuration of one fold."""
    return dataclasses.replace(
        config,
        data=dataclasses.replace(config.data, held_out=group),
        optimiser=dataclasses.replace(config.optimiser, steps=_steps(config)),
    )


def _steps(config: Config) -> int:
    return config.folds.steps or config.optimiser.steps


def validations(config: Config) -> tuple[Validation, Validation]:
    """Compose the scenes that judge a fold: of the group that it does not know, and of ``val`` of those that it knows."""
    data, target, corpus = config.data, config.scene.target, open_corpus(config.data)
    return (
        Validation.from_corpus(held_out(corpus, data.held_out), per_kind=data.val_scenes, target=target),
        Validation.from_corpus(known_only(corpus, data.held_out), per_kind=data.val_scenes, target=target),
    )


def _fold(config: Config, folder: Path, device: str, report: Callable[[dict[str, Any]], None] | None) -> Fold:
    elsewhere, known = validations(config)
    path = train(
        config, folder, device=device, validation=known, elsewhere=elsewhere, report=report, judge=False
    )
    net = network(path)
    return Fold(elsewhere, known, elsewhere.gates(net), known.gates(net))


def main(argv: list[str] | None = None) -> int:
    """Run the command."""
    return command.run(
        "training.teach.folds",
        (__doc__ or "").splitlines()[0],
        Config,
        folds,
        argv,
        example="voice.toml",
        devices=True,
    )


if __name__ == "__main__":
    raise SystemExit(main())
