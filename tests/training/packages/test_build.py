"""Packages become a corpus: the whole way from a .deb to a manifest, and again."""

import copy
import csv
import json
import shutil
import zipfile

import numpy as np
import pytest
import soundfile

from tests.training import tiny_corpus
from tests.training.packages import made_up
from training.packages import build, table
from training.packages.__main__ import main
from training.recordings.corpus import Corpus

SHARE = "usr/share"
KIT = """<drumkit_info xmlns="http://x"><name>Small</name><instrumentList>
<instrument><name>Kick (22")</name><layer><filename>a-0.wav</filename></layer>
<layer><filename>a-1.wav</filename></layer></instrument>
<instrument><name>Closed HH</name><layer><filename>b.wav</filename></layer></instrument>
<instrument><name>Snare 2</name><layer><filename>c.wav</filename></layer></instrument>
</instrumentList></drumkit_info>"""
KIT_RULE = {
    "path": "/kits/(?P<kit>[^/]+)/",
    "kind": "drums",
    "owner": "made/{kit}",
    "part": "{kit}",
    "folder": "{kit}",
}
VOICE_RULES = [
    {"path": "/robot/", "reason": "a made-up voice"},
    {"path": "/voices/(?P<who>[^/]+)/", "kind": "speech", "owner": "made/{who}", "licence": "CC BY 4.0"},
]
GAME_RULES = [
    {"path": "/music/", "kind": "music", "owner": "game/{name}"},
    {"path": "/sfx/", "kind": "noise", "owner": "game/{base}", "part": "effects"},
    {"path": r"\.sf2/", "kind": "midi", "owner": "gm/{instrument}", "folder": "gm_{instrument}"},
]


@pytest.fixture(scope="module")
def packed(tmp_path_factory):
    """Three packages, and their rows of the table."""
    folder = tmp_path_factory.mktemp("packed")
    (folder / "debs").mkdir()
    return folder / "debs", [kits(folder / "debs"), voices(folder / "debs"), game(folder, folder / "debs")]


@pytest.fixture
def world(packed, tmp_path, monkeypatch):
    """A folder with three packages in place of the table's, and where a corpus is to be made."""
    shutil.copytree(packed[0], tmp_path / "out" / "debs")
    rows = copy.deepcopy(packed[1])
    home = tmp_path / "home"
    home.mkdir()
    shutil.copy(table.HERE / "names.toml", home)
    (home / "packages.toml").write_text(made_up.toml(rows))
    monkeypatch.setattr(table, "HERE", home)
    table.packages.cache_clear()
    yield tmp_path / "out", rows
    table.packages.cache_clear()


def kits(debs):
    """A kit of two kicks, a hat and a snare, and a copy of one kick."""
    kick = made_up.hit(1, 2.0)
    files = {f"./{SHARE}/kits/Small/drumkit.xml": KIT.encode()}
    for name, x in (
        ("a-0", kick), ("a-1", made_up.hit(2)), ("b", made_up.hit(3)), ("c", made_up.hit(4)), ("copy", 0.5 * kick),
        ("quiet", 1e-4 * made_up.hit(5)), ("bad", np.clip(9 * made_up.tone(90, 1.0), -1, 1)),
    ):  # fmt: skip
        files[f"./{SHARE}/kits/Small/{name}.wav"] = made_up.file(x, 44_100)
    files[f"./{SHARE}/kits/Small/broken.wav"] = b"not a sound"
    return made_up.row(made_up.deb(debs / "kits_1_all.deb", files), [KIT_RULE])


def voices(debs):
    """Two people and a robot; one says letters, one talks in two channels, over noise, and with hardly a pause."""
    letters = {
        f"./{SHARE}/voices/anna/{n}.flac": made_up.file(made_up.talk(n, 0.5), form="FLAC") for n in range(30)
    }
    letters[f"./{SHARE}/voices/anna/99.flac"] = letters[f"./{SHARE}/voices/anna/7.flac"]
    talk = made_up.talk(100, 5.0)
    tight = 0.1 * np.clip(np.random.default_rng(102).normal(size=2 * made_up.RATE), -3, 3)
    tight[16_000:16_800] *= 1e-3  # a pause of 50 ms: under the 5th percentile of levels, over the 1st
    more = {
        f"./{SHARE}/voices/bert/long.wav": made_up.file(np.stack([talk, 0.5 * talk], 1)),
        f"./{SHARE}/voices/bert/noisy.wav": made_up.file(made_up.talk(101, 5.0, floor=0.02)),
        f"./{SHARE}/voices/bert/tight.wav": made_up.file(tight),
        f"./{SHARE}/voices/robot/x.wav": made_up.file(made_up.talk(103, 1.0)),
    }
    return made_up.row(made_up.deb(debs / "voices_1_all.deb", letters | more), VOICE_RULES)


def game(folder, debs):
    """Music longer than the cap, a zip with an effect, a SoundFont, and files of no rule."""
    with zipfile.ZipFile(folder / "a.pk3", "w") as file:
        file.writestr("sfx/boom1.ogg", made_up.file(made_up.hit(9, 1.0), 44_100, "OGG"))
    sample = {"name": "Steel E2", "rate": 22_050, "loop": (4000, 5000)}
    sample["data"] = np.round(8000 * np.sin(2 * np.pi * np.arange(5000) / 100))
    zones = [{"name": "Steel", "bank": 0, "program": 25, "zones": [(0, {54: 1})]}]
    rng = np.random.default_rng(1)
    files = {
        f"./{SHARE}/music/long.flac": made_up.file(0.1 * rng.normal(size=250 * 8000), 8000, "FLAC"),
        f"./{SHARE}/a.pk3": (folder / "a.pk3").read_bytes(),
        f"./{SHARE}/x.sf2": made_up.soundfont([sample], zones),
        f"./{SHARE}/other/x.wav": made_up.file(made_up.hit(10), 44_100),
        f"./{SHARE}/doc/game/copyright": b"Files: *\nLicense: GPL-2\n\nFiles: music/*\nLicense: CC-BY-3.0\n",
    }
    return made_up.row(made_up.deb(debs / "game_1_all.deb", files), GAME_RULES, collection="the-game")


def rows_of(out, name="manifest.csv", key="path"):
    """A list as the corpus has it, by path."""
    with (out / name).open(newline="") as file:
        return {row[key]: row for row in csv.DictReader(file)}


def test_packages_become_a_corpus(world):
    """Every sound is in its class with owner, source, licence, length and rate; the corpus opens; the rest has reasons."""
    out, _ = world
    assert main([str(out), "--jobs", "1"]) == 0
    rows = rows_of(out)
    assert tuple(next(iter(rows.values()))) == tiny_corpus.COLUMNS
    assert sorted(rows) == [
        "game/guitar/gm_Steel/Steel-E2.flac",
        "game/music/long/long.flac",
        "game/noise/boom/boom1.flac",
        "kits/drums/cymbals/Small/hat-closed_Closed-HH.flac",
        "kits/drums/kick/Small/kick_Kick_1.flac",
        "kits/drums/kick/Small/kick_Kick_2.flac",
        "kits/drums/snare/Small/snare_Snare-2x.flac",
        "voices/speech/anna/joined-16000_001.flac",
        "voices/speech/anna/joined-16000_002.flac",
        "voices/speech/bert/joined-16000_001.flac",
        "voices/speech/bert/long.flac",
    ]
    kick, music = rows["kits/drums/kick/Small/kick_Kick_1.flac"], rows["game/music/long/long.flac"]
    assert (kick["class"], kick["source"], kick["speaker_or_item"]) == (
        "drums/kick",
        "kits/Small",
        "made/Small",
    )
    assert (float(kick["seconds"]), kick["sample_rate"], kick["licence"]) == (1.2, "44100", "CC0")
    assert (float(music["seconds"]), music["sample_rate"], music["licence"]) == (240.0, "8000", "CC-BY-3.0")
    assert music["source"] == "the-game"
    assert rows["game/noise/boom/boom1.flac"]["source"] == "the-game/effects"
    assert float(rows["game/guitar/gm_Steel/Steel-E2.flac"]["seconds"]) == 3.0
    assert rows["voices/speech/bert/long.flac"]["licence"] == "CC BY 4.0"
    reasons = {
        place.rpartition("/")[2]: row["reason"] for place, row in rows_of(out, "dropped.csv", "place").items()
    }
    for name, reason in (
        ("copy.wav", "the same as kits/drums/kick/Small/kick_Kick_1.flac"), ("quiet.wav", "silent"), ("bad.wav", "clipped"),
        ("broken.wav", "cannot be read"), ("99.flac", f"the same as {SHARE}/voices/anna/7.flac"),
        ("noisy.wav", "floor too near"), ("x.wav", "no rule for its path"),
    ):  # fmt: skip
        assert reasons[name].startswith(reason)
    corpus = Corpus.from_manifest(out)
    assert all(np.isfinite(corpus.load(item)).all() for item in corpus.all)
    owners = {split: {i.owner for i in corpus.all if i.split == split} for split in ("train", "val")}
    assert not owners["train"] & owners["val"]


def test_sounds_are_what_they_were(world):
    """A hit is the file's own, to its end, which is faded; two channels are their mean."""
    out, _ = world
    main([str(out), "--jobs", "1"])
    x, rate = soundfile.read(out / "kits/drums/kick/Small/kick_Kick_1.flac")
    cut, fade = int(1.2 * rate), int(0.05 * rate)
    np.testing.assert_allclose(x[: cut - fade], made_up.hit(1, 2.0)[: cut - fade], atol=2 / 32768)
    assert x[-1] == 0.0
    y, _ = soundfile.read(out / "voices/speech/bert/long.flac")
    np.testing.assert_allclose(y, 0.75 * made_up.talk(100, 5.0), atol=2 / 32768)


def test_letters_are_joined_with_pauses(world):
    """Thirty clips of half a second make files under 20 s, 0.35 to 0.6 s of true silence between them, none lost."""
    out, _ = world
    main([str(out), "--jobs", "1"])
    lengths, count = [], 0
    for number in (1, 2):
        x, rate = soundfile.read(out / f"voices/speech/anna/joined-16000_00{number}.flac")
        silent = np.flatnonzero(np.diff(np.concatenate([[0], (x == 0).astype(int), [0]]))).reshape(-1, 2)
        pauses = [stop - start for start, stop in silent if stop - start > 0.3 * rate]
        lengths.append(len(x) / rate)
        count += len(pauses) - 1
        assert all(0.349 < pause / rate < 0.61 for pause in pauses)
    assert max(lengths) <= 20.0
    assert count == 30


def test_what_is_finished_is_not_made_again(world, monkeypatch):
    """The second time nothing is fetched, unpacked or written but the lists; a changed rule makes its package again."""
    out, rows = world
    main([str(out), "--jobs", "1"])
    before = {p: p.stat().st_mtime_ns for p in out.rglob("*.flac")}
    manifest = (out / "manifest.csv").read_bytes()
    with monkeypatch.context() as patch:
        patch.setattr(build, "fetch", lambda *_: pytest.fail("fetched again"))
        assert main([str(out), "--jobs", "1"]) == 0
    assert {p: p.stat().st_mtime_ns for p in out.rglob("*.flac")} == before
    assert (out / "manifest.csv").read_bytes() == manifest
    rows[2]["rule"][0]["owner"] = "other/{name}"
    (table.HERE / "packages.toml").write_text(made_up.toml(rows))
    table.packages.cache_clear()
    assert main([str(out), "--jobs", "1"]) == 0
    assert rows_of(out)["game/music/long/long.flac"]["speaker_or_item"] == "other/long"
    assert {p for p in before if before[p] != p.stat().st_mtime_ns} == set((out / "game").rglob("*.flac"))


def test_an_interruption_leaves_nothing_half_made(world, monkeypatch):
    """A run that ends in the middle of a package leaves no part of it; the next one makes the same corpus."""
    out, _ = world

    def interrupted(task):
        if "boom" in task.path:
            raise KeyboardInterrupt
        return make(task)

    make = build.make
    with monkeypatch.context() as patch:
        patch.setattr(build, "make", interrupted)
        with pytest.raises(KeyboardInterrupt):
            main([str(out), "--jobs", "1"])
    assert sorted(p.parent.name for p in out.rglob("part.json")) == ["kits", "voices"]
    assert not (out / "manifest.csv").exists()
    assert main([str(out), "--jobs", "1"]) == 0
    assert len(rows_of(out)) == 11
    assert not (out / ".work" / "game").exists()


def test_a_package_that_fails_is_named_and_the_others_are_made(world, capsys):
    """A damaged package ends in an error and exit code 1, with a corpus of the others."""
    out, _ = world
    deb = out / "debs" / "voices_1_all.deb"
    deb.write_bytes(deb.read_bytes()[:-5])
    assert main([str(out), "--jobs", "1", "--mirror", (out / "nowhere").as_uri()]) == 1
    said = capsys.readouterr().err
    assert "error: voices: expected voices 1 of" in said
    assert "error: failed: voices; the same command tries them again" in said
    assert {path.split("/")[0] for path in rows_of(out)} == {"kits", "game"}


def test_what_another_corpus_has_is_left_out(world, tmp_path):
    """A kick that lies in the corpus named by --not-in, as Ogg at another level, is not in this one."""
    out, _ = world
    tiny = tiny_corpus.make(tmp_path / "first")
    kick = made_up.file(0.4 * made_up.hit(1, 2.0)[:44_100], 44_100, "OGG")
    (tiny / "drums/snare/train.wav").write_bytes(kick)
    assert main([str(out), "--jobs", "1", "--only", "kits", "--not-in", str(tiny)]) == 0
    assert "kits/drums/kick/Small/kick_Kick_1.flac" not in rows_of(out)
    places = rows_of(out, "dropped.csv", "place")
    assert places[f"{SHARE}/kits/Small/a-0.wav"]["reason"] == "the same as drums/snare/train.wav"
    assert len(rows_of(out)) == 3


def test_two_processes_make_the_same_corpus(world):
    """With two jobs the lists are those of one."""
    out, _ = world
    main([str(out), "--jobs", "1"])
    lists = [(out / name).read_bytes() for name in ("manifest.csv", "dropped.csv")]
    for name in ("kits", "voices", "game"):
        shutil.rmtree(out / name)
    assert main([str(out), "--jobs", "2", "--forget"]) == 0
    assert lists == [(out / name).read_bytes() for name in ("manifest.csv", "dropped.csv")]
    assert not list((out / "debs").iterdir())


def test_the_table_of_the_page(world, capsys):
    """--table says of each package what it gave."""
    out, _ = world
    assert main([str(out), "--table"]) == 2
    assert "make the corpus first" in capsys.readouterr().err
    main([str(out), "--jobs", "1"])
    capsys.readouterr()
    assert main([str(out), "--table"]) == 0
    said = capsys.readouterr().out
    assert "drums/cymbals 1 (0.0), drums/kick 2 (0.0), drums/snare 1 (0.0) | 1, 0 | CC0 |" in said
    assert "music 1 (4.0)" in said


def test_wrong_calls_are_told(world, capsys):
    """A package that is not in the table, no corpus at --not-in, no number of jobs."""
    out, _ = world
    assert main([str(out), "--only", "kit"]) == 2
    assert main([str(out), "--not-in", str(out / "none")]) == 2
    said = capsys.readouterr().err
    assert "error: expected one of the packages kits, voices, game, got kit" in said
    assert "got no such file; name the folder that holds manifest.csv" in said
    with pytest.raises(SystemExit, match="2"):
        main([str(out), "--jobs", "0"])
    assert "expected a number of processes, 1 or more, got 0" in capsys.readouterr().err


def test_a_part_tells_where_its_sounds_were(world):
    """Every row of a part has the place that it had in its package, and the part its stamp."""
    out, _ = world
    main([str(out), "--jobs", "1", "--only", "kits"])
    part = json.loads((out / "kits/part.json").read_text())
    assert part["stamp"] == build.stamp(table.packages()[0])
    assert {row["place"] for row in part["rows"]} >= {
        f"{SHARE}/kits/Small/a-0.wav",
        f"{SHARE}/kits/Small/b.wav",
    }
