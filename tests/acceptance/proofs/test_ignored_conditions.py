"""A store that ignores conditions keeps no promise: it is found out before anything is released on it."""

from __future__ import annotations

import contextlib
import hashlib
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape

import pytest

from servers import ACCESS_KEY, SECRET_KEY, Answer, Request, answering, free_ports

from .figures import record
from .ground import Sources

# What a deploy may leave there: who owns the name, on which the store is tried, and no release.
OWNERS = {"growth/lake/owner.json"}
_HOSTILE_LINK = """\
import os, shutil

def link(source, target, **options):
    shutil.copyfile(source, target)

os.link = link
"""


@contextmanager
def running_rclone(folder: Path) -> Iterator[str]:
    """An rclone that serves a folder as S3; it takes every conditional write."""
    (port,) = free_ports(1)
    with (folder.parent / "rclone.log").open("wb") as log:
        process = subprocess.Popen(
            [
                *(Path(sys.executable).parent / "rclone", "serve", "s3", folder),
                *("--addr", f"127.0.0.1:{port}", "--auth-key", f"{ACCESS_KEY},{SECRET_KEY}"),
                *("--config", folder.parent / "rclone.conf"),
            ],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
    try:
        deadline = time.monotonic() + 30
        while process.poll() is None and time.monotonic() < deadline:
            with contextlib.suppress(ConnectionError):
                socket.create_connection(("127.0.0.1", port), timeout=5).close()
                break
            time.sleep(0.02)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.kill()
        process.wait()


def test_rclone_is_found_out(sources: Sources, tmp_path: Path) -> None:
    (tmp_path / "served" / "dev").mkdir(parents=True)
    source = sources.get()
    with running_rclone(tmp_path / "served") as url:
        result = source.repo.run(
            *("deploy", "--from", source.bundle, "--env", "dev"),
            env={**source.ci, "AWS_ENDPOINT_URL_S3": url},
            expect=1,
        )
    assert result.stderr.count("the store ignores conditional writes") >= 1
    there = tmp_path / "served" / "dev"
    assert {p.relative_to(there).as_posix() for p in there.rglob("*") if p.is_file()} <= OWNERS
    record("Stores that ignore conditions", stores=1)


class Careless:
    """An S3 in memory that honours only some of the conditions."""

    def __init__(self, ignored: str) -> None:
        self.objects: dict[str, bytes] = {}
        self.ignored = ignored

    def __call__(self, request: Request) -> Answer:
        url = urlsplit(request.path)
        key = unquote(url.path).removeprefix("/dev").lstrip("/")
        if not key:
            prefix = parse_qs(url.query).get("prefix", [""])[0]
            rows = "".join(
                f"<Contents><Key>{escape(k)}</Key><Size>{len(v)}</Size><ETag>{_tag(v)}</ETag>"
                "<LastModified>2026-01-02T03:04:05.000Z</LastModified></Contents>"
                for k, v in sorted(self.objects.items())
                if k.startswith(prefix)
            )
            return Answer(body=f"<ListBucketResult>{rows}</ListBucketResult>".encode())
        there = self.objects.get(key)
        if request.method == "PUT":
            asked = {name.lower(): value for name, value in request.headers.items()}
            if self.ignored != "If-None-Match" and "if-none-match" in asked and there is not None:
                return Answer(status=412)
            match = asked.get("if-match")
            if self.ignored != "If-Match" and match and (there is None or match != _tag(there)):
                return Answer(status=412)
            self.objects[key] = request.body
            return Answer(headers={"ETag": _tag(request.body)})
        if there is None:
            return Answer(status=404, body=b"<Error><Code>NoSuchKey</Code></Error>")
        return Answer(body=there, headers={"ETag": _tag(there)})


def _tag(data: bytes) -> str:
    return f'"{hashlib.md5(data, usedforsecurity=False).hexdigest()}"'


@pytest.mark.parametrize("ignored", ["If-None-Match", "If-Match", "nothing"])
def test_a_store_that_ignores_one_condition_is_found_out(sources: Sources, ignored: str) -> None:
    source, careless = sources.get(), Careless(ignored)
    with answering(careless) as server:
        result = source.repo.run(
            *("deploy", "--from", source.bundle, "--env", "dev"),
            env={**source.ci, "AWS_ENDPOINT_URL_S3": server.url},
            expect=0 if ignored == "nothing" else 1,
        )
    if ignored == "nothing":  # what is refused is refused for what it does, and not for what it is
        assert any("/manifests/releases/" in key for key in careless.objects)
        return
    assert "the store ignores conditional writes" in result.stderr
    assert careless.objects.keys() <= OWNERS
    record("Stores that ignore conditions", stores=1)


def test_a_directory_whose_links_overwrite_is_found_out(sources: Sources, tmp_path: Path) -> None:
    source = sources.get()
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / "sitecustomize.py").write_text(_HOSTILE_LINK)
    there = tmp_path / "store"
    env = {"PYTHONPATH": str(tmp_path / "site"), "HERMES_LOCAL_PATH": str(there)}
    result = source.repo.run("deploy", "--from", source.bundle, "--env", "local", env=env, expect=1)
    assert re.search("lets a file be created twice", result.stderr)
    left = {path.relative_to(there).as_posix() for path in there.rglob("*") if path.is_file()}
    assert {key for key in left if not key.startswith(".tmp/")} <= OWNERS
    record("Stores that ignore conditions", stores=1)
