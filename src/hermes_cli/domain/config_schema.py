"""The JSON Schema of hermes.toml, made from the same table that checks it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .config_keys import CHOICES, ENVIRONMENT_KEYS, TEMPLATE_KEYS, TOP_KEYS

_KINDS = {str: "string", bool: "boolean", list: "array", dict: "object"}


def config_schema() -> dict[str, Any]:
    """Return the schema, for editors that complete and check hermes.toml."""
    top = _properties(TOP_KEYS)
    strings = {"type": "string"}
    environment = {
        "type": "object",
        "properties": _properties(ENVIRONMENT_KEYS),
        "additionalProperties": False,
        "not": {"required": ["bucket", "path"]},
    }
    top["environments"] |= {
        "propertyNames": {"pattern": "^[a-z][a-z0-9-]{0,31}$"},
        "additionalProperties": environment,
    }
    top["indexes"] |= {"additionalProperties": strings}
    top["template"] |= {"properties": _properties(TEMPLATE_KEYS), "additionalProperties": False}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "hermes.toml",
        "description": "The settings of a repo of data products.",
        "type": "object",
        "required": ["team"],
        "properties": top,
        "additionalProperties": False,
    }


def _properties(keys: Mapping[str, tuple[type, str]]) -> dict[str, dict[str, Any]]:
    properties: dict[str, dict[str, Any]] = {}
    for key, (kind, meaning) in keys.items():
        item: dict[str, Any] = {"type": _KINDS[kind], "description": meaning}
        if kind is list:
            item["items"] = {"enum": list(CHOICES[key])} if key in CHOICES else {"type": "string"}
        elif key == "metastore":
            item["additionalProperties"] = {"type": "string"}
        elif key in CHOICES:
            item["enum"] = list(CHOICES[key])
        properties[key] = item
    return properties
