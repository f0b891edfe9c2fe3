"""The benchmarks by name, in the order of the page.

A new one is a module and a line here. The module has ``HELP``, ``OPTIONS``, ``SIZE_INCHES`` of its picture,
``measure(**what was asked) -> results`` fit for JSON, ``markdown(results) -> lines`` and ``draw(figure, results)``. It
imports what is heavy inside functions, because ``--help`` imports all these modules. It may have ``absent(**what was
asked) -> why``: where that gives a reason, ``all`` leaves the benchmark out.
"""

from typing import Any

from benchmarks import block, latency, peers, render, stream

COMMANDS: dict[str, Any] = {
    "block": block,
    "render": render,
    "peers": peers,
    "latency": latency,
    "stream": stream,
}
