"""Deploys at once: every place where one may overtake the other, driven step by step."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from functools import partial

import pytest

from hermes_cli.domain.contract import catalog
from hermes_cli.domain.contract.errors import Conflict, HermesError
from hermes_cli.domain.contract.store import StoredObject
from hermes_cli.domain.contract.suffixes import Feature
from hermes_cli.usecases.releasing import publish
from hermes_cli.usecases.releasing.drafts import Draft
from hermes_cli.usecases.releasing.project_state import read_state
from memory_store import MemoryStore, Watched, take_turns
from sample_drafts import LAYOUT, Deployed, check_copies, check_what_resolves, deploy, feature, release


def steps(draft: Draft, *before: Draft) -> int:
    """How many calls of the store a deploy makes when it is alone."""
    count = 0

    def pause() -> None:
        nonlocal count
        count += 1

    store = MemoryStore()
    for one in before:
        deploy(store, one)
    deploy(Watched(store, pause=pause), draft)
    return count + 1


def schedules(first: int, second: int) -> Iterator[list[int]]:
    """One overtakes the other once, at every step; then twice at a grid of steps; then chance."""
    for step in range(first + 1):
        yield [0] * step + [1] * (second * 2)
    for step in range(second + 1):
        yield [1] * step + [0] * (first * 2)
    for step in range(1, first, 2):
        for other in range(1, second, 3):
            yield [0] * step + [1] * other + [0] * (first * 2)
    chance = random.Random(20260102)
    for _ in range(60):
        yield [chance.randrange(2) for _ in range(first + second)]


def race(store: MemoryStore, schedule: list[int], *drafts: Draft) -> list[Deployed | BaseException]:
    def work(draft: Draft, pause: Callable[[], None]) -> Deployed:
        return deploy(Watched(store, pause=pause), draft)

    return take_turns(schedule, *(partial(work, draft) for draft in drafts))


def test_turns_are_taken_as_scheduled() -> None:
    seen: list[str] = []

    def work(name: str, pause: Callable[[], None]) -> str:
        for step in range(3):
            seen.append(f"{name}{step}")
            pause()
        return name

    assert take_turns([0, 1, 1, 1, 0], partial(work, "a"), partial(work, "b")) == ["a", "b"]
    assert seen == ["a0", "b0", "b1", "b2", "a1", "a2"]


def test_of_two_contents_for_one_version_exactly_one_wins() -> None:
    drafts = release(mark="one"), release(mark="two")
    winners = set()
    for schedule in schedules(steps(drafts[0]), steps(drafts[1])):
        store = MemoryStore()
        outcomes = race(store, schedule, *drafts)
        (loser,) = [number for number, one in enumerate(outcomes) if isinstance(one, Conflict)]
        winner = 1 - loser
        won = outcomes[winner]
        assert isinstance(won, Deployed), won
        assert won.created
        winners.add(winner)
        mark = ("one", "two")[winner]
        assert check_what_resolves(store) == {"1.2.0": mark, "latest": mark}
        check_copies(store)
        alone = MemoryStore()
        deploy(alone, drafts[winner])
        more = set(store.objects) - set(alone.objects)
        assert more <= set(drafts[loser].builds)
    assert winners == {0, 1}


def test_the_same_content_twice_at_once_is_one_release() -> None:
    drafts = release(commit="a", created="x"), release(commit="b", created="y")
    alone = MemoryStore()
    deploy(alone, drafts[0])
    for schedule in schedules(steps(drafts[0]), steps(drafts[1])):
        store = MemoryStore()
        outcomes = race(store, schedule, *drafts)
        assert all(isinstance(one, Deployed) for one in outcomes), outcomes
        deployed = [one for one in outcomes if isinstance(one, Deployed)]
        assert sum(one.created for one in deployed) == 1
        # Each reports the writes that it did, and not those that the other was quicker with.
        assert sorted(key for one in deployed for key in one.written) == sorted(alone.objects)
        assert set(store.objects) == set(alone.objects)
        check_copies(store)


@pytest.mark.parametrize("before", [(), ("1.0.0",)], ids=["first releases", "with a release before"])
def test_latest_ends_at_the_highest_in_whatever_order_deploys_finish(before: tuple[str, ...]) -> None:
    earlier = [release(version, version) for version in before]
    drafts = release("1.10.0", "lower"), release("1.11.0", "higher")
    for schedule in schedules(steps(drafts[0], *earlier), steps(drafts[1], *earlier)):
        store = MemoryStore()
        for one in earlier:
            deploy(store, one)
        outcomes = race(store, schedule, *drafts)
        assert all(isinstance(one, Deployed) for one in outcomes), outcomes
        marks = check_what_resolves(store)
        assert marks["latest"] == "higher"
        assert (marks["1.10.0"], marks["1.11.0"]) == ("lower", "higher")
        found = catalog.find_latest(store, LAYOUT)
        assert found is not None
        assert (found[0].version, found[0].mark) == ("1.11.0", "1.11.0")
        check_copies(store)


def test_of_two_deploys_of_a_branch_the_last_to_commit_wins_whole() -> None:
    drafts = feature(mark="one"), feature(mark="two")
    for schedule in schedules(steps(drafts[0]), steps(drafts[1])):
        store = MemoryStore()
        outcomes = race(store, schedule, *drafts)
        assert all(isinstance(one, Deployed) for one in outcomes), outcomes
        assert check_what_resolves(store)["feature-x"] in ("one", "two")
        check_copies(store)


def test_three_at_once() -> None:
    drafts = release(mark="one"), release(mark="two"), release("1.3.0", "three")
    chance = random.Random(7)
    for _ in range(60):
        store = MemoryStore()
        outcomes = race(store, [chance.randrange(3) for _ in range(90)], *drafts)
        assert sum(isinstance(one, Conflict) for one in outcomes) == 1
        assert sum(isinstance(one, Deployed) for one in outcomes) == 2
        assert check_what_resolves(store)["latest"] == "three"
        check_copies(store)


def test_a_name_has_one_owner_however_two_repos_meet() -> None:
    drafts = release(mark="one", repo_id="a"), release("1.3.0", mark="two", repo_id="b")
    for schedule in schedules(steps(drafts[0]), steps(drafts[1])):
        store = MemoryStore()
        outcomes = race(store, schedule, *drafts)
        assert sum(isinstance(one, Conflict) for one in outcomes) == 1
        assert len(check_what_resolves(store)) == 2


def test_another_spelling_of_a_released_version_is_refused() -> None:
    # In turn: two spellings have two keys, so at the very same moment both could be released.
    drafts = release("1.0", "one"), release("1.0.0", "two")
    store = MemoryStore()
    outcomes = race(store, [0] * steps(drafts[0]) + [1] * steps(drafts[1]), *drafts)
    assert [str(suffix) for suffix in catalog.suffixes(store, LAYOUT)] == ["1.0", "latest"]
    assert isinstance(outcomes[1], Conflict)


def test_a_suffix_resolves_whole_at_every_moment_of_two_deploys() -> None:
    drafts = feature(mark="one"), feature(mark="two")
    store = MemoryStore()
    seen: set[str] = set()

    def work(draft: Draft, pause: Callable[[], None]) -> Deployed:
        def look() -> None:
            seen.update(check_what_resolves(store).values())
            pause()

        return deploy(Watched(store, pause=look), draft)

    chance = random.Random(3)
    for _ in range(20):
        store.objects.clear()
        schedule = [chance.randrange(2) for _ in range(60)]
        take_turns(schedule, *(partial(work, draft) for draft in drafts))
    assert seen == {"one", "two"}


def test_a_store_that_changes_without_end_is_given_up() -> None:
    draft = feature()
    assert isinstance(draft.suffix, Feature)
    key = LAYOUT.feature(draft.suffix.slug)

    class Restless(MemoryStore):
        turn = 0

        def get(self, wanted: str) -> StoredObject | None:
            if wanted == key:
                self.turn += 1
                self.objects[key] = feature(mark=f"other {self.turn}").manifest.encode()
            return super().get(wanted)

    store = Restless()
    with pytest.raises(HermesError, match="sales@feature-x was changed by others again and again") as caught:
        publish.publish(store, draft, read_state(store, draft.layout, draft.suffix, ""))
    assert caught.value.hint == "run the same command again"
