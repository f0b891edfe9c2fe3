"""Packages and archives are unpacked whole, and only inside their folder."""

import io
import tarfile
import zipfile

import pytest

from tests.training.packages import made_up
from training.packages.archive import unpack_archive, unpack_deb


def everything(path):
    """Want every file."""
    return True


def test_a_package_is_unpacked_as_it_was_packed(tmp_path):
    """Wanted files come out byte for byte; others, links and folders do not come at all."""
    link = tarfile.TarInfo("./usr/link.wav")
    link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
    deb = made_up.deb(
        tmp_path / "a_1_all.deb", {"./usr/x.wav": b"sound" * 999, "./usr/y.txt": b"text"}, [link]
    )
    unpack_deb(deb, tmp_path / "out", lambda name: name.endswith(".wav"))
    found = {
        p.relative_to(tmp_path / "out").as_posix() for p in (tmp_path / "out").rglob("*") if not p.is_dir()
    }
    assert found == {"usr/x.wav"}
    assert (tmp_path / "out/usr/x.wav").read_bytes() == b"sound" * 999


@pytest.mark.parametrize(
    "name", ["../out.wav", "/tmp/out.wav", "a/../../out.wav", "a\\..\\out.wav", "c:/out.wav"]
)
def test_a_path_that_leaves_its_folder_is_refused(tmp_path, name):
    """A package or a zip with such a path is refused, and nothing is written outside."""
    inner = tmp_path / "deep" / "inner"
    deb = made_up.deb(tmp_path / "a_1_all.deb", {name: b"no"})
    with pytest.raises(ValueError, match=r"expected paths inside the package in .*, got .*out\.wav"):
        unpack_deb(deb, inner, everything)
    with zipfile.ZipFile(tmp_path / "a.pk3", "w") as file:
        file.writestr(name, b"no")
    if "\\" not in name:  # zipfile itself turns those round
        with pytest.raises(ValueError, match="expected paths inside the package"):
            unpack_archive(tmp_path / "a.pk3", inner, everything)
    assert not list(tmp_path.rglob("out.wav"))


def test_archives_inside_a_package_are_unpacked(tmp_path):
    """A zip and a packed tar give the same file."""
    with zipfile.ZipFile(tmp_path / "a.pk3", "w") as file:
        file.writestr("sound/x.wav", b"sound")
    with tarfile.open(tmp_path / "b.h2drumkit", "w:gz") as tar:
        info = tarfile.TarInfo("sound/x.wav")
        info.size = 5
        tar.addfile(info, io.BytesIO(b"sound"))
    for name in ("a.pk3", "b.h2drumkit"):
        unpack_archive(tmp_path / name, tmp_path / f"{name}.d", everything)
        assert (tmp_path / f"{name}.d/sound/x.wav").read_bytes() == b"sound"


def test_damage_is_told(tmp_path):
    """A package that is cut short, has a damaged middle, or is none: expected, got, remedy."""
    whole = made_up.deb(tmp_path / "a_1_all.deb", {"./usr/x.wav": bytes(range(256)) * 400}).read_bytes()
    middle = len(whole) - 200
    for data, said in (
        (whole[:-100], "cannot be unpacked"),
        (whole[:middle] + b"?" * 100 + whole[middle + 100 :], "cannot be unpacked"),
        (whole[:100], "without data"),
        (b"<html>not found</html>" * 9, "another kind of file"),
    ):
        path = tmp_path / "b_1_all.deb"
        path.write_bytes(data)
        with pytest.raises(ValueError, match=f"expected a .*, got .*{said}.*; delete it"):
            unpack_deb(path, tmp_path / "out", everything)
    (tmp_path / "c.pk3").write_bytes(b"PK")
    with pytest.raises(ValueError, match=r"expected an archive in c\.pk3, got .*; leave it out"):
        unpack_archive(tmp_path / "c.pk3", tmp_path / "out", everything)


def test_a_packing_that_is_not_known_is_named(tmp_path):
    """Data packed by another program are refused with its name."""
    deb = made_up.deb(tmp_path / "a_1_all.deb", {"./x": b"1"})
    deb.write_bytes(deb.read_bytes().replace(b"data.tar.xz ", b"data.tar.zst"))
    with pytest.raises(
        ValueError, match=r"expected data packed by gzip, bzip2 or xz in .*, got data\.tar\.zst"
    ):
        unpack_deb(deb, tmp_path / "out", everything)
