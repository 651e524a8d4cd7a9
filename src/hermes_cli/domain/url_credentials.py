"""Refuse credentials in the URLs of what a project declares, and never show them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from hermes_cli.domain.contract.errors import HermesError, InvalidInput

# Who logs in, up to the last @ before the path; `git` in ssh://git@host is a name and no secret.
_LOGIN = re.compile(r"(?P<scheme>[a-z][a-z0-9+.-]*)://(?P<login>[^/?#\s]*)@", re.IGNORECASE)
_PARAMETER = re.compile(
    r"://\S+?[?&](?:sig|[\w.-]*(?:token|secret|passw|signature|credential|api_?key)[\w.-]*)=[^&#\s]",
    re.IGNORECASE,
)
# The tables of a pyproject.toml whose text gets into METADATA, a manifest or an environment.
_TABLES = ("project", "build-system", "dependency-groups")


def holds_credentials(text: str) -> bool:
    """Return whether a text holds a URL with a login or a token."""
    return _PARAMETER.search(text) is not None or any(
        ":" in one["login"] or not one["scheme"].lower().endswith("ssh") for one in _LOGIN.finditer(text)
    )


def refuse_credentials(text: str, where: str, kind: type[HermesError] = InvalidInput) -> None:
    """Raise an error of this kind where a text holds a URL with credentials."""
    if holds_credentials(text):
        raise kind(
            f"{where}: a URL holds credentials, which everybody could read who sees what is built",
            hint="take them out, and change them: they may be in git's history",
        )


def refuse_declared_credentials(data: Mapping[str, object], where: str, text: str) -> None:
    """Raise `InvalidInput` where a pyproject.toml declares a URL with credentials, with its line."""
    tool = data.get("tool")
    poetry = tool.get("poetry") if isinstance(tool, Mapping) else None
    for value in _strings([*(data.get(table) for table in _TABLES), poetry]):
        if holds_credentials(value):
            lines = (number for number, line in enumerate(text.splitlines(), 1) if value in line)
            number = next(lines, None)
            refuse_credentials(value, f"{where}:{number}" if number else where)


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for one in value.values():
            yield from _strings(one)
    elif isinstance(value, Iterable):
        for one in value:
            yield from _strings(one)
