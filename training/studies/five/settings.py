"""Settings of a training, and the grid that they are searched in: the first study's own."""

from dataclasses import asdict, dataclass, fields
from typing import Any

ARCHITECTURES = ("linear", "conv1d", "conv2d", "lstm", "transformer")
OPTIMISERS = ("rmsprop", "adagrad", "adam")
LOSSES = ("binary", "two-class")
DEFAULT_LAYERS = {"linear": 2, "conv1d": 3, "conv2d": 3, "lstm": 1, "transformer": 2}


@dataclass(frozen=True)
class Settings:
    """Settings of one training.

    Attributes:
        arch, features: which network sees which table, see ``nets`` and ``features``.
        batch, rate, optimiser: how it learns; ``schedule`` "plateau" halves the rate after an epoch without gain.
        width: hidden values of linear, channels of conv1d, hidden values before the last layer of conv2d, state of the
            LSTM, width of the transformer.
        kernel: rows (and columns) of a convolution. dropout: 0 to 1.
        layers: active convolutions (1 to 8), LSTM or transformer layers; 0 is the architecture's default.
        channels: channels of conv2d. tokens: start and end rows for the LSTM.
        loss: "binary" is one output and binary cross-entropy, "two-class" two outputs and cross-entropy.
        augment: see ``training.studies.five.augment``. epochs: most passes; ``patience`` passes without gain end it.
        sanity: learn from the test clips, and be judged on them.
    """

    arch: str = "linear"
    features: str = "fft"
    batch: int = 32
    rate: float = 1e-3
    width: int = 64
    optimiser: str = "adam"
    kernel: int = 3
    dropout: float = 0.2
    layers: int = 0
    channels: int = 4
    tokens: bool = True
    loss: str = "binary"
    schedule: str = "none"
    augment: str = "none"
    epochs: int = 12
    patience: int = 4
    seed: int = 0
    sanity: bool = False

    def __post_init__(self) -> None:
        for name, allowed in (
            ("arch", ARCHITECTURES),
            ("optimiser", OPTIMISERS),
            ("loss", LOSSES),
            ("features", ("raw", "fft", "rows")),
            ("augment", ("none", "theirs", "meaning")),
            ("schedule", ("none", "plateau")),
        ):
            if getattr(self, name) not in allowed:
                raise ValueError(
                    f"expected {name} to be one of {', '.join(allowed)}, got {getattr(self, name)!r}; name one"
                )
        for name, low, high in (("batch", 1, 4096), ("width", 1, 4096), ("kernel", 1, 64), ("layers", 0, 8)):
            if not low <= getattr(self, name) <= high:
                raise ValueError(f"expected {name} in {low} to {high}, got {getattr(self, name)}; change it")

    @property
    def depth(self) -> int:
        """Number of layers, the default filled in."""
        return self.layers or DEFAULT_LAYERS[self.arch]

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def of(cls, known: dict[str, Any]) -> "Settings":
        """Read settings from a stored dictionary; settings that came later keep their defaults."""
        names = {field.name for field in fields(cls)}
        return cls(**{name: value for name, value in known.items() if name in names})


COMMON: dict[str, tuple[Any, ...]] = {
    "batch": (8, 16, 32, 64),
    "rate": (1e-5, 1e-4, 1e-3, 5e-3, 1e-2),
    "width": (16, 32, 64, 128),
    "optimiser": OPTIMISERS,
}
"""What the study varied for all of them (16 wide is ours)."""
DROPOUT = (0.01, 0.1, 0.2, 0.3, 0.5)
OWN: dict[str, dict[str, tuple[Any, ...]]] = {
    "linear": {},
    "conv1d": {"kernel": (2, 3, 5, 10, 16), "dropout": DROPOUT, "layers": tuple(range(1, 9))},
    "conv2d": {"kernel": (2, 3, 5, 10), "dropout": DROPOUT, "channels": (2, 4, 8)},
    "lstm": {"dropout": DROPOUT, "layers": tuple(range(1, 7))},
    "transformer": {"dropout": DROPOUT, "layers": (1, 2, 3, 4)},
}


def grid(arch: str) -> dict[str, tuple[Any, ...]]:
    """Return name -> values that the search chooses from."""
    return COMMON | OWN[arch]


def words(settings: Settings) -> str:
    """Describe the settings that matter to an architecture, in a few words."""
    own = "".join(f", {name} {getattr(settings, name)}" for name in OWN[settings.arch] if name != "layers")
    deep = f", {settings.depth} layers" if "layers" in OWN[settings.arch] else ""
    return f"{settings.optimiser}, {settings.batch}, {settings.rate:g}, {settings.width}{own}{deep}"
