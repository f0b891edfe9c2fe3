"""Session files: what is written is read again, the user's text stays, and nothing damaged passes."""

import math
import os
import re
import tomllib
from pathlib import Path

import pytest
import tomlkit
from hypothesis import example, given, settings
from hypothesis import strategies as st

from gate.errors import SessionError
from gate.midi.bindings import parse, parse_one
from gate.parameters import PARAMETERS
from gate.plugins import registry
from gate.session import file as session_file
from gate.session import table as session_toml
from gate.session import text as session_text
from gate.session.choices import MONITORS, Devices
from gate.session.file import last_good, load, restore, save
from gate.session.session import Session, Slot

PLACE = re.compile(r"^.+?, line [0-9]+, column [0-9]+: .+")
"""How a sentence on a file's text begins."""

calm = settings(max_examples=60, deadline=None, derandomize=True)
"""Of each property: no clock, and the same cases each time; a file is written for each."""

FULL = Session(
    preset="kick",
    parameters={"threshold": -45.0, "range": -math.inf, "guard": 1.0, "link": 0.0},
    before=(Slot("highpass", parameters={"cutoff": 120.0}),),
    after=(Slot("classic", bypassed=True, parameters={"hold": 80.0}), Slot("classic")),
    monitor="removed",
    guard_model="speech-music-noise",
    midi_port="nano",
    midi_map=(
        "threshold=cc7/39@3[-60..-20]:reverse",
        "range=nrpn:1:2",
        "preset:kick=note:3",
        "highpass.cutoff=cc9",
        "classic-2.bypass=note:60:toggle",
    ),
    devices=Devices("Built-in", "Headphones", 48_000, 2, "3,4"),
)

names = st.text(
    st.characters(exclude_categories=["C", "Z"], exclude_characters="/\\~"), min_size=1, max_size=12
)
paths = st.lists(names.filter(lambda name: name not in (".", "..")), min_size=1, max_size=3).map(
    lambda parts: "/" + "/".join(parts)
)
models = st.one_of(
    names.filter(
        lambda name: (
            not name.casefold().endswith((".onnx", ".vst3", ".component")) and name not in (".", "..")
        )
    ),
    paths,
)


def values(known):
    """Of some parameters, in their ranges."""

    def of(parameter):
        if parameter.words:
            return st.integers(0, len(parameter.words) - 1).map(float)
        numbers = st.floats(parameter.minimum, parameter.maximum)
        return st.one_of(numbers, st.just(-math.inf)) if parameter.silence else numbers

    return st.fixed_dictionaries({}, optional={parameter.id: of(parameter) for parameter in known})


def changed(known, given):
    """Without those at their defaults, as a slot has them."""
    return {id: value for id, value in given.items() if value != known[id].default}


@st.composite
def slots(draw):
    """A place in the chain."""
    kind = draw(st.sampled_from(["highpass", "classic", "model", "classify"]))
    known = registry.parameters(kind)
    file = draw(models) if registry.KINDS[kind].needed else ""
    return Slot(kind, file, draw(st.booleans()), changed(known, draw(values(known.values()))))


bindings = st.sampled_from(
    [
        "threshold=cc7",
        "range=cc8/40[-inf..0]",
        "guard=note:60[off..speech]:toggle",
        "preset=program",
        "range=learn",
    ]
).map(lambda text: str(parse_one(text)))

sessions = st.builds(
    Session,
    preset=models,
    parameters=values(PARAMETERS),
    before=st.lists(slots(), max_size=3),
    after=st.lists(slots(), max_size=3),
    monitor=st.sampled_from(MONITORS),
    guard_model=st.none() | models,
    midi_port=st.none() | names,
    midi_map=st.lists(bindings, max_size=4, unique=True),
    devices=st.builds(
        Devices,
        st.none() | names,
        st.none() | names,
        st.none() | st.integers(8_000, 192_000),
        st.none() | st.integers(1, 8),
        st.none()
        | st.lists(st.integers(1, 32), min_size=1, max_size=8).map(
            lambda numbers: ",".join(map(str, numbers))
        ),
    ),
)


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    """For files that a property writes."""
    return tmp_path_factory.mktemp("sessions")


@pytest.fixture
def file(tmp_path):
    """A session file, saved."""
    save(FULL, tmp_path / "stage.toml")
    return tmp_path / "stage.toml"


def refused(path):
    with pytest.raises(SessionError) as caught:
        load(path)
    return str(caught.value)


# -- what is written is read again


@calm
@given(session=sessions)
@example(session=FULL)
@example(session=Session())
def test_a_session_comes_back_as_it_was(session, folder):
    """Whatever is set in it."""
    path = folder / "one.toml"
    path.unlink(missing_ok=True)
    save(session, path)
    assert load(path, pytest.fail) == session


@calm
@given(first=sessions, second=sessions)
@example(first=FULL, second=Session())
@example(first=Session(), second=FULL)
def test_a_file_changes_from_any_session_to_any_other(first, second, folder):
    """With what a user wrote into it still there, unless it stood on a slot that is gone."""
    path = folder / "two.toml"
    path.unlink(missing_ok=True)
    save(first, path)
    mine = "# mine\nkept = [1, 2] # too\n[kept-table]\nx = 1\n"
    words = path.read_text().replace(
        "format = 1", f"format = 1\n{mine.splitlines()[0]}\n{mine.splitlines()[1]}", 1
    )
    path.write_text(words + "\n[kept-table]\nx = 1\n")
    assert save(second, path) == (first != second)
    assert load(path) == second
    assert all(line in path.read_text() for line in mine.splitlines())


@calm
@given(session=sessions)
def test_the_way_by_comments_is_the_one_that_is_taken(session, folder):
    """A changed text is read back before it is trusted; writing all anew is for texts that tomlkit cannot take."""
    old = session_text.text(FULL, folder)
    assert (
        load_text(session_text._changed(old, folder, session_text.plain(session, folder)), folder) == session
    )


def load_text(words, folder):
    return session_toml.read(tomllib.loads(words), folder)[0]


def test_what_tomlkit_makes_wrong_is_written_anew(monkeypatch, tmp_path):
    """Rather a comment lost than a value; the file before it is kept."""
    path = tmp_path / "s.toml"
    save(FULL, path)
    monkeypatch.setattr(session_text, "_changed", lambda *_: "format = 1\n")
    save(Session(preset="kick"), path)
    assert load(path) == Session(preset="kick")
    assert load(f"{path}~") == FULL


def test_saving_the_same_writes_nothing(file):
    """Neither the file nor the one before it."""
    before = os.stat(file).st_mtime_ns
    assert save(FULL, file) is False
    assert os.stat(file).st_mtime_ns == before and last_good(file) is None


# -- the user's text


def test_comments_order_spelling_and_unknown_keys_stay(tmp_path):
    """Only lines that say something else now are changed."""
    path = tmp_path / "mine.toml"
    path.write_text(
        "# for Friday\nformat = 1\n\n"
        "[parameters]\nrange = '-60 dB'   # the room\nthreshold = -40.0  # the singer\n\n"
        "[lights]\nred = true\n\n"
        "[[before]]\nkind = 'highpass' # rumble\ncolour = 'blue'\nparameters.cutoff = 100\n\n"
        "[midi]\nport = 'nano'\nmap = [\n  'threshold=cc7', # fader 1\n  'range=cc8',\n]\n"
    )
    seen = []
    session = load(path, seen.append)
    assert [re.sub(r"^.*?, ", "", sentence) for sentence in seen] == [
        "line 9, column 7: 'lights' is not known here, and kept",
        "line 13, column 10: 'colour' is not known here, and kept",
    ]
    assert session.value("range") == -60.0
    later = session.with_values({"threshold": -38.5})
    save(Session(**{**vars(later), "midi_map": parse("threshold=cc7,guard=note:60")}), path)
    assert path.read_text() == (
        "# for Friday\nformat = 1\n\n"
        "[parameters]\nrange = '-60 dB'   # the room\nthreshold = -38.5  # the singer\n\n"
        "[lights]\nred = true\n\n"
        "[[before]]\nkind = 'highpass' # rumble\ncolour = 'blue'\nparameters.cutoff = 100\n\n"
        "[midi]\nport = 'nano'\nmap = [\n  'threshold=cc7', # fader 1\n  \"guard=note:60\",\n]\n"
    )


def test_slots_take_their_text_along(tmp_path):
    """When they change places, and others come and go."""
    path = tmp_path / "s.toml"
    slots = [Slot("classic", parameters={"hold": 1.0}), Slot("highpass"), Slot("classify")]
    save(Session(after=slots), path)
    words = path.read_text().replace('kind = "highpass"', 'kind = "highpass" # rumble\nmine = 1')
    path.write_text(words)
    moved = Session(after=[slots[1], Slot("classic", parameters={"hold": 2.0})], before=[Slot("highpass")])
    save(moved, path)
    assert load(path) == moved
    assert path.read_text().count("# rumble\nmine = 1") == 1
    assert "classify" not in path.read_text()


def test_unknown_keys_are_said_with_what_comes_close(tmp_path):
    """Each once, with its place."""
    path = tmp_path / "s.toml"
    path.write_text("format = 1\npresett = 'kick'\n[parameters]\ntreshold = -40\n[devices]\nraet = 1\n")
    seen = []
    assert load(path, seen.append) == Session()
    assert seen == [
        f"{path}, line 2, column 11: 'presett' is not known here, and kept; did you mean preset?",
        f"{path}, line 6, column 8: 'raet' is not known here, and kept; did you mean rate?",
        f"{path}, line 4, column 12: 'treshold' is not known here, and kept; did you mean threshold?",
    ]


def test_a_new_file_takes_comments_along(file, tmp_path):
    """Saved under another name, in another folder: with the first one's text."""
    file.write_text(file.read_text() + "\n[mine]\nx = 1 # y\n")
    other = tmp_path / "sub" / "other.toml"
    other.parent.mkdir()
    save(Session(preset="snare"), other, like=file)
    assert load(other) == Session(preset="snare")
    assert "[mine]\nx = 1 # y" in other.read_text()


def test_paths_are_relative_to_the_file(tmp_path):
    """In it; a session itself has them from anywhere."""
    here, there = tmp_path / "a", tmp_path / "b"
    here.mkdir(), there.mkdir()
    (here / "s.toml").write_text(
        "format = 1\npreset = 'presets/mine'\n[[before]]\nkind = 'model'\nfile = 'denoise.onnx'\n"
    )
    session = load(here / "s.toml")
    assert session.preset == str(here / "presets" / "mine")
    assert session.before[0].file == str(here / "denoise.onnx")
    save(session, there / "s.toml", like=here / "s.toml")
    assert load(there / "s.toml") == session
    save(Session(preset=str(there / "mine")), there / "t.toml")
    assert 'preset = "./mine"' in (there / "t.toml").read_text()


def test_other_line_ends_and_a_mark_at_the_beginning_are_taken(tmp_path):
    """As some editors write them."""
    path = tmp_path / "s.toml"
    path.write_bytes(b"\xef\xbb\xbfformat = 1\r\npreset = 'kick' # c\r\n")
    assert load(path) == Session(preset="kick")
    save(Session(preset="snare"), path)
    assert path.read_bytes() == b'format = 1\r\npreset = "snare" # c\r\n'


# -- what is refused


@pytest.mark.parametrize(
    ("words", "line", "column", "sentence"),
    [
        ("", 1, 1, "expected format = 1, got none; name a session, or add the line"),
        ("format = '1'", 1, 10, "expected format = 1, got '1'; name a session, or add the line"),
        ("format = true", 1, 10, "expected format = 1, got True"),
        (
            "format = 2",
            1,
            10,
            "expected a session of format 1, got 2, of a newer version; update learned-gate",
        ),
        ("format = 1\npreset = 5", 2, 10, "expected preset as a text between quotes, got 5; fix it"),
        ("format = 1\npreset = ''", 2, 10, "expected preset as a text between quotes, got ''; fix it"),
        (
            'format = 1\npreset = "a\\u001b[2J"',
            2,
            10,
            "expected preset as a text between quotes, got 'a\\x1b[2J'",
        ),
        ("format = 1\nmonitor = 'loud'", 2, 11, "expected one of out, in, removed, got 'loud'; choose one"),
        ("format = 1\nparameters = 3", 2, 14, "expected a table [parameters], got 3; fix it"),
        (
            "format = 1\n[parameters]\nthreshold = 3",
            3,
            13,
            "threshold 3 dBFS is out of range: give -80 to 0 dBFS",
        ),
        ("format = 1\n[parameters]\nthreshold = nan", 3, 13, "threshold nan dBFS is out of range"),
        ("format = 1\n[parameters]\nthreshold = 'x'", 3, 13, "expected a number in dBFS, got 'x'; fix it"),
        (
            "format = 1\n[parameters]\nthreshold = true",
            3,
            13,
            "threshold: expected a number in dBFS, got true",
        ),
        ("format = 1\n[parameters]\nguard = 'loud'", 3, 9, "expected off, speech or not-music, got 'loud'"),
        ("format = 1\n[parameters]\nlink = 2", 3, 8, "link: expected true or false, got 2; fix it"),
        ("format = 1\n[parameters]\nlink = [1]", 3, 9, "link: expected true or false, got a list; fix it"),
        ("format = 1\n[[before]]\n", 3, 1, 'expected a slot\'s kind, got none; give kind = "highpass"'),
        ("format = 1\n[[before]]\nkind='highpas'", 3, 6, "got 'highpas'; did you mean 'highpass'?"),
        ("format = 1\n[[before]]\nkind='model'", 3, 6, "model is made of a file, got none"),
        ("format = 1\n[[before]]\nfile='x'\nkind='highpass'", 3, 6, "highpass is made of no file, got 'x'"),
        (
            "format = 1\n[[after]]\nkind='highpass'\nbypassed=1",
            4,
            10,
            "expected true or false, got 1; fix it",
        ),
        ("format = 1\n[[after]]\nkind='highpass'\nparameters.cutoff=1", 4, 19, "cutoff 1 Hz is out of range"),
        ("format = 1\nbefore = [1]", 2, 11, "expected a table [[before]] for each plugin, got a list"),
        (
            "format = 1\n[before]\nkind='highpass'",
            3,
            6,
            "expected a table [[before]] for each plugin, got a table",
        ),
        (
            "format = 1\n" + "[[before]]\nkind='highpass'\n" * 32,
            3,
            6,
            "expected at most 31 slots; take some out",
        ),
        (
            "format = 1\n[[after]]\nkind='highpass'\nname='a.b'",
            4,
            6,
            "expected letters, digits and hyphens, got 'a.b'",
        ),
        (
            "format = 1\n[[after]]\nkind='highpass'\nname='gate'",
            4,
            6,
            "expected each name once, got 'gate' twice",
        ),
        (
            "format = 1\nmidi.map = ['highpass.cutoff=cc8']",
            2,
            13,
            "expected a slot (none), got 'highpass.cutoff'",
        ),
        (
            "format = 1\nmidi.map = ['highpass.cutof=cc8']\n[[after]]\nkind='highpass'",
            2,
            13,
            "expected one of cutoff, bypass of highpass, got 'highpass.cutof'; fix it",
        ),
        ("format = 1\nmidi.map = 'x'", 2, 12, "expected a list of bindings, got 'x'; fix it"),
        ("format = 1\nmidi.map = ['range=cc8',\n 5]", 3, 2, "expected a text such as threshold=cc7, got 5"),
        ("format = 1\nmidi.map = ['range=cc8',\n 'range=cc128']", 3, 2, "expected numbers from 0 to 127"),
        (
            "format = 1\n[devices]\nrate = 1",
            3,
            8,
            "expected rate as a whole number from 8000 to 192000, got 1",
        ),
        (
            "format = 1\n[devices]\nchannels = 1.5",
            3,
            12,
            "expected channels as a whole number from 1 to 32, got 1.5",
        ),
        (
            "format = 1\n[devices]\nkey-channels = '3,x'",
            3,
            16,
            "expected numbers of input channels from 1 to 32, such as 3,4, got '3,x'; fix it",
        ),
        ("format = 1\npreset = [", 2, 11, "expected TOML, got none ("),
        (
            "format = 1\npreset = 'kick' x",
            2,
            17,
            "expected TOML, got none (expected newline or end of document after a",
        ),
        ("format = 1\nformat = 1", 2, 11, "expected TOML, got none (cannot overwrite a value); fix it"),
        (f"format = 1\n\nx = {'9' * 5000}", 3, 1, "expected TOML, got none (exceeds the limit"),
        (f"format = 1\n\nx = {'[' * 20000}", 3, 1, "expected TOML, got none (too deep a nesting); fix it"),
    ],
)
def test_what_is_wrong_is_named_with_its_place(words, line, column, sentence, tmp_path):
    """Line, column and key; expected, got, remedy."""
    path = tmp_path / "s.toml"
    path.write_text(words)
    said = refused(path)
    assert said.startswith(f"{path}, line {line}, column {column}: ")
    assert sentence in said


def test_bytes_that_are_no_text_are_named_with_their_place(tmp_path):
    """UTF-8 is what TOML is written in."""
    path = tmp_path / "s.toml"
    path.write_bytes(b"format = 1\npreset = '\xff'")
    assert refused(path) == f"{path}, line 2, column 11: expected text in UTF-8, got other bytes; fix it"


def test_files_that_cannot_be_read(tmp_path):
    """Missing, a folder, or much too long."""
    assert "does not exist" in refused(tmp_path / "none.toml")
    assert "is a folder" in refused(tmp_path)
    (tmp_path / "long.toml").write_bytes(b"#" * (session_file.MAX_FILE_BYTES + 1))
    assert "at most 16 MiB" in refused(tmp_path / "long.toml")


@calm
@given(said=st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
@example(said=b"format = 1\n[a]\nb = 1979-05-27\n[a.b]\n")
def test_any_bytes_are_a_session_or_refused_with_a_place(said, folder):
    """And nothing else is ever raised."""
    path = folder / "bytes.toml"
    path.write_bytes(said)
    try:
        load(path, lambda sentence: None)
    except SessionError as error:
        assert PLACE.match(str(error))


leaves = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
keys = st.sampled_from(
    [*session_toml.TOP, *session_toml.SLOT, *session_toml.MIDI, *session_toml.DEVICES, "threshold", "x y"]
)
trees = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=4),
    max_leaves=12,
)


@calm
@given(tree=st.dictionaries(keys, trees, max_size=6))
def test_any_table_is_a_session_or_refused_with_a_place(tree, folder):
    """Every key may hold anything."""
    path = folder / "tree.toml"
    path.write_text(tomlkit.dumps(without_none({**tree, "format": 1})))
    try:
        session = load(path, lambda sentence: None)
    except SessionError as error:
        assert PLACE.match(str(error))
    else:
        save(session, path)
        assert load(path, lambda sentence: None) == session


def without_none(tree):
    """TOML has none."""
    if isinstance(tree, dict):
        return {key: without_none(value) for key, value in tree.items() if value is not None}
    if isinstance(tree, list):
        return [without_none(value) for value in tree if value is not None]
    return tree


def test_a_file_cut_at_any_byte_is_a_session_or_named(file):
    """With line and column: a disk that was full, a copy that broke off."""
    whole = file.read_bytes()
    kept = 0
    for size in range(len(whole)):
        file.write_bytes(whole[:size])
        try:
            load(file, lambda sentence: None)
            kept += 1
        except SessionError as error:
            assert PLACE.match(str(error)), str(error)
    assert 0 < kept < len(whole) // 2


# -- what is kept


def test_the_session_before_is_kept(file):
    """Under the name and a ``~``, one deep."""
    assert last_good(file) is None
    for preset in ("snare", "toms"):
        save(Session(preset=preset), file)
    assert load(file).preset == "toms"
    assert last_good(file) == Path(f"{file}~") and load(f"{file}~").preset == "snare"


def test_a_damaged_file_gives_way_to_the_last_good_one(file):
    """By ``restore``; what was there is kept, too."""
    save(Session(preset="snare"), file)
    file.write_text("format = 1\npreset = [")
    refused(file)
    aside = restore(file)
    assert load(file) == FULL
    assert aside.read_text() == "format = 1\npreset = ["
    save(Session(), file)
    assert load(f"{file}~") == FULL


def test_without_a_last_good_one_nothing_is_restored(file):
    """And what is there stays."""
    file.write_text("format = 1\npreset = [")
    with pytest.raises(SessionError, match="has no session before it that can be read"):
        restore(file)
    Path(f"{file}~").write_text("format = [")
    assert last_good(file) is None
    assert file.read_text() == "format = 1\npreset = ["


def test_a_session_that_was_damaged_meanwhile_is_put_aside(file):
    """A save loses neither it nor the last good one."""
    save(Session(preset="snare"), file)
    file.write_text("format = 1\npreset = [")
    save(Session(preset="toms"), file)
    assert load(file).preset == "toms"
    assert Path(f"{file}.damaged").read_text() == "format = 1\npreset = ["
    assert load(f"{file}~") == FULL


@pytest.mark.parametrize("words", ["shopping: milk\n", "format = 2\n"])
def test_what_is_no_session_is_not_written_over(words, tmp_path):
    """Nor one of a newer version."""
    path = tmp_path / "notes.txt"
    path.write_text(words)
    with pytest.raises(SessionError, match="nothing was written over it"):
        save(Session(), path)
    assert path.read_text() == words and os.listdir(tmp_path) == ["notes.txt"]


def test_a_save_that_fails_leaves_everything_as_it_was(file, monkeypatch):
    """Whole or not at all."""
    before = file.read_bytes()

    def full(fd):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(SessionError, match="the disk is full"):
        save(Session(), file)
    assert file.read_bytes() == before and os.listdir(file.parent) == ["stage.toml"]
    monkeypatch.undo()
    with pytest.raises(SessionError, match="does not exist; create it first"):
        save(Session(), file.parent / "none" / "s.toml")


def test_a_link_stays_a_link_and_a_private_file_private(file):
    """What is behind the link is written, for those who could read it before."""
    file.chmod(0o600)
    link = file.with_name("link.toml")
    link.symlink_to(file.name)
    save(Session(), link)
    assert link.is_symlink() and load(file) == Session()
    assert file.stat().st_mode & 0o777 == Path(f"{file}~").stat().st_mode & 0o777 == 0o600


# -- versions


def test_older_versions_are_migrated_one_by_one(monkeypatch, tmp_path):
    """By a table of functions; the mechanism is tried with two made-up versions, as there is only one so far."""
    steps = {
        1: lambda tree: {**tree, "old_preset": tree.get("voice_of", "voice")},
        2: lambda tree: {"preset": tree["old_preset"]},
    }
    monkeypatch.setattr(session_file, "MIGRATIONS", steps)
    for module in (session_file, session_toml, session_text):
        monkeypatch.setattr(module, "FORMAT", 3)
    path = tmp_path / "s.toml"
    path.write_text("format = 1\nvoice_of = 'kick' # mine\n")
    session = load(path)
    assert session == Session(preset="kick")
    save(session, path)
    assert path.read_text().splitlines()[2].startswith("format = 3") and load(path) == session
    assert Path(f"{path}~").read_text() == "format = 1\nvoice_of = 'kick' # mine\n"


def test_there_is_a_migration_for_every_older_version():
    """Or a file of that version could not be read any more."""
    assert sorted(session_file.MIGRATIONS) == list(range(1, session_toml.FORMAT))
