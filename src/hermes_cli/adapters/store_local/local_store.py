"""The verbs of `Store` on a directory."""

from __future__ import annotations

import fcntl
import hashlib
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from hermes_cli.domain.contract.errors import Conflict, HermesError
from hermes_cli.domain.contract.store import Entry, NotesWrites, StoredObject, check_key

from . import durable_files
from .durable_files import OTHER_DISK, translating

_WORK = ".tmp"
_PART = ".part"
_ATTEMPTS = 5


class LocalStore(NotesWrites):
    """The `Store` whose objects are the files below `root`; their etag is their sha256.

    A new object appears by `link()` and a replaced one by `rename()` under `flock`, so that a
    reader never sees half of one. All other files are in `root/.tmp`, which nothing reads: a later
    writer removes those that a killed one left. Reading creates nothing, not even `root`.
    """

    def __init__(self, root: Path) -> None:
        self._root = root.absolute()
        self._work = self._root / _WORK

    @property
    def url(self) -> str:
        """See `Reader.url`: `file:///path`."""
        return self._root.as_uri()

    def get(self, key: str) -> StoredObject | None:
        """See `Store.get`."""
        data = durable_files.read(self._path(key))
        return None if data is None else StoredObject(data=data, etag=_etag(data))

    def put_new(self, key: str, data: bytes) -> StoredObject | None:
        """See `Store.put_new`."""
        path = self._path(key)
        for _ in range(_ATTEMPTS):
            # A repeated deploy mostly finds what it would write: reading it first spares the disk.
            found = self.get(key)
            if found is not None:
                return None if found.data == data else found
            if self._create(path, data):
                self._note(key)
                return None
        raise HermesError(f"{path} can be neither read nor created", hint="remove whatever is in its place")

    def replace_if(self, key: str, data: bytes, etag: str) -> StoredObject | None:
        """See `Store.replace_if`. Raises `Conflict` where there is no object to replace."""
        path = self._path(key)
        if self._replace(path, data, etag):
            self._note(key)
            return None
        found = self.get(key)
        if found is None:
            raise Conflict(f"{path} was removed while it was being replaced", hint="run the command again")
        return None if found.data == data else found

    def delete(self, key: str) -> None:
        """See `Store.delete`."""
        path = self._path(key)
        with translating(path):
            path.unlink(missing_ok=True)

    def list(self, prefix: str) -> Iterator[Entry]:
        """See `Store.list`."""
        if prefix:
            check_key(prefix.removesuffix("/"))
        folder = self._root / prefix.rpartition("/")[0]
        entries = []
        for path in self._files(folder):
            key = path.relative_to(self._root).as_posix()
            if key.startswith(prefix) and (entry := _entry(path, key)) is not None:
                entries.append(entry)
        yield from sorted(entries, key=lambda entry: entry.key)

    def now(self) -> datetime:
        """See `Store.now`: here it is the machine's own clock."""
        return datetime.now(UTC)

    def check_conditions(self, key: str) -> None:
        """See `Store.check_conditions`."""
        path = self._path(key)
        found = self.get(key)
        if found is None:
            raise HermesError(f"{path} was removed while it was being checked", hint="run the command again")
        # It writes the bytes that the object has: a directory that fails the check is not changed by it.
        if self._create(path, found.data):
            raise HermesError(
                f"{self._root} lets a file be created twice, so a release could be overwritten",
                hint=OTHER_DISK,
            )
        if self._replace(path, found.data, _etag(b"not " + found.data)) or not self._locks_exclude(path):
            raise HermesError(
                f"{self._root} ignores file locks, so a deploy could undo another one", hint=OTHER_DISK
            )

    def _path(self, key: str) -> Path:
        if check_key(key).partition("/")[0] == _WORK:
            raise ValueError(f"{key!r} is not a key")
        return self._root / key

    def _create(self, path: Path, data: bytes) -> bool:
        with self._part(path, data) as part, translating(path):
            return durable_files.link(part, path)

    def _replace(self, path: Path, data: bytes, etag: str) -> bool:
        if durable_files.read(path) is None:
            return False
        with self._part(path, data) as part, self._locked(path), translating(path):
            found = durable_files.read(path)
            if found is None or _etag(found) != etag:
                return False
            part.replace(path)
            durable_files.sync_folder(path.parent)
        return True

    @contextmanager
    def _part(self, path: Path, data: bytes) -> Iterator[Path]:
        """Write the bytes to a file that nobody reads yet, and hold its lock until the end of the block."""
        with translating(path):
            durable_files.make_folder(path.parent)
        with translating(self._work):
            durable_files.make_folder(self._work)
            self._sweep()
            while True:
                part = self._work / f"{uuid.uuid4().hex}{_PART}"
                file = os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o666)
                try:
                    durable_files.lock(file, fcntl.LOCK_EX, self._work)
                    if not os.fstat(file).st_nlink:
                        continue  # another writer's sweep came before the lock
                    durable_files.write(file, data)
                    yield part
                    return
                finally:
                    try:
                        part.unlink(missing_ok=True)
                    finally:
                        os.close(file)

    def _sweep(self) -> None:
        """Remove the parts of killed writers: those that nobody has locked."""
        for part in self._work.glob(f"*{_PART}"):
            try:
                file = os.open(part, os.O_WRONLY | os.O_CLOEXEC)
            except (FileNotFoundError, PermissionError):  # gone, or another user's
                continue
            try:
                durable_files.lock(file, fcntl.LOCK_EX | fcntl.LOCK_NB, self._work)
                part.unlink(missing_ok=True)
            except BlockingIOError:
                pass  # its writer is at work
            finally:
                os.close(file)

    @contextmanager
    def _locked(self, path: Path, how: int = 0) -> Iterator[None]:
        name = hashlib.sha256(os.fsencode(path.relative_to(self._root))).hexdigest()
        with translating(self._work):
            file = os.open(self._work / f"{name}.lock", os.O_CREAT | os.O_WRONLY | os.O_CLOEXEC, 0o666)
        try:
            durable_files.lock(file, fcntl.LOCK_EX | how, self._work)
            yield
        finally:
            os.close(file)

    def _locks_exclude(self, path: Path) -> bool:
        with self._locked(path):
            try:
                with self._locked(path, fcntl.LOCK_NB):
                    return False
            except BlockingIOError:
                return True

    def _files(self, folder: Path) -> Iterator[Path]:
        if folder == self._work:
            return
        inside: list[os.DirEntry[str]] = []
        with translating(folder):
            try:
                with os.scandir(folder) as entries:
                    inside = list(entries)
            except (FileNotFoundError, NotADirectoryError):
                return
        for entry in inside:
            if entry.is_dir(follow_symlinks=False):
                yield from self._files(Path(entry.path))
            else:
                yield Path(entry.path)


def _etag(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _entry(path: Path, key: str) -> Entry | None:
    with translating(path):
        try:
            with path.open("rb") as file:
                data = file.read()
                modified = os.fstat(file.fileno()).st_mtime
        except (FileNotFoundError, IsADirectoryError):  # removed a moment ago, or a link to a folder
            return None
    at = datetime.fromtimestamp(modified, UTC)
    return Entry(key=key, size=len(data), etag=_etag(data), modified=at)
