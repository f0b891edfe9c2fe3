"""Results as a page and a picture: a head that says what was measured where, and each benchmark's own section."""

import io
from typing import Any

from benchmarks.commands import COMMANDS

DPI = 110


def markdown(results: dict[str, Any], picture: str | None = None) -> str:
    """Write the whole page.

    Args:
        results: the record; see ``benchmarks.cli``.
        picture: the picture's name beside the page; None shows none.
    """
    m = results["machine"]
    lines = [
        "# Benchmarks",
        "",
        "Written by `gate-bench`; the figures are this run's, on this machine. Ratios carry over to other machines, "
        "times do not.",
        "",
        f"- command: `{results['command']}`, {results['date']}",
        f"- machine: {m['processor']}, {m['cores']} cores, {m['system']}",
        f"- load average at the start: {m['load_average_at_start']}",
        f"- Python {m['python']}, " + ", ".join(f"{k} {v}" for k, v in m["versions"].items()),
        "",
    ]
    if picture:
        lines += [f"![What was measured, against deadlines and others]({picture})", ""]
    for name, module in COMMANDS.items():
        if name in results:
            lines += module.markdown(results[name])
    return "\n".join(lines)


def picture(results: dict[str, Any]) -> bytes:
    """Draw a PNG, each benchmark's part under the one before."""
    from matplotlib.figure import Figure

    parts = [(module, results[name]) for name, module in COMMANDS.items() if name in results]
    heights = [module.SIZE_INCHES[1] for module, _ in parts]
    width = max(module.SIZE_INCHES[0] for module, _ in parts)
    figure = Figure(figsize=(width, sum(heights)), layout="constrained")
    places = figure.subfigures(len(parts), 1, height_ratios=heights, squeeze=False)[:, 0]
    for (module, found), place in zip(parts, places, strict=True):
        module.draw(place, found)
    target = io.BytesIO()
    figure.savefig(target, dpi=DPI, format="png")
    return target.getvalue()
