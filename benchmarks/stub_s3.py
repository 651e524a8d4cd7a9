"""An S3 server that answers at once, from memory: so that a benchmark measures the client.

It knows what the clients of these benchmarks ask for (put, get, head, delete, list) and honours the
conditions of writes. As a program it serves until its standard input ends:

    python -m benchmarks.stub_s3 [--delay SECONDS]
"""

from __future__ import annotations

import argparse
import asyncio
import hashlib
import json
import sys
import threading
from bisect import bisect_left, insort
from dataclasses import dataclass, field
from email.utils import formatdate
from urllib.parse import parse_qs, quote, unquote, urlsplit
from xml.sax.saxutils import escape

_PAGE = 1000
_MODIFIED = "2026-01-01T00:00:00.000Z"
_STATUS = {200: "OK", 204: "No Content", 304: "Not Modified", 404: "Not Found", 412: "Precondition Failed"}


@dataclass(kw_only=True)
class Stored:
    """An object: its bytes and their tag."""

    data: bytes
    etag: str


@dataclass(kw_only=True)
class Bucket:
    """Objects by key, and the keys in order."""

    objects: dict[str, Stored] = field(default_factory=dict)
    keys: list[str] = field(default_factory=list)


@dataclass(kw_only=True)
class Memory:
    """All buckets (each is there once somebody names it), and what was asked by method and kind."""

    buckets: dict[str, Bucket] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)

    def answer(
        self, method: str, target: str, headers: dict[str, str], body: bytes
    ) -> tuple[int, dict[str, str], bytes]:
        """The status, headers and body of the answer to one request."""
        parts = urlsplit(target)
        name, _, key = unquote(parts.path).lstrip("/").partition("/")
        query = parse_qs(parts.query, keep_blank_values=True)
        if name == "-":  # about the server itself
            return self._about(key)
        bucket = self.buckets.setdefault(name, Bucket())
        kind = "LIST" if method == "GET" and not key and "list-type" in query else method
        self.counts[kind] = self.counts.get(kind, 0) + 1
        if kind == "LIST":
            return 200, {"Content-Type": "application/xml"}, _listing(name, bucket, query)
        if not key:
            return 200, {"Content-Type": "application/xml"}, b"<?xml version='1.0'?><Configuration/>"
        if method == "PUT":
            return _put(bucket, key, headers, body)
        if method == "DELETE":
            if bucket.objects.pop(key, None) is not None:
                del bucket.keys[bisect_left(bucket.keys, key)]
            return 204, {}, b""
        found = bucket.objects.get(key)
        if found is None:
            return 404, {}, b"" if method == "HEAD" else _error("NoSuchKey")
        told = {"ETag": found.etag, "Last-Modified": formatdate(0, usegmt=True)}
        return 200, told, found.data

    def _about(self, question: str) -> tuple[int, dict[str, str], bytes]:
        told = json.dumps(self.counts).encode()
        if question == "reset":
            self.counts.clear()
        if question == "clear":
            self.buckets.clear()
        return 200, {"Content-Type": "application/json"}, told


def _put(bucket: Bucket, key: str, headers: dict[str, str], body: bytes) -> tuple[int, dict[str, str], bytes]:
    there = bucket.objects.get(key)
    wanted = headers.get("if-match")
    if (headers.get("if-none-match") == "*" and there) or (
        wanted and (there is None or there.etag != wanted)
    ):
        return 412, {}, _error("PreconditionFailed")
    etag = f'"{hashlib.md5(body, usedforsecurity=False).hexdigest()}"'
    if there is None:
        insort(bucket.keys, key)
    bucket.objects[key] = Stored(data=body, etag=etag)
    return 200, {"ETag": etag}, b""


def _listing(name: str, bucket: Bucket, query: dict[str, list[str]]) -> bytes:
    def asked(key: str) -> str:
        return query.get(key, [""])[0]

    prefix = asked("prefix")
    limit = min(int(asked("max-keys") or _PAGE), _PAGE)
    after = asked("continuation-token") or asked("start-after")
    start = max(bisect_left(bucket.keys, prefix), bisect_left(bucket.keys, after + "\0") if after else 0)
    rows = [key for key in bucket.keys[start : start + limit + 1] if key.startswith(prefix)]
    more, rows = len(rows) > limit, rows[:limit]
    encoded = quote if asked("encoding-type") == "url" else escape
    contents = "".join(
        f"<Contents><Key>{encoded(key)}</Key><LastModified>{_MODIFIED}</LastModified>"
        f"<ETag>{escape(bucket.objects[key].etag)}</ETag><Size>{len(bucket.objects[key].data)}</Size></Contents>"
        for key in rows
    )
    token = f"<NextContinuationToken>{escape(rows[-1])}</NextContinuationToken>" if more else ""
    encoding = "<EncodingType>url</EncodingType>" if asked("encoding-type") else ""
    return (
        '<?xml version="1.0" encoding="UTF-8"?><ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
        f"<Name>{escape(name)}</Name><Prefix>{encoded(prefix)}</Prefix><KeyCount>{len(rows)}</KeyCount>{encoding}"
        f"<IsTruncated>{'true' if more else 'false'}</IsTruncated>{token}{contents}</ListBucketResult>"
    ).encode()


def _error(code: str) -> bytes:
    return f'<?xml version="1.0" encoding="UTF-8"?><Error><Code>{code}</Code><Message>{code}</Message></Error>'.encode()


def decoded(headers: dict[str, str], body: bytes) -> bytes:
    """The object in a request's body, which some clients send in signed chunks with a checksum behind them."""
    if (
        "aws-chunked" not in headers.get("content-encoding", "")
        and "x-amz-decoded-content-length" not in headers
    ):
        return body
    data, rest = b"", body
    while rest:
        head, _, rest = rest.partition(b"\r\n")
        size = int(head.partition(b";")[0], 16)
        if size == 0:
            break
        data, rest = data + rest[:size], rest[size + 2 :]
    return data


class Connection(asyncio.Protocol):
    """One client's connection: requests one after the other."""

    def __init__(self, memory: Memory, delay: float) -> None:
        self._memory, self._delay = memory, delay
        self._buffer = b""
        self._promised = False
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way to answer."""
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - for the type checker
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Answer each request that is here as a whole."""
        self._buffer += data
        while self._take():
            pass

    def _take(self) -> bool:
        head, blank, rest = self._buffer.partition(b"\r\n\r\n")
        if not blank:
            return False
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        size = int(headers.get("content-length", 0))
        chunked = "chunked" in headers.get("transfer-encoding", "")
        if (len(rest) < size) or (chunked and not rest.endswith(b"0\r\n\r\n")):
            if headers.get("expect") and not self._promised:
                self._promised = True
                self._write(b"HTTP/1.1 100 Continue\r\n\r\n")
            return False
        body, self._buffer = (rest, b"") if chunked else (rest[:size], rest[size:])
        self._promised = False
        method, target, _ = first.split(" ", 2)
        answer = self._encoded(method, *self._memory.answer(method, target, headers, decoded(headers, body)))
        if self._delay:
            asyncio.get_running_loop().call_later(self._delay, self._write, answer)
        else:
            self._write(answer)
        return True

    def _encoded(self, method: str, status: int, headers: dict[str, str], body: bytes) -> bytes:
        told = {
            "Date": formatdate(usegmt=True),
            "Server": "stub",
            "Content-Length": str(len(body)),
            **headers,
        }
        lines = "".join(f"{name}: {value}\r\n" for name, value in told.items())
        start = f"HTTP/1.1 {status} {_STATUS[status]}\r\n"
        return f"{start}{lines}\r\n".encode() + (b"" if method == "HEAD" else body)

    def _write(self, data: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(data)


async def _serve(delay: float) -> None:
    memory, loop = Memory(), asyncio.get_running_loop()
    server = await loop.create_server(lambda: Connection(memory, delay), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    ended = asyncio.Event()

    def wait_for_the_end() -> None:
        sys.stdin.read()
        loop.call_soon_threadsafe(ended.set)

    threading.Thread(target=wait_for_the_end, daemon=True).start()
    await ended.wait()
    # Leaving `async with server` waits, from Python 3.12 on, until the last client has hung up.
    server.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--delay", type=float, default=0.0)
    asyncio.run(_serve(parser.parse_args().delay))
