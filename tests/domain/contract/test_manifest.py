"""Manifests and their kin: what was written is read, and what was tampered with is not."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.version import Version

from hermes_cli.domain.contract.documents import BrokenDocument
from hermes_cli.domain.contract.layout import LIBRARY, SCRIPT, Layout, wheel_file
from hermes_cli.domain.contract.manifest import Artifact, Manifest, Owner, read_manifest, read_owner
from hermes_cli.domain.contract.names import parse_project, parse_team
from hermes_cli.domain.contract.suffixes import Release, Suffix, feature_of

LAYOUT = Layout(parse_team("growth"), parse_project("sales"))
SHA = "ab" * 32
MAYBE = st.none() | st.text()


def artifact(kind: str, name: str, file: str, sha256: str = SHA, size: int = 7) -> Artifact:
    key = LAYOUT.build("202601", sha256, file)
    return Artifact(kind=kind, name=name, key=key, sha256=sha256, size=size)


def manifest_of(suffix: Suffix, version: str = "1.2.0") -> Manifest:
    return Manifest(
        team="growth",
        project="sales",
        suffix=str(suffix),
        version=version,
        repo_id="r",
        branch="main",
        commit="c" * 40,
        tree="t" * 40,
        dirty=False,
        content="d" * 64,
        artifacts=(
            artifact(SCRIPT, "sales", "sales.py"),
            artifact(LIBRARY, "sales", wheel_file("sales", suffix.wheel_version)),
        ),
        libraries=(artifact(LIBRARY, "base", "base-1.0-py3-none-any.whl"),),
        lock="pandas==2.2.0 --hash=sha256:00\n",
        python="3.11",
        dependencies=("pandas>=2",),
        requires_python=">=3.10",
        created="2026-01-02T03:04:05+00:00",
        actor="somebody",
        ci_run="https://ci/1",
        hermes="0.1.0",
        backend="hatchling 1.27",
    )


RELEASED = Release(Version("1.2.0"))
MANIFEST = manifest_of(RELEASED)

ARTIFACTS = st.lists(
    st.builds(
        artifact,
        st.sampled_from([SCRIPT, LIBRARY]),
        st.text(),
        st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,20}\.py", fullmatch=True),
        st.binary(min_size=32, max_size=32).map(bytes.hex),
        st.integers(min_value=0, max_value=2**60),
    ),
    max_size=3,
).map(tuple)
MANIFESTS = st.builds(
    replace,
    st.sampled_from([MANIFEST, manifest_of(feature_of("feature/x"))]),
    repo_id=st.text(),
    branch=st.text(st.characters()),
    commit=MAYBE,
    tree=st.text(),
    dirty=st.booleans(),
    content=st.text(),
    artifacts=ARTIFACTS,
    libraries=ARTIFACTS,
    lock=st.text(),
    dependencies=st.lists(st.text(), max_size=3).map(tuple),
    requires_python=MAYBE,
    actor=MAYBE,
    ci_run=MAYBE,
    backend=MAYBE,
)


def suffix_of(manifest: Manifest) -> Suffix:
    return RELEASED if manifest.suffix == "1.2.0" else feature_of("feature/x")


@given(MANIFESTS)
def test_what_was_written_is_read(manifest: Manifest) -> None:
    assert read_manifest(manifest.encode(), "here", LAYOUT, suffix_of(manifest)) == manifest


@pytest.mark.parametrize("version", ["1.2.0", "1!2.0", "2.0rc1", "1.0.post1", "1.0.dev3", "2026.1"])
def test_every_version_that_may_be_released_can_be_read(version: str) -> None:
    suffix = Release(Version(version))
    manifest = manifest_of(suffix, version)
    assert read_manifest(manifest.encode(), "here", LAYOUT, suffix) == manifest


def test_a_branch_whose_name_is_not_utf8_is_kept() -> None:
    manifest = replace(MANIFEST, branch=b"caf\xe9".decode("utf-8", "surrogateescape"))
    assert read_manifest(manifest.encode(), "here", LAYOUT, RELEASED) == manifest


def test_scripts_and_the_library_are_told_apart() -> None:
    assert [script.file for script in MANIFEST.scripts] == ["sales.py"]
    assert MANIFEST.library is not None
    assert MANIFEST.library.file == "sales-1.2.0-py3-none-any.whl"
    assert replace(MANIFEST, artifacts=MANIFEST.scripts).library is None


def tampered(change: Callable[[dict[str, Any]], object], manifest: Manifest = MANIFEST) -> bytes:
    document = json.loads(manifest.encode())
    change(document)
    return json.dumps(document).encode()


def test_fields_of_a_later_hermes_are_ignored_and_the_schema_before_is_read() -> None:
    def change(document: dict[str, Any]) -> None:
        document |= {"later": {"deep": 1}, "schema": 0}
        document["artifacts"][0]["later"] = 1

    assert read_manifest(tampered(change), "here", LAYOUT, RELEASED) == MANIFEST


@pytest.mark.parametrize("schema", [2, 99, None, "1"])
def test_another_schema_is_refused(schema: object) -> None:
    with pytest.raises(BrokenDocument, match="here "):
        read_manifest(tampered(lambda document: document.update(schema=schema)), "here", LAYOUT, RELEASED)


@pytest.mark.parametrize("key", sorted(set(json.loads(MANIFEST.encode())) - {"kind", "schema"}))
@pytest.mark.parametrize("value", [3.5, ["x", 1], {"x": 1}, True])
def test_every_field_of_another_kind_is_named(key: str, value: object) -> None:
    if key == "dirty" and value is True:
        return
    if key in ("dependencies",) and isinstance(value, list):
        value = "x"
    with pytest.raises(BrokenDocument, match="here"):
        read_manifest(tampered(lambda document: document.update({key: value})), "here", LAYOUT, RELEASED)


GOOD = MANIFEST.artifacts[0].key
BAD_KEYS = [
    GOOD.replace("growth/sales", "growth/costs"),
    GOOD.replace("growth/sales", "other/sales"),
    GOOD.replace("growth/sales", "growth/sales/builds/x/../.."),
    GOOD.replace("/builds/", "/manifests/"),
    GOOD.replace("sales.py", "../../../../etc/passwd"),
    GOOD.replace("sales.py", ".."),
    GOOD.replace("sales.py", "."),
    GOOD.replace("sales.py", ".env"),
    GOOD.replace("sales.py", "a/b.py"),
    GOOD.replace("sales.py", "a\\b.py"),
    GOOD.replace("sales.py", "sales.py\n"),
    GOOD.replace("sales.py", ""),
    GOOD.replace(SHA, "cd" * 32),
    GOOD.replace("202601", "../202601"),
    GOOD.replace("202601", ".."),
    GOOD.replace("202601", ""),
    "/" + GOOD,
    "../" + GOOD,
    "",
    "builds",
]


@pytest.mark.parametrize("key", BAD_KEYS)
@pytest.mark.parametrize("where", ["artifacts", "libraries"])
def test_a_key_outside_of_the_projects_own_builds_is_refused(key: str, where: str) -> None:
    data = tampered(lambda document: document[where][0].update(key=key))
    with pytest.raises(BrokenDocument, match="is not a build of sales"):
        read_manifest(data, "here", LAYOUT, RELEASED)


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "dynamite"},
        {"sha256": "ab" * 31},
        {"sha256": "AB" * 32},
        {"sha256": "cd" * 32},
        {"sha256": None},
        {"size": -1},
        {"size": True},
        {"size": "7"},
        {"name": 3},
    ],
    ids=str,
)
def test_an_artifact_that_contradicts_itself_is_refused(change: dict[str, object]) -> None:
    data = tampered(lambda document: document["artifacts"][0].update(change))
    with pytest.raises(BrokenDocument, match="here: "):
        read_manifest(data, "here", LAYOUT, RELEASED)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"suffix": "1.3.0"}, "growth/sales@1.3.0, not of growth/sales@1.2.0"),
        ({"suffix": "latest"}, "sales@latest"),
        ({"project": "costs"}, "growth/costs@1.2.0"),
        ({"team": "other"}, "other/sales@1.2.0"),
        ({"version": "1.3.0"}, "records version 1.3.0"),
        ({"version": "1.2.00"}, "'1.2.00' is not a version"),
        ({"version": "../../x"}, "is not a version"),
        ({"version": ""}, "is not a version"),
    ],
)
def test_a_manifest_of_something_else_is_refused(change: dict[str, object], message: str) -> None:
    with pytest.raises(BrokenDocument, match="here") as caught:
        read_manifest(tampered(lambda document: document.update(change)), "here", LAYOUT, RELEASED)
    assert message in caught.value.message


def test_who_wrote_it_and_when_makes_no_other_deploy() -> None:
    again = replace(MANIFEST, created="later", actor=None, ci_run=None, hermes="9")
    assert MANIFEST.same_deploy(again)
    changes: list[dict[str, Any]]
    changes = [{"commit": None}, {"content": "x"}, {"dirty": True}, {"lock": ""}, {"artifacts": ()}]
    for change in changes:
        assert not MANIFEST.same_deploy(replace(MANIFEST, **change))


# what latest is, and who owns a name


def test_an_owner_is_read_and_guarded() -> None:
    owner = Owner(team="growth", project="sales", repo_id="r", created="t")
    assert read_owner(owner.encode(), "here") == owner
    with pytest.raises(BrokenDocument, match="here: repo_id is missing"):
        read_owner(b'{"schema": 1, "team": "growth", "project": "sales", "created": "t"}', "here")
