"""Where proofs deploy to, and what they deploy: an empty place for each try, and folders built once."""

from __future__ import annotations

import hashlib
import itertools
import json
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from hermes_cli.adapters.store_local import LocalStore
from hermes_cli.adapters.store_s3 import Clients, S3Store
from hermes_cli.domain.contract.retry_policy import S3
from hermes_cli.domain.contract.store import Store
from servers import S3Server

from ..harness import PYTHON, Hermes, Repo, github
from ..projects import add_project
from .warm import Ended, Running, Warm

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

TEAM = "growth"
SETTINGS = f"""\
team = "growth"
repo-id = "9b0e7e0c-0000-4000-8000-000000000001"
default-branch = "main"

[environments.dev]
bucket = "dev"
python = "{PYTHON}"

[environments.local]
python = "{PYTHON}"
"""


class Ground(Protocol):
    """An environment of one try: nothing else ever lies in it."""

    @property
    def environment(self) -> str:
        """Its name in hermes.toml."""
        ...

    @property
    def variables(self) -> Mapping[str, str]:
        """What a command must see to find it."""
        ...

    @property
    def store(self) -> Store:
        """What Hermes reads it with."""
        ...

    def objects(self) -> dict[str, tuple[str, str]]:
        """Every key, with a tag and the time of its last write; seen without Hermes."""
        ...

    def read(self, key: str) -> bytes:
        """An object's bytes, read without Hermes."""
        ...

    def write(self, key: str, data: bytes) -> None:
        """Write an object as somebody else does, who knows no conditions."""
        ...


@dataclass(frozen=True)
class Folder:
    """A directory store."""

    path: Path
    environment: str = "local"

    @property
    def variables(self) -> Mapping[str, str]:
        return {"HERMES_LOCAL_PATH": str(self.path)}

    @property
    def store(self) -> Store:
        return LocalStore(self.path)

    def objects(self) -> dict[str, tuple[str, str]]:
        found = {}
        for path in sorted(self.path.rglob("*")):
            key = path.relative_to(self.path).as_posix()
            if path.is_file() and not key.startswith(".tmp/"):
                stat = path.stat()
                digest = hashlib.sha256(path.read_bytes()).hexdigest()
                found[key] = digest, f"{stat.st_mtime_ns} {stat.st_ino}"
        return found

    def read(self, key: str) -> bytes:
        return (self.path / key).read_bytes()

    def write(self, key: str, data: bytes) -> None:
        (self.path / key).parent.mkdir(parents=True, exist_ok=True)
        (self.path / key).unlink(missing_ok=True)
        (self.path / key).write_bytes(data)


class Made(Clients):
    """A client that was made before: making one takes longer than all that is read with it."""

    def __init__(self, client: S3Client) -> None:
        super().__init__()
        self._client = client

    def of(self, place: object) -> S3Client:
        return self._client


@dataclass(frozen=True)
class Bucket:
    """A prefix of a bucket; commands reach it by `endpoint`, the test by the server itself."""

    server: S3Server
    client: S3Client
    bucket: str
    prefix: str
    endpoint: str
    client_of_hermes: str
    environment: str = "dev"

    @property
    def variables(self) -> Mapping[str, str]:
        found = {"HERMES_DEV_BUCKET": self.bucket, "HERMES_DEV_PREFIX": self.prefix}
        found["HERMES_S3_CLIENT"] = self.client_of_hermes
        return {**self.server.environment, "AWS_ENDPOINT_URL_S3": self.endpoint, **found}

    @property
    def store(self) -> Store:
        return S3Store(
            bucket=self.bucket, prefix=self.prefix, endpoint_url=self.server.url, clients=Made(self.client)
        )

    def objects(self) -> dict[str, tuple[str, str]]:
        pages = self.client.get_paginator("list_objects_v2").paginate(
            Bucket=self.bucket, Prefix=f"{self.prefix}/"
        )
        rows = [row for page in pages for row in page.get("Contents", [])]
        return {
            row["Key"].removeprefix(f"{self.prefix}/"): (row["ETag"], row["LastModified"].isoformat())
            for row in rows
        }

    def read(self, key: str) -> bytes:
        return self.client.get_object(Bucket=self.bucket, Key=f"{self.prefix}/{key}")["Body"].read()

    def write(self, key: str, data: bytes) -> None:
        self.client.put_object(Bucket=self.bucket, Key=f"{self.prefix}/{key}", Body=data)


class Folders:
    """Gives directory stores."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self._numbers = itertools.count()

    def new(self) -> Folder:
        """One that is not there yet."""
        return Folder(self._root / f"store-{next(self._numbers)}")


class Buckets:
    """Gives prefixes of one bucket, which is made once: a bucket each would take longer than the tries."""

    def __init__(
        self, server: S3Server, bucket: str, endpoint: str | None = None, client: str = "boto3"
    ) -> None:
        self._server = server
        self._client = server.client()
        self._bucket = bucket
        self._endpoint = endpoint or server.url
        self.client = client
        self._numbers = itertools.count()

    def new(self) -> Bucket:
        """One with nothing in it."""
        prefix = f"try-{next(self._numbers)}"
        return Bucket(self._server, self._client, self._bucket, prefix, self._endpoint, self.client)


Grounds = Folders | Buckets


@dataclass(frozen=True)
class Source:
    """A repo at a commit, with the folder that `hermes build` left of it."""

    repo: Repo
    bundle: Path

    @cached_property
    def ci(self) -> Mapping[str, str]:
        """The variables of a push to its branch."""
        return github(self.repo, self.repo.git("branch", "--show-current"))

    def variables(self, ground: Ground) -> dict[str, str]:
        """What a deploy sees: in a bucket, releases are made by CI."""
        ci = self.ci if ground.environment == "dev" else {}
        return self.repo.hermes.variables({**ci, **ground.variables})

    def start(
        self,
        warm: Warm,
        ground: Ground,
        *more: str,
        touches: Path | None = None,
        kill_at: int = 0,
        env: Mapping[str, str] | None = None,
        read_timeout: float = S3.read_timeout,
    ) -> Running:
        """Start to deploy what was built."""
        return warm.start(
            *("deploy", "--from", str(self.bundle), "--env", ground.environment, "-o", "json", *more),
            cwd=self.repo.path,
            env={**self.variables(ground), **(env or {})},
            touches=touches,
            kill_at=kill_at,
            read_timeout=read_timeout,
        )

    def deploy(self, warm: Warm, ground: Ground, *more: str, expect: int = 0) -> Ended:
        """Deploy what was built; fails the test where it ends with another code."""
        ended = self.start(warm, ground, *more).wait()
        assert ended.code == expect, f"ended with {ended.code}, not {expect}:\n{ended.stdout}\n{ended.stderr}"
        return ended


class Sources:
    """Builds each source once, when it is first asked for."""

    def __init__(self, hermes: Hermes, warm: Warm, root: Path) -> None:
        self._hermes = hermes
        self._warm = warm
        self._root = root
        self._made: dict[tuple[str, str, str], Source] = {}

    def get(self, version: str = "1.0.0", mark: str = "one", branch: str = "main") -> Source:
        """Two projects, `shop` needs the library of `lake`; both say this mark wherever they can."""
        known = self._made.get((version, mark, branch))
        if known is None:
            known = self._made[version, mark, branch] = self._make(version, mark, branch)
        return known

    def _make(self, version: str, mark: str, branch: str) -> Source:
        base = self._base
        name = f"{version}-{mark}-{branch}".replace("/", "-")
        path = self._root / name / "repo"
        shutil.copytree(base.path, path)
        repo = Repo(path=path, hermes=self._hermes)
        if branch != "main":
            repo.switch(branch)
        for project in ("shop", "lake"):
            repo.set_version(version, project)
            repo.edit(f"{project}/{project}/__init__.py", 'WORD = "base"', f'WORD = "{mark}"')
            repo.edit(f"{project}/{project}/{project}.py", "# mark: base", f"# mark: {mark}")
        repo.commit()
        bundle = path.parent / "dist"
        self._warm.run("build", "--out-dir", bundle, cwd=path, env=self._hermes.variables())
        return Source(repo, bundle)

    @cached_property
    def _base(self) -> Repo:
        path = self._root / "base"
        path.mkdir(parents=True)
        repo = Repo(path=path, hermes=self._hermes)
        repo.git("init", "--quiet", "--initial-branch=main")
        repo.write("hermes.toml", SETTINGS)
        repo.write(".gitignore", ".hermes/\n__pycache__/\n")
        add_project(repo, "lake", word="base")
        add_project(repo, "shop", word="base", needs=("lake",))
        for project in ("shop", "lake"):
            script = repo.path / project / project / f"{project}.py"
            script.write_text(script.read_text() + "# mark: base\n")
        repo.commit()
        return repo


def documents(ground: Ground, kind: str) -> Iterator[tuple[str, dict[str, object]]]:
    """Every manifest (`releases`, `features`) or `latest.json`, as somebody reads it without Hermes."""
    for key in ground.objects():
        if f"/manifests/{kind}" in key:
            yield key, json.loads(ground.read(key))
