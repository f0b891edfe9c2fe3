"""gate-eval: what it prints and writes, and what it says when it cannot."""

import csv
import json
import re
import subprocess
import sys
from dataclasses import dataclass
from types import ModuleType

import numpy as np
import pytest
import soundfile

from gate.constants import BLOCK, BLOCK_S, RATE
from tests import toy_classify, toy_model
from tests.training import tiny_corpus
from training.cli.eval import main
from training.judging.gates import Gate
from training.scenes.compose import Scene

BLOCKS = 600


def make_scene(kind, snr_db, seed):
    """1.25 s: two bursts of a tone 20 dB over the threshold, in noise ``snr_db`` under it."""
    on = np.zeros(BLOCKS * BLOCK)
    for start, stop in ((120, 200), (400, 460)):
        on[start * BLOCK : stop * BLOCK] = np.sqrt(2) * 0.1
    target = (on * np.sin(2 * np.pi * 1000 * np.arange(len(on)) / RATE)).astype(np.float32)
    rng = np.random.default_rng(seed)
    bleed = rng.normal(scale=0.1 * 10 ** (-snr_db / 20), size=len(target)).astype(np.float32)
    recipe = {"kind": kind, "snr_db": snr_db, "threshold_db": -40.0, "seed": seed, "bleed": ["<hiss>"]}
    return Scene(target + bleed, target, -20.0, recipe)


@pytest.fixture
def scenes(monkeypatch):
    """Short scenes in place of those that a corpus gives."""
    made = [make_scene(k, s, i) for i, (k, s) in enumerate((("noise", 0.0), ("noise", 20.0), ("music", 0.0)))]
    monkeypatch.setattr("training.recordings.corpus.Corpus.from_manifest", lambda folder: folder)
    monkeypatch.setattr(
        "training.scenes.judged.judged_scenes", lambda corpus, split, seed, per_kind, target: made
    )
    return made


@pytest.fixture(scope="module")
def model_path(tmp_path_factory):
    return str(toy_model.write(tmp_path_factory.mktemp("model") / "toy.onnx"))


@dataclass
class StandIn(Gate):
    """A peer as ``training.judging.peers`` has them."""

    name: str
    there: bool = True
    fails: str = ""
    package: str = "somebody-s-gate"
    how_to_get: str = "get it somewhere"

    def installed(self):
        return self.there

    def load(self):
        if self.fails == "load":
            raise RuntimeError("no such engine")
        return self

    def __call__(self, scene, threshold_db):
        if self.fails == "run":
            raise RuntimeError("too short")
        return None, np.ones(BLOCKS)


def with_peers(monkeypatch, *peers):
    module = ModuleType("training.judging.peers")
    module.PEERS = peers
    monkeypatch.setitem(sys.modules, "training.judging.peers", module)


def rows_of(text, row):
    """Names printed under a row's heading."""
    lines = iter(text.splitlines())
    for line in lines:
        if line.startswith(f"{row} ("):
            break
    names = []
    for line in lines:
        if not line:
            break
        names.append(line.strip().split("  ")[0])
    return names


def test_a_guard_is_judged_beside_the_preset_alone(scenes, tmp_path, model_path, capsys):
    """Every preset twice, the same scenes; a guard that never hears its class shuts openings, and says so in the JSON."""
    guard = toy_classify.write(tmp_path / "classes.onnx")
    command = [
        model_path,
        "--corpus",
        "x",
        "--guard",
        "speech",
        "--guard-grace-ms",
        "100",
        "--guard-model",
        str(guard),
    ]
    assert main([*command, "--json", str(tmp_path / "a.json")]) == 0
    gates = json.loads((tmp_path / "a.json").read_text())["gates"]
    alone, guarded = gates
    assert guarded == f"{alone}, guard speech 100 ms"
    assert gates[guarded]["guard"] == "speech" and "guard" not in gates[alone]
    assert main([model_path, "--corpus", "x", "--guard", "off"]) == 2
    assert (
        main([model_path, "--corpus", "x", "--guard", "speech", "--guard-model", str(tmp_path / "none")]) == 1
    )


def test_from_a_corpus_to_a_table(tmp_path, model_path, capsys):
    """A folder of recordings gives scenes, and these a table, the same twice over, with the data's hash."""
    corpus = tiny_corpus.make(tmp_path)
    command = [model_path, "--corpus", str(corpus), "--per-kind", "1", "--json", str(tmp_path / "a.json")]
    assert main(command) == 0
    first = capsys.readouterr()
    assert first.err == ""
    assert main([*command, "--force"]) == 0
    assert capsys.readouterr().out == first.out
    report = json.loads((tmp_path / "a.json").read_text())
    assert f"data {report['data_sha256'][:16]} seed 0 split val" in first.out
    assert [scene["recipe"]["kind"] for scene in report["scenes"]] == ["noise", "music"]
    assert main([*command, "--force", "--seed", "1"]) == 0
    other = json.loads((tmp_path / "a.json").read_text())
    assert other["data_sha256"] != report["data_sha256"]
    assert other["sound_sha256"] != report["sound_sha256"]


def test_a_group_of_sources_judges_with_all_that_it_has(tmp_path, model_path, capsys):
    """--group takes both halves of one group, of --corpus and of what --also puts beside it; others have nothing there."""
    from training.cli.eval_options import HELD_OUT
    from training.recordings.corpus import Corpus
    from training.recordings.groups import GROUPS, group_of

    assert tuple(range(GROUPS)) == HELD_OUT
    corpus, other = (tiny_corpus.make(tmp_path / name) for name in ("one", "other"))
    for folder, name in ((corpus, "a"), (other, "b")):
        text = (folder / "manifest.csv").read_text()
        (folder / "manifest.csv").write_text(
            text.replace("train_", f"{name}train_").replace("val_", f"{name}val_")
        )
        for path in list(folder.rglob("*_*.*")):
            path.rename(path.with_name(name + path.name))
    (group,) = {group_of(i) for i in Corpus.from_manifest(corpus).all if i.kind != "impulse_response"}
    command = [model_path, "--corpus", str(corpus), "--also", str(other), "--per-kind", "3"]
    out = tmp_path / "a.json"
    assert main([*command, "--group", str(group), "--json", str(out)]) == 0
    told = {who for scene in json.loads(out.read_text())["scenes"] for who in scene["recipe"]["speakers"]}
    assert len(told) > 3  # three speakers are in each half of each corpus
    assert main([*command, "--group", str((group + 1) % 3)]) == 1
    assert "expected noise in the val split" in capsys.readouterr().err


def test_plain_folders_are_a_corpus(tmp_path, model_path, capsys):
    """Folders named target and bleed do, with no manifest."""
    rng = np.random.default_rng(1)
    for name, count, sound in (
        ("target", 8, tiny_corpus.talk),
        ("bleed", 8, lambda rng: 0.1 * rng.normal(size=48_000)),
    ):
        (tmp_path / name).mkdir()
        for take in range(count):
            soundfile.write(tmp_path / name / f"{take}.wav", sound(rng).astype(np.float32), 16_000)
    assert main([model_path, "--corpus", str(tmp_path), "--per-kind", "1"]) == 0
    assert rows_of(capsys.readouterr().out, "noise") == ["toy"]


def test_table_and_json_have_every_gate(scenes, model_path, tmp_path, capsys, monkeypatch):
    """Presets, peers, laws and baselines stand in one table; each has figures, intervals and scenes in the JSON."""
    with_peers(monkeypatch, StandIn("always open"))
    laws = ModuleType("training.judging.laws")
    laws.ORACLES = {"a law": lambda scene, threshold_db: (None, np.full(BLOCKS, 1e-4))}
    monkeypatch.setitem(sys.modules, "training.judging.laws", laws)
    out = tmp_path / "scores.json"
    code = main(
        [model_path, "--corpus", "x", "--json", str(out), "--baselines", "--laws", "--peers", "--more"]
    )
    printed = capsys.readouterr()
    assert (code, printed.err) == (0, "")
    names = [
        "always open",
        "a law",
        "classic gate",
        "classic, best for each file",
        "ceiling: hears the target",
    ]
    assert rows_of(printed.out, "noise") == ["toy", "95 %", *names]
    assert "SI-SDR" in printed.out
    assert "noise 0 dB" not in printed.out
    report = json.loads(out.read_text())
    assert list(report["gates"]) == ["toy", *names]
    assert report["schema"] == 2
    assert report["asked"]["command"].startswith("gate-eval ")
    assert (report["asked"]["seed"], report["asked"]["range"]) == (0, -80.0)
    assert len(report["data_sha256"]) == len(report["gates"]["toy"]["graph_sha256"]) == 64
    assert {"numpy", "scipy", "python"} <= set(report["versions"])
    for gate in report["gates"].values():
        low, high = gate["intervals_95"]["noise"]["balanced"]
        assert low <= gate["table"]["noise"]["balanced"] <= high
        assert list(gate["more_intervals_95"]) == ["noise"]  # a row of one scene has none
        assert len(gate["scenes"]) == 3
    assert report["gates"]["always open"]["table"]["noise"]["auc"] is None
    assert report["gates"]["always open"]["table"]["noise"]["recall"] == 1.0
    assert report["gates"]["a law"]["table"]["noise"]["rejection"] == 1.0
    assert report["gates"]["toy"]["scenes"][0]["click"] <= 1.0


def test_false_alarms_are_there_for_the_asking(scenes, model_path, tmp_path, capsys, monkeypatch):
    """--alarms lets gates hear the bleed alone; one that knows the answer is not asked."""
    with_peers(monkeypatch, StandIn("always open"))
    out = tmp_path / "scores.json"
    command = [model_path, "--corpus", "x", "--json", str(out), "--baselines", "--peers", "--force"]
    assert main([*command, "--alarms"]) == 0
    printed = capsys.readouterr().out
    assert rows_of(printed, "music alone") == ["toy", "always open", "classic gate"]
    gates = json.loads(out.read_text())["gates"]
    row = gates["always open"]["alarms"]["noise"]
    assert (row["far"], row["scenes"]) == (1.0, 1.0)  # the scene of 20 dB is left out
    assert "alarms" not in gates["ceiling: hears the target"]
    assert main(command) == 0
    assert "alone" not in capsys.readouterr().out
    assert "alarms" not in json.loads(out.read_text())["gates"]["toy"]


def test_a_table_for_each_snr_is_there_for_the_asking(scenes, capsys):
    """--by-snr prints what is in the JSON anyway."""
    assert main(["--corpus", "x", "--baselines", "--by-snr"]) == 0
    printed = capsys.readouterr().out
    assert rows_of(printed, "noise 20 dB") == rows_of(printed, "noise")


def test_peers_that_are_not_there_are_named(scenes, model_path, tmp_path, capsys, monkeypatch):
    """A missing peer is a line with how to get it; one that is there and fails makes the run a failure."""
    with_peers(monkeypatch, StandIn("far away", there=False), StandIn("here"))
    out = tmp_path / "scores.json"
    assert main([model_path, "--corpus", "x", "--peers", "--json", str(out)]) == 0
    error = "gate-eval: far away is left out, somebody-s-gate cannot be found here; get it somewhere\n"
    assert capsys.readouterr().err == error
    assert json.loads(out.read_text())["absent"][0]["name"] == "far away"
    with_peers(monkeypatch, StandIn("bad", fails="load"), StandIn("worse", fails="run"), StandIn("here"))
    assert main([model_path, "--corpus", "x", "--peers"]) == 1
    printed = capsys.readouterr()
    assert "error: bad is left out, somebody-s-gate did not load: RuntimeError: no such engine" in printed.err
    assert "error: worse is left out, it failed on a scene: RuntimeError: too short" in printed.err
    assert rows_of(printed.out, "noise") == ["toy", "95 %", "here"]


def test_range_is_for_all_that_decide(scenes, tmp_path, model_path, monkeypatch):
    """At another range, preset and baselines cut no more than that."""
    out = tmp_path / "scores.json"
    assert main([model_path, "--corpus", "x", "--baselines", "--range", "-20", "--json", str(out)]) == 0
    gates = json.loads(out.read_text())["gates"]
    assert gates["classic, best for each file"]["table"]["noise"]["cut_db"] == pytest.approx(20.0, abs=1e-6)
    assert all(gate["table"]["noise"]["cut_db"] <= 20.0 + 1e-6 for gate in gates.values())


def test_what_another_tool_made_of_the_scenes_is_judged(scenes, tmp_path, capsys):
    """Scenes are written, a tool halves them, and its sound and its curves are scored alike."""
    assert main(["--corpus", "x", "--write-scenes", str(tmp_path / "scenes")]) == 0
    assert "3 scenes in" in capsys.readouterr().out
    listed = json.loads((tmp_path / "scenes" / "scenes.json").read_text())
    assert [scene["recipe"]["seed"] for scene in listed["scenes"]] == [0, 1, 2]
    for folder in ("sound", "curve"):
        (tmp_path / folder).mkdir()
    for scene in listed["scenes"]:
        x, rate = soundfile.read(tmp_path / "scenes" / scene["mixture"], dtype="float32")
        assert rate == RATE
        assert np.array_equal(x, scenes[scene["number"]].mixture)
        soundfile.write(tmp_path / "sound" / scene["mixture"], 0.25 * x, rate, subtype="FLOAT")
        with (tmp_path / "curve" / f"{scene['number']:03d}.csv").open("w", newline="") as file:
            gain_db = 20 * np.log10(0.25)
            csv.writer(file).writerows(
                [("time_s", "gain_db"), (0, gain_db), (BLOCKS * BLOCK_S - BLOCK_S, gain_db)]
            )
    out = tmp_path / "scores.json"
    named = ["--sound", f"halved={tmp_path / 'sound'}", "--curve", f"curve={tmp_path / 'curve'}"]
    assert main(["--corpus", "x", *named, "--json", str(out)]) == 0
    gates = json.loads(out.read_text())["gates"]
    for name in ("halved", "curve"):
        row = gates[name]["table"]["noise"]
        assert (row["recall"], row["rejection"]) == (0.0, 1.0)
        assert row["cut_db"] == pytest.approx(12.04, abs=0.01)
    assert gates["halved"]["table"]["noise"]["auc"] is None


def test_a_pair_of_files_is_judged(scenes, tmp_path, model_path, capsys):
    """Before, after and the clean target are enough, and a preset may stand beside them."""
    before, clean, after = (tmp_path / f"{name}.wav" for name in ("before", "clean", "after"))
    scene = scenes[1]
    for path, sound in ((before, scene.mixture), (clean, scene.target), (after, scene.mixture)):
        soundfile.write(path, sound, RATE, subtype="FLOAT")
    pair = ["--pair", str(before), str(after), "--clean", str(clean)]
    assert main([*pair, model_path]) == 0
    printed = capsys.readouterr()
    assert printed.err.startswith("gate-eval: threshold -4")
    assert printed.err.endswith("20 dB under the target's loud level\n")
    assert rows_of(printed.out, "pair") == ["after.wav", "toy"]
    assert main([*pair, "--threshold", "-33"]) == 0
    assert capsys.readouterr().err == "gate-eval: threshold -33.0 dBFS, given\n"
    soundfile.write(after, scene.mixture[:-1], RATE, subtype="FLOAT")
    assert main(pair) == 1
    assert "cut and convert them alike" in capsys.readouterr().err


def test_the_page_stands_by_itself(scenes, model_path, tmp_path, capsys, monkeypatch):
    """Every sound and picture it names is beside it, the worst scene is first, and nothing comes from elsewhere."""
    page = tmp_path / "page"
    with_peers(monkeypatch, StandIn("always open"))
    command = [model_path, "--corpus", "x", "--peers", "--page", str(page), "--page-scenes", "2"]
    assert main(command) == 0
    html = (page / "index.html").read_text()
    named = set(re.findall(r'(?:src|href)="([^"]+)"', html))
    assert len([name for name in named if name.endswith(".flac")]) == 2 * (2 + 2)
    assert all((page / name).is_file() for name in named)
    assert "http" not in html
    assert "&lt;hiss&gt;" in html and "<hiss>" not in html
    scores = json.loads((page / "scores.json").read_text())["gates"]["toy"]["scenes"]
    worst = min(range(3), key=lambda i: scores[i]["balanced"])
    assert html.index(f"<h3>{worst:03d}:") == html.index("<h3>")
    mixture, rate = soundfile.read(page / "sounds" / f"{worst:03d}-mixture.flac", dtype="float32")
    assert rate == RATE
    assert mixture == pytest.approx(scenes[worst].mixture, abs=2**-15)  # 16 bits
    assert main(command) == 1
    assert "exists already" in capsys.readouterr().err
    assert main([*command, "--force"]) == 0
    (page / "scores.json").unlink()
    assert main([*command, "--force"]) == 1  # somebody's folder, for all that is known
    assert "has other things in it" in capsys.readouterr().err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["page"]


def test_the_picture_is_one(scenes, model_path, tmp_path, monkeypatch):
    """A PNG of all measures, also where a gate has no probability and rows of one scene no interval."""
    with_peers(monkeypatch, StandIn("always open"))
    out = tmp_path / "scores.png"
    assert main([model_path, "--corpus", "x", "--peers", "--picture", str(out)]) == 0
    assert out.read_bytes().startswith(b"\x89PNG\r\n")
    from matplotlib.image import imread

    pixels = imread(out)
    assert pixels.shape[1] == 1320
    assert pixels.std() > 0.05  # something is drawn on it


@pytest.mark.parametrize(
    ("command", "sentence"),
    [
        (["voice"], "expected --corpus FOLDER or --pair"),
        (["--corpus", "x"], "expected something to judge"),
        (["--corpus", "x", "--write-scenes", "y", "--json", "z"], "need something to judge"),
        (["--pair", "a", "b"], "add --clean TARGET"),
        (["--pair", "a", "b", "--clean", "c", "--corpus", "x"], "got both"),
        (["--pair", "a", "b", "--clean", "c", "--write-scenes", "x"], "--write-scenes belongs to --corpus"),
        (["--pair", "a", "b", "--clean", "c", "--also", "x"], "--also belongs to --corpus"),
        (["--pair", "a", "b", "--clean", "c", "--group", "0"], "--group belongs to --corpus"),
        (["voice", "--corpus", "x", "--threshold", "-30"], "--threshold belongs to --pair"),
        (["voice", "--corpus", "x", "--per-kind", "0"], "expected a whole number from 1, got '0'"),
        (["voice", "--corpus", "x", "--sound", "name"], "expected NAME=DIR"),
        (["voice", "--corpus", "x", "--curve", "name=/nowhere/at/all"], "expected a folder after name="),
        (["voice", "--corpus", "x", "--range", "3"], "--range"),
        (["voice", "--corpus", "x", "--target", "flute"], "invalid choice"),
    ],
)
def test_usage_errors_are_one_sentence(command, sentence, capsys):
    """What does not fit together is exit 2, before anything is read."""
    assert main(command) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "gate-eval: error: " in printed.err
    assert sentence in printed.err


def test_failures_are_one_sentence(scenes, tmp_path, capsys):
    """No such preset, the same one twice, no folder to write to, a file in the way: exit 1, nothing written."""
    assert main([str(tmp_path / "none.onnx"), "--corpus", "x"]) == 1
    assert capsys.readouterr().err.startswith("gate-eval: error: ")
    assert main(["--corpus", "x", "--baselines", "--json", str(tmp_path / "no" / "a.json")]) == 1
    assert "create it first" in capsys.readouterr().err
    (tmp_path / "a.json").write_text("mine")
    assert main(["--corpus", "x", "--baselines", "--json", str(tmp_path / "a.json")]) == 1
    assert "exists already" in capsys.readouterr().err
    assert (tmp_path / "a.json").read_text() == "mine"


def test_the_same_preset_twice_is_refused(scenes, model_path, capsys):
    """Two lines of one name could not be told apart."""
    assert main([model_path, model_path, model_path, "--corpus", "x"]) == 1
    assert "more than once" in capsys.readouterr().err


def test_a_corpus_that_is_none_is_a_sentence(tmp_path, capsys):
    """A folder without a manifest."""
    assert main(["--corpus", str(tmp_path), "--baselines"]) == 1
    assert capsys.readouterr().err.startswith("gate-eval: error: expected ")


def test_without_the_extra_it_says_which(monkeypatch, capsys):
    """The base installation has the command, and what it needs is one line away."""
    monkeypatch.setitem(sys.modules, "training.scenes.judged", None)
    assert main(["voice", "--corpus", "x"]) == 1
    error = "expected training.scenes.judged to be installed, and it is not; pip install -c constraints.txt '.[learn]'"
    assert capsys.readouterr().err == f"gate-eval: error: {error}\n"


def test_help_is_instant():
    """The command's module loads no learning, no plots and no engine before its arguments are read."""
    code = "import sys, training.cli.eval, training.cli.eval_options; print(*{m.split('.')[0] for m in sys.modules})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"torch", "scipy", "numba", "matplotlib", "onnxruntime"} & set(done.stdout.split())
