"""What somebody insists on over what a gate has learned: how its times are scaled, and where its key may listen."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import ClassVar

from gate.errors import ContractError
from gate.modelfile.contract import Contract
from gate.parameters import BY_ID, default


@dataclass(frozen=True)
class Overrides:
    """As the parameter table has them; at their defaults a gate acts as it was taught, to the bit.

    Attributes:
        attack_scale: the learned attack is taken so many times, 0.25 to 4. What acts stays within what a model may ask for
            (``gate.realtime.ballistics``), so no attack clicks.
        hold_scale: the same of the hold.
        release_scale: the same of the release.
        key_low_hz: the key weighs bands from here, 20 to 20000 Hz ...
        key_high_hz: ... up to here (``gate.realtime.key_band``).
    """

    IDS: ClassVar = ("attack-scale", "hold-scale", "release-scale", "key-low", "key-high")
    """Their parameters, in the order of the fields."""

    attack_scale: float = 1.0
    hold_scale: float = 1.0
    release_scale: float = 1.0
    key_low_hz: float = default("key-low")
    key_high_hz: float = default("key-high")

    def __post_init__(self) -> None:
        """Check the ranges.

        Raises:
            ValueError: a value is out of its range.
        """
        for id, value in self.items():
            BY_ID[id].check(value)

    def items(self) -> Iterator[tuple[str, float]]:
        """Each parameter's id and value."""
        return zip(self.IDS, asdict(self).values(), strict=True)

    def check(self, contract: Contract) -> None:
        """Can this model take them?

        Raises:
            ContractError: its key has no bands to be held to.
        """
        for id, value in self.items():
            check(contract, id, value)

    def __str__(self) -> str:
        """What is not as learned, for people: "attack-scale x0.50, hold-scale x2.00"; empty if everything is."""
        changed = [
            f"{id} {BY_ID[id].text(value)}" for id, value in self.items() if value != BY_ID[id].default
        ]
        return ", ".join(changed)


AS_LEARNED = Overrides()
"""Nothing is insisted on."""


def check(contract: Contract, id: str, value: float) -> None:
    """Can this model take a parameter's value?

    Raises:
        ContractError: its key is to be held, and has no bands to be held to.
    """
    if id in ("key-low", "key-high") and value != BY_ID[id].default and not contract.key_bands_hz:
        detail = (
            f"expected the bands of a key that {id} can hold, got a file from before there were any; "
            f"bring its folder up to date with python -m export.renew, or leave {id} at {BY_ID[id].text(default(id))}"
        )
        raise ContractError("key_bands_hz", detail, source=contract.name)
