"""kill -9 at every request and at every touch of a file: nothing half is seen, and the next run completes."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass

import pytest

from faults import Fault, FaultProxy, Plan

from .checks import check_copies, check_what_resolves
from .figures import record
from .ground import Buckets, Folder, Folders, Ground, Grounds, Source, Sources
from .warm import Warm

Prepare = Callable[[Ground], object]


@dataclass(frozen=True)
class Story:
    """What is deployed in the end, and what was there before."""

    source: Source
    before: Source | None = None
    projects: tuple[str, ...] = ()  # all of them

    def prepare(self, warm: Warm, ground: Ground) -> None:
        """Bring an empty place to where the story starts."""
        if self.before is not None:
            self.before.deploy(warm, ground, *self.projects)

    def whole(self, warm: Warm, grounds: Grounds) -> set[str]:
        """The keys that are there when nothing gets in its way."""
        ground = grounds.new()
        self.prepare(warm, ground)
        self.source.deploy(warm, ground, *self.projects)
        check_copies(ground)
        return set(ground.objects())


@pytest.fixture(params=["a first release", "a next release", "a feature", "a feature again"])
def story(request: pytest.FixtureRequest, sources: Sources) -> Story:
    """Every way in which a deploy can write."""
    if request.param == "a first release":
        return Story(sources.get())
    if request.param == "a next release":
        return Story(sources.get("1.1.0", "two"), before=sources.get())
    feature = sources.get(branch="feature/x")
    if request.param == "a feature":
        return Story(feature, projects=("lake",))
    return Story(sources.get("1.0.0", "two", branch="feature/x"), before=feature, projects=("lake",))


@pytest.fixture
def first(sources: Sources) -> Story:
    """A first release."""
    return Story(sources.get())


def _recovers(warm: Warm, ground: Ground, story: Story, whole: set[str]) -> None:
    """What is there is whole, the next run completes it, and a third changes nothing."""
    check_what_resolves(ground)
    story.source.deploy(warm, ground, *story.projects)
    check_copies(ground)
    done = ground.objects()
    assert set(done) == whole
    story.source.deploy(warm, ground, *story.projects)
    assert ground.objects() == done


def _kill_at_requests(
    warm: Warm, proxied: Buckets, proxy: FaultProxy, story: Story, *, stride: int = 1
) -> int:
    proxy.arm(Plan())
    whole = story.whole(warm, proxied)
    ground = proxied.new()
    story.prepare(warm, ground)
    alone = proxy.arm(Plan())
    story.source.deploy(warm, ground, *story.projects)
    killed = 0
    for number in range(0, 2 * len(alone.asked), stride):
        at, after = number // 2 + 1, bool(number % 2)
        ground = proxied.new()
        proxy.arm(Plan())
        story.prepare(warm, ground)
        victim = Future[int]()
        plan = proxy.arm(Plan(fault=Fault.KILL, at=at, after=after, victim=victim.result))
        running = story.source.start(warm, ground, *story.projects)
        victim.set_result(running.pid)
        assert running.wait().code == -9
        assert plan.injected == 1
        assert len(plan.asked) == at
        proxy.arm(Plan())
        _recovers(warm, ground, story, whole)
        killed += 1
    return killed


def _kill_at_touches(warm: Warm, folders: Folders, story: Story, *, stride: int = 1) -> int:
    whole = story.whole(warm, folders)

    def deploy(kill_at: int) -> tuple[Folder, int, list[str]]:
        ground = folders.new()
        story.prepare(warm, ground)
        running = story.source.start(warm, ground, *story.projects, touches=ground.path, kill_at=kill_at)
        code = running.wait().code
        return ground, code, (running.folder / "touches").read_text().splitlines()

    _, code, touches = deploy(0)
    assert code == 0
    assert {"os.link", "fcntl.flock", "write", "fsync", "os.remove"} <= set(touches)
    killed = 0
    for kill_at in range(1, len(touches) + 1, stride):
        ground, code, done = deploy(kill_at)
        assert code == -9
        assert len(done) == kill_at
        _recovers(warm, ground, story, whole)
        killed += 1
    return killed


@pytest.mark.slow
def test_kill_at_every_request(warm: Warm, proxied: Buckets, proxy: FaultProxy, story: Story) -> None:
    killed = _kill_at_requests(warm, proxied, proxy, story)
    record("`kill -9` before and after every request to S3", killed=killed)


@pytest.mark.slow
def test_kill_at_every_touch_of_a_file(warm: Warm, folders: Folders, story: Story) -> None:
    killed = _kill_at_touches(warm, folders, story)
    record("`kill -9` at every file operation in a directory", killed=killed)


@pytest.mark.parametrize("proxied", ["boto3", "obstore"], indirect=True)
def test_kill_at_some_requests(warm: Warm, proxied: Buckets, proxy: FaultProxy, first: Story) -> None:
    assert _kill_at_requests(warm, proxied, proxy, first, stride=13) > 5


def test_kill_at_some_touches(warm: Warm, folders: Folders, first: Story) -> None:
    assert _kill_at_touches(warm, folders, first, stride=29) > 3
