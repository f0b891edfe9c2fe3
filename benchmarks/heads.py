"""What each learned control of the shipped presets is worth: the preset with that one at its best constant.

    python -m benchmarks.heads --corpus FOLDER [--presets voice kick ...] [--per-kind 24] [--seed 0]

"Its best constant" is chosen on the very scenes of the table, by the SI-SDR of what comes out: more than a user could
know. Differences are paired, scene by scene; the intervals are bootstrap over scenes. Writes docs/heads.md and
docs/heads.json, where presets that are not run again keep their figures, if scenes and data are the same.
"""

import argparse
import copy
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from benchmarks import on_presets
from benchmarks.ablation import CONSTANTS, TRIED
from gate.constants import BLOCK
from gate.levels import block_levels_db
from gate.modelfile.preset import resolve
from gate.realtime.ballistics import gain_curve, openness_curve
from training.judging import metrics
from training.judging.baselines import RANGE_DB
from training.judging.metrics_more import si_sdr_db
from training.networks.bodies import without_key
from training.networks.from_preset import from_preset
from training.networks.front import BANDS
from training.networks.gate_net import GateNet
from training.recordings.corpus import Corpus
from training.recordings.source import digest
from training.scenes.compose import Scene
from training.scenes.judged import judged_scenes
from training.teach.batch import band_powers
from training.teach.losses import tail_mask
from training.teach.validate import Validation

PRESETS = ("voice", "snare", "kick", "toms", "guitar")
SPEECH_ALONE = "speech alone"
TAIL_FLOOR_DB = -30.0
"""Level relative to Threshold under which a tail is silence."""
DRAWS = 1000
MEASURES = ("si_sdr_db", "tail_db", "balanced")
"""Higher is better, but for ``tail_db``: how far, on average after closings, the output is from the target's level."""


@dataclass(frozen=True)
class Judged:
    """Scenes of one kind, ready to be gated in many ways."""

    scenes: Sequence[Scene]
    validation: Validation

    def values(self, gates: NDArray[np.float32], pair: tuple[float, float]) -> dict[str, NDArray[np.float64]]:
        """Return each measure (S,) of every scene; nan where a scene has none."""
        rows = []
        for scene, gate, truth in zip(self.scenes, gates, self.validation.truths, strict=True):
            gain = gain_curve(openness_curve(np.ascontiguousarray(gate), *pair), RANGE_DB)
            score = metrics.score(truth.label, gate[0], gain, truth.target_power, truth.bleed_power)
            sound = scene.mixture * np.repeat(gain, BLOCK).astype(np.float32)
            rows.append(
                (
                    si_sdr_db(sound, scene.target),
                    tail_db(scene, sound, truth),
                    metrics.pool([score])["balanced"],
                )
            )
        return dict(zip(MEASURES, np.array(rows).T, strict=True))


def tail_db(scene: Scene, sound: NDArray[np.float32], truth: Any) -> float:
    """Return the mean distance in dB of the gated sound's level from the target's, in unscored tails after closings."""
    here, there = (
        np.maximum(block_levels_db(x) - truth.threshold_db, TAIL_FLOOR_DB) for x in (sound, scene.target)
    )
    tail = tail_mask(torch.from_numpy(truth.label)[None])[0].numpy()
    return float(np.abs(here - there)[tail].mean()) if tail.any() else float("nan")


def difference(
    learned: NDArray[np.float64], other: NDArray[np.float64], seed: int = 0
) -> tuple[float, float, float]:
    """Return the mean of learned - other over scenes that have both, and the ends of its 95 % bootstrap interval."""
    gap = (learned - other)[np.isfinite(learned) & np.isfinite(other)]
    rng = np.random.default_rng(seed)
    means = gap[rng.integers(len(gap), size=(DRAWS, len(gap)))].mean(1)
    return float(gap.mean()), *(float(end) for end in np.percentile(means, (2.5, 97.5)))


@torch.no_grad()
def with_key(net: GateNet, judged: Judged, key: torch.Tensor) -> NDArray[np.float32]:
    """Return (S, 4, T) gates with these key weights (32,) everywhere."""
    net, bias, rows = without_key(copy.deepcopy(net)), torch.log(key), []
    for powers, truth in zip(judged.validation.powers, judged.validation.truths, strict=True):
        relative = band_powers(powers[None], torch.tensor([truth.threshold_db]))
        output, _ = net.decide(relative, net.initial_state(), bias)
        rows.append(
            torch.cat([torch.sigmoid(output.logit), output.attack_ms, output.hold_ms, output.release_ms])
        )
    return torch.stack(rows).numpy()


@torch.no_grad()
def mean_key(net: GateNet, judged: Judged) -> torch.Tensor:
    """Return the mean (32,) of the network's key weights while the gate should be open."""
    total = torch.zeros(BANDS)
    for powers, truth in zip(judged.validation.powers, judged.validation.truths, strict=True):
        output, _ = net.decide(
            band_powers(powers[None], torch.tensor([truth.threshold_db])), net.initial_state()
        )
        total += output.key[0][torch.from_numpy(truth.label == 1)].sum(0)
    return total / total.sum()


def table(net: GateNet, judged: Judged, pair: tuple[float, float]) -> dict[str, Any]:
    """Return the preset's own figures, and for every control the learned one less its constant."""
    gates = judged.validation.gates(net)
    learned = judged.values(gates, pair)
    rows: dict[str, Any] = {}
    for part, (index, (low, high)) in CONSTANTS.items():
        tried = {}
        for ms in np.geomspace(max(low, 1.0), high, TRIED):
            changed = gates.copy()
            changed[:, index] = ms
            tried[float(ms)] = judged.values(changed, pair)
        best = max(tried, key=lambda ms: np.nanmean(tried[ms]["si_sdr_db"]))
        rows[part] = {"constant": f"{best:.0f} ms", **_gaps(learned, tried[best])}
    keys = {"even": torch.full((BANDS,), 1.0 / BANDS), "its own mean": mean_key(net, judged)}
    tried_keys = {name: judged.values(with_key(net, judged, key), pair) for name, key in keys.items()}
    best_key = max(tried_keys, key=lambda name: np.nanmean(tried_keys[name]["si_sdr_db"]))
    rows["key"] = {"constant": best_key, **_gaps(learned, tried_keys[best_key])}
    return {"learned": {m: float(np.nanmean(learned[m])) for m in MEASURES}, "parts": rows}


def _gaps(learned: dict[str, NDArray[np.float64]], other: dict[str, NDArray[np.float64]]) -> dict[str, Any]:
    return {m: difference(learned[m], other[m]) for m in MEASURES}


def kinds_of(corpus: Corpus, name: str, per_kind: int, seed: int) -> dict[str, Judged]:
    """Make judged scenes by kind of bleed; for the voice also the same speech with no bleed at all."""
    scenes = judged_scenes(corpus, "val", seed, per_kind, name)
    groups: dict[str, list[Scene]] = {}
    for scene in scenes:
        groups.setdefault(str(scene.recipe["kind"]), []).append(scene)
    if name == "voice":
        alone = [
            Scene(s.target, s.target, s.loud_db, {**s.recipe, "kind": SPEECH_ALONE}) for s in groups["noise"]
        ]
        groups[SPEECH_ALONE] = alone
    return {kind: Judged(rows, Validation.from_scenes(rows)) for kind, rows in groups.items()}


def kept(path: Path, about: dict[str, Any]) -> dict[str, Any]:
    """Read the figures of an earlier run on the same scenes of the same data, by preset."""
    if not path.is_file():
        return {}
    earlier = json.loads(path.read_text())
    alike = all(earlier["about"][name] == about[name] for name in ("seed", "per_kind", "data"))
    return dict(earlier["presets"]) if alike else {}


def markdown(found: dict[str, Any], about: dict[str, Any]) -> str:
    """Write one row for each preset, kind and control."""
    lines = [
        "# What each learned control is worth",
        "",
        f"`{about['command']}`, seed {about['seed']}, {about['per_kind']} scenes of `val` a kind, data "
        f"`{about['data']}`, {about['date']}. The shipped presets, with one learned control at a time held at the constant "
        "that does best on these very scenes (by SI-SDR): more than a user could set. Numbers are *learned less constant*, "
        "scene by scene, with the 95 % interval over scenes. **Bold**: better beyond the interval; *italics*: worse.",
        "",
        "- *SI-SDR*: of what comes out against the target, dB; more is better.",
        "- *tails*: how far, after closings, the level of what comes out is from the target's own, dB; less is better.",
        "- *balanced*: balanced accuracy; more is better. Attack, hold and release move it little: it knows open and shut.",
        "",
        "| preset, bleed | control | best constant | SI-SDR | tails | balanced |",
        "|---|---|---|---|---|---|",
    ]
    for name, kinds in found.items():
        for kind, rows in kinds.items():
            for part, row in rows["parts"].items():
                cells = [_cell(row[m], m) for m in MEASURES]
                lines.append(f"| {name}, {kind} | {part} | {row['constant']} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def _cell(gap: Sequence[float], measure: str) -> str:
    mean, low, high = gap
    digits = 3 if measure == "balanced" else 2
    text = f"{mean:+.{digits}f} ({low:+.{digits}f} to {high:+.{digits}f})"
    if low <= 0.0 <= high:
        return text
    mark = "**" if (mean > 0.0) != (measure == "tail_db") else "*"
    return f"{mark}{text}{mark}"


def main(argv: list[str] | None = None) -> int:
    """Run the command line; return its exit code."""
    return on_presets.main("benchmarks.heads", (__doc__ or "").splitlines()[0], PRESETS, _run, argv)


def _run(args: argparse.Namespace) -> int:
    torch.set_num_threads(1)
    found: dict[str, Any] = {}
    corpus = Corpus.from_manifest(args.corpus)
    for name in args.presets:
        model = resolve(name).contract
        net, pair = from_preset(model), (model.open_at, model.close_at)
        found[name] = {
            kind: table(net, judged, pair)
            for kind, judged in kinds_of(corpus, name, args.per_kind, args.seed).items()
        }
        print(f"{name}: {json.dumps(found[name])}", flush=True)
    about = {
        "command": "python -m benchmarks.heads --corpus FOLDER",
        "seed": args.seed,
        "per_kind": args.per_kind,
        "data": digest(corpus)[:16],
        "date": time.strftime("%Y-%m-%d"),
    }
    found = kept(args.docs / "heads.json", about) | found
    found = {name: found[name] for name in PRESETS if name in found}
    (args.docs / "heads.json").write_text(json.dumps({"about": about, "presets": found}, indent=1) + "\n")
    (args.docs / "heads.md").write_text(markdown(found, about))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
