"""The work of ``gate-learn``: look at the examples, choose a start, learn or adapt, compare, and write the preset."""

import dataclasses
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

from export.learned import Learned, write
from gate.modelfile import preset
from training.config_file import ConfigError
from training.judging import metrics
from training.learn.cut import cut_in_two
from training.learn.examples import ENOUGH_SIDE_S, LEAST_SIDE_S, Measured
from training.learn.findings import Finding
from training.learn.manifest import Progress, look, sort_out, summed, write_manifest
from training.learn.nearest import Candidate, candidates
from training.learn.quick import QuickConfig, adapt, merit
from training.learn.quick_scenes import Sounds, judged
from training.networks.gate_net import GateConfig, GateNet
from training.recordings.corpus import Corpus
from training.recordings.layouts import Found, open_any
from training.recordings.reading import read_mono
from training.recordings.source import DataConfig
from training.scenes.compose import Scene, SceneConfig
from training.scenes.judged import judged_scenes
from training.teach import train as loop
from training.teach.batches import BatchConfig
from training.teach.config import Config
from training.teach.optimiser import OptimiserConfig
from training.teach.validate import Validation

STEPS_A_MINUTE, SCENES_A_MINUTE = 120, 35
"""For each of ``minutes``. The shipped voice gate learned from 290 s of sound a second on one core, so a step's 80 s take
0.28 s; two workers compose three scenes a second. The rest is for judging."""
EVALUATIONS = 12
"""Number of times that a run is judged on the way."""
START_RATE, NEW_RATE = 1e-3, 3e-3
"""Learning rate of a run that begins with a preset's weights, and with none."""
QUICK_MOST_S = 60.0
"""Seconds of each side that a quick adaptation hears."""

Say = Callable[[str], None]
Report = Callable[[dict[str, float], int], None]
"""A function that gets a row of the log, and how many steps there are in all."""


@dataclass(frozen=True)
class Order:
    """The user's order. ``start`` is "nearest", "none", or a preset; ``work`` a folder for everything in between."""

    target: Sequence[Path]
    bleed: Sequence[Path]
    output: Path
    work: Path
    name: str
    taught: str
    licence: str = "unstated"
    stem: str = ""
    start: str = "nearest"
    minutes: float = 18.0
    device: str = "cpu"
    jobs: int = 2
    seed: int = 0
    force: bool = False
    quick: bool = False


@dataclass(frozen=True)
class Examples:
    """Examples that are fit to learn from, what was heard of them, and what is wrong with them and the rest."""

    found: list[Found]
    measured: list[Measured]
    findings: list[Finding]

    def counts(self) -> tuple[dict[str, float], dict[str, int]]:
        """Count the seconds and files of each side."""
        facts = {one.path: one for one in self.measured}
        seconds, files = {"target": 0.0, "bleed": 0.0}, {"target": 0, "bleed": 0}
        for one in self.found:
            seconds[one.side] += facts[str(one.paths[0])].seconds
            files[one.side] += 1
        return seconds, files


def examine(order: Order, progress: Progress[Found]) -> Examples:
    """Find the examples and look at them.

    Raises:
        FileNotFoundError, ValueError: see ``training.recordings.layouts.find``.
    """
    found = summed(open_any(order.target, order.bleed, order.stem), order.work, progress)
    measured = look(found, order.work, progress)
    fit, findings = sort_out(found, measured, LEAST_SIDE_S if order.quick else ENOUGH_SIDE_S)
    return Examples(fit, measured, findings)


def choose(order: Order, validation: Validation, say: Say) -> Candidate | None:
    """Choose the preset to start from, with its scores on the user's examples; None for none.

    Raises:
        GateError, StartError: the preset is not there, or cannot be learned from.
    """
    if order.start == "none":
        return None
    names = preset.names() if order.start == "nearest" else [order.start]
    found = candidates([preset.resolve(name) for name in names], validation)
    for one in found if len(found) > 1 else ():
        say(f"{one.preset.name}: balanced accuracy {one.balanced:.3f} on your examples")
    best = found[0]
    why = "the nearest of the shipped presets" if order.start == "nearest" else "as you asked"
    say(f"starting from {best.preset.name} ({best.balanced:.3f} on your examples), {why}")
    return best


def learn(order: Order, examples: Examples, say: Say, report: Report, stop: Callable[[], bool]) -> str:
    """Do the full training; returns the sentence on how good the gate is.

    Raises:
        KeyboardInterrupt: ``stop`` said so; everything is saved, and the same order continues.
        GateError, OSError, ValueError: with a sentence.
    """
    folder = write_manifest(examples.found, examples.measured, order.work)
    corpus = Corpus.from_manifest(folder)
    per_kind = 12
    scenes = judged_scenes(corpus, seed=order.seed, per_kind=per_kind)
    validation = Validation.from_scenes(scenes)
    start = choose(order, validation, say)
    config = configure(order, start.net.config if start else GateConfig(), folder, per_kind)
    say(
        f"{config.data.scenes} scenes, then {config.optimiser.steps} steps; Ctrl-C stops, the same command continues"
    )
    loop.scenes(config)  # has its own bar, and may be interrupted anywhere
    try:
        path = loop.train(
            config,
            order.work / "run",
            device=order.device,
            validation=validation,
            start=start.net if start else None,
            report=lambda row: report(row, config.optimiser.steps),
            stop=stop,
        )
    except ConfigError as error:
        raise ConfigError(
            f"expected {order.work} to be new or of the same command, got a run with other settings or examples; "
            "move it away, or give another --work"
        ) from error
    state = torch.load(path, weights_only=True, map_location="cpu")
    net = GateNet(config.model).eval()
    net.load_state_dict(state["average"])
    decision = float(state["result"]["open_at"]), float(state["result"]["close_at"])
    scores = validation.scores(validation.gates(net), *decision)
    how = f"{state['step']} steps of training on {config.data.scenes} scenes of {config.scene.seconds:g} s; the decision "
    how += "thresholds were chosen on the held-out scenes."
    return _finish(order, examples, start, net, decision, scores, scenes, how)


def configure(order: Order, model: GateConfig, folder: Path, per_kind: int) -> Config:
    """Make the run's settings: those of the shipped voice gate, with fewer scenes and steps."""
    steps = max(int(order.minutes * STEPS_A_MINUTE), 1)
    begun = order.start != "none"
    return Config(
        name=order.name,
        taught=order.taught,
        seed=order.seed,
        model=model,
        scene=SceneConfig(seconds=8.0),
        data=DataConfig(
            corpus=str(folder.resolve()),
            store=str(order.work.resolve() / "store"),
            scenes=max(int(order.minutes * SCENES_A_MINUTE), 2),
            val_scenes=per_kind,
            jobs=order.jobs,
        ),
        batch=BatchConfig(sequences=16, blocks=2400),
        optimiser=dataclasses.replace(
            OptimiserConfig(),
            steps=steps,
            learning_rate=START_RATE if begun else NEW_RATE,
            average=0.99,
            evaluate_every=max(steps // EVALUATIONS, 1),
        ),
    )


def quick(order: Order, examples: Examples, config: QuickConfig, say: Say, began: float) -> str:
    """Do the quick adaptation; returns the sentence on how good the gate is.

    Raises:
        GateError, OSError, ValueError: with a sentence.
    """
    sounds = {side: _some(examples.found, side) for side in ("target", "bleed")}
    first = {side: cut_in_two(of, config.share)[0] for side, of in sounds.items()}
    scenes = judged(
        Sounds(first["target"], first["bleed"]), np.random.default_rng(order.seed), 6, config.judged_s
    )
    start = choose(order, Validation.from_scenes(scenes), say)
    assert start is not None, "the command line refuses --quick with --from none"
    made = adapt(
        start.net,
        start.decision,
        sounds["target"],
        sounds["bleed"],
        config,
        device=order.device,
        say=say,
        began=began,
    )
    how = f"A quick adaptation of {start.preset.name}: {made.steps} steps, {time.monotonic() - began:.0f} s."
    start = dataclasses.replace(start, scores=made.before)
    return _finish(
        order, examples, start, made.net, (made.open_at, made.close_at), made.after, made.scenes, how
    )


def _finish(
    order: Order,
    examples: Examples,
    start: Candidate | None,
    net: GateNet,
    decision: tuple[float, float],
    scores: list[metrics.Score],
    scenes: Sequence[Scene],
    how: str,
) -> str:
    """Write whichever is better on the held-out scenes: the learned gate, or the preset that learning started from."""
    improved = start is None or merit(scores) > merit(start.scores)
    if start is not None and not improved:
        net, decision, scores = start.net, start.decision, start.scores
    seconds, files = examples.counts()
    learned = Learned(
        name=order.name,
        taught=order.taught,
        licence=order.licence,
        net=net.cpu().eval(),
        open_at=decision[0],
        close_at=decision[1],
        scores=scores,
        scene=scenes[len(scenes) // 2],
        how=how,
        seconds=seconds,
        files=files,
        start=start.preset.name if start else "",
        before=start.scores if start else [],
        improved=improved,
        findings=[str(one) for one in examples.findings],
    )
    return write(learned, order.output, force=order.force)


def _some(found: Sequence[Found], side: str) -> list[np.ndarray]:
    """Read the first ``QUICK_MOST_S`` of a side, file by file."""
    sounds: list[np.ndarray] = []
    left = int(QUICK_MOST_S * 48_000)
    for one in found:
        if one.side == side and left > 0:
            sounds.append(read_mono(one.paths[0])[:left])
            left -= len(sounds[-1])
    return sounds
