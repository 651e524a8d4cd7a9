"""hermes verify: read every object of a project again, and compare it with what was recorded."""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass

from hermes_cli.domain.contract import catalog
from hermes_cli.domain.contract.errors import AccessDenied, HermesError
from hermes_cli.domain.contract.layout import BuildKey, IndexMarkerKey, Layout, NamedCopyKey
from hermes_cli.domain.contract.manifest import Artifact, Manifest, read_owner
from hermes_cli.domain.contract.store import Store
from hermes_cli.domain.contract.suffixes import Release, Suffix
from hermes_cli.domain.deploy_environment import Environment
from hermes_cli.domain.events import Event, Listener
from hermes_cli.usecases.releasing.named_copies import copy_key, copy_of
from hermes_cli.usecases.repo.each_environment import Unreachable, ask_each_environment
from hermes_cli.usecases.repo.workspace import Workspace


@dataclass(frozen=True, kw_only=True)
class IntegrityFinding:
    """An object that differs from what was recorded, and the fix."""

    environment: str
    project: str
    key: str
    problem: str
    fix: str


@dataclass(frozen=True, kw_only=True)
class VerifyReport:
    """The number of objects read, the findings, and the environments that could not be read completely."""

    objects: int
    suffixes: int
    findings: tuple[IntegrityFinding, ...]
    unasked: tuple[Unreachable, ...]


def verify(
    workspace: Workspace, names: Sequence[str], environments: Sequence[str], *, notify: Listener
) -> VerifyReport:
    """Read every manifest, artifact and named copy. Raises `AccessDenied` where a named environment forbids it."""
    projects = workspace.select(names)
    checks: list[_ProjectCheck] = []

    def ask(environment: Environment, store: Store) -> None:
        for project in projects:
            notify(Event(subject=project.name, message=f"reading what is deployed in {environment.name}"))
            check = _ProjectCheck(store, workspace.layout(project.name), environment.name)
            checks.append(check)  # before it runs: an error keeps the findings made until then
            check.run()

    answers = list(ask_each_environment(workspace, environments, ask))
    return VerifyReport(
        objects=sum(check.objects for check in checks),
        suffixes=sum(check.suffixes for check in checks),
        findings=tuple(finding for check in checks for finding in check.findings),
        unasked=tuple(answer for answer in answers if isinstance(answer, Unreachable)),
    )


class _ProjectCheck:
    """The check of one project in one environment."""

    def __init__(self, store: Store, layout: Layout, environment: str) -> None:
        self._store = store
        self._layout = layout
        self._environment = environment
        self.objects = 0
        self.suffixes = 0
        self.findings: list[IntegrityFinding] = []

    def run(self) -> None:
        """Read all that is recorded of the project, and note every object that differs from it."""
        layout = self._layout
        markers = [entry.key for entry in self._store.list(layout.index_markers)]
        suffixes = catalog.suffixes(self._store, layout)
        self._check_owner(needed=bool(suffixes))
        releases: list[Release] = []
        recorded = {layout.owner, layout.latest}
        for suffix in suffixes:
            self.suffixes += 1
            key = layout.manifest(suffix)
            recorded.add(key)
            manifest = self._read_manifest(suffix, key)
            if manifest is None:
                continue
            recorded.update(self._check_artifacts(suffix, manifest))
            if isinstance(suffix, Release):
                releases.append(suffix)
        self._check_markers(markers, releases)
        # A release's copies never change, so none of them can be left over.
        self._check_others(recorded, [suffix for suffix in suffixes if not isinstance(suffix, Release)])

    def _check_markers(self, markers: Sequence[str], releases: Sequence[Release]) -> None:
        """A marker is written last, one at least for each release."""
        marked: dict[str, str | None] = {}  # as text: 1.0 and 1.0.0 are equal versions
        for key in markers:
            marker = Layout.parse(key)
            marked[key] = str(marker.version) if isinstance(marker, IndexMarkerKey) else None
        released = [str(release) for release in releases]
        for release in releases:
            if str(release) not in marked.values():
                key = self._layout.manifest(release)
                self._note(key, "its deploy was not finished", "deploy that version again")
        for key, version in marked.items():
            if version not in released:
                self._note(key, "this marks a release that is not there or is broken", "ask who wrote it")

    def _check_others(self, recorded: Set[str], changing: Sequence[Suffix]) -> None:
        """Note each object that no record explains; a build may be there that nothing points at."""
        for entry in self._store.list(self._layout.root):
            key = Layout.parse(entry.key)
            if entry.key in recorded or isinstance(key, BuildKey):
                continue
            if isinstance(key, NamedCopyKey) and key.suffix in changing:
                self._note(entry.key, "left over from an earlier deploy", "delete it, if nothing reads it")
            else:
                self._note(entry.key, "nothing that Hermes recorded explains it", "ask who wrote it")

    def _check_owner(self, *, needed: bool) -> None:
        key = self._layout.owner
        stored = self._store.get(key)
        if stored is None:
            if needed:
                self._note(key, "nothing says which repo owns this name", "deploy again, from that repo")
            return
        try:
            read_owner(stored.data, f"{self._store.url}/{key}")
        except HermesError as error:
            self._note(key, error.message, error.hint or "ask who wrote it")

    def _read_manifest(self, suffix: Suffix, key: str) -> Manifest | None:
        self.objects += 1
        try:
            return catalog.resolve(self._store, self._layout, suffix).manifest
        except AccessDenied:
            raise
        except catalog.NotDeployed:
            return None  # pruned, or retired before its first release
        except HermesError as error:
            self._note(key, error.message, error.hint or "ask who wrote it")
            return None

    def _check_artifacts(self, suffix: Suffix, manifest: Manifest) -> Iterator[str]:
        for artifact in manifest.libraries:
            self._read_artifact(artifact)
        for artifact in manifest.artifacts:
            data = self._read_artifact(artifact)
            key = copy_key(self._layout, suffix, artifact)
            yield key
            if data is None:
                continue
            self.objects += 1
            copy = self._store.get(key)
            if copy is None:
                self._note(
                    key,
                    "this named copy is missing",
                    "deploy again; runs read the manifest, and go on as before",
                )
            elif copy.data != copy_of(suffix, artifact, data):
                again = "ask who wrote it" if isinstance(suffix, Release) else "deploy again"
                self._note(key, f"this named copy is not what {suffix} is", again)

    def _read_artifact(self, artifact: Artifact) -> bytes | None:
        self.objects += 1
        try:
            return catalog.read_artifact(self._store, artifact)
        except AccessDenied:
            raise
        except HermesError as error:
            self._note(artifact.key, error.message, error.hint or "restore it from the bucket's versions")
            return None

    def _note(self, key: str, problem: str, fix: str) -> None:
        self.findings.append(
            IntegrityFinding(
                environment=self._environment, project=self._layout.project, key=key, problem=problem, fix=fix
            )
        )
