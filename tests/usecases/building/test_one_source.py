"""One commit, checked out in many ways on many machines: the same bytes are built of it."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from hermes_cli.domain.build_record import BuiltProject
from hermes_cli.usecases.build import build
from sample_builds import built_project, offline
from sample_repos import commit, make_repo, opened, sh, write

# In place of the package's code, the wheel says all that its build could see.
BACKEND = """

def _files(folder):
    import hashlib, os, pathlib

    seen = []
    for path in sorted(pathlib.Path(".").rglob("*")):
        if path.is_symlink():
            seen.append((str(path), "link", os.readlink(path)))
        elif path.is_file() and "__pycache__" not in path.parts:
            data = path.read_bytes()
            seen.append((str(path), os.access(path, os.X_OK), hashlib.sha256(data).hexdigest()))
    return {f"{NAME}/seen.py": f"SEEN = {seen!r}\\n"}
"""
LARGE = b"the content of a large file\n" * 9
POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:%s\nsize %d\n" % (
    hashlib.sha256(LARGE).hexdigest().encode(),
    len(LARGE),
)
ATTRIBUTES = """\
*.lf text eol=lf
*.crlf text eol=crlf
*.auto text=auto
*.id ident
*.up filter=upper
*.utf16 text working-tree-encoding=UTF-16LE
hidden.txt export-ignore
subst.txt export-subst
"""


def project() -> dict[str, str | bytes]:
    """A project with a file of each kind that git may convert."""
    files: dict[str, str | bytes] = {**built_project("sales")}
    files["sales/backend.py"] = str(files["sales/backend.py"]) + BACKEND
    for name in ("a.lf", "a.auto", "a.plain", "hidden.txt"):
        files[f"sales/data/{name}"] = "one\ntwo\n"
    files["sales/data/a.crlf"] = "one\r\ntwo\r\n"
    files["sales/data/a.id"] = "$Id$\n"
    files["sales/data/a.up"] = "as it is\n"
    files["sales/data/a.utf16"] = "été\n".encode("utf-16-le")
    files["sales/data/subst.txt"] = "$Format:%H$\n"
    files["sales/data/mixed"] = "one\r\ntwo\n"
    files["sales/data/binary"] = b"\0\r\n\n"
    files["sales/tool.sh"] = "#!/bin/sh\n"
    return files


@dataclass(frozen=True, kw_only=True)
class Origin:
    """A repository, and the build of it; then the build of the same with edits."""

    root: Path
    build: BuiltProject
    edited: BuiltProject


@pytest.fixture(scope="module")
def origin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Origin]:
    folder = tmp_path_factory.mktemp("origin")
    with pytest.MonkeyPatch.context() as monkeypatch:
        offline(folder, monkeypatch)
        root = make_repo(folder / "repo", {".gitattributes": ATTRIBUTES, "docs/a.id": "$Id$\n", **project()})
        (root / "sales/tool.sh").chmod(0o755)
        (root / "sales/link").symlink_to("data/a.lf")
        commit(root)
        for name in ("allowFilter", "allowAnySHA1InWant"):
            sh(root, "git", "config", f"uploadpack.{name}", "true")
        other = folder / "edited"
        sh(folder, "git", "clone", "-q", str(root), str(other))
        edit(other)
        yield Origin(
            root=root, build=built(root, folder / "out"), edited=built(other, folder / "out of edited")
        )


def built(root: Path, out: Path) -> BuiltProject:
    workspace = opened(root)
    report = build(workspace, workspace.projects, out, notify=lambda event: None)
    for error in report.failures.values():
        raise error
    return report.record.projects[0]


def clone(origin: Path, *options: str) -> Path:
    """A clone with these options of `clone`, and these settings."""
    root = Path.cwd() / "clone"
    settings = [word for one in options if not one.startswith("--") for word in ("--config", one)]
    sh(
        origin,
        "git",
        "clone",
        "-q",
        *settings,
        *(o for o in options if o.startswith("--")),
        origin.as_uri(),
        str(root),
    )
    return root


def configured(root: Path, *settings: str) -> Path:
    for one in settings:
        sh(root, "git", "config", *one.split("=", 1))
    return touched(root)


def rewritten(root: Path, *names: str, like: bytes = b"\r\n") -> Path:
    """The same files, saved by an editor with these line ends."""
    for name in names or [str(one.relative_to(root)) for one in (root / "sales").rglob("*.py")]:
        data = (root / name).read_bytes().replace(b"\r\n", b"\n").replace(b"\n", like)
        (root / name).write_bytes(data)
    return root


def hidden(root: Path, how: str) -> Path:
    for name in ("sales/data/a.plain", "sales/sales/__init__.py", "sales/pyproject.toml"):
        sh(root, "git", "update-index", f"--{how}", name)
        (root / name).write_text("[not even TOML")
    sh(root, "git", "update-index", f"--{how}", "sales/data/a.auto")
    (root / "sales/data/a.auto").unlink()
    return root


def sparse(root: Path, *folders: str) -> Path:
    sh(root, "git", "sparse-checkout", "set", "--no-cone", "/hermes.toml", *folders)
    return root


def attributed(root: Path, text: str) -> Path:
    """A clone with attributes of its own, and files that were touched since."""
    write(root, {".git/info/attributes": text})
    return touched(root)


def touched(root: Path) -> Path:
    for path in root.rglob("*"):
        if path.is_file() and ".git" not in path.parts:
            os.utime(path)
    return root


def replaced(root: Path) -> Path:
    head, blob = sh(root, "git", "rev-parse", "HEAD"), sh(root, "git", "rev-parse", "HEAD:sales/data/a.lf")
    empty = sh(root, "git", "hash-object", "-w", "/dev/null")
    sh(root, "git", "replace", blob, empty)
    write(root, {"sales/data/more": ""})
    sh(root, "git", "add", "-A")
    new = sh(root, "git", "commit-tree", "-m", "other", sh(root, "git", "write-tree"))
    sh(root, "git", "reset", "-q", "--hard", head)
    sh(root, "git", "replace", head, new)
    write(root, {".git/info/grafts": f"{head}\n"})
    return root


def split(root: Path) -> Path:
    sh(root, "git", "update-index", "--split-index", "--untracked-cache")
    return touched(root)


def without_modes(root: Path) -> Path:
    sh(root, "git", "config", "core.fileMode", "false")
    (root / "sales/tool.sh").chmod(0o644)
    (root / "sales/data/a.lf").chmod(0o755)
    return root


def crowded(root: Path) -> Path:
    """A repository without a commit, inside the project."""
    sh(root, "git", "init", "-q", str(root / "sales/inner"))
    write(root, {"sales/inner/file": "of another repository"})
    return root


def linked(root: Path) -> Path:
    sh(root, "git", "worktree", "add", "-q", "--detach", str(Path.cwd() / "linked"))
    write(root, {".git/info/attributes": "* text\n"})
    return Path.cwd() / "linked"


FILTERS = (
    "filter.upper.smudge=tr a-z A-Z",
    "filter.upper.clean=tr A-Z a-z",
    "filter.upper.required=true",
)
WAYS: dict[str, Callable[[Path], Path]] = {
    "plainly": clone,
    "a shallow one": lambda origin: clone(origin, "--depth=1"),
    "autocrlf": lambda origin: clone(origin, "core.autocrlf=true"),
    "autocrlf, touched": lambda origin: touched(clone(origin, "core.autocrlf=true")),
    "autocrlf, then not": lambda origin: rewritten(
        clone(origin), "sales/data/a.plain", "sales/sales/sales.py"
    ),
    "autocrlf as input": lambda origin: touched(clone(origin, "core.autocrlf=input")),
    "eol": lambda origin: touched(clone(origin, "core.eol=crlf")),
    "CRLF under eol=lf": lambda origin: rewritten(clone(origin), "sales/data/a.lf", "sales/data/a.auto"),
    "LF under eol=crlf": lambda origin: rewritten(clone(origin), "sales/data/a.crlf", like=b"\n"),
    "CRLF everywhere": lambda origin: rewritten(clone(origin)),
    "sparse without it": lambda origin: sparse(clone(origin), "docs"),
    "sparse with half of it": lambda origin: sparse(clone(origin), "sales/sales"),
    "assume-unchanged": lambda origin: hidden(clone(origin), "assume-unchanged"),
    "skip-worktree": lambda origin: hidden(clone(origin), "skip-worktree"),
    "filters": lambda origin: clone(origin, *FILTERS),
    "filters that lack their program": lambda origin: configured(
        clone(origin), "filter.upper.clean=no-such-program", "filter.upper.required=true"
    ),
    "filter processes": lambda origin: configured(
        clone(origin), "filter.upper.process=no-such-program", "filter.upper.required=true"
    ),
    "replaced and grafted": lambda origin: replaced(clone(origin)),
    "attributes of the clone": lambda origin: attributed(clone(origin), "* text\n*.plain ident filter=x\n"),
    "a split index": lambda origin: split(clone(origin)),
    "without modes": lambda origin: without_modes(clone(origin)),
    "without links": lambda origin: touched(clone(origin, "core.symlinks=false")),
    "a partial clone": lambda origin: clone(origin, "--filter=blob:none"),
    "a partial clone, sparse": lambda origin: clone(origin, "--filter=blob:none", "--sparse"),
    "a partial clone without trees": lambda origin: clone(origin, "--filter=tree:0", "--sparse"),
    "crowded": lambda origin: crowded(clone(origin)),
    "a linked work tree": lambda origin: touched(linked(clone(origin))),
}


def edit(root: Path) -> None:
    """The same edits on every machine."""
    files: dict[str, str | bytes] = {
        "sales/data/a.lf": "one\r\nthree\r\n",
        "sales/data/a.auto": "one\r\nthree\r\n",
        "sales/data/new.auto": "new\r\n",
        "sales/data/new.plain": "new\r\n",
        "sales/data/new.up": "New\n",
        "sales/data/a.id": "$Id: something$ more\n",
        "sales/data/mixed": "one\r\ntwo\nthree\n",
        "sales/sales/sales.py": "print(2)\n",
        "sales/data/binary": b"\0\n\n",
    }
    write(root, files)
    (root / "sales/data/hidden.txt").unlink(missing_ok=True)


SHOW_NOT_ALL = {
    "sparse without it",
    "sparse with half of it",
    "a partial clone, sparse",
    "a partial clone without trees",
    "assume-unchanged",
    "skip-worktree",
}


@pytest.fixture
def here(tmp_path: Path, origin: Origin, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("way", WAYS)
def test_a_commit_is_one_source_and_so_is_what_would_be_committed(
    origin: Origin, here: Path, way: str
) -> None:
    root = WAYS[way](origin.root)
    assert not opened(root).is_dirty
    found = built(root, here / "out")
    assert found == origin.build
    assert found.tree == sh(origin.root, "git", "rev-parse", "HEAD:sales")
    if way not in SHOW_NOT_ALL:
        edit(root)
        assert opened(root).is_dirty
        assert built(root, here / "out") == origin.edited


def test_what_would_be_committed_is_what_git_commits(origin: Origin, here: Path) -> None:
    root = clone(origin.root)
    edit(root)
    sh(root, "git", "add", "-A")
    assert origin.edited.tree == sh(root, "git", "write-tree", "--prefix=sales/")
    assert origin.edited.tree != origin.build.tree
    assert origin.edited.content != origin.build.content
