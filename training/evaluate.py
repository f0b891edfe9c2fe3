"""Judge a gate on scenes it has never heard: ``python -m training.evaluate --corpus FOLDER --preset voice``.

Every gate is scored by what it does to the sound, block by block, at the scene's threshold and a range of
-80 dB; only AUC is taken from its open probability. The measures are those of ``training.metrics``, the truth
is the label of ``training.labels``. ``training.baselines`` has the gates that stand beside it in the table.
"""

import argparse
import hashlib
import json
import math
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from gate.constants import BLOCK, BLOCK_S, RATE
from gate.levels import block_levels_db
from training import metrics, metrics_more
from training.baselines import RANGE_DB, Gate, ceiling, classic, oracle_classic
from training.metrics import Score
from training.metrics_more import More
from training.tables import Table, format_more, format_tables, plain

if TYPE_CHECKING:
    from training.scenes import Scene

BATCH = 256
"""Blocks that the model takes at once here; decisions do not depend on it (tested with the engine)."""

HEARD_POWER = 1e-20
"""Mean square (-200 dBFS) under which a block of mixture is too near silence to measure a gain on."""


@dataclass(frozen=True)
class Truth:
    """What a scene's gate should do, worked out once: threshold in dBFS, label (T,), powers (T,) by block."""

    threshold_db: float
    label: NDArray[np.int8]
    target_power: NDArray[np.float64]
    bleed_power: NDArray[np.float64]


def prepare(scenes: Sequence["Scene"]) -> list[Truth]:
    """The truth of each scene; keep it where the same scenes are scored again and again."""
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


def evaluate(scenes: Sequence["Scene"], gate: Gate, truths: Sequence[Truth] | None = None) -> Table:
    """Run a gate over judged scenes and pool what it did.

    Args:
        scenes: of ``training.scenes.judged_scenes``: the recipes say ``kind``, ``snr_db``, ``threshold_db``.
        gate: (scene, threshold_db) -> (open probability (T,) or None, gain (T,) linear).
        truths: of ``prepare(scenes)``, to save working it out again.
    """
    return table(scenes, score_scenes(scenes, gate, truths))


def score_scenes(scenes: Sequence["Scene"], gate: Gate, truths: Sequence[Truth] | None = None) -> list[Score]:
    """The score of each scene, see ``evaluate``."""
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
    """What ``score_scenes`` gives, and what ``training.metrics_more`` adds, in one go through the scenes.

    A gate with a method ``hear``, see ``EngineGate``, is measured on its sound; of others only the gains of
    blocks are known.
    """
    scores, mores = [], []
    hear = getattr(gate, "hear", lambda *scene_and_threshold: (*gate(*scene_and_threshold), None))
    for scene, truth in zip(scenes, truths, strict=True):
        probability, gain, sound = hear(scene, truth.threshold_db)
        scores.append(metrics.score(truth.label, probability, gain, truth.target_power, truth.bleed_power))
        mores.append(metrics_more.measure(truth.label, gain, scene.mixture, scene.target, sound))
    return scores, mores


def table(scenes: Sequence["Scene"], scores: Sequence[Score]) -> Table:
    """Scores pooled by kind of bleed, and by kind and SNR."""
    return {name: metrics.pool([scores[i] for i in rows]) for name, rows in _rows(scenes).items()}


def table_more(scenes: Sequence["Scene"], mores: Sequence[More]) -> Table:
    """The second table: the further measures, by the same rows."""
    return {name: metrics_more.pool([mores[i] for i in rows]) for name, rows in _rows(scenes).items()}


def table_intervals(
    scenes: Sequence["Scene"], scores: Sequence[Score], *, seed: int = 0, draws: int = 1000
) -> dict[str, dict[str, tuple[float, float]]]:
    """95 % bootstrap intervals, over scenes, of the rows that have all SNRs in them."""
    return {
        name: metrics.intervals([scores[i] for i in rows], seed=seed, draws=draws)
        for name, rows in _rows(scenes).items()
        if not name.endswith(" dB")
    }


class EngineGate:
    """A model file as a user hears it: the mixture through the engine, offline, range -80 dB, no lookahead.

    The gain of a block is measured on the sound, as the root of the energy that came out over the energy that
    went in; where the mixture is silent, it is taken from the engine's gain curve.
    """

    def __init__(
        self, contract: Any, *, seconds: float, range_db: float = RANGE_DB, batch: int = BATCH
    ) -> None:
        """Load the model; ``seconds`` is the length of the longest scene."""
        from gate.engine import Engine

        rows = math.ceil(seconds / BLOCK_S) + 4 * batch  # room for what the lead adds behind the end
        self._engine = Engine(
            contract, rate=RATE, channels=1, range_db=range_db, batch=batch, curve_rows=rows
        )

    def __call__(self, scene: Any, threshold_db: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Gate a scene's mixture: (open probability (T,), gain (T,)); raises as ``hear`` does."""
        probability, gain, _ = self.hear(scene, threshold_db)
        return probability, gain

    def hear(
        self, scene: Any, threshold_db: float
    ) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float32]]:
        """Gate a scene's mixture: (open probability (T,), gain (T,), the sound that came out (T * 100,)).

        Raises:
            RenderError: the model failed on a block, or the engine gave fewer blocks than there are.
        """
        from gate.engine import CURVE_COLUMNS
        from gate.errors import RenderError

        engine, mixture = self._engine, scene.mixture
        engine.reset()
        engine.threshold_db = threshold_db
        late, blocks = engine.delay_samples, len(mixture) // BLOCK
        fed = np.zeros((len(mixture) + late, 1), dtype=np.float32)
        fed[: len(mixture), 0] = mixture
        out = np.empty_like(fed)
        engine.process(fed, out)
        curve = engine.take_curve()[:blocks]
        failed = int(engine.record["model_errors"][0])
        if failed or len(curve) < blocks:
            raise RenderError(
                f"expected {blocks} blocks decided, got {len(curve)} with {failed} failed model runs "
                f"({engine.model_error_text}); check the model with gate-inspect"
            )
        column = {name: curve[:, i] for i, name in enumerate(CURVE_COLUMNS)}
        before = metrics.block_power(mixture, BLOCK)
        after = metrics.block_power(out[late:, 0], BLOCK)
        heard = before > HEARD_POWER
        gain = 10.0 ** (column["gain_db"] / 20.0)
        gain[heard] = np.sqrt(after[heard] / before[heard])
        return column["open_probability"].copy(), gain, out[late:, 0]

    def close(self) -> None:
        """Release the model; may be called twice."""
        self._engine.close()

    def __enter__(self) -> Self:
        """Itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close."""
        self.close()


def data_sha256(scenes: Sequence["Scene"]) -> str:
    """Hash of the data list: what each scene was made of, in order."""
    recipes = [scene.recipe for scene in scenes]
    return hashlib.sha256(json.dumps(recipes, sort_keys=True, default=str).encode()).hexdigest()


def _rows(scenes: Sequence["Scene"]) -> dict[str, list[int]]:
    """Row's name -> scenes in it: a kind with all its SNRs first, then each SNR."""
    rows: dict[str, list[int]] = {}
    kinds = list(dict.fromkeys(str(scene.recipe["kind"]) for scene in scenes))
    for kind in kinds:
        own = [i for i, scene in enumerate(scenes) if scene.recipe["kind"] == kind]
        rows[kind] = own
        for snr in sorted({float(scenes[i].recipe["snr_db"]) for i in own}):
            rows[f"{kind} {snr:g} dB"] = [i for i in own if float(scenes[i].recipe["snr_db"]) == snr]
    return rows


def run(args: argparse.Namespace) -> int:
    """Compose, render, score, print; what ``main`` does once its arguments are read."""
    from gate.preset import resolve
    from training.corpus import Corpus
    from training.scenes import judged_scenes

    preset = resolve(args.preset)
    corpus = Corpus.from_manifest(args.corpus)
    chosen = {} if args.target == "voice" else {"target": args.target}
    scenes = judged_scenes(corpus, split=args.split, seed=args.seed, per_kind=args.per_kind, **chosen)
    truths = prepare(scenes)
    seconds = max(len(scene.mixture) for scene in scenes) / RATE
    own = preset.contract.name
    with EngineGate(preset.contract, seconds=seconds) as gate:
        gates: dict[str, Gate] = {own: gate, "classic gate": classic, "ceiling: hears the target": ceiling}
        if args.oracle:
            gates["classic, best for each file"] = oracle_classic
        heard = {name: score_more(scenes, one, truths) for name, one in gates.items()}
    scores = {name: of for name, (of, _) in heard.items()}
    tables = {name: table(scenes, of) for name, of in scores.items()}
    more = {name: table_more(scenes, of) for name, (_, of) in heard.items()}
    ends = {own: table_intervals(scenes, scores[own], seed=args.seed)}
    digest = data_sha256(scenes)
    print(format_tables(tables, ends))
    if args.more:
        print(format_more(more))
    print(f"data {digest[:16]} seed {args.seed} split {args.split}")
    if args.json:
        report = {
            "schema": 1,
            "model": own,
            "graph_sha256": preset.contract.graph_sha256,
            "split": args.split,
            "seed": args.seed,
            "per_kind": args.per_kind,
            "range_db": RANGE_DB,
            "data_sha256": digest,
            "tables": tables,
            "more": more,
            "intervals_95": ends,
            "scenes": [
                {"recipe": scene.recipe, "measures": metrics.pool([score])}
                for scene, score in zip(scenes, scores[own], strict=True)
            ],
        }
        text = json.dumps(plain(report), indent=1, default=str)
        Path(args.json).write_text(text + "\n", encoding="utf-8")
    return 0


def main(argv: list[str] | None = None) -> int:
    """Command line; 0 done, 1 failure, 2 usage."""
    from gate.errors import GateError

    parser = argparse.ArgumentParser(prog="python -m training.evaluate", description=__doc__.splitlines()[0])
    parser.add_argument("--corpus", required=True, help="folder with manifest.csv")
    parser.add_argument("--preset", required=True, help="preset's name, its folder, or a model file")
    parser.add_argument(
        "--target", default="voice", help="voice, snare, kick, toms or guitar (default: voice)"
    )
    parser.add_argument("--split", default="val", choices=("train", "val"), help="default: val")
    parser.add_argument("--seed", type=int, default=0, help="of the scenes and the intervals (default: 0)")
    parser.add_argument("--per-kind", type=int, default=24, help="scenes of 20 s a kind (default: 24)")
    parser.add_argument(
        "--oracle", action="store_true", help="add a classic gate set for each file, knowing the answer"
    )
    parser.add_argument(
        "--more", action="store_true", help="print signed errors, clipping, clicks and SI-SDR as well"
    )
    parser.add_argument("--json", metavar="FILE", help="write everything there too")
    args = parser.parse_args(argv)
    if args.per_kind < 1:
        parser.error(f"--per-kind takes 1 or more, got {args.per_kind}")
    try:
        return run(args)
    except (GateError, OSError, ValueError) as error:
        print(f"evaluate: error: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
