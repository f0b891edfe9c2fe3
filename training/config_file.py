"""A configuration as a TOML file: read into a dataclass, with an error that names the key."""

import dataclasses
import difflib
import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any


class ConfigError(ValueError):
    """A key that does not exist, or a value of another type than its default's."""


def load(path: Path, kind: type, changes: Sequence[str] = ()) -> Any:
    """Read a TOML file, apply ``table.key=value`` changes (values as TOML), and check every key and type.

    Args:
        path: the TOML file.
        kind: the frozen dataclass that the file describes; every field of it, and of those inside, has a default.
        changes: to single settings.

    Raises:
        ConfigError: the file cannot be read or is not TOML, a key is unknown (close names
            are listed) or a value has the wrong type.
    """
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
        for change in changes:
            key, _, value = change.partition("=")
            *parents, last = key.split(".")
            table = tables
            for parent in parents:
                table = table.setdefault(parent, {})
            table[last] = tomllib.loads(f"x = {value}")["x"]
    except OSError as error:
        why = error.strerror or error
        raise ConfigError(
            f"expected a TOML file, such as training/configs/voice.toml, got {path}: {why}"
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"expected TOML in {path} and in --set (table.key=value), got: {error}") from error
    return from_dict(kind, tables)


def from_dict(kind: type, table: dict[str, Any], where: str = "") -> Any:
    """Make a frozen dataclass from nested dictionaries, every key and type checked against the defaults."""
    default, values = kind(), {}
    names = [f.name for f in dataclasses.fields(kind)]
    for key, value in table.items():
        if key not in names:
            close = difflib.get_close_matches(key, names) or names
            raise ConfigError(f"unknown key {where}{key}; did you mean {', '.join(close)}?")
        expected = getattr(default, key)
        if dataclasses.is_dataclass(expected):
            values[key] = from_dict(type(expected), value, f"{where}{key}.")
            continue
        values[key] = _checked(value, expected, f"{where}{key}")
    return dataclasses.replace(default, **values)


def _checked(value: Any, expected: Any, key: str) -> Any:
    if isinstance(expected, tuple) and isinstance(value, list):
        return tuple(value)
    if isinstance(expected, float) and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if type(value) is not type(expected):
        raise ConfigError(
            f"expected {type(expected).__name__} for {key}, got {value!r}; the default is {expected!r}"
        )
    return value
