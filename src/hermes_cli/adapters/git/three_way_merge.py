"""Merge the changes between two states of a template into the user's commit, in a scratch repository."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from .command import decode, git, quote_path

_PERSON = {
    f"GIT_{role}_{key}": value
    for role in ("AUTHOR", "COMMITTER")
    for key, value in (("NAME", "hermes"), ("EMAIL", "hermes@localhost"), ("DATE", "2000-01-01T00:00:00Z"))
}
# Every byte is merged as it was committed: no line ends change, and no filter of the user's runs.
_AS_THEY_ARE = "* -text -filter -ident -eol !working-tree-encoding\n"
_SETTINGS = {
    "core.autocrlf": "false",
    "core.excludesFile": os.devnull,
    "core.safecrlf": "false",
    "gc.auto": "0",
    "maintenance.auto": "false",
    "merge.directoryRenames": "true",
    "merge.renames": "true",
    "merge.renormalize": "false",
    "merge.verifySignatures": "false",
    "rerere.enabled": "false",
    "commit.gpgSign": "false",
}
_Entry = tuple[str, str]  # mode and object


@dataclass(frozen=True, kw_only=True)
class FileChange:
    """One path that the merge changes: added, changed, removed, or renamed from another one."""

    kind: str
    path: str
    origin: str | None = None


@dataclass(frozen=True, kw_only=True)
class MergeResult:
    """The result of a merge: a tree, with conflicts marked in its files, and the paths left to the user.

    `stages` holds git's three sides of each conflict. `kept` holds the paths that the user deleted and the
    template edited, or the other way round.
    """

    tree: str
    changes: tuple[FileChange, ...]
    stages: Mapping[str, Mapping[int, _Entry]]
    kept: Mapping[str, str]
    objects: Path

    @property
    def conflicts(self) -> tuple[str, ...]:
        """Return the paths with conflicts."""
        return tuple(sorted(self.stages))


class MergeRepository:
    """A scratch repository that sees the objects of the user's, and in which nothing of it changes.

    Every method raises `HermesError` where git fails.
    """

    def __init__(self, root: Path, scratch: Path) -> None:
        self._repo = scratch / "merge"
        self._repo.mkdir()
        self._index = scratch / "index"
        objects = Path(os.fsdecode(git(root, "rev-parse", "--git-path", "objects").stdout).rstrip("\n"))
        form = decode(git(root, "rev-parse", "--show-object-format").stdout).strip()
        self._run("init", "--quiet", "--template=", f"--object-format={form}")
        alternates = self._repo / ".git" / "objects" / "info" / "alternates"
        alternates.parent.mkdir(exist_ok=True)
        alternates.write_bytes(os.fsencode(quote_path((root / objects).resolve())) + b"\n")
        self._committed = decode(git(root, "rev-parse", "HEAD^{tree}").stdout).strip()

    def tree_of(self, folder: Path) -> str:
        """Store all files of a folder, and return their tree."""
        self._index.unlink(missing_ok=True)
        places = {"GIT_DIR": str(self._repo / ".git"), "GIT_WORK_TREE": str(folder)}
        env = {**places, "GIT_INDEX_FILE": str(self._index)}
        git(folder, "add", "--all", config=_SETTINGS, env=env)
        return decode(git(folder, "write-tree", env=env).stdout).strip()

    def files(self, tree: str) -> dict[str, _Entry]:
        """Return every path of a tree with its mode and object."""
        rows = self._run("ls-tree", "-r", "-z", "--full-tree", tree).split(b"\0")
        found = {}
        for row in filter(None, rows):
            facts, _, name = row.partition(b"\t")
            mode, _, oid = decode(facts).split(" ")
            found[os.fsdecode(name)] = (mode, oid)
        return found

    @property
    def committed(self) -> dict[str, _Entry]:
        """Return every path that the user has committed."""
        return self.files(self._committed)

    def read(self, oid: str) -> bytes:
        """Return the content of a file."""
        return self._run("cat-file", "blob", oid)

    def write(self, data: bytes) -> str:
        """Store the content of a file, and return its object."""
        return decode(self._run("hash-object", "-w", "--stdin", given=data)).strip()

    def tree(self, files: Mapping[str, _Entry]) -> str:
        """Store the tree of these files, and return it."""
        self._index.unlink(missing_ok=True)
        rows = b"".join(
            f"{mode} {oid}\t".encode() + os.fsencode(name) + b"\0" for name, (mode, oid) in files.items()
        )
        env = {"GIT_INDEX_FILE": str(self._index)}
        self._run("update-index", "-z", "--index-info", given=rows, env=env)
        return decode(self._run("write-tree", env=env)).strip()

    def merge(self, base: str, ours: str, theirs: str, label: str) -> tuple[dict[str, _Entry], _Sides]:
        """Merge three trees; return the files, with conflicts marked in them, and the sides of each conflict."""
        first = self._commit(base)
        mine, template = (self._commit(tree, first) for tree in (ours, theirs))
        (self._repo / ".git" / "info").mkdir(exist_ok=True)
        (self._repo / ".git" / "info" / "attributes").write_text(_AS_THEY_ARE)
        self._run("update-ref", f"refs/heads/{label}", template)
        self._run("checkout", "--quiet", "--detach", mine)
        self._run("merge", "--quiet", "--no-commit", "--no-ff", label, ok=(0, 1), env=_PERSON)
        files: dict[str, _Entry] = {}
        sides: _Sides = {}
        for row in filter(None, self._run("ls-files", "--stage", "-z").split(b"\0")):
            facts, _, name = row.partition(b"\t")
            mode, oid, stage = decode(facts).split(" ")
            if stage == "0":
                files[os.fsdecode(name)] = (mode, oid)
            else:
                sides.setdefault(os.fsdecode(name), {})[int(stage)] = (mode, oid)
        for path, stages in sides.items():
            marked = self._repo / path
            if marked.is_file() and not marked.is_symlink():
                mode = (stages.get(2) or stages.get(3) or stages[1])[0]
                files[path] = (mode, self.write(marked.read_bytes()))
            elif 2 in stages:
                files[path] = stages[2]
        return files, sides

    def result(self, files: Mapping[str, _Entry], sides: _Sides, kept: Mapping[str, str]) -> MergeResult:
        """Return the merge of these files, to be applied."""
        tree = self.tree(files)
        return MergeResult(
            tree=tree,
            changes=tuple(self._changes(tree)),
            stages=sides,
            kept=kept,
            objects=self._repo,
        )

    def _changes(self, tree: str) -> list[FileChange]:
        kinds = {"A": "added", "D": "removed", "R": "renamed"}
        raw = self._run("diff-tree", "-r", "-z", "-M", "--name-status", self._committed, tree)
        fields = iter([os.fsdecode(field) for field in raw.split(b"\0") if field])
        found = []
        for status in fields:
            origin = next(fields) if status.startswith("R") else None
            found.append(FileChange(kind=kinds.get(status[0], "changed"), path=next(fields), origin=origin))
        return found

    def _commit(self, tree: str, *parents: str) -> str:
        words = [word for parent in parents for word in ("-p", parent)]
        return decode(self._run("commit-tree", tree, *words, given=b"template\n", env=_PERSON)).strip()

    def _run(
        self,
        *arguments: str,
        given: bytes = b"",
        env: Mapping[str, str] | None = None,
        ok: tuple[int, ...] = (0,),
    ) -> bytes:
        return git(self._repo, *arguments, config=_SETTINGS, env=env, given=given, ok=ok).stdout


_Sides = dict[str, dict[int, _Entry]]
