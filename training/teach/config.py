"""What a training run is made of: frozen dataclasses, read from a TOML file and changed with ``--set table.key=value``."""

from dataclasses import dataclass, field

from training.networks.gate_net import GateConfig
from training.recordings.groups import GROUPS
from training.recordings.source import DataConfig
from training.scenes.compose import SceneConfig
from training.teach.aims import AimConfig
from training.teach.batches import BatchConfig
from training.teach.losses import LossConfig
from training.teach.optimiser import OptimiserConfig


@dataclass(frozen=True)
class FoldConfig:
    """The folds of ``training.teach.folds``.

    ``steps`` of each; 0 for as many as the preset's own. ``groups``: which are held out, each in a fold of its own.
    ``onward``: the preset's training goes on from the network of this fold, with all groups; -1 for a training from nothing.
    """

    steps: int = 0
    groups: tuple[int, ...] = tuple(range(GROUPS))
    onward: int = -1


@dataclass(frozen=True)
class Config:
    """One run: a name (also the preset's), what the gate is taught, a seed, and the tables."""

    name: str = "voice"
    taught: str = "speech, against noise and music"
    seed: int = 0
    model: GateConfig = field(default_factory=GateConfig)
    scene: SceneConfig = field(default_factory=SceneConfig)
    data: DataConfig = field(default_factory=DataConfig)
    batch: BatchConfig = field(default_factory=BatchConfig)
    loss: LossConfig = field(default_factory=LossConfig)
    optimiser: OptimiserConfig = field(default_factory=OptimiserConfig)
    folds: FoldConfig = field(default_factory=FoldConfig)
    aims: AimConfig = field(default_factory=AimConfig)
