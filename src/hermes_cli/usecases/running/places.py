"""The places of a run on this machine: where its script reads and writes, and what it wrote."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

from hermes_cli.domain.contract.errors import InvalidInput, reason_of
from hermes_cli.domain.contract.run_specification import takes_input
from hermes_cli.usecases.repo.workspace import Workspace

_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:/")
_FEW = 3  # names in a message
_MOST = 5_000  # files that are compared: a folder of more may be a whole disk

Stamps = Mapping[str, tuple[int, ...]]


@dataclass(frozen=True, kw_only=True)
class Places:
    """The folders that a script writes to and reads from: plain absolute paths that exist, or a user's own URIs."""

    products: str
    input: str | None


def find_places(workspace: Workspace, project: str, environment: str | None) -> Places:
    """Find the places of a project's run, and make their folders; the products have a folder for the project.

    They are beside the repo, unless the user's own variables say otherwise. `environment` is the one that the
    code was deployed in, None for the working tree. Raises `InvalidInput` for a folder that cannot be made.
    """
    return Places(
        products=_place(workspace, "products", project),
        input=_place(workspace, "input") if environment is None or takes_input(environment) else None,
    )


def _place(workspace: Workspace, kind: str, below: str = "") -> str:
    variable = f"HERMES_{kind.upper()}"
    said = workspace.environ.get(variable)
    if not said:
        folder = workspace.private_folder(kind)
    elif (path := _path(said, variable)) is None:
        return said
    else:
        folder = path
    try:
        (folder / below).mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InvalidInput(
            f"the folder {folder / below}, for {variable}, cannot be made: {reason_of(error)}",
            hint=f"set {variable} to a folder that you may write to",
        ) from error
    return str(folder)


def _path(said: str, variable: str) -> Path | None:
    """Return the path that a user means, None for a place that is not on this machine's disk."""
    if not _URI.match(said):
        return Path(os.path.expanduser(said)).absolute()  # noqa: PTH111 - pathlib's fails for ~nobody
    parts = urlsplit(said)
    if parts.scheme != "file":
        return None
    if parts.netloc not in ("", "localhost"):
        raise InvalidInput(
            f"{variable} is {said}, which names a folder of the machine {parts.netloc}",
            hint=f"write a path: {variable}=/path/to/a/folder",
        )
    return Path(unquote(parts.path))


def files_below(folder: str, *, most: float = _MOST) -> Stamps | None:
    """Return the files of a folder by their paths in it, each with what changes when it is written.

    None for a URI, and for a folder of more files and folders than `most`.
    """
    if _URI.match(folder):
        return None
    found: dict[str, tuple[int, ...]] = {}
    seen = 0
    for parent, folders, files in os.walk(folder):
        seen += len(folders) + len(files)
        if seen > most:
            return None
        for path in (Path(parent, name) for name in files):
            try:
                facts = path.stat()
            except OSError:  # a link to nowhere, or gone by now
                continue
            stamp = (facts.st_ino, facts.st_size, facts.st_mtime_ns, facts.st_ctime_ns)
            found[path.relative_to(folder).as_posix()] = stamp
    return found


def changed_files(folder: str, before: Stamps | None) -> tuple[str, ...]:
    """Return the paths of files that are new or other ones than `before`; none where that is not known."""
    if before is None:
        return ()
    after = files_below(folder, most=float("inf")) or {}
    return tuple(sorted(name for name, stamp in after.items() if before.get(name) != stamp))


def listed(names: Sequence[str]) -> str:
    """Return the first few names, and how many more there are."""
    more = len(names) - _FEW
    return ", ".join(names[:_FEW]) + (f" and {more} more" if more > 0 else "")
