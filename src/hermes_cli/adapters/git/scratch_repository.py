"""A repository beside the user's: it sees the objects of that one, and none of this machine's settings."""

from __future__ import annotations

import os
import shutil
import tempfile
import weakref
from collections.abc import Collection, Iterable
from pathlib import Path

from hermes_cli.domain.contract.errors import AccessDenied, HermesError

from .command import decode, git, quote_path
from .repository_settings import RepositorySettings

_SETTINGS = {
    "core.attributesFile": os.devnull,
    "core.autocrlf": "false",
    "core.bare": "false",
    # A large file is written as it is read; nobody reads it but the build.
    "core.bigFileThreshold": "1m",
    "core.compression": "0",
    "core.eol": "lf",
    "core.excludesFile": os.devnull,
    "core.safecrlf": "false",
    "gc.auto": "0",
}
_FROM_OUTSIDE = ("GIT_CONFIG_COUNT", "GIT_CONFIG_PARAMETERS")


class ScratchRepository:
    """Reads and makes objects by what the repository itself says; it is removed when nobody needs it any more.

    Every method raises `HermesError` where git fails.
    """

    def __init__(self, root: Path, settings: RepositorySettings) -> None:
        self._root = root
        self._settings = settings
        self._folder = Path(tempfile.mkdtemp(prefix="hermes-git-"))
        weakref.finalize(self, shutil.rmtree, self._folder, ignore_errors=True)
        for name in ("objects", "refs"):
            (self._folder / name).mkdir()
        (self._folder / "HEAD").write_text("ref: refs/heads/main\n")
        form = settings.values.get("extensions.objectformat")
        (self._folder / "config").write_text(
            f"[core]\n repositoryFormatVersion = 1\n[extensions]\n objectFormat = {form}\n" if form else ""
        )

    def run(self, *arguments: str, given: bytes = b"") -> bytes:
        """Run git in the work tree, with an index and objects of its own; return its output."""
        done = git(
            self._root,
            *arguments,
            config={**_SETTINGS, **self._settings.file_system},
            env={
                "GIT_DIR": str(self._folder),
                "GIT_WORK_TREE": str(self._root),
                "GIT_ALTERNATE_OBJECT_DIRECTORIES": quote_path((self._settings.folder / "objects").resolve()),
                "GIT_ATTR_NOSYSTEM": "1",
                "GIT_CONFIG_GLOBAL": os.devnull,
                "GIT_CONFIG_NOSYSTEM": "1",
                "HOME": str(self._folder),  # for a git that does not know GIT_CONFIG_GLOBAL
                "XDG_CONFIG_HOME": str(self._folder),
            },
            without=_FROM_OUTSIDE,
            given=given,
        )
        return done.stdout

    def read(self, wanted: Collection[str], *, along: Iterable[str] = ()) -> dict[str, bytes]:
        """Read blobs by their ids. What a partial clone lacks of them, and of those `along`, is fetched at once.

        Raises `AccessDenied` where it cannot be fetched.
        """
        found = self._read(wanted)
        if len(found) < len(set(wanted)):
            self._fetch(self._missing({*wanted, *along}))
            found = self._read(wanted)
        lacking = sorted({*wanted} - {*found})
        if lacking:
            raise HermesError(
                f"git lacks an object of {self._root}: {lacking[0]}",
                hint="git fsck, or clone the repository again",
            )
        return found

    def _read(self, wanted: Collection[str]) -> dict[str, bytes]:
        found: dict[str, bytes] = {}
        if not wanted:
            return found
        data = self.run("cat-file", "--batch", given="".join(f"{oid}\n" for oid in wanted).encode())
        place = 0
        while place < len(data):
            end = data.index(b"\n", place)
            oid, kind, *size = data[place:end].decode().split(" ")
            place = end + 1
            if kind != "missing":
                found[oid] = data[place : place + int(size[0])]
                place += int(size[0]) + 1
        return found

    def _missing(self, wanted: Collection[str]) -> list[str]:
        rows = self.run("cat-file", "--batch-check", given="".join(f"{oid}\n" for oid in wanted).encode())
        parts = (row.split(" ") for row in decode(rows).splitlines())
        return sorted(oid for oid, kind, *_ in parts if kind == "missing")

    def _fetch(self, missing: Collection[str]) -> None:
        remote = self._settings.promisor
        if remote is None:
            return
        options = (
            "--quiet",
            "--no-tags",
            "--no-write-fetch-head",
            "--recurse-submodules=no",
            "--filter=blob:none",
        )
        try:
            git(
                self._root,
                *("fetch", *options, "--stdin", remote),
                config={"fetch.negotiationAlgorithm": "noop", "gc.auto": "0", "maintenance.auto": "false"},
                given="".join(f"{oid}\n" for oid in missing).encode(),
            )
        except HermesError as error:
            raise AccessDenied(
                f"this partial clone lacks {len(missing)} of the files, and {remote} did not give them",
                hint=f"connect to the network, and for all files at once: "
                f"git fetch --refetch --no-filter {remote}",
                detail=error.detail,
            ) from error
