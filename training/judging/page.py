"""A run as a folder with a page to listen on, which needs no server and nothing from anywhere else."""

import math
from html import escape
from pathlib import Path
from typing import Any

import numpy as np
import soundfile

from gate.constants import RATE
from gate.errors import AudioFileError
from gate.files.atomic import write_bytes
from gate.files.atomic_folder import AtomicFolder
from gate.render.report import to_json
from training.judging.folders import SCORES
from training.judging.judge import Judged, Verdict, sound_of
from training.judging.metrics import MEASURES
from training.judging.page_style import SCRIPT, STYLE
from training.judging.picture import scene_picture, summary
from training.judging.tables import FORMATS, HEADINGS, cell, span


def write_page(
    folder: Path,
    judged: Judged,
    report: dict[str, Any],
    *,
    title: str,
    command: str,
    range_db: float,
    most_scenes: int,
    force: bool,
) -> None:
    """Write the page (index.html), its sounds (16-bit FLAC), pictures (PNG) and the JSON into a folder.

    Args:
        folder: made if its parent is there.
        report: what ``training.judging.report`` returned.
        title: a line that says what was judged. command: the command that gives the same page again.
        range_db: the range at which the gates were judged.
        most_scenes: how many scenes can be heard: the worst, by the first gate's balanced accuracy.

    Raises:
        AudioFileError: the folder exists and ``force`` is not set, or cannot be written.
    """
    shown = judged.worst_first()[:most_scenes]
    with AtomicFolder(folder, SCORES, force=force) as out:
        (out.path / "sounds").mkdir()
        (out.path / "pictures").mkdir()
        for index in shown:
            write_bytes(
                out.path / "pictures" / f"{index:03d}.png",
                scene_picture(judged, index, range_db),
                force=False,
            )
            _write_sounds(out.path / "sounds", judged, index)
        write_bytes(out.path / "picture.png", summary(judged, title), force=False)
        write_bytes(out.path / SCORES, to_json(report), force=False)
        page = _page(judged, shown, title, command, report)
        write_bytes(out.path / "index.html", page.encode("utf-8"), force=False)
        out.commit()


def _write_sounds(folder: Path, judged: Judged, index: int) -> None:
    scene, truth = judged.scenes[index], judged.truths[index]
    sounds = {"mixture": scene.mixture, "target": scene.target}
    for number, verdict in enumerate(judged.verdicts):
        gain = verdict.gains[index]
        sounds[_slug(number)] = sound_of(verdict.contestant, scene, truth, gain)
    for name, sound in sounds.items():
        path = folder / f"{index:03d}-{name}.flac"
        try:
            soundfile.write(path, np.clip(sound, -1.0, 1.0 - 2.0**-15), RATE, subtype="PCM_16")
        except (OSError, soundfile.SoundFileError) as error:
            raise AudioFileError(
                f"{path.name} could not be written ({error}); check the disk's free space"
            ) from error


def _slug(number: int) -> str:
    """Name a gate's files: gates have names that no file could have."""
    return f"gate{number:02d}"


def _page(judged: Judged, shown: list[int], title: str, command: str, report: dict[str, Any]) -> str:
    first = judged.verdicts[0].contestant.name
    kinds = [row for row in judged.verdicts[0].table if not row.endswith(" dB")]
    tables = "\n".join(_table(judged, kind) for kind in kinds)
    scenes = "\n".join(_scene(judged, index) for index in shown)
    absent = "".join(f"<li>{escape(one['why'])}</li>" for one in report["absent"])
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)}</title>
<style>{STYLE}</style>
</head>
<body>
<h1>{escape(title)}</h1>
<p><code>{escape(command)}</code><br>
data <code>{report["data_sha256"][:16]}</code>, sound <code>{report["sound_sha256"][:16]}</code>.
All figures: <a href="{SCORES}">{SCORES}</a>.</p>
{tables}
<p class="note">Small figures: 95 % bootstrap intervals over scenes. <i>Onset, p90</i> in ms; <i>needless</i> openings and
<i>chops</i> a minute; <i>lost</i> of the target and <i>cut</i> of the bleed in dB. A dash: cannot be measured.</p>
{f"<ul class=note>{absent}</ul>" if absent else ""}
<details><summary>As a picture</summary><img src="picture.png" alt="All measures of all gates"></details>
<h2>{len(shown)} of {len(judged.scenes)} scenes, worst first</h2>
<p class="note">By the balanced accuracy of {escape(first)}. In the pictures: <span class="open">the gate should be
open</span>, <span class="unscored">not scored</span>; black is each gate's gain. Starting another
sound of a scene continues from the same place. Gates of which only gains are known are heard with these, ramped over a
millisecond.</p>
{scenes}
<script>{SCRIPT}</script>
</body>
</html>
"""


def _table(judged: Judged, kind: str) -> str:
    count = judged.verdicts[0].table[kind]["scenes"]
    head = "".join(f"<th>{escape(heading)}</th>" for heading in HEADINGS)
    lines = []
    for verdict in judged.verdicts:
        ends = verdict.intervals.get(kind)
        cells = []
        for form, measure in zip(FORMATS, MEASURES, strict=True):
            small = f"<small>{span(form, ends[measure])}</small>" if ends else ""
            cells.append(f"<td>{cell(form, verdict.table[kind][measure])}{small}</td>")
        lines.append(f"<tr><th>{escape(verdict.contestant.name)}</th>{''.join(cells)}</tr>")
    return (
        f'<div class="wide"><table><caption>{escape(kind)} ({count:.0f} scenes)</caption>\n'
        f"<thead><tr><th></th>{head}</tr></thead>\n<tbody>\n" + "\n".join(lines) + "\n</tbody></table></div>"
    )


def _scene(judged: Judged, index: int) -> str:
    recipe = judged.scenes[index].recipe
    what = [f"{recipe['kind']}, {recipe['snr_db']:.3g} dB SNR, threshold {recipe['threshold_db']:.1f} dBFS"]
    if recipe.get("target_room"):
        what.append("in a room")
    for side in ("speakers", "bleed"):
        if isinstance(recipe.get(side), list):
            what.append(f"{side}: {', '.join(map(str, recipe[side]))}")
    rows = [_player(index, "mixture", "mixture", None), _player(index, "target", "target alone", None)]
    for number, verdict in enumerate(judged.verdicts):
        rows.append(_player(index, _slug(number), verdict.contestant.name, (verdict, index)))
    head = "".join(f"<th>{escape(heading)}</th>" for heading in HEADINGS)
    return f"""<section>
<h3>{index:03d}: {escape("; ".join(what))}</h3>
<img src="pictures/{index:03d}.png" alt="Scene {index:03d}: sound, label and gains" loading="lazy">
<div class="wide"><table><thead><tr><th></th><th></th>{head}</tr></thead><tbody>
{"".join(rows)}</tbody></table></div>
</section>"""


def _player(index: int, file: str, name: str, of: tuple[Verdict, int] | None) -> str:
    if of is None:
        cells = "<td></td>" * len(MEASURES)
    else:
        row = of[0].scene(of[1])
        values = (row.get(measure, math.nan) for measure in MEASURES)
        cells = "".join(f"<td>{cell(form, value)}</td>" for form, value in zip(FORMATS, values, strict=True))
    source = f"sounds/{index:03d}-{file}.flac"
    return f'<tr><th>{escape(name)}</th><td><audio controls preload="none" src="{source}"></audio></td>{cells}</tr>\n'
