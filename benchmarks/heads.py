"""What each learned control is worth: the gate with that one at its best constant, on sources that it does not know.

    python -m benchmarks.heads --corpus FOLDER [--also FOLDER] [--presets voice kick ...] [--per-kind 24] [--seed 0]
        [--checkpoint voice=runs/voice] [--group 0]

Each control has a measure of its own (``training.judging.controls``), and its best constant is chosen by that, for each kind
of bleed, on the very scenes of the table: more than a user could know. Differences are paired, scene by scene; the
intervals are bootstrap over scenes. With ``--checkpoint`` the networks of a run's folds are judged, each on the group of
sources that it was not taught, and pooled. Without it the shipped presets are, on the ``val`` split or on ``--group``.

Writes docs/heads.md and docs/heads.json, where presets that are not run again keep their figures, if scenes and data are
the same.
"""

import argparse
import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from benchmarks import on_presets
from benchmarks.heads_page import markdown
from benchmarks.heads_sources import Contest, contest, kinds_of
from benchmarks.heads_table import Part, table
from gate.files.atomic import write_text
from training.judging.controls import MEASURES
from training.recordings.corpus import Corpus
from training.recordings.groups import GROUPS
from training.recordings.source import beside, digest

PRESETS = ("voice", "snare", "kick", "toms", "guitar")


def judge(corpus: Corpus, name: str, who: Contest, per_kind: int, seed: int) -> dict[str, Any]:
    """Judge all networks of one name: who was judged, and a table for each kind of bleed."""
    parts: dict[str, list[Part]] = {}
    scenes = {
        group: kinds_of(corpus, name, per_kind, seed, group) for group in {c.group for c in who.contestants}
    }
    for contestant in who.contestants:
        for kind, own in scenes[contestant.group].items():
            parts.setdefault(kind, []).append(Part.of(contestant.net, own))
    return {"judged": who.words, "kinds": {kind: table(own, who.pair) for kind, own in parts.items()}}


def kept(path: Path, about: dict[str, Any]) -> dict[str, Any]:
    """Read the figures of an earlier run by the same measures on the same scenes of the same data, by preset."""
    if not path.is_file():
        return {}
    earlier = json.loads(path.read_text())
    alike = all(
        earlier["about"].get(name) == about[name] for name in ("measures", "seed", "per_kind", "data")
    )
    return dict(earlier["presets"]) if alike else {}


def command_of(args: argparse.Namespace) -> str:
    """Write the command that made the page, with names in place of folders."""
    parts = ["python -m benchmarks.heads --corpus FOLDER", *("--also FOLDER" for _ in args.also)]
    parts += [f"--group {group}" for group in args.group]
    parts += [f"--checkpoint {name}=RUN" for name, _ in args.checkpoint]
    return " ".join(parts)


def main(argv: list[str] | None = None) -> int:
    """Run the command line; return its exit code."""
    return on_presets.main(
        "benchmarks.heads", (__doc__ or "").splitlines()[0], PRESETS, _run, argv, options=_options
    )


def _options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--also",
        type=Path,
        action="append",
        default=[],
        metavar="FOLDER",
        help="another corpus; may be repeated",
    )
    parser.add_argument(
        "--group",
        type=int,
        action="append",
        default=[],
        choices=range(GROUPS),
        help="judge on all recordings of this group of sources; may be repeated",
    )
    parser.add_argument(
        "--checkpoint",
        type=_named,
        action="append",
        default=[],
        metavar="PRESET=PATH",
        help="judge this trained network, or all folds of this run's folder, in the preset's place; may be repeated",
    )


def _named(text: str) -> tuple[str, Path]:
    name, equals, path = text.partition("=")
    if name not in PRESETS or not equals or not path:
        raise argparse.ArgumentTypeError(
            f"expected PRESET=PATH, PRESET one of {', '.join(PRESETS)}, got {text!r}; write voice=runs/voice"
        )
    return name, Path(path)


def _checked(presets: Sequence[str], checkpoints: Sequence[tuple[str, Path]]) -> None:
    """Raise ValueError where a checkpoint is of a preset that is not judged."""
    lost = sorted({name for name, _ in checkpoints} - set(presets))
    if lost:
        raise ValueError(
            f"expected checkpoints of the presets {', '.join(presets)}, got one of {', '.join(lost)}; add it to --presets"
        )


def _run(args: argparse.Namespace) -> int:
    torch.set_num_threads(1)
    _checked(args.presets, args.checkpoint)
    contests = {
        name: contest(name, [path for of, path in args.checkpoint if of == name], sorted(set(args.group)))
        for name in args.presets
    }
    corpus = beside(Corpus.from_manifest(args.corpus), args.also)
    found: dict[str, Any] = {}
    for name, who in contests.items():
        found[name] = judge(corpus, name, who, args.per_kind, args.seed)
        print(f"{name}: {json.dumps(found[name])}", flush=True)
    about = {
        "measures": list(MEASURES),
        "command": command_of(args),
        "seed": args.seed,
        "per_kind": args.per_kind,
        "data": digest(corpus)[:16],
        "date": time.strftime("%Y-%m-%d"),
    }
    found = kept(args.docs / "heads.json", about) | found
    found = {name: found[name] for name in PRESETS if name in found}
    write_text(args.docs / "heads.json", json.dumps({"about": about, "presets": found}, indent=1) + "\n")
    write_text(args.docs / "heads.md", markdown(found, about))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
