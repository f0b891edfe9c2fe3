"""Where recordings come from: one corpus, and more beside it."""

import csv
import dataclasses

import numpy as np
import pytest
import soundfile

from tests.training import tiny_corpus
from training.recordings.corpus import Corpus
from training.recordings.groups import GROUPS
from training.recordings.source import DataConfig, digest, open_corpus


@pytest.fixture
def folders(tmp_path):
    """Two corpora of the same file names, the second with owners of its own."""
    first, second = tmp_path / "first", tmp_path / "second"
    tiny_corpus.make(first)
    tiny_corpus.make(second)
    change(second, lambda row: row | {"speaker_or_item": f"second/{row['speaker_or_item']}"})
    return first, second


def change(folder, what):
    """Write a manifest again, each row as ``what`` returns it."""
    with (folder / "manifest.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    with (folder / "manifest.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0].keys())
        writer.writeheader()
        writer.writerows(map(what, rows))


def test_a_corpus_beside_another_adds_its_recordings_under_names_of_its_own(folders):
    """Both corpora are opened; the first one's names stay, and every name leads to its own file."""
    first, second = folders
    alone = Corpus.from_manifest(first)
    both = open_corpus(DataConfig(corpus=str(first), also=(str(second),)))
    assert [item.name for item in both.all[: len(alone.all)]] == [item.name for item in alone.all]
    assert len(both.all) == 2 * len(alone.all)
    for item in alone.all:
        assert both.named(item.name).path == item.path
        assert both.named(f"second/{item.name}").path == second / item.path.relative_to(first)


def test_the_digest_covers_what_is_beside(folders):
    """The digest of one corpus alone stays as it was, and changes with what is beside it, not with the order."""
    first, second = folders
    third = second.rename(second.with_name("third"))
    second = tiny_corpus.make(second)
    change(second, lambda row: row | {"speaker_or_item": f"other/{row['speaker_or_item']}"})
    alone = digest(open_corpus(DataConfig(corpus=str(first))))
    assert alone == digest(Corpus.from_manifest(first))
    orders = [
        open_corpus(DataConfig(corpus=str(first), also=also))
        for also in ((str(second), str(third)), (str(third), str(second)))
    ]
    assert digest(orders[0]) == digest(orders[1]) != alone
    assert orders[0].all == orders[1].all


def test_clashes_are_refused(folders, tmp_path):
    """Two folders of one name, an owner on both sides of the split, and plain folders too: what to do is said."""
    first, second = folders
    config = DataConfig(corpus=str(first), also=(str(second), str(second)))
    with pytest.raises(ValueError, match=r"folders have different names, got .*; rename one"):
        open_corpus(config)
    with pytest.raises(
        ValueError, match=r"more corpora beside a corpus, got .* beside plain folders; leave out"
    ):
        open_corpus(dataclasses.replace(config, bleed=(str(first),)))
    change(second, lambda row: row | {"speaker_or_item": "one"})
    with pytest.raises(ValueError, match=r"every owner in one split, got one in train and in val"):
        open_corpus(dataclasses.replace(config, also=(str(second),)))
    (tmp_path / "empty").mkdir()
    with pytest.raises(FileNotFoundError, match=r"empty.manifest\.csv, got no such file"):
        open_corpus(dataclasses.replace(config, also=(str(tmp_path / "empty"),)))


def test_one_group_of_plain_folders_is_no_more_than_that_group(tmp_path):
    """What is held out must not be learned from, whichever way recordings are named."""
    for name in ("target", "bleed"):
        (tmp_path / name).mkdir()
        for take in range(3):
            soundfile.write(
                tmp_path / name / f"{take}.wav", tiny_corpus.talk(np.random.default_rng(take)), 16_000
            )
    data = DataConfig(target=(str(tmp_path / "target"),), bleed=(str(tmp_path / "bleed"),))
    every = {i.path for i in open_corpus(data).all}
    parts = [{i.path for i in open_corpus(dataclasses.replace(data, only=g)).all} for g in range(GROUPS)]
    assert len(every) == 6 and set().union(*parts) == every
    assert sum(map(len, parts)) == 6
