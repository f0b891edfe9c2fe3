"""The contract of a model file: what is read, what is refused, and with which words."""

import dataclasses
import json
import os
import pickle
import subprocess
import sys
from pathlib import Path

import onnx
import pytest

from gate.errors import ContractError
from gate.modelfile import contract
from gate.parameters import BY_ID
from tests import toy_breaks, toy_model

ROOT = Path(__file__).parents[3]

COPIES = 50
"""Damaged copies of each model."""

COPY_LIMIT_S = 10.0
"""Guard against a hang, in seconds for one copy; the process is ended when it is passed."""

SHIPPED = sorted(path.parent.name for path in (ROOT / "presets").glob("*/model.onnx"))


def refused(data: bytes | Path) -> ContractError:
    with pytest.raises(ContractError) as caught:
        contract.read(data)
    return caught.value


def toy_with(metadata: str | None) -> bytes:
    return toy_model.finish(onnx.load_from_string(toy_model.build()), metadata)


# -- what keeps it -------------------------------------------------------------------------------------------


def test_a_model_is_read_as_it_was_written():
    """Every field of the metadata comes back in its place and type."""
    data = toy_model.build()
    made = contract.read(data)
    assert made.model == data
    assert (made.kind, made.name, made.sample_rate, made.block, made.latency_samples) == (
        "gate", "toy", 48000, 100, 0,
    )  # fmt: skip
    assert made.states == (contract.State("tail", ("C", 100, 1)),)
    assert [readout.name for readout in made.readouts] == ["key_low_hz", "key_high_hz", "level_db"]
    assert [readout.unit for readout in made.readouts] == ["Hz", "Hz", "dBFS"]
    assert (made.open_at, made.close_at) == (0.5, 0.35)
    assert (made.default_threshold_db, made.default_range_db) == (-40.0, -80.0)
    assert (made.licence, made.training_data, made.scores) == ("GPL-3.0-or-later", "none", {"auc_noise": 0.5})
    assert made.opset == 17
    assert made.ops["Conv"] == 1


def test_a_path_is_read_like_its_bytes(tmp_path):
    """File, text path and bytes give the same contract."""
    path = toy_model.write(tmp_path / "toy.onnx")
    assert contract.read(path) == contract.read(str(path)) == contract.read(path.read_bytes())


def test_a_state_knows_its_shape_and_size():
    """C stands for the number of channels, in the shape and in the bytes."""
    state = contract.State("h", ("C", 2, 3))
    assert state.shape_for(2) == (2, 2, 3)
    assert state.nbytes(2) == 48
    assert contract.State("h", (2, 3)).shape_for(8) == (2, 3)


def test_unknown_metadata_is_kept():
    """A field of a later version neither breaks the file nor gets lost."""
    made = contract.read(toy_model.build(metadata={"later": {"a": [1]}}))
    assert made.metadata["later"] == {"a": [1]}
    assert made.to_dict()["later"] == {"a": [1]}


def test_to_dict_is_json():
    """What gate-inspect prints goes through JSON unchanged, and counts what the file does not say."""
    table = contract.read(toy_model.build()).to_dict()
    assert json.loads(json.dumps(table, allow_nan=False)) == table
    assert table["parameters"] > 200
    assert table["state_bytes"] == 400


def test_a_contract_goes_to_a_worker_process():
    """Pickling keeps it whole."""
    made = contract.read(toy_model.build())
    assert pickle.loads(pickle.dumps(made)) == made


def test_a_contract_cannot_be_changed():
    """Two engines may share one."""
    with pytest.raises(dataclasses.FrozenInstanceError):
        contract.read(toy_model.build()).name = "other"


@pytest.mark.parametrize("control", ["threshold", "range"])
def test_defaults_are_within_the_controls(control):
    """A model cannot ask for a default that its control cannot show."""
    parameter, key = BY_ID[control], f"{control}_db"
    for value, fits in (
        (parameter.minimum, True),
        (parameter.maximum, True),
        (parameter.maximum + 1.0, False),
    ):
        data = toy_model.build(metadata={"defaults": {"threshold_db": -40.0, "range_db": -80.0, key: value}})
        if fits:
            assert getattr(contract.read(data), f"default_{key}") == value
        else:
            assert f'"{key}" from ' in str(refused(data))


def test_free_axes_of_outputs_may_hide_fixed_ones():
    """Exporters lose the sizes of outputs: a name is accepted where a number was meant."""
    model = onnx.load_from_string(toy_model.build())
    model.graph.output[0].type.tensor_type.shape.dim[0].dim_param = "rows"
    contract.read(toy_model.finish(model, toy_model.METADATA))


def test_a_key_may_have_bands_to_be_held_to():
    """With the input and its bands it can be held, without both, as files were written before, it cannot; the one without
    the other breaks the contract."""
    held = contract.read(toy_model.build(holds=True))
    assert held.key_bands_hz == tuple(map(tuple, toy_model.BANDS_HZ))
    assert contract.read(toy_model.build()).key_bands_hz == ()
    for bands, line in ((None, "inputs"), (toy_model.BANDS_HZ[:3], "inputs")):
        model = onnx.load_from_string(toy_model.build(holds=True))
        metadata = {**toy_model.METADATA} | ({} if bands is None else {"key_bands_hz": bands})
        assert refused(toy_model.finish(model, metadata)).line == line


# -- what breaks it ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", toy_breaks.BREAKS)
def test_a_break_is_refused_with_its_line(name):
    """Each way to break the contract is refused with the line it breaks: expected, got, remedy."""
    error = refused(toy_breaks.broken(name))
    assert error.line == toy_breaks.BREAKS[name][0]
    assert error.detail.startswith("expected ")
    assert ", got " in error.detail
    assert "; " in error.detail


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("rate wrong", "sample_rate): expected 48000 for a gate, got 44100; export it again"),
        (
            "state out missing",
            "states): expected \"tail_out\" among the outputs, got 'gate, readouts'; export it again",
        ),
        (
            "blocks of another size",
            'inputs): expected "blocks" of shape (C, T, 100), got (C, T, 128); export it again',
        ),
        (
            "threshold a double",
            'inputs): expected "threshold_db" to be float32, got float64; export it again',
        ),
        (
            "external initializer",
            "external data): expected all numbers inside the file, got tensor 'outside' in another one; "
            "save it as one file",
        ),
        (
            "kind unknown",
            'kind): expected one of gate, classify, mask, audio, got "reverb"; export it again',
        ),
        ("schema of the future", "schema): expected 2, got the newer 3; update learned-gate"),
    ],
)
def test_the_words_of_a_refusal(name, text):
    """The texts that a person meets, by value."""
    assert str(refused(toy_breaks.broken(name))) == f"the model breaks the contract ({text}"


def test_a_refusal_names_the_file(tmp_path):
    """Whoever renders a folder of presets has to know which one."""
    path = tmp_path / "kick.onnx"
    path.write_bytes(toy_breaks.broken("rate wrong"))
    assert str(refused(path)).startswith(f"{path} breaks the contract (sample_rate): ")


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("not json", id="text"),
        pytest.param("", id="nothing"),
        pytest.param("[1, 2]", id="a list"),
        pytest.param("7", id="a number"),
        pytest.param('{"a": NaN}', id="not a number"),
        pytest.param('{"a": 1e999}', id="infinite"),
        pytest.param('{"a": ' + "9" * 5000 + "}", id="endless number"),
        pytest.param("[" * 100_000, id="endless nesting"),
        pytest.param('{"a": ' + "[" * 100 + "]" * 100 + "}", id="deep nesting"),
        pytest.param('{"a": "' + "x" * (1 << 20) + '"}', id="too long"),
        pytest.param(None, id="none at all"),
    ],
)
def test_metadata_that_is_no_table_is_refused(text):
    """Metadata that is missing, is not JSON or is beyond reason breaks the line "metadata"."""
    assert refused(toy_with(text)).line == "metadata"


def test_metadata_twice_is_refused():
    """Of two entries nobody could say which one counts."""
    data = toy_model.build()
    entry = data[data.index(toy_model.KEY.encode()) - 5 :]
    assert onnx.load_from_string(data + entry).metadata_props[1].key == toy_model.KEY
    assert "got 2" in refused(data + entry).detail


def test_a_file_cut_anywhere_is_refused():
    """No beginning of a model passes for a model."""
    data = toy_model.build()
    for size in range(0, len(data), 11):
        refused(data[:size])


def test_an_empty_file_is_refused(tmp_path):
    """Nothing is not a model."""
    (tmp_path / "empty.onnx").touch()
    assert refused(tmp_path / "empty.onnx").detail == "expected an ONNX file, got an empty one; copy it again"


@pytest.mark.parametrize(
    "data", [b"RIFF\x24\x08\0\0WAVEfmt ", b"<!DOCTYPE html><html>", b"PK\x03\x04", bytes(999)]
)
def test_other_files_are_refused(data):
    """A WAV, a web page, an archive and a row of zeros are told from a model."""
    assert refused(data).line == "file"


def test_a_file_over_the_stated_size_is_refused_unread(tmp_path):
    """64 MiB and a byte are refused by the size alone (a sparse file here), 64 MiB are looked at."""
    path = tmp_path / "large.onnx"
    with path.open("wb") as file:
        file.truncate(contract.MAX_MODEL_BYTES + 1)
    error = refused(path)
    assert (error.line, error.detail) == (
        "size",
        "expected at most 64 MiB, got 64.0 MiB; a gate is far smaller",
    )
    with path.open("r+b") as file:
        file.truncate(contract.MAX_MODEL_BYTES)
    assert refused(path).line == "file"


def test_what_is_no_file_is_refused(tmp_path):
    """A folder, a pipe and a path to nowhere are refused at once, without waiting for a writer."""
    os.mkfifo(tmp_path / "pipe")
    assert "got a folder" in refused(tmp_path).detail
    assert "got a device or a pipe" in refused(tmp_path / "pipe").detail
    assert "No such file" in refused(tmp_path / "nowhere.onnx").detail
    assert "zero byte" in refused(Path("a\0b")).detail


def test_damage_in_the_graph_is_called_damage():
    """One bit anywhere in the graph is found by the hash, before anything is made of it."""
    data = toy_model.build()
    graph = onnx.load_from_string(data).graph.SerializeToString()
    start = data.index(graph)
    for at in range(start, start + len(graph), 97):
        damaged = bytearray(data)
        damaged[at] ^= 4
        error = refused(bytes(damaged))
        assert error.line == "graph_sha256"
        assert error.detail.endswith("the file is damaged; copy it again")


# -- writing -------------------------------------------------------------------------------------------------


def without_metadata() -> bytes:
    return toy_with(None)


def test_written_metadata_is_read_back():
    """Schema and hash are filled in, the graph stays byte for byte, and writing again replaces."""
    written = contract.write(without_metadata(), toy_model.METADATA | {"name": "first"}).model
    assert contract.read(written).name == "first"
    again = contract.write(
        written, {**toy_model.METADATA, "name": "Gänse", "schema": 99, "graph_sha256": ""}
    ).model
    made = contract.read(again)
    assert (made.name, made.metadata["schema"]) == ("Gänse", contract.SCHEMA)
    assert onnx.load_from_string(again).graph == onnx.load_from_string(toy_model.build()).graph


def test_what_breaks_the_contract_is_not_written():
    """The writer checks as the reader does."""
    with pytest.raises(ContractError) as caught:
        contract.write(without_metadata(), {**toy_model.METADATA, "sample_rate": 44100})
    assert caught.value.line == "sample_rate"


@pytest.mark.parametrize("score", [float("nan"), object(), {1, 2}], ids=["nan", "object", "set"])
def test_scores_that_json_cannot_hold_are_not_written(score):
    """A score that is not a number would make a file that nobody can read."""
    with pytest.raises(ContractError) as caught:
        contract.write(without_metadata(), {**toy_model.METADATA, "scores": {"auc": score}})
    assert caught.value.line == "metadata"


# -- the whole of it -----------------------------------------------------------------------------------------


def test_reading_needs_no_package():
    """The contract is read without numpy's elders: no onnx, onnxruntime, numba or torch is loaded."""
    heavy = ("onnx", "onnxruntime", "numba", "torch")
    code = f"import sys, gate.modelfile.contract, gate.modelfile.preset; print([m for m in {heavy!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("model", ["toy", *SHIPPED])
def test_damaged_copies_are_refused_or_run(model, tmp_path):
    """Fifty damaged copies: each is refused in a sentence or gives finite output; none crashes or hangs."""
    path = ROOT / "presets" / model / "model.onnx"
    if model == "toy":
        path = toy_model.write(tmp_path / "toy.onnx")
    command = [sys.executable, "-m", "tests.gate.damaged_copies", str(path), str(COPIES), str(COPY_LIMIT_S)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
    outcomes = [json.loads(line) for line in done.stdout.splitlines()]
    assert outcomes[0]["outcome"] == "finite", "the undamaged model itself"
    assert len(outcomes) == COPIES + 1
    assert {outcome["outcome"] for outcome in outcomes} <= {"refused", "finite"}
