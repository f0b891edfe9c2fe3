"""Teaching a gate: recordings, sounds, scenes, networks, the loop, and judging."""

import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec, SourceFileLoader
from types import CodeType, ModuleType

OLD_COMMANDS = {
    "training.train": "training.teach.train",
    "training.draw": "training.scenes.draw",
    "training.draw_labels": "training.studies.labels.pictures",
    "training.label_variants": "training.studies.labels.variants",
    "training.quick_figures": "training.studies.quick",
    "training.swishnet_tables": "training.studies.swishnet",
    "training.five": "training.studies.five",
}
"""Names for ``python -m`` from before modules moved into rooms, and the names of now."""


class _Moved(SourceFileLoader):
    """The source of a module that ``python -m`` finds under its old name."""

    def __init__(self, old: str, path: str) -> None:
        super().__init__(old, path)
        self.old = old

    def get_code(self, fullname: str) -> CodeType | None:
        """Return the module's code, and say on stderr what the module is called now."""
        print(f"python -m {self.old} is called python -m {OLD_COMMANDS[self.old]} now", file=sys.stderr)
        return super().get_code(fullname)


class _OldCommands:
    """A finder for the old names, and for no import but that of ``python -m``."""

    @staticmethod
    def find_spec(
        name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return where the module of an old name lies now, under the new name: so worker processes find it too."""
        from importlib.util import find_spec, spec_from_file_location

        if name not in OLD_COMMANDS:
            return None
        found = find_spec(OLD_COMMANDS[name])
        if found is not None and found.submodule_search_locations is not None:
            found = find_spec(f"{found.name}.__main__")
        if found is None or found.origin is None:
            return None
        return spec_from_file_location(found.name, found.origin, loader=_Moved(name, found.origin))


if sys.argv[:1] == ["-m"]:  # python puts this here while it looks for the module that it is to run
    sys.meta_path.insert(0, _OldCommands)  # before what an old folder, left empty, would be found as
