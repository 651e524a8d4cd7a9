"""Every key of hermes.toml with its type and meaning, and the check that refuses unknown keys and wrong values."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from hermes_cli.domain.contract.errors import InvalidInput

from .error_collector import ErrorCollector
from .index_namesakes import ALLOW, PAST
from .python_versions import check_cluster_python
from .toml_text import Table, check_keys, place, take

FEATURES, RELEASES = "features", "releases"
DATA_PRODUCTS, AIRFLOW = "data-products", "airflow"
_ENVIRONMENT_NAME = re.compile(r"[a-z][a-z0-9-]{0,31}", re.ASCII)
_INDEX_URL = re.compile(r"https?://(?:\[[0-9a-f:.]+\]|[^\s/\[\]]+)(?:/\S*)?|file://\S+", re.ASCII)

# One row a key: its kind and what it means. The JSON Schema and the checks are made from these.
TOP_KEYS: Mapping[str, tuple[type, str]] = {
    "team": (str, "The team that owns this repo and what it deploys."),
    "kind": (str, "What the repo holds: data-products (projects that are deployed), or airflow (DAGs)."),
    "repo-id": (str, "Made by `hermes new`; claims the names of this repo's projects."),
    "default-branch": (str, "The branch that releases are made from."),
    "required-version": (str, "The versions of Hermes that may work on this repo, such as >=0.1."),
    "environments": (dict, "The places to deploy to, by name."),
    PAST: (list, "Projects that this repo had: their names never come from a package index."),
    ALLOW: (list, "Names of projects of this repo, now or before, that may come from a package index."),
    "indexes": (dict, "Private package indexes: name = URL, without credentials."),
    "template": (dict, "Which template this repo was made from; written by `hermes new`."),
}
ENVIRONMENT_KEYS: Mapping[str, tuple[type, str]] = {
    "path": (str, "A directory on this machine to deploy to."),
    "bucket": (str, "The S3 bucket to deploy to."),
    "prefix": (str, "Where in the bucket to deploy to."),
    "region": (str, "The bucket's region."),
    "profile": (str, "The AWS profile to use."),
    "role-arn": (str, "The AWS role to assume."),
    "endpoint-url": (str, "The address of an S3 server that is not Amazon's."),
    "expected-bucket-owner": (str, "The AWS account that must own the bucket."),
    "kms-key-id": (str, "The KMS key that objects are encrypted with."),
    "python": (str, "The cluster's Python version, such as 3.11; used by test, run and lock."),
    "release-from": (str, "Where releases are made: ci or anywhere."),
    "accepts": (list, "What may be deployed here: features, releases, or both."),
    "databricks-host": (str, "The address of the Databricks workspace that runs the projects deployed here."),
    "databricks-policy-id": (str, "The cluster policy of the team in that workspace."),
    "products": (str, "Where scripts write to, as a URI; each team has a folder of its own there."),
    "input": (str, "Where uploaded input files are, as a URI; each team has a folder of its own there."),
    "read-prefix": (str, "In dev: the prefix of production's databases."),
    "metastore": (dict, "In dev: the Spark settings by which production data is read."),
    "secret-scope": (str, "The scope of Databricks that holds the team's secrets."),
}
TEMPLATE_KEYS: Mapping[str, tuple[type, str]] = {
    "source": (str, "Where the template is."),
    "version": (str, "The template's version that this repo was made from or last updated to."),
    "answers": (dict, "The answers that the template was rendered with."),
}
CHOICES: Mapping[str, tuple[str, ...]] = {
    "kind": (DATA_PRODUCTS, AIRFLOW),
    "release-from": ("ci", "anywhere"),
    "accepts": (FEATURES, RELEASES),
}


def check_tables(data: Table, where: str, text: str, extra: Iterable[str] = ()) -> None:
    """Raises `InvalidInput` for keys that are unknown, or whose value is not of its kind.

    `extra` names further keys that the top may have.
    """
    errors = ErrorCollector()
    with errors:
        check_keys(data, [*TOP_KEYS, *extra], name="", where=where, text=text)
    kinds = {key: kind for key, (kind, _) in TOP_KEYS.items()} | dict.fromkeys(extra, dict)
    for key, kind in kinds.items():
        with errors:
            value = take(data, key, kind, name="", where=where, text=text)
            _check_choice(key, value, place(where, text, "", key))
    for name, table in _tables(data, "environments"):
        with errors:
            _check_environment(name, table, where, text)
    for name, _ in _tables(data, "indexes"):
        with errors:
            _check_index(data["indexes"], name, where, text)
    if isinstance(data.get("template"), dict):
        with errors:
            check_keys(data["template"], TEMPLATE_KEYS, name="template", where=where, text=text)
        for key, (kind, _) in TEMPLATE_KEYS.items():
            with errors:
                take(data["template"], key, kind, name="template", where=where, text=text)
    errors.raise_first()


def _tables(data: Table, key: str) -> Iterable[tuple[str, Any]]:
    table = data.get(key)
    return table.items() if isinstance(table, dict) else ()


def _check_environment(name: str, table: Any, where: str, text: str) -> None:
    full = f"environments.{name}"
    if not _ENVIRONMENT_NAME.fullmatch(name):
        raise InvalidInput(
            f"{place(where, text, '', full)}: {name!r} is not an environment name",
            hint="use lowercase letters, digits and -",
        )
    if not isinstance(table, dict):
        raise InvalidInput(f"{where}: environments.{name} must be a table, as in [environments.{name}]")
    errors = ErrorCollector()
    with errors:
        check_keys(table, ENVIRONMENT_KEYS, name=full, where=where, text=text)
    for key, (kind, _) in ENVIRONMENT_KEYS.items():
        with errors:
            value = take(table, key, kind, name=full, where=where, text=text)
            _check_choice(key, value, place(where, text, full, key))
    for key, _ in _tables(table, "metastore"):
        with errors:
            take(table["metastore"], key, str, name=f"{full}.metastore", where=where, text=text)
    errors.raise_first()


def _check_index(indexes: Table, name: str, where: str, text: str) -> None:
    url = take(indexes, name, str, name="indexes", where=where, text=text)
    if not _INDEX_URL.fullmatch(url):
        raise InvalidInput(
            f"{place(where, text, 'indexes', name)}: {url!r} is not the address of a package index",
            hint=f'{name} = "https://packages.example.com/simple"',
        )
    if "@" in url.split("://")[-1].split("/")[0]:
        raise InvalidInput(
            f"{place(where, text, 'indexes', name)}: the address of index {name} holds credentials",
            hint=f"take them out, and set UV_INDEX_{name.upper().replace('-', '_')}_USERNAME and _PASSWORD",
        )


def _check_choice(key: str, value: object, where: str) -> None:
    if value is None or key not in CHOICES:
        if key == "python" and isinstance(value, str):
            check_cluster_python(value, where=f"{where}: python = ")
        return
    for item in value if isinstance(value, list) else [value]:
        if item not in CHOICES[key]:
            raise InvalidInput(
                f"{where}: {key} cannot be {item!r}", hint="it can be " + " or ".join(CHOICES[key])
            )
