"""What somebody insists on over what a gate has learned: how its times are scaled."""

from dataclasses import asdict, dataclass
from typing import ClassVar

from gate.parameters import BY_ID, attribute


@dataclass(frozen=True)
class Overrides:
    """As the parameter table has them; at their defaults a gate acts as it was taught, to the bit.

    Attributes:
        attack_scale: the learned attack is taken so many times, 0.25 to 4. What acts stays within what a model may ask for
            (``gate.ballistics``), so no attack clicks.
        hold_scale: the same of the hold.
        release_scale: the same of the release.
    """

    IDS: ClassVar = ("attack-scale", "hold-scale", "release-scale")
    """Their parameters, in the order of the fields."""

    attack_scale: float = 1.0
    hold_scale: float = 1.0
    release_scale: float = 1.0

    def __post_init__(self) -> None:
        """Check the ranges.

        Raises:
            ValueError: a value is out of its range.
        """
        for id in self.IDS:
            BY_ID[id].check(getattr(self, attribute(BY_ID[id])))

    def __str__(self) -> str:
        """What is not as learned, for people: "attack-scale x0.50, hold-scale x2.00"; empty if everything is."""
        values = zip(self.IDS, asdict(self).values(), strict=True)
        changed = [f"{id} {BY_ID[id].text(value)}" for id, value in values if value != BY_ID[id].default]
        return ", ".join(changed)


AS_LEARNED = Overrides()
"""Nothing is insisted on."""
