"""Every setting of the protocol. The defaults are what was published; what nobody published is marked "ours"."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class CleanConfig:
    """Cleaning: windows of ``window_ms`` that lie ``silence_db`` under the loudest go, the rest get one loudness.

    ``loudness_dbfs`` (RMS) is ours: the network learns from whatever it is.
    """

    window_ms: float = 250.0
    silence_db: float = 40.0
    loudness_dbfs: float = -20.0


@dataclass(frozen=True)
class StoreConfig:
    """Settings of the store: its place, how many processes make the frames, and whether in half precision (ours)."""

    folder: str = "data"
    jobs: int = 2
    half: bool = True


@dataclass(frozen=True)
class SplitConfig:
    """Shares of each class's time; the rest, .25, is the test part.

    ``by``: what may not be in two parts: "file", "owner" (speaker, artist, item), or "auto": by file for MUSAN, as
    published, and by owner for a manifest.
    """

    train: float = 0.65
    val: float = 0.10
    by: str = "auto"


@dataclass(frozen=True)
class FitConfig:
    """Adam on batches of clips, learning rate in cosines that begin again.

    The first period is ``period_epochs``, each next one ``period_factor`` times as long: 8 + 16 + 32 + 64 are the 120
    published epochs; the periods are ours. ``patience`` epochs without a lower loss on the validation part end it.
    """

    epochs: int = 120
    batch: int = 128
    highest_rate: float = 5e-4
    lowest_rate: float = 1e-5
    period_epochs: int = 8
    period_factor: int = 2
    patience: int = 20
    threads: int = 1


@dataclass(frozen=True)
class TuneConfig:
    """Fine-tuning on ``share`` of another collection's files, at one learning rate, for all epochs."""

    share: float = 0.25
    epochs: int = 50
    rate: float = 5e-4
    log_mmse: bool = True


@dataclass(frozen=True)
class DistilConfig:
    """Distillation: ``models`` ("slim", "wide") learn ``share`` of what they learn from a teacher's softened answers.

    Temperatures by clip length, shortest first, as published for 0.5, 1 and 2 s.
    """

    models: tuple[str, ...] = ()
    share: float = 0.9
    lengths_s: tuple[float, ...] = (0.5, 1.0, 2.0)
    slim: tuple[float, ...] = (1.0, 2.0, 4.0)
    wide: tuple[float, ...] = (8.0, 10.0, 10.0)

    def temperature(self, model: str, length_s: float) -> float:
        """Choose the temperature of a model and a clip length; the nearest published length decides."""
        nearest = min(range(len(self.lengths_s)), key=lambda i: abs(self.lengths_s[i] - length_s))
        return float((self.wide if model == "wide" else self.slim)[nearest])


@dataclass(frozen=True)
class TeacherConfig:
    """Size of the teacher: channels, residual blocks. As many weights as the paper's MobileNet, about 220 thousand."""

    width: int = 96
    blocks: int = 4


@dataclass(frozen=True)
class ProtocolConfig:
    """One table: which models, which clip lengths, a seed, and how each step is done.

    ``normalise`` (ours) gives every coefficient zero mean and unit deviation over the training part.
    """

    seed: int = 0
    models: tuple[str, ...] = ("slim", "wide")
    lengths_s: tuple[float, ...] = (0.5, 1.0, 2.0)
    normalise: bool = True
    clean: CleanConfig = field(default_factory=CleanConfig)
    store: StoreConfig = field(default_factory=StoreConfig)
    split: SplitConfig = field(default_factory=SplitConfig)
    fit: FitConfig = field(default_factory=FitConfig)
    tune: TuneConfig = field(default_factory=TuneConfig)
    distil: DistilConfig = field(default_factory=DistilConfig)
    teacher: TeacherConfig = field(default_factory=TeacherConfig)
