"""gate-bench stream on private servers, a moment each: what it finds out, refuses and leaves out. No figure is judged."""

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks import child, cli, stream, stream_start
from benchmarks.errors import BenchError
from gate.errors import SoundDeviceError
from tests import toy_model
from tests.benchmarks import records
from tests.gate.live.jack_server import JackServer, needs_jackd

RATE, MOMENT_S = 48_000, 0.3

ASKED: dict[str, Any] = {
    "rates": [RATE],
    "buffer": None,
    "seconds": MOMENT_S,
    "turns": 1,
    "loads": ["idle"],
    "preset": "voice",
    "input": None,
    "output": None,
    "jack_dummy": False,
    "repeats": 1,
    "parts": ["runs"],
}


@pytest.fixture
def toy_folder(tmp_path: Path) -> str:
    """The toy gate as a preset."""
    return str(toy_model.write_preset(tmp_path / "toy"))


@pytest.mark.audio
@pytest.mark.slow
def test_every_player_is_measured_on_a_server_of_its_own(
    toy_folder: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The whole command: a server, three processes, page, record and picture; the server is gone afterwards."""
    needs_jackd()
    made, drawn = tmp_path / "record.json", tmp_path / "picture.png"
    words = ["stream", "--jack-dummy", "--rates", str(RATE), "--seconds", str(MOMENT_S), "--turns", "1"]
    words += ["--loads", "idle", "--parts", "runs", "--preset", toy_folder, "--buffer", "128"]
    before = os.environ.get("JACK_DEFAULT_SERVER")
    assert cli.main([*words, "--json", str(made), "--picture", str(drawn)]) == 0
    assert os.environ.get("JACK_DEFAULT_SERVER") == before
    found = json.loads(made.read_text())["stream"]
    assert "jackd" in found["servers"][0] and found["absent"] == {}
    runs = {r["subject"]: r for r in found["runs"]}
    assert list(runs) == ["floor", "gate", "python"]
    for r in runs.values():
        assert (r["rate_hz"], r["buffer_frames"], r["ended"], r["model_errors"]) == (RATE, 128, 0, 0)
        assert r["all_us"]["n"] == r["buffers"] > 0
        assert sum(r["all_histogram"]["counts"]) == r["buffers"]
    assert runs["floor"]["model_us"] == {}  # nothing ran a model
    assert 0 < runs["gate"]["model_us"]["n"] <= runs["gate"]["buffers"]
    assert 0 < runs["python"]["model_us"]["n"] <= runs["python"]["buffers"]
    assert [runs[name]["native"] for name in runs] == [True, True, False]
    assert "| idle, the gate |" in capsys.readouterr().out
    assert drawn.read_bytes().startswith(b"\x89PNG")


@pytest.mark.audio
@pytest.mark.qt
@pytest.mark.parametrize("load", ["hogged", "window"])
def test_loads_work_while_the_stream_runs(load: str, toy_folder: str) -> None:
    """The gate's compiled callback goes on beside a busy thread and a window, and the window draws."""
    needs_jackd()
    asked = {"subject": "gate", "load": load, "rate_hz": None, "seconds": MOMENT_S, "preset": toy_folder}
    with JackServer(RATE, 256):
        found = child.run("benchmarks.stream_run", {**asked, "input": None, "output": None})
    assert found["buffers"] > 0 and not found["ended"]
    assert (found["drawn"] > 0) == (load == "window")
    assert found["host_api"] == "JACK" and found["buffer_frames"] == 256


@pytest.mark.audio
def test_a_rate_that_cannot_be_had_is_named(toy_folder: str) -> None:
    """A server has one rate: another one is absent with the server's reason, and with nothing else that is an error."""
    needs_jackd()
    with (
        JackServer(RATE, 256),
        pytest.raises(BenchError, match=r"the JACK server runs at 48000 Hz, not at 96000 Hz"),
    ):
        stream.measure(**ASKED | {"rates": [96_000], "preset": toy_folder})


@pytest.mark.audio
@pytest.mark.slow
def test_gate_live_is_heard_and_its_memory_read(toy_folder: str) -> None:
    """The other client hears sound through gate-live, which ends afterwards."""
    needs_jackd()
    with JackServer(RATE, 256) as server:
        found = child.run(
            "benchmarks.stream_start", {"preset": toy_folder, "seconds": MOMENT_S, "cache": None}
        )
        assert not [port for port in server.ports() if port.startswith(("learned-gate", stream_start.EAR))]
    assert found["rate_hz"] == RATE and found["first_sound_s"] > 0.0
    assert found["peak_mb"] >= found["resident_mb"] > 0.0


@pytest.mark.audio
def test_a_gate_live_that_does_not_start_gives_its_last_words() -> None:
    """What gate-live says of its failure is in the benchmark's."""
    needs_jackd()
    with (
        JackServer(RATE, 256),
        pytest.raises(BenchError, match=r"it said: gate-live: error: expected a preset's name"),
    ):
        child.run("benchmarks.stream_start", {"preset": "nobody", "seconds": 0.1, "cache": None})


@pytest.mark.parametrize("rate_hz", [RATE, 192_000])
def test_floor_and_gate_hear_the_same_speech(rate_hz: int, toy) -> None:
    """Whatever comes in, the floor gives the speech as it is, and the gate runs its model on it."""
    from benchmarks.stream_players import NativePlayer, speech

    x, n = np.zeros((rate_hz // 100, 1), np.float32), rate_hz // 100
    with NativePlayer(toy, rate_hz, copies=True) as floor, NativePlayer(toy, rate_hz, copies=False) as gate:
        heard = []
        for player in (floor, gate):
            for begun in (True, False):
                out = np.empty_like(x)
                player.play(x, out)
                if begun:  # the fade in is over
                    player.begin()
            heard.append(out[:, 0])
        assert np.array_equal(heard[0], speech(rate_hz)[n : 2 * n])
        counts = floor.end(), gate.end()
    assert [c["buffers"] for c in counts] == [1, 1]
    assert [int(c["histogram_ran"].sum()) for c in counts] == [0, 1]
    assert np.all(np.abs(heard[1]) <= np.abs(heard[0]))


def test_speech_begins_anew_and_a_long_buffer_is_copied(toy) -> None:
    """The memory of speech is a ring; a buffer longer than all of it is what came in."""
    from benchmarks.stream_players import NativePlayer, speech

    rate_hz = 8_000
    whole = speech(rate_hz)
    x = np.full((len(whole) + 1, 1), 0.25, np.float32)
    with NativePlayer(toy, rate_hz, copies=True) as floor:
        for expected in (whole, whole):
            out = np.empty((len(whole), 1), np.float32)
            floor.play(x[:-1], out)
            assert np.array_equal(out[1000:, 0], expected[1000:])  # behind the fade
        out = np.empty_like(x)
        floor.play(x, out)
        assert np.array_equal(out, x)


@pytest.mark.parametrize(("rate_hz", "share"), [(RATE, 1.0), (192_000, 0.25)])
def test_the_python_callback_runs_the_model_once_a_block(rate_hz: int, share: float, toy) -> None:
    """Every buffer of 100 at 48 kHz, every fourth at 192 kHz; what the system flagged and what came late is counted."""
    from benchmarks.stream_python import PythonPlayer, speech

    player = PythonPlayer(toy, rate_hz, seconds=1.0)
    x, out = np.zeros((100, 1), np.float32), np.empty((100, 1), np.float32)
    player.python_callback(x, out, 100, None, 0)
    player.begin()
    for k in range(100):
        player.python_callback(x, out, 100, None, 0x4 if k == 7 else 0x10)
    found = player.end()
    assert (found["buffers"], found["flagged"], player.buffers()) == (100, 1, 101)
    assert int(found["histogram"].sum()) == 100
    assert int(found["histogram_ran"].sum()) == 100 * share
    assert found["due_ns"] == 100 * (100 * 1_000_000_000 // rate_hz)
    piece = speech(rate_hz)[10_000:10_100]
    assert np.all(np.abs(out[:, 0]) <= np.abs(piece))


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--jack-dummy", "--input", "0"], "expected a device or --jack-dummy, got both"),
        (["--buffer", "64"], "expected --buffer with --jack-dummy, got --buffer 64"),
        (["--loads", "noise"], "invalid choice: 'noise'"),
    ],
)
def test_options_that_do_not_go_together_are_2(
    words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """A usage error, before anything is measured."""
    assert cli.main(["stream", *words]) == 2
    assert said in capsys.readouterr().err


def _nothing_there(*wishes: object) -> None:
    raise SoundDeviceError("no input device: there is no sound device at all; connect one")


@pytest.fixture
def silent_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """No sound system, and nothing that measures."""
    from gate.soundsystem import devices

    monkeypatch.setattr(devices, "resolve_pair", _nothing_there)
    for name, module in stream_commands().items():
        monkeypatch.setattr(module, "measure", lambda name=name, **asked: getattr(records, name)())


def stream_commands() -> dict[str, Any]:
    from benchmarks.commands import COMMANDS

    return COMMANDS


@pytest.mark.usefixtures("silent_machine")
@pytest.mark.parametrize(
    ("words", "there"),
    [([], False), (["--stream-jack-dummy"], True), (["--stream-input", "card"], True)],
)
def test_all_has_it_where_there_is_sound(
    words: list[str], there: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without a sound system it is left out, with the reason and the remedy; asked for by name it is there, or fails."""
    assert cli.main(["all", "--out", str(tmp_path), *words]) == 0
    assert ("stream" in json.loads((tmp_path / "results.json").read_text())) == there
    said = capsys.readouterr().err
    assert ("gate-bench: stream is left out: no input device" in said) == (not there)
    assert ("give --stream-jack-dummy" in said) == (not there)


def test_without_a_window_s_libraries_the_rest_is_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is not installed is named with the remedy, and left out of the loads."""
    asked: list[str] = []

    def run(module: str, given: dict[str, Any]) -> dict[str, Any]:
        asked.append(given["load"])
        return {"refused": "no"}

    monkeypatch.setattr(stream.importlib.util, "find_spec", lambda name: None)
    monkeypatch.setattr(stream.child, "run", run)
    with pytest.raises(BenchError, match=r"PyQt6 and pyqtgraph not installed; pip install .*\[panel\]"):
        stream.measure(**ASKED | {"loads": ["window", "idle"]})
    assert asked == ["idle"]


@pytest.mark.audio
def test_a_server_that_does_not_come_up_is_an_error_and_leaves_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Its last words are in the text; the environment is what it was."""
    from benchmarks import stream_jack

    needs_jackd()
    server = stream_jack.DummyServer(RATE, 256)
    server._driver = ["-d", "nobody"]
    before = dict(os.environ)
    with pytest.raises(BenchError, match=r"expected jackd to come up"), server:
        pass
    assert dict(os.environ) == before
    monkeypatch.setattr(stream_jack.shutil, "which", lambda name: None)
    with pytest.raises(BenchError, match=r"apt install jackd2"), stream_jack.DummyServer(RATE, 256):
        pass
