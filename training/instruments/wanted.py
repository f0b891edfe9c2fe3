"""What a scene of an instrument should have in it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Wanted:
    """The sides that are wanted, and the chances of a scene having a thing.

    ``target_room``: the target is heard in a room. ``more``: an amplifier, hum or music under a kit; hum under a guitar's
    other bleed, or others under hum. ``elsewhere``: a drum's bleed is that alone, without a kit. ``made_up``: an instrument
    (of a kit each drum) is a synthetic one. ``kind``: what a guitar's bleed mainly is; drawn when None. ``real_mic``: a drum
    is heard by a microphone that stood in a real kit, see ``training.instruments.real_kit``. ``phrases``: a guitar is
    recorded playing; ``band``: its bleed is mainly a band, see ``training.instruments.recorded_guitars``.
    """

    target_room: float
    more: float
    target: bool = True
    bleed: bool = True
    elsewhere: float = 0.06
    made_up: float = 0.0
    kind: str | None = None
    real_mic: float = 0.0
    phrases: float = 0.0
    band: float = 0.0
