"""What every store promises, asked of each of them."""

from __future__ import annotations

import itertools
import json
import threading
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from hermes_cli.adapters.store_local import LocalStore
from hermes_cli.adapters.store_s3 import S3Store
from hermes_cli.domain.contract.errors import Conflict, HermesError
from hermes_cli.domain.contract.store import Store, StoredObject
from servers import S3Server

WRITERS = 8


@dataclass(frozen=True, kw_only=True)
class Ground:
    """An empty place: how to open it, and how to remove an object behind its back."""

    open: Callable[[], Store]
    remove: Callable[[str], object]
    url: str


def local_ground(folder: Path) -> Ground:
    root = folder / "an environment"
    return Ground(open=lambda: LocalStore(root), remove=lambda key: (root / key).unlink(), url=root.as_uri())


def s3_ground(endpoint_url: str | None) -> Ground:
    import boto3

    bucket = f"bucket-{uuid.uuid4().hex[:16]}"
    client = boto3.client("s3", endpoint_url=endpoint_url)
    client.create_bucket(Bucket=bucket)
    return Ground(
        open=lambda: S3Store(bucket=bucket, prefix="/some/prefix/", endpoint_url=endpoint_url),
        remove=lambda key: client.delete_object(Bucket=bucket, Key=f"some/prefix/{key}"),
        url=f"s3://{bucket}/some/prefix",
    )


@pytest.fixture(params=["local", "moto", "seaweedfs", "seaweedfs by obstore"])
def ground(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Ground]:
    if request.param == "local":
        yield local_ground(tmp_path)
    elif request.param == "moto":
        import moto

        with moto.mock_aws():
            yield s3_ground(None)
    else:
        if request.param.endswith("by obstore"):
            monkeypatch.setenv("HERMES_S3_CLIENT", "obstore")
        server: S3Server = request.getfixturevalue("s3_server")
        yield s3_ground(server.url)


@pytest.fixture
def store(ground: Ground) -> Store:
    return ground.open()


def there(store: Store, key: str) -> StoredObject:
    found = store.get(key)
    assert found is not None
    return found


def test_an_empty_place_has_nothing(store: Store) -> None:
    assert store.get("team/project/owner.json") is None
    assert list(store.list("")) == []
    assert list(store.list("team/")) == []


@pytest.mark.parametrize(
    "data", [b"", b"text\n", bytes(range(256)) * 40_000], ids=["empty", "small", "10 MB of all bytes"]
)
def test_what_is_put_is_got(ground: Ground, data: bytes) -> None:
    assert ground.open().put_new("team/project/file", data) is None
    store = ground.open()
    found = there(store, "team/project/file")
    assert found.data == data
    assert found.etag
    assert [(entry.size, entry.etag) for entry in store.list("")] == [(len(data), found.etag)]
    assert store.replace_if("team/project/file", b"other", found.etag) is None
    assert there(store, "team/project/file").data == b"other"


def test_an_object_is_created_once(store: Store) -> None:
    assert store.put_new("a/b", b"first") is None
    before = there(store, "a/b")
    assert store.put_new("a/b", b"second") == before
    assert store.put_new("a/b", b"first") is None, "one's own lost write is a success"
    assert there(store, "a/b") == before


def test_an_object_that_was_removed_can_be_created_again(ground: Ground, store: Store) -> None:
    store.put_new("a/b", b"first")
    ground.remove("a/b")
    assert store.get("a/b") is None
    assert store.put_new("a/b", b"second") is None


def test_an_object_is_replaced_only_as_it_was_seen(store: Store) -> None:
    store.put_new("a", b"1")
    first = there(store, "a")
    assert store.replace_if("a", b"2", first.etag) is None
    second = there(store, "a")
    assert second.data == b"2"
    assert second.etag != first.etag
    assert store.replace_if("a", b"3", first.etag) == second
    assert there(store, "a") == second
    assert store.replace_if("a", b"2", first.etag) is None, "one's own lost write is a success"
    assert store.replace_if("a", b"2", second.etag) is None
    assert there(store, "a") == second


def test_what_is_not_there_cannot_be_replaced(ground: Ground, store: Store) -> None:
    store.put_new("a", b"1")
    etag = there(store, "a").etag
    ground.remove("a")
    with pytest.raises(Conflict, match="removed"):
        store.replace_if("a", b"2", etag)
    with pytest.raises(Conflict):
        store.replace_if("never", b"2", etag)
    assert list(store.list("")) == []


def test_what_is_deleted_is_gone_and_nothing_else(ground: Ground, store: Store) -> None:
    for key in ("a/b", "a/b.c", "a/c", "ab"):
        store.put_new(key, key.encode())
    etag = there(store, "a/b").etag
    store.delete("a/b")
    assert store.get("a/b") is None
    assert ground.open().get("a/b") is None
    assert [entry.key for entry in store.list("")] == ["a/b.c", "a/c", "ab"]
    with pytest.raises(Conflict, match="removed"):
        store.replace_if("a/b", b"again", etag)
    assert store.put_new("a/b", b"again") is None
    assert there(store, "a/b").data == b"again"


def test_what_is_not_there_can_be_deleted(store: Store) -> None:
    store.delete("a/b")
    store.put_new("a/b", b"1")
    store.delete("a/b")
    store.delete("a/b")
    store.delete("never/there")
    assert list(store.list("")) == []


KEYS = (
    "a-b",
    "a.b",
    "a/b",
    "a/b-c/d",
    "a/b.c",
    "a/b/c",
    "a/b/with spaces, and+plus.whl",
    "a0",
    "index/p/1.0/100%25&x=y;?#",
    "team/p/p-0+feature.my.branch-py3-none-any.whl",
    "team/p/имя/ü",
)


def test_a_listing_has_all_keys_in_order(store: Store) -> None:
    for key in reversed(KEYS):
        # A store that keeps folders cannot have both a/b and a/b/c; S3 can, and Hermes never does.
        if key != "a/b":
            assert store.put_new(key, key.encode()) is None
    listed = list(store.list(""))
    assert [entry.key for entry in listed] == sorted(set(KEYS) - {"a/b"})
    for entry in listed:
        found = there(store, entry.key)
        assert found.data == entry.key.encode()
        assert (entry.size, entry.etag) == (len(found.data), found.etag)
        assert entry.modified.utcoffset() == timedelta(0)
        assert abs(entry.modified - store.now()) < timedelta(minutes=5)


PREFIXES = {
    "": ["a-1", "a/1", "a/2/1", "b"],
    "a": ["a-1", "a/1", "a/2/1"],
    "a/": ["a/1", "a/2/1"],
    "a/2": ["a/2/1"],
    "a/2/1": ["a/2/1"],
    "b": ["b"],
    "b/": [],
    "a/2/1/": [],
    "c/d/": [],
}


def test_a_listing_has_what_starts_with_the_prefix(store: Store) -> None:
    for key in ("b", "a/2/1", "a/1", "a-1"):
        store.put_new(key, b"")
    assert {prefix: [entry.key for entry in store.list(prefix)] for prefix in PREFIXES} == PREFIXES


NO_KEYS = ("", "/", "/a", "a/", "a//b", "..", "../a", "a/../b", "a/..", "./a", "a\\b", "a\0b")


def test_what_is_no_key_is_a_mistake_of_the_caller(store: Store) -> None:
    verbs: list[Callable[[str], object]] = [
        store.get,
        lambda key: store.put_new(key, b""),
        lambda key: store.replace_if(key, b"", "tag"),
        store.delete,
        store.check_conditions,
    ]
    for verb, key in itertools.product(verbs, NO_KEYS):
        with pytest.raises(ValueError, match="is not a key"):
            verb(key)
    for prefix in ("/", "/a", "../", "a/../../", "a//", "a\0"):
        with pytest.raises(ValueError, match="is not a key"):
            list(store.list(prefix))


def test_a_store_says_where_it_is(ground: Ground, store: Store) -> None:
    assert store.url == ground.url


def test_the_clock_is_in_utc_and_goes_on(store: Store) -> None:
    before = store.now()
    assert before.utcoffset() == timedelta(0)
    store.put_new("a", b"")
    assert store.now() >= before - timedelta(seconds=1)


def test_conditions_are_proven_without_a_change(store: Store) -> None:
    store.put_new("a", b"1")
    before = list(store.list(""))
    store.check_conditions("a")
    assert [(entry.key, entry.etag) for entry in store.list("")] == [(e.key, e.etag) for e in before]
    with pytest.raises(HermesError, match="removed"):
        store.check_conditions("b")


# moto's conditions are not atomic.
several_writers = pytest.mark.parametrize(
    "ground", ["local", "seaweedfs", "seaweedfs by obstore"], indirect=True
)


@several_writers
def test_of_many_creators_one_wins(store: Store) -> None:
    start = threading.Barrier(WRITERS)

    def create(writer: int) -> StoredObject | None:
        start.wait()
        return store.put_new("a/b", b"written by %d" % writer)

    with ThreadPoolExecutor(WRITERS) as pool:
        answers = list(pool.map(create, range(WRITERS)))
    winner = there(store, "a/b")
    assert answers.count(None) == 1
    assert winner.data == b"written by %d" % answers.index(None)
    assert [answer for answer in answers if answer is not None] == [winner] * (WRITERS - 1)


@several_writers
def test_of_many_replacements_none_is_lost(store: Store) -> None:
    rounds = 5
    store.put_new("counter", json.dumps({"count": 0}).encode())
    start = threading.Barrier(WRITERS)

    def count(writer: int) -> None:
        start.wait()
        current = there(store, "counter")
        for turn in range(rounds):
            while True:
                number = json.loads(current.data)["count"] + 1
                mine = json.dumps({"count": number, "writer": writer, "turn": turn}).encode()
                other = store.replace_if("counter", mine, current.etag)
                current = there(store, "counter") if other is None else other
                if other is None:
                    break

    with ThreadPoolExecutor(WRITERS) as pool:
        list(pool.map(count, range(WRITERS)))
    assert json.loads(there(store, "counter").data)["count"] == WRITERS * rounds


def test_who_asks_for_it_is_told_of_each_object_that_it_changes_itself(ground: Ground) -> None:
    noted: list[str] = []
    store = ground.open().recording(noted.append)
    other = ground.open()
    other.put_new("theirs", b"1")
    assert store.put_new("ours", b"1") is None
    assert store.put_new("theirs", b"1") is None  # there already, with the same bytes
    assert store.put_new("theirs", b"2") is not None
    mine, theirs = store.get("ours"), store.get("theirs")
    assert mine is not None
    assert theirs is not None
    assert store.replace_if("ours", b"3", mine.etag) is None
    assert store.replace_if("ours", b"4", mine.etag) is not None
    other.replace_if("theirs", b"5", theirs.etag)
    assert store.replace_if("theirs", b"5", theirs.etag) is None  # replaced by another writer
    other.put_new("again", b"1")
    store.delete("again")
    assert noted == ["ours", "ours"]
    assert other.recording(noted.append).url == store.url
