"""From a network to a preset's folder: model, defaults, card, parity figures and golden data, all of it or nothing."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from export import golden, parity
from export.kinds import Figures, Kind
from gate.files.atomic import write_text
from gate.files.atomic_folder import AtomicFolder
from gate.modelfile import contract, preset
from gate.modelfile.contract import Contract

Card = Callable[[Contract, Figures], str]
"""From the model as it is read back, and the parity figures, to the card's Markdown."""


def bundle(
    net: Any,
    meta: dict[str, Any],
    kind: Kind,
    folder: Path,
    card: Card,
    *,
    fill: Callable[[Path], None] = lambda path: None,
    fresh: bool = False,
) -> Figures:
    """Make a preset of a network, held to its kind's golden sound; returns the parity figures.

    Args:
        net: in evaluation mode, on the processor.
        meta: see ``model``.
        kind: of ``export.kinds``.
        folder: the preset's; made if it is not there.
        card: writes the card.
        fill: puts more files into the folder before it gets its name.
        fresh: what is in the folder already goes; otherwise it stays, but for what is written again.

    Raises:
        ExportError: the ways to run the network disagree; nothing was written.
        ContractError, PresetError: the metadata cannot be a model file's, or a preset's.
        AudioFileError, OSError: the disk does not take it.
    """
    made = model(net, meta, kind)
    figures = kind.check(kind.measure(net, made))
    with whole(folder, fresh=fresh) as out:
        preset.write_preset(out.path, made)
        parity.save(out.path / "parity.json", figures)
        kind.keep(out.path / "golden" / golden.FILE, made)
        write_text(out.path / "CARD.md", card(made, figures), mode=preset.MODE)
        fill(out.path)
        out.commit()
    return figures


def model(net: Any, meta: dict[str, Any], kind: Kind) -> Contract:
    """Write a network as a model file, and read it back.

    Args:
        net: of this kind.
        meta: what the network does not know of itself: ``name``, ``taught``, ``licence``, ``training_data``, ``scores``, and
            a gate's ``decision`` and ``defaults``.
        kind: of ``export.kinds``.

    Raises:
        ContractError: the metadata breaks the contract.
    """
    first = {"kind": kind.name, "name": meta["name"], "taught": meta["taught"]}
    return contract.write(kind.build(net), first | kind.facts(net) | meta)


def whole(folder: Path, *, fresh: bool = False) -> AtomicFolder:
    """Begin a preset's folder that takes the place of the one that is there, whole or not at all; a link stays a link."""
    place = Path(os.path.realpath(folder))
    place.parent.mkdir(parents=True, exist_ok=True)
    return AtomicFolder(place, preset.MODEL if fresh else None, force=True, keep=not fresh)
