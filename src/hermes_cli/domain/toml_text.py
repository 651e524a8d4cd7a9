"""Parse TOML text to tables, and check their keys and types, with errors that name the file and the line."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from typing import Any

from hermes_cli.domain.contract.errors import InvalidInput
from hermes_cli.domain.contract.names import did_you_mean

from .error_collector import ErrorCollector
from .merge_markers import HOW_TO_RESOLVE, UNRESOLVED, is_conflict

Table = Mapping[str, Any]

_HEADER = re.compile(r"\s*\[+\s*([^\]]+?)\s*\]+")
_EXAMPLES = {str: '"…"', bool: "true", list: '["…"]'}
_TYPES = {str: "a string", bool: "true or false", list: "a list of strings", dict: "a table"}


def parse_toml(text: str, where: str) -> dict[str, Any]:
    """Parse a TOML document; `where` names its file. Raises `InvalidInput` with the line."""
    try:
        # Editors on Windows put a byte order mark in front.
        data: dict[str, Any] = tomllib.loads(text.removeprefix("\ufeff"))
    except tomllib.TOMLDecodeError as error:
        lines = text.splitlines()
        found = re.search(r"\(at line (\d+), column \d+\)", str(error))
        number = int(found[1]) if found else len(lines)  # else it is at the end
        if is_conflict(text, number):
            raise InvalidInput(f"{where}:{number}: {UNRESOLVED}", hint=HOW_TO_RESOLVE) from None
        reason = str(error).split(" (at ")[0]
        there = lines[number - 1] if number <= len(lines) else ""
        raise InvalidInput(
            f"{where}:{number}: not valid TOML: {reason}", hint=_correction(reason, there)
        ) from None
    return data


def _correction(reason: str, line: str) -> str:
    """Return the way to correct a line, for what people forget: a bracket, or the quotes of a text."""
    bare = re.fullmatch(r"\s*([\w.-]+)\s*=\s*([^\W\d][\w-]*)\s*(#.*)?", line)
    if reason == "Invalid value" and bare:
        return f'text goes in quotes: {bare[1]} = "{bare[2]}"'
    if reason == "Unclosed array":
        return "end the list that begins here or above with ]"
    header = re.fullmatch(r"\s*(\[\[?)\s*([\w.-]+)\s*\]?\s*(#.*)?", line)
    if reason.endswith("declaration") and header:
        end = "]" * len(header[1])
        return f"close it with {end}: {header[1]}{header[2]}{end}"
    return "correct that line"


def line_of(text: str, table: str, key: str) -> int | None:
    """Return the line number of a key of a table, where it can be found without a full parser."""
    current = ""
    for number, line in enumerate(text.splitlines(), 1):
        header = _HEADER.match(line)
        if header:
            current = header[1].replace('"', "")
            if current == (f"{table}.{key}" if table else key):
                return number
        elif current == table and _begins_with(line, key):
            return number
    return None


def _begins_with(line: str, key: str) -> bool:
    """Return whether a line gives a value to this key, or to one below it."""
    start = _unquoted(line.lstrip())
    rest = _unquoted(start.removeprefix(key)).lstrip()
    return start.startswith(key) and rest.startswith(("=", "."))


def _unquoted(text: str) -> str:
    return text[1:] if text.startswith(("'", '"')) else text


def place(where: str, text: str, table: str, key: str) -> str:
    """`file:line` of a key, or the file alone."""
    line = line_of(text, table, key)
    return f"{where}:{line}" if line else where


def check_keys(table: Table, known: Iterable[str], *, name: str, where: str, text: str) -> None:
    """Raise `InvalidInput` for the unknown keys of a table, with a suggestion."""
    known = list(known)
    errors = ErrorCollector()
    for key in table:
        if key not in known:
            inside = f" in [{name}]" if name else ""
            with errors:
                raise InvalidInput(
                    f"{place(where, text, name, key)}: unknown key {key!r}{inside}",
                    hint=did_you_mean(key, known),
                    note="known are: " + ", ".join(known),
                )
    errors.raise_first()


def take(table: Table, key: str, kind: type, *, name: str, where: str, text: str) -> Any:
    """Return a key's value if it is there and of this kind. Raises `InvalidInput` for another kind."""
    value = table.get(key)
    if value is None:
        return None
    fits = isinstance(value, kind) and not (
        isinstance(value, list) and any(not isinstance(item, str) for item in value)
    )
    if not fits:
        full = f"{name}.{key}" if name else key
        raise InvalidInput(
            f"{place(where, text, name, key)}: {full} must be {_TYPES[kind]}",
            hint=f"write {key} = {_EXAMPLES[kind]}" if kind is not dict else f"write [{full}]",
        )
    return value
