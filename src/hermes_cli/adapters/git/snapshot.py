"""One commit, read without checking it out."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path

from .command import decode, git


class Snapshot:
    """The files of a commit. Paths are relative to the root of the repository, with `/`.

    Every method raises `HermesError` where git fails.
    """

    def __init__(self, root: Path, commit: str) -> None:
        self._root = root
        self.commit = commit

    @cached_property
    def trees(self) -> Mapping[str, str]:
        """Git's id for the content of each folder at the top."""
        return {name: oid for kind, oid, name in self._entries() if kind == "tree"}

    def files(self, folder: str) -> tuple[str, ...]:
        """Return the files below `folder`, relative to it; links count as files, submodules do not."""
        entries = self._entries("-r", "--full-tree", f"{self.commit}:{folder}")
        return tuple(name for kind, _, name in entries if kind == "blob")

    def read(self, path: str) -> bytes | None:
        """Return a file's bytes as they are stored; None where there is no such file."""
        for kind, oid, name in self._entries("--full-tree", self.commit, path):
            if (kind, name) == ("blob", path):
                # A partial clone may lack it, which must fail and not look like a missing file.
                return git(self._root, "cat-file", "blob", oid).stdout
        return None

    def present(self, paths: Sequence[str]) -> tuple[str, ...]:
        """Return those of these paths that are files."""
        entries = self._entries("--full-tree", self.commit, *paths)
        return tuple(name for kind, _, name in entries if kind == "blob")

    def export(self, folder: str, target: Path) -> None:
        """Write the files of `folder` below `target`, as a checkout would: line ends, links, filters."""
        with tempfile.TemporaryDirectory(prefix="hermes-git-") as temporary:
            env = {"GIT_INDEX_FILE": str(Path(temporary, "index")), "GIT_WORK_TREE": str(target)}
            config = {"core.splitIndex": "false", "core.sparseCheckout": "false", "core.safecrlf": "false"}
            target.mkdir(parents=True, exist_ok=True)
            git(self._root, "read-tree", self.commit, config=config, env=env)
            names = git(self._root, "ls-files", "-z", "--", folder, config=config, env=env).stdout
            # Not `git archive`, which leaves out or rewrites what its attributes name.
            git(self._root, "checkout-index", "-z", "--stdin", config=config, env=env, given=names)

    def _entries(self, *arguments: str) -> list[tuple[str, str, str]]:
        done = git(self._root, "ls-tree", "-z", *(arguments or ("--full-tree", self.commit)))
        found = []
        for row in filter(None, done.stdout.split(b"\0")):
            facts, _, name = row.partition(b"\t")
            _, kind, oid = decode(facts).split(" ")
            found.append((kind, oid, os.fsdecode(name)))
        return found
