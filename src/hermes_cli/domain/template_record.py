"""Edit the table of hermes.toml that records which template a repo was made from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

_TABLE = "template"
_COMMENT = "written by `hermes new`: what this repo was made from"


@dataclass(frozen=True, kw_only=True)
class TemplateRecord:
    """The template that a repo was made from, and its answers."""

    source: str
    version: str
    answers: Mapping[str, str]


def without_record(text: str) -> str:
    """Return the text of hermes.toml without the record; the text itself where it is not TOML."""
    if _TABLE not in text:
        return text
    import tomlkit
    from tomlkit.exceptions import TOMLKitError

    try:
        document = tomlkit.parse(text)
    except TOMLKitError:
        return text
    if _TABLE not in document:
        return text
    document.remove(_TABLE)
    return tomlkit.dumps(document).rstrip("\r\n") + _newline(text)


def with_record(text: str, record: TemplateRecord) -> str:
    """Return the text of hermes.toml with this record at its end, conflicts or not, and all else as it was."""
    import tomlkit

    table = tomlkit.table()
    table.comment(_COMMENT)
    table["source"] = record.source
    table["version"] = record.version
    table["answers"] = dict(sorted(record.answers.items()))
    document = tomlkit.document()
    document[_TABLE] = table
    newline = _newline(text)
    written = tomlkit.dumps(document).replace("\n", newline)
    return f"{without_record(text).rstrip()}{newline}{newline}{written}"


def _newline(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n"
