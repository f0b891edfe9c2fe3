"""The slots of a live chain: plugins in order, each with a name that stays, and facts about each."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from gate.errors import UsageError
from gate.parameters import BY_ID, Parameter
from gate.plugins.plugin import Plugin
from gate.session.session import BYPASS, name_all


@dataclass(frozen=True)
class SlotFacts:
    """Facts about one slot, at one moment.

    Attributes:
        name: its own among all: the plugin's kind, and a number from the second of a kind on.
        kind: of plugin (``gate.plugins.registry``).
        file: what the plugin is made of, or empty.
        bypassed: is its input heard in place of its output?
        latency_samples: by which it delays the sound.
        parameters: what can be set, in order: range, unit and help of each.
        values: of the parameters, in their order.
        trouble: what is wrong with it, one sentence; empty when all is well.
    """

    name: str
    kind: str
    file: str
    bypassed: bool
    latency_samples: int
    parameters: tuple[Parameter, ...]
    values: tuple[float, ...]
    trouble: str = ""

    def __str__(self) -> str:
        """Return one line: "highpass: cutoff 80.0 Hz"."""
        said = [self.file] if self.file else []
        pairs = zip(self.parameters, self.values, strict=True)
        said += [f"{p.id} {p.text(value)}" for p, value in pairs if p.default is None or value != p.default]
        line = f"{self.name}{' (bypassed)' if self.bypassed else ''}: {', '.join(said) or 'as usual'}"
        return f"{line}; {self.trouble}" if self.trouble else line

    def to_dict(self) -> dict[str, Any]:
        """Return the facts for JSON."""
        values = {p.id: value for p, value in zip(self.parameters, self.values, strict=True)}
        return {
            "name": self.name,
            "kind": self.kind,
            "file": self.file,
            "bypassed": self.bypassed,
            "latency_samples": self.latency_samples,
            "parameters": values,
            "trouble": self.trouble,
        }


class Slots:
    """Plugins in order, with names; never changed: each change makes another object."""

    def __init__(self, plugins: Iterable[Plugin] = (), names: dict[Plugin, str] | None = None) -> None:
        """Name the plugins that have no name in ``names``."""
        self.plugins, given = tuple(plugins), names or {}
        kinds = [plugin.kind or type(plugin).__name__.casefold() for plugin in self.plugins]
        called = name_all(kinds, [given.get(plugin, "") for plugin in self.plugins])
        self.names = dict(zip(self.plugins, called, strict=True))

    def __len__(self) -> int:
        """Return the number of slots."""
        return len(self.plugins)

    def find(self, which: int | str) -> Plugin:
        """Return a plugin by its number from 0 or by its name.

        Raises:
            UsageError: there is no such slot.
        """
        text = str(which)
        if text.removeprefix("-").isdecimal():
            if not 0 <= int(text) < len(self.plugins):
                raise UsageError(f"expected a slot from 0 to {len(self.plugins) - 1}, got {which}; {self}")
            return self.plugins[int(text)]
        for plugin, name in self.names.items():
            if name == which:
                return plugin
        raise UsageError(f"there is no slot {which!r}; {self}")

    def parameter(self, name: str) -> tuple[Plugin, Parameter]:
        """Return the plugin and the parameter of a name such as "highpass.cutoff".

        Raises:
            UsageError: there is no such slot or parameter.
        """
        slot, _, id = name.partition(".")
        plugin = self.find(slot)
        known = {parameter.id: parameter for parameter in (*plugin.parameters, BY_ID[BYPASS])}
        if id not in known:
            raise UsageError(f"slot {slot} has no parameter {id!r}; it has {', '.join(known)}")
        return plugin, known[id]

    def added(self, index: int, plugin: Plugin) -> "Slots":
        """Return these slots with one more, before the slot of that number; the number of slots means the end.

        Raises:
            UsageError: there is no such place.
        """
        self._place(index, len(self.plugins))
        return self._with([*self.plugins[:index], plugin, *self.plugins[index:]])

    def removed(self, plugin: Plugin) -> "Slots":
        """Return these slots without that plugin."""
        return self._with([one for one in self.plugins if one is not plugin])

    def moved(self, plugin: Plugin, to: int) -> "Slots":
        """Return these slots with a plugin in another place, counted without that plugin.

        Raises:
            UsageError: there is no such place.
        """
        self._place(to, len(self.plugins) - 1)
        others = [one for one in self.plugins if one is not plugin]
        return self._with([*others[:to], plugin, *others[to:]])

    def replaced(self, old: Plugin, new: Plugin) -> "Slots":
        """Return these slots with another plugin in the place, and under the name, of an old one."""
        return Slots(
            [new if one is old else one for one in self.plugins], self.names | {new: self.names[old]}
        )

    def _with(self, plugins: Sequence[Plugin]) -> "Slots":
        return Slots(plugins, self.names)

    def _place(self, index: int, last: int) -> None:
        if not 0 <= index <= last:
            raise UsageError(f"expected a place from 0 to {last}, got {index}; {self}")

    def __str__(self) -> str:
        """Return all slots by number and name."""
        return f"there are {', '.join(f'{k} {self.names[one]}' for k, one in enumerate(self.plugins))}"
