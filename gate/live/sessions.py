"""How a live gate stands, as a session; and from a session to a gate that stands so, with sound or before there is any."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from gate.engine.guard import MODES, check_class, find
from gate.engine.settings import check_key
from gate.modelfile.preset import resolve
from gate.parameters import BY_ID, FOLLOWS, PARAMETERS
from gate.plugins.plugin import Plugin
from gate.plugins.registry import from_dict, state_of
from gate.session.session import GATE, Session, Slot, absolute

if TYPE_CHECKING:
    from gate.live.live import Live


def capture(live: "Live", *, states: bool = False) -> Session:
    """Everything that is set now. It opens nothing and waits for nothing, unless ``states`` are asked for.

    Third-party plugins stand in their parameters, or with ``states`` in what they say of themselves, which a file keeps.

    Raises:
        PluginError: with ``states``, if a plugin cannot be asked.
    """
    slots = live.slots
    places = [_slot(live, plugin, name, states) for plugin, name in slots.names.items() if name != GATE]
    middle = list(slots.names.values()).index(GATE)
    port, bindings = live.midi
    return Session(
        preset=live.address,
        parameters=tuple((id, value) for id, value in _values(live) if value is not None),
        before=tuple(slot for slot in places[:middle] if slot.kind),
        after=tuple(slot for slot in places[middle:] if slot.kind),
        monitor=live.monitor,
        guard_model=live.guard_model,
        midi_port=port,
        midi_map=bindings,
        devices=live.wished_devices,
    )


def _values(live: "Live") -> Iterable[tuple[str, float | None]]:
    """Of the gate's parameters; None of one that follows the preset."""
    said = live.said
    for parameter in PARAMETERS:
        follows = parameter.id in FOLLOWS and parameter.id not in said
        yield parameter.id, None if follows else live.value(parameter.id)


def _slot(live: "Live", plugin: Plugin, name: str, states: bool) -> Slot:
    """What a plugin is, and where it stands or was asked to stand."""
    if states and not plugin.complete:
        return Slot.of(plugin, name)
    values = {p.id: live.value(f"{name}.{p.id}") for p in plugin.parameters}
    changed = {p.id: values[p.id] for p in plugin.parameters if values[p.id] != p.default}
    return Slot(plugin.kind, absolute(plugin.file), plugin.bypassed, tuple(changed.items()), name)


def take_up(live: "Live", session: Session) -> None:
    """Have a gate stand as a session says; what stands so already is left alone, so only what differs can be heard.

    Raises:
        GateError: something in it cannot be had: the preset and the plugins are looked for before anything is changed.
        ValueError: likewise of a value.
    """
    now = capture(live)
    if session == now:
        return
    changes_gate = (session.preset, session.guard_model) != (now.preset, now.guard_model)
    preset = resolve(session.preset, "gate", live.tell) if changes_gate else live.preset
    plugins, fresh = _plugins(live, session)
    guard = MODES[int(session.value("guard") or 0)]
    if guard != MODES[0] and (changes_gate or session.value("guard") != now.value("guard")):
        check_class(find(session.guard_model, guard), guard)
    for id, wish in session.parameters:
        check_key(preset.contract, id, wish)
    live.follow({id: value for id, value in session.parameters if id in FOLLOWS})
    values = {id: value for id in BY_ID if id not in FOLLOWS and (value := session.value(id)) is not None}
    # first what goes back to as usual: another preset may not have it at all
    for id, value in values.items():
        if value == BY_ID[id].default != live.value(id):
            live.put(id, value)
    if changes_gate:
        live.change_gate(preset, session.guard_model)
    for id, value in values.items():
        if value != live.value(id):
            live.put(id, value)
    if (session.before, session.after) != (now.before, now.after):
        middle = len(session.before)
        names = dict(zip(plugins, session.names, strict=True))
        if tuple(plugins) != tuple(plugin for plugin in live.slots.plugins if plugin is not live.gate) or any(
            live.slots.names.get(plugin) != name for plugin, name in names.items()
        ):
            live.set_slots(plugins[:middle], plugins[middle:], names)
        for plugin, slot in zip(plugins, (*session.before, *session.after), strict=True):
            if plugin not in fresh:
                _bring(live, plugin, slot)
    if session.monitor != now.monitor:
        live.set_monitor(session.monitor)
    if (session.midi_port, session.midi_map) != (now.midi_port, now.midi_map):
        live.set_midi(session.midi_port, session.midi_map)
    if session.devices != now.devices:
        live.set_devices(session.devices)


def _plugins(live: "Live", session: Session) -> tuple[list[Plugin], set[Plugin]]:
    """The plugins of a session's slots, those that are there already as far as they are of the kind; and the fresh ones."""
    left = {plugin: name for plugin, name in live.slots.names.items() if plugin is not live.gate}
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


def _bring(live: "Live", plugin: Plugin, slot: Slot) -> None:
    """Have a plugin that is in the chain stand as a slot says."""
    name, values = live.slots.names[plugin], dict(slot.parameters)
    if slot.state and (state := state_of(slot.kind, slot.state)) != plugin.state:
        plugin.state = state
    for parameter in plugin.table() if slot.state else plugin.parameters:
        value = values.get(parameter.id, parameter.default)
        if value is not None and value != live.value(f"{name}.{parameter.id}"):
            live.put(f"{name}.{parameter.id}", value)
    if plugin.bypassed != slot.bypassed:
        plugin.bypassed = slot.bypassed
