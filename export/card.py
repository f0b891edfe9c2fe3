"""The card of a preset: what the gate was taught, from which recordings, under which licences, and how good it is."""

import dataclasses
from typing import Any

from gate.modelfile.contract import Contract
from training.teach.config import Config

COLUMNS = {
    "auc": "AUC",
    "balanced": "balanced accuracy",
    "onset_ms": "onset ms, median",
    "onset_p90_ms": "p90",
    "missed": "missed",
    "needless_min": "needless a minute",
    "chops_min": "chops a minute",
    "lost_db": "lost dB",
    "cut_db": "cut dB",
}


def text(contract: Contract, config: Config, state: dict[str, Any], worst_gain: float) -> str:
    """Write the card as Markdown."""
    result = state["result"]
    parameters = sum(v.numel() for v in state["average"].values())
    lines = [
        f"# {contract.name}",
        "",
        f"A gate taught to open for {contract.taught}.",
        "",
        _made(contract.name, config, state),
        f"- {parameters:,} learned weights; licence of the weights: {contract.licence}.",
        f"- Opens over {contract.open_at:g}, shuts under {contract.close_at:g} (chosen on {_chosen_on(result)}).",
        f"- Defaults: threshold {contract.default_threshold_db:g} dBFS, range {contract.default_range_db:g} dB.",
        f"- Hash of the recordings' list: `{result['data_sha256'][:16]}`.",
        f"- Largest difference in gain between torch, ONNX and engine: {worst_gain:.1e}.",
        "",
        "## Scores",
        "",
        f"On {result['scenes_per_kind']} scenes of 20 s for each kind of bleed, from the `val` split (speakers, drums, "
        "instruments and bleed that were not trained on, of the same collections), range -80 dB, no "
        "lookahead. What the measures are: `docs/metrics.md`. 95 %: bootstrap over scenes.",
        "",
        "| | " + " | ".join(COLUMNS.values()) + " |",
        "|---" * (len(COLUMNS) + 1) + "|",
    ]
    for kind, row in result["scores"].items():
        lines.append(f"| under {kind} | " + " | ".join(f"{row[name]:.3g}" for name in COLUMNS) + " |")
        ends = result["intervals_95"][kind]
        lines.append(
            "| *95 %* | " + " | ".join("{:.3g} to {:.3g}".format(*ends[name]) for name in COLUMNS) + " |"
        )
    for kind, row in result["by_snr"].items():
        lines.append(f"| under {kind} | " + " | ".join(f"{row[name]:.3g}" for name in COLUMNS) + " |")
    lines += _elsewhere(result.get("elsewhere") or {})
    goals = dataclasses.asdict(config.aims)
    aims = " | ".join(f"{goals[name]:g}" if name in goals else "" for name in COLUMNS)
    lines += [f"| *aimed at* | {aims} |", ""]
    if result.get("elsewhere"):
        lines += _about_elsewhere(result["elsewhere"])
    lines += ["## What it finds hard", ""]
    lines += ["The scenes with the lowest balanced accuracy:", ""]
    lines += [
        *(f"- {words}" for words in result["hardest"]),
        "",
        "## Recordings that its scenes were drawn from",
        "",
    ]
    lines += ["| class | source | files | licence |", "|---|---|---|---|"]
    lines += [f"| {row[0]} | {row[1]} | {row[2]} | {row[3]} |" for row in result["sources"]]
    lines += [
        "",
        "Hum, hiss, fans, clicks, breath, coughs and thumps are synthetic, and so are half of the rooms.",
        "",
    ]
    if config.scene.made_up > 0.0:
        lines += [
            f"{config.scene.made_up:.0%} of the instruments it was taught with were never recorded: synthetic too.",
            "",
        ]
    lines += ["## Settings", "", "```"]
    for table in ("model", "batch", "loss", "optimiser"):
        lines += [f"{table}: {dataclasses.asdict(getattr(config, table))}"]
    return "\n".join([*lines, "```", ""])


def _made(name: str, config: Config, state: dict[str, Any]) -> str:
    """Write by which commands, when, and from how much."""
    commands, steps = ["train"], f"{state['step']} steps"
    if config.folds.onward >= 0:
        commands.insert(0, "folds")
        first = config.folds.steps or config.optimiser.steps
        steps = f"{first} steps without group {config.folds.onward}, {steps} with all"
    made = ", ".join(f"`python -m training.teach.{c} training/configs/{name}.toml`" for c in commands)
    return (
        f"- Made {state['result']['date']} by {made} and "
        f"`python -m export.to_onnx runs/{name}/checkpoint.pt presets/{name}`, "
        f"seed {config.seed}, {steps}, {config.data.scenes} scenes of {config.scene.seconds:g} s."
    )


def _chosen_on(result: dict[str, Any]) -> str:
    return "sources that were not learned from" if result.get("elsewhere") else "`val`"


def _elsewhere(found: dict[str, Any]) -> list[str]:
    """Write the rows of the folds: on unknown sources, and the gap to ``val`` of the known ones."""
    lines = []
    for kind, row in found.get("elsewhere", {}).items():
        lines.append(
            f"| **elsewhere**, {kind} | " + " | ".join(f"{row[name]:.3g}" for name in COLUMNS) + " |"
        )
        ends = found["intervals_95"][kind]
        lines.append(
            "| *95 %* | " + " | ".join("{:.3g} to {:.3g}".format(*ends[name]) for name in COLUMNS) + " |"
        )
        if kind in found["gap"]:
            gap = found["gap"][kind]
            lines.append(
                "| *gap to known sources* | " + " | ".join(f"{gap[name]:+.3g}" for name in COLUMNS) + " |"
            )
    return lines


def _gates(count: int) -> str:
    return "a gate" if count == 1 else f"{count} gates, each"


def _about_elsewhere(found: dict[str, Any]) -> list[str]:
    return [
        f"*Elsewhere*: {_gates(len(found['groups']))} of the same recipe ({found['steps']} steps), taught without one "
        "group of sources (data sets, makers, kits) and judged on that group alone. The gap is to what the same gate "
        "scores on `val` of the sources that it knows. It is not the preset, which has learned from all groups.",
        "",
    ]
