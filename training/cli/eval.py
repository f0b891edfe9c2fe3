"""gate-eval: gates judged on scenes that they have never heard."""

import shlex
import sys
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from gate.cli.console import progress_bar, say, say_version
from gate.cli.ending import complain, run

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence
    from pathlib import Path

    from gate.engine.guard import Guard
    from training.judging.contestants import Absent, Contestant
    from training.judging.judge import Judged
    from training.recordings.corpus import Corpus
    from training.scenes.compose import Scene

PROG = "gate-eval"


def main(argv: list[str] | None = None) -> int:
    """Run the command; returns its exit code. What a person can act on is one sentence on stderr."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    return run(
        PROG,
        lambda: _main(arguments),
        done="judged",
        memory="judge fewer scenes with --per-kind",
        plain=(OSError, ValueError),
    )


def _main(arguments: list[str]) -> int:
    from gate.cli.options import join_numbers
    from training.cli.eval_options import complaint, parser

    if "--version" in arguments:
        return say_version(PROG)
    made = parser()
    options = made.parse_args(join_numbers(arguments, ("--threshold",)))
    wrong = complaint(options)
    if wrong:
        made.error(wrong)
    return _run(options, shlex.join([PROG, *arguments]))


def _run(options: "argparse.Namespace", command: str) -> int:
    """Compose, judge, print, write."""
    _refuse_outputs(options)
    scenes = _scenes(options)
    if options.write_scenes:
        _write_scenes(options, scenes)
    with ExitStack() as stack:
        contestants, absent = _contestants(options, scenes, stack)
        for one in absent:
            complain(PROG, one.why) if one.broken else _note(one.why)
        if not contestants:
            if options.write_scenes:
                return 0
            complain(PROG, "nothing is left to judge; name a preset, or get a peer")
            return 1
        judged, failed = _judge(options, scenes, contestants)
        if not judged.verdicts:
            return 1
        absent += failed
        _print(options, judged)
        _write(options, judged, absent, command)
    return 1 if any(one.broken for one in absent) else 0


def _refuse_outputs(options: "argparse.Namespace") -> None:
    """Say that an output is in the way before anything long is done."""
    from gate.errors import AudioFileError
    from gate.files.atomic import refuse_target
    from gate.files.atomic_folder import refuse_folder
    from training.judging.folders import SCENES, SCORES

    for path in (options.json, options.picture, options.page, options.write_scenes):
        if path is not None and not path.absolute().parent.is_dir():
            raise AudioFileError(
                f"{path} cannot be made, the folder {path.parent} does not exist; create it first"
            )
    for file in (options.json, options.picture):
        if file is not None:
            refuse_target(file, force=options.force)
    for folder, marker in ((options.page, SCORES), (options.write_scenes, SCENES)):
        if folder is not None:
            refuse_folder(folder, marker, force=options.force)


def _scenes(options: "argparse.Namespace") -> "Sequence[Scene]":
    if options.pair:
        from training.judging.foreign import pair_scene

        scene = pair_scene(options.pair[0], options.clean, options.threshold)
        from_where = "given" if options.threshold is not None else "20 dB under the target's loud level"
        _note(f"threshold {scene.recipe['threshold_db']:.1f} dBFS, {from_where}")
        return [scene]
    from training.recordings.groups import held_out
    from training.recordings.source import beside
    from training.scenes.judged import judged_scenes

    corpus = beside(_corpus(options.corpus), options.also)
    if options.group is not None:
        corpus = held_out(corpus, options.group)
        return judged_scenes(corpus, "val", options.seed, options.per_kind, options.target)
    return judged_scenes(corpus, options.split, options.seed, options.per_kind, options.target)


def _corpus(folder: "Path") -> "Corpus":
    """Open a folder with a manifest, or one whose folders say what is in them."""
    from training.recordings.corpus import Corpus

    if (
        not (folder / "manifest.csv").is_file()
        and (folder / "target").is_dir()
        and (folder / "bleed").is_dir()
    ):
        rooms = folder / "impulse_response"
        return Corpus.from_folders([folder / "target"], [folder / "bleed"], [rooms] if rooms.is_dir() else [])
    return Corpus.from_manifest(folder)


def _guards(options: "argparse.Namespace") -> "list[Guard]":
    from gate.engine.guard import choose

    chosen = (choose(mode, options.guard_grace, options.guard_model) for mode in options.guard)
    return [guard for guard in chosen if guard is not None]


def _contestants(
    options: "argparse.Namespace", scenes: "Sequence[Scene]", stack: ExitStack
) -> "tuple[list[Contestant], list[Absent]]":
    from gate.constants import RATE
    from training.judging import contestants as who

    seconds = max(len(scene.mixture) for scene in scenes) / RATE
    found = who.presets(options.presets, seconds, options.range, stack, guards=_guards(options))
    if options.pair:
        from training.judging.foreign import SoundPair, read_alike

        after = SoundPair(read_alike(options.pair[1], options.pair[0]), str(options.pair[1]))
        found.insert(0, who.Contestant(options.pair[1].name, "sound", after))
    found += who.foreign(options.sound, options.curve, scenes)
    absent: list[Absent] = []
    if options.peers:
        peers, absent = who.peers(options.range)
        found += peers
    if options.laws:
        found += who.laws(options.range)
    if options.baselines:
        found += who.baselines(options.range)
    who.refuse_namesakes(found)
    return found, absent


def _judge(
    options: "argparse.Namespace", scenes: "Sequence[Scene]", contestants: "list[Contestant]"
) -> "tuple[Judged, list[Absent]]":
    from training.judging.contestants import Absent
    from training.judging.judge import judge

    failed: list[Absent] = []

    def note(one: "Contestant", error: Exception) -> None:
        why = f"{one.name} is left out, it failed on a scene: {type(error).__name__}: {error}"
        failed.append(Absent(one.name, str(one.facts.get("package")), why, broken=True))
        complain(PROG, why)

    from training.judging.alarms import without_target

    bleed_alone = without_target(scenes) if options.alarms else []
    total = len(scenes) * len(contestants) + len(bleed_alone) * sum(one.by_ear for one in contestants)
    with progress_bar(total=total, unit="scene", leave=False) as bar:

        def heard(name: str) -> None:
            bar.set_description(name, refresh=False)
            bar.update()

        judged = judge(
            scenes, contestants, seed=options.seed, heard=heard, failed=note, without_target=bleed_alone
        )
    return judged, failed


def _print(options: "argparse.Namespace", judged: "Judged") -> None:
    from training.judging.evaluate import data_sha256
    from training.judging.tables import format_alarms, format_more, format_tables

    tables = {verdict.contestant.name: verdict.table for verdict in judged.verdicts}
    ends = {
        v.contestant.name: v.intervals
        for v in judged.verdicts
        if v.contestant.kind == "preset" and v.intervals
    }
    say(format_tables(tables, ends, by_snr=options.by_snr))
    if options.more:
        say(format_more({v.contestant.name: v.more for v in judged.verdicts}, by_snr=options.by_snr))
    alarms = {v.contestant.name: v.alarms for v in judged.verdicts if v.alarms}
    if alarms:
        alarms_ends = {v.contestant.name: v.alarms_intervals for v in judged.verdicts}
        say(format_alarms(alarms, alarms_ends, by_snr=options.by_snr))
    digest = data_sha256(judged.scenes)[:16]
    where = "pair" if options.pair else f"seed {options.seed} split {options.split} target {options.target}"
    say(f"data {digest} {where} range {options.range:g} dB")


def _write(options: "argparse.Namespace", judged: "Judged", absent: "list[Absent]", command: str) -> None:
    from gate.files.atomic import write_bytes
    from gate.render.report import to_json
    from training.judging.report import report

    if not (options.json or options.picture or options.page):
        return
    made = report(judged, _asked(options, command), absent)
    title = _title(options, judged)
    if options.json:
        write_bytes(options.json, to_json(made), force=options.force)
    if options.picture:
        from training.judging.picture import summary

        write_bytes(
            options.picture, summary(judged, f"{title}, data {made['data_sha256'][:16]}"), force=options.force
        )
    if options.page:
        from training.judging.page import write_page

        write_page(
            options.page, judged, made, title=title, command=command, range_db=options.range,
            most_scenes=options.page_scenes, force=options.force,
        )  # fmt: skip
        say(f"page {options.page / 'index.html'}")


def _write_scenes(options: "argparse.Namespace", scenes: "Sequence[Scene]") -> None:
    from training.judging.evaluate import data_sha256
    from training.judging.folders import write_scenes

    names = ("seed", "split", "target", "per_kind")
    facts = {name: getattr(options, name) for name in names} | {"data_sha256": data_sha256(scenes)}
    write_scenes(options.write_scenes, scenes, facts, force=options.force)
    say(f"{len(scenes)} scenes in {options.write_scenes}, data {facts['data_sha256'][:16]}")


def _asked(options: "argparse.Namespace", command: str) -> dict[str, Any]:
    """Return the arguments that decide what the figures are; where outputs go is not among them."""
    names = (
        "presets",
        "target",
        "split",
        "seed",
        "per_kind",
        "threshold",
        "range",
        "baselines",
        "laws",
        "peers",
        "alarms",
    )
    asked = {name: getattr(options, name) for name in names}
    named = {name: [f"{key}={path}" for key, path in getattr(options, name)] for name in ("sound", "curve")}
    pair = [str(path) for path in options.pair] if options.pair else None
    clean = str(options.clean) if options.clean else None
    return {"command": command, **asked, **named, "pair": pair, "clean": clean}


def _title(options: "argparse.Namespace", judged: "Judged") -> str:
    if options.pair:
        return f"{options.pair[1].name} against {options.pair[0].name}"
    return (
        f"Gates for {options.target}: {len(judged.scenes)} scenes, {options.split} split, seed {options.seed}, "
        f"range {options.range:g} dB"
    )


def _note(text: str) -> None:
    say(f"{PROG}: {text}", sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
