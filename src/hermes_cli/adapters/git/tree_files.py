"""The files of a tree of git: their kinds, and how bytes on a disk compare with an object."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from pathlib import Path
from stat import S_ISLNK, S_ISREG

from .index import SUBMODULE

Entry = tuple[str, str]  # mode and object
LINK, PROGRAM, FILE = "l", "x", "f"
_KINDS = {"120000": LINK, "100755": PROGRAM}


def parse_tree(rows: Iterable[bytes]) -> tuple[dict[str, Entry], dict[str, str]]:
    """Parse the rows of `git ls-tree -r -t -z`: the files and submodules, and the folders."""
    files: dict[str, Entry] = {}
    folders: dict[str, str] = {}
    for row in map(os.fsdecode, filter(None, rows)):
        facts, _, path = row.partition("\t")
        mode, kind, oid = facts.split(" ")
        if kind == "tree":
            folders[path] = oid
        else:
            files[path] = (mode, oid)
    return files, folders


def kind_of(entry: Entry) -> str:
    """Return the kind of a file: `l` for a link, `x` for a program, `f` for any other."""
    return _KINDS.get(entry[0], FILE)


def has_text(entry: Entry | None) -> bool:
    """Return whether this is a file, and neither a link nor a submodule."""
    return entry is not None and entry[0] != SUBMODULE and kind_of(entry) != LINK


def on_disk(path: Path) -> bytes | None:
    """Read a file, or the target of a link; None where there is neither."""
    try:
        mode = path.lstat().st_mode
        if S_ISLNK(mode):
            return os.fsencode(path.readlink())
        return path.read_bytes() if S_ISREG(mode) else None
    except OSError:
        return None


def is_blob(data: bytes, oid: str) -> bool:
    """Return whether these are the bytes of git's object of this id."""
    digest = hashlib.new("sha1" if len(oid) == 40 else "sha256", usedforsecurity=False)
    digest.update(b"blob %d\0" % len(data))
    digest.update(data)
    return digest.hexdigest() == oid


def same_text(one: bytes, other: bytes) -> bool:
    """Return whether two files differ by their line ends at most; those of binary files are content."""
    if b"\0" in one or b"\0" in other:
        return one == other
    return one.replace(b"\r\n", b"\n") == other.replace(b"\r\n", b"\n")
