"""What somebody else wrote into the store: told in one sentence, never believed, and nothing is changed."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from .figures import record
from .ground import Ground, Grounds, Source, Sources
from .warm import Warm

ROOT = "growth/lake/"
RELEASE = f"{ROOT}manifests/releases/1.0.0.json"
LATEST = f"{ROOT}manifests/latest.json"
OWNER = f"{ROOT}owner.json"
SHOW: tuple[str, ...] = ("show", "lake@latest")
RUN: tuple[str, ...] = ("run", "lake@1.0.0")
LS: tuple[str, ...] = ("ls", "lake")
DEPLOY: tuple[str, ...] = ("deploy", "lake")
Ends = Mapping[tuple[str, ...], int]
Spoil = Callable[[Ground], object]


@dataclass(frozen=True, kw_only=True)
class Bad:
    """What was done to the store, and how each command ends that meets it; what is not named must end well."""

    name: str
    spoil: Spoil
    ends: Ends = field(default_factory=dict)
    says: str = ""


def _edit(key: str, change: Callable[[dict[str, Any]], object]) -> Spoil:
    def spoil(ground: Ground) -> None:
        document = json.loads(ground.read(key))
        change(document)
        ground.write(key, json.dumps(document).encode())

    return spoil


def _set(key: str, **fields: object) -> Spoil:
    return _edit(key, lambda document: document.update(fields))


def _put(key: str, data: bytes = b"") -> Spoil:
    return lambda ground: ground.write(key, data)


def _both(*spoils: Spoil) -> Spoil:
    return lambda ground: [spoil(ground) for spoil in spoils]


def _artifact(**fields: object) -> Spoil:
    return _edit(RELEASE, lambda document: document["artifacts"][0].update(fields))


def _change_builds(ground: Ground) -> None:
    for key in ground.objects():
        if key.startswith(f"{ROOT}builds/"):
            ground.write(key, ground.read(key) + b"\n# changed")


def _latest(**fields: object) -> Spoil:
    return _set(LATEST, **fields)


# Every reader of a broken release fails, and so does a deploy, which would have to believe it.
READERS: Ends = {SHOW: 1, RUN: 1, DEPLOY: 1}
# A run of a fixed version reads it too: the version may be yanked.
LATEST_READERS: Ends = {SHOW: 1, RUN: 1, LS: 1, DEPLOY: 1}
ELSEWHERE = "growth/shop/builds/202601/" + "a" * 64 + "/shop.py"
BAD = [
    Bad(name="another digest", spoil=_artifact(sha256="0" * 64), ends=READERS, says="is not a build of lake"),
    Bad(name="no digest", spoil=_artifact(sha256="٣" * 64), ends=READERS, says="is not a build of lake"),
    Bad(
        name="another project's key",
        spoil=_artifact(key=ELSEWHERE),
        ends=READERS,
        says="is not a build of lake",
    ),
    Bad(name="a path", spoil=_artifact(key=f"{ROOT}builds/../../x"), ends=READERS, says="is not a build of"),
    Bad(
        name="a size that is none",
        spoil=_artifact(size="1"),
        ends=READERS,
        says="size is missing, or its type",
    ),
    Bad(
        name="changed builds",
        spoil=_change_builds,
        ends={RUN: 1},
        says="does not match its digest",
    ),
    Bad(name="a later schema", spoil=_set(RELEASE, schema=2), ends=READERS, says="newer Hermes (schema 2"),
    Bad(name="the schema before", spoil=_set(RELEASE, schema=0, unknown={"to": "this"})),
    Bad(name="a schema that is none", spoil=_set(RELEASE, schema="1"), ends=READERS, says="no schema number"),
    Bad(name="not JSON", spoil=_put(RELEASE, b"\xff{"), ends=READERS, says="is not valid JSON"),
    Bad(name="nothing in it", spoil=_put(RELEASE), ends=READERS, says="is not valid JSON"),
    Bad(name="a list", spoil=_put(RELEASE, b"[]"), ends=READERS, says="is not a JSON object"),
    Bad(name="deep JSON", spoil=_put(RELEASE, b"[" * 200_000), ends=READERS, says="is not valid JSON"),
    Bad(
        name="a long number",
        spoil=_put(RELEASE, b'{"schema": ' + b"9" * 5000 + b"}"),
        ends=READERS,
        says="is not valid JSON",
    ),
    Bad(
        name="100 MB",
        spoil=_put(RELEASE, b"{" + b" " * 100_000_000 + b"}"),
        ends=READERS,
        says="more than any document of Hermes",
    ),
    Bad(name="another version", spoil=_set(RELEASE, version="2.0.0"), ends=READERS, says="version 2.0.0"),
    Bad(
        name="another project",
        spoil=_set(RELEASE, project="shop"),
        ends=READERS,
        says="not of growth/lake@",
    ),
    Bad(
        name="latest without its release",
        spoil=_latest(version="9.0.0", mark="9.0.0"),
        ends={SHOW: 1},
        says="points at release 9.0.0, which does not exist",
    ),
    Bad(
        name="latest with a path",
        spoil=_latest(version="1.0.0/../../x"),
        ends=LATEST_READERS,
        says="is not a version",
    ),
    Bad(
        name="latest in other digits",
        spoil=_latest(version="١.٠.٠"),
        ends=LATEST_READERS,
        says="is not a version",
    ),
    Bad(
        name="latest with a very long number",
        spoil=_latest(version="9" * 5000),
        ends=LATEST_READERS,
        says="is not a version",
    ),
    Bad(name="latest not JSON", spoil=_put(LATEST, b"latest"), ends=LATEST_READERS, says="not valid JSON"),
    Bad(name="latest of a later schema", spoil=_latest(schema=9), ends=LATEST_READERS, says="newer Hermes"),
    Bad(name="another owner", spoil=_set(OWNER, repo_id="them"), ends={DEPLOY: 4}, says="belongs to another"),
    Bad(name="an owner that is none", spoil=_put(OWNER, b"me"), ends={DEPLOY: 1}, says="not valid JSON"),
    # Keys that nobody of Hermes wrote.
    Bad(name="odd files", spoil=_both(_put(f"{ROOT}note.txt"), _put(f"{ROOT}manifests/releases/note.txt"))),
    Bad(name="no version", spoil=_put(f"{ROOT}manifests/releases/not a version.json", b"{}")),
    Bad(name="other digits", spoil=_put(f"{ROOT}manifests/releases/١.٠.٠.json", b"{}")),
    Bad(name="no slug", spoil=_put(f"{ROOT}manifests/features/Not A Slug.json", b"{}")),
    Bad(name="a folder of features", spoil=_put(f"{ROOT}manifests/features/a/b.json", b"{}")),
    Bad(name="control characters", spoil=_put(f"{ROOT}manifests/features/x\x1b[31mred.json", b"{}")),
    Bad(
        name="odd markers",
        spoil=_both(
            _put("growth/index/lake/note"),
            _put("growth/index/Not A Project/1.0.0/tree"),
            _put("growth/index/lake/not a version/tree"),
            _put("growth/index/lake/1.0.0/deep/er/tree"),
        ),
    ),
]


@pytest.fixture(params=["folders", pytest.param("buckets", marks=pytest.mark.slow)])
def grounds(request: pytest.FixtureRequest) -> Grounds:
    """Places of both kinds, of which one will do for the quick tests."""
    found: Grounds = request.getfixturevalue(request.param)
    return found


@pytest.mark.parametrize("bad", BAD, ids=lambda bad: bad.name)
def test_what_somebody_else_wrote(
    warm: Warm, grounds: Grounds, sources: Sources, tmp_path: Path, bad: Bad
) -> None:
    source, ground = sources.get(), grounds.new()
    source.deploy(warm, ground, "lake")
    bad.spoil(ground)
    before = ground.objects()
    for command in (SHOW, RUN, LS, DEPLOY):
        expected = bad.ends.get(command, 0)
        more = ("--from", str(source.bundle)) if command is DEPLOY else ()
        ended = warm.start(
            *(*command, "--env", ground.environment, *more),
            cwd=source.repo.path,
            # What it has fetched once, by its digest, it would not fetch again.
            env=source.variables(ground) | ({"HERMES_CACHE_DIR": str(tmp_path)} if expected else {}),
        ).wait()
        where = f"{command}: {ended}"
        assert ended.code == expected, where
        assert "Traceback" not in ended.stderr, where
        assert "Hermes itself failed" not in ended.stderr, where
        assert "\x1b" not in ended.stdout + ended.stderr, where
        if expected:
            assert bad.says in ended.stderr, where
            assert ended.stderr.count("error: ") == 1, where
        assert ground.objects() == before, where
    record("Hostile objects in a store", inputs=1)


@pytest.mark.parametrize("version", ["9.9.9", "not a version", "١.٠.٠"])
def test_a_planted_marker_does_not_stand_for_a_release(
    warm: Warm, grounds: Grounds, sources: Sources, version: str
) -> None:
    """Without --from, a marker alone says what is released: one that lies must not hide that nothing is."""
    source, ground = sources.get(), grounds.new()
    for project in ("lake", "shop"):
        tree = source.repo.git("rev-parse", f"HEAD:{project}")
        ground.write(f"growth/index/{project}/{version}/{tree}", b"")
    ended = _deploy_unbuilt(warm, ground, source)
    assert ended == 0
    assert f"{ROOT}manifests/releases/1.0.0.json" in ground.objects()
    record("Hostile objects in a store", inputs=1)


def _deploy_unbuilt(warm: Warm, ground: Ground, source: Source) -> int:
    return (
        warm.start(
            *("deploy", "--env", ground.environment), cwd=source.repo.path, env=source.variables(ground)
        )
        .wait()
        .code
    )
