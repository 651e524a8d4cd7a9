"""Read, write and lock files so that they survive a power failure, and translate what goes wrong."""

from __future__ import annotations

import errno
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from shlex import quote

from hermes_cli.domain.contract.errors import AccessDenied, HermesError

OTHER_DISK = "choose a path on a local disk for this environment"
_NO_LINKS = frozenset({errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EXDEV, errno.EMLINK})
_NO_LOCKS = frozenset({errno.ENOLCK, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS})
_NO_FOLDER_SYNC = frozenset({errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EBADF})


def read(path: Path) -> bytes | None:
    """Return the bytes of a file; None where there is no file, or a folder."""
    with translating(path):
        try:
            return path.read_bytes()
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
            return None


def write(file: int, data: bytes) -> None:
    """Write all bytes to an open file, and make them survive a power failure."""
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(file, rest) :]
    os.fsync(file)


def link(part: Path, path: Path) -> bool:
    """Give a file a second name, which must be free; return False where it is taken."""
    try:
        os.link(part, path)
    except FileExistsError:
        return False
    except OSError as error:
        if error.errno in _NO_LINKS:
            raise HermesError(
                f"{path.parent} is on a filesystem without hard links, where an object cannot be created "
                "exactly once",
                hint=OTHER_DISK,
            ) from error
        raise
    sync_folder(path.parent)
    return True


def make_folder(folder: Path) -> None:
    """Make a folder and those above it, where they are missing."""
    if folder.is_dir():
        return
    make_folder(folder.parent)
    try:
        folder.mkdir(exist_ok=True)
    except FileExistsError as error:
        raise HermesError(
            f"{folder} is a file, and a folder is needed there", hint=f"mv {quote(str(folder))} elsewhere"
        ) from error
    sync_folder(folder.parent)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder survive a power failure."""
    file = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(file)
    except OSError as error:
        # Some network filesystems do not support it.
        if error.errno not in _NO_FOLDER_SYNC:
            raise
    finally:
        os.close(file)


def lock(file: int, how: int, folder: Path) -> None:
    """Lock an open file of this folder, as `flock` does. Raises `BlockingIOError` where that must not wait."""
    try:
        fcntl.flock(file, how)
    except BlockingIOError:
        raise
    except OSError as error:
        if error.errno in _NO_LOCKS:
            raise HermesError(f"{folder} is on a filesystem without file locks", hint=OTHER_DISK) from error
        raise


@contextmanager
def translating(path: Path) -> Iterator[None]:
    """Turn an `OSError` of the block into a `HermesError` that names the file; `path` where it names none."""
    try:
        yield
    except OSError as error:
        raise _translate(error, path) from error


def _translate(error: OSError, path: Path) -> HermesError:
    named = os.fsdecode(error.filename or path)
    if isinstance(error, PermissionError):
        return AccessDenied(f"no permission for {named}", hint=f"ls -ld {quote(str(named))}")
    return HermesError(f"{named}: {error.strerror or error}")
