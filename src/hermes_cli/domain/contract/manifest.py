"""The records of a deploy: the manifest of a suffix, its tombstone, and the owner of a name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from .documents import BrokenDocument, decode, encode, field, optional, version_text
from .errors import InvalidInput
from .layout import LIBRARY, SCRIPT, BuildKey, Layout
from .names import did_you_mean, module_name
from .run_specification import parse_secrets
from .suffixes import Release, Suffix

_TOMBSTONE = "tombstone"


@dataclass(frozen=True, kw_only=True)
class Artifact:
    """One deployed file; `name` is the script's, or the library's distribution; `size` in bytes."""

    kind: str
    name: str
    key: str
    sha256: str
    size: int

    @property
    def file(self) -> str:
        """The name of the file."""
        return self.key.rsplit("/", 1)[-1]


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """All that is recorded of one suffix of one project.

    `content` is the digest of all that would run; `lock` holds the library's dependencies, pinned and
    hashed, for `python` on Linux; `libraries` are the wheels of the same repo that it needs;
    `created` is by the store's clock, as ISO 8601 in UTC; `secrets` are the names of the secrets that
    its scripts need. Releases never change.
    """

    team: str
    project: str
    suffix: str
    version: str
    repo_id: str
    branch: str
    commit: str | None
    tree: str
    dirty: bool
    content: str
    artifacts: tuple[Artifact, ...]
    libraries: tuple[Artifact, ...]
    lock: str
    python: str
    dependencies: tuple[str, ...]
    requires_python: str | None
    created: str
    actor: str | None
    ci_run: str | None
    hermes: str
    backend: str | None
    secrets: tuple[str, ...] = ()

    @property
    def library(self) -> Artifact | None:
        """The project's wheel; None where it has none."""
        return next((artifact for artifact in self.artifacts if artifact.kind == LIBRARY), None)

    @property
    def scripts(self) -> tuple[Artifact, ...]:
        """The project's scripts."""
        return tuple(artifact for artifact in self.artifacts if artifact.kind == SCRIPT)

    def script(self, name: str | None) -> Artifact:
        """Return a script by its name; without one, the script named like the project. Raises `InvalidInput`."""
        wanted = name or module_name(self.project)
        names = [script.name for script in self.scripts]
        for script in self.scripts:
            if script.name == wanted or (name is None and len(names) == 1):
                return script
        raise InvalidInput(
            f"{self.project}@{self.suffix} has no script {wanted!r}",
            hint=did_you_mean(wanted, names),
            note="it has: " + (", ".join(names) or "none"),
        )

    def encode(self) -> bytes:
        """Return the manifest as it is stored."""
        return encode({"kind": "manifest", **asdict(self)})

    def same_deploy(self, other: Manifest) -> bool:
        """Return whether both record the same deploy, whoever wrote them and when."""
        return self == replace(
            other, created=self.created, actor=self.actor, ci_run=self.ci_run, hermes=self.hermes
        )


def read_manifest(data: bytes, where: str, layout: Layout, suffix: Suffix) -> Manifest:
    """Parse the manifest of a suffix; fields it does not know are ignored.

    Raises `BrokenDocument` where it is damaged, belongs to another project or suffix, or points
    outside the project's own builds.
    """
    document = decode(data, where)
    manifest = Manifest(
        team=field(document, "team", str, where),
        project=field(document, "project", str, where),
        suffix=field(document, "suffix", str, where),
        version=version_text(field(document, "version", str, where), where),
        repo_id=field(document, "repo_id", str, where),
        branch=field(document, "branch", str, where),
        commit=optional(document, "commit", str, where),
        tree=field(document, "tree", str, where),
        dirty=field(document, "dirty", bool, where),
        content=field(document, "content", str, where),
        artifacts=_artifacts(document, "artifacts", where, layout),
        libraries=_artifacts(document, "libraries", where, layout),
        lock=field(document, "lock", str, where),
        python=field(document, "python", str, where),
        dependencies=tuple(str(item) for item in field(document, "dependencies", list, where)),
        requires_python=optional(document, "requires_python", str, where),
        created=field(document, "created", str, where),
        actor=optional(document, "actor", str, where),
        ci_run=optional(document, "ci_run", str, where),
        hermes=field(document, "hermes", str, where),
        backend=optional(document, "backend", str, where),
        secrets=_secrets(document, where),
    )
    if (manifest.team, manifest.project, manifest.suffix) != (layout.team, layout.project, str(suffix)):
        raise BrokenDocument(
            f"{where} is the manifest of {manifest.team}/{manifest.project}@{manifest.suffix}, "
            f"not of {layout.team}/{layout.project}@{suffix}"
        )
    if isinstance(suffix, Release) and manifest.version != str(suffix.version):
        raise BrokenDocument(f"{where} records version {manifest.version}")
    return manifest


def _secrets(document: Mapping[str, Any], where: str) -> tuple[str, ...]:
    try:
        return parse_secrets(optional(document, "secrets", list, where) or (), where)
    except InvalidInput as error:
        raise BrokenDocument(error.message) from None


def _artifacts(document: Mapping[str, Any], key: str, where: str, layout: Layout) -> tuple[Artifact, ...]:
    artifacts = []
    for row in field(document, key, list, where):
        if not isinstance(row, dict):
            raise BrokenDocument(f"{where}: {key} holds something that is not an artifact")
        artifact = Artifact(
            kind=field(row, "kind", str, where),
            name=field(row, "name", str, where),
            key=field(row, "key", str, where),
            sha256=field(row, "sha256", str, where),
            size=field(row, "size", int, where),
        )
        # Whoever can write a manifest must not make a reader fetch or write anything but builds.
        build = Layout.parse(artifact.key)
        if (
            artifact.kind not in (SCRIPT, LIBRARY)
            or artifact.size < 0
            or not isinstance(build, BuildKey)
            or (build.layout, build.sha256) != (layout, artifact.sha256)
        ):
            raise BrokenDocument(
                f"{where}: {key} names {artifact.key}, which is not a build of {layout.project}"
            )
        artifacts.append(artifact)
    return tuple(artifacts)


@dataclass(frozen=True, kw_only=True)
class Owner:
    """The record of the repo that owns a project's name."""

    team: str
    project: str
    repo_id: str
    created: str

    def encode(self) -> bytes:
        """Return the record as it is stored."""
        return encode({"kind": "owner", **asdict(self)})


def read_owner(data: bytes, where: str) -> Owner:
    """Parse an owner record. Raises `BrokenDocument`."""
    document = decode(data, where)
    return Owner(
        team=field(document, "team", str, where),
        project=field(document, "project", str, where),
        repo_id=field(document, "repo_id", str, where),
        created=field(document, "created", str, where),
    )


@dataclass(frozen=True, kw_only=True)
class Tombstone:
    """The record that replaces a feature's manifest when it is pruned; the next deploy replaces it in turn."""

    team: str
    project: str
    suffix: str
    repo_id: str
    branch: str
    pruned: str

    def encode(self) -> bytes:
        """Return the record as it is stored."""
        return encode({"kind": _TOMBSTONE, **asdict(self)})


def read_tombstone(data: bytes, where: str) -> Tombstone | None:
    """Parse a tombstone; None for a manifest. Raises `BrokenDocument`."""
    document = decode(data, where)
    if document.get("kind") != _TOMBSTONE:
        return None
    return Tombstone(
        team=field(document, "team", str, where),
        project=field(document, "project", str, where),
        suffix=field(document, "suffix", str, where),
        repo_id=field(document, "repo_id", str, where),
        branch=field(document, "branch", str, where),
        pruned=field(document, "pruned", str, where),
    )
