"""Convert a live gate to a session, and apply a session to a live gate."""

from collections.abc import Iterable
from typing import Protocol

from gate.engine.guard import MODES, check_class, find
from gate.engine.settings import check_key
from gate.live.live import Live
from gate.modelfile.preset import resolve
from gate.parameters import BY_ID, FOLLOWS, PARAMETERS
from gate.plugins.plugin import Plugin
from gate.plugins.registry import from_dict, state_of
from gate.session.session import GATE, Session, Slot, absolute

MidiSetting = tuple[str | None, tuple[str, ...]]
"""Name of a port, None for no MIDI, and a map, as a session stores them."""


class Midi(Protocol):
    """The MIDI of a gate: ``gate.midi.hands.Hands``, or where there is no MIDI, ``NoMidi``."""

    @property
    def setting(self) -> MidiSetting:
        """Port and map, with what was learned."""

    def take(self, port: str | None, map: Iterable[str]) -> None:
        """Set another port and map."""


class NoMidi:
    """Port and map where there is no MIDI: stored, so that the next session has them."""

    def __init__(self, port: str | None = None, map: Iterable[str] = ()) -> None:
        """Store a port and a map."""
        self.take(port, map)

    @property
    def setting(self) -> MidiSetting:
        """Port and map, as they were stored."""
        return self._setting

    def take(self, port: str | None, map: Iterable[str]) -> None:
        """Store another port and map."""
        self._setting = (port, tuple(map))


def capture(live: Live, midi: Midi | None = None, *, states: bool = False) -> Session:
    """Return all settings of a live gate as a session, changes that wait for ``Live.tend`` included.

    Without ``states`` the call opens nothing and waits for nothing, and may come from any thread. Slots that were made
    of Python objects, of a kind that no file can name, are left out.

    Args:
        live: the gate.
        midi: the MIDI of the gate; None: the session has no MIDI.
        states: capture third-party plugins as the state that they report, which a file stores, and not as parameters;
            that takes a while.

    Raises:
        PluginError: with ``states``, if a plugin cannot be asked.
    """
    slots = live.rack.slots
    places = [_slot(live, plugin, name, states) for plugin, name in slots.names.items() if name != GATE]
    middle = list(slots.names.values()).index(GATE)
    port, bindings = (None, ()) if midi is None else midi.setting
    return Session(
        preset=live.rack.address,
        parameters=tuple((id, value) for id, value in _values(live) if value is not None),
        before=tuple(slot for slot in places[:middle] if slot.kind),
        after=tuple(slot for slot in places[middle:] if slot.kind),
        monitor=live.monitor,
        guard_model=live.rack.guard_model,
        midi_port=port,
        midi_map=bindings,
        devices=live.sources.devices,
    )


def _values(live: Live) -> Iterable[tuple[str, float | None]]:
    """Yield the gate's parameters; None for one that follows the preset."""
    said = live.rack.said
    for parameter in PARAMETERS:
        follows = parameter.id in FOLLOWS and parameter.id not in said
        yield parameter.id, None if follows else live.value(parameter.id)


def _slot(live: Live, plugin: Plugin, name: str, states: bool) -> Slot:
    """Return a plugin as a slot, with the values that it has or was asked to have."""
    if states and not plugin.complete:
        return Slot.of(plugin, name)
    values = {p.id: live.value(f"{name}.{p.id}") for p in plugin.parameters}
    changed = {p.id: values[p.id] for p in plugin.parameters if values[p.id] != p.default}
    return Slot(plugin.kind, absolute(plugin.file), plugin.bypassed, tuple(changed.items()), name)


def take_up(live: Live, session: Session, midi: Midi | None = None) -> None:
    """Apply a session, before anything plays or while it does; settings that already match are not touched.

    Where only parameters differ nothing is opened and nothing fades. Where a file plays, the devices are stored for
    later.

    Args:
        live: the gate.
        session: what is to be set.
        midi: the MIDI of the gate, which takes port and map; None: these are left alone.

    Raises:
        GateError: something in it is not available: preset and plugins are looked for before anything is changed.
        ValueError: likewise for a value.
    """
    now = capture(live, midi)
    if session == now:
        return
    rack = live.rack
    changes_gate = (session.preset, session.guard_model) != (now.preset, now.guard_model)
    preset = resolve(session.preset, "gate", live.on_event) if changes_gate else live.preset
    plugins, fresh = _plugins(live, session)
    guard = MODES[int(session.value("guard") or 0)]
    if guard != MODES[0] and (changes_gate or session.value("guard") != now.value("guard")):
        check_class(find(session.guard_model, guard), guard)
    for id, wanted in session.parameters:
        check_key(preset.contract, id, wanted)
    rack.follow({id: value for id, value in session.parameters if id in FOLLOWS})
    values = {id: value for id in BY_ID if id not in FOLLOWS and (value := session.value(id)) is not None}
    # defaults first: another preset may not take the value before it at all
    for id, value in values.items():
        if value == BY_ID[id].default != live.value(id):
            _put(live, id, value)
    if changes_gate:
        rack.change_gate(preset, session.guard_model)
    for id, value in values.items():
        if value != live.value(id):
            _put(live, id, value)
    if (session.before, session.after) != (now.before, now.after):
        _arrange(live, session, plugins, fresh)
    if session.monitor != now.monitor:
        live.set_monitor(session.monitor)
    if midi is not None and (session.midi_port, session.midi_map) != (now.midi_port, now.midi_map):
        midi.take(session.midi_port, session.midi_map)
    if session.devices != now.devices:
        live.sources.set_devices(session.devices)


def _put(live: Live, name: str, value: float) -> None:
    """Set a parameter; before anything plays at once, even where it needs a fresh plugin."""
    if live.rack.playing is None:
        live.rack.set(name, live.rack.check(name, value))
    else:
        live.set(name, value)


def _plugins(live: Live, session: Session) -> tuple[list[Plugin], set[Plugin]]:
    """Return the plugins of a session's slots, with those of the gate's own that fit; and which of them are fresh."""
    left = {plugin: name for plugin, name in live.rack.slots.names.items() if plugin is not live.rack.gate}
    wanted = list(zip((*session.before, *session.after), session.names, strict=True))
    found: list[Plugin | None] = [None] * len(wanted)
    for by_name in (True, False):
        for k, (slot, name) in enumerate(wanted):
            for plugin, its in left.items():
                same = (slot.kind, slot.file) == (plugin.kind, absolute(plugin.file))
                if found[k] is None and same and (its == name or not by_name):
                    found[k] = plugin
            if found[k] is not None:
                left.pop(found[k], None)  # type: ignore[arg-type]
    plugins = [plugin or from_dict(slot.table()) for plugin, (slot, _) in zip(found, wanted, strict=True)]
    return plugins, {plugin for plugin, known in zip(plugins, found, strict=True) if known is None}


def _arrange(live: Live, session: Session, plugins: list[Plugin], fresh: set[Plugin]) -> None:
    """Give plugins the places and names that a session says, and set those that are not fresh."""
    rack, middle = live.rack, len(session.before)
    names = dict(zip(plugins, session.names, strict=True))
    if tuple(plugins) != tuple(plugin for plugin in rack.slots.plugins if plugin is not rack.gate) or any(
        rack.slots.names.get(plugin) != name for plugin, name in names.items()
    ):
        rack.arrange(plugins[:middle], plugins[middle:], names)
    for plugin, slot in zip(plugins, (*session.before, *session.after), strict=True):
        if plugin not in fresh:
            _bring(live, plugin, slot)


def _bring(live: Live, plugin: Plugin, slot: Slot) -> None:
    """Apply a slot's settings to a plugin that is in the chain."""
    name, values = live.rack.slots.names[plugin], dict(slot.parameters)
    if slot.state and (state := state_of(slot.kind, slot.state)) != plugin.state:
        plugin.state = state
    for parameter in plugin.table() if slot.state else plugin.parameters:
        value = values.get(parameter.id, parameter.default)
        if value is not None and value != live.value(f"{name}.{parameter.id}"):
            _put(live, f"{name}.{parameter.id}", value)
    if plugin.bypassed != slot.bypassed:
        plugin.bypassed = slot.bypassed
