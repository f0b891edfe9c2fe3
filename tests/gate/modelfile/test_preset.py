"""Presets: found by name or path, read with care, written whole."""

import json
import math
import os
from pathlib import Path

import pytest

from gate.errors import ContractError, PresetError
from gate.modelfile import preset
from gate.notes import GateNote
from tests import toy_breaks, toy_model


@pytest.fixture
def shipped(tmp_path, monkeypatch) -> Path:
    """A place of presets to look names up in, with "voice" and "snare" in it."""
    place = tmp_path / "shipped"
    toy_model.write_preset(place / "voice", "voice")
    toy_model.write_preset(place / "snare", "snare")
    (place / "README.md").write_text("no preset")
    monkeypatch.setattr(preset, "folders", lambda: [tmp_path / "not there", place])
    return place


def with_json(folder: Path, **fields) -> Path:
    """A toy preset whose preset.json has these fields changed; None takes one away."""
    toy_model.write_preset(folder)
    path = folder / "preset.json"
    merged = json.loads(path.read_text()) | fields
    path.write_text(json.dumps({key: value for key, value in merged.items() if value is not None}))
    return folder


def refused(name) -> str:
    with pytest.raises(PresetError) as caught:
        preset.resolve(name)
    return str(caught.value)


# -- finding -------------------------------------------------------------------------------------------------


def test_a_name_is_looked_up(shipped):
    """ "voice" is the shipped voice preset with its defaults."""
    found = preset.resolve("voice")
    assert (found.name, found.folder) == ("voice", shipped / "voice")
    assert found.model_path == shipped / "voice" / "model.onnx"
    assert found.contract.name == "toy"
    assert found.defaults == preset.Defaults(-40.0, -80.0)
    assert preset.names() == ["snare", "voice"]


def test_a_name_comes_before_a_folder_of_that_name(shipped, tmp_path, monkeypatch):
    """A folder of recordings called "voice" does not hide the preset; ./voice is the folder."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "voice").mkdir()
    assert preset.resolve("voice").folder == shipped / "voice"
    assert "got neither" in refused("./voice")


def test_a_folder_is_read(tmp_path):
    """A path to a preset's folder, as text or Path, gives its name, defaults and all its fields."""
    folder = with_json(tmp_path / "any", threshold_db=-50, range_db=-20.5, maker="me")
    for path in (folder, str(folder)):
        found = preset.resolve(path)
        assert (found.name, found.defaults) == ("toy", preset.Defaults(-50.0, -20.5))
        assert found.fields["maker"] == "me"


def test_a_bare_word_may_be_a_path(tmp_path, monkeypatch, shipped):
    """What is no name is looked for on the disk."""
    monkeypatch.chdir(tmp_path)
    toy_model.write_preset(tmp_path / "mine")
    assert preset.resolve("mine").folder == Path("mine")


def test_a_folder_without_json_takes_the_models_defaults(tmp_path):
    """A bare model in a folder is a preset of the folder's name."""
    folder = toy_model.write_preset(tmp_path / "bare")
    (folder / "preset.json").unlink()
    found = preset.resolve(folder)
    assert (found.name, found.folder, found.fields) == ("bare", folder, {})
    assert found.defaults == preset.Defaults(-40.0, -80.0)


def test_a_file_is_a_preset(tmp_path):
    """A model file alone takes its own name and the model's defaults."""
    path = toy_model.write(tmp_path / "kick.onnx")
    found = preset.resolve(path)
    assert (found.name, found.folder, found.model_path) == ("kick", None, path)


def test_a_typo_lists_what_comes_close(shipped):
    """Expected, got, remedy: the names there are and the one that was meant."""
    assert (
        refused("voise")
        == "expected a preset's name (there are: snare, voice), got 'voise'; did you mean voice?"
    )
    assert refused("VOICE").endswith("did you mean voice?")
    assert refused("xyzzy").endswith("give one of these, a folder or a .onnx file")
    assert refused("").startswith("expected a preset's name")


@pytest.mark.parametrize("path", ["./nowhere", "nowhere.onnx", "/no/where"])
def test_a_path_to_nowhere_is_called_a_path(path):
    """Whoever gives a path hears of the path."""
    assert (
        refused(path)
        == f"expected a preset folder or a model file, got {path}, which is not there; check the path"
    )


def test_a_path_no_disk_takes_is_refused():
    """A zero byte or a name of thousands of letters is a sentence, not a traceback."""
    assert "got 'a\\x00b'" in refused("a\0b")
    assert refused("./" + "x" * 5000).endswith("; check the path")


def test_where_presets_are_looked_up(monkeypatch):
    """Run from a checkout: the user's own first, then the installed ones and the repository's."""
    root = Path(preset.__file__).resolve().parents[2]
    monkeypatch.delenv("LEARNED_GATE_PRESETS")
    monkeypatch.setenv("XDG_DATA_HOME", "/data")
    monkeypatch.setattr("sys.platform", "linux")
    own = Path("/data/learned-gate/presets")
    assert preset.folders() == [own, root / "gate" / "presets", root / "presets"]
    monkeypatch.setenv("LEARNED_GATE_PRESETS", "/mine")
    assert preset.folders()[0] == preset.user_folder() == Path("/mine")


@pytest.fixture
def own(tmp_path, monkeypatch) -> Path:
    """A user's own presets: one of a name of its own, and one called like a shipped one."""
    place = tmp_path / "own"
    monkeypatch.setenv("LEARNED_GATE_PRESETS", str(place))
    for name in ("mine", "voice"):
        toy_model.write_preset(place / name)
    return place


def test_a_users_own_preset_is_found_by_its_name(own):
    """Without a word, where no other is called so."""
    assert "mine" in preset.names() and preset.resolve("mine").folder == own / "mine"
    assert preset.address(preset.resolve("mine")) == "mine"


def test_a_users_own_preset_comes_before_a_shipped_one(own):
    """Both are named in a note; the shipped one is had by its place, and each is found again by its address."""
    shipped = preset.folders()[-1] / "voice"
    with pytest.warns(GateNote) as noted:
        found = preset.resolve("voice")
    assert found.folder == own / "voice"
    assert [str(one.message) for one in noted] == [
        f"2 presets are called voice, and {own / 'voice'} is used; for another one give its place ({shipped}), or rename it"
    ]
    told: list[str] = []
    assert preset.resolve("voice", "gate", told.append).folder == own / "voice" and len(told) == 1
    assert preset.address(found) == "voice"
    assert preset.address(preset.resolve(shipped)) == str(shipped)
    assert preset.names().count("voice") == 1 and preset.hidden() == [shipped]


def test_a_namesake_of_another_kind_is_in_nobodys_way(own):
    """A gate called as the guard's classifier is leaves the guard its own."""
    toy_model.write_preset(own / "speech-music-noise")
    assert (
        preset.resolve("speech-music-noise", "classify").folder == preset.folders()[-1] / "speech-music-noise"
    )
    assert preset.resolve("speech-music-noise", "gate").folder == own / "speech-music-noise"
    assert "speech-music-noise" in preset.names("gate") and "speech-music-noise" in preset.names("classify")
    with pytest.warns(GateNote, match="2 presets are called speech-music-noise"):
        preset.resolve("speech-music-noise")


def test_a_place_that_is_named_twice_is_one(monkeypatch):
    """The checkout's presets as a user's own are no namesakes of themselves."""
    monkeypatch.setenv("LEARNED_GATE_PRESETS", str(preset.folders()[-1]))
    assert preset.resolve("voice").name == "voice" and preset.hidden(None) == []


def test_a_preset_in_this_folder_that_a_name_hides(own, monkeypatch, tmp_path):
    """It is said, too, and how to have it; so is how to spell a folder for which a name would come first."""
    monkeypatch.chdir(tmp_path)
    toy_model.write_preset(tmp_path / "mine")
    with pytest.warns(GateNote, match=r"2 presets are called mine, .*\(\./mine\)"):
        assert preset.resolve("mine").folder == own / "mine"
    assert preset.resolve("./mine").folder == Path("mine")
    assert [preset.spelling(Path(text)) for text in ("mine", "./mine", "else", "a/mine")] == [
        "./mine",
        "./mine",
        "else",
        "a/mine",
    ]


def test_rename(tmp_path):
    """Its other fields stay."""
    folder = with_json(tmp_path / "any", maker="me")
    preset.rename(folder, "new")
    assert (preset.resolve(folder).name, preset.resolve(folder).fields["maker"]) == ("new", "me")


# -- reading -------------------------------------------------------------------------------------------------


def test_minus_infinity_is_a_range(tmp_path):
    """JSON has no infinity: the text "-inf" stands for it."""
    assert preset.resolve(with_json(tmp_path / "p", range_db="-inf")).defaults.range_db == -math.inf


def test_missing_defaults_are_the_models(tmp_path):
    """A preset.json need not repeat what the model says."""
    folder = with_json(tmp_path / "p", threshold_db=None, range_db=None, model=None)
    assert preset.resolve(folder).defaults == preset.Defaults(-40.0, -80.0)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"format": 2}, 'expected "format" 1, got 2; update learned-gate'),
        ({"format": None}, 'expected "format" 1, got None'),
        ({"name": 7}, 'expected text in "name", got 7'),
        ({"name": "\x1b[2J"}, 'expected text in "name"'),
        ({"threshold_db": "low"}, 'expected "threshold_db" from '),
        ({"threshold_db": True}, 'expected "threshold_db" from '),
        ({"threshold_db": 1e9}, 'expected "threshold_db" from '),
        ({"range_db": 6}, 'expected "range_db" from -120 to 0 dB, or -inf, got 6; give such a number'),
        ({"range_db": "inf"}, 'expected "range_db" from '),
        ({"model": "../model.onnx"}, "expected a file of the same folder in \"model\", got '../model.onnx'"),
        ({"model": "/etc/passwd"}, "expected a file of the same folder"),
        ({"model": ".."}, "expected a file of the same folder"),
    ],
)
def test_a_wrong_field_is_named(fields, words, tmp_path):
    """A preset.json that breaks its format says which field, what was expected and what was got."""
    folder = with_json(tmp_path / "p", **fields)
    text = refused(folder)
    assert text.startswith(f"{folder / 'preset.json'}: ")
    assert words in text


@pytest.mark.parametrize(
    "text", ["", "{", "[1]", "7", "\xff", '{"a": ' + "9" * 5000 + "}", "[" * 100_000, " " * (1 << 21)]
)
def test_a_file_that_is_no_table_is_refused(text, tmp_path):
    """A preset.json that is not JSON, no table or far too long is refused in a sentence."""
    folder = toy_model.write_preset(tmp_path / "p")
    (folder / "preset.json").write_bytes(text.encode("latin-1"))
    assert "; fix the file" in refused(folder)


def test_a_model_that_breaks_the_contract_is_named(tmp_path):
    """The error of a preset's model names the model's file."""
    folder = toy_model.write_preset(tmp_path / "p")
    (folder / "model.onnx").write_bytes(toy_breaks.broken("rate wrong"))
    with pytest.raises(ContractError) as caught:
        preset.resolve(folder)
    assert caught.value.source == str(folder / "model.onnx")


def test_a_model_that_is_not_there_is_named(tmp_path):
    """A preset.json without its model."""
    folder = toy_model.write_preset(tmp_path / "p")
    (folder / "model.onnx").unlink()
    with pytest.raises(ContractError, match="No such file"):
        preset.resolve(folder)


# -- writing -------------------------------------------------------------------------------------------------


def test_a_written_preset_is_read_back(tmp_path):
    """Folder, model, defaults and more fields come back as they were given."""
    model = toy_model.build()
    made = preset.write_preset(
        tmp_path / "new" / "kick",
        model,
        name="kick",
        threshold_db=-30.0,
        range_db=-math.inf,
        extra={"by": "me"},
    )
    assert made == preset.resolve(tmp_path / "new" / "kick")
    assert made.model_path.read_bytes() == model
    assert (made.name, made.defaults) == ("kick", preset.Defaults(-30.0, -math.inf))
    assert made.fields["by"] == "me"
    assert json.loads((made.folder / "preset.json").read_text())["range_db"] == "-inf"


def test_defaults_and_name_are_the_models_when_not_given(tmp_path):
    """Nothing but a model is needed."""
    made = preset.write_preset(tmp_path / "p", toy_model.build())
    assert (made.name, made.defaults) == ("toy", preset.Defaults(-40.0, -80.0))


def test_unknown_fields_survive_being_written_again(tmp_path):
    """What a later version, or a person, put into preset.json stays there."""
    folder = with_json(tmp_path / "p", later={"a": 1}, by="me")
    made = preset.write_preset(folder, toy_model.build(), threshold_db=-20.0, extra={"by": "you"})
    assert made.fields == {
        "format": 1, "name": "toy", "model": "model.onnx", "threshold_db": -20.0, "range_db": -80.0,
        "later": {"a": 1}, "by": "you",
    }  # fmt: skip


def test_a_refused_model_leaves_everything_as_it_was(tmp_path):
    """Nothing is written, no folder is made."""
    with pytest.raises(ContractError):
        preset.write_preset(tmp_path / "p", toy_breaks.broken("rate wrong"))
    with pytest.raises(PresetError):
        preset.write_preset(tmp_path / "p", toy_model.build(), range_db=3.0)
    assert list(tmp_path.iterdir()) == []


def test_an_interrupted_write_leaves_the_old_files(tmp_path, monkeypatch):
    """Each file is there whole, old or new, and nothing lies beside it."""
    folder = toy_model.write_preset(tmp_path / "p")
    before = {path.name: path.read_bytes() for path in folder.iterdir()}

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(
        PresetError, match=r"cannot be written \(No space left on device\); give another folder"
    ):
        preset.write_preset(folder, toy_model.build(slope=2.0))
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before
