"""The settings of a repo: hermes.toml over a company's and a user's defaults."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from hermes_cli.domain.contract.branch_slugs import validate_branch
from hermes_cli.domain.contract.errors import InvalidInput, Refused
from hermes_cli.domain.contract.names import TeamName, did_you_mean, parse_team

from .config_keys import DATA_PRODUCTS, ENVIRONMENT_KEYS, check_tables
from .deploy_environment import (
    DEFAULT_LOCAL_PATH,
    Environment,
    deploy_order,
    read_environment,
    refuse_shared_place,
)
from .error_collector import ErrorCollector
from .index_namesakes import ALLOW, PAST
from .template_record import TemplateRecord
from .toml_text import parse_toml, place

CONFIG_FILE = "hermes.toml"


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Everything that configures Hermes in a repo.

    `values` and `sources` say what each setting is and where it was read, by its dotted key.
    """

    team: TeamName
    repo_id: str
    default_branch: str
    environments: tuple[Environment, ...]
    kind: str = DATA_PRODUCTS
    indexes: Mapping[str, str] = field(default_factory=dict)
    past_projects: tuple[str, ...] = ()
    allow_from_index: tuple[str, ...] = ()
    template: TemplateRecord | None = None
    required_version: str | None = None
    values: Mapping[str, object] = field(default_factory=dict)
    sources: Mapping[str, str] = field(default_factory=dict)

    def environment(self, name: str) -> Environment:
        """Return an environment by its name. Raises `InvalidInput`."""
        for environment in self.environments:
            if environment.name == name:
                return environment
        names = [environment.name for environment in self.environments]
        raise InvalidInput(
            f"there is no environment {name!r} in {CONFIG_FILE}",
            hint=did_you_mean(name, names),
            note=f"there are: {', '.join(names)}; a new one needs [environments.{name}] with its bucket",
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
        check_tables(layer.data, layer.source, layer.text, extra)
    return layer


def check_defaults(layer: Layer) -> None:
    """Raise `InvalidInput` where defaults decide what is for the repo's own file alone, such as what releases."""
    tables = layer.data.get("environments", {})
    reserved = [key for key in ("default-branch", "kind", PAST, ALLOW) if key in layer.data]
    reserved += [
        f"environments.{name}.{key}"
        for name, table in tables.items()
        for key in ("accepts", "release-from")
        if key in table
    ]
    if reserved:
        raise InvalidInput(
            f"{layer.source}: {reserved[0]} cannot be set by defaults",
            hint=f"set it in {CONFIG_FILE} of the repo",
        )


def environment_layer(environ: Mapping[str, str], names: Iterable[str]) -> Layer:
    """Settings from variables: HERMES_TEAM, and HERMES_<ENVIRONMENT>_<KEY> such as HERMES_DEV_BUCKET.

    Neither the default branch nor what an environment accepts can be set that way: a variable
    must not be able to turn a feature branch into one that releases. Raises `InvalidInput`.
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
    check_tables(data, "environment variables", "")
    return Layer(source="environment variables", data=data)


def check_required_version(layer: Layer, current: str, *, extra: Iterable[str] = ()) -> None:
    """Raise `Refused` where a file requires another version of Hermes, before its other keys are checked."""
    required = layer.data.get("required-version")
    if not isinstance(required, str):
        return
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    try:
        specifiers = SpecifierSet(required)
    except InvalidSpecifier:
        raise InvalidInput(
            f"{place(layer.source, layer.text, '', 'required-version')}: {required!r} is not a range of versions",
            hint='required-version = ">=0.1"',
        ) from None
    if not specifiers.contains(current, prereleases=True):
        raise Refused(
            f"{layer.source} asks for Hermes {required}, and this is {current}",
            hint="install that version of Hermes, for instance with build_tools/install.sh",
        )
    check_tables(layer.data, layer.source, layer.text, extra)


def resolve(layers: Sequence[Layer]) -> Settings:
    """Return the settings in force, from layers that were read in the order of precedence, weakest first.

    Raises `InvalidInput`.
    """
    merged: dict[str, Any] = {}
    values: dict[str, object] = {}
    sources: dict[str, str] = {}
    for layer in layers:
        _merge(merged, layer.data, "")
        for key, value in _flat(layer.data, ""):
            values[key], sources[key] = value, layer.source
    tables: dict[str, dict[str, Any]] = merged.get("environments", {})
    tables.setdefault("local", {"path": DEFAULT_LOCAL_PATH})
    environments: list[Environment] = []
    team, default_branch = TeamName(""), ""
    errors = ErrorCollector()
    with errors:
        team = _team(merged)
    with errors:
        default_branch = validate_branch(merged.get("default-branch", "main"))
    for name, table in tables.items():
        with errors:
            environments.append(read_environment(name, table))
    for environment in environments:
        # It decides what is refused, so it is shown where nobody wrote it down too.
        key = f"environments.{environment.name}.release-from"
        values.setdefault(key, environment.release_from)
        sources.setdefault(key, "built-in default")
    environments.sort(key=deploy_order)
    with errors:
        refuse_shared_place(environments)
    errors.raise_first()
    template = merged.get("template")
    return Settings(
        team=team,
        repo_id=merged.get("repo-id", ""),
        default_branch=default_branch,
        environments=tuple(environments),
        kind=merged.get("kind", DATA_PRODUCTS),
        indexes=merged.get("indexes", {}),
        past_projects=tuple(merged.get(PAST, ())),
        allow_from_index=tuple(merged.get(ALLOW, ())),
        template=TemplateRecord(
            source=str(template.get("source", "")),
            version=str(template.get("version", "")),
            answers={key: str(value) for key, value in template.get("answers", {}).items()},
        )
        if template
        else None,
        required_version=merged.get("required-version"),
        values=values,
        sources=sources,
    )


def _team(merged: Mapping[str, Any]) -> TeamName:
    team = merged.get("team")
    if not team:
        raise InvalidInput(f"{CONFIG_FILE}: team is missing", hint='add team = "my-team" to its top')
    return parse_team(team)


def _merge(into: dict[str, Any], data: Mapping[str, Any], above: str) -> None:
    for key, value in data.items():
        full = f"{above}.{key}" if above else key
        if _is_layered(value, full):
            _merge(into.setdefault(key, {}), value, full)
        else:
            into[key] = value


def _flat(data: Mapping[str, Any], above: str) -> Iterator[tuple[str, object]]:
    for key, value in data.items():
        full = f"{above}.{key}" if above else key
        if _is_layered(value, full):
            yield from _flat(value, full)
        else:
            yield full, value


def _is_layered(value: object, full: str) -> bool:
    # environments.dev.bucket may come from one place and environments.dev.region from another.
    return isinstance(value, Mapping) and full.count(".") < 2
