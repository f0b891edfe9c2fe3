"""One training: clips and settings in, losses and F1 out. The same settings give the same result on one machine."""

import time
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from training.studies.five import augment, features, nets
from training.studies.five.settings import Settings
from training.studies.five.store import Data, Split
from training.teach.loop import Loop

EVALUATED = 250
"""Clips judged at once."""


@dataclass(frozen=True)
class Result:
    """Result of a training, at the epoch with the least validation loss.

    Losses are cross-entropies in nats a clip; ``f1``, ``precision`` and ``recall`` are of the target at a probability of
    one half. ``weights`` counts what was learned, ``epoch`` is 1 for the first; ``curve`` has every epoch's (training
    loss, validation loss, validation F1).
    """

    val_loss: float
    val_f1: float
    test_loss: float
    test_f1: float
    test_precision: float
    test_recall: float
    weights: int
    epoch: int
    seconds: float
    curve: list[tuple[float, float, float]] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


class Inputs:
    """A data set's tables of one kind: spectra are computed once, raw rows when they are asked for."""

    def __init__(self, data: Data, kind: str):
        self.kind, self.data = kind, data
        self.rows, self.columns = features.shape(kind)
        if (data.train.inputs.ndim == 3) != (kind == "rows"):
            has = "embeddings" if data.train.inputs.ndim == 3 else "sound"
            raise ValueError(f"expected data for features {kind}, got {has}; raw and fft need sound")
        self._kept: dict[str, Tensor] = {}
        some = np.arange(min(len(data.train.labels), 1000))
        self.scale = features.Scale.of(self._unscaled(data.train, some), kind)

    def batch(self, split: str, index: NDArray[np.int64]) -> Tensor:
        """Return scaled tables (B, T, F) of some clips."""
        if self.kind != "fft":
            return self.scale(self._unscaled(getattr(self.data, split), index))
        if split not in self._kept:
            whole = getattr(self.data, split)
            parts = np.array_split(np.arange(len(whole.labels)), max(len(whole.labels) // EVALUATED, 1))
            self._kept[split] = torch.cat([self.scale(self._unscaled(whole, part)) for part in parts])
        return self._kept[split][torch.as_tensor(index)]

    def changed(self, split: str, index: NDArray[np.int64], draw: torch.Generator) -> Tensor:
        """Return scaled tables of some clips after ``augment.meaning``."""
        if self.kind == "rows":
            raise ValueError(
                "expected sound for the augmentation 'meaning', got embeddings; use 'none' or 'theirs' with them"
            )
        whole = getattr(self.data, split)
        without = np.flatnonzero(whole.labels < 0.5)
        picked = without[torch.randint(len(without), (len(index),), generator=draw).numpy()]
        sound = augment.meaning(
            _sound(whole, index), _sound(whole, picked), torch.from_numpy(self.data.rooms), draw
        )
        return self.scale(features.table(sound, self.kind))

    def _unscaled(self, split: Split, index: NDArray[np.int64]) -> Tensor:
        if self.kind == "rows":
            return torch.from_numpy(split.inputs[index].astype(np.float32))
        return features.table(_sound(split, index), self.kind)


def _sound(split: Split, index: NDArray[np.int64]) -> Tensor:
    return torch.from_numpy(split.inputs[index].astype(np.float32) / 32767.0)


def fit(inputs: Inputs, settings: Settings) -> Result:
    """Train a network and judge it.

    Raises:
        ValueError: the settings do not fit the data. FloatingPointError: the validation loss was never a number.
    """
    began = time.monotonic()
    torch.manual_seed(settings.seed)
    draw = torch.Generator().manual_seed(settings.seed)
    split, judge = ("test", "test") if settings.sanity else ("train", "val")
    labels = torch.from_numpy(getattr(inputs.data, split).labels)
    net = nets.build(settings, inputs.rows, inputs.columns)
    optimiser = _optimiser(net, settings)
    slower = torch.optim.lr_scheduler.ReduceLROnPlateau(optimiser, factor=0.5, patience=0)
    curve: list[tuple[float, float, float]] = []
    best, best_loss, best_epoch = {}, float("inf"), 0
    loop = Loop(net, optimiser, settings.epochs)
    for epoch in loop:
        order = torch.randperm(len(labels), generator=draw).numpy()
        total = 0.0
        for start in range(0, len(order), settings.batch):
            index = order[start : start + settings.batch]
            if len(index) < 2 <= len(order):  # batch normalisation needs two
                continue
            y = labels[index]
            x = (
                inputs.changed(split, index, draw)
                if settings.augment == "meaning"
                else inputs.batch(split, index)
            )
            if settings.augment == "theirs":
                x = augment.theirs(x, y, draw)
            loss = cross_entropy(net(x), y)
            loop.learn(loss)
            total += float(loss.detach()) * len(index)
        judged = evaluate(net, inputs, judge)
        curve.append((total / len(order), judged["loss"], judged["f1"]))
        if settings.schedule == "plateau" and np.isfinite(judged["loss"]):
            slower.step(judged["loss"])
        if judged["loss"] < best_loss:
            best_loss, best_epoch = judged["loss"], epoch
            best = {name: value.clone() for name, value in net.state_dict().items()}
        elif epoch - best_epoch >= settings.patience:
            break
    if not best:
        raise FloatingPointError("the validation loss was never a number; lower the rate")
    net.load_state_dict(best)
    val, test = evaluate(net, inputs, judge), evaluate(net, inputs, "test")
    return Result(
        val_loss=val["loss"],
        val_f1=val["f1"],
        test_loss=test["loss"],
        test_f1=test["f1"],
        test_precision=test["precision"],
        test_recall=test["recall"],
        weights=sum(p.numel() for p in net.parameters()),
        epoch=best_epoch,
        seconds=time.monotonic() - began,
        curve=curve,
    )


def cross_entropy(scores: Tensor, labels: Tensor) -> Tensor:
    """Compute the mean cross-entropy over clips, for one output (binary) or two: (B, outputs), (B,) -> ()."""
    if scores.shape[1] == 1:
        return nn.functional.binary_cross_entropy_with_logits(scores[:, 0], labels)
    return nn.functional.cross_entropy(scores, labels.long())


def evaluate(net: nn.Module, inputs: Inputs, split: str) -> dict[str, float]:
    """Compute loss, F1, precision and recall of a split."""
    labels = torch.from_numpy(getattr(inputs.data, split).labels)
    net.eval()
    with torch.no_grad():
        scores = torch.cat(
            [
                net(inputs.batch(split, np.arange(start, min(start + EVALUATED, len(labels)))))
                for start in range(0, len(labels), EVALUATED)
            ]
        )
        loss = float(cross_entropy(scores, labels))
    said = (scores[:, 0] > 0) if scores.shape[1] == 1 else scores[:, 1] > scores[:, 0]
    return {"loss": loss} | f1_score(said.numpy(), labels.numpy() > 0.5)


def f1_score(said: NDArray[np.bool_], true: NDArray[np.bool_]) -> dict[str, float]:
    """Compute F1, precision and recall of yes; 0 where a ratio has no denominator."""
    right = int(np.sum(said & true))
    precision = right / max(int(said.sum()), 1)
    recall = right / max(int(true.sum()), 1)
    f1 = 2.0 * right / max(int(said.sum()) + int(true.sum()), 1)
    return {"f1": f1, "precision": precision, "recall": recall}


def _optimiser(net: nn.Module, settings: Settings) -> torch.optim.Optimizer:
    kinds = {"rmsprop": torch.optim.RMSprop, "adagrad": torch.optim.Adagrad, "adam": torch.optim.Adam}
    return kinds[settings.optimiser](net.parameters(), lr=settings.rate)
