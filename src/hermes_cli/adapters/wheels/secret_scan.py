"""Find files that hold credentials or keys, by their names and by their content."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePosixPath

_ENV_SAMPLES = (".example", ".sample", ".template")
_NAMES = {
    ".env": "a file of secrets",
    ".envrc": "a file of secrets",
    ".databrickscfg": "a file of Databricks tokens",
    ".pgpass": "a file of passwords",
    ".npmrc": "a file of passwords",
    ".netrc": "a file of passwords",
    "_netrc": "a file of passwords",
    ".pypirc": "a file of passwords",
    ".git-credentials": "a file of passwords",
    "id_rsa": "a private SSH key",
    "id_dsa": "a private SSH key",
    "id_ecdsa": "a private SSH key",
    "id_ecdsa_sk": "a private SSH key",
    "id_ed25519": "a private SSH key",
    "id_ed25519_sk": "a private SSH key",
}

_PEM = re.compile(
    rb"-----BEGIN (?:[A-Z0-9]{1,20} ){0,3}PRIVATE KEY(?: BLOCK)?-----(.{40,16384}?)-----END ", re.DOTALL
)
# A key's own lines have 64 characters or more; prose and code between two headers have no such run.
_PEM_BODY = re.compile(rb"[A-Za-z0-9+/=]{48}")

# Databricks, GitHub, Slack: each has a form that nothing else has.
_TOKEN = re.compile(
    rb"(?<![A-Za-z0-9])(?:dapi[0-9a-f]{32}|gh[pousr]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9_]{60,}"
    rb"|xox[abps]-[A-Za-z0-9-]{20,})(?![A-Za-z0-9])"
)

_AWS_ASSIGNMENT = re.compile(
    rb"(?:aws[_.-]?secret[_.-]?(?:access[_.-]?)?key|secret[_.-]?access[_.-]?key)(?:[_.-]?id)?"
    rb"[\"']?\]?\s{0,8}(?:=>|:=|=|:|,)\s{0,8}[\"']?([A-Za-z0-9/+]{40})(?![A-Za-z0-9/+=])",
    re.IGNORECASE,
)
_AWS_KEY_ID = re.compile(rb"(?<![A-Z0-9])(?:AKIA|ASIA)[A-Z0-9]{16}(?![A-Z0-9])")
_AWS_SECRET = re.compile(rb"(?<![A-Za-z0-9/+=])[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+=])")
_NEAR = 300  # bytes around a key id in which its secret is looked for


@dataclass(frozen=True, kw_only=True)
class Secret:
    """A secret in a file: its kind, as a noun with its article, and the line on which it starts.

    The line is None where the name of the file alone decides.
    """

    kind: str
    line: int | None = None


def find_secret(path: str, data: bytes) -> str | None:
    """Return the kind of secret that a file is or holds, as a noun with its article; None for any other file."""
    secret = locate_secret(path, data)
    return secret.kind if secret else None


def find_secret_in_text(text: str) -> str | None:
    """Return the kind of secret that a text holds, as a noun with its article; None for any other text."""
    return find_secret("text", text.encode("utf-8", "replace"))


def locate_secret(path: str, data: bytes) -> Secret | None:
    """Return the first secret that a file is or holds; None for any other file.

    Samples are let through: `.env.example`, certificates without a key, the keys of AWS's own
    documentation, and code that only names a PEM header.
    """
    named = _by_name(PurePosixPath(path))
    if named:
        return Secret(kind=named)
    kind, position = _by_content(data)
    return Secret(kind=kind, line=data.count(b"\n", 0, position) + 1) if kind else None


def _by_name(path: PurePosixPath) -> str | None:
    if path.parts[-2:] == (".aws", "credentials"):
        return "a file of AWS credentials"
    name = path.name.lower()
    if name.startswith(".env.") and path.suffix not in _ENV_SAMPLES:
        return _NAMES[".env"]
    if name.endswith((".p12", ".pfx", ".ppk")):
        return "a private key"
    return _NAMES[".env"] if name.endswith(".env") else _NAMES.get(name)


def _by_content(data: bytes) -> tuple[str | None, int]:
    if b"PRIVATE KEY" in data:
        for block in _PEM.finditer(data):
            if _PEM_BODY.search(block[1]):
                return "a private key", block.start()
    token = _TOKEN.search(data)
    if token:
        return "an access token", token.start()
    for match in _AWS_ASSIGNMENT.finditer(data):
        if _is_random(match[1]):
            return "an AWS secret access key", match.start(1)
    for key_id in _AWS_KEY_ID.finditer(data):
        around = data[max(0, key_id.start() - _NEAR) : key_id.end() + _NEAR]
        if any(_is_random(match[0]) for match in _AWS_SECRET.finditer(around)):
            return "an AWS access key with its secret", key_id.start()
    return None, 0


def _is_random(value: bytes) -> bool:
    """Return whether a value looks random: not a placeholder, and not a hexadecimal digest."""
    return (
        b"EXAMPLE" not in value.upper()
        and len(set(value)) >= 12
        and re.search(rb"[a-z]", value) is not None
        and re.search(rb"[A-Z]", value) is not None
        and re.search(rb"[0-9/+]", value) is not None
    )
