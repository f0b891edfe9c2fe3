"""Third-party plugins in a live gate: from file to file they are waited for, and what is wrong with one is said."""

import numpy as np
import soundfile

from gate import Gate, Vst3
from gate.live.filestream import FileStream, SilentStream
from gate.live.live import Live
from gate.live.player import Player, Shape
from tests import toy_model
from tests.gate.engine_tools import bursts
from tests.gate.plugins.outside import until
from tests.toy_vst3 import LATE

RATE = 48_000


def test_from_file_to_file_nothing_is_late(toy, toys, tmp_path):
    """As fast as it goes, through an open gate and an identity: every bit is there, in its place."""
    x = bursts(RATE, 1.0, 2)
    source, target = tmp_path / "in.wav", tmp_path / "out.wav"
    soundfile.write(source, x, RATE, subtype="FLOAT")
    plugins = [Gate(toy, threshold_db=-80, range_db=0.0), Vst3(toys())]
    stream = FileStream(source, target, buffer=100, fast=True)
    with Player(plugins, Shape(RATE, 2, 2), fades=False) as player:
        assert player.slot_latency_samples(plugins[1]) == 1024 + LATE
        stream.start(lambda *_, **__: player, print)
        until(lambda: not stream.running, "the end of the file")
        stream.close()
    assert stream.failure is None
    assert np.array_equal(soundfile.read(target, dtype="float32")[0], x)


def test_what_is_wrong_is_said_with_the_slot(toys, tmp_path):
    """In its line and its table; the sound goes on."""
    model = tmp_path / "toy.onnx"
    model.write_bytes(toy_model.build())
    plugin = Vst3(toys())
    with Live(str(model), on_event=lambda event: None) as live:
        live.rack.add(1, plugin)
        live.sources.play(SilentStream())
        assert live.rack.chain[1].name == "vst3" and not live.rack.chain[1].trouble
        plugin.trouble = "crash"
        seen = []

        def said():
            live.tend()
            seen.append(live.rack.chain[1])
            return seen[-1].trouble

        until(said, "the trouble")
        facts = seen[-1]
        assert facts.trouble.startswith("Toy.vst3 ended by SIGABRT")
        assert str(facts).endswith(facts.trouble) and facts.to_dict()["trouble"] == facts.trouble
        plugin.trouble = "none"
