"""What a learned control is worth against its best constant, and who is judged on what."""

import argparse
import json

import numpy as np
import pytest
import torch

from benchmarks import heads, heads_page, heads_sources, heads_table
from gate.realtime.ballistics import ATTACK_RANGE_MS, HOLD_RANGE_MS, RELEASE_RANGE_MS
from tests.training import tiny_corpus
from training.judging import controls
from training.networks.gate_net import GateConfig, GateNet
from training.recordings.corpus import Corpus
from training.scenes.compose import Scene

PAIR = (0.4, 0.2)


def small_net(seed=2):
    """A network that was taught nothing."""
    torch.manual_seed(seed)
    return GateNet(GateConfig(width=4, hidden=4)).eval()


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    return Corpus.from_manifest(tiny_corpus.make(tmp_path_factory.mktemp("corpus")))


@pytest.fixture(scope="module")
def noise(corpus):
    """Two scenes of speech under noise, and the network."""
    return heads_table.Part.of(small_net(), heads_sources.kinds_of(corpus, "voice", 2, 0, None)["noise"])


def test_a_difference_is_paired_and_leaves_out_what_neither_has():
    """Two scenes 1 and 3 dB better, one without a figure: 2 dB, within the interval; none where one scene is left."""
    mean, low, high = heads_table.difference(np.array([5.0, 9.0, np.nan]), np.array([4.0, 6.0, 1.0]))
    assert mean == 2.0 and 1.0 <= low < 2.0 < high <= 3.0
    assert heads_table.difference(np.array([5.0, np.nan]), np.array([4.0, 1.0])) is None


def test_constants_are_twelve_and_the_least():
    """Attack and release begin with their least value; hold, which may be nothing, has that too."""
    assert heads_table.constants(ATTACK_RANGE_MS)[0] == 1.0
    assert heads_table.constants(RELEASE_RANGE_MS)[0] == pytest.approx(5.0)
    hold = heads_table.constants(HOLD_RANGE_MS)
    assert hold[:2] == [0.0, 1.0] and hold[-1] == pytest.approx(500.0) and len(hold) == 13
    assert len(heads_table.constants(ATTACK_RANGE_MS)) == 12


def test_the_best_constant_is_that_of_the_control_s_own_measure():
    """Highest where more is better, least where less is; the first where nothing can be measured."""
    tried = {ms: {"hold": np.array([ms, ms]), "tail_db": np.array([ms, np.nan])} for ms in (1.0, 3.0, 2.0)}
    assert heads_table._best(tried, "hold") == 3.0
    assert heads_table._best(tried, "tail_db") == 1.0
    assert heads_table._best({ms: {"hold": np.array([np.nan])} for ms in (4.0, 5.0)}, "hold") == 4.0


def test_a_held_key_hears_what_it_is_told(noise):
    """The key's weights are the constant's in every block, and the network itself stays as it was."""
    key = heads_table.octave_key(1000.0)
    assert key.sum() == pytest.approx(1.0) and 1 < (key > 0.01).sum() < 8
    held = heads_table.held_key(noise.net, key)
    powers = torch.rand(1, 50, 56)
    output, _ = held.decide(powers, held.initial_state())
    torch.testing.assert_close(output.key, key.expand(1, 50, 32))
    own, _ = noise.net.decide(powers, noise.net.initial_state())
    assert (own.key - key).abs().max() > 0.01
    assert not np.array_equal(noise.gates(held), noise.gates())


def test_keys_are_compared_at_the_same_recall(noise):
    """A gate that opens less everywhere is shifted back to where it was, and so is one that opens more."""
    gates = noise.gates()
    gates[:, 0] = np.random.default_rng(0).uniform(0.01, 0.99, gates[:, 0].shape)
    gates[:, 2], gates[:, 3] = 0.0, 5.0
    recall = heads_table.recall_of([noise], [gates], PAIR)
    for logits in (-3.0, 2.0):
        moved = heads_table._shifted(gates, logits)
        assert abs(heads_table.recall_of([noise], [moved], PAIR) - recall) > 0.01
        (back,) = heads_table.at_recall([noise], [moved], PAIR, recall)
        assert heads_table.recall_of([noise], [back], PAIR) == pytest.approx(recall, abs=0.01)
        np.testing.assert_array_equal(back[:, 1:], gates[:, 1:])


def test_an_attack_that_is_held_moves_no_opening(noise):
    """Constants are compared on the same 20 ms: where the gate begins to open does not depend on the attack."""
    from gate.realtime.ballistics import gain_curve, openness_curve

    gates, found = noise.gates(), []
    gates[:, 0] = np.where(np.arange(gates.shape[2]) % 300 < 150, 1.0, 0.0)
    for ms in (1.0, 6.0, 30.0):
        changed = heads_table._with(gates, {1: ms})
        found.append(
            [
                controls.begins(ground.label, gain_curve(openness_curve(gate, *PAIR), -80.0))
                for ground, gate in zip(noise.grounds, changed, strict=True)
            ]
        )
    assert found[0] == found[1] == found[2] and sum(map(len, found[0])) > 2


def test_presets_that_are_not_run_again_keep_their_figures(tmp_path):
    """If scenes, data and measures are the same; else they would stand beside what they cannot be compared with."""
    about = {"measures": ["hold"], "seed": 0, "per_kind": 24, "data": "abc", "date": "today"}
    path = tmp_path / "heads.json"
    assert heads.kept(path, about) == {}
    path.write_text(json.dumps({"about": about, "presets": {"kick": {"kit": 1}}}))
    assert heads.kept(path, {**about, "date": "tomorrow"}) == {"kick": {"kit": 1}}
    assert heads.kept(path, {**about, "data": "other"}) == {}
    del about["measures"]
    path.write_text(json.dumps({"about": about, "presets": {"kick": {"kit": 1}}}))
    assert heads.kept(path, {**about, "measures": ["hold"]}) == {}


def test_every_control_gets_a_row(noise):
    """Attack, hold, release and key with all measures, all four together, the classic gate; and a page of them."""
    other = heads_table.Part.of(small_net(3), noise.scenes[:1])
    rows = heads_table.table([noise, other], PAIR)
    assert rows["scenes"] == 3 and list(rows["parts"]) == ["attack", "hold", "release", "key"]
    assert len(rows["parts"]["key"]["tried"]) == 12 and len(rows["parts"]["hold"]["tried"]) == 13
    for row in (*rows["parts"].values(), rows["all"], rows["classic"]):
        assert set(controls.MEASURES) <= set(row)
    about = {"command": "c", "seed": 0, "per_kind": 2, "data": "d", "date": "t"}
    found = json.loads(
        json.dumps({"voice": {"judged": "two networks", "kinds": {"noise": rows}}}, allow_nan=False)
    )
    page = heads_page.markdown(found, about)
    assert page.count("| voice, noise |") == 4 + 1 + 1
    assert "- voice: two networks." in page
    for table in page.split("\n\n"):
        if table.startswith("|"):
            assert len({line.count("|") for line in table.splitlines()}) == 1


def test_a_page_marks_what_is_beyond_its_interval():
    """Bold is better and italics worse, whichever way is better; what cannot be measured is a dash."""
    assert heads_page.cell((1.0, 0.5, 1.5), "cut_db") == "**+1.00 (+0.50 to +1.50)**"
    assert heads_page.cell((1.0, 0.5, 1.5), "tail_db") == "*+1.00 (+0.50 to +1.50)*"
    assert heads_page.cell((0.1, -0.5, 0.7), "balanced") == "+0.100 (-0.500 to +0.700)"
    assert heads_page.cell(None, "hold") == "-"


def test_a_page_counts_wins_and_asks_for_all_three():
    """Better in one kind and worse in another is no preset that wins; all three measures, or it is no."""
    up, down, none = (1.0, 0.5, 1.5), (-1.0, -1.5, -0.5), (0.0, -1.0, 1.0)
    every = dict.fromkeys(controls.MEASURES, none)
    beats = every | {"balanced": up, "tail_db": down, "cut_db": up}

    def kind(hold, classic):
        parts = {c: {"constant": "1 ms", **every} for c in ("attack", "hold", "release", "key")}
        parts["hold"] |= {"hold": hold}
        return {
            "learned": dict.fromkeys(controls.MEASURES, 0.5),
            "parts": parts,
            "all": every,
            "classic": classic,
        }

    found = {
        "voice": {"judged": "-", "kinds": {"noise": kind(up, beats), "music": kind(down, every)}},
        "kick": {
            "judged": "-",
            "kinds": {"kit": kind(up, beats | {"cut_db": none}), "real bleed": kind(None, every)},
        },
    }
    page = heads_page.markdown(found, dict.fromkeys(("command", "seed", "per_kind", "data", "date"), 1))
    assert "| hold | 2 | 0 | 1 | 1 | kick |" in page
    assert [line.split("|")[-2].strip() for line in page.splitlines()[-4:]] == ["yes", "no", "no", "no"]


def checkpoint(path, net, held_out=-1, target="voice"):
    """What a training leaves, as far as it is read here."""
    path.parent.mkdir(parents=True, exist_ok=True)
    config = {"model": {"width": 4, "hidden": 4}, "scene": {"target": target}, "data": {"held_out": held_out}}
    torch.save({"config": config, "average": net.state_dict()}, path)
    return path


def test_folds_are_judged_each_on_its_own_group(tmp_path):
    """A run's folder means its folds, at the thresholds that they chose; --group leaves out the others."""
    nets = [small_net(seed) for seed in range(3)]
    for group, net in enumerate(nets):
        checkpoint(tmp_path / f"fold-{group}" / "checkpoint.pt", net, group)
    (tmp_path / "elsewhere.json").write_text('{"open_at": 0.6, "close_at": 0.15}')
    who = heads_sources.contest("voice", [tmp_path], [])
    assert [c.group for c in who.contestants] == [0, 1, 2] and who.pair == (0.6, 0.15)
    torch.testing.assert_close(who.contestants[1].net.heads.weight, nets[1].heads.weight)
    assert "3 networks, each on the group of sources that it was not taught" in who.words
    one = heads_sources.contest("voice", [tmp_path], [2])
    assert [c.group for c in one.contestants] == [2]
    with pytest.raises(ValueError, match="expected a network that was taught without group 1"):
        heads_sources.contest("voice", [tmp_path / "fold-0" / "checkpoint.pt"], [1])


def test_others_are_judged_on_val_or_on_the_groups(tmp_path):
    """The shipped preset, and a network that was taught all sources, which the page says."""
    shipped = heads_sources.contest("kick", [], [])
    assert [c.group for c in shipped.contestants] == [None] and "the shipped preset on `val`" in shipped.words
    groups = heads_sources.contest("kick", [], [0, 2])
    assert [c.group for c in groups.contestants] == [0, 2]
    assert "group 0, 2, some of which it was taught" in groups.words and groups.pair == shipped.pair
    path = checkpoint(tmp_path / "checkpoint.pt", small_net(), target="kick")
    whole = heads_sources.contest("kick", [path], [1])
    assert [c.group for c in whole.contestants] == [1] and whole.pair == shipped.pair
    with pytest.raises(ValueError, match="expected a network for voice, got one for kick"):
        heads_sources.contest("voice", [path], [])
    with pytest.raises(FileNotFoundError, match="train first"):
        heads_sources.contest("kick", [tmp_path / "nothing", tmp_path.parent], [])


def test_speech_alone_is_speech_without_bleed(corpus):
    """The voice's scenes have a kind without bleed, of one group's sources as well."""
    kinds = heads_sources.kinds_of(corpus, "voice", 1, 0, None)
    assert set(kinds) == {"noise", "music", heads_sources.SPEECH_ALONE}
    alone: Scene = kinds[heads_sources.SPEECH_ALONE][0]
    np.testing.assert_array_equal(alone.mixture, alone.target)


def test_the_command_writes_page_and_figures(tmp_path, capsys):
    """One tiny run of the whole: the fold's network on its group, in the preset's place."""
    from training.recordings.groups import group_of

    folder = tiny_corpus.make(tmp_path / "corpus")
    group = group_of(Corpus.from_manifest(folder).all[0])  # all have one source
    checkpoint(tmp_path / "run" / f"fold-{group}" / "checkpoint.pt", small_net(), group)
    (tmp_path / "docs").mkdir()
    argv = [
        "--corpus",
        str(folder),
        "--docs",
        str(tmp_path / "docs"),
        "--per-kind",
        "2",
        "--presets",
        "voice",
    ]
    argv += ["--checkpoint", f"voice={tmp_path / 'run'}"]
    assert heads.main(argv) == 0
    page = (tmp_path / "docs" / "heads.md").read_text()
    assert "--checkpoint voice=RUN`" in page and str(tmp_path) not in page
    said = json.loads((tmp_path / "docs" / "heads.json").read_text())
    assert set(said["presets"]["voice"]["kinds"]) == {"noise", "music", "speech alone"}
    assert heads.main([*argv[:6], "--presets", "kick", "--checkpoint", f"voice={tmp_path / 'run'}"]) == 1
    assert "add it to --presets" in capsys.readouterr().err


def test_a_checkpoint_needs_a_preset_s_name():
    """The sentence shows how it is written."""
    with pytest.raises(argparse.ArgumentTypeError, match="write voice=runs/voice"):
        heads._named("runs/voice")
