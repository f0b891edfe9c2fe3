"""What docs/live.md tells people to copy and to type is taken by what it is for."""

import configparser
import re
import shlex
from pathlib import Path
from typing import Any

import pytest

from gate.cli.live_lines import MIDI_WORDS, WORDS
from gate.cli.live_options import NUMBERS, parser
from gate.cli.options import join_numbers
from gate.soundsystem.jack_stream import CLIENT_NAME

ROOT = Path(__file__).resolve().parents[3]
PAGE = ROOT / "docs" / "live.md"
UNIT = ROOT / "docs" / "live" / "learned-gate.service"
SNIPPET = ROOT / "docs" / "live" / "gated-microphone.conf"

RUNNERS = ("pw-jack",)
"""What a command line may begin with before gate-live; its options follow it."""


def gate_arguments(line: str) -> list[str] | None:
    """What gate-live is given on a line of shell, or None where it is not called."""
    words = shlex.split(line, comments=True)
    while words and re.fullmatch(r"[A-Z_]+=\S*", words[0]):  # a variable for the command
        words = words[1:]
    if words and words[0] in RUNNERS:
        words = words[1:]
        while words and words[0].startswith("-"):
            words = words[2:]
    if not words or Path(words[0]).name != "gate-live":
        return None
    return words[1:]


def shell_lines() -> list[str]:
    """The lines of the page's shell blocks."""
    blocks = re.findall(r"```sh\n(.*?)```", PAGE.read_text(), re.DOTALL)
    return [line for block in blocks for line in block.replace("\\\n", " ").splitlines() if line.strip()]


def inline_commands() -> list[str]:
    """What stands in `...` in the text and begins with gate-live or pw-jack."""
    text = re.sub(r"```sh\n.*?```", "", PAGE.read_text(), flags=re.DOTALL)
    return [code for code in re.findall(r"`([^`\n]+)`", text) if re.match(r"(pw-jack .*)?gate-live ", code)]


CALLS = [line for line in (*shell_lines(), *inline_commands()) if gate_arguments(line) is not None]


def test_the_page_has_commands() -> None:
    """Or the test of each of them would be one of nothing; both ways of writing them are found."""
    assert len(CALLS) > 12
    assert any(line.startswith("pw-jack -p") for line in CALLS)
    assert any("--list-devices" in line for line in CALLS)


@pytest.mark.parametrize("line", CALLS)
def test_command_lines_are_taken(line: str) -> None:
    """gate-live takes every command line of the page."""
    arguments = gate_arguments(line)
    assert arguments is not None
    parser().parse_args(join_numbers(arguments, NUMBERS))


def test_a_wrong_command_line_would_be_found() -> None:
    """An option that gate-live has not is refused, as it is read here."""
    arguments = gate_arguments('PIPEWIRE_LATENCY=128/48000 pw-jack -p 64 gate-live --loud "very"  # so')
    assert arguments == ["--loud", "very"]
    with pytest.raises(SystemExit):
        parser().parse_args(arguments)


def test_typed_commands_are_known() -> None:
    """Every word of the table of typed commands is one that the help shows or the display takes."""
    rows = re.search(r"\| type \| and \|\n\|---\|---\|\n((?:\|.*\n)+)", PAGE.read_text())
    assert rows is not None
    first_cells = [row.split("|")[1] for row in rows[1].splitlines()]
    typed = [code for cell in first_cells for code in re.findall(r"`([^`]+)`", cell)]
    known = {*WORDS, *MIDI_WORDS, "quit", "highpass.cutoff"}
    assert known >= {code.split()[0] for code in typed}
    assert all(f"`{word}" in PAGE.read_text() for word in known)


def read_unit() -> configparser.ConfigParser:
    """The unit; a key that stands twice is an error."""
    unit = configparser.ConfigParser(interpolation=None, delimiters=("=",), comment_prefixes=("#", ";"))
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read_string(UNIT.read_text())
    return unit


def test_the_unit_runs_the_gate_without_a_terminal() -> None:
    """It parses, calls gate-live by what it takes, needs no standard input, and does not repeat a usage error."""
    unit = read_unit()
    assert unit.sections() == ["Unit", "Service", "Install"]
    service = unit["Service"]
    arguments = gate_arguments(service["ExecStart"].replace("%h", "/home/somebody"))
    assert arguments is not None
    options = parser().parse_args(join_numbers(arguments, NUMBERS))
    assert options.output == microphone()["node.description"]
    assert service["StandardInput"] == "null"
    assert (service["Restart"], service["RestartPreventExitStatus"]) == ("on-failure", "2")
    assert unit["Install"]["WantedBy"] == "default.target"


def read_spa(text: str) -> Any:
    """SPA-JSON, loosely: objects, arrays and bare or quoted words; ``=``, ``:`` and ``,`` are space."""
    tokens = re.findall(r'"[^"]*"|[{}\[\]]|[^\s={}\[\],:"]+', re.sub(r"(?m)^\s*#.*$", "", text))
    tokens = ["{", *tokens, "}"]

    def value() -> Any:
        token = tokens.pop(0)
        if token == "[":
            items = []
            while tokens[0] != "]":
                items.append(value())
            tokens.pop(0)
            return items
        if token == "{":
            pairs = {}
            while tokens[0] != "}":
                key = tokens.pop(0).strip('"')
                assert key not in "{}[]" and key not in pairs, key
                pairs[key] = value()
            tokens.pop(0)
            return pairs
        assert token not in "}]", tokens
        return token.strip('"')

    whole = value()
    assert not tokens
    return whole


def microphone() -> dict[str, Any]:
    """What the snippet makes."""
    (made,) = read_spa(SNIPPET.read_text())["context.objects"]
    assert made["factory"] == "adapter"
    properties: dict[str, Any] = made["args"]
    return properties


def test_the_snippet_makes_a_microphone() -> None:
    """A source that others can choose, fed by what plays into it, under a name that gate-live lists."""
    made = microphone()
    assert made["factory.name"] == "support.null-audio-sink"
    assert made["media.class"] == "Audio/Source/Virtual"
    assert made["audio.position"] == ["MONO"]
    assert not made["node.description"].startswith(CLIENT_NAME)


@pytest.mark.parametrize("path", [UNIT, SNIPPET], ids=lambda path: path.name)
def test_the_page_names_its_files(path: Path) -> None:
    """Whoever reads the page is led to each file beside it."""
    assert f"docs/live/{path.name}" in PAGE.read_text()
