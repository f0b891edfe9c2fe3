"""Scenes of voices: who speaks, what is heard besides, and the channels that both go through."""

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from training.recordings.corpus import LEAST_RANGE_DB, Corpus, Item
from training.sounds.bench import Bench, Part, Studio
from training.sounds.bleed import Bleed, bleed_track
from training.sounds.changes import Sound, mirrored_highs
from training.sounds.filters import Filters, random_band, random_tone, through
from training.sounds.phrases import SpeechTrack, speech_track
from training.sounds.recipe import Recipe
from training.sounds.rooms import InRoom, Room, random_room

TARGETS = ("speech", "target")
SPEAKER_S = 5.0
"""A speaker with less clean speech than this is not cast."""
NARROW_HZ = 9_500.0
"""Speech that ends below this may get highs; above, most of its own are there."""
HIGHS_DB = (-16.0, 2.0)
"""Their level: from a dull microphone's to a bright one's."""


class VoiceChances(Protocol):
    """What of a scene's configuration is about voices, see ``training.scenes.compose.SceneConfig``."""

    @property
    def speech_speed(self) -> tuple[float, float]: ...
    @property
    def two_speakers(self) -> float: ...
    @property
    def highs(self) -> float: ...
    @property
    def target_room(self) -> float: ...
    @property
    def more_sources(self) -> float: ...
    @property
    def bleed_room(self) -> float: ...
    @property
    def same_band(self) -> float: ...
    @property
    def own_band(self) -> float: ...
    @property
    def tone(self) -> float: ...
    @property
    def songs(self) -> bool: ...


@dataclass(frozen=True)
class DrySpeech(Part):
    """A speech track, perhaps with highs made up over its edge."""

    track: SpeechTrack
    edge_hz: float
    highs_db: float | None = None

    def make(self, bench: Bench) -> Sound:
        """Make (n,) float32."""
        x = bench.made(self.track)
        return x if self.highs_db is None else mirrored_highs(x, self.edge_hz, self.highs_db)


@dataclass(frozen=True)
class Speech(Part):
    """Who speaks: dry, and as it may sound in a room."""

    speakers: tuple[str, ...]
    dry: DrySpeech
    room: Room | None = None

    def make(self, bench: Bench) -> Sound:
        """Make (n,) float32, in the room if there is one."""
        return InRoom(self.dry, self.room).make(bench)

    def facts(self) -> dict[str, Any]:
        """Say in facts what was drawn."""
        said: dict[str, Any] = {"speakers": list(self.speakers)}
        said |= {"highs": True} if self.dry.highs_db is not None else {}
        return said | ({"target_room": self.room.name} if self.room else {})


@dataclass(frozen=True)
class Channel(Recipe):
    """Filters of one side: a tone control, a band of its own, and one that both sides share."""

    tone: Filters = ()
    own: Filters = ()
    shared: Filters = ()

    def make(self, x: Sound) -> Sound:
        """Filter a sound; silence and the sound of no filter as they are."""
        filters = self.tone + self.own + self.shared
        return through(x, filters) if filters and np.any(x) else x

    def facts(self, side: str) -> dict[str, Any]:
        """Say in facts what was drawn."""
        return ({f"{side}_band": True} if self.own else {}) | ({"same_band": True} if self.shared else {})


@dataclass(frozen=True)
class VoiceSides(Recipe):
    """Speech and bleed, either perhaps nothing, and the channel of each."""

    target_channel: Channel
    bleed_channel: Channel
    speech: Speech | None = None
    bleed: Bleed | None = None
    bleed_room: Room | None = None

    def make(self, bench: Bench) -> tuple[Sound, Sound]:
        """Make target and bleed, each (n,) float32, at no particular level."""
        silent = np.zeros(bench.n, np.float32)
        target = bench.made(self.speech) if self.speech else silent
        bleed = InRoom(self.bleed, self.bleed_room).make(bench) if self.bleed else silent
        return self.target_channel.make(target), self.bleed_channel.make(bleed)

    def facts(self) -> dict[str, Any]:
        """Say in facts what was drawn."""
        said = self.speech.facts() if self.speech else {}
        if self.bleed:
            said["bleed"] = list(self.bleed.names)
            said |= {"bleed_room": self.bleed_room.name} if self.bleed_room else {}
        return said | self.target_channel.facts("target") | self.bleed_channel.facts("bleed")


def voice_sides(studio: Studio, config: VoiceChances, target: bool, bleed: bool) -> VoiceSides:
    """Draw the sides that are wanted.

    Raises:
        ValueError: the split has no target that may be a label.
    """
    said = speaking(studio, config) if target else None
    heard = room = None
    if bleed:
        more = studio.happens(config.more_sources)
        heard = bleed_track(studio, int(studio.rng.integers(2, 4)) if more else 1, config.songs)
        room = random_room(studio) if studio.happens(config.bleed_room) else None
    shared = random_band(studio.rng) if studio.happens(config.same_band) else ()
    return VoiceSides(_channel(studio, config, shared), _channel(studio, config, shared), said, heard, room)


def speaking(studio: Studio, config: VoiceChances) -> Speech:
    """Draw speech with pauses, perhaps of two people, perhaps with highs made up, perhaps in a room.

    Raises:
        ValueError: the split has no target that may be a label.
    """
    rng = studio.rng
    people = [_speaker(studio)]
    if studio.happens(config.two_speakers):
        people.append(_speaker(studio))
    speeds = [float(rng.uniform(*config.speech_speed)) for _ in people]
    track = speech_track(studio, people, speeds)
    edge_hz = min(items[0].bandwidth_hz for items in people) * min(speeds)
    narrow = edge_hz < NARROW_HZ and studio.happens(config.highs)
    dry = DrySpeech(track, edge_hz, rng.uniform(*HIGHS_DB) if narrow else None)
    room = random_room(studio) if studio.happens(config.target_room) else None
    return Speech(tuple(items[0].owner for items in people), dry, room)


def _channel(studio: Studio, config: VoiceChances, shared: Filters) -> Channel:
    """Draw the filters of one side, so that no edge and no tilt tells speech from bleed."""
    tone = random_tone(studio.rng) if studio.happens(config.tone) else ()
    return Channel(tone, random_band(studio.rng) if studio.happens(config.own_band) else (), shared)


def cast(corpus: Corpus, split: str) -> list[list[Item]]:
    """List everybody with enough clean speech to be cast, as lists of their items; everybody if nobody has."""
    by_owner: dict[str, list[Item]] = {}
    for item in corpus.items(TARGETS, split):
        by_owner.setdefault(item.owner, []).append(item)
    if not by_owner:
        raise ValueError(
            f"expected clean speech or targets in the {split} split, got none; "
            f"add recordings whose floor is {LEAST_RANGE_DB:g} dB or more under their loud level"
        )
    enough = [items for items in by_owner.values() if _seconds(items) >= SPEAKER_S]
    return enough or list(by_owner.values())


def _speaker(studio: Studio) -> list[Item]:
    """Draw a speaker: who has more speech, more often, but under proportion, so that many are heard."""
    people = cast(studio.corpus, studio.split)
    weights = np.array([max(_seconds(items), 0.1) for items in people]) ** 0.6
    return people[int(studio.rng.choice(len(weights), p=weights / weights.sum()))]


def _seconds(items: list[Item]) -> float:
    return sum(item.seconds for item in items)
