"""What pip sees: one distribution, commands that exist, one ONNX Runtime, versions that agree."""

import importlib
import importlib.metadata
import itertools
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path
from typing import Any

import pytest
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).resolve().parent.parent
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
RUNTIMES = {"onnxruntime", "onnxruntime-gpu"}


def pins() -> dict[str, Version]:
    """constraints.txt: canonical name -> version."""
    lines = [line for line in (ROOT / "constraints.txt").read_text().splitlines() if line and line[0] != "#"]
    pairs = [line.split("==") for line in lines]
    return {canonicalize_name(name): Version(version) for name, version in pairs}


def requirements(*extras: str) -> list[Requirement]:
    """The base requirements and those of some extras."""
    texts = list(PROJECT["dependencies"])
    for extra in extras:
        texts += PROJECT["optional-dependencies"][extra]
    return [Requirement(text) for text in texts]


PLATFORMS = list(
    itertools.product(
        ["linux", "win32", "darwin"],
        ["x86_64", "AMD64", "aarch64", "arm64"],
        ["3.11", "3.12", "3.13", "3.14", "3.15"],
        ["CPython", "PyPy"],
    )
)

GPU_WHEELS = set(
    itertools.product(["linux"], ["x86_64"], ["3.11", "3.12", "3.13", "3.14"], ["CPython"])
) | set(itertools.product(["win32"], ["AMD64"], ["3.11", "3.12", "3.13", "3.14"], ["CPython"]))
"""What onnxruntime-gpu 1.31.1 has wheels for."""


def test_exactly_one_onnx_runtime_everywhere() -> None:
    """On every platform one of onnxruntime and onnxruntime-gpu is required, never both and never none."""
    for platform in PLATFORMS:
        names = ("sys_platform", "platform_machine", "python_version", "platform_python_implementation")
        environment = {**default_environment(), **dict(zip(names, platform, strict=True))}
        wanted = [
            r.name
            for r in requirements()
            if r.name in RUNTIMES and (r.marker is None or r.marker.evaluate(environment))
        ]
        assert wanted == ["onnxruntime-gpu" if platform in GPU_WHEELS else "onnxruntime"], platform


def test_this_environment_has_one_onnx_runtime() -> None:
    """Both at once overwrite each other's files."""
    installed = {canonicalize_name(d.metadata["Name"]) for d in importlib.metadata.distributions()}
    assert len(installed & RUNTIMES) == 1


def test_commands_resolve() -> None:
    """Every console command names a module and a function that exist."""
    assert set(PROJECT["scripts"]) >= {"gate-render", "gate-inspect"}
    for target in PROJECT["scripts"].values():
        module, function = target.split(":")
        assert callable(getattr(importlib.import_module(module), function))


def test_versions_agree() -> None:
    """pyproject, changelog and the installed distribution state the same version."""
    version = PROJECT["version"]
    changelog = (ROOT / "CHANGELOG.md").read_text()
    newest = re.search(r"^## \[(\d+\.\d+\.\d+)\]", changelog, re.MULTILINE)
    assert newest is not None
    assert newest[1] == version
    assert importlib.metadata.version("learned-gate") == version


def test_every_direct_requirement_is_pinned_within_its_bounds() -> None:
    """constraints.txt has an exact version of whatever pyproject asks for, and it satisfies what is asked."""
    pinned = pins()
    for requirement in requirements("learn", "panel", "live", "midi", "study", "peers", "dev"):
        version = pinned.get(canonicalize_name(requirement.name))
        assert version is not None, requirement.name
        assert version in requirement.specifier, requirement
    assert pinned["torch"] == Version("2.13.0")


def test_all_is_every_extra_but_the_developer_s() -> None:
    """`all` leaves no extra of a user out; what teaching is compared with is nobody's need."""
    (everything,) = (Requirement(text) for text in PROJECT["optional-dependencies"]["all"])
    assert everything.extras == set(PROJECT["optional-dependencies"]) - {"all", "peers", "dev"}


@pytest.mark.parametrize("file", ["pyproject.toml", "constraints.txt"])
def test_no_package_index_is_named(file: str) -> None:
    """Where packages come from is the user's configuration."""
    text = (ROOT / file).read_text()
    assert "index-url" not in text
    assert "http://" not in text
    assert "https://" not in text


def test_wheel_holds_the_packages_and_the_presets(tmp_path: Path) -> None:
    """The wheel has the four packages and the presets inside gate/, and nothing of the tests."""
    build = f"from hatchling.build import build_wheel; print(build_wheel({str(tmp_path)!r}))"
    done = subprocess.run(
        [sys.executable, "-c", build], cwd=ROOT, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    with zipfile.ZipFile(tmp_path / done.stdout.splitlines()[-1]) as wheel:
        names = wheel.namelist()
    tops = {name.split("/")[0] for name in names if ".dist-info/" not in name}
    assert tops == {"gate", "training", "export", "benchmarks"}
    assert not any(name.startswith("benchmarks/") and not name.endswith(".py") for name in names)
    assert "gate/py.typed" in names
    assert any(name.endswith("licenses/LICENSE") for name in names)
    for preset in (ROOT / "presets").glob("*/model.onnx"):
        assert f"gate/presets/{preset.parent.name}/model.onnx" in names
