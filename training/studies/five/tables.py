"""Tables in Markdown: the first study's figures and ours, side by side."""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path

from gate.files.atomic import write_text
from training.studies.five import published
from training.studies.five.search import Row
from training.studies.five.settings import ARCHITECTURES, DEFAULT_LAYERS, Settings, words

KINDS = ("raw", "fft", "rows")
VARIED = {"tokens": "tokens", "loss": "loss", "layers": "layers", "augment": "augment", "sanity": "sanity"}


def write(out: Path, rows: Sequence[Row]) -> None:
    """Write FOLDER/tables.md and FOLDER/trials.json, of everything that the folder's trials hold."""
    targets = sorted({row.target for row in rows})
    write_text(out / "tables.md", "\n\n".join(text(rows, target) for target in targets) + "\n")
    write_text(
        out / "trials.json",
        json.dumps(
            [
                {
                    "target": r.target,
                    "data": r.store,
                    "what": r.what,
                    "settings": r.settings.as_dict(),
                    **r.result,
                }
                for r in rows
            ],
            indent=1,
        )
        + "\n",
    )


def text(rows: Sequence[Row], target: str) -> str:
    """Write every table of one target."""
    parts = []
    ours = [row for row in rows if row.target == target]
    for store in sorted({row.store for row in ours}):
        there = [row for row in ours if row.store == store]
        parts += [f"## {target} (data {store})", best_table(there)]
        parts += published_tables(there)
        parts += variant_tables(there)
    return "\n\n".join(part for part in parts if part)


def best_table(rows: Sequence[Row]) -> str:
    """Write the best of each architecture and kind of features, by validation loss, with the study's best F1."""
    lines = [
        "| architecture | features | their F1 | val F1 | val loss | test F1 | test loss | weights | trials | settings |",
        "|---|---|---|---|---|---|---|---|---|---|",
    ]
    for arch in ARCHITECTURES:
        for kind in KINDS:
            found = [r for r in rows if _is(r, arch, kind) and r.what.startswith("search")]
            good = [r for r in found if r.result]
            if not good:
                continue
            best = min(good, key=lambda r: r.result["val_loss"])
            g = best.result
            lines.append(
                f"| {arch} | {kind} | {published.BEST_F1[arch]:.2f} | {g['val_f1']:.3f} | {g['val_loss']:.3f} | "
                f"{g['test_f1']:.3f} | {g['test_loss']:.3f} | {g['weights']:,} | {len(found)} | {words(best.settings)} |"
            )
    return "\n".join(lines) if len(lines) > 2 else ""


def published_tables(rows: Sequence[Row]) -> list[str]:
    """Write for each of the study's tables: its settings, its loss and F1, and ours with the same settings."""
    kinds = [k for k in KINDS if any(r.what == "published" and r.settings.features == k for r in rows)]
    tables = []
    for name in dict.fromkeys((p.arch, p.table) for p in published.ROWS):
        lines = [
            f"{name[0]}, {name[1]}",
            "",
            "| optimiser, batch, rate, width | layers | dropout | study: loss | F1 |"
            + "".join(f" ours, {kind}: loss | F1 |" for kind in kinds),
            "|---|---|---|---|---|" + "---|---|" * len(kinds),
        ]
        any_ours = False
        for line in (p for p in published.ROWS if (p.arch, p.table) == name):
            cells = []
            for kind in kinds:
                found = _matching(rows, line, kind)
                cells += _cells(found)
                any_ours |= found is not None
            s = line.settings(Settings())
            conv = line.arch == "conv1d"
            lines.append(
                f"| {s.optimiser}, {s.batch}, {s.rate:g}, {s.width} | {s.depth if conv else '-'} | "
                f"{s.dropout if conv else '-'} | {_number(line.loss, 4)} | {_number(line.f1, 3)} | "
                + "".join(f"{cell} | " for cell in cells).rstrip()
            )
        if any_ours:
            tables.append("\n".join(lines))
    return tables


def variant_tables(rows: Sequence[Row]) -> list[str]:
    """Write for each comparison what was varied, and the results."""
    tables = []
    for what, name in VARIED.items():
        lines = [
            f"| {what} | architecture | features | val F1 | val loss | test F1 | test loss | epoch |",
            "|---|---|---|---|---|---|---|---|",
        ]
        for arch in ARCHITECTURES:
            for kind in KINDS:
                for row in sorted(
                    (r for r in rows if _is(r, arch, kind) and r.what == what),
                    key=lambda r: str(getattr(r.settings, name)),
                ):
                    g = row.result
                    value = getattr(row.settings, name) or (
                        DEFAULT_LAYERS[arch] if name == "layers" else "no"
                    )
                    lines.append(
                        f"| {'yes' if value is True else value} | {arch} | {kind} | "
                        + (
                            f"{g['val_f1']:.3f} | {g['val_loss']:.3f} | {g['test_f1']:.3f} | {g['test_loss']:.3f} | "
                            f"{g['epoch']} |"
                            if g
                            else "- | - | - | - | - |"
                        )
                    )
        if len(lines) > 2:
            tables.append("\n".join(lines))
    return tables


def _is(row: Row, arch: str, kind: str) -> bool:
    return row.settings.arch == arch and row.settings.features == kind


def _matching(rows: Iterable[Row], line: published.Published, kind: str) -> Row | None:
    """Find our training with the settings of one of the study's lines, and with none of another line's."""
    for row in rows:
        if row.what == "published" and _is(row, line.arch, kind):
            s = row.settings
            base = Settings(
                features=kind,
                epochs=s.epochs,
                patience=s.patience,
                seed=s.seed,
                augment=s.augment,
                loss=s.loss,
            )
            if line.settings(base) == s:
                return row
    return None


def _cells(row: Row | None) -> list[str]:
    if row is None or not row.result:
        return ["-", "-"]
    return [f"{row.result['val_loss']:.4f}", f"{row.result['val_f1']:.3f}"]


def _number(value: float | None, digits: int) -> str:
    return "-" if value is None else f"{value:.{digits}f}"
