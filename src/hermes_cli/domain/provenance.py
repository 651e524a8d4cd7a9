"""Convert a manifest to provenance that other tools read: an in-toto statement with a SLSA predicate."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hermes_cli.domain.contract.lock_file import packages
from hermes_cli.domain.contract.manifest import Artifact, Manifest

# What these mean is in docs/deploying.md, "Provenance".
_DOCS = "urn:hermes-data-products:docs/deploying"
BUILD_TYPE = f"{_DOCS}:build-v1"
BUILDER_CI = f"{_DOCS}:builder-ci"
BUILDER_ELSEWHERE = f"{_DOCS}:builder-elsewhere"

_STATEMENT = "https://in-toto.io/Statement/v1"
_PREDICATE = "https://slsa.dev/provenance/v1"


def statement(manifest: Manifest) -> dict[str, Any]:
    """Return the statement about the artifacts of a manifest; it says no more than the manifest does.

    Nobody signs it, so it is provenance of SLSA's build level 1 and no more.
    """
    return {
        "_type": _STATEMENT,
        "subject": [_file(artifact) for artifact in manifest.artifacts],
        "predicateType": _PREDICATE,
        "predicate": {"buildDefinition": _definition(manifest), "runDetails": _run(manifest)},
    }


def _definition(manifest: Manifest) -> dict[str, Any]:
    return {
        "buildType": BUILD_TYPE,
        "externalParameters": {
            "repo": manifest.repo_id,
            "branch": manifest.branch,
            "team": manifest.team,
            "project": manifest.project,
            "suffix": manifest.suffix,
        },
        "internalParameters": _known(
            version=manifest.version,
            content=manifest.content,
            python=manifest.python,
            requiresPython=manifest.requires_python,
            dependencies=list(manifest.dependencies),
            actor=manifest.actor,
        ),
        "resolvedDependencies": [*_source(manifest), *_packages(manifest.lock), *_libraries(manifest)],
    }


def _run(manifest: Manifest) -> dict[str, Any]:
    # Timestamps of SLSA are RFC 3339 with Z; only one moment is on record, by the store's clock.
    created = manifest.created.replace("+00:00", "Z")
    backend, _, version = (manifest.backend or "").partition(" ")
    return {
        "builder": {
            "id": BUILDER_CI if manifest.ci_run else BUILDER_ELSEWHERE,
            "version": {"hermes": manifest.hermes} | ({backend: version} if version else {}),
        },
        "metadata": _known(invocationId=manifest.ci_run, startedOn=created, finishedOn=created),
    }


def _source(manifest: Manifest) -> Iterator[dict[str, Any]]:
    if manifest.commit:
        commit = {"name": "source", "digest": {"gitCommit": manifest.commit}}
        # Then the tree, and not the commit, is what was built.
        yield commit | ({"annotations": {"dirty": True}} if manifest.dirty else {})
    yield {"name": f"{manifest.project}/", "digest": {"gitTree": manifest.tree}}


def _packages(lock: str) -> Iterator[dict[str, Any]]:
    for package in packages(lock):
        version = package.version.replace("!", "%21").replace("+", "%2B")
        known: dict[str, Any] = {"name": package.name, "uri": f"pkg:pypi/{package.name}@{version}"}
        if len(package.hashes) == 1:
            yield known | {"digest": dict(package.hashes)}
        else:
            # A digest set is about one file, and the lock lets any of several be installed.
            any_of = [f"{kind}:{digest}" for kind, digest in package.hashes]
            yield known | {"annotations": {"anyOf": any_of}}


def _libraries(manifest: Manifest) -> Iterator[dict[str, Any]]:
    return map(_file, manifest.libraries)


def _file(artifact: Artifact) -> dict[str, Any]:
    return {"name": artifact.file, "digest": {"sha256": artifact.sha256}}


def _known(**fields: Any) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}
