"""gate-inspect: the card, the JSON, and what goes wrong."""

import io
import json
import subprocess
import sys

import pytest

from gate.cli import inspect
from gate.modelfile.contract import read
from tests import toy_breaks, toy_model


@pytest.fixture
def folder(tmp_path):
    return toy_model.write_preset(tmp_path / "toy")


def run(capsys, *arguments) -> tuple[int, str, str]:
    """(exit code, stdout, stderr)."""
    code = inspect.main([str(argument) for argument in arguments])
    return code, *capsys.readouterr()


def test_the_card_by_value(folder, capsys):
    """The card says everything a person asks of a model, one fact a line."""
    code, out, err = run(capsys, folder)
    assert (code, err) == (0, "")
    made = read(folder / "model.onnx")
    head, file, *rest = out.splitlines()
    assert head == "toy"
    assert file.split()[0] == "file"
    assert (
        "\n".join(rest)
        == f"""\
  kind          gate
  taught        nothing: it opens for anything over the threshold
  rate          48000 Hz
  block         100 samples (2.083 ms)
  latency       0 samples
  states        tail (C, 100, 1): 400 bytes mono, 800 stereo
  readouts      key_low_hz [Hz]
                key_high_hz [Hz]
                level_db [dBFS]
  defaults      threshold -40 dBFS, range -80 dB
  decision      opens over 0.5, closes under 0.35
  key           cannot be held to a band
  weights       218 parameters, 904 bytes
  ops           ai.onnx 17: Mul 4, Identity 3, Concat 3, Transpose 2, Add 2, Reshape 2, Slice 1,
                Sigmoid 1, Sub 1, Log 1, Max 1, ReduceMax 1, Conv 1, Where 1, Less 1, Abs 1
  graph hash    {made.graph_sha256}
  licence       GPL-3.0-or-later
  training data none
  scores        auc_noise 0.5"""
    )


def test_the_json_holds_the_contract(folder, capsys):
    """--json prints the whole contract and nothing else on stdout."""
    code, out, err = run(capsys, folder, "--json")
    table = json.loads(out)
    assert (code, err) == (0, "")
    assert table["contract"] == read(folder / "model.onnx").to_dict()
    assert (table["preset"], table["threshold_db"], table["range_db"]) == ("toy", -40.0, -80.0)
    assert table["file"] == str(folder / "model.onnx")


def test_a_file_is_inspected_like_a_folder(folder, capsys):
    """A model file, its preset's folder and a bare folder give the same facts."""
    assert run(capsys, folder / "model.onnx")[1].splitlines()[2:] == run(capsys, folder)[1].splitlines()[2:]


def test_scores_inside_scores_are_named_in_full(tmp_path, capsys):
    """A table of scores becomes one line a score."""
    path = toy_model.write(tmp_path / "a.onnx", metadata={"scores": {"noise": {"auc": 0.951234}, "runs": 3}})
    assert run(capsys, path)[1].endswith("  scores        noise.auc 0.951234\n                runs 3\n")


def test_long_texts_are_folded(tmp_path, capsys):
    """No line of the card is longer than its width."""
    path = toy_model.write(tmp_path / "a.onnx", metadata={"training_data": "speech " * 100})
    out = run(capsys, path)[1]
    assert max(map(len, out.splitlines()[2:])) <= inspect.WIDTH
    assert out.count("speech") == 100


def test_a_broken_model_is_refused_in_a_sentence(tmp_path, capsys):
    """Exit 1, nothing on stdout, one line on stderr."""
    path = tmp_path / "kick.onnx"
    path.write_bytes(toy_breaks.broken("rate wrong"))
    code, out, err = run(capsys, path)
    assert (code, out) == (1, "")
    assert err == (
        f"gate-inspect: error: {path} breaks the contract (sample_rate): "
        "expected 48000 for a gate, got 44100; export it again\n"
    )


def test_a_typo_is_refused_in_a_sentence(capsys):
    """A name that is none exits 1 and says what there is."""
    code, out, err = run(capsys, "no-such-preset")
    assert (code, out) == (1, "")
    assert err.startswith("gate-inspect: error: expected a preset's name (there are: ")


@pytest.mark.parametrize("arguments", [[], ["a", "b"], ["--jsn", "a"]])
def test_wrong_usage_exits_with_2(arguments, capsys):
    """argparse's words, on stderr."""
    with pytest.raises(SystemExit) as caught:
        inspect.main(arguments)
    out, err = capsys.readouterr()
    assert (caught.value.code, out) == (2, "")
    assert "gate-inspect: error: " in err


def test_a_terminal_without_utf8_is_no_error(tmp_path, monkeypatch):
    """Letters that stdout cannot show become question marks."""
    path = toy_model.write(tmp_path / "a.onnx", metadata={"taught": "Gänse"})
    stdout = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", stdout)
    assert inspect.main([str(path)]) == 0
    stdout.flush()
    assert b"G?nse" in stdout.buffer.getvalue()


def test_a_reader_who_leaves_early_gets_no_traceback(tmp_path):
    """`gate-inspect MODEL | head -1` prints a line, and nothing on standard error."""
    path = tmp_path / "model.onnx"
    path.write_bytes(toy_model.build())
    command = f"'{sys.executable}' -m gate.cli.inspect '{path}' | head -1"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("model (model toy)\n", "")


def test_a_key_that_can_be_held_is_said(tmp_path, capsys):
    """How many bands there are, and from where to where."""
    path = tmp_path / "held.onnx"
    path.write_bytes(toy_model.build(holds=True))
    assert inspect.main([str(path)]) == 0
    assert (
        "  key           4 bands from 50 to 16000 Hz; may be held to some of them\n"
        in capsys.readouterr().out
    )
