"""The card of a frame classifier: the classes it tells apart, from which recordings, and how well."""

from collections.abc import Iterator
from typing import Any

from gate.modelfile.contract import Contract


def text(contract: Contract, state: dict[str, Any], weights: int, figures: dict[str, float]) -> str:
    """Write the card as Markdown.

    Args:
        state: the checkpoint; of its ``result`` the card shows scores, sources and the hash of the recordings' list.
        weights: number of learned weights.
        figures: what ``export.swish_parity.measure`` returned.
    """
    result, config, name = state["result"], state["config"], contract.name
    lines = [
        f"# {name}",
        "",
        f"A frame classifier: {contract.taught}.",
        "",
        f"- Made {result['date']} by `python -m training.detector.train training/configs/{name}.toml` and "
        f"`python -m export.to_onnx runs/{name}/checkpoint.pt presets/{name}`, seed {config['seed']}, "
        f"{state['step']} steps.",
        f"- Classes: {', '.join(contract.classes)}; one answer every {1000 * contract.block // contract.sample_rate} ms, "
        "from nothing later than itself.",
        f"- {weights:,} learned weights; licence of the weights: {contract.licence}.",
        f"- Hash of the recordings' list: `{result['data_sha256'][:16]}`.",
        f"- Largest difference in probability between torch, ONNX and engine: {max(figures.values()):.1e}.",
        "",
        "## Scores",
        "",
        "| | |",
        "|---|---|",
        *(f"| {name} | {value:.4g} |" for name, value in _flat(result["scores"])),
        "",
        "On recordings of the `val` split, which it was not taught with (`training/detector/truth.py`): mixtures are 20 s "
        "of speech with pauses under noise or music, half of them in a room; each class alone is at any level, its silences "
        "unscored. AUC is over frames of 10 ms. Other detectors beside it: `docs/frames.md`.",
        "",
        *(
            ["## What it finds hard", "", *(f"- {words}" for words in result["hardest"]), ""]
            if "hardest" in result
            else []
        ),
        "## Recordings that it was taught with",
        "",
        "| class | source | files | licence |",
        "|---|---|---|---|",
        *(f"| {row[0]} | {row[1]} | {row[2]} | {row[3]} |" for row in result["sources"]),
        "",
        "## Settings",
        "",
        "```",
        *(f"{key}: {table}" for key, table in config.items() if isinstance(table, dict) and key != "data"),
        "```",
        "",
    ]
    return "\n".join(lines)


def _flat(scores: dict[str, Any], before: str = "") -> Iterator[tuple[str, float]]:
    """Yield name and value of each score; names of tables inside tables are joined by commas."""
    for name, value in scores.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{before}{name}, ")
        else:
            yield f"{before}{name}", value
