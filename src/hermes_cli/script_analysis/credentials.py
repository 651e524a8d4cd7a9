"""Recognize credentials by their form, and by the name of the variable, key or argument that holds them."""

from __future__ import annotations

import re
from collections.abc import Callable

# Returns the kind of credential that a text holds, as a noun with its article; None where it holds none.
SecretFinder = Callable[[str], str | None]

_KEY = re.compile(r"(?:api|access|secret|account|private|shared)[^a-z]?key$|secret$|token$", re.IGNORECASE)
_PASSWORD = re.compile(r"(?:^|[^a-z])(?:password|passwd|pwd|passphrase)$", re.IGNORECASE)
_NAME_OF_PASSWORD = re.compile(r"(?:[a-z]+[_-])+(?:password|passwd|pwd|passphrase)", re.IGNORECASE)
_PLACEHOLDER = re.compile(
    r"|x+|\*+|\.+|-+|none|null|todo|test|dummy|secret|password|passwd|token|<.*>|\{.*\}|%\(.*|\$.*"
    r"|(?:your|my|the|enter|insert|change|replace)[ _-].*|change ?me|.*example.*",
    re.IGNORECASE,
)
# Each starts where a run of its characters starts, or is bounded: an embedded picture is one run of a million.
_LOGIN = re.compile(r"[a-z][a-z0-9+.]{0,30}://[^\s/:@{}'\"]*:[^\s/@{}'\"]+@", re.IGNORECASE)
_IN_TEXT = re.compile(
    r"(?:password|passwd|pwd|accountkey|sharedaccesskey|sharedaccesssignature)\s?=\s?['\"]?[^;&\s{}'\"<>]{4,}",
    re.IGNORECASE,
)
_ON_COMMAND_LINE = re.compile(
    r"--?(?:password|passwd|pass|token|secret|api-key)[ =]\s*\S{4,}|(?:-u|--user) \S+:\S+|Bearer\s+\S{12,}",
    re.IGNORECASE,
)
_ASSIGNED = re.compile(r"(?<![\w.-])([\w.-]+)[\"']?\]?\s*[:=,]\s*[\"']([^\"'\s]+)[\"']")


def credential_kind(text: str, hint: str, find_secret: SecretFinder) -> str | None:
    """Return the kind of credential that a text is, None if it is not one; `hint` is the name that holds it."""
    if found := find_secret(text):
        return found
    if _LOGIN.search(text) or _IN_TEXT.search(text):
        return "a password"
    if not hint or len(text) < 4 or re.search(r"\s", text) or _PLACEHOLDER.fullmatch(text):
        return None
    if re.fullmatch(r"AKIA[A-Z0-9]{16}", text):
        return "an access key"
    if _PASSWORD.search(hint):
        return None if _NAME_OF_PASSWORD.fullmatch(text) else "a password"
    if _KEY.search(hint) and len(text) >= 8 and re.search(r"\d", text) and not re.search(r"[/.]", text[:12]):
        return "an access token"
    return find_secret(f'{hint}_secret_access_key = "{text}"')


def holds_credential(text: str, find_secret: SecretFinder) -> bool:
    """Tell whether a comment, a command or another text that is not code holds a credential."""
    return bool(
        find_secret(text)
        or any(pattern.search(text) for pattern in (_LOGIN, _IN_TEXT, _ON_COMMAND_LINE))
        or any(credential_kind(part[2], part[1], find_secret) for part in _ASSIGNED.finditer(text))
    )
