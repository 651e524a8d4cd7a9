"""One commit, read without checking it out."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Collection, Mapping, Sequence
from functools import cached_property
from pathlib import Path

from hermes_cli.domain.contract.errors import HermesError

from .command import decode, git
from .index import SUBMODULE
from .large_files import follow_all
from .repository_settings import RepositorySettings
from .scratch_repository import ScratchRepository
from .tree_files import kind_of, parse_tree


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

    def source(self, folder: str) -> CommitSource:
        """Return the files of `folder`, to be read as they are stored."""
        return CommitSource(self._root, self.commit, folder)

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


class CommitSource:
    """The files of one folder of a commit; their paths start at the root of the repository.

    Every method raises `HermesError` where git fails.
    """

    def __init__(self, root: Path, commit: str, folder: str) -> None:
        self._root = root
        self._settings = RepositorySettings.read(root)
        done = git(root, "ls-tree", "-r", "-t", "-z", "--full-tree", commit, "--", folder)
        entries, self._trees = parse_tree(done.stdout.split(b"\0"))
        self._entries = {path: entry for path, entry in entries.items() if entry[0] != SUBMODULE}
        self._scratch = ScratchRepository(root, self._settings)

    @property
    def files(self) -> tuple[str, ...]:
        """All paths, sorted; links count as files, submodules do not."""
        return tuple(sorted(self._entries))

    def tree(self, folder: str) -> str:
        """Return git's id for the content of a folder. Raises `HermesError` where it has none."""
        if folder not in self._trees:
            raise HermesError(f"nothing is committed of {folder}")
        return self._trees[folder]

    def kind(self, path: str) -> str:
        """Return the kind of a file: `l` for a link, `x` for a program, `f` for any other."""
        return kind_of(self._entries[path])

    def read(self, paths: Collection[str]) -> dict[str, bytes]:
        """Read files, and of links their targets; what a partial clone lacks of all is fetched at once."""
        objects = self._scratch.read(
            {self._entries[path][1] for path in paths}, along=(oid for _, oid in self._entries.values())
        )
        found = {path: objects[self._entries[path][1]] for path in paths}
        return follow_all(self._root, found, lambda: self._settings)
