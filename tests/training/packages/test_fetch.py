"""Packages come whole from a mirror, or not at all."""

import hashlib
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from training.packages import fetch as module
from training.packages.fetch import fetch
from training.packages.table import package

DATA = bytes(range(256)) * 1000
ROW = {"name": "kits", "version": "1-2", "place": "pool/main/k/kits/kits_1-2_all.deb", "size": len(DATA)}
KITS = package(ROW | {"sha256": hashlib.sha256(DATA).hexdigest(), "licence": "CC0"})


class Mirror(ThreadingHTTPServer):
    """A mirror on this machine: ``data`` is what it has, ``most`` how many bytes it gives before it hangs up."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.data, self.most, self.asked = DATA, len(DATA), []
        self.url = f"http://127.0.0.1:{self.server_address[1]}"


class Answer(BaseHTTPRequestHandler):
    """An answer to one request."""

    def do_GET(self) -> None:
        """Send the file from where it is asked for."""
        server = self.server
        server.asked.append(self.headers.get("Range"))
        if self.path != "/pool/main/k/kits/kits_1-2_all.deb":
            self.send_error(404)
            return
        start = int((self.headers.get("Range") or "bytes=0-")[6:-1])
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(server.data) - start))
        self.end_headers()
        self.wfile.write(server.data[start : start + server.most])

    def log_message(self, *_) -> None:
        """Say nothing."""


@pytest.fixture
def mirror():
    """A mirror that runs for one test."""
    with Mirror() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_a_package_is_fetched_once(tmp_path, mirror):
    """The file comes whole; the second time nobody is asked."""
    path = fetch(KITS, tmp_path / "debs", [mirror.url])
    assert path.read_bytes() == DATA
    assert fetch(KITS, tmp_path / "debs", [mirror.url]) == path
    assert mirror.asked == [None]


def test_an_interrupted_download_goes_on(tmp_path, mirror):
    """What came before the line broke is kept, and the rest is asked for."""
    mirror.most = 100_000
    with pytest.raises(
        ValueError, match=r"got from .* only 100000 of its bytes, which are kept: the same command goes on"
    ):
        fetch(KITS, tmp_path, [mirror.url])
    assert not list(tmp_path.glob("*.deb"))
    mirror.most = len(DATA)
    assert fetch(KITS, tmp_path, [mirror.url]).read_bytes() == DATA
    assert mirror.asked == [None, "bytes=100000-"]
    assert not list(tmp_path.glob("*.part"))


def test_a_damaged_download_is_not_kept(tmp_path, mirror):
    """One byte that is another, and a file that is too long: refused, and nothing stays that would be gone on with."""
    for data in (DATA[:-1] + b"?", DATA + b"more"):
        mirror.data, mirror.most = data, len(data)
        with pytest.raises(
            ValueError, match=r"expected kits 1-2 of 256000 bytes, got from .* another file than the one"
        ):
            fetch(KITS, tmp_path, [mirror.url])
        assert list(tmp_path.iterdir()) == []


def test_the_next_mirror_is_asked(tmp_path, mirror):
    """A mirror without the version leads to the next; none that has it is an error that names them all."""
    assert fetch(KITS, tmp_path, [mirror.url + "/old", mirror.url]).read_bytes() == DATA
    with pytest.raises(
        ValueError, match=r"old: HTTP Error 404.*; from .*older: HTTP Error 404.*; name a mirror or a snap"
    ):
        fetch(KITS, tmp_path / "other", [mirror.url + "/old", mirror.url + "/older"])


def test_a_damaged_file_that_lies_there_is_fetched_again(tmp_path, mirror):
    """A file of the right name with other bytes does not count."""
    (tmp_path / "kits_1-2_all.deb").write_bytes(b"half")
    assert fetch(KITS, tmp_path, [mirror.url]).read_bytes() == DATA


def test_without_apt_get_a_mirror_is_asked_for(tmp_path, monkeypatch):
    """Where there is no apt-get, the error says what else there is; a file that was put there by hand is taken."""
    monkeypatch.setattr(module.shutil, "which", lambda name: None)
    with pytest.raises(
        ValueError, match=r"got no apt-get on this machine; name a mirror .* or put the file into"
    ):
        fetch(KITS, tmp_path)
    (tmp_path / "kits_1%3a1-2_all.deb").write_bytes(DATA)
    assert fetch(KITS, tmp_path).name == "kits_1%3a1-2_all.deb"


def test_apt_get_is_asked_for_the_version(tmp_path, monkeypatch):
    """The pinned version is asked for, in the folder; what another version brings is refused."""
    program = tmp_path / "apt-get"
    program.write_text('#!/bin/sh\necho "$@" > asked\nprintf half > kits_1-2_all.deb\n')
    program.chmod(0o755)
    monkeypatch.setattr(module.shutil, "which", lambda name: str(program))
    with pytest.raises(ValueError, match="got from apt-get another file than the one that is pinned"):
        fetch(KITS, tmp_path / "debs")
    assert (tmp_path / "debs/asked").read_text() == "download -q kits=1-2\n"
    program.write_text("#!/bin/sh\necho E: no such version >&2\nexit 100\n")
    with pytest.raises(ValueError, match="got from apt-get: E: no such version; name a mirror"):
        fetch(KITS, tmp_path / "debs")
