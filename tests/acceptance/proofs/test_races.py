"""Deploys at once: one of different contents wins, the same content is one release, `latest` is the highest."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable

import pytest

from .checks import PROJECTS, check_copies, unreferenced
from .figures import record
from .ground import TEAM, Buckets, Folders, Ground, Grounds, Source, Sources
from .warm import Ended, Warm

DEPLOYS = 8
VERSIONS = (
    "1.2.0",
    "1.9.0",
    "1.10.0",
    "1.11.0",
    "0.9.0",
    "1.10.1",
    "2.0.0",
    "1.0.0",
    "2.0.1",
    "1.99.0",
    "0.10.0",
    "10.0.0",
)
SLOW, QUICK = 20, 2  # rounds


def _race(warm: Warm, ground: Ground, sources: list[Source]) -> list[Ended]:
    """All at once, each as another actor in another run, as CI jobs are."""
    running = [
        source.start(warm, ground, env={"GITHUB_ACTOR": f"actor{number}", "GITHUB_RUN_ID": str(number)})
        for number, source in enumerate(sources)
    ]
    return [one.wait() for one in running]


def _different_contents(warm: Warm, ground: Ground, sources: Sources, chance: random.Random) -> None:
    contestants = [sources.get("1.0.0", f"mark{number}") for number in range(DEPLOYS)]
    chance.shuffle(contestants)
    ended = _race(warm, ground, contestants)
    marks = check_copies(ground)
    codes = Counter(one.code for one in ended)
    # Who loses the library does not release what needs it, so one wins both.
    winners = {project: marks[f"{project}@1.0.0"] for project in PROJECTS}
    assert marks == {f"{p}@{suffix}": winners[p] for p in PROJECTS for suffix in ("1.0.0", "latest")}
    for source, one in zip(contestants, ended, strict=True):
        mark = source.bundle.parent.name.split("-")[1]
        receipts = {row["project"]: row for row in one.json["receipts"]}
        for project in PROJECTS:
            won = winners[project] == mark
            lost_library = project == "shop" and winners["lake"] != mark
            assert (receipts[project]["exit_code"] == 4) == (not won and not lost_library), one
            assert (receipts[project]["change"] == "skipped") == lost_library, one
        assert (one.code == 0) == all(winner == mark for winner in winners.values()), one
    assert codes == {0: 1, 4: DEPLOYS - 1}
    referenced = set(ground.objects()) - unreferenced(ground)
    (winner,) = [s for s, one in zip(contestants, ended, strict=True) if one.code == 0]
    done = ground.objects()
    winner.deploy(warm, ground)
    assert ground.objects() == done
    assert not [key for key in done if "/builds/" not in key and key not in referenced]


def _same_content(warm: Warm, ground: Ground, sources: Sources, chance: random.Random) -> None:
    source = sources.get()
    ended = _race(warm, ground, [source] * DEPLOYS)
    assert [one.code for one in ended] == [0] * DEPLOYS, [one.stderr for one in ended if one.code]
    assert set(check_copies(ground).values()) == {"one"}
    assert unreferenced(ground) == set()
    done = ground.objects()
    # Of each project: owner, latest.json, a release, its marker, four copies, and its builds.
    assert len(done) == 2 * 8 + 2 + 3
    source.deploy(warm, ground)
    assert ground.objects() == done


def _versions(warm: Warm, ground: Ground, sources: Sources, chance: random.Random) -> None:
    contestants = [sources.get(version, f"v{version}") for version in VERSIONS]
    chance.shuffle(contestants)
    ended = _race(warm, ground, contestants)
    assert [one.code for one in ended] == [0] * len(VERSIONS), [one.stderr for one in ended if one.code]
    expected = {f"{p}@{version}": f"v{version}" for p in PROJECTS for version in VERSIONS}
    expected |= {f"{p}@latest": "v10.0.0" for p in PROJECTS}
    assert check_copies(ground) == expected
    assert unreferenced(ground) == set()
    assert all(f"{TEAM}/{p}/{p}-latest.py" in ground.objects() for p in PROJECTS)


Race = Callable[[Warm, Ground, Sources, random.Random], None]
RACES: dict[str, Race] = {
    "8 contents as one version": _different_contents,
    "8 times the same content": _same_content,
    "12 versions in random order": _versions,
}


def _rounds(race: str, number: int, warm: Warm, grounds: Grounds, sources: Sources) -> None:
    chance = random.Random(f"{race} 20260102")
    for _ in range(number):
        RACES[race](warm, grounds.new(), sources, chance)


@pytest.mark.slow
@pytest.mark.parametrize("race", RACES)
def test_races(race: str, warm: Warm, grounds: Grounds, sources: Sources) -> None:
    _rounds(race, SLOW, warm, grounds, sources)
    deploys = SLOW * (len(VERSIONS) if race.startswith("12") else DEPLOYS)
    record(f"Deploys at once: {race}", rounds=SLOW, deploys=deploys)


@pytest.mark.parametrize("race", RACES)
def test_a_few_races(race: str, warm: Warm, folders: Folders, sources: Sources) -> None:
    _rounds(race, QUICK, warm, folders, sources)


def test_a_few_races_on_s3(warm: Warm, buckets: Buckets, sources: Sources) -> None:
    _rounds("8 contents as one version", QUICK, warm, buckets, sources)
