"""Processes on one directory: killed in the middle of a write, and many at once."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from hermes_cli.adapters.store_local import LocalStore

WRITERS = 8


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "root"


@pytest.fixture
def store(root: Path) -> LocalStore:
    return LocalStore(root)


def visible(store: LocalStore) -> dict[str, bytes]:
    objects = {entry.key: store.get(entry.key) for entry in store.list("")}
    return {key: found.data for key, found in objects.items() if found is not None}


def parts(root: Path) -> list[Path]:
    return list((root / ".tmp").glob("*.part"))


KILLED = """
import os, signal, sys
from pathlib import Path
from hermes_cli.adapters.store_local import LocalStore

where, root, key, etag = sys.argv[1:]
name, _, when = where.partition(" ")
real = getattr(os, name)

def killer(*arguments, **options):
    if when == "half":
        real(arguments[0], bytes(arguments[1])[:2])
    if when == "after":
        real(*arguments, **options)
    os.kill(os.getpid(), signal.SIGKILL)

setattr(os, name, killer)
store = LocalStore(Path(root))
store.replace_if(key, b"written", etag) if etag else store.put_new(key, b"written")
"""


def killed(where: str, root: Path, key: str, etag: str = "") -> None:
    command = [sys.executable, "-c", KILLED, where, str(root), key, etag]
    assert subprocess.run(command, check=False, timeout=60).returncode == -signal.SIGKILL


@pytest.mark.parametrize(
    ("where", "shown"),
    [
        ("write half", {}),
        ("write after", {}),
        ("fsync before", {}),
        ("link before", {}),
        ("link after", {"a/b": b"written"}),
        ("unlink before", {"a/b": b"written"}),
    ],
)
def test_a_kill_leaves_all_or_nothing(
    store: LocalStore, root: Path, where: str, shown: dict[str, bytes]
) -> None:
    # The folders are there already, so that the kill meets the file.
    store.put_new("a/before", b"")
    killed(where, root, "a/b")
    assert visible(store) == {"a/before": b"", **shown}
    assert len(parts(root)) == 1
    store.put_new("another/key", b"")
    assert parts(root) == [], "a later writer sweeps"
    assert store.put_new("a/b", b"written") is None
    assert visible(store) == {"a/before": b"", "a/b": b"written", "another/key": b""}


@pytest.mark.parametrize(
    ("where", "shown"), [("fsync before", b"1"), ("replace before", b"1"), ("replace after", b"written")]
)
def test_a_kill_releases_the_lock_of_a_replacement(
    store: LocalStore, root: Path, where: str, shown: bytes
) -> None:
    store.put_new("a", b"1")
    found = store.get("a")
    assert found is not None
    killed(where, root, "a", found.etag)
    assert visible(store) == {"a": shown}
    now = store.get("a")
    assert now is not None
    assert store.replace_if("a", b"2", now.etag) is None
    assert visible(store) == {"a": b"2"}
    assert parts(root) == []


CREATOR = """
import sys
from pathlib import Path
from hermes_cli.adapters.store_local import LocalStore

root, writer = sys.argv[1:]
store = LocalStore(Path(root))
print("ready", flush=True)
sys.stdin.readline()
there = store.put_new("a/b", writer.encode())
print("won" if there is None else there.data.decode())
for turn in range(5):
    while True:
        now = store.get("counter")
        count = int(now.data.split()[0]) + 1
        if store.replace_if("counter", f"{count} {writer} {turn}".encode(), now.etag) is None:
            break
"""


def test_of_many_processes_one_creates_and_none_loses_a_replacement(store: LocalStore, root: Path) -> None:
    store.put_new("counter", b"0")
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", CREATOR, str(root), str(writer)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for writer in range(WRITERS)
    ]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    answers = [process.communicate(timeout=60)[0].strip() for process in processes]
    assert [process.returncode for process in processes] == [0] * WRITERS
    winner = answers.index("won")
    assert answers == [str(winner)] * winner + ["won"] + [str(winner)] * (WRITERS - winner - 1)
    assert visible(store)["a/b"] == str(winner).encode()
    assert visible(store)["counter"].split()[0] == str(WRITERS * 5).encode()
    assert parts(root) == []
