"""The command line of gate-eval."""

import argparse
from pathlib import Path
from typing import Any

from gate.cli.options import Value, add_guard_settings
from gate.parameters import BY_ID

PROG = "gate-eval"

TARGETS = ("voice", "snare", "kick", "toms", "guitar")

HELD_OUT = (0, 1, 2)
"""Groups of ``training.recordings.groups``, which is not imported before it is needed."""

EPILOG = """
The scenes are built from the corpus with the seed: the same corpus, seed and arguments give the same scenes, and the
data hash says so. Judge another tool in two steps:
  gate-eval --corpus FOLDER --write-scenes scenes
  (let it process every scenes/NNN-mixture.wav into out/NNN-mixture.wav)
  gate-eval voice --corpus FOLDER --sound tool=out
docs/evaluating.md has the formats, docs/metrics.md what each figure means.
exit: 0 done, 1 something failed, 2 usage, 130 interrupted
"""


def parser() -> argparse.ArgumentParser:
    """Make the parser of the command line."""
    made = argparse.ArgumentParser(
        prog=PROG,
        description="Judge gates on scenes that they have never heard: presets, other gates, any sound, any gain curve.",
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    made.add_argument(
        "presets", nargs="*", metavar="PRESET", help="a preset's name, its folder, or a model file"
    )
    made.add_argument("--version", action="store_true", help="print the version and exit")
    _add_scenes(made.add_argument_group("scenes"))
    _add_gates(made.add_argument_group("who else is judged"))
    _add_outputs(made.add_argument_group("what comes out"))
    return made


def _add_scenes(group: Any) -> None:
    group.add_argument(
        "--corpus",
        type=Path,
        metavar="FOLDER",
        help="recordings: a folder with manifest.csv, or with the folders target and bleed",
    )
    group.add_argument(
        "--also",
        type=Path,
        action="append",
        default=[],
        metavar="FOLDER",
        help="another folder with manifest.csv beside --corpus, such as python -m training.packages makes; may be repeated",
    )
    group.add_argument("--target", default="voice", choices=TARGETS, help="what should pass (default: voice)")
    group.add_argument(
        "--split", default="val", choices=("val", "train"), help="half of the corpus (default: val)"
    )
    group.add_argument(
        "--group",
        type=int,
        choices=HELD_OUT,
        help="all recordings of one group of sources, both halves: for a gate that was taught without it",
    )
    group.add_argument("--seed", type=_Whole(0), default=0, help="of scenes and intervals (default: 0)")
    group.add_argument(
        "--per-kind",
        type=_Whole(1),
        default=24,
        metavar="N",
        help="scenes of 20 s a kind of bleed (default: 24)",
    )
    group.add_argument(
        "--pair",
        nargs=2,
        type=Path,
        metavar=("BEFORE", "AFTER"),
        help="judge one pair of sound files instead of scenes; needs --clean",
    )
    group.add_argument(
        "--clean", type=Path, metavar="TARGET", help="the clean target as it sits in BEFORE, as long as it"
    )
    group.add_argument(
        "--threshold",
        type=Value("threshold"),
        metavar="DB",
        help="of a pair, dBFS: over it the gate should be open (default: 20 dB under the target's loud level)",
    )


def _add_gates(group: Any) -> None:
    group.add_argument(
        "--range",
        type=Value("range"),
        default=-80.0,
        metavar="DB",
        help="how far presets, baselines, laws and peers shut (default: -80)",
    )
    group.add_argument(
        "--baselines",
        action="store_true",
        help="a classic gate, the same with the best settings for each file, and a gate that hears the target",
    )
    group.add_argument(
        "--laws", action="store_true", help="the laws of other gates, with the best settings for each file"
    )
    group.add_argument("--peers", action="store_true", help="other people's detectors, those installed")
    group.add_argument(
        "--guard",
        nargs="+",
        choices=[mode for mode in BY_ID["guard"].choices if mode != "off"],
        default=[],
        help="judge every preset with such a guard, too",
    )
    add_guard_settings(group)
    group.add_argument(
        "--sound",
        action="append",
        default=[],
        type=_named,
        metavar="NAME=DIR",
        help="what another tool made of the mixtures of --write-scenes: DIR/NNN-mixture.wav",
    )
    group.add_argument(
        "--curve",
        action="append",
        default=[],
        type=_named,
        metavar="NAME=DIR",
        help="gain curves for these mixtures: DIR/NNN*.csv with the columns time_s and gain_db",
    )


def _add_outputs(group: Any) -> None:
    group.add_argument(
        "--more", action="store_true", help="print signed errors, clipping, clicks and SI-SDR as well"
    )
    group.add_argument(
        "--alarms",
        action="store_true",
        help="let every gate hear the scenes without their target, too: how often it opens for bleed alone",
    )
    group.add_argument("--by-snr", action="store_true", help="print a table for each SNR as well")
    group.add_argument("--json", type=Path, metavar="FILE", help="write every figure")
    group.add_argument(
        "--picture", type=Path, metavar="FILE.png", help="draw every measure with its interval"
    )
    group.add_argument("--page", type=Path, metavar="DIR", help="write a page to listen on, with its sounds")
    group.add_argument(
        "--page-scenes",
        type=_Whole(1),
        default=12,
        metavar="N",
        help="scenes on the page, the worst first; each takes some MB (default: 12)",
    )
    group.add_argument(
        "--write-scenes",
        type=Path,
        metavar="DIR",
        help="write every scene's mixture and target as float WAV, and scenes.json",
    )
    group.add_argument("--force", action="store_true", help="replace existing outputs")


def complaint(options: argparse.Namespace) -> str | None:
    """Say what does not fit together on a command line, in one sentence; None if all does."""
    alone = {
        "--sound": options.sound,
        "--curve": options.curve,
        "--write-scenes": options.write_scenes,
        "--alarms": options.alarms,
    }
    if options.pair is None:
        if options.also and options.corpus is None:
            return "--also belongs to --corpus, got it without; add --corpus FOLDER or leave it out"
        for name in ("clean", "threshold"):
            if getattr(options, name) is not None:
                return f"--{name} belongs to --pair, got it without; add --pair BEFORE AFTER or leave it out"
        if options.corpus is None:
            return "expected --corpus FOLDER or --pair BEFORE AFTER, got neither; give one"
        judged = options.presets or options.baselines or options.laws or options.peers
        if not (judged or options.sound or options.curve or options.write_scenes):
            return "expected something to judge, got none; name a preset, or ask for --baselines or --write-scenes"
        if not (judged or options.sound or options.curve) and (
            options.json or options.picture or options.page
        ):
            return "--json, --picture and --page need something to judge, got none; name a preset"
        return None
    if options.clean is None:
        return "--pair needs the clean target, got none; add --clean TARGET"
    if options.corpus is not None:
        return "--pair and --corpus are two ways to get scenes, got both; leave one out"
    alone |= {"--also": options.also, "--group": options.group is not None}
    wrong = [name for name, value in alone.items() if value]
    if wrong:
        return f"{', '.join(wrong)} belongs to --corpus, got --pair; leave it out"
    return None


def _named(text: str) -> tuple[str, Path]:
    name, equals, folder = text.partition("=")
    if not (name and equals and folder):
        raise argparse.ArgumentTypeError(f"expected NAME=DIR, got {text!r}")
    if not Path(folder).is_dir():
        raise argparse.ArgumentTypeError(f"expected a folder after {name}=, got {folder!r}, which is none")
    return name, Path(folder)


class _Whole:
    """Converter of a whole number from ``least``."""

    def __init__(self, least: int) -> None:
        self.least = least

    def __call__(self, text: str) -> int:
        try:
            value = int(text)
        except ValueError:
            value = self.least - 1
        if value < self.least:
            raise argparse.ArgumentTypeError(f"expected a whole number from {self.least}, got {text!r}")
        return value
