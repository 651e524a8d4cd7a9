"""A directory that keeps objects: the environment of a laptop."""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from shlex import quote

from hermes_cli.domain.contract.errors import AccessDenied, Conflict, HermesError
from hermes_cli.domain.contract.store import Entry, NotesWrites, StoredObject, check_key

_WORK = ".tmp"
_PART = ".part"
_ATTEMPTS = 5
_NO_LINKS = frozenset({errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EXDEV, errno.EMLINK})
_NO_LOCKS = frozenset({errno.ENOLCK, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS})
_NO_FOLDER_SYNC = frozenset({errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EBADF})
_ELSEWHERE = "choose a path on a local disk for this environment"


class LocalStore(NotesWrites):
    """The `Store` whose objects are the files below `root`; their etag is their sha256.

    A new object appears by `link()` and a replaced one by `rename()` under `flock`, so that a
    reader never sees half of one. All else lies in `root/.tmp`, which nothing reads: what a killed
    writer left there is removed by a later one. Reading creates nothing, not even `root`.
    """

    def __init__(self, root: Path) -> None:
        self._root = root.absolute()
        self._work = self._root / _WORK

    @property
    def url(self) -> str:
        """Where the objects lie, as `file:///path`."""
        return self._root.as_uri()

    def get(self, key: str) -> StoredObject | None:
        """See `Store.get`."""
        data = _read(self._path(key))
        return None if data is None else StoredObject(data=data, etag=_etag(data))

    def put_new(self, key: str, data: bytes) -> StoredObject | None:
        """See `Store.put_new`."""
        path = self._path(key)
        for _ in range(_ATTEMPTS):
            # Reading first spares the disk what is there already, which most of a repeated deploy is.
            there = self.get(key)
            if there is not None:
                return None if there.data == data else there
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
        there = self.get(key)
        if there is None:
            raise Conflict(f"{path} was removed while it was being replaced", hint="run the command again")
        return None if there.data == data else there

    def delete(self, key: str) -> None:
        """See `Store.delete`."""
        path = self._path(key)
        with _telling(path):
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
        there = self.get(key)
        if there is None:
            raise HermesError(f"{path} was removed while it was being checked", hint="run the command again")
        # With the bytes that are there: a directory that fails the check is not changed by it.
        if self._create(path, there.data):
            raise HermesError(
                f"{self._root} lets a file be created twice, so a release could be overwritten",
                hint=_ELSEWHERE,
            )
        if self._replace(path, there.data, _etag(b"not " + there.data)) or not self._locks_exclude(path):
            raise HermesError(
                f"{self._root} ignores file locks, so a deploy could undo another one", hint=_ELSEWHERE
            )

    def _path(self, key: str) -> Path:
        if check_key(key).partition("/")[0] == _WORK:
            raise ValueError(f"{key!r} is not a key")
        return self._root / key

    def _create(self, path: Path, data: bytes) -> bool:
        with self._part(path, data) as part, _telling(path):
            try:
                os.link(part, path)
            except FileExistsError:
                return False
            except OSError as error:
                if error.errno in _NO_LINKS:
                    raise HermesError(
                        f"{self._root} lies on a filesystem without hard links, on which an object "
                        "cannot be created exactly once",
                        hint=_ELSEWHERE,
                    ) from error
                raise
            _sync(path.parent)
        return True

    def _replace(self, path: Path, data: bytes, etag: str) -> bool:
        if _read(path) is None:
            return False
        with self._part(path, data) as part, self._locked(path), _telling(path):
            there = _read(path)
            if there is None or _etag(there) != etag:
                return False
            part.replace(path)
            _sync(path.parent)
        return True

    @contextmanager
    def _part(self, path: Path, data: bytes) -> Iterator[Path]:
        """A file with these bytes that nobody reads yet; its writer holds its lock while it is alive."""
        with _telling(path):
            _make_folder(path.parent)
        with _telling(self._work):
            _make_folder(self._work)
            self._sweep()
            while True:
                part = self._work / f"{uuid.uuid4().hex}{_PART}"
                file = os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o666)
                try:
                    _lock(file, fcntl.LOCK_EX, self._work)
                    if not os.fstat(file).st_nlink:
                        continue  # a sweeper came before the lock
                    _write(file, data)
                    yield part
                    return
                finally:
                    try:
                        part.unlink(missing_ok=True)
                    finally:
                        os.close(file)

    def _sweep(self) -> None:
        for part in self._work.glob(f"*{_PART}"):
            try:
                file = os.open(part, os.O_WRONLY | os.O_CLOEXEC)
            except (FileNotFoundError, PermissionError):  # gone, or another user's
                continue
            try:
                _lock(file, fcntl.LOCK_EX | fcntl.LOCK_NB, self._work)
                part.unlink(missing_ok=True)
            except BlockingIOError:
                pass  # its writer is at work
            finally:
                os.close(file)

    @contextmanager
    def _locked(self, path: Path, how: int = 0) -> Iterator[None]:
        name = hashlib.sha256(os.fsencode(path.relative_to(self._root))).hexdigest()
        with _telling(self._work):
            file = os.open(self._work / f"{name}.lock", os.O_CREAT | os.O_WRONLY | os.O_CLOEXEC, 0o666)
        try:
            _lock(file, fcntl.LOCK_EX | how, self._work)
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
        try:
            with os.scandir(folder) as found:
                inside = list(found)
        except (FileNotFoundError, NotADirectoryError):
            return
        except OSError as error:
            raise _told(error, folder) from error
        for entry in inside:
            if entry.is_dir(follow_symlinks=False):
                yield from self._files(Path(entry.path))
            else:
                yield Path(entry.path)


def _etag(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _entry(path: Path, key: str) -> Entry | None:
    with _telling(path):
        try:
            with path.open("rb") as file:
                data = file.read()
                modified = os.fstat(file.fileno()).st_mtime
        except (FileNotFoundError, IsADirectoryError):  # removed a moment ago, or a link to a folder
            return None
    at = datetime.fromtimestamp(modified, UTC)
    return Entry(key=key, size=len(data), etag=_etag(data), modified=at)


def _read(path: Path) -> bytes | None:
    with _telling(path):
        try:
            return path.read_bytes()
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
            return None


def _write(file: int, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(file, rest) :]
    os.fsync(file)


def _make_folder(folder: Path) -> None:
    if folder.is_dir():
        return
    _make_folder(folder.parent)
    try:
        folder.mkdir(exist_ok=True)
    except FileExistsError as error:
        raise HermesError(
            f"{folder} is a file, and a folder is needed there", hint=f"mv {quote(str(folder))} elsewhere"
        ) from error
    _sync(folder.parent)


def _sync(folder: Path) -> None:
    """Make the names in a folder outlive a power failure."""
    file = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(file)
    except OSError as error:
        # Some network filesystems have no such thing.
        if error.errno not in _NO_FOLDER_SYNC:
            raise
    finally:
        os.close(file)


def _lock(file: int, how: int, folder: Path) -> None:
    try:
        fcntl.flock(file, how)
    except BlockingIOError:
        raise
    except OSError as error:
        if error.errno in _NO_LOCKS:
            raise HermesError(f"{folder} lies on a filesystem without file locks", hint=_ELSEWHERE) from error
        raise


@contextmanager
def _telling(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise _told(error, path) from error


def _told(error: OSError, path: Path) -> HermesError:
    named = os.fsdecode(error.filename or path)
    if isinstance(error, PermissionError):
        return AccessDenied(f"no permission for {named}", hint=f"ls -ld {quote(str(named))}")
    return HermesError(f"{named}: {error.strerror or error}")
