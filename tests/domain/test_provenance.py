"""A manifest as an in-toto statement: it has the published shape, and says what the manifest says."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Any

import pytest
from packaging.version import Version

from hermes_cli.domain.contract.layout import LIBRARY, SCRIPT, Layout
from hermes_cli.domain.contract.manifest import Artifact, Manifest
from hermes_cli.domain.contract.names import parse_project, parse_team
from hermes_cli.domain.provenance import BUILD_TYPE, BUILDER_CI, BUILDER_ELSEWHERE, statement

LAYOUT = Layout(parse_team("growth"), parse_project("sales"))
LOCK = """\
numpy==2.0.0 ; python_version >= "3.10" \\
    --hash=sha256:aa11 \\
    --hash=sha256:bb22
odd-name[extra]==1!2.0+local.1 \\
    --hash=sha256:cc33
"""


def artifact(kind: str, name: str, file: str, digit: str) -> Artifact:
    sha256 = digit * 64
    return Artifact(kind=kind, name=name, key=LAYOUT.build("202601", sha256, file), sha256=sha256, size=7)


MANIFEST = Manifest(
    team="growth",
    project="sales",
    suffix="1.2.0",
    version=str(Version("1.2.0")),
    repo_id="a-repo",
    branch="main",
    commit="c" * 40,
    tree="e" * 40,
    dirty=False,
    content="d" * 64,
    artifacts=(
        artifact(SCRIPT, "sales", "sales.py", "1"),
        artifact(LIBRARY, "sales", "sales-1.2.0-py3-none-any.whl", "2"),
    ),
    libraries=(artifact(LIBRARY, "base", "base-1.0-py3-none-any.whl", "3"),),
    lock=LOCK,
    python="3.11",
    dependencies=("numpy>=2", "base"),
    requires_python=">=3.10",
    created="2026-01-02T03:04:05+00:00",
    actor="somebody",
    ci_run="https://ci.invalid/run/42",
    hermes="0.1.0",
    backend="hatchling 1.27",
)
BARE = replace(
    MANIFEST,
    commit=None,
    libraries=(),
    lock="",
    dependencies=(),
    requires_python=None,
    actor=None,
    ci_run=None,
    backend=None,
)

URI = re.compile(r"[a-z][a-z0-9+.-]*:[^\s]+")
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
TEXT = re.compile(r".+")

# The published shape, one row a field: where it is, whether it must be there, and its kind. From the
# specifications "Statement layer" v1 of in-toto and "Provenance" v1 of SLSA.
PREDICATE, DEFINITION, RUN = "predicate", "predicate/buildDefinition", "predicate/runDetails"
SHAPE: tuple[tuple[str, bool, Any], ...] = (
    ("_type", True, re.compile(r"https://in-toto\.io/Statement/v1")),
    ("subject", True, list),
    ("predicateType", True, re.compile(r"https://slsa\.dev/provenance/v1")),
    (PREDICATE, True, dict),
    (DEFINITION, True, dict),
    (f"{DEFINITION}/buildType", True, URI),
    (f"{DEFINITION}/externalParameters", True, dict),
    (f"{DEFINITION}/internalParameters", False, dict),
    (f"{DEFINITION}/resolvedDependencies", False, list),
    (RUN, True, dict),
    (f"{RUN}/builder", True, dict),
    (f"{RUN}/builder/id", True, URI),
    (f"{RUN}/builder/version", False, dict),
    (f"{RUN}/metadata", False, dict),
    (f"{RUN}/metadata/invocationId", False, TEXT),
    (f"{RUN}/metadata/startedOn", False, TIME),
    (f"{RUN}/metadata/finishedOn", False, TIME),
)
# Below these anything goes, or another table tells.
OPEN = {f"{DEFINITION}/externalParameters", f"{DEFINITION}/internalParameters", f"{RUN}/builder/version"}
# A resource descriptor: each field and its kind; one of the three identifies it.
DESCRIPTOR = {"name": TEXT, "uri": URI, "digest": dict, "annotations": dict}
IDENTIFIES = {"uri", "digest", "content"}
ALGORITHMS = {"sha256", "gitCommit", "gitTree"}


def fits(value: object, kind: Any) -> bool:
    if isinstance(kind, re.Pattern):
        return isinstance(value, str) and kind.fullmatch(value) is not None
    return isinstance(value, kind)


def faults_of(document: dict[str, Any]) -> list[str]:
    """What of a statement is not as the specifications have it."""
    found = []
    for path, required, kind in SHAPE:
        value: Any = document
        for key in path.split("/"):
            value = value.get(key) if isinstance(value, dict) else None
        if value is None:
            found += [f"{path} is missing"] if required else []
        elif not fits(value, kind):
            found.append(f"{path} is {value!r}")
    known = {path for path, _, _ in SHAPE}
    found += [f"{path} is unknown" for path in paths_of(document, "") if path not in known]
    subjects = document.get("subject", [])
    if not subjects or any("digest" not in subject for subject in subjects):
        found.append("a subject without a digest, or none")
    if len({subject.get("name") for subject in subjects}) != len(subjects):
        found.append("two subjects of one name")
    rest = document.get("predicate", {}).get("buildDefinition", {}).get("resolvedDependencies", [])
    for descriptor in (*subjects, *rest):
        if not IDENTIFIES & set(descriptor):
            found.append(f"{descriptor} identifies nothing")
        found += [f"{key} of {descriptor}" for key in descriptor if key not in DESCRIPTOR]
        found += [
            f"{k} is {v!r}" for k, v in descriptor.items() if k in DESCRIPTOR and not fits(v, DESCRIPTOR[k])
        ]
        for algorithm, digest in descriptor.get("digest", {}).items():
            if algorithm not in ALGORITHMS or not re.fullmatch(r"[0-9a-f]+", digest):
                found.append(f"digest {algorithm}: {digest}")
    return found


def paths_of(value: dict[str, Any], above: str) -> list[str]:
    paths = []
    for key, item in value.items():
        path = f"{above}/{key}" if above else key
        paths.append(path)
        if isinstance(item, dict) and path not in OPEN:
            paths += paths_of(item, path)
    return paths


@pytest.mark.parametrize(
    "manifest",
    [MANIFEST, BARE, replace(MANIFEST, dirty=True, suffix="feature-x")],
    ids=["full", "bare", "dirty"],
)
def test_a_statement_has_the_published_shape(manifest: Manifest) -> None:
    assert faults_of(json.loads(json.dumps(statement(manifest)))) == []


@pytest.mark.parametrize("path", [path for path, required, _ in SHAPE if required])
def test_the_table_misses_what_is_taken_away(path: str) -> None:
    document = json.loads(json.dumps(statement(MANIFEST)))
    *above, last = path.split("/")
    value = document
    for key in above:
        value = value[key]
    del value[last]
    assert f"{path} is missing" in faults_of(document)


def test_the_subjects_are_the_artifacts() -> None:
    assert statement(MANIFEST)["subject"] == [
        {"name": "sales.py", "digest": {"sha256": "1" * 64}},
        {"name": "sales-1.2.0-py3-none-any.whl", "digest": {"sha256": "2" * 64}},
    ]


def test_what_it_was_built_from_is_told() -> None:
    definition = statement(MANIFEST)["predicate"]["buildDefinition"]
    assert definition["buildType"] == BUILD_TYPE
    assert definition["externalParameters"] == {
        "repo": "a-repo",
        "branch": "main",
        "team": "growth",
        "project": "sales",
        "suffix": "1.2.0",
    }
    assert definition["resolvedDependencies"] == [
        {"name": "source", "digest": {"gitCommit": "c" * 40}},
        {"name": "sales/", "digest": {"gitTree": "e" * 40}},
        {
            "name": "numpy",
            "uri": "pkg:pypi/numpy@2.0.0",
            "annotations": {"anyOf": ["sha256:aa11", "sha256:bb22"]},
        },
        {"name": "odd-name", "uri": "pkg:pypi/odd-name@1%212.0%2Blocal.1", "digest": {"sha256": "cc33"}},
        {"name": "base-1.0-py3-none-any.whl", "digest": {"sha256": "3" * 64}},
    ]


def test_the_run_is_told_and_a_run_that_nobody_knows_is_no_ci_run() -> None:
    assert statement(MANIFEST)["predicate"]["runDetails"] == {
        "builder": {"id": BUILDER_CI, "version": {"hermes": "0.1.0", "hatchling": "1.27"}},
        "metadata": {
            "invocationId": "https://ci.invalid/run/42",
            "startedOn": "2026-01-02T03:04:05Z",
            "finishedOn": "2026-01-02T03:04:05Z",
        },
    }
    elsewhere = statement(BARE)["predicate"]["runDetails"]
    assert elsewhere["builder"] == {"id": BUILDER_ELSEWHERE, "version": {"hermes": "0.1.0"}}
    assert "invocationId" not in elsewhere["metadata"]


def test_a_commit_that_is_not_all_that_was_built_is_marked() -> None:
    dirty = statement(replace(MANIFEST, dirty=True))["predicate"]["buildDefinition"]["resolvedDependencies"]
    assert dirty[0] == {"name": "source", "digest": {"gitCommit": "c" * 40}, "annotations": {"dirty": True}}


def test_nothing_that_a_manifest_records_is_left_out() -> None:
    text = json.dumps(statement(MANIFEST))
    for name, value in vars(MANIFEST).items():
        if isinstance(value, str) and name not in ("lock", "created", "backend"):
            assert value in text, name
    assert all(dependency in text for dependency in MANIFEST.dependencies)
