"""Which files a command line means and where they go: no namesake lost, no input in danger."""

import os
from pathlib import Path

import pytest

from gate.errors import AudioFileError, GateError, UsageError
from gate.files.inputs import Folders
from gate.render.plan import Extras, Plan, make_plan

NONE = Extras()


def touch(*paths: Path) -> None:
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")


def plan_of(inputs: list[Path], output: Path | str, extras: Extras = NONE, force: bool = False) -> Plan:
    return make_plan([str(path) for path in inputs], str(output), extras, force=force)


def places(plan: Plan, output: Path) -> dict[str, str]:
    """Source to place below the output folder."""
    return {str(job.source): str(job.target.relative_to(output)) for job in plan.jobs}


def test_one_file_to_a_file(tmp_path: Path) -> None:
    """One file in, a file's name out: just that, and the extras where they were named."""
    touch(tmp_path / "a.wav")
    extras = Extras(tmp_path / "p.png", tmp_path / "c.csv", tmp_path / "r.json")
    plan = plan_of([tmp_path / "a.wav"], tmp_path / "b.flac", extras)
    assert not plan.batch
    assert plan.folders == []
    assert plan.jobs[0].outputs == [tmp_path / name for name in ("b.flac", "p.png", "c.csv", "r.json")]


def test_one_file_to_a_folder(tmp_path: Path) -> None:
    """One file in, a folder out: the same name in there; a slash at the end says folder before it exists."""
    touch(tmp_path / "a.wav")
    (tmp_path / "there").mkdir()
    for output in (f"{tmp_path}/there", f"{tmp_path}/new/"):
        plan = plan_of([tmp_path / "a.wav"], output)
        assert plan.jobs[0].target == Path(output) / "a.wav"
        assert plan.folders == [Path(output)]


def test_a_folder_keeps_its_shape(tmp_path: Path) -> None:
    """Folders are searched to their depth, links out of it as well; what is hidden or no sound is left alone."""
    inside = tmp_path / "in"
    touch(inside / "a.wav", inside / "b" / "a.WAV", inside / "b" / "c" / "d.mp3", inside / "notes.txt")
    touch(
        inside / ".hidden.wav",
        inside / ".git" / "x.wav",
        inside / ".a.wav.partial-7",
        tmp_path / "far" / "x.wav",
    )
    (inside / "link").symlink_to(tmp_path / "far")
    plan = plan_of([inside], tmp_path / "out")
    assert plan.batch
    assert sorted(places(plan, tmp_path / "out").values()) == ["a.wav", "b/a.WAV", "b/c/d.mp3", "link/x.wav"]
    assert plan.folders == [tmp_path / "out" / name for name in ("", "b", "b/c", "link")]


def test_an_output_folder_inside_is_no_input(tmp_path: Path) -> None:
    """What an earlier run left in a folder within the input folder is not gated again."""
    touch(tmp_path / "a.wav", tmp_path / "gated" / "a.wav", tmp_path / "other" / "b.wav")
    plan = plan_of([tmp_path], tmp_path / "gated", force=True)
    assert sorted(places(plan, tmp_path / "gated").values()) == ["a.wav", "other/b.wav"]


@pytest.mark.parametrize("end", ["out", "out/below", "out/link"])
def test_an_output_folder_behind_a_link_is_no_input(tmp_path: Path, end: str) -> None:
    """Nor is one below it, by whatever name."""
    touch(tmp_path / "in" / "a.wav", tmp_path / "out" / "b.wav", tmp_path / "out" / "below" / "c.wav")
    (tmp_path / "out" / "link").symlink_to(tmp_path / "out" / "below")
    (tmp_path / "in" / "earlier").symlink_to(tmp_path / end)
    plan = plan_of([tmp_path / "in"], tmp_path / "out")
    assert list(places(plan, tmp_path / "out").values()) == ["a.wav"]
    assert plan.failures == []


def test_a_folder_and_a_link_to_it_are_searched_once(tmp_path: Path) -> None:
    """Given together, or one below the other; a link to a file is a file of its own."""
    touch(tmp_path / "in" / "a.wav", tmp_path / "far" / "x.wav")
    (tmp_path / "in" / "link").symlink_to(tmp_path / "far")
    (tmp_path / "in" / "alias.wav").symlink_to("a.wav")
    for inputs in ([tmp_path / "in", tmp_path / "far"], [tmp_path / "far", tmp_path / "in"]):
        plan = plan_of(inputs, tmp_path / "out")
        assert sorted(job.source.name for job in plan.jobs) == ["a.wav", "alias.wav", "x.wav"]


def test_a_link_that_leads_nowhere_is_a_failure(tmp_path: Path) -> None:
    """It is named, and the others are rendered; alone it is the reason why there is nothing to do."""
    touch(tmp_path / "in" / "a.wav")
    (tmp_path / "in" / "takes").symlink_to(tmp_path / "gone")
    plan = plan_of([tmp_path / "in"], tmp_path / "out")
    assert [job.source.name for job in plan.jobs] == ["a.wav"]
    assert [path for path, _ in plan.failures] == [tmp_path / "in" / "takes"]
    (tmp_path / "in" / "a.wav").unlink()
    with pytest.raises(AudioFileError, match=r"takes is a link that leads nowhere .*; remove the link"):
        plan_of([tmp_path / "in"], tmp_path / "out")


def test_same_stem_other_ending(tmp_path: Path) -> None:
    """Files that differ in their ending alone do not overwrite each other, nor do their pictures."""
    touch(tmp_path / "in" / "a.wav", tmp_path / "in" / "a.flac")
    plan = plan_of([tmp_path / "in"], tmp_path / "out", Extras(tmp_path / "p", tmp_path / "c"))
    outputs = [path for job in plan.jobs for path in job.outputs]
    assert len(set(outputs)) == 6
    assert {str(path.relative_to(tmp_path)) for path in outputs} == {
        "out/a.wav", "out/a.flac", "p/a.wav.png", "p/a.flac.png", "c/a.wav.csv", "c/a.flac.csv",
    }  # fmt: skip


def test_namesakes_from_different_folders(tmp_path: Path) -> None:
    """Files of one name from different folders keep enough of their paths to differ; others stay flat."""
    names = ["x/take.wav", "y/take.wav", "y/z/TAKE.wav", "y/alone.wav"]
    touch(*(tmp_path / name for name in names))
    plan = plan_of([tmp_path / name for name in names], tmp_path / "out")
    assert sorted(places(plan, tmp_path / "out").values()) == [
        "alone.wav",
        "x/take.wav",
        "y/take.wav",
        "y/z/TAKE.wav",
    ]


def test_namesakes_that_still_meet_are_numbered(tmp_path: Path) -> None:
    """Where even the longer path is taken, a number tells them apart."""
    touch(tmp_path / "in" / "x" / "a.wav", tmp_path / "x" / "a.wav", tmp_path / "y" / "a.wav")
    plan = plan_of([tmp_path / "in", tmp_path / "x" / "a.wav", tmp_path / "y" / "a.wav"], tmp_path / "out")
    assert sorted(places(plan, tmp_path / "out").values()) == ["x/a (2).wav", "x/a.wav", "y/a.wav"]


def test_namesakes_in_one_folder_stay_in_it(tmp_path: Path) -> None:
    """Names that differ in capitals alone, below a folder: it keeps its shape, and a number tells them apart."""
    touch(
        tmp_path / "in" / "a" / "b" / "TALK.WAV",
        tmp_path / "in" / "a" / "b" / "talk.wav",
        tmp_path / "in" / "c.wav",
    )
    plan = plan_of([tmp_path / "in"], tmp_path / "out")
    assert sorted(places(plan, tmp_path / "out").values()) == ["a/b/TALK.WAV", "a/b/talk (2).wav", "c.wav"]


def test_a_file_given_twice_is_rendered_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two spellings of one path, or a folder and a file in it, are one job."""
    touch(tmp_path / "in" / "a.wav")
    monkeypatch.chdir(tmp_path)
    plan = plan_of([Path("in"), Path("in/a.wav"), tmp_path / "in" / ".." / "in" / "a.wav"], tmp_path / "out")
    assert len(plan.jobs) == 1


# -- refusals ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["same", "spelling", "symlink", "hardlink"])
def test_output_is_the_input(tmp_path: Path, how: str) -> None:
    """The input is never written over, however its name is spelled, with force too."""
    source = tmp_path / "a.wav"
    touch(source)
    target = {"same": source, "spelling": tmp_path / "x" / ".." / "a.wav"}.get(how, tmp_path / "b.wav")
    (tmp_path / "x").mkdir()
    if how == "symlink":
        target.symlink_to(source)
    elif how == "hardlink":
        os.link(source, target)
    with pytest.raises(AudioFileError, match="is an input itself, output and input must differ; give"):
        plan_of([source], target, force=True)


@pytest.mark.parametrize("name", ["plot", "curve", "report"])
def test_extras_are_not_the_input_either(tmp_path: Path, name: str) -> None:
    """A picture, curve or report is not written over the input, nor over the output."""
    touch(tmp_path / "a.wav")
    with pytest.raises(AudioFileError, match="is an input itself"):
        plan_of([tmp_path / "a.wav"], tmp_path / "b.wav", Extras(**{name: tmp_path / "a.wav"}), force=True)
    with pytest.raises(UsageError, match="was given for two outputs, one file each was expected"):
        plan_of([tmp_path / "a.wav"], tmp_path / "b.wav", Extras(**{name: tmp_path / "." / "b.wav"}))


def test_a_batch_never_writes_over_any_of_its_inputs(tmp_path: Path) -> None:
    """An output that is another input's file is that file's failure; the others go on."""
    touch(tmp_path / "x" / "a.wav", tmp_path / "y" / "b.wav", tmp_path / "y" / "c.wav")
    os.link(tmp_path / "y" / "c.wav", tmp_path / "x" / "b.wav")
    plan = plan_of([tmp_path / "y", tmp_path / "x" / "a.wav"], tmp_path / "x", force=True)
    assert [job.source.name for job in plan.jobs] == ["c.wav"]
    assert sorted(source.name for source, _ in plan.failures) == ["a.wav", "b.wav"]
    assert all("is an input itself" in sentence for _, sentence in plan.failures)


def test_the_input_folder_is_no_output_folder(tmp_path: Path) -> None:
    """A folder cannot be rendered into itself, by any of its names."""
    touch(tmp_path / "in" / "a.wav")
    (tmp_path / "link").symlink_to(tmp_path / "in")
    for output in (tmp_path / "in", tmp_path / "link"):
        with pytest.raises(AudioFileError, match=r"is the input folder itself, .*; give another with -o"):
            plan_of([tmp_path / "in"], output, force=True)


def test_existing_outputs(tmp_path: Path) -> None:
    """What exists is refused without force: one file at once, in a batch file by file."""
    touch(tmp_path / "in" / "a.wav", tmp_path / "in" / "b.wav", tmp_path / "out" / "a.wav")
    with pytest.raises(AudioFileError, match=r"a\.wav exists already, .* or --force to replace it"):
        plan_of([tmp_path / "in" / "b.wav"], tmp_path / "out" / "a.wav")
    plan = plan_of([tmp_path / "in"], tmp_path / "out")
    assert [job.source.name for job in plan.jobs] == ["b.wav"]
    assert [source.name for source, _ in plan.failures] == ["a.wav"]
    assert len(plan_of([tmp_path / "in"], tmp_path / "out", force=True).jobs) == 2


def test_several_files_need_a_folder(tmp_path: Path) -> None:
    """Several files cannot go into one: a usage error."""
    touch(tmp_path / "a.wav", tmp_path / "b.wav", tmp_path / "out.wav")
    with pytest.raises(
        UsageError, match=r"several files need a folder to go to, .*out\.wav is a file; give a folder"
    ):
        plan_of([tmp_path / "a.wav", tmp_path / "b.wav"], tmp_path / "out.wav")


def test_a_folder_without_sound(tmp_path: Path) -> None:
    """A folder that holds no sound files is refused; beside others it is one failure."""
    touch(tmp_path / "in" / "notes.txt", tmp_path / "a.wav")
    with pytest.raises(
        AudioFileError, match=r"in holds no sound files, WAV, .* were expected; check the folder"
    ):
        plan_of([tmp_path / "in"], tmp_path / "out")
    plan = plan_of([tmp_path / "in", tmp_path / "a.wav"], tmp_path / "out")
    assert (len(plan.jobs), len(plan.failures)) == (1, 1)


# -- folders -----------------------------------------------------------------------------------------


def test_empty_folders_go_again(tmp_path: Path) -> None:
    """Folders made for a run go when nothing was put into them, and those that were there stay."""
    (tmp_path / "old").mkdir()
    folders = Folders([tmp_path / "old", tmp_path / "new", tmp_path / "new" / "a", tmp_path / "new" / "b"])
    touch(tmp_path / "new" / "a" / "x.wav")
    folders.remove_empty()
    assert sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*")) == [
        "new", "new/a", "new/a/x.wav", "old",
    ]  # fmt: skip


def test_folders_that_cannot_be_made(tmp_path: Path) -> None:
    """A missing parent or a file in the way is a sentence, and nothing made before it stays."""
    touch(tmp_path / "file")
    for bad, sentence in (
        (tmp_path / "none" / "out", r"out cannot be made, the folder .*none does not exist; create it first"),
        (tmp_path / "file", r"file is a file where a folder was expected; give another name"),
    ):
        with pytest.raises(GateError, match=sentence):
            Folders([tmp_path / "new", bad])
        assert os.listdir(tmp_path) == ["file"]
