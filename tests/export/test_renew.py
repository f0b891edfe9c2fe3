"""A preset's folder, brought to today's format without its checkpoint."""

import json
import shutil
from itertools import pairwise

import numpy as np
import onnx
import pytest
import torch

from export import golden, parity, renew
from export.graph import key_bands_hz
from gate.constants import RATE
from gate.engine.engine import CURVE_COLUMNS
from gate.modelfile import contract
from gate.realtime.key_band import OUTSIDE
from tests import toy_classify
from tests.conftest import PRESETS
from tests.gate.engine_tools import open_engine
from training.networks.from_preset import constants, from_preset

NEW = ("key_bias", "key_place")
"""What a file from before has not: an input and a constant."""

LEVEL_DB = 0.1
"""How near a difference of levels comes: in it is the floor, 60 dB under Threshold."""


def averaging(model: bytes) -> bytes:
    """A model file of today with its channels averaged, as they were before the loudest counted."""
    old = onnx.load_model_from_string(model)
    (together,) = [node for node in old.graph.node if node.op_type == renew.LOUDEST]
    together.op_type = renew.AVERAGED
    return contract.write(old.SerializeToString(), contract.read(model).metadata).model


def as_before(model: bytes) -> bytes:
    """A model file of today as the exporter of schema 1 wrote it: its key cannot be held, and it averages its channels."""
    old = onnx.load_model_from_string(averaging(model))
    graph = old.graph
    biased = next(node for node in graph.node if "key_bias" in node.input)
    for node in graph.node:
        node.input[:] = ["heads_b" if name == biased.output[0] else name for name in node.input]
    graph.node.remove(biased)
    for group in (graph.input, graph.initializer):
        for one in [one for one in group if one.name in NEW]:
            group.remove(one)
    metadata = {k: v for k, v in contract.read(model).metadata.items() if k != "key_bands_hz"}
    return contract.write(old.SerializeToString(), metadata).model


@pytest.fixture(params=["voice", "toms"])
def folder(request, tmp_path):
    """A shipped preset in yesterday's format, with a file of its owner's beside it."""
    made = tmp_path / request.param
    shutil.copytree(PRESETS / request.param, made)
    (made / "model.onnx").write_bytes(as_before((PRESETS / request.param / "model.onnx").read_bytes()))
    (made / "notes.txt").write_text("mine")
    return made


def test_a_folder_is_what_is_shipped_again(folder, capsys):
    """Graph and golden data to the bit; the decisions of old file and new do not differ by one; all else is kept."""
    old = contract.read(folder / "model.onnx")
    assert old.key_bands_hz == ()
    figures = renew.renew(folder)
    assert figures is not None and figures["renewed_gain"] == 0.0
    shipped = PRESETS / folder.name
    one, other = (contract.read(place / "model.onnx") for place in (folder, shipped))
    assert one.metadata == other.metadata  # the hash of the graph is in it
    for name in ("CARD.md", "preset.json", "golden/" + golden.FILE):
        assert (folder / name).read_bytes() == (shipped / name).read_bytes()
    assert (folder / "notes.txt").read_text() == "mine"
    assert set(json.loads((folder / "parity.json").read_text())) == set(figures) - {"renewed_gain"}
    assert sorted(path.name for path in folder.parent.iterdir()) == [folder.name]
    assert renew.main([str(folder)]) == 0
    assert "is as it should be" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["voice", "kick", "snare", "toms", "guitar"])
def test_an_unchanged_network_exports_to_the_same_weights(name):
    """Out of the file, into torch, and back: every constant has its bits, and the network its weights."""
    shipped = contract.read(PRESETS / name / "model.onnx")
    again = renew.to_model(shipped)
    before, after = constants(shipped.model), constants(again.model)
    assert before.keys() == after.keys()
    assert all(np.array_equal(before[key], after[key]) for key in before)
    one, other = (from_preset(file).state_dict() for file in (shipped, again))
    assert all(torch.equal(one[key], other[key]) for key in one)


@pytest.mark.parametrize("name", ["voice", "toms"])
def test_zeros_leave_every_bit_as_it_was(name):
    """The curve of the golden sound, of yesterday's file and of today's, live and offline."""
    today = (PRESETS / name / "model.onnx").read_bytes()
    x = golden.sound()
    for batch in (1, 256):
        curves = [
            parity.engine_curve(contract.read(model), x, -40.0, batch) for model in (as_before(today), today)
        ]
        assert np.array_equal(*curves)


def test_bands_are_the_filter_bank_s():
    """32 of them, end to end, from 40 Hz to 20 kHz."""
    bands = key_bands_hz()
    assert len(bands) == 32 and (bands[0][0], bands[-1][1]) == (40.0, 20_000.0)
    assert all(low[1] == high[0] for low, high in pairwise(bands))
    assert contract.read(PRESETS / "voice" / "model.onnx").key_bands_hz == tuple(map(tuple, bands))


def test_a_file_that_averages_goes_on_working():
    """One live channel of eight reads 9 dB low in it, as it did; renewed it reads as alone."""
    today = (PRESETS / "voice" / "model.onnx").read_bytes()
    x, level = golden.sound()[:, None], CURVE_COLUMNS.index("level_db")
    for model, low_db in ((averaging(today), 10 * np.log10(8)), (today, 0.0)):
        levels = []
        for wide in (x, np.concatenate([x, np.zeros((len(x), 7), np.float32)], axis=1)):
            with open_engine(
                contract.read(model), rate=RATE, channels=wide.shape[1], curve_rows=4000
            ) as engine:
                engine.process(np.ascontiguousarray(wide), np.empty_like(wide, order="C"))
                levels.append(engine.take_curve()[:, level])
        np.testing.assert_allclose(levels[0] - levels[1], low_db, atol=LEVEL_DB)


def test_a_classifier_s_channels_come_together_by_the_loudest(tmp_path):
    """The shipped file again out of one that averages; what it says of one channel is what it was, to the bit."""
    shipped, made = PRESETS / "speech-music-noise", tmp_path / "classes"
    shutil.copytree(shipped, made)
    (made / "model.onnx").write_bytes(averaging((shipped / "model.onnx").read_bytes()))
    assert renew.renew(made) == {"renewed_probability": 0.0}
    for path in shipped.rglob("*.*"):
        assert (made / path.relative_to(shipped)).read_bytes() == path.read_bytes()
    assert renew.renew(made) is None


def test_a_classifier_of_somebody_else_is_refused(tmp_path, capsys):
    """Which of two nodes brings its channels together is not guessed."""
    (tmp_path / "model.onnx").write_bytes(toy_classify.build())
    assert renew.main([str(tmp_path)]) == 1
    said = capsys.readouterr().err
    assert "expected the classifier toy-classes to bring its channels together in one node" in said
    assert said.endswith("got 2 that may be it; export it from its checkpoint\n")
    assert (tmp_path / "model.onnx").read_bytes() == toy_classify.build()


def test_what_is_no_gate_of_ours_is_refused(tmp_path, toy, capsys):
    """One sentence, exit 1, and the file is what it was."""
    (tmp_path / "model.onnx").write_bytes(toy.model)
    assert renew.main([str(tmp_path)]) == 1
    error = capsys.readouterr().err
    assert (
        error.startswith("export.renew: error: expected the model toy to hold shape_w")
        and error.count("\n") == 1
    )
    assert renew.main([str(tmp_path / "nowhere")]) == 1
    assert (tmp_path / "model.onnx").read_bytes() == toy.model


def test_a_file_that_would_decide_otherwise_is_not_written(folder, monkeypatch, capsys):
    """When the ways to run it disagree, the folder stays as it is."""
    before = (folder / "model.onnx").read_bytes()
    monkeypatch.setattr(parity, "measure", lambda *args: {"engine_batch_gain": 0.1})
    assert renew.main([str(folder)]) == 1
    assert "nothing was written" in capsys.readouterr().err
    assert (folder / "model.onnx").read_bytes() == before


def test_weights_that_are_not_the_same_numbers_are_refused():
    """A graph of another network under the same names is not passed off as this one's."""
    model = onnx.load_model_from_string((PRESETS / "voice" / "model.onnx").read_bytes())
    front = next(constant for constant in model.graph.initializer if constant.name == "pool")
    front.CopyFrom(onnx.numpy_helper.from_array(1.1 * onnx.numpy_helper.to_array(front), "pool"))
    changed = contract.write(
        model.SerializeToString(), contract.read(PRESETS / "voice" / "model.onnx").metadata
    )
    with pytest.raises(
        renew.ExportError, match=r"expected pool to be what it was, .*; export it from its checkpoint"
    ):
        renew.to_model(changed)


def test_outside_is_far_under_every_logit():
    """Of the shipped gates no logit of the key is within a tenth of it: what is out weighs exactly nothing."""
    for name in ("voice", "kick", "snare", "toms", "guitar"):
        found = constants((PRESETS / name / "model.onnx").read_bytes())
        # what goes in is between -1 and 1 (the LSTM) or grows with the shape of a spectrum, a few tens at most
        reach = np.abs(found["heads_w"][:, 8:40]).sum(axis=0) * 100.0
        assert reach.max() < abs(OUTSIDE)
