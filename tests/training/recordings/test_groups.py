"""Groups of sources: every recording in one, whole sources together, rooms for everybody."""

from pathlib import Path

from training.recordings.corpus import Corpus, Item
from training.recordings.groups import GROUPS, group_of, held_out, known_only, only_group


def _item(source: str, owner: str = "somebody", kind: str = "speech", split: str = "train") -> Item:
    return Item(Path(f"{source}/{owner}"), kind, owner, split, source=source)


CORPUS = Corpus(
    [
        *(
            _item(f"source {n}", f"owner {k}", split=("train", "val")[k % 2])
            for n in range(12)
            for k in range(3)
        ),
        _item("rooms", kind="impulse_response"),
    ]
)


def test_a_source_is_in_one_group_whatever_its_collection_and_owner():
    """What is in brackets after a source's name is part of it."""
    assert group_of(_item("oramics/sampled (DRUMS/a)")) == group_of(_item("oramics/sampled (IR/b)", "other"))


def test_without_a_source_the_owner_decides():
    """Plain folders name no source; their owners are held out."""
    groups = {group_of(_item("", f"owner {k}")) for k in range(30)}
    assert groups == set(range(GROUPS))


def test_groups_share_nothing_but_rooms():
    """Each recording is in one group, and in the corpus without it is not."""
    for group in range(GROUPS):
        own = {i.path for i in only_group(CORPUS, group).all}
        rest = {i.path for i in known_only(CORPUS, group).all}
        assert own | rest == {i.path for i in CORPUS.all}
        assert {p.parent.name for p in own & rest} == {"rooms"}


def test_what_is_held_out_judges_with_all_of_its_recordings():
    """Both splits of a group that was not learned from are new."""
    judged = held_out(CORPUS, 1)
    assert {i.split for i in judged.all} == {"val"}
    assert len(judged.all) == len(only_group(CORPUS, 1).all)
