"""What must hold in an environment at any time, and what must hold when a deploy is done.

Each is looked at twice: as Hermes reads, and by hand, from nothing but the bytes that are there.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Callable
from functools import cache
from typing import Any

from hermes_cli.domain.contract import catalog
from hermes_cli.domain.contract.layout import Layout
from hermes_cli.domain.contract.manifest import Artifact
from hermes_cli.domain.contract.names import parse_project, parse_team

from .ground import TEAM, Ground

PROJECTS = ("lake", "shop")


def check_what_resolves(ground: Ground) -> dict[str, str]:
    """Every suffix that resolves is whole: its mark, by `project@suffix`."""
    by_hand = _read_by_hand(ground)
    by_hermes = set()
    store = ground.store
    read: set[Artifact] = set()
    for project in PROJECTS:
        layout = Layout(parse_team(TEAM), parse_project(project))
        for suffix in catalog.suffixes(store, layout):
            manifest = catalog.resolve(store, layout, suffix).manifest
            for artifact in {*manifest.artifacts, *manifest.libraries} - read:
                catalog.read_artifact(store, artifact)
                read.add(artifact)
            by_hermes.add(f"{project}@{suffix}")
    assert by_hermes == by_hand.keys()
    return by_hand


def _read_by_hand(ground: Ground) -> dict[str, str]:
    marks = {}
    keys = ground.objects()
    read = cache(ground.read)  # nobody writes now, and several suffixes share an object
    for key in keys:
        if "/manifests/" not in key:
            continue
        project = key.split("/")[1]
        document = json.loads(read(key))
        if key.endswith("/manifests/latest.json"):
            release = f"{TEAM}/{project}/manifests/releases/{document['version']}.json"
            assert release in keys, f"{key} points at nothing"
            marks[f"{project}@latest"] = _mark_of(read, project, json.loads(read(release)))
        else:
            marks[f"{project}@{document['suffix']}"] = _mark_of(read, project, document)
    return marks


def _mark_of(read: Callable[[str], bytes], project: str, document: dict[str, Any]) -> str:
    """The mark that all artifacts of a manifest share, each with the digest that is recorded."""
    found = {}
    for row in [*document["artifacts"], *document["libraries"]]:
        data = read(row["key"])
        assert hashlib.sha256(data).hexdigest() == row["sha256"], row["key"]
        assert len(data) == row["size"], row["key"]
        found[row["key"].rpartition("/")[2]] = data
    marks = {_mark_in_script(found.pop(f"{project}.py"))}
    marks |= {_mark_in_wheel(data, name.split("-")[0]) for name, data in found.items()}
    assert len(found) == (2 if project == "shop" else 1), sorted(found)
    (mark,) = marks
    return mark


def _mark_in_script(data: bytes) -> str:
    return data.decode().rpartition("# mark: ")[2].strip()


def _mark_in_wheel(data: bytes, package: str) -> str:
    with zipfile.ZipFile(io.BytesIO(data)) as wheel:
        return wheel.read(f"{package}/__init__.py").decode().split('"')[1]


def check_copies(ground: Ground) -> dict[str, str]:
    """Every suffix that resolves is whole and has its named copies, which carry its mark; returns the marks."""
    marks = check_what_resolves(ground)
    for name, mark in marks.items():
        project, _, suffix = name.partition("@")
        root = f"{TEAM}/{project}/{project}"
        assert _mark_in_script(ground.read(f"{root}-{suffix}.py")) == mark, name
        version = suffix if suffix[0].isdigit() else "0+" + suffix.replace("-", ".")
        wheel = ground.read(f"{root}-{version}-py3-none-any.whl")
        assert _mark_in_wheel(wheel, project) == mark, name
        with zipfile.ZipFile(io.BytesIO(wheel)) as archive:
            metadata = archive.read(f"{project}-{version}.dist-info/METADATA").decode()
        assert f"\nVersion: {version}\n" in metadata, name
    return marks


def unreferenced(ground: Ground) -> set[str]:
    """Every key of a build that no manifest points at."""
    keys = set(ground.objects())
    used = set()
    for key in keys:
        if "/manifests/" in key and not key.endswith("/latest.json"):
            document = json.loads(ground.read(key))
            used |= {row["key"] for row in [*document["artifacts"], *document["libraries"]]}
    return {key for key in keys if "/builds/" in key} - used
