"""Reading the JSON objects that Hermes keeps in a store, from whoever wrote them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, TypeVar

from packaging.version import Version

from .errors import HermesError

SCHEMA = 1
_MAX_BYTES = 16 * 1024 * 1024
T = TypeVar("T")


class BrokenDocument(HermesError):
    """An object in a store that should be one of Hermes' documents is none (exit code 1)."""


def encode(document: Mapping[str, Any]) -> bytes:
    """The bytes of a document: the same facts give the same bytes."""
    text = json.dumps({"schema": SCHEMA, **document}, indent=2, sort_keys=True, ensure_ascii=False)
    # A branch may have a name that is no UTF-8: its odd bytes become escapes of JSON.
    return text.encode("utf-8", "backslashreplace") + b"\n"


def decode(data: bytes, where: str) -> dict[str, Any]:
    """A document of this major schema or the one before. Raises `BrokenDocument`."""
    if len(data) > _MAX_BYTES:
        raise BrokenDocument(f"{where} has {len(data)} bytes, more than a document of Hermes ever has")
    try:
        document = json.loads(data)
    except (ValueError, RecursionError):
        raise BrokenDocument(f"{where} is not valid JSON", hint="somebody else wrote it") from None
    if not isinstance(document, dict):
        raise BrokenDocument(f"{where} is not a JSON object")
    schema = document.get("schema")
    if not isinstance(schema, int) or isinstance(schema, bool) or schema < 0:
        raise BrokenDocument(f"{where} has no schema number")
    if schema > SCHEMA:
        raise BrokenDocument(
            f"{where} was written by a newer Hermes (schema {schema}, this one reads up to {SCHEMA})",
            hint="install a newer Hermes",
        )
    if schema < SCHEMA - 1:
        raise BrokenDocument(f"{where} was written by a Hermes that is too old to be read (schema {schema})")
    return document


def field(document: Mapping[str, Any], key: str, kind: type[T], where: str) -> T:
    """A field that must be there and of this kind. Raises `BrokenDocument`."""
    value = document.get(key) if isinstance(document, Mapping) else None
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise BrokenDocument(f"{where}: {key} is missing or not of its kind ({kind.__name__})")
    return value


def optional(document: Mapping[str, Any], key: str, kind: type[T], where: str) -> T | None:
    """A field that may be missing or null. Raises `BrokenDocument` for another kind."""
    return (
        None
        if isinstance(document, Mapping) and document.get(key) is None
        else field(document, key, kind, where)
    )


def version_text(text: str, where: str) -> str:
    """A version in its own normal form. Raises `BrokenDocument`."""
    # A version becomes part of a key, so only its own normal form is let in.
    try:
        normal = str(Version(text))
    except ValueError:  # InvalidVersion is one, and so is a number with more digits than Python reads
        normal = None
    if normal != text:
        raise BrokenDocument(f"{where}: {text!r} is not a version")
    return text
