"""Open a template by its address: one that Hermes bundles, a folder, or a git URL; as it is now or as it was."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from hermes_cli.adapters.git import Git
from hermes_cli.adapters.git.fetching import fetch_state, is_commit, newest_version_tag
from hermes_cli.adapters.template import find_bundled
from hermes_cli.domain.contract.errors import HermesError, InvalidInput

_BUNDLED = "bundled:"
_DIRTY = "-dirty"
# The @ of a ref is the last one, and that of an ssh user comes before the path.
_GIT_URL = re.compile(
    r"(?:git\+)?(?P<url>(?P<host>(?P<scheme>[a-z]+)://[^/]*/|[\w.+-]+@[\w.-]+:)(?P<path>.+?))(?:@(?P<ref>[^@]+))?"
)


@dataclass(frozen=True, kw_only=True)
class TemplateSource:
    """A template on this machine.

    `spec` finds it again. `version` is the state that it is in: its own version for a bundled one, a
    commit for git (with `-dirty` where a folder has edits), else empty.
    """

    spec: str
    path: Path
    version: str


def address_of(spec: str) -> str:
    """Return a template's address without the branch, tag or commit."""
    url = _GIT_URL.fullmatch(spec)
    return url["url"] if url else spec


def newest_spec(spec: str) -> str:
    """Return the spec of a template's newest state: for one at a version's tag, the highest such tag.

    A branch names its newest state already, and a commit never changes. Raises `HermesError` where
    git fails.
    """
    url = _GIT_URL.fullmatch(spec)
    if not url or not url["ref"] or is_commit(url["ref"]):
        return spec
    return f"{spec[: url.end('url')]}@{newest_version_tag(url['url'], url['ref'])}"


@contextmanager
def open_template(spec: str, ref: str | None = None) -> Iterator[TemplateSource]:
    """Bring a template to this machine for the time of the `with` block.

    `spec` is `bundled:NAME`, a folder, or a git URL, which may end with `@` and a branch, tag or
    commit. `ref` asks for another state: a version of a bundled template, else a commit, branch or tag.
    Raises `InvalidInput` for anything else, `HermesError` where git fails.
    """
    with tempfile.TemporaryDirectory(prefix="hermes-template-") as temporary:
        source = _find(spec, ref, Path(temporary))
        try:
            yield source
        except HermesError as error:
            # Nobody knows a template by the name of a temporary folder.
            if source.path.is_relative_to(temporary):
                error.message = error.message.replace(str(source.path), source.spec)
                error.hint = error.hint and error.hint.replace(str(source.path), source.spec)
                error.args = (error.message,)
            raise


def _find(spec: str, ref: str | None, scratch: Path) -> TemplateSource:
    if spec.startswith(_BUNDLED):
        path, version = find_bundled(spec.removeprefix(_BUNDLED), ref, scratch)
        return TemplateSource(spec=spec, path=path, version=version)
    if url := _GIT_URL.fullmatch(spec):
        if url["scheme"] in ("http", "https") and "@" in url["host"]:
            raise InvalidInput(
                "the template's URL holds credentials, and it would be written to hermes.toml",
                hint="remove the part before the @, and store the login in git's credential helper",
            )
        wanted = ref or url["ref"] or "HEAD"
        named = f"{spec[: url.end('url')]}@{ref}" if ref else spec
        return TemplateSource(spec=named, path=scratch, version=fetch_state(url["url"], wanted, scratch))
    if (folder := Path(spec).expanduser().resolve()).is_dir():
        return _in_folder(folder, ref, scratch)
    raise InvalidInput(
        f"there is no template {spec!r}: it is neither a bundled one, nor a folder, nor a git URL",
        hint=_as_url(spec) or "--template bundled:project",
    )


def _as_url(spec: str) -> str | None:
    """Return the hint for whoever wrote FOLDER@REF."""
    path, _, ref = spec.rpartition("@")
    folder = Path(path).expanduser().resolve()
    if not path or not (folder / ".git").exists():
        return None
    return f"a state of a git repository is named by its URL: {folder.as_uri()}@{ref}"


def _in_folder(folder: Path, ref: str | None, scratch: Path) -> TemplateSource:
    if ref is None:
        return TemplateSource(spec=str(folder), path=folder, version=_state_of(folder))
    if not ref or ref.endswith(_DIRTY):
        raise InvalidInput(
            f"nothing records the state of {folder} that this repo was made from",
            hint="only a template that is committed to git, without edits, can be updated from",
        )
    git = Git.find(folder)
    snapshot = git.snapshot(ref) if git else None
    if git is None or snapshot is None:
        raise HermesError(
            f"git does not know {ref} in {folder}, the state of the template that this repo was made from",
            hint="fetch it there, or clone the template again with its whole history",
        )
    inside = folder.relative_to(git.root.resolve())
    snapshot.export(inside.as_posix(), scratch)
    return TemplateSource(spec=str(folder), path=scratch / inside, version=ref)


def _state_of(folder: Path) -> str:
    try:
        git = Git.find(folder)
        commit = git.head() if git else None
        if git is None or commit is None:
            return ""
        dirty = git.is_dirty(folder.relative_to(git.root.resolve()).as_posix())
    except HermesError:
        return ""
    return f"{commit}{_DIRTY}" if dirty else commit
