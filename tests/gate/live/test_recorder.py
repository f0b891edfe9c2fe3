"""Recording what the gate gives, also where the disk has had enough."""

import resource
import subprocess
import sys

import numpy as np
import pytest
import soundfile

from gate import Gate
from gate.errors import AudioFileError
from gate.live import recorder as tape
from gate.live.player import Player, Shape
from gate.live.recorder import Recorder
from tests import toy_model
from tests.gate.engine_tools import bursts

RATE = 48_000


def player(toy, rate=RATE, channels=2, tape_s=1.0):
    shape = Shape(rate, channels, channels)
    return Player([Gate(toy, threshold_db=-35.0, range_db=-20.0)], shape, fades=False, tape_s=tape_s)


def play(live, seconds, recorder=None):
    x = bursts(live.shape.rate, seconds, live.shape.channels)
    out = np.empty_like(x)
    for at in range(0, len(x), 100):
        live.play(x[at : at + 100], out[at : at + 100])
        if recorder is not None and at % 4800 == 0:
            recorder.take(live)
    return out


@pytest.mark.parametrize(("ending", "subtype"), [(".wav", "FLOAT"), (".flac", "PCM_24"), (".ogg", "VORBIS")])
def test_what_is_recorded_is_what_came_out(tmp_path, toy, ending, subtype):
    """From start to stop, in the format of the ending."""
    path = tmp_path / f"take{ending}"
    with player(toy) as live:
        play(live, 0.1)
        recorder = Recorder(path, RATE, 2)
        recorder.start(live)
        out = play(live, 0.5)
        recorder.stop()
    assert recorder.trouble is None and recorder.frames == len(out)
    assert soundfile.info(path).subtype == subtype
    if ending != ".ogg":
        assert np.allclose(soundfile.read(path)[0], out, atol=2.0**-23)
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


def test_it_goes_on_with_the_next_player(tmp_path, toy):
    """A stream that was lost and opened again is one recording; one of another rate ends it, and says so."""
    path = tmp_path / "take.wav"
    recorder = Recorder(path, RATE, 2)
    pieces = []
    for rate in (RATE, RATE, 44_100):
        with player(toy, rate) as live:
            recorder.leave()
            if recorder.fits(live):
                recorder.start(live)
                pieces.append(play(live, 0.2))
            else:
                recorder.end("the rate changed")
                recorder.leave()
            recorder.leave()
    recorder.stop()
    assert "the rate changed; the recording ended there" in recorder.trouble
    assert np.array_equal(soundfile.read(path, dtype="float32")[0], np.concatenate(pieces))


def test_an_existing_file_is_kept(tmp_path):
    """Unless force says otherwise."""
    path = tmp_path / "take.wav"
    path.write_bytes(b"mine")
    with pytest.raises(AudioFileError, match="exists"):
        Recorder(path, RATE, 1)
    assert path.read_bytes() == b"mine"


def test_a_wav_that_is_full_ends(tmp_path, toy, monkeypatch):
    """At 4 GB; the sound goes on."""
    monkeypatch.setattr(tape, "MAX_BYTES", 4096 + 4 * 2 * 10_000)
    path = tmp_path / "take.wav"
    with player(toy) as live:
        recorder = Recorder(path, RATE, 2)
        recorder.start(live)
        play(live, 0.5, recorder)
        recorder.stop()
    assert "a WAV file holds 4 GB; record to a name that ends in .w64 or .flac" in recorder.trouble
    assert 0 < soundfile.info(path).frames <= 10_000


FULL = """
import resource, signal, sys
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (40_000, 40_000))
from pathlib import Path
from gate.modelfile import contract
from gate.live.recorder import Recorder
from tests.gate.live.test_recorder import play, player
with player(contract.read(Path(sys.argv[1]))) as live:
    recorder = Recorder(Path(sys.argv[2]), 48_000, 2)
    recorder.start(live)
    play(live, 0.5, recorder)
    recorder.stop()
    play(live, 0.1)
    print(live.buffers(), recorder.trouble)
"""


def test_a_full_disk_ends_the_recording_and_nothing_else(tmp_path):
    """A file that may not grow stands for a disk without room: what was written is kept, the sound goes on."""
    assert resource.RLIMIT_FSIZE
    model, path = toy_model.write(tmp_path / "toy.onnx"), tmp_path / "take.wav"
    said = subprocess.run(
        [sys.executable, "-c", FULL, str(model), str(path)], capture_output=True, text=True, check=False
    )
    assert said.returncode == 0, said.stderr
    buffers, _, trouble = said.stdout.partition(" ")
    assert buffers == "288" and "the recording ended there, the sound continues" in trouble
    assert 0 < soundfile.info(path).frames < 24_000
    assert sorted(p.name for p in tmp_path.iterdir()) == ["take.wav", "toy.onnx"]
