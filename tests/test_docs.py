"""What the documents promise is there."""

import json
import re
import stat
from pathlib import Path

import pytest

from gate.modelfile import metadata

ROOT = Path(__file__).resolve().parent.parent
PAGES = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), ROOT / "presets" / "README.md"]
COMMANDS = ("scripts/demo", "scripts/test", "scripts/check", ".ci/run")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_links_lead_somewhere(page: Path) -> None:
    """Every link to a file of the repository leads to one."""
    targets = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text())
    lost = [target for target in targets if not (page.parent / target).exists()]
    assert not lost


@pytest.mark.parametrize("command", COMMANDS)
def test_commands_can_be_run(command: str) -> None:
    """The commands that the README names are there, executable, and bash."""
    path = ROOT / command
    assert path.stat().st_mode & stat.S_IXUSR
    assert path.read_text().startswith("#!/usr/bin/env bash\n")


def test_architecture_s_metadata_keeps_the_contract() -> None:
    """The metadata shown in docs/architecture.md is what the contract takes."""
    text = (ROOT / "docs" / "architecture.md").read_text()
    block = re.search(r"```json\n(.*?)```", text, re.DOTALL)
    assert block is not None
    shown = json.loads(block[1])
    assert metadata.read_kind(shown) == "gate"
    assert metadata.read_fields(shown, "gate")["name"] == "voice"
