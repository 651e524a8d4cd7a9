"""Servers that tests talk to over HTTP: a real S3 (SeaweedFS), and one that answers as it is told."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

ACCESS_KEY = "hermestestkey"
SECRET_KEY = "hermes-test-secret"
REGION = "us-east-1"


@dataclass(frozen=True, kw_only=True)
class S3Server:
    """A running S3 server; a bucket that was not made does not exist."""

    url: str
    access_key: str = ACCESS_KEY
    secret_key: str = SECRET_KEY

    @property
    def environment(self) -> dict[str, str]:
        """The variables by which a process finds the server and may use it."""
        return {
            "AWS_ENDPOINT_URL_S3": self.url,
            "AWS_ACCESS_KEY_ID": self.access_key,
            "AWS_SECRET_ACCESS_KEY": self.secret_key,
            "AWS_DEFAULT_REGION": REGION,
        }

    def client(self) -> S3Client:
        """A plain client, to look at a bucket or to change it behind Hermes's back."""
        import boto3

        client: S3Client = boto3.client(
            "s3",
            endpoint_url=self.url,
            region_name=REGION,
            aws_access_key_id=self.access_key,
            aws_secret_access_key=self.secret_key,
        )
        return client

    def make_bucket(self, name: str) -> str:
        """Make a bucket, and return its name."""
        from botocore.exceptions import ClientError

        for attempt in range(5):
            try:
                self.client().create_bucket(Bucket=name)
                break
            except ClientError:  # under load its parts may not have found each other yet
                if attempt == 4:
                    raise
                time.sleep(1)
        return name


@contextmanager
def running_s3() -> Iterator[S3Server]:
    """A SeaweedFS with nothing in it, on free ports of this machine; gone at the end."""
    # Its sockets must have short paths, and pytest's folders do not.
    folder = Path(tempfile.mkdtemp(prefix="hermes-s3-"))
    try:
        for attempt in range(3):
            process, ports = _start_weed(folder / str(attempt))
            try:
                if _wait_until_up(process, ports["s3"]):
                    yield S3Server(url=f"http://127.0.0.1:{ports['s3']}")
                    return
            finally:
                process.kill()
                process.wait()
                for port in ports.values():
                    for socket_file in Path("/tmp").glob(f"seaweedfs-*-{port}.sock"):
                        socket_file.unlink(missing_ok=True)
        log = (folder / "2" / "log").read_text(errors="replace")
        raise RuntimeError("SeaweedFS does not start:\n" + log[-2000:])
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _start_weed(folder: Path) -> tuple[subprocess.Popen[bytes], dict[str, int]]:
    folder.mkdir()
    identity = {
        "name": "tests",
        "credentials": [{"accessKey": ACCESS_KEY, "secretKey": SECRET_KEY}],
        "actions": ["Admin", "Read", "Write", "List", "Tagging"],
    }
    (folder / "s3.json").write_text(json.dumps({"identities": [identity]}))
    services = ("master", "volume", "filer", "s3")
    ports = dict(zip([*services, *(f"{name}.grpc" for name in services)], free_ports(8), strict=True))
    arguments = [f"-{name}.port={ports[name]}" for name in services]
    arguments += [f"-{name}.port.grpc={ports[f'{name}.grpc']}" for name in services]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [
                str(Path(sys.executable).parent / "weed"),
                "server",
                f"-dir={folder}",
                "-ip=127.0.0.1",
                "-ip.bind=127.0.0.1",
                "-master.telemetry=false",
                "-master.volumeSizeLimitMB=128",
                # Each bucket takes volumes of its own, and there may be one bucket a test.
                "-volume.max=1000",
                f"-filer.localSocket={folder}/filer.sock",
                "-s3",
                f"-s3.config={folder}/s3.json",
                f"-s3.localSocket={folder}/s3.sock",
                "-s3.iam=false",
                "-s3.autoCreateBucket=false",
                "-s3.port.iceberg=0",
                "-s3.port.lance=0",
                *arguments,
            ],
            cwd=folder,
            env={**os.environ, "WEED_MASTER_VOLUME_GROWTH_COPY_1": "1"},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    return process, ports


def free_ports(count: int) -> list[int]:
    """Ports of this machine that nobody uses at this moment."""
    with contextlib.ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in range(count)]
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [int(each.getsockname()[1]) for each in sockets]


def _wait_until_up(process: subprocess.Popen[bytes], port: int) -> bool:
    deadline = time.monotonic() + 60
    while process.poll() is None and time.monotonic() < deadline:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", "/healthz")
            if connection.getresponse().status == 200:
                return True
        except OSError:
            pass
        finally:
            connection.close()
        time.sleep(0.05)
    return False


class Headers(Mapping[str, str]):
    """Headers by their names, in whatever case a client writes them."""

    def __init__(self, headers: Mapping[str, str]) -> None:
        self._by_name = {name.lower(): value for name, value in headers.items()}

    def __getitem__(self, name: str) -> str:
        return self._by_name[name.lower()]

    def __iter__(self) -> Iterator[str]:
        return iter(self._by_name)

    def __len__(self) -> int:
        return len(self._by_name)


@dataclass(frozen=True, kw_only=True)
class Request:
    """What a client asked."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What it is told; `cut` closes the connection after that many bytes of the body."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: int | None = None
    delay: float = 0.0  # seconds


@dataclass(frozen=True, kw_only=True)
class ScriptedServer:
    """A server that keeps what it was asked, in order."""

    url: str
    requests: list[Request]


@contextmanager
def answering(answer: Callable[[Request], Answer]) -> Iterator[ScriptedServer]:
    """An HTTP server that answers each request by calling this function."""
    requests: list[Request] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _serve(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            request = Request(
                method=self.command, path=self.path, headers=Headers(dict(self.headers)), body=body
            )
            requests.append(request)
            told = answer(request)
            time.sleep(told.delay)
            with contextlib.suppress(ConnectionError):
                self.send_response_only(told.status)
                for name, value in {"Date": self.date_time_string(), **told.headers}.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(told.body)))
                self.end_headers()
                self.wfile.write(told.body[: told.cut])
            self.close_connection = self.close_connection or told.cut is not None

        do_GET = do_PUT = do_HEAD = do_POST = _serve  # noqa: N815

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield ScriptedServer(url=f"http://127.0.0.1:{server.server_address[1]}", requests=requests)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
