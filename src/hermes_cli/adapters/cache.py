"""The user's cache: a folder of entries that can be made again, each checked against a digest when it is read."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_UNUSED = 30 * 24 * 3600  # seconds after which an entry is removed


def cache_root() -> Path:
    """Return the folder of all caches: `HERMES_CACHE_DIR`, else the user's cache folder."""
    chosen = os.environ.get("HERMES_CACHE_DIR")
    if chosen:
        return Path(chosen).expanduser().absolute()
    from platformdirs import user_cache_path

    return user_cache_path("hermes", appauthor=False)


def key_of(facts: Mapping[str, Any]) -> str:
    """Return the key of a result, from all the facts that decide it."""
    return _sha256(json.dumps(facts, sort_keys=True).encode("utf-8", "surrogateescape"))


@dataclass(frozen=True, kw_only=True)
class CachedResult:
    """Facts that JSON can hold, bytes beside them, and when they were computed (seconds since 1970)."""

    facts: Mapping[str, Any]
    data: bytes
    at: float


@dataclass(frozen=True)
class Cache:
    """One folder of the cache: results under the key of what decides them, files under their own digest.

    A damaged entry counts as missing. Other processes see a whole entry or none. An entry that
    nobody has used for 30 days is removed.
    """

    folder: Path

    def get(self, key: str, *, since: float = 0) -> CachedResult | None:
        """Return the result for this key; None where there is none, or only one from before `since`."""
        path = self._entry(key)
        try:
            digest, _, rest = path.read_bytes().partition(b"\n")
            if _sha256(rest).encode() != digest:
                return None
            head, _, data = rest.partition(b"\n")
            found = json.loads(head)
            result = CachedResult(facts=dict(found["facts"]), data=data, at=found["at"])
            if result.at < since:
                return None
            os.utime(path)
        except (OSError, ValueError, KeyError, TypeError):
            return None
        return result

    def keep(self, key: str, facts: Mapping[str, Any], data: bytes = b"") -> None:
        """Keep a result for the next run; nothing happens where the folder cannot be written."""
        rest = json.dumps({"facts": facts, "at": time.time()}).encode() + b"\n" + data
        with contextlib.suppress(OSError):
            self._write(self._entry(key), _sha256(rest).encode() + b"\n" + rest)

    def file(self, sha256: str, name: str, fetch: Callable[[], bytes]) -> Path:
        """Return the path of a file with this digest and name; `fetch` is called where it is missing.

        Raises `OSError` where the folder cannot be written.
        """
        path = self._entry(sha256) / name
        if path.is_file() and _sha256(path.read_bytes()) == sha256:
            with contextlib.suppress(OSError):
                os.utime(path.parent)
        else:
            self._write(path, fetch())
        return path

    def _entry(self, key: str) -> Path:
        return self.folder / key[:2] / key

    def _write(self, path: Path, data: bytes) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(dir=path.parent)
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
        Path(name).replace(path)
        _sweep(self.folder / path.relative_to(self.folder).parts[0])


def _sweep(folder: Path) -> None:
    """Remove the entries of one of the 256 folders that nobody has used for long: that costs next to nothing."""
    for entry in folder.iterdir():
        with contextlib.suppress(OSError):
            if time.time() - entry.stat().st_mtime > _UNUSED:
                shutil.rmtree(entry) if entry.is_dir() else entry.unlink()


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
