"""The environments of hermes.toml: read each one, with the defaults that its name gives, and order them."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from hermes_cli.domain.contract.errors import InvalidInput

from .config_keys import ENVIRONMENT_KEYS, FEATURES, RELEASES

DEFAULT_LOCAL_PATH = ".hermes/local"

_BUCKET_ONLY = frozenset(ENVIRONMENT_KEYS) - {"path", "bucket", "python", "release-from", "accepts"}
# By the name of an environment: what it accepts and where its releases are made, unless its table says
# otherwise, and its place in a deploy. A project that fails in dev must not reach prod, so prod is last.
_BY_NAME = {
    "local": ((FEATURES, RELEASES), "anywhere", 0),
    "dev": ((FEATURES, RELEASES), "ci", 1),
    "prod": ((RELEASES,), "ci", 3),
}
_ANY_OTHER = ((RELEASES,), "ci", 2)


@dataclass(frozen=True, kw_only=True)
class Environment:
    """A named place to deploy to: a directory (`path`) or a bucket."""

    name: str
    path: str | None = None
    bucket: str | None = None
    prefix: str = ""
    region: str | None = None
    profile: str | None = None
    role_arn: str | None = None
    endpoint_url: str | None = None
    expected_bucket_owner: str | None = None
    kms_key_id: str | None = None
    python: str | None = None
    release_from: str = "ci"
    accepts: tuple[str, ...] = (RELEASES,)
    databricks_host: str | None = None
    databricks_policy_id: str | None = None
    products: str | None = None
    input: str | None = None
    read_prefix: str | None = None
    metastore: Mapping[str, str] = field(default_factory=dict)
    secret_scope: str | None = None


def read_environment(name: str, table: Mapping[str, Any]) -> Environment:
    """Read one table of [environments]. Raises `InvalidInput` where its settings contradict each other."""
    path, bucket = table.get("path"), table.get("bucket")
    if path and bucket:
        raise InvalidInput(
            f"environment {name} has both a path and a bucket", hint=f"keep one in [environments.{name}]"
        )
    if not path and not bucket:
        if name != "local":
            raise InvalidInput(
                f"environment {name} has neither a bucket nor a path",
                hint=f'add bucket = "…" to [environments.{name}]',
            )
        path = DEFAULT_LOCAL_PATH
    stray = sorted(_BUCKET_ONLY.intersection(table)) if path else []
    if stray:
        raise InvalidInput(f"environment {name} is a directory, and {stray[0]} is a setting of a bucket")
    if name == "prod" and FEATURES in table.get("accepts", ()):
        raise InvalidInput(
            "environment prod takes releases only", hint="take features out of accepts in [environments.prod]"
        )
    accepts, release_from, _ = _BY_NAME.get(name, _ANY_OTHER)
    values: dict[str, Any] = {"accepts": accepts, "release-from": release_from, **table, "path": path}
    values["accepts"] = tuple(values["accepts"])
    values["prefix"] = values.get("prefix", "").strip("/")
    return Environment(name=name, **{key.replace("-", "_"): value for key, value in values.items()})


def refuse_shared_place(environments: Iterable[Environment]) -> None:
    """Raise `InvalidInput` where two environments share a place, which would mix features and releases."""
    names: dict[tuple[str, ...], str] = {}
    for environment in environments:
        if environment.path:
            place: tuple[str, ...] = (posixpath.normpath(environment.path),)
            description, another = place[0], "another path"
        else:
            prefix = f", prefix {environment.prefix}" if environment.prefix else ""
            place = (
                environment.bucket or "",
                environment.prefix,
                (environment.endpoint_url or "").rstrip("/"),
            )
            description, another = (
                f"bucket {environment.bucket}{prefix}",
                "another bucket, or a prefix of its own",
            )
        first = names.setdefault(place, environment.name)
        if first != environment.name:
            raise InvalidInput(
                f"environments {first} and {environment.name} are the same place ({description})",
                hint=f"give [environments.{environment.name}] {another}",
            )


def deploy_order(environment: Environment) -> int:
    """Return the place of an environment in a deploy: local, dev, any other, prod."""
    return _BY_NAME.get(environment.name, _ANY_OTHER)[2]
