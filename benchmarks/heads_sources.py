"""Which gates ``benchmarks.heads`` judges, and on what: presets or trained networks, ``val`` or sources held out."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from gate.modelfile.preset import resolve
from training.networks.from_preset import from_preset
from training.networks.gate_net import GateNet
from training.recordings.corpus import Corpus
from training.recordings.groups import held_out
from training.scenes.compose import Scene
from training.scenes.judged import judged_scenes
from training.teach.train import ELSEWHERE, network

CHECKPOINT = "checkpoint.pt"
SPEECH_ALONE = "speech alone"


@dataclass(frozen=True)
class Contestant:
    """A network and the group of sources that judges it; None for the ``val`` split."""

    net: GateNet
    group: int | None


@dataclass(frozen=True)
class Contest:
    """All networks that are judged under one preset's name, pooled, with one pair of decision thresholds."""

    contestants: Sequence[Contestant]
    pair: tuple[float, float]
    words: str
    """Who is judged on what, for the page."""


def contest(name: str, paths: Sequence[Path], groups: Sequence[int]) -> Contest:
    """Load what is judged under a preset's name.

    Args:
        name: of the preset.
        paths: checkpoints, or runs' folders with ``fold-G/checkpoint.pt``; without any the shipped preset is judged. A
            network that was taught without a group is judged on that group, others on ``groups``.
        groups: of ``training.recordings.groups``; none for the ``val`` split. Networks of other folds are left out.

    Raises:
        ValueError: a network was taught another target, no network is left, or decision thresholds differ.
        FileNotFoundError: a folder has no checkpoint.
    """
    preset = resolve(name).contract
    pairs = {(preset.open_at, preset.close_at): "the preset's thresholds"}
    if not paths:
        found = [Contestant(from_preset(preset), group) for group in groups or [None]]
        return Contest(found, next(iter(pairs)), _words("the shipped preset", groups, pairs))
    files = [file for path in paths for file in _checkpoints(path)]
    found, folds = [], 0
    for file in files:
        own = _held_out(file, name)
        if own is None:
            found += [Contestant(network(file), group) for group in groups or [None]]
        elif not groups or own in groups:
            found.append(Contestant(network(file), own))
            folds += 1
    if not found:
        raise ValueError(
            f"expected a network that was taught without group {', '.join(map(str, groups))}, got none among "
            f"{', '.join(map(str, files))}; name that fold's checkpoint, or leave out --group"
        )
    pairs = {_pair(file): "as chosen on sources elsewhere" for file in files if _pair(file)} or pairs  # type: ignore[misc]
    if len(pairs) > 1:
        raise ValueError(
            f"expected one pair of decision thresholds for {name}, got {', '.join(map(str, pairs))}; judge networks "
            "of one run at a time"
        )
    if folds == len(found):
        who = f"{folds} networks, each on the group of sources that it was not taught"
        return Contest(found, next(iter(pairs)), _words(who, None, pairs))
    return Contest(found, next(iter(pairs)), _words(f"{len(files)} trained networks", groups, pairs))


def kinds_of(
    corpus: Corpus, name: str, per_kind: int, seed: int, group: int | None
) -> dict[str, list[Scene]]:
    """Make judged scenes by kind of bleed; for the voice also the same speech with no bleed at all."""
    scenes = judged_scenes(corpus if group is None else held_out(corpus, group), "val", seed, per_kind, name)
    kinds: dict[str, list[Scene]] = {}
    for scene in scenes:
        kinds.setdefault(str(scene.recipe["kind"]), []).append(scene)
    if name == "voice":
        kinds[SPEECH_ALONE] = [
            Scene(s.target, s.target, s.loud_db, {**s.recipe, "kind": SPEECH_ALONE}) for s in kinds["noise"]
        ]
    return kinds


def _checkpoints(path: Path) -> list[Path]:
    """Find the checkpoints that a path means: itself, those of a run's folds, or a run's own."""
    if not path.is_dir():
        return [path]
    found = sorted(path.glob(f"fold-*/{CHECKPOINT}")) or sorted(path.glob(CHECKPOINT))
    if not found:
        raise FileNotFoundError(
            f"expected {CHECKPOINT} or fold-*/{CHECKPOINT} in {path}, got neither; train first, or name the file"
        )
    return found


def _held_out(file: Path, name: str) -> int | None:
    """Read which group a checkpoint's network was not taught, None where it was taught all."""
    config = torch.load(file, weights_only=True)["config"]
    target = config["scene"]["target"]
    if target != name:
        raise ValueError(
            f"expected a network for {name}, got one for {target} in {file}; write {target}={file}"
        )
    group = int(config["data"].get("held_out", -1))
    return group if group >= 0 else None


def _pair(file: Path) -> tuple[float, float] | None:
    """Read the decision thresholds beside a run's folds, None where the folds are not all done."""
    for folder in (file.parent, file.parent.parent):
        if (folder / ELSEWHERE).is_file():
            said = json.loads((folder / ELSEWHERE).read_text())
            return float(said["open_at"]), float(said["close_at"])
    return None


def _words(who: str, groups: Sequence[int] | None, pairs: dict[tuple[float, float], str]) -> str:
    (pair, whose), *_ = pairs.items()
    where = "" if groups is None else " on `val`"
    if groups:
        where = f" on all of group {', '.join(map(str, groups))}, some of which it was taught"
    return f"{who}{where}; opens at {pair[0]:g}, shuts at {pair[1]:g} ({whose})"
