"""What differs between the kinds of networks that become presets: the graph, its metadata, and what it is held to."""

from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from export import golden, graph, parity, swish_graph, swish_parity
from export.checkpoint import ExportError
from gate.constants import BLOCK, RATE
from gate.modelfile.contract import Contract
from training.networks import mfcc
from training.networks.swishnet import CLASSES, TWO_CLASSES

Figures = dict[str, float]
"""How far the ways to run a network are apart, by way and measure."""


class Kind:
    """A kind of network, such as a gate.

    Attributes:
        name: "gate" or "classify", as in a model file.
        held: what the ways to run it have to agree on, in words.
        counts: ending of the figures that are of that.
        limit: the largest such figure that may be exported.
    """

    name: ClassVar[str]
    held: ClassVar[str]
    counts: ClassVar[str]
    limit: ClassVar[float]

    def build(self, net: Any) -> bytes:
        """Write the network's graph as ONNX, without metadata."""
        raise NotImplementedError

    def facts(self, net: Any) -> dict[str, Any]:
        """Give the metadata that follows from the network: rate, block, states, readouts and the like."""
        raise NotImplementedError

    def measure(self, net: Any, made: Contract) -> Figures:
        """Run the golden sound through torch, ONNX and engine, and compare."""
        raise NotImplementedError

    def keep(self, path: Path, made: Contract) -> None:
        """Save the golden sound and what the engine says of it."""
        raise NotImplementedError

    def worst(self, figures: Figures) -> float:
        """Give the largest figure that counts."""
        return max(value for name, value in figures.items() if name.endswith(self.counts))

    def check(self, figures: Figures) -> Figures:
        """Give the figures back.

        Raises:
            ExportError: one that counts is over the limit.
        """
        if not self.worst(figures) <= self.limit:
            raise ExportError(
                f"expected {self.held} to agree within {self.limit}, got {figures}; nothing was written"
            )
        return figures


class GateKind(Kind):
    """Gates: their gains have to agree."""

    name, held, counts, limit = "gate", "gains", "_gain", parity.GAIN_LIMIT

    def build(self, net: Any) -> bytes:
        """Write the gate's graph."""
        return graph.build(net)

    def facts(self, net: Any) -> dict[str, Any]:
        """Give the metadata of a gate of this size."""
        return {
            "sample_rate": RATE,
            "block": BLOCK,
            "latency_samples": net.latency_samples,
            "states": [{"name": name, "shape": shape} for name, shape in graph.state_shapes(net).items()],
            "readouts": [{"name": name, "unit": unit} for name, unit in graph.READOUTS],
            "key_bands_hz": graph.key_bands_hz(),
        }

    def measure(self, net: Any, made: Contract) -> Figures:
        """Compare open probabilities and gains."""
        return parity.measure(net, made, golden.sound(), golden.THRESHOLD_DB)

    def keep(self, path: Path, made: Contract) -> None:
        """Save the golden sound and the engine's curve of it."""
        x = golden.sound()
        curve = parity.engine_curve(made, x, golden.THRESHOLD_DB, 1)
        golden.save(path, x, threshold_db=golden.THRESHOLD_DB, curve=curve.astype(np.float32))


class ClassifyKind(Kind):
    """Frame classifiers: their probabilities have to agree."""

    name, held, counts, limit = "classify", "probabilities", "_probability", swish_parity.LIMIT

    def build(self, net: Any) -> bytes:
        """Write the classifier's graph."""
        return swish_graph.build(net)

    def facts(self, net: Any) -> dict[str, Any]:
        """Give the metadata of a classifier of this size."""
        shapes = swish_graph.state_shapes(net)
        return {
            "sample_rate": mfcc.RATE,
            "block": mfcc.HOP,
            "latency_samples": 0,
            "states": [{"name": name, "shape": shape} for name, shape in shapes.items()],
            "readouts": [{"name": name, "unit": unit} for name, unit in swish_graph.READOUTS],
            "classes": list(CLASSES if net.config.classes == len(CLASSES) else TWO_CLASSES),
        }

    def measure(self, net: Any, made: Contract) -> Figures:
        """Compare the probabilities of network, file and classifier."""
        return swish_parity.measure(net, made, swish_parity.sound())

    def keep(self, path: Path, made: Contract) -> None:
        """Save the golden sound at 16 kHz and the engine's probabilities of it, (K, T)."""
        x = swish_parity.sound()
        golden.save(path, x, classes=swish_parity.engine_classes(made, x, 1))


GATE, CLASSIFY = GateKind(), ClassifyKind()
