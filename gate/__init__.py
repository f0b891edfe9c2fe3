"""A noise gate that learns by example: the runtime.

What a program or a notebook uses is here by name, and loaded when it is first asked for: ``from gate import Chain, Gate``.
Those who write plugins import from ``gate.plugin``. Every other module is private, and may change with any version.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gate.chain.chain import Chain
    from gate.errors import GateError
    from gate.live.live import Live
    from gate.plugins.classic import ClassicGate
    from gate.plugins.classify import Classify
    from gate.plugins.convolve import Convolve
    from gate.plugins.highpass import HighPass
    from gate.plugins.learned import Gate
    from gate.plugins.model import Model
    from gate.plugins.nam.plugin import Nam
    from gate.plugins.vst3.plugin import Vst3
    from gate.session.choices import Devices
    from gate.session.file import load, save
    from gate.session.session import Session

__all__ = [
    "Chain",
    "ClassicGate",
    "Classify",
    "Convolve",
    "Devices",
    "Gate",
    "GateError",
    "HighPass",
    "Live",
    "Model",
    "Nam",
    "Session",
    "Vst3",
    "load",
    "save",
]

_HOMES = {
    "Chain": "gate.chain.chain",
    "ClassicGate": "gate.plugins.classic",
    "Classify": "gate.plugins.classify",
    "Convolve": "gate.plugins.convolve",
    "Devices": "gate.session.choices",
    "Gate": "gate.plugins.learned",
    "GateError": "gate.errors",
    "HighPass": "gate.plugins.highpass",
    "Live": "gate.live.live",
    "Model": "gate.plugins.model",
    "Nam": "gate.plugins.nam.plugin",
    "Session": "gate.session.session",
    "Vst3": "gate.plugins.vst3.plugin",
    "load": "gate.session.file",
    "save": "gate.session.file",
}


def __getattr__(name: str) -> Any:
    """Load a public name.

    Raises:
        AttributeError: there is no such name.
    """
    if name not in _HOMES:
        raise AttributeError(f"module 'gate' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
