"""What recorders and links do to a scene: coders, clipping, silence, and what becomes of peaks over full scale."""

from dataclasses import dataclass

import numpy as np

from training.sounds import changes
from training.sounds.changes import Sound
from training.sounds.filters import Filters, low_pass, through
from training.sounds.recipe import Recipe, Rng, log_uniform


@dataclass(frozen=True)
class Chances:
    """How scenes are lost; chances are shares of 1, pairs are (least, most)."""

    vorbis: float = 0.5
    """A coder is Vorbis: what music and talk on the net go through."""
    vorbis_or_mu_law: float = 0.75
    """It is Vorbis or a telephone's mu-law; else few bits."""
    vorbis_quality: tuple[float, float] = (0.0, 0.4)
    """Up to where nobody hears the coder."""
    coder_band_hz: tuple[float, float] = (3_400.0, 9_000.0)
    """Where telephones and old converters end."""
    clip_share: tuple[float, float] = (0.2, 0.8)
    clip_hard: float = 0.6
    """Clipping is hard, as converters do it; else round, as tape and valves do."""
    over_is_clipped: float = 0.3
    """What goes over full scale, by less than 6 dB, is clipped there and not turned down: levels set in a hurry."""


CHANCES = Chances()


@dataclass(frozen=True)
class Coder(Recipe):
    """A coder, named as in a scene's facts: Vorbis at a quality, mu-law, or so many bits, the last two after a low-pass."""

    name: str
    quality: float | None = None
    band: Filters = ()
    bits: int | None = None

    def make(self, mixture: Sound, target: Sound) -> tuple[Sound, Sound]:
        """Code the mixture; the target is put in the band and not coded. Returns both, each (n,) float32."""
        peak = np.float32(max(float(np.max(np.abs(mixture), initial=0.0)), 1e-9) / 0.98)
        mixture = mixture / peak
        if self.quality is not None:
            return changes.vorbis(mixture, self.quality) * peak, target
        mixture, target = through(mixture, self.band), through(target, self.band)
        if self.bits is None:
            return changes.mu_law(mixture) * peak, target
        return changes.requantised(mixture, self.bits) * peak, target


def coder(rng: Rng) -> Coder:
    """Draw a coder: a telephone's mu-law, few bits, or Ogg Vorbis at a low rate."""
    which = rng.random()
    if which < CHANCES.vorbis:
        return Coder("vorbis", float(rng.uniform(*CHANCES.vorbis_quality)))
    band = low_pass(rng, log_uniform(rng, *CHANCES.coder_band_hz))
    if which < CHANCES.vorbis_or_mu_law:
        return Coder("mu-law", band=band)
    bits = int(rng.integers(8, 13))
    return Coder(f"{bits} bits", band=band, bits=bits)


@dataclass(frozen=True)
class Clip(Recipe):
    """Clipping at a share of the peak, hard or round."""

    share: float
    hard: bool

    def make(self, x: Sound) -> Sound:
        """Clip a sound (n,) float32."""
        return changes.clipped(x, self.share, self.hard)


def clip(rng: Rng) -> Clip:
    """Draw how a sound is clipped."""
    return Clip(float(rng.uniform(*CHANCES.clip_share)), bool(rng.random() < CHANCES.clip_hard))


@dataclass(frozen=True)
class Overload(Recipe):
    """A peak over full scale: the mixture is clipped at full scale, or both sounds are turned down by the peak."""

    peak: float
    clipped: bool

    def make(self, mixture: Sound, target: Sound) -> tuple[Sound, Sound]:
        """Return both, each (n,) float32, the mixture within full scale."""
        if self.clipped:
            return np.clip(mixture, np.float32(-1.0), np.float32(1.0)), target
        return mixture / np.float32(self.peak), target / np.float32(self.peak)


def overload(rng: Rng, peak: float) -> Overload | None:
    """Draw what becomes of a peak; nothing has to, up to full scale."""
    if peak <= 1.0:
        return None
    return Overload(peak, bool(rng.random() < CHANCES.over_is_clipped and peak < 2.0))


def silenced(x: Sound, stretches: tuple[tuple[int, int], ...]) -> Sound:
    """Copy a sound, with some stretches (start, stop) exactly zero; return the sound itself where there are none."""
    if not stretches:
        return x
    x = x.copy()
    for start, stop in stretches:
        x[start:stop] = 0.0
    return x
