"""Read a lock: the packages that it pins, with the hashes of the files that may be installed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from packaging.utils import canonicalize_name

_PIN = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]*)(?:\[[^\]]*\])?==([^\s;\\]+)")
_HASH = re.compile(r"--hash=([a-z0-9]+):([0-9a-f]+)")


@dataclass(frozen=True, kw_only=True)
class LockedPackage:
    """A package with its version; `hashes` as (algorithm, hex digest), one for each file that may be installed."""

    name: str
    version: str
    hashes: tuple[tuple[str, str], ...]


def packages(lock: str) -> Iterator[LockedPackage]:
    """Yield the packages of a lock, in its order."""
    for stanza in re.split(r"\n(?=\S)", lock):
        pin = _PIN.match(stanza)
        if pin is not None:
            yield LockedPackage(
                name=canonicalize_name(pin[1]), version=pin[2], hashes=tuple(_HASH.findall(stanza))
            )
