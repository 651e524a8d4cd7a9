"""Read and change one work tree: its branch, its commits, its files and their content."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Collection
from pathlib import Path

from hermes_cli.domain.branch_ref import Ref, RefKind
from hermes_cli.domain.contract.branch_slugs import validate_branch
from hermes_cli.domain.contract.errors import HermesError

from .command import PLACEHOLDER_IDENTITY, decode, git
from .index import OPTIONS, Index
from .snapshot import Snapshot
from .source import GitSource

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

    def source(self, choose: Callable[[Collection[str]], Collection[str]]) -> GitSource:
        """Return what would be committed now; `choose` selects the top-level folders that count."""
        return GitSource(self.root, choose)

    def index(self, folder: str = ".") -> Index:
        """Return git's index of the files below `folder`."""
        return Index(git(self.root, "ls-files", *OPTIONS, "--", folder or ".").stdout)

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

    def _status(self, path: str) -> list[str]:
        options = ("--porcelain", "-z", "--no-renames", "--untracked-files=normal")
        return self._names("status", *options, "--ignore-submodules=dirty", "--", path or ".")

    def _commit(self, revision: str) -> str | None:
        return self._line("rev-parse", "-q", "--verify", revision + "^{commit}")

    def _line(self, *arguments: str) -> str | None:
        done = git(self.root, *arguments, ok=(0, 1))
        return decode(done.stdout).removesuffix("\n") if done.returncode == 0 else None

    def _names(self, *arguments: str) -> list[str]:
        return [os.fsdecode(name) for name in git(self.root, *arguments).stdout.split(b"\0") if name]
