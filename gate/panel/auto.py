"""A threshold from five seconds of listening, by the method of ``gate-render --threshold auto``."""

from gate.live.player import Player
from gate.render.auto_threshold import AutoThreshold, Levels, choose

LISTEN_S = 5.0
"""Seconds of listening: enough for a sentence, its pause, and a door that must not decide (the scope keeps six)."""


class AutoListener:
    """A listener that runs once after each ``begin``.

    Attributes:
        listening: does the listener run now?
        share: how much of the time has passed, 0 to 1.
    """

    def __init__(self) -> None:
        self.listening, self.share = False, 0.0
        self._player: Player | None = None
        self._from = 0

    def begin(self, player: Player) -> None:
        """Start to listen to what comes in from now on."""
        self.listening, self.share = True, 0.0
        self._player, self._from = player, player.scope.written

    def end(self) -> None:
        """Stop listening; propose nothing."""
        self.listening = False

    def look(self, player: Player, fallback_db: float) -> AutoThreshold | None:
        """Return what was found, once ``LISTEN_S`` of sound have come; ``fallback_db`` is for pure silence alone."""
        if not self.listening:
            return None
        if player is not self._player:  # another device: what was heard does not count
            self.begin(player)
        rate = player.shape.rate
        frames = player.scope.written - self._from
        self.share = min(frames / (LISTEN_S * rate), 1.0)
        if self.share < 1.0:
            return None
        self.listening = False
        sound, _ = player.scope.newest(round(LISTEN_S * rate))
        levels = Levels(rate)
        levels.add(sound)
        return choose(levels.floor_db(), levels.loud_db(), fallback_db)
