"""The contract of a classifier's model file, its preset, and its card."""

import json

import onnx
import pytest

from gate.cli import inspect
from gate.errors import ContractError
from gate.modelfile import contract, preset
from tests import toy_classify, toy_model


def refused(data: bytes) -> ContractError:
    with pytest.raises(ContractError) as caught:
        contract.read(data)
    return caught.value


def test_a_classifier_is_read_as_it_was_written():
    """Kind, rate, block, classes and states come back; what only a gate has is no number."""
    made = contract.read(toy_classify.build())
    assert (made.kind, made.sample_rate, made.block) == ("classify", 16_000, 160)
    assert made.classes == ("speech", "music", "noise")
    assert made.states == (contract.State("last", ("C", 1, 1)),)
    numbers = (made.open_at, made.close_at, made.default_threshold_db, made.default_range_db)
    assert all(number != number for number in numbers)
    json.dumps(made.to_dict(), allow_nan=False)


def test_a_gate_has_no_classes():
    """A gate's file means what it meant."""
    assert contract.read(toy_model.build()).classes == ()


@pytest.mark.parametrize(
    "classes",
    [None, [], ["speech"], "speech", ["speech", 7], ["speech", "not speech"], [f"c{i}" for i in range(17)]],
)
def test_classes_are_2_to_16_names(classes):
    """Anything else breaks the line "classes"."""
    error = refused(toy_classify.build(metadata={"classes": classes}))
    assert error.line == "classes"
    assert error.detail.startswith("expected a list of 2 to 16 names, got ")


def test_a_class_stands_once():
    """No two rows have one name."""
    detail = refused(toy_classify.build(metadata={"classes": ["a", "b", "a"]})).detail
    assert detail == 'expected each name once, got "a" twice; export it again'


@pytest.mark.parametrize(
    ("metadata", "line", "detail"),
    [
        ({"sample_rate": 48_000}, "sample_rate", "expected 16000 for a classify, got 48000; export it again"),
        ({"block": 100}, "block", "expected 160 for a classify, got 100; export it again"),
        (
            {"classes": ["speech", "rest"]},
            "outputs",
            'expected "classes" of shape (2, T), got (3, T); export it again',
        ),
    ],
)
def test_what_a_classifier_must_say(metadata, line, detail):
    """Rate, block, and as many rows as there are classes."""
    error = refused(toy_classify.build(metadata=metadata))
    assert (error.line, error.detail) == (line, detail)


def test_a_classifier_takes_no_threshold():
    """An input that only gates have is one too many."""
    model = onnx.load_from_string(toy_classify.build())
    one = onnx.helper.make_tensor_value_info("threshold_db", onnx.TensorProto.FLOAT, [1, "T"])
    model.graph.input.append(one)
    error = refused(toy_classify.finish(model, toy_classify.METADATA))
    assert error.line == "inputs"
    assert (
        error.detail == "expected no inputs but blocks, last_in, got 'threshold_db' as well; export it again"
    )


def test_one_kind_is_not_taken_for_the_other(tmp_path):
    """A gate where a classifier belongs, and the reverse, is refused with what it is good for."""
    gate, classes = toy_model.write(tmp_path / "g.onnx"), toy_classify.write(tmp_path / "c.onnx")
    with pytest.raises(ContractError) as caught:
        preset.resolve(classes, "gate")
    assert str(caught.value) == (
        "toy-classes breaks the contract (kind): expected a gate, got a classify; "
        "it labels with gate-label, and guards with --guard-model"
    )
    with pytest.raises(ContractError, match="expected a classify, got a gate; it gates, with --preset"):
        preset.resolve(gate, "classify")
    assert preset.resolve(classes).contract.kind == "classify"


def test_a_preset_of_classes_is_written_and_found(tmp_path, monkeypatch):
    """Its preset.json says its kind and no threshold; lists of gates leave it out."""
    place = tmp_path / "place"
    made = preset.write_preset(place / "words", toy_classify.build(), name="words")
    fields = json.loads((place / "words" / "preset.json").read_text())
    assert fields == {"format": 1, "name": "words", "model": "model.onnx", "kind": "classify"}
    assert (made.name, made.contract.kind) == ("words", "classify")
    toy_model.write_preset(place / "kick")
    monkeypatch.setattr(preset, "folders", lambda: [place])
    assert preset.names() == ["kick"]
    assert preset.names("classify") == ["words"]
    assert preset.names(None) == ["kick", "words"]
    with pytest.raises(preset.PresetError, match=r"there are: words\), got 'word'; did you mean words\?"):
        preset.resolve("word", "classify")


def test_the_card_shows_the_classes(tmp_path, capsys):
    """gate-inspect shows classes where a gate has defaults and decision."""
    folder = toy_classify.write_preset(tmp_path / "words")
    assert inspect.main([str(folder)]) == 0
    out = capsys.readouterr().out
    assert "  kind          classify\n" in out
    assert "  block         160 samples (10.000 ms)\n" in out
    assert "  classes       speech, music, noise\n" in out
    assert "defaults" not in out and "nan" not in out
    assert inspect.main([str(folder), "--json"]) == 0
    table = json.loads(capsys.readouterr().out)
    assert table["contract"]["classes"] == ["speech", "music", "noise"]
    assert "threshold_db" not in table
