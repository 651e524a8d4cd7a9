"""Encode and decode the JSON documents in a store, whoever wrote them."""

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
    """An object in a store is not the document of Hermes that it should be (exit code 1)."""


def encode(document: Mapping[str, Any]) -> bytes:
    """Return the bytes of a document: the same facts give the same bytes."""
    text = json.dumps({"schema": SCHEMA, **document}, indent=2, sort_keys=True, ensure_ascii=False)
    # The name of a branch need not be UTF-8: other bytes become escapes of JSON.
    return text.encode("utf-8", "backslashreplace") + b"\n"


def decode(data: bytes, where: str) -> dict[str, Any]:
    """Return a document of this major schema or the one before. Raises `BrokenDocument`."""
    if len(data) > _MAX_BYTES:
        raise BrokenDocument(f"{where} has {len(data)} bytes, more than any document of Hermes")
    try:
        document = json.loads(data)
    except (ValueError, RecursionError):
        raise BrokenDocument(f"{where} is not valid JSON", hint="ask who wrote it: Hermes did not") from None
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
    """Return a field that must exist and have this type. Raises `BrokenDocument`."""
    value = document.get(key) if isinstance(document, Mapping) else None
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise BrokenDocument(f"{where}: {key} is missing, or its type is not {kind.__name__}")
    return value


def optional(document: Mapping[str, Any], key: str, kind: type[T], where: str) -> T | None:
    """Return a field that may be missing or null. Raises `BrokenDocument` for another type."""
    return (
        None
        if isinstance(document, Mapping) and document.get(key) is None
        else field(document, key, kind, where)
    )


def version_text(text: str, where: str) -> str:
    """Return a version that is in its own normal form. Raises `BrokenDocument`."""
    # A version becomes part of a key, so no other spelling is accepted.
    try:
        normal = str(Version(text))
    except ValueError:  # it covers InvalidVersion, and a number with more digits than Python reads
        normal = None
    if normal != text:
        raise BrokenDocument(f"{where}: {text!r} is not a version")
    return text
