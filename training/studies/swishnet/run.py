"""The protocol from end to end: prepare, train every model for every clip length, fine-tune, judge."""

import copy
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from training.config_file import ConfigError
from training.networks.swishnet import SwishConfig, SwishNet
from training.recordings.corpus import Item
from training.studies.swishnet.clips import Clips, cut, moments
from training.studies.swishnet.fit import Progress, Soft, answers, fit
from training.studies.swishnet.judge import confusion, intervals, score
from training.studies.swishnet.recordings import KINDS, PARTS
from training.studies.swishnet.recordings import data_hash as hash_of
from training.studies.swishnet.settings import FitConfig, ProtocolConfig
from training.studies.swishnet.store import Store
from training.studies.swishnet.teacher import Teacher

WIDTHS = {"slim": 1, "wide": 2}


@dataclass(frozen=True)
class Data:
    """Prepared recordings with the part of each."""

    store: Store
    items: Sequence[Item]

    def cut(self, part: str, length_s: float) -> Clips:
        """Cut every clip of a part."""
        return cut(self.store, [item.split for item in self.items], part, length_s)

    @property
    def sha256(self) -> str:
        """Hash of what the recordings are and which part each is in."""
        return hash_of(self.items)


def check(config: ProtocolConfig) -> None:
    """Refuse what could not be trained, before anything is prepared.

    Raises:
        ConfigError: an unknown model, no model, no length, or distillation for a model that is not trained.
    """
    unknown = [name for name in (*config.models, *config.distil.models) if name not in WIDTHS]
    if unknown or not config.models or not config.lengths_s:
        raise ConfigError(
            f"expected models of {', '.join(WIDTHS)} and one or more lengths_s, got models "
            f"{list(config.models)}, distil.models {list(config.distil.models)}, lengths_s {list(config.lengths_s)}"
        )


def teach(
    name: str, length_s: float, data: Data, config: ProtocolConfig, folder: Path, device: str
) -> dict[str, Any]:
    """Train one model ("slim", "wide" or "teacher") for one clip length and judge it: a row of the table, as JSON has it."""
    train, val, test = (data.cut(part, length_s) for part in PARTS)
    net, recipe = build(name, config), _recipe(name, length_s, data, config)
    if config.normalise:
        net.set_normalisation(*moments(train))
    soft = None
    if name in config.distil.models:
        soft = _soft(length_s, name, data, train, config, folder, device)
    done = fit(
        net,
        train,
        val,
        config.fit,
        folder / _place(name, length_s, config),
        seed=config.seed,
        recipe=recipe,
        soft=soft,
        device=device,
    )
    return {
        "model": name,
        "length_s": length_s,
        "distilled": soft is not None,
        **_facts(net, done),
        "clips": {part: clips.counts() for part, clips in zip(PARTS, (train, val, test), strict=True)},
        "owners": {
            part: {
                kind: len({i.owner for i in data.items if (i.split, i.kind) == (part, kind)})
                for kind in KINDS
            }
            for part in PARTS
        },
        **_judge(net, test, len(KINDS), config.seed, device),
    }


def tune(
    name: str, length_s: float, data: Data, config: ProtocolConfig, folder: Path, device: str
) -> dict[str, Any]:
    """Train a model further on a part of another collection (speech and music), and judge the model on the rest.

    Noise is no answer there: the higher of speech and music is chosen, before and after the tuning.
    """
    start = torch.load(folder / _place(name, length_s, config) / "checkpoint.pt", weights_only=True)
    net = build(name, config)
    net.load_state_dict(start["best"])
    before = copy.deepcopy(net).to(device)
    train, test = data.cut("train", length_s), data.cut("test", length_s)
    settings = FitConfig(
        epochs=config.tune.epochs,
        batch=config.fit.batch,
        highest_rate=config.tune.rate,
        lowest_rate=config.tune.rate,
        threads=config.fit.threads,
    )
    recipe = _recipe(name, length_s, data, config) | {"tune": asdict(config.tune), "start": start["recipe"]}
    place = folder / (_place(name, length_s, config) + "-tuned")
    done = fit(net, train, None, settings, place, seed=config.seed, recipe=recipe, device=device)
    return {
        "model": name,
        "length_s": length_s,
        **_facts(net, done),
        "clips": {"train": train.counts(), "test": test.counts()},
        **_judge(net, test, 2, config.seed, device),
        "untuned": _judge(before, test, 2, config.seed, device),
    }


def build(name: str, config: ProtocolConfig) -> nn.Module:
    """Build a network with the weights that the seed gives."""
    torch.manual_seed(config.seed)
    if name == "teacher":
        return Teacher(config.teacher, len(KINDS))
    return SwishNet(SwishConfig(width=WIDTHS[name], classes=len(KINDS)))


def _place(name: str, length_s: float, config: ProtocolConfig) -> str:
    """Name the folder of one training; a pupil's is another than that of a model that learned alone."""
    return f"{name}-{length_s:g}s" + ("-distilled" if name in config.distil.models else "")


def _soft(
    length_s: float, name: str, data: Data, train: Clips, config: ProtocolConfig, folder: Path, device: str
) -> Soft:
    """Return a teacher's answers to the training clips; the teacher is trained now if it was not before."""
    teacher = build("teacher", config)
    if config.normalise:
        teacher.set_normalisation(*moments(train))
    recipe = _recipe("teacher", length_s, data, config)
    place = folder / _place("teacher", length_s, config)
    val = data.cut("val", length_s)
    fit(teacher, train, val, config.fit, place, seed=config.seed, recipe=recipe, device=device)
    return Soft(
        answers(teacher, train, device), config.distil.temperature(name, length_s), config.distil.share
    )


def _recipe(name: str, length_s: float, data: Data, config: ProtocolConfig) -> dict[str, Any]:
    """Collect what a training depends on, besides seed and fit: tables with fewer models or lengths share trainings."""
    recipe = {
        "model": name,
        "length_s": length_s,
        "data": data.sha256,
        "store": data.store.folder.name,
        "normalise": config.normalise,
    }
    if name == "teacher" or name in config.distil.models:
        recipe["teacher"] = asdict(config.teacher)
    if name in config.distil.models:
        temperature = config.distil.temperature(name, length_s)
        recipe["distil"] = {"share": config.distil.share, "temperature": temperature}
    return recipe


def _facts(net: nn.Module, done: Progress) -> dict[str, Any]:
    weights = sum(p.numel() for p in net.parameters())
    return {"weights": weights, "epochs": done.epochs, "best_epoch": done.best_epoch + 1}


def _judge(net: nn.Module, test: Clips, classes: int, seed: int, device: str) -> dict[str, Any]:
    chosen = answers(net, test, device)[:, :classes].argmax(1).numpy().astype(np.int64)
    table = confusion(test.labels, chosen, classes)
    return {
        **score(table),
        "intervals_95": intervals(test.labels, chosen, test.owners, classes, seed),
        "confusion": table.tolist(),
    }
