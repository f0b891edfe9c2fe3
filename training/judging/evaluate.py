"""Judge a gate on scenes it has never heard; ``gate-eval`` (``training.cli.eval``) is the command.

Every gate is scored by what it does to the sound, block by block, at the scene's threshold and a range of
-80 dB; only AUC is taken from the open probability. The measures are those of ``training.judging.metrics``, the truth
is the label of ``training.labels``. ``training.judging.baselines`` has the gates to compare with in the table.
"""

import hashlib
import json
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from gate.closing import Closes
from gate.constants import BLOCK, BLOCK_S, RATE
from gate.levels import block_levels_db
from training.judging import metrics, metrics_more
from training.judging.baselines import RANGE_DB
from training.judging.gates import Decision, Gate, SoundGate
from training.judging.metrics import Score
from training.judging.metrics_more import More
from training.judging.tables import Table

if TYPE_CHECKING:
    from training.scenes.compose import Scene

T = TypeVar("T")

BATCH = 256
"""Blocks that the model takes at once here; decisions do not depend on it (tested with the engine)."""

HEARD_POWER = 1e-20
"""Mean square (-200 dBFS) under which a block of mixture is too near silence to measure a gain on."""


@dataclass(frozen=True)
class Truth:
    """Facts of a scene that a gate is judged by, worked out once: threshold in dBFS, label (T,), powers (T,)."""

    threshold_db: float
    label: NDArray[np.int8]
    target_power: NDArray[np.float64]
    bleed_power: NDArray[np.float64]


def prepare(scenes: Sequence["Scene"]) -> list[Truth]:
    """Work out the truth of each scene; keep the list where the same scenes are scored again and again."""
    from training.labels import label

    truths = []
    for scene in scenes:
        threshold_db = float(scene.recipe["threshold_db"])
        truths.append(
            Truth(
                threshold_db=threshold_db,
                label=label(block_levels_db(scene.target), threshold_db),
                target_power=metrics.block_power(scene.target, BLOCK),
                bleed_power=metrics.block_power(scene.mixture - scene.target, BLOCK),
            )
        )
    return truths


def evaluate(scenes: Sequence["Scene"], gate: Decision, truths: Sequence[Truth] | None = None) -> Table:
    """Run a gate over judged scenes and pool what it did.

    Args:
        scenes: from ``training.scenes.judged.judged_scenes``: the recipes say ``kind``, ``snr_db``, ``threshold_db``.
        gate: (scene, threshold_db) -> (open probability (T,) or None, gain (T,) linear).
        truths: what ``prepare(scenes)`` returned, to save working them out again.
    """
    return table(scenes, score_scenes(scenes, gate, truths))


def score_scenes(
    scenes: Sequence["Scene"], gate: Decision, truths: Sequence[Truth] | None = None
) -> list[Score]:
    """Score each scene, see ``evaluate``."""
    scores = []
    for scene, truth in zip(scenes, truths or prepare(scenes), strict=True):
        open_probability, gain = gate(scene, truth.threshold_db)
        scores.append(
            metrics.score(truth.label, open_probability, gain, truth.target_power, truth.bleed_power)
        )
    return scores


def score_more(
    scenes: Sequence["Scene"], gate: Gate, truths: Sequence[Truth]
) -> tuple[list[Score], list[More]]:
    """Score each scene, with what ``training.judging.metrics_more`` adds, in one go through the scenes.

    A gate that makes its sound itself is measured on that sound; of others only the gains of blocks are known.
    """
    heard = [score_scene(scene, gate, truth) for scene, truth in zip(scenes, truths, strict=True)]
    return [score for score, _, _ in heard], [more for _, more, _ in heard]


def score_scene(scene: "Scene", gate: Gate, truth: Truth) -> tuple[Score, More, NDArray[np.floating]]:
    """Compute one scene's part of both tables, and the gain (T,) that both are taken from; see ``score_more``."""
    probability, gain, sound = gate.hear(scene, truth.threshold_db)
    score = metrics.score(truth.label, probability, gain, truth.target_power, truth.bleed_power)
    return score, metrics_more.measure(truth.label, gain, scene.mixture, scene.target, sound), gain


def table(scenes: Sequence["Scene"], scores: Sequence[Score]) -> Table:
    """Pool scores by kind of bleed, and by kind and SNR."""
    return {name: metrics.pool([scores[i] for i in own]) for name, own in rows(scenes).items()}


def table_more(scenes: Sequence["Scene"], mores: Sequence[More]) -> Table:
    """Pool the further measures by the same rows: the second table."""
    return {name: metrics_more.pool([mores[i] for i in own]) for name, own in rows(scenes).items()}


def table_intervals(
    scenes: Sequence["Scene"],
    measured: Sequence[T],
    intervals: Callable[..., dict[str, tuple[float, float]]] = metrics.intervals,
    *,
    seed: int = 0,
    draws: int = 1000,
    fewest: int = 1,
) -> dict[str, dict[str, tuple[float, float]]]:
    """Draw the 95 % bootstrap intervals, over scenes, of the rows that have all SNRs in them.

    Args:
        scenes: the judged scenes.
        measured: a ``Score`` a scene, or whatever else ``intervals`` takes.
        intervals: the function of ``training.judging.metrics`` or ``training.judging.metrics_more``.
        seed: the same seed gives the same intervals.
        draws: how many tables are drawn.
        fewest: rows of fewer scenes have none.
    """
    return {
        name: intervals([measured[i] for i in own], seed=seed, draws=draws)
        for name, own in rows(scenes).items()
        if len(own) >= fewest and not name.endswith(" dB")
    }


class EngineGate(SoundGate, Closes):
    """A model file as a user hears it: the mixture through the engine, offline, range -80 dB, no lookahead.

    The gain of a block is measured on the sound, as the root of the energy that came out over the energy that
    went in; where the mixture is silent, it is taken from the engine's gain curve.
    """

    def __init__(
        self,
        contract: Any,
        *,
        seconds: float,
        range_db: float = RANGE_DB,
        batch: int = BATCH,
        guard: Any = None,
    ) -> None:
        """Load the model; ``seconds`` is the length of the longest scene, ``guard`` is of ``gate.engine.guard``, or None."""
        from gate.engine.engine import Engine
        from gate.engine.settings import EngineSettings

        rows = math.ceil(seconds / BLOCK_S) + 4 * batch  # room for what the lead adds after the end
        settings = EngineSettings(RATE, channels=1, batch=batch, curve_rows=rows, guard=guard)
        self._engine = Engine(contract, settings, range_db=range_db)

    def hear(
        self, scene: Any, threshold_db: float
    ) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float32]]:
        """Gate a scene's mixture: (open probability (T,), gain (T,), the sound that came out (T * 100,)).

        Raises:
            RenderError: the model failed on a block, or the engine gave fewer blocks than there are.
        """
        from gate.engine.engine import CURVE_COLUMNS
        from gate.errors import RenderError

        engine, mixture = self._engine, scene.mixture
        engine.reset()
        engine.threshold_db = threshold_db
        blocks = len(mixture) // BLOCK
        out = engine.whole(mixture[:, None].astype(np.float32, copy=False))[:, 0]
        curve = engine.take_curve()[:blocks]
        failed = int(engine.record["model_errors"][0])
        if failed or len(curve) < blocks:
            raise RenderError(
                f"expected {blocks} blocks decided, got {len(curve)} with {failed} failed model runs "
                f"({engine.model_error_text}); check the model with gate-inspect"
            )
        column = {name: curve[:, i] for i, name in enumerate(CURVE_COLUMNS)}
        gain = measured_gain(mixture, out, 10.0 ** (column["gain_db"] / 20.0))
        return column["open_probability"].copy(), gain, out

    def close(self) -> None:
        """Release the model; may be called twice."""
        self._engine.close()


def measured_gain(
    before: NDArray[np.floating], after: NDArray[np.floating], silent: NDArray[np.floating]
) -> NDArray[np.float64]:
    """Measure the gain (T,) that each block of sound (T * 100,) got: the root of energy out over energy in.

    ``silent`` (T,) is the gain that counts where nothing went in to measure it on.
    """
    gain = np.array(silent, np.float64)
    power_in, power_out = metrics.block_power(before, BLOCK), metrics.block_power(after, BLOCK)
    heard = power_in > HEARD_POWER
    gain[heard] = np.sqrt(power_out[heard] / power_in[heard])
    return gain


def data_sha256(scenes: Sequence["Scene"]) -> str:
    """Compute the hash of the data list: what each scene was made of, in order."""
    recipes = [scene.recipe for scene in scenes]
    return hashlib.sha256(json.dumps(recipes, sort_keys=True, default=str).encode()).hexdigest()


def rows(scenes: Sequence["Scene"]) -> dict[str, list[int]]:
    """Return row's name -> scenes in the row: a kind with all its conditions first, then each condition."""
    found: dict[str, list[int]] = {}
    kinds = list(dict.fromkeys(str(scene.recipe["kind"]) for scene in scenes))
    for kind in kinds:
        own = [i for i, scene in enumerate(scenes) if scene.recipe["kind"] == kind]
        found[kind] = own
        for recipe in sorted((scenes[i].recipe for i in own), key=_decibels):
            words = condition(recipe)
            found[f"{kind} {words}"] = [i for i in own if condition(scenes[i].recipe) == words]
    return found


def condition(recipe: dict[str, Any]) -> str:
    """Name the condition of a judged scene by its facts: its SNR, or how far its real bleed was raised."""
    return f"{'raised ' if 'raised_db' in recipe else ''}{_decibels(recipe):g} dB"


def _decibels(recipe: dict[str, Any]) -> float:
    return float(recipe.get("raised_db", recipe["snr_db"]))
