"""Read and change one work tree: its branch, its commits, its files and their content."""

from __future__ import annotations

import os
import re
import shutil
import stat
import tempfile
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from hermes_cli.domain.branch_ref import Ref, RefKind
from hermes_cli.domain.contract.branch_slugs import validate_branch
from hermes_cli.domain.contract.errors import HermesError

from .command import PLACEHOLDER_IDENTITY, decode, git, quote_path
from .index import Index
from .snapshot import Snapshot

_HEADS = "refs/heads/"
_REMOTE_HEADS = "refs/remotes/origin/"
_IDENT = re.compile(r"(?P<name>.+) <(?P<email>.+)> \d+ [+-]\d+", re.DOTALL)
IDENTITY_VARIABLES = ("GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL", "GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL")


class Git:
    """A work tree of git. Paths that go in or come out are relative to `root`, with `/`.

    Every method raises `HermesError` where git is missing or fails.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    @staticmethod
    def find(start: Path) -> Git | None:
        """Return the work tree that holds the folder `start`; None outside of any.

        Raises `HermesError` where git distrusts it because another user owns it.
        """
        done = git(start, "rev-parse", "--show-toplevel", ok=range(256))
        if done.returncode == 0:
            return Git(Path(os.fsdecode(done.stdout).removesuffix("\n")))
        message = decode(done.stderr).strip()
        if "not a git repository" in message or "must be run in a work tree" in message:
            return None
        fix = re.search(r"git config --global --add safe\.directory .+", message)
        if fix:
            raise HermesError(
                f"git does not trust {start}: another user owns the repository",
                hint=fix.group(),
                detail=message,
            )
        raise HermesError(f"git cannot read the repository of {start}", detail=message)

    @classmethod
    def init(cls, path: Path, branch: str = "main") -> Git:
        """Make a new repository in the folder `path`, without the user's git templates."""
        validate_branch(branch)
        path.mkdir(parents=True, exist_ok=True)
        git(path, "init", "--quiet", "--template=", config={"init.defaultBranch": branch})
        head = f"ref: {_HEADS}{branch}"
        if (path / ".git" / "HEAD").read_text("utf-8", "replace").strip() != head:  # a git before 2.28
            git(path, "symbolic-ref", "HEAD", _HEADS + branch)
        return cls(path.resolve())

    def ref(self) -> Ref:
        """Return the branch that is checked out, born or not, by its whole name; else a detached head."""
        target = self._line("symbolic-ref", "-q", "HEAD") or ""
        if target.startswith(_HEADS):
            return Ref(kind=RefKind.BRANCH, source="git", branch=target.removeprefix(_HEADS))
        return Ref(kind=RefKind.DETACHED, source="git")

    def head(self) -> str | None:
        """Return the full id of the commit that is checked out; None before the first one."""
        return self._commit("HEAD")

    def is_dirty(self, path: str = ".") -> bool:
        """Return whether anything below `path` differs from HEAD, or is neither tracked nor ignored.

        Of a submodule only the commit that is checked out counts.
        """
        return bool(self._status(path))

    def dirty_files(self, limit: int | None = None) -> tuple[str, ...]:
        """Return the (first `limit`) paths that make the work tree dirty; an untracked folder ends with `/`."""
        return tuple(entry[len("XY ") :] for entry in self._status(".")[:limit])

    def conflicts(self) -> tuple[str, ...]:
        """Return the paths whose two versions a merge left to the user, as long as they are not added again."""
        rows = self._names("ls-files", "-z", "--unmerged")
        return tuple(dict.fromkeys(row.partition("\t")[2] for row in rows))  # one row for each version

    def files(self, folder: str, index: Index | None = None) -> tuple[str, ...]:
        """Return the files below `folder` that git tracks or would track and that are there, sorted.

        `index` is that of the folder, where it was read already.

        Symbolic links are files, broken ones too. Submodules, and other repositories inside this
        one, are left out whole: a clone of this repository alone does not bring them.
        """
        tracked = (index or self.index(folder)).paths
        return tuple(sorted(self._existing({*tracked, *self._untracked(folder)})))

    def index(self, folder: str = ".") -> Index:
        """Return git's index of the files below `folder`."""
        return Index(self._names("ls-files", "-z", "-v", "--stage", "--", folder or "."))

    def tree(self, folder: str, *, dirty: bool) -> str:
        """Return git's id for the content of `folder`: as committed, or with `dirty` as it is in the work tree.

        Raises `HermesError` where there is no such content.
        """
        if dirty and self.files(folder):
            return self._tree_of_files(folder)
        if dirty:
            raise HermesError(f"{folder or '.'} holds no file that git would track")
        if folder in ("", "."):
            found = self._line("rev-parse", "-q", "--verify", "HEAD^{tree}")
        else:
            found = self._committed_trees(folder.rstrip("/")).get(folder.rstrip("/"))
        if found is None:
            raise HermesError(
                f"nothing is committed of {folder or '.'}", hint='git add -A && git commit -m "add it"'
            )
        return found

    def trees(self) -> dict[str, str]:
        """Return git's id for the committed content of each folder at the top."""
        return self._committed_trees()

    def is_shallow(self) -> bool:
        """Return whether this clone has only the end of the history."""
        return self._line("rev-parse", "--is-shallow-repository") == "true"

    def merge_base(self, other: str) -> str | None:
        """Return the commit where HEAD and `other` parted; None where none is known here."""
        head, commit = self.head(), self._commit(other)
        return self._line("merge-base", head, commit) if head and commit else None

    def snapshot(self, revision: str) -> Snapshot | None:
        """Return the files of a commit; None where git knows no such commit."""
        commit = None if revision.startswith("-") else self._commit(revision)
        return Snapshot(self.root, commit) if commit else None

    def branch_or_commit(self, name: str) -> tuple[str, Snapshot] | None:
        """Find a branch of origin, a local branch, or any commit, by name; return its full name and its files."""
        for revision, full_name in (
            (_REMOTE_HEADS + name, f"origin/{name}"),
            (_HEADS + name, name),
            (name, name),
        ):
            found = self.snapshot(revision)
            if found is not None:
                return full_name, found
        return None

    def changed_files(self, since: str) -> tuple[str, ...]:
        """Return the files that differ between the commit `since` and the work tree, deleted and new ones included."""
        commit = self._commit(since)
        if commit is None:
            raise HermesError(f"git knows no commit {since!r} in {self.root}", hint="git fetch origin")
        options = ("--name-only", "-z", "--no-renames", "--no-ext-diff", "--ignore-submodules=dirty")
        return tuple(sorted({*self._names("diff", *options, commit, "--"), *self._untracked(".")}))

    def default_branch_head(self, name: str) -> str | None:
        """Return the commit of the branch `name` as last fetched from origin, else of the local one."""
        return self._commit(_REMOTE_HEADS + name) or self._commit(_HEADS + name)

    def is_fetched(self, name: str) -> bool:
        """Return whether the branch `name` of origin is known here."""
        return self._commit(_REMOTE_HEADS + name) is not None

    def local_branches(self) -> frozenset[str]:
        """Return the names of all local branches."""
        rows = self._line("for-each-ref", "--format=%(refname)", _HEADS.rstrip("/")) or ""
        # A name may hold a character that Python takes for a space or the end of a line.
        return frozenset(row.removeprefix(_HEADS) for row in rows.split("\n") if row)

    def remotes(self) -> tuple[str, ...]:
        """Return the names of all remotes."""
        return tuple(filter(None, (self._line("remote") or "").split("\n")))

    def has_origin(self) -> bool:
        """Return whether there is a remote called origin, to push to and to pull from."""
        return "origin" in self.remotes()

    def remote_default_branch(self) -> str | None:
        """Return the whole name of origin's default branch, as git noted it when cloning."""
        target = self._line("symbolic-ref", "-q", _REMOTE_HEADS + "HEAD") or ""
        return target.removeprefix(_REMOTE_HEADS) if target.startswith(_REMOTE_HEADS) else None

    def identity(self) -> tuple[str, str] | None:
        """Return the name and email that git is configured to commit with; None where git would have to guess."""
        author, committer = (
            git(self.root, "var", name, config={"user.useConfigOnly": "true"}, ok=(0, 128))
            for name in ("GIT_AUTHOR_IDENT", "GIT_COMMITTER_IDENT")
        )
        found = _IDENT.fullmatch(decode(author.stdout).rstrip("\n"))
        return (found["name"], found["email"]) if found and committer.returncode == 0 else None

    def switch_to_new(self, branch: str) -> None:
        """Check out a new branch that starts at the current commit."""
        git(self.root, "checkout", "--quiet", "-b", branch)

    def commit_all(self, message: str) -> bool:
        """Commit every file that the repository itself does not ignore, unsigned and without hooks.

        Returns whether the user has an identity; where not, this one commit carries a placeholder.
        """
        # No file may be lost to ignores that only this user has, or be refused for its line ends.
        ours = {"core.excludesFile": os.devnull, "core.safecrlf": "false"}
        git(self.root, "add", "--all", config=ours)
        commit = ("commit", "--quiet", "--no-verify", "--no-gpg-sign", "-m", message)
        config = {"gc.auto": "0", "maintenance.auto": "false", "user.useConfigOnly": "true"}
        if git(self.root, *commit, config=config, ok=(0, 128)).returncode == 0:
            return True
        name, email = PLACEHOLDER_IDENTITY
        known = self.identity() is not None  # then it failed for another reason, and fails again
        git(
            self.root,
            *commit,
            config=config if known else {**config, "user.name": name, "user.email": email},
            # Half an identity in the environment would win over the placeholder.
            without=() if known else IDENTITY_VARIABLES,
        )
        return known

    def _tree_of_files(self, folder: str) -> str:
        index, objects = (
            self.root / os.fsdecode(git(self.root, "rev-parse", "--git-path", name).stdout).removesuffix("\n")
            for name in ("index", "objects")
        )
        with tempfile.TemporaryDirectory(prefix="hermes-git-") as temporary:
            scratch = Path(temporary, "index")
            if index.exists():
                # Its time too, by which git decides which files it must read again.
                shutil.copy2(index, scratch)
            env = {
                "GIT_INDEX_FILE": str(scratch),
                # New objects stay out of the user's repository.
                "GIT_OBJECT_DIRECTORY": temporary,
                "GIT_ALTERNATE_OBJECT_DIRECTORIES": quote_path(objects),
            }
            config = {"core.splitIndex": "false", "core.safecrlf": "false"}
            git(self.root, "add", "--update", "--", folder or ".", config=config, env=env)
            # Not `add --all`, which stumbles over the repositories within that `files` leaves out.
            new = b"".join(os.fsencode(name) + b"\0" for name in self._untracked(folder))
            git(self.root, "update-index", "--add", "-z", "--stdin", config=config, env=env, given=new)
            prefix = "" if folder in ("", ".") else folder.rstrip("/") + "/"
            done = git(self.root, "write-tree", "--missing-ok", f"--prefix={prefix}", env=env)
            return decode(done.stdout).strip()

    def _status(self, path: str) -> list[str]:
        options = ("--porcelain", "-z", "--no-renames", "--untracked-files=normal")
        return self._names("status", *options, "--ignore-submodules=dirty", "--", path or ".")

    def _untracked(self, folder: str) -> list[str]:
        found = self._names("ls-files", "-z", "--others", "--exclude-standard", "--", folder or ".")
        # With a slash at its end it is a repository within this one.
        return [name for name in found if not name.endswith("/")]

    def _existing(self, names: Iterable[str]) -> list[str]:
        @cache
        def leads_through_link(folder: str) -> bool:
            if not folder:
                return False
            return (self.root / folder).is_symlink() or leads_through_link(folder.rpartition("/")[0])

        def is_file(name: str) -> bool:
            try:
                mode = os.lstat(self.root / name).st_mode
            except (FileNotFoundError, NotADirectoryError):
                return False
            # A file tracked in a folder that has become a link is gone, though the path leads somewhere.
            return not stat.S_ISDIR(mode) and not leads_through_link(name.rpartition("/")[0])

        return [name for name in names if is_file(name)]

    def _committed_trees(self, *paths: str) -> dict[str, str]:
        found = {}
        done = git(self.root, "ls-tree", "-z", "-d", "HEAD", *paths, ok=(0, 128))  # 128: no commit yet
        for entry in filter(None, map(os.fsdecode, done.stdout.split(b"\0"))):
            facts, _, name = entry.partition("\t")
            _, kind, oid = facts.split(" ")
            if kind == "tree":
                found[name] = oid
        return found

    def _commit(self, revision: str) -> str | None:
        return self._line("rev-parse", "-q", "--verify", revision + "^{commit}")

    def _line(self, *arguments: str) -> str | None:
        done = git(self.root, *arguments, ok=(0, 1))
        return decode(done.stdout).removesuffix("\n") if done.returncode == 0 else None

    def _names(self, *arguments: str) -> list[str]:
        return [os.fsdecode(name) for name in git(self.root, *arguments).stdout.split(b"\0") if name]
