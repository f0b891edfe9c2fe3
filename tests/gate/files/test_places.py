"""Where what is a user's own is kept."""

from pathlib import Path

import pytest

from gate.files.places import user_folder

HOME = Path("/home/somebody")


@pytest.fixture(autouse=True)
def somebody(monkeypatch: pytest.MonkeyPatch) -> None:
    """A home, and no customs of its own."""
    monkeypatch.setenv("HOME", str(HOME))
    for name in ("XDG_DATA_HOME", "XDG_STATE_HOME", "APPDATA", "PLACE"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize(
    ("system", "kind", "expected"),
    [
        ("linux", "data", ".local/share/learned-gate/x"),
        ("linux", "state", ".local/state/learned-gate/x"),
        ("darwin", "data", "Library/Application Support/learned-gate/x"),
        ("darwin", "state", "Library/Application Support/learned-gate/x"),
        ("win32", "data", "learned-gate/x"),
    ],
)
def test_each_system_has_its_customs(
    system: str, kind: str, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Data and state lie where programs of a system keep them."""
    monkeypatch.setattr("sys.platform", system)
    assert user_folder(kind, "x", "PLACE") == HOME / expected


def test_the_environment_may_say_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    """The system's own variable moves all programs' folders, the one that is named just this one."""
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setenv("XDG_STATE_HOME", "/state")
    assert user_folder("state", "x", "PLACE") == Path("/state/learned-gate/x")
    assert user_folder("data", "x", "PLACE") == HOME / ".local/share/learned-gate/x"
    monkeypatch.setenv("PLACE", "/here")
    assert user_folder("state", "x", "PLACE") == Path("/here")
    monkeypatch.setattr("sys.platform", "win32")
    monkeypatch.delenv("PLACE")
    monkeypatch.setenv("APPDATA", "/roaming")
    assert user_folder("state", "x", "PLACE") == Path("/roaming/learned-gate/x")
