"""Drafts for tests of the protocol: a tiny project whose script and library carry the same mark."""

from __future__ import annotations

import hashlib
import zipfile
from dataclasses import dataclass, replace

from packaging.version import Version

from hermes_cli.adapters.wheels import read_wheel
from hermes_cli.adapters.wheels.archive import Member, pack
from hermes_cli.adapters.wheels.restamp import write_record
from hermes_cli.domain.contract import catalog
from hermes_cli.domain.contract.layout import LIBRARY, SCRIPT, Layout, wheel_file
from hermes_cli.domain.contract.manifest import Artifact, Manifest
from hermes_cli.domain.contract.names import parse_project, parse_team
from hermes_cli.domain.contract.store import Store
from hermes_cli.domain.contract.suffixes import Feature, Latest, Release, Suffix, feature_of
from hermes_cli.usecases.releasing import publish
from hermes_cli.usecases.releasing.drafts import Draft
from hermes_cli.usecases.releasing.project_state import read_state

LAYOUT = Layout(parse_team("growth"), parse_project("sales"))
MODULE = "sales/mark.py"


def library(version: str, mark: str, backend: str = "1") -> bytes:
    """A wheel of `sales` with one module, as this version of a build backend makes it."""
    stem = f"sales-{version}.dist-info"
    files = {
        MODULE: mark.encode(),
        f"{stem}/METADATA": f"Metadata-Version: 2.1\nName: sales\nVersion: {version}\n".encode(),
        f"{stem}/WHEEL": b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        + f"Generator: test {backend}\n".encode(),
        f"{stem}/RECORD": b"",
    }
    members = [
        Member(path=path, data=data, info=zipfile.ZipInfo(path, (2020, 1, 1, 0, 0, 0)))
        for path, data in files.items()
    ]
    members[-1] = replace(members[-1], data=write_record(members, f"{stem}/RECORD"))
    return pack(members)


def draft(
    suffix: Suffix,
    *,
    mark: str = "one",
    version: str = "1.2.0",
    repo_id: str = "repo",
    month: str = "202601",
    commit: str = "c0ffee",
    tree: str = "",
    backend: str = "1",
    created: str = "2026-01-02T03:04:05+00:00",
) -> Draft:
    """What a deploy of `sales` would make; `mark` is its content."""
    builds: dict[str, bytes] = {}

    def add(kind: str, name: str, file: str, data: bytes) -> Artifact:
        sha256 = hashlib.sha256(data).hexdigest()
        key = LAYOUT.build(month, sha256, file)
        builds[key] = data
        return Artifact(kind=kind, name=name, key=key, sha256=sha256, size=len(data))

    wheel_version = suffix.wheel_version
    artifacts = (
        add(SCRIPT, "sales", "sales.py", mark.encode()),
        add(SCRIPT, "backfill", "backfill.py", b"also " + mark.encode()),
        add(LIBRARY, "sales", wheel_file("sales", wheel_version), library(wheel_version, mark, backend)),
    )
    base = add(LIBRARY, "base", "base-1.0-py3-none-any.whl", b"a library of the same repo " + mark.encode())
    manifest = Manifest(
        team=LAYOUT.team,
        project=LAYOUT.project,
        suffix=str(suffix),
        version=version,
        repo_id=repo_id,
        branch=(suffix.branch or "") if isinstance(suffix, Feature) else "main",
        commit=commit,
        tree=tree or f"tree-{mark}",
        dirty=False,
        content=hashlib.sha256(mark.encode()).hexdigest(),
        artifacts=artifacts,
        libraries=(base,),
        lock="",
        python="3.11",
        dependencies=("base",),
        requires_python=None,
        created=created,
        actor="somebody",
        ci_run=None,
        hermes="0.1.0",
        backend=None,
    )
    return Draft(layout=LAYOUT, suffix=suffix, manifest=manifest, builds=builds)


def release(version: str = "1.2.0", mark: str = "one", **facts: str) -> Draft:
    """A draft of a release."""
    return draft(Release(Version(version)), version=version, mark=mark, **facts)


def feature(branch: str = "feature/x", mark: str = "one", **facts: str) -> Draft:
    """A draft of a feature."""
    return draft(feature_of(branch), mark=mark, **facts)


@dataclass(frozen=True)
class Deployed:
    """What a deploy left, and the keys that it wrote itself."""

    manifest: Manifest
    latest: str | None
    written: tuple[str, ...]

    @property
    def created(self) -> bool:
        """Whether this deploy wrote the manifest."""
        return any("/manifests/releases/" in key or "/manifests/features/" in key for key in self.written)


def deploy(store: Store, draft: Draft) -> Deployed:
    """What `hermes deploy` does in the store for one draft."""
    written: list[str] = []
    recording = store.recording(written.append)
    publish.claim(recording, draft)
    before = read_state(recording, draft.layout, draft.suffix, draft.manifest.tree)
    published = publish.publish(recording, draft, before)
    return Deployed(manifest=published.manifest, latest=published.latest, written=tuple(written))


def check_what_resolves(store: Store) -> dict[str, str]:
    """Every suffix that resolves is whole, and its script and library belong together: their mark."""
    marks = {}
    for suffix in catalog.suffixes(store, LAYOUT):
        try:
            manifest = catalog.resolve(store, LAYOUT, suffix).manifest
        except catalog.NotDeployed:  # a tombstone, or a name that was retired before its first release
            continue
        found = {a.file: catalog.read_artifact(store, a) for a in (*manifest.artifacts, *manifest.libraries)}
        mark = found["sales.py"]
        assert found["backfill.py"] == b"also " + mark
        assert manifest.library is not None
        wheel = read_wheel(manifest.library.file, found[manifest.library.file])
        assert wheel.payload == {MODULE: hashlib.sha256(mark).hexdigest()}
        own = Release(Version(manifest.version)) if isinstance(suffix, Latest) else suffix
        assert wheel.version == own.wheel_version
        assert manifest.content == hashlib.sha256(mark).hexdigest()
        marks[str(suffix)] = mark.decode()
    return marks


def check_copies(store: Store) -> None:
    """Every suffix has its named copies, and these are what its manifest says."""
    for text, mark in check_what_resolves(store).items():
        suffix = next(s for s in catalog.suffixes(store, LAYOUT) if str(s) == text)
        for script, data in {"sales": mark, "backfill": f"also {mark}"}.items():
            stored = store.get(LAYOUT.script_copy(script, suffix))
            assert stored is not None, f"{script}-{suffix}"
            assert stored.data == data.encode(), f"{script}-{suffix}"
        key = LAYOUT.library_copy("sales", suffix)
        stored = store.get(key)
        assert stored is not None, key
        wheel = read_wheel(key.rpartition("/")[2], stored.data)
        assert wheel.version == suffix.wheel_version
        assert wheel.payload == {MODULE: hashlib.sha256(mark.encode()).hexdigest()}, key
