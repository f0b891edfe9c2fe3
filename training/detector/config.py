"""Everything that a run of the frame detector depends on; a TOML file names the settings that are not at default."""

from dataclasses import dataclass, field

from training.detector.batches import MixConfig
from training.detector.sides import SideConfig
from training.detector.store import Counts
from training.networks.swishnet import SwishConfig
from training.recordings.source import DataConfig
from training.teach.optimiser import OptimiserConfig


@dataclass(frozen=True)
class DetectorConfig:
    """One run: a name (also the preset's), what is taught, a seed, and the tables. ``data.scenes`` means nothing here,
    ``sides`` takes its place; ``data.val_scenes`` are made under noise and under music each."""

    name: str = "speech-music-noise"
    taught: str = "speech, music or noise, every 10 ms"
    seed: int = 0
    model: SwishConfig = field(
        default_factory=lambda: SwishConfig(width=2, memory=(0.3, 1.0, 3.0), level_blind=True)
    )
    data: DataConfig = field(default_factory=DataConfig)
    side: SideConfig = field(default_factory=SideConfig)
    sides: Counts = field(default_factory=Counts)
    mix: MixConfig = field(default_factory=MixConfig)
    optimiser: OptimiserConfig = field(default_factory=lambda: OptimiserConfig(steps=3000))
