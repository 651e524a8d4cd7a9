"""Documents outlive the Hermes that wrote them: an old reader meets a new writer, and the reverse."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from packaging.version import Version

from hermes_cli.domain.build_record import read_build_record
from hermes_cli.domain.contract.documents import SCHEMA, BrokenDocument
from hermes_cli.domain.contract.latest_moves import read_latest
from hermes_cli.domain.contract.layout import Layout
from hermes_cli.domain.contract.manifest import read_manifest, read_owner, read_tombstone
from hermes_cli.domain.contract.names import parse_project, parse_team
from hermes_cli.domain.contract.suffixes import Release

LAYOUT = Layout(parse_team("growth"), parse_project("sales"))
SHA = "ab" * 32
SCRIPT = {
    "kind": "script",
    "name": "sales",
    "key": f"growth/sales/builds/202601/{SHA}/sales.py",
    "sha256": SHA,
    "size": 7,
}
WHEEL = {**SCRIPT, "kind": "library", "key": f"growth/sales/builds/202601/{SHA}/sales-1.2.0-py3-none-any.whl"}
ACT = {"at": "2026-01-02T03:04:05+00:00", "actor": "somebody", "commit": "c0ffee", "reason": "because"}
BUILT = {"kind": "script", "name": "sales", "path": "sales/sales.py", "sha256": SHA, "size": 7}

# Written down, and not made by today's writer: what lies in buckets does not change with the code.
DOCUMENTS: dict[str, dict[str, Any]] = {
    "manifest": {
        "schema": 1,
        "kind": "manifest",
        "team": "growth",
        "project": "sales",
        "suffix": "1.2.0",
        "version": "1.2.0",
        "repo_id": "r",
        "branch": "main",
        "commit": "c0ffee",
        "tree": "beef",
        "dirty": False,
        "content": "d1ce",
        "artifacts": [SCRIPT, WHEEL],
        "libraries": [WHEEL],
        "lock": "pandas==2.2.0 \\\n    --hash=sha256:00\n",
        "python": "3.11",
        "dependencies": ["pandas>=2"],
        "requires_python": ">=3.10",
        "created": "2026-01-02T03:04:05+00:00",
        "actor": "somebody",
        "ci_run": "https://ci.invalid/1",
        "hermes": "0.1.0",
        "backend": "hatchling 1.27",
    },
    "latest": {
        "schema": 1,
        "kind": "latest",
        "team": "growth",
        "project": "sales",
        "version": "1.2.0",
        "mark": "1.3.0",
        "moves": [{"kind": "deploy", "version": "1.3.0", "act": ACT}],
        "yanked": [{"version": "1.3.0", "act": ACT}],
        "retired": ACT,
    },
    "owner": {
        "schema": 1,
        "kind": "owner",
        "team": "growth",
        "project": "sales",
        "repo_id": "r",
        "created": "2026-01-02T03:04:05+00:00",
    },
    "tombstone": {
        "schema": 1,
        "kind": "tombstone",
        "team": "growth",
        "project": "sales",
        "suffix": "feature-x",
        "repo_id": "r",
        "branch": "feature/x",
        "pruned": "2026-01-02T03:04:05+00:00",
    },
    "build": {
        "schema": 1,
        "kind": "build",
        "team": "growth",
        "repo_id": "r",
        "commit": "c0ffee",
        "dirty": False,
        "hermes": "0.1.0",
        "projects": [
            {
                "project": "sales",
                "distribution": "sales",
                "version": "1.2.0",
                "tree": "beef",
                "content": "d1ce",
                "scripts": [BUILT],
                "library": {**BUILT, "kind": "library"},
                "libraries": [{**BUILT, "kind": "library"}],
                "needs": ["base"],
                "dependencies": ["pandas>=2"],
                "requires_python": None,
                "locks": {"3.11": ""},
                "backend": None,
            }
        ],
    },
}
READERS: dict[str, Callable[[bytes], Any]] = {
    "manifest": lambda data: read_manifest(data, "here", LAYOUT, Release(Version("1.2.0"))),
    "latest": lambda data: read_latest(data, "here", LAYOUT),
    "owner": lambda data: read_owner(data, "here"),
    "tombstone": lambda data: read_tombstone(data, "here"),
    "build": lambda data: read_build_record(data, "here"),
}
KINDS = list(DOCUMENTS)


def as_bytes(document: Any) -> bytes:
    return json.dumps(document).encode()


def grown(value: Any) -> Any:
    """The same with a field that nobody knows in each object, whatever it is an object of."""
    if isinstance(value, list):
        return [grown(item) for item in value]
    if isinstance(value, dict):
        names = all(isinstance(item, str) for item in value.values()) and "3.11" in value  # locks: a mapping
        return value if names else {**{k: grown(v) for k, v in value.items()}, "from_later": {"deep": [1]}}
    return value


def shapes(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Every field with the kind of its value, as a reader relies on them."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from shapes(item, f"{path}.{key}")
    elif isinstance(value, list):
        yield path, "list"
        for item in value:
            yield from shapes(item, f"{path}[]")
    else:
        yield path, type(value).__name__


# What came later, and what stands there for a document from before.
LATER: tuple[tuple[str, Any], ...] = (("number", 0), ("secrets", []), ("spared", {}))


def without_later(value: Any) -> Any:
    """The same without the fields that came later, where they say no more than their absence."""
    if isinstance(value, list):
        return [without_later(item) for item in value]
    if isinstance(value, dict):
        return {k: without_later(v) for k, v in value.items() if (k, v) not in LATER}
    return value


@pytest.mark.parametrize("kind", KINDS)
def test_what_an_older_writer_of_this_schema_left_is_read_whole(kind: str) -> None:
    read = READERS[kind](as_bytes(DOCUMENTS[kind]))
    assert without_later(json.loads(read.encode())) == DOCUMENTS[kind]


@pytest.mark.parametrize("kind", KINDS)
def test_fields_of_a_newer_writer_are_ignored_at_every_depth(kind: str) -> None:
    document = DOCUMENTS[kind]
    assert "from_later" in json.dumps(grown(document))
    assert READERS[kind](as_bytes(grown(document))) == READERS[kind](as_bytes(document))


@pytest.mark.parametrize("kind", KINDS)
def test_todays_writer_still_writes_all_that_an_older_reader_needs(kind: str) -> None:
    written = json.loads(READERS[kind](as_bytes(DOCUMENTS[kind])).encode())
    assert set(shapes(DOCUMENTS[kind])) - set(shapes(written)) == set()


@pytest.mark.parametrize("kind", KINDS)
def test_the_schema_before_is_read(kind: str) -> None:
    before = DOCUMENTS[kind] | {"schema": SCHEMA - 1}
    assert READERS[kind](as_bytes(before)) == READERS[kind](as_bytes(DOCUMENTS[kind]))


@pytest.mark.parametrize("kind", KINDS)
def test_a_later_schema_is_refused_in_one_sentence(kind: str) -> None:
    with pytest.raises(BrokenDocument) as caught:
        READERS[kind](as_bytes(DOCUMENTS[kind] | {"schema": SCHEMA + 1}))
    assert caught.value.exit_code == 1
    assert caught.value.hint == "install a newer Hermes"
    expected = f"here was written by a newer Hermes (schema {SCHEMA + 1}, this one reads up to {SCHEMA})"
    assert caught.value.message == expected


@pytest.mark.parametrize("kind", KINDS)
def test_a_later_schema_is_refused_before_its_fields_are_judged(kind: str) -> None:
    with pytest.raises(BrokenDocument, match="newer Hermes"):
        READERS[kind](as_bytes({"schema": SCHEMA + 1, "all": "new"}))


@pytest.mark.parametrize("field", ["yanked", "retired", "moves"])
def test_a_latest_from_before_a_field_was_invented_is_read(field: str) -> None:
    document = {key: value for key, value in DOCUMENTS["latest"].items() if key != field}
    assert READERS["latest"](as_bytes(document)).version == "1.2.0"


def test_moves_as_the_first_hermes_wrote_them_are_read() -> None:
    flat = {"kind": "deploy", "version": "1.2.0", **{key: ACT[key] for key in ("at", "actor", "commit")}}
    record = READERS["latest"](as_bytes(DOCUMENTS["latest"] | {"moves": [flat]}))
    assert (record.moves[0].act.at, record.moves[0].act.commit) == (ACT["at"], "c0ffee")


def test_secrets_are_read_in_a_manifest_and_a_build() -> None:
    manifest = READERS["manifest"](as_bytes(DOCUMENTS["manifest"] | {"secrets": ["API_KEY"]}))
    (project,) = DOCUMENTS["build"]["projects"]
    build = DOCUMENTS["build"] | {"projects": [project | {"secrets": ["API_KEY"]}]}
    assert manifest.secrets == READERS["build"](as_bytes(build)).projects[0].secrets == ("API_KEY",)


@pytest.mark.parametrize("secrets", ["API_KEY", [7], ["PATH"], ["A=b"]])
def test_a_manifest_with_secrets_that_no_project_can_have_is_damaged(secrets: object) -> None:
    with pytest.raises(BrokenDocument, match="here: "):
        READERS["manifest"](as_bytes(DOCUMENTS["manifest"] | {"secrets": secrets}))
