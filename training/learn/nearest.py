"""The shipped preset to begin with: the one that already does best on the user's own examples."""

from collections.abc import Sequence
from dataclasses import dataclass

from gate.modelfile import preset
from gate.modelfile.preset import Preset
from training.judging import metrics
from training.networks.from_preset import StartError, from_preset
from training.networks.gate_net import GateNet
from training.teach.validate import Validation


@dataclass(frozen=True)
class Candidate:
    """A preset as a start: its network, its decision thresholds, its scores on the examples."""

    preset: Preset
    net: GateNet
    scores: list[metrics.Score]

    @property
    def decision(self) -> tuple[float, float]:
        """The preset's pair (open_at, close_at)."""
        return self.preset.contract.open_at, self.preset.contract.close_at

    @property
    def balanced(self) -> float:
        """Balanced accuracy, 0 to 1."""
        return metrics.pool(self.scores)["balanced"]


def shipped() -> list[Preset]:
    """Return every preset that is installed, by name."""
    return [preset.resolve(name) for name in preset.names()]


def candidates(presets: Sequence[Preset], validation: Validation) -> list[Candidate]:
    """Score each preset on the examples; the best balanced accuracy comes first.

    Raises:
        StartError: none of them can be learned from.
    """
    found = []
    for one in presets:
        try:
            net = from_preset(one.contract)
        except StartError:
            continue  # another network; a gate as good as any, but not one to learn from
        gates = validation.gates(net)
        found.append(
            Candidate(one, net, validation.scores(gates, one.contract.open_at, one.contract.close_at))
        )
    if not found:
        raise StartError(
            f"expected a preset to start from among {', '.join(p.name for p in presets) or 'none'}, got none that can "
            "be learned from; give --from none to start from nothing"
        )
    return sorted(found, key=lambda one: -one.balanced)
