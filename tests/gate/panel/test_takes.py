"""A recording for teaching has every frame, and says honestly whether it will do."""

import numpy as np
import pytest
import soundfile

from gate.errors import AudioFileError
from gate.panel.teaching import takes
from gate.panel.teaching.takes import FLOOR_UNDER_LOUD_DB, LEAST_S, LOUD_DB, Take, hear, hear_files
from tests.gate.live.jack_server import wait_until
from tests.gate.live.test_player import play
from tests.gate.panel.test_history import RATE, player

LEVEL_DB = 1.0
"""How near a loud level and a floor have to come: they are percentiles."""


def phrases(seconds, pause_db=-80.0, rate=RATE):
    """Noise of -20 dBFS, in every other half second at the level of a pause."""
    x = np.random.default_rng(5).normal(size=(int(seconds * rate), 1))
    loud = (np.arange(len(x)) // (rate // 2)) % 2 == 0
    x *= np.where(loud, 10 ** (-20 / 20), 10 ** (pause_db / 20))[:, None]
    return x.astype(np.float32)


@pytest.mark.parametrize("buffer", [100, 1024])
def test_a_take_has_every_frame(toy, buffer):
    """From the moment it began until it has enough, bit for bit what came in, however the buffers fell."""
    x = phrases(9.0)
    with player(toy) as live:
        play(live, x[: RATE // 3], buffer)
        begun = live.scope.written
        take = Take(live, 4.0)
        at = begun
        while not take.done:  # no faster than it is taken: the scope keeps six seconds
            if at - begun < take.seconds * RATE + 2 * RATE:
                play(live, x[at % len(x) : at % len(x) + 4800], buffer)
                at = live.scope.written
        take.end()
    assert not take.lost and take.seconds == 4.0
    assert np.array_equal(take.sound, np.resize(np.concatenate([x[begun:], x]), (4 * RATE, 1)))


def test_a_hole_is_noticed(toy, monkeypatch):
    """What was overwritten before it could be taken is said: such a take is no take."""
    monkeypatch.setattr(takes, "EVERY_S", 3600.0)  # the take's own thread sleeps through it
    with player(toy) as live:
        take = Take(live, 1000.0)
        play(live, phrases(1.0), 480)
        take._take()
        assert not take.lost
        play(live, np.zeros((8 * RATE, 1), np.float32), 4800)
        take._take()
        assert take.lost
        take.end()


def test_ended_early_it_keeps_what_it_has(toy):
    """And is as long as that."""
    with player(toy) as live:
        take = Take(live)
        play(live, phrases(2.0), 480)
        wait_until(lambda: take.seconds >= 2.0, "two seconds")
        take.end()
        assert take.done and len(take.sound) == 2 * RATE


@pytest.mark.parametrize(
    ("side", "x", "trouble"),
    [
        ("target", phrases(12.0), ""),
        ("target", phrases(4.0), "short"),
        ("target", phrases(12.0, pause_db=-50.0), "noisy"),
        ("bleed", phrases(12.0, pause_db=-50.0), ""),
        ("bleed", np.zeros((12 * RATE, 1), np.float32), "silent"),
    ],
    ids=["good", "short", "noisy target", "steady bleed", "silent"],
)
def test_what_will_do(side, x, trouble, tmp_path):
    """Long, loud and quiet enough in its pauses; recorded or from files alike."""
    heard = hear(side, x, RATE)
    assert heard.trouble == trouble and heard.seconds == len(x) / RATE
    path = tmp_path / "side.wav"
    soundfile.write(path, x, RATE, subtype="FLOAT")
    read = hear_files(side, [path])
    assert (read.seconds, read.trouble) == (heard.seconds, trouble)
    if trouble != "silent":
        assert read == heard and heard.loud_db == pytest.approx(-20.0, abs=LEVEL_DB)
        assert (
            heard.levels_db.max() == pytest.approx(-20.0, abs=4.0) and len(heard.levels_db) == takes.COLUMNS
        )


def test_several_files_count_together(tmp_path):
    """Two short ones are a long one."""
    for k in range(2):
        soundfile.write(tmp_path / f"{k}.wav", phrases(6.0), RATE)
    heard = hear_files("target", [tmp_path / "0.wav", tmp_path / "1.wav"])
    assert heard.seconds == pytest.approx(12.0) and heard.trouble == ""


def test_what_is_no_sound_is_refused(tmp_path):
    """With a sentence."""
    (tmp_path / "notes.txt").write_text("la la la")
    with pytest.raises(AudioFileError):
        hear_files("target", [tmp_path / "notes.txt"])


def test_the_limits_are_those_of_gate_learn():
    """The panel says "enough" where the learner will not refuse."""
    from training.learn import examples
    from training.recordings.corpus import LEAST_RANGE_DB

    assert (LEAST_S, LOUD_DB, FLOOR_UNDER_LOUD_DB) == (
        examples.LEAST_SIDE_S,
        examples.SILENT_DB,
        LEAST_RANGE_DB,
    )
