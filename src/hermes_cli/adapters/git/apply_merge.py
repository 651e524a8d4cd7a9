"""Put the result of a merge into the user's repository: whole, or not at all."""

from __future__ import annotations

import os
from pathlib import Path, PurePosixPath

from hermes_cli.domain.contract.errors import Conflict

from .command import PLACEHOLDER_IDENTITY, decode, git
from .three_way_merge import MergeResult
from .worktree import IDENTITY_VARIABLES, Git

# Names what is being written while it is, so that a run that was killed can be undone.
_UNFINISHED = "refs/hermes/template-update"


def apply(repo: Git, merged: MergeResult, message: str) -> str | None:
    """Bring a merge into the work tree: as one commit, or with conflicts uncommitted; the commit.

    With conflicts the index holds their three sides, as after any merge of git's. Raises
    `Conflict` where a file that git does not track is in the way, `HermesError` where git fails;
    then, and where it is interrupted, everything is as it was.
    """
    head = repo.head()
    assert head is not None  # noqa: S101 - there is something to merge with
    new = [change.path for change in merged.changes if change.kind in ("added", "renamed")]
    for path in new:
        untracked = _in_the_way(repo, path)
        if untracked:
            raise Conflict(
                f"{untracked} is in the way, and git does not track it", hint=f"move {untracked} away"
            )
    _copy_objects(repo, merged)
    commit = _commit(repo, merged.tree, head, message)
    git(repo.root, "update-ref", _UNFINISHED, commit)
    try:
        if merged.stages:
            git(repo.root, "read-tree", "-m", "-u", head, commit)
            git(repo.root, "update-index", "-z", "--index-info", given=_stages(merged))
        else:
            git(
                repo.root, "merge", "--quiet", "--ff-only", commit, config={"merge.verifySignatures": "false"}
            )
    except BaseException:
        if repo.head() == head:
            _undo(repo, head, commit)
        raise
    finally:
        git(repo.root, "update-ref", "-d", _UNFINISHED)
    return None if merged.stages else commit


def _in_the_way(repo: Git, path: str) -> str | None:
    """Return an untracked path that would be lost where a file or one of its folders is to be."""
    folders = [parent.as_posix() for parent in PurePosixPath(path).parents][-2::-1]
    for name in (*folders, path):
        existing = repo.root / name
        if not os.path.lexists(existing):
            return None
        if name == path or existing.is_symlink() or not existing.is_dir():
            found = git(repo.root, "ls-files", "--others", "-z", "--", name).stdout
            return os.fsdecode(found.split(b"\0")[0]) or None
    return None


def undo_unfinished(repo: Git) -> bool:
    """Undo the changes of a run that was killed while it wrote; return whether there was one.

    Only files that hold exactly what that run put there are touched.
    """
    done = git(repo.root, "rev-parse", "-q", "--verify", f"{_UNFINISHED}^{{commit}}", ok=(0, 1))
    if done.returncode:
        return False
    commit, head = decode(done.stdout).strip(), repo.head()
    parent = decode(git(repo.root, "rev-parse", f"{commit}^").stdout).strip()
    if head == parent:
        _undo(repo, head, commit)
    git(repo.root, "update-ref", "-d", _UNFINISHED)
    return head == parent


def _undo(repo: Git, head: str, commit: str) -> None:
    git(repo.root, "reset", "--quiet")  # the index alone
    raw = git(repo.root, "diff-tree", "-r", "-z", "--no-renames", head, commit).stdout.split(b"\0")
    had = []
    for facts, name in zip(raw[::2], raw[1::2], strict=False):
        _, _, before, after, _ = decode(facts).split(" ")
        path = repo.root / os.fsdecode(name)
        if before.strip("0"):
            had.append((path, after))
        elif _has_content(repo, path, after):
            path.unlink()
            _remove_empty(path.parent, repo.root)
    for path, after in had:  # what was added may be a folder in the place of a file, or a file in that of one
        # Git writes a file in place: what was cut off is the beginning of it.
        if not os.path.lexists(path) or _has_content(repo, path, after):
            git(repo.root, "checkout", "--quiet", head, "--", path.relative_to(repo.root).as_posix())


def _remove_empty(folder: Path, root: Path) -> None:
    while folder != root and not any(folder.iterdir()):
        folder.rmdir()
        folder = folder.parent


def _has_content(repo: Git, path: Path, oid: str) -> bool:
    if path.is_symlink() or not path.is_file() or not oid.strip("0"):
        return False
    name = path.relative_to(repo.root).as_posix()
    meant = git(repo.root, "cat-file", "--filters", f"--path={name}", oid).stdout
    return meant.startswith(path.read_bytes())


def _copy_objects(repo: Git, merged: MergeResult) -> None:
    """Copy the objects that only the scratch repository has."""
    sides = [oid for stages in merged.stages.values() for _, oid in stages.values()]
    committed = decode(git(repo.root, "rev-parse", "HEAD^{tree}").stdout).strip()
    names = "".join(f"{name}\n" for name in (merged.tree, *sides, f"^{committed}"))
    listed = git(
        merged.objects, "rev-list", "--objects", "--no-object-names", "--stdin", given=names.encode()
    )
    pack = git(merged.objects, "pack-objects", "--stdout", "-q", given=listed.stdout)
    git(repo.root, "unpack-objects", "-q", given=pack.stdout)


def _commit(repo: Git, tree: str, parent: str, message: str) -> str:
    known = repo.identity() is not None
    name, email = PLACEHOLDER_IDENTITY
    done = git(
        repo.root,
        *("commit-tree", "--no-gpg-sign", tree, "-p", parent),
        given=message.encode(),
        config={} if known else {"user.name": name, "user.email": email},
        without=() if known else IDENTITY_VARIABLES,
    )
    return decode(done.stdout).strip()


def _stages(merged: MergeResult) -> bytes:
    rows = []
    for path, stages in merged.stages.items():
        name = os.fsencode(path)
        any_oid = next(iter(stages.values()))[1]
        rows.append(f"0 {'0' * len(any_oid)}\t".encode() + name)
        rows += [f"{mode} {oid} {stage}\t".encode() + name for stage, (mode, oid) in stages.items()]
    return b"".join(row + b"\0" for row in rows)
