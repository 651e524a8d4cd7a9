"""The record of a build, and the digest of what would run."""

from __future__ import annotations

import json
from dataclasses import replace
from keyword import iskeyword
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hermes_cli.domain.build_record import (
    BuildRecord,
    BuiltFile,
    BuiltProject,
    content_digest,
    read_build_record,
)
from hermes_cli.domain.contract.documents import BrokenDocument
from hermes_cli.domain.contract.errors import InvalidInput

TEXTS = st.lists(st.text(), max_size=3).map(tuple)
MAYBE = st.none() | st.text()
NAMES = st.from_regex(r"[a-z_][a-z0-9_]{0,20}", fullmatch=True).filter(lambda name: not iskeyword(name))
VERSIONS = st.sampled_from(["0.1.0", "1!2.0", "1.0rc1", "2026.11.22"])
FILES = st.builds(BuiltFile, name=NAMES)
PROJECTS = st.builds(
    BuiltProject,
    version=VERSIONS,
    scripts=st.lists(FILES, max_size=2).map(tuple),
    library=st.none() | FILES,
    libraries=st.lists(FILES, max_size=2).map(tuple),
    needs=TEXTS,
    dependencies=TEXTS,
    requires_python=MAYBE,
    locks=st.dictionaries(st.text(), st.text(), max_size=2),
    backend=MAYBE,
    secrets=st.sampled_from([(), ("API_KEY",), ("A", "B")]),
)
RECORDS = st.builds(BuildRecord, commit=MAYBE, projects=st.lists(PROJECTS, max_size=2).map(tuple))

FILE = BuiltFile(kind="script", name="sales", path="sales/sales.py", sha256="ab" * 32, size=3)
PROJECT = BuiltProject(
    project="sales",
    distribution="sales",
    version="1.2.0",
    tree="t",
    content="c",
    scripts=(FILE,),
    library=replace(FILE, kind="library"),
    libraries=(),
    needs=(),
    dependencies=(),
    requires_python=None,
    locks={"3.11": ""},
    backend=None,
)
RECORD = BuildRecord(
    team="growth", repo_id="r", commit=None, dirty=False, hermes="0.1.0", projects=(PROJECT,)
)


@given(RECORDS)
def test_what_was_written_is_read(record: BuildRecord) -> None:
    assert read_build_record(record.encode(), "here") == record


def test_fields_of_a_later_hermes_are_ignored() -> None:
    document = json.loads(RECORD.encode())
    document["later"] = document["projects"][0]["later"] = 1
    assert read_build_record(json.dumps(document).encode(), "here") == RECORD


@pytest.mark.parametrize("value", [3, "x", [3], {"x": 3}])
@pytest.mark.parametrize(
    "path",
    [
        ("team",),
        ("dirty",),
        ("commit",),
        ("projects",),
        ("projects", 0),
        ("projects", 0, "version"),
        ("projects", 0, "scripts"),
        ("projects", 0, "scripts", 0),
        ("projects", 0, "scripts", 0, "sha256"),
        ("projects", 0, "library"),
        ("projects", 0, "locks"),
    ],
    ids=str,
)
def test_what_was_tampered_with_is_named(path: tuple[Any, ...], value: object) -> None:
    kind = {"team": str, "commit": str, "version": str, "sha256": str, "locks": dict}.get(path[-1])
    if kind is not None and isinstance(value, kind):
        return
    document = inner = json.loads(RECORD.encode())
    for step in path[:-1]:
        inner = inner[step]
    inner[path[-1]] = value
    with pytest.raises(BrokenDocument, match="here"):
        read_build_record(json.dumps(document).encode(), "here")


# the content digest

FACTS: dict[str, Any] = {
    "scripts": {"sales": "1", "backfill": "2"},
    "payload": {"sales/__init__.py": "3", "sales/deep.py": "4"},
    "entry_points": None,
    "dependencies": ["pandas>=2", "numpy"],
    "requires_python": ">=3.10",
}


def test_order_does_not_change_the_digest() -> None:
    shuffled = {
        "scripts": dict(reversed(FACTS["scripts"].items())),
        "payload": dict(reversed(FACTS["payload"].items())),
        "dependencies": FACTS["dependencies"][::-1],
    }
    assert content_digest(**{**FACTS, **shuffled}) == content_digest(**FACTS)
    assert content_digest(**FACTS, secrets=["B", "A"]) == content_digest(**FACTS, secrets=["A", "B"])


def test_every_part_changes_the_digest() -> None:
    changes: list[dict[str, Any]] = [
        {},
        {"scripts": {"sales": "9", "backfill": "2"}},
        {"scripts": {"sales": "1"}},
        {"scripts": {"sales": "2", "backfill": "1"}},
        {"scripts": {"sales": "1", "refill": "2"}},
        {"scripts": {**FACTS["scripts"], **FACTS["payload"]}, "payload": {}},
        {"payload": {"sales/__init__.py": "3", "sales/deep.py": "9"}},
        {"payload": {}},
        {"entry_points": ""},
        {"entry_points": "[console_scripts]\nx = sales:main"},
        {"dependencies": ["pandas>=2"]},
        {"dependencies": ["pandas>=3", "numpy"]},
        {"requires_python": None},
        {"requires_python": ">=3.11"},
        {"secrets": ["API_KEY"]},
        {"secrets": ["API_KEY", "TOKEN"]},
    ]
    digests = {content_digest(**{**FACTS, **change}) for change in changes}
    assert len(digests) == len(changes)


def test_the_digest_stays_what_it_is() -> None:
    # Releases that are out there were recorded with it: another value would make each a conflict.
    assert (
        content_digest(scripts={}, payload={}, entry_points=None, dependencies=[], requires_python=None)
        == "6499cb7e4f02e5a32e57e5f1d2a014ef73bf07a15fadb23581ede842d5cd1988"
    )
    assert content_digest(**FACTS, secrets=()) == content_digest(**FACTS)


@pytest.mark.parametrize(
    "broken",
    [
        replace(PROJECT, version="zzz"),
        replace(PROJECT, version="1.0+local"),
        replace(PROJECT, scripts=(replace(FILE, name="../sales"),)),
        replace(PROJECT, scripts=(replace(FILE, name="class"),)),
        replace(PROJECT, secrets=("PATH",)),
    ],
)
def test_what_no_manifest_could_hold_is_refused(broken: BuiltProject) -> None:
    with pytest.raises(InvalidInput):
        read_build_record(replace(RECORD, projects=(broken,)).encode(), "build.json")


def test_a_record_with_credentials_in_a_url_is_refused_and_not_shown() -> None:
    project = replace(PROJECT, dependencies=("lake @ https://me:hush@example.com/lake.whl",))
    with pytest.raises(InvalidInput, match=r"^build\.json: dependencies: a URL holds credentials") as caught:
        read_build_record(replace(RECORD, projects=(project,)).encode(), "build.json")
    assert "hush" not in str(vars(caught.value))
