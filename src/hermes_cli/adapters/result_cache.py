"""What was computed once, kept by the digest of all that decides it."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_UNUSED = 30 * 24 * 3600  # seconds after which a result is removed


def key_of(facts: Mapping[str, Any]) -> str:
    """The key of a result: another one as soon as one of the facts that decide it is another."""
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode("utf-8", "surrogateescape")).hexdigest()


@dataclass(frozen=True, kw_only=True)
class Result:
    """Facts that JSON can hold, bytes beside them, and when they were computed (seconds since 1970)."""

    facts: Mapping[str, Any]
    data: bytes
    at: float


@dataclass(frozen=True)
class Results:
    """A folder of results. One that is damaged is none, and a folder that cannot be written keeps none."""

    folder: Path

    def get(self, key: str, *, since: float = 0) -> Result | None:
        """What was computed for this key, if it was, and no earlier than that (seconds since 1970)."""
        path = self._path(key)
        try:
            digest, _, rest = path.read_bytes().partition(b"\n")
            if hashlib.sha256(rest).hexdigest().encode() != digest:
                return None
            head, _, data = rest.partition(b"\n")
            found = json.loads(head)
            if found["at"] < since:
                return None
            os.utime(path)
            facts = dict(found["facts"])
        except (OSError, ValueError, KeyError, TypeError):
            return None
        return Result(facts=facts, data=data, at=found["at"])

    def keep(self, key: str, facts: Mapping[str, Any], data: bytes = b"") -> None:
        """Keep a result for the next run; other processes see all of it or nothing."""
        path = self._path(key)
        rest = json.dumps({"facts": facts, "at": time.time()}).encode() + b"\n" + data
        with contextlib.suppress(OSError):
            path.parent.mkdir(parents=True, exist_ok=True)
            descriptor, name = tempfile.mkstemp(dir=path.parent)
            with os.fdopen(descriptor, "wb") as file:
                file.write(hashlib.sha256(rest).hexdigest().encode() + b"\n" + rest)
            Path(name).replace(path)
            self._sweep(path.parent)

    def _path(self, key: str) -> Path:
        return self.folder / key[:2] / key

    def _sweep(self, folder: Path) -> None:
        """Remove what nobody used for long; one of 256 folders at a time costs nothing."""
        for path in folder.iterdir():
            with contextlib.suppress(OSError):
                if time.time() - path.stat().st_mtime > _UNUSED:
                    path.unlink()
