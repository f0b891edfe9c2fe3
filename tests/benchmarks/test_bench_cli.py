"""gate-bench as its user meets it: what it takes, prints, writes and refuses. Figures are not looked at."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from benchmarks import child, cli, peers
from benchmarks.commands import COMMANDS
from benchmarks.errors import BenchError
from tests import toy_model
from tests.benchmarks import records

ROOT = Path(__file__).resolve().parents[2]
COLD = {"matplotlib", "onnxruntime", "numba", "torch", "scipy", "sounddevice"}


@pytest.fixture
def made_up(monkeypatch: pytest.MonkeyPatch) -> dict[str, dict[str, Any]]:
    """No benchmark measures: each gives made-up results, and what it was asked is kept."""
    asked: dict[str, dict[str, Any]] = {}

    def fake(name: str) -> Any:
        def measure(**options: Any) -> Any:
            asked[name] = options
            return getattr(records, name)()

        return measure

    for name, module in COMMANDS.items():
        monkeypatch.setattr(module, "measure", fake(name))
    return asked


@pytest.mark.parametrize(
    "arguments", [["--help"], ["all", "--help"], *([name, "--help"] for name in COMMANDS)]
)
def test_help_is_there(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """Every command has its help, and no command is listed that is not there."""
    assert cli.main(arguments) == 0
    assert "gate-bench" in capsys.readouterr().out


def test_help_loads_nothing_heavy() -> None:
    """The command reads its arguments before it loads compiler, plots or sound."""
    code = (
        "import sys, benchmarks.cli; benchmarks.cli.parser(); print(*{m.split('.')[0] for m in sys.modules})"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert not COLD & set(done.stdout.split())


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "expected a command, got none"),
        (["fast"], "invalid choice: 'fast'"),
        (["block", "--rates", "7999"], "expected a whole number from 8000 to 192000, got '7999'"),
        (["block", "--seconds", "0"], "expected a number over 0, got '0'"),
        (["latency", "--latency", "soon"], "expected low, high or seconds, got 'soon'"),
    ],
)
def test_usage_is_2_and_says_what_was_expected(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Wrong arguments end with 2 and a sentence before anything is measured."""
    assert cli.main(arguments) == 2
    assert words in capsys.readouterr().err


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_prints_its_page_and_writes_record_and_picture(
    name: str, made_up: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Markdown on the terminal, the record as JSON, a PNG."""
    made, drawn = tmp_path / "record.json", tmp_path / "picture.png"
    assert cli.main([name, "--json", str(made), "--picture", str(drawn)]) == 0
    found = json.loads(made.read_text())
    assert found[name] == getattr(records, name)()
    assert found["command"].startswith(f"gate-bench {name} --json ")
    assert set(found) == {"command", "date", "machine", name}
    assert drawn.read_bytes().startswith(b"\x89PNG")
    assert "\n## " in capsys.readouterr().out


def test_all_writes_page_record_and_picture_and_hands_options_on(
    made_up: dict[str, Any], tmp_path: Path
) -> None:
    """Three files; an option of a benchmark has its name before it."""
    words = [
        "all",
        "--out",
        str(tmp_path),
        "--block-seconds",
        "3",
        "--latency-input",
        "2",
        "--peers-preset",
        "kick",
        "--stream-jack-dummy",
    ]
    assert cli.main(words) == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["RESULTS.md", "results.json", "results.png"]
    assert list(made_up) == list(COMMANDS)
    assert made_up["block"]["seconds"] == 3.0
    assert made_up["block"]["rates"] == [44_100, 48_000, 96_000, 192_000]
    assert made_up["latency"]["input"] == 2
    assert made_up["peers"]["preset"] == "kick"
    assert made_up["render"]["preset"] == "voice"


def test_nothing_is_replaced_without_force(
    made_up: dict[str, Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A file in the way is found before anything is measured."""
    made = tmp_path / "record.json"
    made.write_text("mine")
    assert cli.main(["render", "--json", str(made)]) == 1
    assert "gate-bench: error: " in (said := capsys.readouterr().err)
    assert "exists already" in said
    assert (made.read_text(), made_up) == ("mine", {})
    assert cli.main(["render", "--json", str(made), "--force"]) == 0
    assert cli.main(["all", "--out", str(tmp_path / "nowhere")]) == 1
    assert "create it first" in capsys.readouterr().err


@pytest.mark.parametrize(
    "words",
    [["latency", "--preset", "nobody"], ["peers", "--preset", "nobody"], ["block", "--presets", "nobody"]],
)
def test_a_preset_that_is_not_there_is_one_sentence(
    words: list[str], made_up: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    """What the gate says of it, with 1, no traceback, and before anything is measured."""
    assert cli.main(words) == 1
    assert capsys.readouterr().err.startswith("gate-bench: error: expected a preset's name")
    assert not made_up


def test_a_preset_of_one_s_own_needs_its_sound(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A name that says nothing is a usage error with the remedy; with it, the table comes."""
    folder = str(toy_model.write_preset(tmp_path / "mine", "mine"))
    words = ["latency", "--preset", folder, "--rate", "8000", "--buffers", "100"]
    assert cli.main(words) == 2
    assert "give --onset" in capsys.readouterr().err
    assert cli.main([*words, "--onset", "voice"]) == 0
    assert "| mine, voice | 8 | 100 | " in capsys.readouterr().out


def test_a_child_that_fails_gives_its_last_words() -> None:
    """What went wrong in a measuring process is one sentence here."""
    with pytest.raises(BenchError, match=r"exit code 1: expected a preset's name"):
        child.run("benchmarks.peers", {"preset": "nobody", "seconds": 1.0, "repeats": 1})
    with pytest.raises(BenchError, match=r"exit code 1: TypeError: "):
        child.run("benchmarks.peers", {})


def test_peers_are_measured_or_named(tmp_path: Path) -> None:
    """Every peer is a row or has its reason; ours is 1 times itself, the floor is under it."""
    from training.judging.peers import PEERS

    found = peers.measure(preset=str(toy_model.write_preset(tmp_path / "toy")), seconds=0.6, repeats=1)
    names = [row["name"] for row in found["rows"]]
    for peer in PEERS:
        assert peer.name in found["absent"] or any(name.startswith(peer.name) for name in names)
    ratios = {row["name"]: row["times_ours_live"] for row in found["rows"]}
    assert ratios[f"{found['preset']}, live"] == 1.0
    assert all(ratio > 0.0 for ratio in ratios.values())
    known = {row["name"]: row["decision_ms"] for row in found["rows"]}
    assert known.get("Silero VAD", 32.625) == 32.625


@pytest.mark.skipif(sys.platform != "linux", reason="callbacks are woken by Linux's clock")
def test_a_callback_s_cost_is_measured_in_a_process_of_its_own(tmp_path: Path) -> None:
    """A tenth of a second of the toy gate: every figure is there, and the model did not fail."""
    folder = str(toy_model.write_preset(tmp_path / "toy"))
    asked = {"preset": folder, "rate": 48_000, "channels": 2, "seconds": 0.1, "tight": 100}
    found = child.run("benchmarks.block", asked)
    assert (found["preset"], found["channels"], found["model_errors"]) == ("toy", 2, 0)
    assert found["model_share"] == 1.0
    assert sum(found["histograms"]["tight_model_us"].values()) == 100
    assert found["warm_model_us"]["n"] == 50
    assert set(records.TIMES) < set(found)
