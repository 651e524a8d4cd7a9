"""Where a template is found: with this Hermes, in a folder, or in git; as it is now or as it was."""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from hermes_cli import __version__
from hermes_cli.domain.contract.errors import HermesError, InvalidInput
from hermes_cli.domain.contract.names import did_you_mean

from .fetching import copy_state, fetch, is_commit, newest_release, state_of
from .history import archives, unpack

_BUNDLED = "bundled:"
_DIRTY = "-dirty"
# The @ of a ref is the last one, and that of an ssh user comes before the path.
_GIT_URL = re.compile(
    r"(?:git\+)?(?P<url>(?P<host>(?P<scheme>[a-z]+)://[^/]*/|[\w.+-]+@[\w.-]+:)(?P<path>.+?))(?:@(?P<ref>[^@]+))?"
)


@dataclass(frozen=True, kw_only=True)
class TemplateSource:
    """A template on this machine.

    `spec` finds it again, and `version` tells which state of it this is: its own version for a
    bundled one, a commit for git (with `-dirty` for edits in a folder), else empty.
    """

    spec: str
    path: Path
    version: str


def bundled() -> Path:
    """The folder with the templates that came with this Hermes. Raises `HermesError`."""
    here = Path(__file__).resolve()
    for folder in (here.parents[2] / "templates", here.parents[4] / "templates"):
        if (folder / "project" / "cookiecutter.json").is_file():
            return folder
    raise HermesError(
        f"the templates that belong to Hermes are missing beside {here.parents[2]}",
        hint="install Hermes again",
    )


def address(spec: str) -> str:
    """A template's address without the branch, tag or commit."""
    url = _GIT_URL.fullmatch(spec)
    return url["url"] if url else spec


def newest(spec: str) -> str:
    """The spec of the newest state: of a template at a version's tag, the highest one.

    A branch is its newest state itself, and a commit has none. Raises `HermesError` where git fails.
    """
    url = _GIT_URL.fullmatch(spec)
    if not url or not url["ref"] or is_commit(url["ref"]):
        return spec
    return f"{spec[: url.end('url')]}@{newest_release(url['url'], url['ref'])}"


@contextmanager
def resolve(spec: str, ref: str | None = None) -> Iterator[TemplateSource]:
    """Bring a template here for the time of the `with` block.

    `spec` is `bundled:NAME`, a folder, or a git URL, which may end with `@` and a branch, tag or
    commit. `ref` asks for another state: a version of a bundled template, else what git knows.
    Raises `InvalidInput` for anything else, `HermesError` where git fails.
    """
    with tempfile.TemporaryDirectory(prefix="hermes-template-") as temporary:
        source = _brought(spec, ref, Path(temporary))
        try:
            yield source
        except HermesError as error:
            # A temporary folder tells nobody which template it is.
            if source.path.is_relative_to(temporary):
                error.message = error.message.replace(str(source.path), source.spec)
                error.hint = error.hint and error.hint.replace(str(source.path), source.spec)
                error.args = (error.message,)
            raise


def _brought(spec: str, ref: str | None, scratch: Path) -> TemplateSource:
    if spec.startswith(_BUNDLED):
        return _bundled(spec, ref, scratch)
    if url := _GIT_URL.fullmatch(spec):
        if url["scheme"] in ("http", "https") and "@" in url["host"]:
            raise InvalidInput(
                "the template's URL holds credentials, and it would be written to hermes.toml",
                hint="take out what stands before the @, and let git's credential helper know it",
            )
        wanted = ref or url["ref"] or "HEAD"
        named = f"{spec[: url.end('url')]}@{ref}" if ref else spec
        return TemplateSource(spec=named, path=scratch, version=fetch(url["url"], wanted, scratch))
    if (folder := Path(spec).expanduser().resolve()).is_dir():
        return _folder(folder, ref, scratch)
    raise InvalidInput(
        f"there is no template {spec!r}: it is neither a bundled one, nor a folder, nor a git URL",
        hint=_as_url(spec) or "--template bundled:project",
    )


def _as_url(spec: str) -> str | None:
    """How to name a state of a local repository, for who wrote FOLDER@REF."""
    path, _, ref = spec.rpartition("@")
    folder = Path(path).expanduser().resolve()
    if not path or not (folder / ".git").exists():
        return None
    return f"a state of a git repository is named by its URL: {folder.as_uri()}@{ref}"


def _bundled(spec: str, ref: str | None, scratch: Path) -> TemplateSource:
    folder, name = bundled(), spec.removeprefix(_BUNDLED)
    known = {path.parent.name for path in folder.glob("*/cookiecutter.json")}
    if name not in known:
        has = ", ".join(sorted(known))
        raise InvalidInput(f"Hermes has no template {name!r}, but {has}", hint=did_you_mean(name, known))
    current = version_of(folder / name)
    released = archives(folder, name)
    if ref is None or (ref == current and ref not in released):
        return TemplateSource(spec=spec, path=folder / name, version=current)
    if ref not in released:
        there = ", ".join(dict.fromkeys([*released, current]))
        raise InvalidInput(
            f"this Hermes ({__version__}) does not know version {ref} of the template {name}",
            hint=f"it knows {there}; for a newer one install a newer Hermes",
        )
    return TemplateSource(spec=spec, path=unpack(released[ref], scratch), version=ref)


def version_of(template: Path) -> str:
    """What a bundled template says of its version; Hermes's own where it says nothing."""
    declared = json.loads((template / "cookiecutter.json").read_text(encoding="utf-8"))
    return str(declared.get("_version", __version__))


def _folder(folder: Path, ref: str | None, scratch: Path) -> TemplateSource:
    if ref is None:
        return TemplateSource(spec=str(folder), path=folder, version=state_of(folder))
    if not ref or ref.endswith(_DIRTY):
        raise InvalidInput(
            f"nothing records the state of {folder} that this repo was made from",
            hint="only a template that is committed to git, without edits, can be updated from",
        )
    return TemplateSource(spec=str(folder), path=copy_state(folder, ref, scratch), version=ref)
