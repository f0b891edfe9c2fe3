"""Labels as other programs read them: CSV, Praat's TextGrid, NIST's RTTM; and a CSV of all frames.

Sources: the Praat manual, "TextGrid file formats" (the long text format, as Praat itself saves it), and the RTTM
specification in the evaluation plan of NIST's RT-09, appendix A: speech is an object SPEAKER, music and noise are
objects NON-SPEECH of those subtypes, anything else is "other".
"""

import csv
import io
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from gate.errors import UsageError
from gate.label.listen import Labelled, Segment

ENDINGS = {".csv": "csv", ".textgrid": "TextGrid", ".rttm": "rttm"}
"""Format of a file of labels, by the ending of its name in small letters."""

FORMATS = tuple(ENDINGS.values())

COLUMNS = ("file", "start_s", "end_s", "label", "probability")
"""Columns of the CSV."""

TIER = "class"
"""Name of the TextGrid's tier."""


def write_labels(format_: str, labelled: Iterable[tuple[str, Labelled]], others: Iterable[str] = ()) -> bytes:
    """Return the bytes of a file of labels.

    Args:
        format_: one of ``FORMATS``.
        labelled: recordings, each with the name that it has in the file. A TextGrid holds one.
        others: names of more recordings, in other files or in none, from which this file has to tell its own apart.

    Raises:
        UsageError: several recordings for a TextGrid.
    """
    if format_ == "csv":
        return to_csv(labelled)
    both = list(labelled)
    if format_ == "rttm":
        own = [name for name, _ in both]
        fields = rttm_names([*own, *(name for name in others if name not in own)])
        lines = (
            to_rttm(name, one.segments, field)
            for (name, one), field in zip(both, fields, strict=False)  # the others' come after them
        )
        return "".join(lines).encode("utf-8", "backslashreplace")
    if len(both) != 1:
        raise UsageError(f"a TextGrid holds one recording, got {len(both)}; give a folder with -o")
    return to_textgrid(both[0][1].segments, both[0][1].seconds).encode()


def to_csv(labelled: Iterable[tuple[str, Labelled]]) -> bytes:
    """Return a CSV with one row a segment, columns ``COLUMNS``."""
    rows: Iterator[tuple[object, ...]] = (
        (name, f"{one.start_s:.3f}", f"{one.end_s:.3f}", one.label, f"{one.probability:.4f}")
        for name, recording in labelled
        for one in recording.segments
    )
    return _csv(COLUMNS, rows)


def frames_csv(labelled: list[tuple[str, Labelled]], classes: tuple[str, ...]) -> bytes:
    """Return a CSV with one row a frame: when it was known, and the probability of each class.

    With several recordings there is a column ``file`` in front, with the recording's name.
    """
    named = len(labelled) != 1
    rows: Iterator[tuple[object, ...]] = (
        ((name,) if named else ()) + (f"{time_s:.6f}", *(f"{p:.5f}" for p in row))
        for name, recording in labelled
        for time_s, row in zip(
            recording.frames.time_s.tolist(), recording.frames.probabilities.tolist(), strict=True
        )
    )
    return _csv((*(("file",) if named else ()), "time_s", *classes), rows)


def to_textgrid(segments: list[Segment], seconds: float) -> str:
    """Return one interval tier over the whole recording; a recording too short for a frame is one empty interval."""
    intervals = [(one.start_s, one.end_s, one.label) for one in segments] or [(0.0, seconds, "")]
    end = _praat(seconds)
    lines = [
        'File type = "ooTextFile"',
        'Object class = "TextGrid"',
        "",
        "xmin = 0 ",
        f"xmax = {end} ",
        "tiers? <exists> ",
        "size = 1 ",
        "item []: ",
        "    item [1]:",
        '        class = "IntervalTier" ',
        f'        name = "{TIER}" ',
        "        xmin = 0 ",
        f"        xmax = {end} ",
        f"        intervals: size = {len(intervals)} ",
    ]
    for number, (start_s, end_s, label) in enumerate(intervals, 1):
        lines += [
            f"        intervals [{number}]:",
            f"            xmin = {_praat(start_s)} ",
            f"            xmax = {_praat(end_s)} ",
            f'            text = "{label}" ',
        ]
    return "\n".join(lines) + "\n"


def to_rttm(name: str, segments: list[Segment], field: str = "") -> str:
    """Return one line of ten fields a segment: type, file, channel, begin, length, -, subtype, name, confidence, -.

    ``field`` is the recording's identity, from ``rttm_names``; without it that is ``rttm_name`` of the name.
    """
    lines, field = [], field or rttm_name(name)
    for one in segments:
        if one.label == "speech":
            kind, subtype, speaker = "SPEAKER", "<NA>", one.label
        else:
            kind, speaker = "NON-SPEECH", "<NA>"
            subtype = one.label if one.label in ("music", "noise") else "other"
        # begin and end are rounded, not the length: so segments touch in the file as well
        begin, end = round(one.start_s, 3), round(one.end_s, 3)
        lines.append(
            f"{kind} {field} 1 {begin:.3f} {end - begin:.3f} <NA> {subtype} {speaker} "
            f"{one.probability:.4f} <NA>\n"
        )
    return "".join(lines)


def rttm_name(name: str) -> str:
    """Return a recording's name without its ending, as one field: no blanks."""
    return _field(re.sub(r"\.[A-Za-z0-9]{1,5}$", "", name))


def rttm_names(names: Sequence[str]) -> list[str]:
    """Return the identity of each recording among others: ``rttm_name``, with its ending where two would share that.

    Identities do not depend on the order of the names. No two are the same, even where capitals count as small letters.
    """
    return distinct([rttm_name(name) for name in names], [_field(name) for name in names], names)


def distinct(short: Sequence[str], full: Sequence[str], names: Sequence[str]) -> list[str]:
    """Return a name of its own for each of some things.

    Args:
        short: the names wanted; each is given where nothing else wants it (capitals and small letters count as one).
        full: the names given where several things want the same one; where these are taken, too, a number is added.
        names: what the things are called. That decides which get numbers: those whose full name is another go last.
    """
    wanted = Counter(name.casefold() for name in short)
    several = [wanted[name.casefold()] > 1 for name in short]
    order = sorted(range(len(short)), key=lambda i: (several[i], full[i] != names[i], names[i]))
    taken: set[str] = set()
    given = dict[int, str]()
    for i in order:
        first = name = full[i] if several[i] else short[i]
        number = 2
        while name.casefold() in taken:
            name, number = f"{first}_{number}", number + 1
        taken.add(name.casefold())
        given[i] = name
    return [given[i] for i in range(len(short))]


def _field(name: str) -> str:
    return re.sub(r"\s+", "_", name) or "_"


def _csv(head: tuple[str, ...], rows: Iterable[tuple[object, ...]]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(head)
    writer.writerows(rows)
    # file names may hold bytes that are no text
    return text.getvalue().encode("utf-8", "backslashreplace")


def _praat(seconds: float) -> str:
    """Return a time as Praat writes it: as few digits as say it exactly."""
    return str(int(seconds)) if seconds == int(seconds) else repr(float(seconds))
