"""Presets: folders with a model, its defaults and how it was made, found by name or path.

    presets/voice/  model.onnx    the plugin
                    preset.json   {"format": 1, "name": "voice", "model": "model.onnx",
                                   "threshold_db": -40.0, "range_db": -80.0, ...}
                    CARD.md       how it was made, and its scores

``range_db`` may be the text "-inf". A classifier's preset.json has ``"kind": "classify"`` and neither number, and
its ``Preset`` no defaults (nan). Fields that are not known here stay when a preset is written again.
A user's own preset comes before a shipped one of the same name, and a note then tells of both.
A folder with a ``model.onnx`` and no ``preset.json``, and a single ``.onnx`` file, are presets too: they are
named after the folder or file, and their defaults are the model's.
"""

import contextlib
import json
import math
import os
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from gate.errors import AudioFileError, PresetError
from gate.files import places
from gate.files.atomic import write_bytes, write_text
from gate.modelfile import contract
from gate.modelfile.contract import NO_GATE, Contract
from gate.notes import GateNote
from gate.parameters import BY_ID

FORMAT = 1
"""Version of preset.json."""

FILE = "preset.json"
MODEL = "model.onnx"

MODE = 0o644
"""Permissions of both: a preset is for everyone who may read its folder."""

MAX_FILE_BYTES = 1 << 20
"""Largest preset.json: 1 MiB."""


@dataclass(frozen=True)
class Defaults:
    """The two controls' first values: threshold in dBFS, range in dB (0 or less, -inf allowed); nan: no gate."""

    threshold_db: float
    range_db: float


@dataclass(frozen=True)
class Preset:
    """A preset with its model read and checked; ``folder`` is None for a single file."""

    name: str
    folder: Path | None
    model_path: Path
    contract: Contract
    defaults: Defaults
    fields: dict[str, Any] = field(default_factory=dict, repr=False)
    """All of preset.json; empty where there is none."""


def folders() -> list[Path]:
    """Return the folders of presets with a name: the user's own, beside the installed package, in the checkout."""
    package = Path(__file__).resolve().parents[1]
    checkout = package.parent
    found = [user_folder(), package / "presets"]
    if (checkout / "pyproject.toml").is_file():
        found.append(checkout / "presets")
    return found


def user_folder() -> Path:
    """Return the folder of a user's own presets; it need not exist. ``LEARNED_GATE_PRESETS`` names another one."""
    return places.user_folder("data", "presets", "LEARNED_GATE_PRESETS")


def names(kind: str | None = "gate") -> list[str]:
    """Return the names that find a preset, in order: of gates, of another kind, or all (None)."""
    return sorted(name for name, places in _by_name().items() if _of_kind(places, kind))


def hidden(kind: str | None = "gate") -> list[Path]:
    """Return the presets, of a kind or all (None), whose name finds another one; only a path finds them."""
    return [path for places in _by_name().values() for path in _of_kind(places, kind)[1:]]


def address(preset: Preset) -> str:
    """Return the name or path that ``resolve`` would map back to this preset: the name where that finds it."""
    if preset.folder is None:
        return str(preset.model_path)
    name = preset.folder.name
    places = _of_kind(_by_name().get(name, []), preset.contract.kind)
    return name if places[:1] == [preset.folder] else str(preset.folder)


def spelling(folder: Path) -> str:
    """Return what to type for a preset in a folder: the folder, with ./ in front where a name would come first."""
    text = str(folder)
    return os.path.join(os.curdir, text) if text in _by_name() else text


def resolve(
    preset: str | os.PathLike[str], kind: str | None = None, tell: Callable[[str], None] | None = None
) -> Preset:
    """Find a preset and read it.

    Args:
        preset: a name ("voice"), a preset's folder, or a model file. A bare word is a name first and a path
            second, so that a folder of recordings called "voice" hides nothing. A user's own preset of a name comes
            before a shipped one.
        kind: what its model has to be, "gate" or "classify"; None takes either. It chooses among namesakes.
        tell: called with a sentence where several have the name; None makes that sentence a warning, ``GateNote``.

    Raises:
        PresetError: there is no such preset (the text lists what comes close), or its preset.json is wrong.
        ContractError: its model breaks the contract, or is of another kind.
    """
    found = _resolve(preset, kind, tell or _warn)
    if kind is not None:
        found.contract.expect(kind)
    return found


def _warn(sentence: str) -> None:
    warnings.warn(sentence, GateNote, stacklevel=4)


def _resolve(preset: str | os.PathLike[str], kind: str | None, tell: Callable[[str], None]) -> Preset:
    text = os.fspath(preset)
    try:
        if text in (known := _by_name()):
            chosen, *others = _of_kind(known[text], kind) or known[text]
            here = Path(text)
            if _is_preset(here) and not any(here.samefile(path) for path in (chosen, *others)):
                others.append(here)
            if others:
                tell(_several(text, chosen, others))
            return _from_folder(chosen)
        path = Path(text)
        if text and path.is_dir():
            return _from_folder(path)
        if text and path.exists():
            return _from_file(path)
    except OSError as error:
        raise PresetError(f"{text} cannot be read ({error.strerror}); check the path") from None
    raise PresetError(_not_found(text, names(kind)))


def _several(name: str, chosen: Path, others: list[Path]) -> str:
    """Return the sentence for a name that several presets have."""
    places = " or ".join(spelling(path) for path in others)
    return (
        f"{1 + len(others)} presets are called {name}, and {chosen} is used; for another one give its place ({places}), "
        "or rename it"
    )


def write_preset(
    folder: str | os.PathLike[str],
    model: bytes | Contract,
    *,
    name: str | None = None,
    threshold_db: float | None = None,
    range_db: float | None = None,
    extra: dict[str, Any] | None = None,
) -> Preset:
    """Write a model and its preset.json into a folder, each whole or not at all.

    Args:
        folder: made if it is not there.
        model: bytes of a model file that keeps the contract, or the model file as it was read.
        name: of the preset; default the model's.
        threshold_db: default threshold, dBFS, -80 to 0; default the model's.
        range_db: default range, dB, -120 to 0 or -inf; default the model's.
        extra: more fields; those that a preset.json has there already stay unless they are named here.

    Returns:
        The preset, read back.

    Raises:
        ContractError: the model breaks the contract; nothing is written.
        PresetError: a default is out of range, or the folder cannot be written.
    """
    checked = model if isinstance(model, Contract) else contract.read(model)
    path = Path(folder)
    kept = _read_json(path / FILE) if (path / FILE).is_file() else {}
    fields = {**kept, **(extra or {}), "format": FORMAT, "name": name or checked.name, "model": MODEL}
    if checked.kind != "gate":
        fields["kind"] = checked.kind
    else:
        fields["threshold_db"] = checked.default_threshold_db if threshold_db is None else threshold_db
        fields["range_db"] = checked.default_range_db if range_db is None else range_db
    _defaults(path / FILE, fields, checked)
    if fields.get("range_db") == -math.inf:
        fields["range_db"] = "-inf"
    text = json.dumps(fields, indent=2, allow_nan=False) + "\n"
    try:
        path.mkdir(parents=True, exist_ok=True)
        write_bytes(path / MODEL, checked.model, mode=MODE)
        write_text(path / FILE, text, mode=MODE)
    except (OSError, AudioFileError) as error:
        raise PresetError(f"{path} cannot be written ({_why(error)}); give another folder") from None
    return _from_folder(path)


def rename(folder: Path, name: str) -> None:
    """Write another name into a preset's preset.json.

    Raises:
        PresetError: there is none, or it cannot be read or written.
    """
    text = json.dumps(_read_json(folder / FILE) | {"name": name}, indent=2, allow_nan=False) + "\n"
    try:
        write_text(folder / FILE, text, mode=MODE)
    except AudioFileError as error:
        raise PresetError(f"{folder} cannot be written ({_why(error)}); free some room") from None


def _by_name() -> dict[str, list[Path]]:
    """Find the folders of presets by name; the one that the name finds comes first."""
    found: dict[str, list[Path]] = {}
    searched: set[str] = set()
    for place in folders():
        if (real := os.path.realpath(place)) in searched:
            continue
        searched.add(real)
        if place.is_dir():
            for path in place.iterdir():
                if _is_preset(path):
                    found.setdefault(path.name, []).append(path)
    return found


def _is_preset(folder: Path) -> bool:
    return (folder / MODEL).is_file() or (folder / FILE).is_file()


def _of_kind(places: list[Path], kind: str | None) -> list[Path]:
    return [path for path in places if kind in (None, _kind(path))]


def _kind(folder: Path) -> str:
    """Return the kind that preset.json names; a gate if it names none (``write_preset`` writes all others)."""
    try:
        return str(_read_json(folder / FILE).get("kind", "gate"))
    except PresetError:
        return "gate"


def _not_found(text: str, known: list[str]) -> str:
    """Return the sentence for a preset that is not there."""
    if os.sep in text or text.endswith(".onnx"):
        return f"expected a preset folder or a model file, got {text}, which is not there; check the path"
    # late: only a typo pays for it
    from difflib import get_close_matches

    here = ", ".join(known) or "none"
    close = get_close_matches(text.lower(), known, n=3, cutoff=0.5)
    remedy = f"did you mean {' or '.join(close)}?" if close else "give one of these, a folder or a .onnx file"
    return f"expected a preset's name (there are: {here}), got {text!r}; {remedy}"


def _from_file(path: Path) -> Preset:
    """Read a model file alone."""
    checked = contract.read(path)
    return Preset(
        path.stem, None, path, checked, Defaults(checked.default_threshold_db, checked.default_range_db)
    )


def _from_folder(folder: Path) -> Preset:
    """Read a preset folder, with or without a preset.json."""
    json_path = folder / FILE
    if not json_path.is_file():
        if not (folder / MODEL).is_file():
            raise PresetError(f"expected {FILE} or {MODEL} in {folder}, got neither; give a preset's folder")
        return replace(_from_file(folder / MODEL), name=folder.resolve().name, folder=folder)
    fields = _read_json(json_path)
    if type(fields.get("format")) is not int or fields["format"] > FORMAT:
        raise PresetError(
            f'{json_path}: expected "format" {FORMAT}, got {fields.get("format")!r}; update learned-gate'
        )
    name, model = fields.get("name"), fields.get("model", MODEL)
    if not isinstance(name, str) or not name.strip() or not name.isprintable():
        raise PresetError(f'{json_path}: expected text in "name", got {name!r}; write a name there')
    if not isinstance(model, str) or model in ("", ".", "..") or "/" in model or "\\" in model:
        raise PresetError(
            f'{json_path}: expected a file of the same folder in "model", got {model!r}; name one'
        )
    checked = contract.read(folder / model)
    return Preset(name, folder, folder / model, checked, _defaults(json_path, fields, checked), fields)


def _read_json(path: Path) -> dict[str, Any]:
    """Read a preset.json as a table."""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_FILE_BYTES + 1)
        if len(data) > MAX_FILE_BYTES:
            raise PresetError(f"{path}: expected at most {MAX_FILE_BYTES >> 20} MiB, got more; fix the file")
        fields = json.loads(data.decode())
    except OSError as error:
        raise PresetError(f"{path} cannot be read ({error.strerror}); check who may read it") from None
    except (ValueError, RecursionError) as error:
        raise PresetError(f"{path}: expected JSON, got something else ({error}); fix the file") from None
    if not isinstance(fields, dict):
        raise PresetError(f"{path}: expected a table, got {type(fields).__name__}; fix the file")
    return fields


def _defaults(path: Path, fields: dict[str, Any], checked: Contract) -> Defaults:
    """Return the two defaults; the model's where preset.json has none. A classifier has none."""
    if checked.kind != "gate":
        return Defaults(NO_GATE, NO_GATE)
    threshold_db = fields.get("threshold_db", checked.default_threshold_db)
    range_db = fields.get("range_db", checked.default_range_db)
    if range_db == "-inf":
        range_db = -math.inf
    return Defaults(_default(path, "threshold", threshold_db), _default(path, "range", range_db))


def _default(path: Path, id: str, value: Any) -> float:
    """Return a control's default, in its range."""
    with contextlib.suppress(ValueError):
        if isinstance(value, int | float) and not isinstance(value, bool):
            return BY_ID[id].check(value)
    raise PresetError(
        f'{path}: expected "{id}_db" from {BY_ID[id].limits}, got {value!r}; give such a number'
    )


def _why(error: OSError | AudioFileError) -> str:
    """Why a file could not be written, in the system's words where it gave some."""
    cause = error.__cause__ if isinstance(error, AudioFileError) else error
    return (cause.strerror if isinstance(cause, OSError) else None) or str(error)
