"""The benchmarks by name, in the order of the page.

One more is a module and a line here. The module has ``HELP``, ``OPTIONS``, ``SIZE_INCHES`` of its picture, ``measure(**what
was asked) -> results`` fit for JSON, ``markdown(results) -> lines`` and ``draw(figure, results)``. It imports what is heavy
inside functions: all of them are imported for ``--help``. It may have
``absent(**what was asked) -> why``: ``all`` leaves it out for that reason, where there is one.
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
