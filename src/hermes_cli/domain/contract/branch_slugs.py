"""The slug of a branch: its name in keys, file names and wheel versions."""

from __future__ import annotations

import re
import unicodedata
from typing import NewType

from .errors import InvalidInput

Slug = NewType("Slug", str)

_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*", re.ASCII)
_HASH_END = re.compile(r"(?:^|-)x[0-9a-f]{8}$", re.ASCII)
# Surrogates that encode no byte: no system returns such a name, but JSON can contain it.
_NO_BYTES = re.compile("[\ud800-\udc7f\udd00-\udfff]")
_SLUG_LENGTH = 40
_STEM_LENGTH = 30


def validate_branch(name: str) -> str:
    """Return the name of a branch. Raises `InvalidInput` where `git check-ref-format --branch` refuses it."""
    parts = name.split("/")
    bad = (
        name in ("", "HEAD")
        or name.startswith("-")
        or name.endswith(".")
        or ".." in name
        or "@{" in name
        or any(ord(c) <= 0x20 or ord(c) == 0x7F or c in "~^:?*[\\" for c in name)
        or _NO_BYTES.search(name)
        or any(not p or p.startswith(".") or p.endswith(".lock") for p in parts)
    )
    if bad:
        raise InvalidInput(
            f"{name!r} is not a branch name that git accepts", hint="git switch -c feature/my-change"
        )
    return name


def slug_of(branch: str) -> Slug:
    """Return the name of a branch for keys, file names and wheel versions; no two branches share one.

    `feature/NAME` gives NAME where all three can hold it unchanged; any other branch gives a readable
    stem and a hash of the whole name.
    """
    import hashlib

    validate_branch(branch)
    name = branch.removeprefix("feature/")
    if name != branch and is_slug(name) and not _HASH_END.search(name):
        return Slug(name)
    folded = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    cut = re.sub(r"[^a-z0-9]+", "-", folded).strip("-")[:_STEM_LENGTH].strip("-")
    # After the cut, which may leave the zeros of 00ab by themselves.
    stem = "-".join(_as_version_part(part) for part in cut.split("-")) or "branch"
    digest = hashlib.sha256(branch.encode("utf-8", "surrogateescape")).hexdigest()[:8]
    return Slug(f"{stem}-x{digest}")


def is_slug(text: str) -> bool:
    """Return whether a branch could have this slug."""
    return (
        len(text) <= _SLUG_LENGTH
        and _SLUG.fullmatch(text) is not None
        and all(part == _as_version_part(part) for part in text.split("-"))
    )


def _as_version_part(part: str) -> str:
    # A version's local part rewrites 007 to 7, and a wheel's file name with it.
    return (part.lstrip("0") or "0") if part.isdigit() else part
