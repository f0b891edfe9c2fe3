"""The toy third-party plugin, compiled once."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests import toy_vst3


@pytest.fixture(scope="session")
def toys(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Bundles by their ``-D`` options."""
    folder, made = tmp_path_factory.mktemp("vst3"), dict[tuple[str, ...], Path]()

    def build(*defines: str) -> Path:
        if defines not in made:
            made[defines] = toy_vst3.build(folder, *defines)
        return made[defines]

    return build
