"""The thread that owns the gate does what it is asked, says what went wrong, and ends."""

import threading

import numpy as np
import pytest
import soundfile

from gate.errors import PresetError
from gate.live.filestream import FileStream
from tests.gate.live.jack_server import wait_until


def test_it_looks(keeper):
    """A status comes by itself, again and again."""
    keeper.start()
    wait_until(lambda: keeper.looks > 2, "three looks")
    assert keeper.status is not None and keeper.status.preset == "toy" and keeper.facts["host_api"] == "files"


def test_jobs_are_done_in_order_on_its_thread(keeper):
    """One after the other, and what comes of a job is told there."""
    keeper.start()
    said: list[object] = []
    for k in range(5):
        keeper.ask(lambda k=k: (k, threading.current_thread().name), then=said.append)
    wait_until(lambda: len(said) == 5, "five jobs")
    assert said == [(k, "keeper") for k in range(5)]


@pytest.mark.parametrize(
    ("error", "words"),
    [(PresetError("there is none"), "there is none"), (ZeroDivisionError("oh"), "unexpected")],
)
def test_a_job_that_fails_is_said_and_nothing_else_stops(keeper, error, words):
    """As an event, whatever it was; the next job is done."""

    def fail():
        raise error

    keeper.start()
    keeper.ask(fail)
    done = threading.Event()
    keeper.ask(done.set)
    assert done.wait(30.0)
    assert any(kind == "error" and words in sentence for kind, sentence in keeper.events)


def test_what_was_asked_for_is_done_before_the_end(keeper):
    """Stopping waits for it."""
    keeper.start()
    done: list[int] = []
    for k in range(3):
        keeper.ask(lambda k=k: done.append(k))
    keeper.stop()
    assert done == [0, 1, 2]


def test_over_from_silence_to_a_file_and_to_another(keeper, sound, tmp_path):
    """What plays fades out and is closed; what comes has its own rate."""
    keeper.start()
    keeper.ask(lambda: keeper.live.sources.play(FileStream(sound, loops=True)))
    wait_until(lambda: keeper.live.facts["input"] == "bursts.wav", "the file")
    other = tmp_path / "other.wav"
    soundfile.write(other, np.zeros(44_100), 44_100)
    keeper.ask(lambda: keeper.live.sources.play(FileStream(other, loops=True)))
    wait_until(lambda: keeper.live.player.shape.rate == 44_100, "the other file")
    wait_until(lambda: not keeper.live.sources.leaving, "the old ones to be closed")


def test_a_file_that_is_none_leaves_what_plays(keeper, tmp_path):
    """It is said, and the sound goes on."""
    keeper.start()
    keeper.ask(lambda: FileStream(tmp_path / "missing.wav", loops=True))
    wait_until(lambda: any("does not exist" in sentence for _, sentence in keeper.events), "the sentence")
    buffers = keeper.live.player.buffers()
    wait_until(lambda: keeper.live.player.buffers() > buffers, "the sound to go on")


def test_a_file_plays_over_and_over(keeper, sound):
    """Two seconds of it go on for more than that, without a hole: the levels of each round are those of the first."""
    keeper.live.sources.play(FileStream(sound, loops=True, fast=True))
    keeper.start()
    wait_until(lambda: keeper.live.player.scope.written > 10 * 96_000, "ten rounds")
    assert keeper.live.sources.running and not keeper.live.sources.trouble
    _, x, _ = keeper.live.player.scope.since(0)
    keeper.live.sources.now.stop()
    written, whole = keeper.live.player.scope.written, soundfile.read(sound, dtype="float32")[0]
    first, x, _ = keeper.live.player.scope.since(0)
    assert first + len(x) == written
    assert np.array_equal(x[:, 0], whole[(first + np.arange(len(x))) % len(whole)])


def test_recording_begins_and_ends_while_it_plays(keeper, sound, tmp_path):
    """Two recordings after each other, none of them touched by the other, and each says how long it became."""
    keeper.live.sources.play(FileStream(sound, loops=True))
    keeper.start()
    for k in range(2):
        path = tmp_path / f"take{k}.wav"
        keeper.ask(lambda path=path: keeper.live.recording.begin(path, keeper.live.player))
        wait_until(
            lambda: (recorder := keeper.live.recording.recorder) is not None and recorder.frames > 20_000,
            "some sound",
        )
        keeper.ask(keeper.live.recording.end)
        wait_until(path.exists, "the file")
        assert soundfile.info(path).frames > 20_000
    wait_until(lambda: sum("recorded" in sentence for _, sentence in keeper.events) == 2, "both sentences")
