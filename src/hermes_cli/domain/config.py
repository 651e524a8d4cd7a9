"""The settings of a repo: hermes.toml over a company's and a user's defaults."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from packaging.specifiers import InvalidSpecifier, SpecifierSet

from .errors import InvalidInput, Refused
from .names import TeamName, did_you_mean, parse_team, validate_branch
from .toml import check_keys, parse_toml, place, take

CONFIG_FILE = "hermes.toml"
DEFAULT_LOCAL_PATH = ".hermes/local"
FEATURES, RELEASES = "features", "releases"
_ENVIRONMENT_NAME = re.compile(r"[a-z][a-z0-9-]{0,31}", re.ASCII)
_PYTHON = re.compile(r"3\.\d{1,2}", re.ASCII)

# One row a key: its kind and what it means. The JSON Schema and the checks are made from these.
TOP_KEYS: Mapping[str, tuple[type, str]] = {
    "team": (str, "The team that owns this repo and what it deploys."),
    "repo-id": (str, "Made by `hermes new`; claims the names of this repo's projects."),
    "default-branch": (str, "The branch that releases are made from."),
    "required-version": (str, "The versions of Hermes that may work on this repo, such as >=0.1."),
    "environments": (dict, "The places to deploy to, by name."),
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
}
TEMPLATE_KEYS: Mapping[str, tuple[type, str]] = {
    "source": (str, "Where the template is."),
    "version": (str, "The template's version that this repo was made from or last updated to."),
    "answers": (dict, "The answers that the template was rendered with."),
}
CHOICES: Mapping[str, tuple[str, ...]] = {
    "release-from": ("ci", "anywhere"),
    "accepts": (FEATURES, RELEASES),
}
_BUCKET_ONLY = frozenset(ENVIRONMENT_KEYS) - {"path", "bucket", "python", "release-from", "accepts"}


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


@dataclass(frozen=True, kw_only=True)
class TemplateRecord:
    """Which template a repo was made from, and with which answers."""

    source: str
    version: str
    answers: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Everything that configures Hermes in a repo.

    `sources` says where each setting was read, by its dotted key.
    """

    team: TeamName
    repo_id: str
    default_branch: str
    environments: tuple[Environment, ...]
    indexes: Mapping[str, str] = field(default_factory=dict)
    template: TemplateRecord | None = None
    required_version: str | None = None
    sources: Mapping[str, str] = field(default_factory=dict)

    def environment(self, name: str) -> Environment:
        """An environment by its name. Raises `InvalidInput`."""
        for environment in self.environments:
            if environment.name == name:
                return environment
        names = [environment.name for environment in self.environments]
        raise InvalidInput(
            f"there is no environment {name!r} in {CONFIG_FILE}",
            hint=did_you_mean(name, names) or "there are: " + ", ".join(names),
        )


@dataclass(frozen=True, kw_only=True)
class Layer:
    """One place that settings come from; the later layers win."""

    source: str
    data: Mapping[str, Any]
    text: str = ""


def read_layer(text: str, source: str, *, extra: Iterable[str] = ()) -> Layer:
    """Parse one file of settings; `extra` names further top-level keys. Raises `InvalidInput`."""
    data = parse_toml(text, source)
    required = data.get("required-version")
    layer = Layer(source=source, data=data, text=text)
    if not isinstance(required, str):
        _check_layer(layer, extra)
    return layer


def environment_layer(environ: Mapping[str, str], names: Iterable[str]) -> Layer:
    """Settings from variables: HERMES_TEAM, and HERMES_<ENVIRONMENT>_<KEY> such as HERMES_DEV_BUCKET.

    Neither the default branch nor what an environment accepts can be set that way: a variable
    must not be able to turn a feature branch into one that releases.
    """
    data: dict[str, Any] = {}
    if environ.get("HERMES_TEAM"):
        data["team"] = environ["HERMES_TEAM"]
    for name in names:
        for key, (kind, _) in ENVIRONMENT_KEYS.items():
            if kind is not str or key == "release-from":
                continue
            variable = f"HERMES_{name}_{key}".upper().replace("-", "_")
            if environ.get(variable):
                data.setdefault("environments", {}).setdefault(name, {})[key] = environ[variable]
    return Layer(source="environment variables", data=data)


def check_required_version(layer: Layer, current: str) -> None:
    """Raises `Refused` where a file asks for another Hermes; before any of its keys is judged."""
    required = layer.data.get("required-version")
    if not isinstance(required, str):
        return
    try:
        specifiers = SpecifierSet(required)
    except InvalidSpecifier:
        raise InvalidInput(
            f"{place(layer.source, layer.text, '', 'required-version')}: {required!r} is no version range",
            hint='required-version = ">=0.1"',
        ) from None
    if not specifiers.contains(current, prereleases=True):
        raise Refused(
            f"{layer.source} asks for Hermes {required}, and this is {current}",
            hint="install that version of Hermes, for instance with build_tools/install.sh",
        )
    _check_layer(layer)


def _check_layer(layer: Layer, extra: Iterable[str] = ()) -> None:
    where, text, data = layer.source, layer.text, layer.data
    check_keys(data, [*TOP_KEYS, *extra], name="", where=where, text=text)
    for key, (kind, _) in TOP_KEYS.items():
        take(data, key, kind, name="", where=where, text=text)
    for name, table in data.get("environments", {}).items():
        full = f"environments.{name}"
        if not _ENVIRONMENT_NAME.fullmatch(name):
            raise InvalidInput(
                f"{place(where, text, '', full)}: {name!r} is not an environment name",
                hint="use lowercase letters, digits and -",
            )
        if not isinstance(table, dict):
            raise InvalidInput(f"{where}: environments.{name} must be a table, as in [environments.{name}]")
        check_keys(table, ENVIRONMENT_KEYS, name=full, where=where, text=text)
        for key, (kind, _) in ENVIRONMENT_KEYS.items():
            value = take(table, key, kind, name=full, where=where, text=text)
            _check_choice(key, value, place(where, text, full, key))
    for name in data.get("indexes", {}):
        url = take(data["indexes"], name, str, name="indexes", where=where, text=text)
        if "@" in url.split("://")[-1].split("/")[0]:
            raise InvalidInput(
                f"{place(where, text, 'indexes', name)}: the address of index {name} holds credentials",
                hint="take them out, and set "
                f"UV_INDEX_{name.upper().replace('-', '_')}_USERNAME and _PASSWORD",
            )
    if "template" in data:
        check_keys(data["template"], TEMPLATE_KEYS, name="template", where=where, text=text)


def _check_choice(key: str, value: object, where: str) -> None:
    if value is None or key not in CHOICES:
        if key == "python" and isinstance(value, str) and not _PYTHON.fullmatch(value):
            raise InvalidInput(f"{where}: python = {value!r} is no minor version", hint='python = "3.11"')
        return
    for item in value if isinstance(value, list) else [value]:
        if item not in CHOICES[key]:
            raise InvalidInput(
                f"{where}: {key} cannot be {item!r}", hint="it can be " + " or ".join(CHOICES[key])
            )


def resolve(layers: Sequence[Layer]) -> Settings:
    """The settings in force, from layers that were read in the order of precedence, weakest first.

    Raises `InvalidInput`.
    """
    merged: dict[str, Any] = {}
    sources: dict[str, str] = {}
    for layer in layers:
        _merge(merged, layer.data, layer.source, sources, "")
    team = merged.get("team")
    if not team:
        raise InvalidInput(f"{CONFIG_FILE}: team is missing", hint='add team = "my-team" to its top')
    default_branch = validate_branch(merged.get("default-branch", "main"))
    tables: dict[str, dict[str, Any]] = merged.get("environments", {})
    tables.setdefault("local", {"path": DEFAULT_LOCAL_PATH})
    template = merged.get("template")
    return Settings(
        team=parse_team(team),
        repo_id=merged.get("repo-id", ""),
        default_branch=default_branch,
        environments=tuple(
            sorted((_environment(name, table) for name, table in tables.items()), key=_promotion)
        ),
        indexes=merged.get("indexes", {}),
        template=TemplateRecord(
            source=str(template.get("source", "")),
            version=str(template.get("version", "")),
            answers={key: str(value) for key, value in template.get("answers", {}).items()},
        )
        if template
        else None,
        required_version=merged.get("required-version"),
        sources=sources,
    )


def _merge(
    into: dict[str, Any], data: Mapping[str, Any], source: str, sources: dict[str, str], above: str
) -> None:
    for key, value in data.items():
        full = f"{above}.{key}" if above else key
        if isinstance(value, Mapping) and above.count(".") < 1:
            _merge(into.setdefault(key, {}), value, source, sources, full)
        else:
            into[key] = value
            sources[full] = source


def _environment(name: str, table: Mapping[str, Any]) -> Environment:
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
    both = (FEATURES, RELEASES)
    return Environment(
        name=name,
        accepts=tuple(table.get("accepts", both if name in ("local", "dev") else (RELEASES,))),
        release_from=table.get("release-from", "anywhere" if name == "local" else "ci"),
        path=path,
        **{
            key.replace("-", "_"): value.strip("/") if key == "prefix" else value
            for key, value in table.items()
            if key not in ("path", "accepts", "release-from")
        },
    )


def _promotion(environment: Environment) -> int:
    # What fails in dev must not reach prod, so prod comes last whatever the file's order is.
    return {"local": 0, "dev": 1, "prod": 3}.get(environment.name, 2)
