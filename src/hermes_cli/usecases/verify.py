"""hermes verify: every object of a project read again, and compared with what was recorded of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from hermes_cli.domain.contract import catalog
from hermes_cli.domain.contract.errors import AccessDenied, HermesError
from hermes_cli.domain.contract.layout import Layout, index_prefix
from hermes_cli.domain.contract.manifest import Artifact, Manifest, read_owner
from hermes_cli.domain.contract.names import Release, Suffix
from hermes_cli.domain.contract.store import Store
from hermes_cli.domain.events import Event, Listener
from hermes_cli.domain.settings import Environment
from hermes_cli.usecases.releasing.named_copies import copy_key, copy_of, is_copy
from hermes_cli.usecases.repo.each_environment import Unreachable, ask_each_environment
from hermes_cli.usecases.repo.workspace import Workspace


@dataclass(frozen=True, kw_only=True)
class IntegrityFinding:
    """Something that is not as it was recorded, and what to do about it."""

    environment: str
    project: str
    key: str
    problem: str
    fix: str


@dataclass(frozen=True, kw_only=True)
class VerifyReport:
    """How much was read, what was wrong with it, and which environments could not be read to their end."""

    objects: int
    suffixes: int
    findings: tuple[IntegrityFinding, ...]
    unasked: tuple[Unreachable, ...]


def verify(
    workspace: Workspace, names: Sequence[str], environments: Sequence[str], *, notify: Listener
) -> VerifyReport:
    """Read every manifest, artifact and named copy. Raises `AccessDenied` where a named environment forbids it."""
    projects = workspace.select(names)
    checks: list[_Check] = []

    def ask(environment: Environment, store: Store) -> None:
        for project in projects:
            notify(Event(subject=project.name, message=f"reading what {environment.name} holds"))
            check = _Check(store, workspace.layout(project.name), environment.name)
            checks.append(check)  # what it finds before it is refused is found
            check.run()

    answers = list(ask_each_environment(workspace, environments, ask))
    return VerifyReport(
        objects=sum(check.objects for check in checks),
        suffixes=sum(check.suffixes for check in checks),
        findings=tuple(finding for check in checks for finding in check.findings),
        unasked=tuple(answer for answer in answers if isinstance(answer, Unreachable)),
    )


class _Check:
    """The check of one project in one environment."""

    def __init__(self, store: Store, layout: Layout, environment: str) -> None:
        self._store = store
        self._layout = layout
        self._environment = environment
        self.objects = 0
        self.suffixes = 0
        self.findings: list[IntegrityFinding] = []

    def run(self) -> None:
        layout = self._layout
        known = {layout.owner, layout.latest}
        marked = {entry.key for entry in self._store.list(f"{index_prefix(layout.team)}{layout.project}/")}
        suffixes = catalog.suffixes(self._store, layout)
        self._owner(needed=bool(suffixes))
        for suffix in suffixes:
            self.suffixes += 1
            key = layout.manifest(suffix)
            known.add(key)
            manifest = self._manifest(suffix, key)
            if manifest is None:
                continue
            for artifact in (*manifest.artifacts, *manifest.libraries):
                known.add(artifact.key)
            known.update(self._artifacts(suffix, manifest))
            if isinstance(suffix, Release):
                mine = {one for one in marked if one.startswith(layout.index_marker(suffix.version, ""))}
                marked -= mine
                if not mine:
                    self._find(key, "its deploy was not finished", "deploy that version again")
        for marker in sorted(marked):
            self._find(marker, "this marks a release that is not there or is broken", "ask who wrote it")
        moving = [suffix for suffix in suffixes if not isinstance(suffix, Release)]
        for entry in self._store.list(layout.root):
            if entry.key in known or entry.key.startswith(layout.builds):
                continue
            if any(is_copy(layout, suffix, entry.key) for suffix in moving):
                self._find(entry.key, "left over from an earlier deploy", "delete it, if nothing reads it")
            else:
                self._find(entry.key, "nothing that Hermes recorded explains it", "ask who wrote it")

    def _owner(self, *, needed: bool) -> None:
        key = self._layout.owner
        stored = self._store.get(key)
        if stored is None:
            if needed:
                self._find(key, "nothing says which repo owns this name", "deploy again, from that repo")
            return
        try:
            read_owner(stored.data, f"{self._store.url}/{key}")
        except HermesError as error:
            self._find(key, error.message, error.hint or "ask who wrote it")

    def _manifest(self, suffix: Suffix, key: str) -> Manifest | None:
        self.objects += 1
        try:
            return catalog.resolve(self._store, self._layout, suffix).manifest
        except AccessDenied:
            raise
        except catalog.NotDeployed:
            return None  # pruned, or retired before its first release
        except HermesError as error:
            self._find(key, error.message, error.hint or "ask who wrote it")
            return None

    def _artifacts(self, suffix: Suffix, manifest: Manifest) -> Iterator[str]:
        for artifact in manifest.libraries:
            self._read(artifact)
        for artifact in manifest.artifacts:
            data = self._read(artifact)
            key = copy_key(self._layout, suffix, artifact)
            yield key
            if data is None:
                continue
            self.objects += 1
            copy = self._store.get(key)
            if copy is None:
                self._find(
                    key, "this named copy is missing", "deploy again; what runs by the manifest is whole"
                )
            elif copy.data != copy_of(suffix, artifact, data):
                again = "ask who wrote it" if isinstance(suffix, Release) else "deploy again"
                self._find(key, f"this named copy is not what {suffix} is", again)

    def _read(self, artifact: Artifact) -> bytes | None:
        self.objects += 1
        try:
            return catalog.read_artifact(self._store, artifact)
        except AccessDenied:
            raise
        except HermesError as error:
            self._find(artifact.key, error.message, error.hint or "restore it from the bucket's versions")
            return None

    def _find(self, key: str, problem: str, fix: str) -> None:
        self.findings.append(
            IntegrityFinding(
                environment=self._environment, project=self._layout.project, key=key, problem=problem, fix=fix
            )
        )
