"""Files that were fetched once, kept by their digest."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class ObjectCache:
    """A folder of fetched files; each is checked again when it is used."""

    folder: Path

    def path(self, sha256: str, file: str, fetch: Callable[[], bytes]) -> Path:
        """The file with this digest, fetched where it is not here yet."""
        path = self.folder / sha256[:2] / sha256 / file
        if path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == sha256:
            return path
        data = fetch()
        path.parent.mkdir(parents=True, exist_ok=True)
        # Written aside and renamed: another run never sees half a file.
        descriptor, name = tempfile.mkstemp(dir=path.parent)
        with os.fdopen(descriptor, "wb") as temporary:
            temporary.write(data)
        Path(name).replace(path)
        return path
