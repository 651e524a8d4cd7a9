"""Read a project from its pyproject.toml: name, version, dependencies, scripts."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from packaging.version import Version

from hermes_cli.domain.contract.errors import InvalidInput
from hermes_cli.domain.contract.names import (
    ProjectName,
    canonical_name,
    did_you_mean,
    module_name,
    parse_project,
    parse_script,
    parse_version,
)
from hermes_cli.domain.contract.run_specification import parse_secrets

from .error_collector import ErrorCollector
from .python_versions import parse_range
from .requirements import grouped, of_extra, parse_requirement
from .toml_text import check_keys, parse_toml, place, take
from .url_credentials import refuse_declared_credentials

PROJECT_FILE = "pyproject.toml"
_HERMES_KEYS = ("scripts", "library", "secrets", "ignore")
# fmt: off
_PROJECT_KEYS = (
    "name", "version", "description", "readme", "requires-python", "license", "license-files", "authors",
    "maintainers", "keywords", "classifiers", "urls", "scripts", "gui-scripts", "entry-points",
    "dependencies", "optional-dependencies", "dynamic", "import-names", "import-namespaces",
)
# fmt: on


@dataclass(frozen=True, kw_only=True)
class Script:
    """A module that can be run by path; `path` is relative to the project's folder."""

    name: str
    path: str


@dataclass(frozen=True, kw_only=True)
class Project:
    """The unit of version, build and deploy.

    `version`, `dependencies` and `extras` are what is declared; None where only the build knows them.
    `test_group` and `test_extra` name where its test dependencies are declared, if they are, and
    `test_requirements` are those; `secrets` are the names of those that its scripts need, `ignored` the
    check rules that it switches off.
    """

    name: ProjectName
    folder: str
    distribution: str
    version: Version | None
    dependencies: tuple[str, ...] | None
    scripts: tuple[Script, ...]
    library: bool
    extras: Mapping[str, tuple[str, ...]] | None = field(default_factory=dict, hash=False)
    requires_python: str | None = None
    test_group: str | None = None
    test_extra: str | None = None
    test_requirements: tuple[str, ...] = ()
    secrets: tuple[str, ...] = ()
    ignored: frozenset[str] = frozenset()

    @property
    def main_script(self) -> Script | None:
        """The script that need not be named: the one that the project is named after, or the only one."""
        own = (script for script in self.scripts if script.name == module_name(self.name))
        return next(own, self.scripts[0] if len(self.scripts) == 1 else None)

    @property
    def requires(self) -> tuple[str, ...] | None:
        """The requirements as METADATA has them, those of extras by their markers; None where only the build knows."""
        if self.dependencies is None or self.extras is None:
            return None
        of_extras = (of_extra(text, extra) for extra, listed in self.extras.items() for text in listed)
        return (*self.dependencies, *of_extras)

    def script(self, name: str | None) -> Script:
        """Return a script by its name, or the one that need not be named. Raises `InvalidInput`."""
        found = (script for script in self.scripts if script.name == name)
        script = next(found, None) if name else self.main_script
        if script is not None:
            return script
        wanted = name or module_name(self.name)
        names = [script.name for script in self.scripts]
        if not names:
            raise InvalidInput(f"{self.name} has no script to run", hint=f"hermes new {self.name}/my_script")
        raise InvalidInput(
            f"{self.name} has no script {wanted!r}",
            hint=did_you_mean(wanted, names),
            note="it has: " + ", ".join(f"{self.name}/{script}" for script in names),
        )


def parse_project_file(text: str, *, folder: str, files: Collection[str]) -> Project | None:
    """Read a project; `files` are those of its folder, relative to it.

    None where the file describes no package at all (settings of tools alone). Raises `InvalidInput`.
    """
    where = f"{folder}/{PROJECT_FILE}"
    data = parse_toml(text, where)
    if "project" not in data and "build-system" not in data:
        return None
    refuse_declared_credentials(data, where, text)
    table = take(data, "project", dict, name="", where=where, text=text) or {}
    tool = take(data, "tool", dict, name="", where=where, text=text) or {}
    hermes = take(tool, "hermes", dict, name="tool", where=where, text=text) or {}
    groups = take(data, "dependency-groups", dict, name="", where=where, text=text) or {}
    dynamic = take(table, "dynamic", list, name="project", where=where, text=text) or []
    name = parse_project(folder)
    errors = ErrorCollector()
    errors.attempt(check_keys, table, _PROJECT_KEYS, name="project", where=where, text=text)
    errors.attempt(check_keys, hermes, _HERMES_KEYS, name="tool.hermes", where=where, text=text)
    distribution = errors.attempt(_distribution, table, name, where, text)
    version = errors.attempt(_version, table, dynamic, where, text)
    dependencies = errors.attempt(_dependencies, table, where, text)
    extras = errors.attempt(_extras, table, where, text) or {}
    requires_python = errors.attempt(_requires_python, table, where, text)
    scripts = errors.attempt(_scripts, hermes, name, files, where, text)
    library = errors.attempt(take, hermes, "library", bool, name="tool.hermes", where=where, text=text)
    secrets = errors.attempt(_secrets, hermes, where, text)
    ignored = errors.attempt(_ignored, hermes, where, text)
    errors.raise_first()
    return Project(
        name=name,
        folder=folder,
        distribution=distribution or folder,
        version=version,
        dependencies=None if not table or "dependencies" in dynamic else dependencies,
        extras=None if not table or "optional-dependencies" in dynamic else extras,
        requires_python=requires_python,
        scripts=scripts or (),
        library=True if library is None else library,
        test_group="test" if "test" in groups else None,
        test_extra="test" if "test" in extras else None,
        test_requirements=tuple(grouped(groups, "test", ())) if "test" in groups else extras.get("test", ()),
        secrets=secrets or (),
        ignored=ignored or frozenset(),
    )


def _distribution(table: dict[str, Any], project: ProjectName, where: str, text: str) -> str:
    named: str | None = take(table, "name", str, name="project", where=where, text=text)
    if table and named is None:
        raise InvalidInput(f"{where}: [project] has no name", hint=f'add name = "{project}"')
    distribution = named or project
    check_distribution(project, distribution, place(where, text, "project", "name"))
    return distribution


def _dependencies(table: dict[str, Any], where: str, text: str) -> tuple[str, ...]:
    return _requirements(table, "dependencies", "project", where, text)


def _extras(table: dict[str, Any], where: str, text: str) -> dict[str, tuple[str, ...]]:
    extras = take(table, "optional-dependencies", dict, name="project", where=where, text=text) or {}
    name = "project.optional-dependencies"
    return {canonical_name(extra): _requirements(extras, extra, name, where, text) for extra in extras}


def _requirements(table: dict[str, Any], key: str, name: str, where: str, text: str) -> tuple[str, ...]:
    listed: list[str] = take(table, key, list, name=name, where=where, text=text) or []
    errors = ErrorCollector()
    for requirement in listed:
        errors.attempt(parse_requirement, requirement, place(where, text, name, key))
    errors.raise_first()
    return tuple(listed)


def _scripts(
    hermes: dict[str, Any], project: ProjectName, files: Collection[str], where: str, text: str
) -> tuple[Script, ...]:
    named = take(hermes, "scripts", list, name="tool.hermes", where=where, text=text)
    return find_scripts(project, named, files, place(where, text, "tool.hermes", "scripts"))


def _secrets(hermes: dict[str, Any], where: str, text: str) -> tuple[str, ...]:
    named = take(hermes, "secrets", list, name="tool.hermes", where=where, text=text)
    return parse_secrets(named or (), place(where, text, "tool.hermes", "secrets"))


def _ignored(hermes: dict[str, Any], where: str, text: str) -> frozenset[str]:
    named = take(hermes, "ignore", list, name="tool.hermes", where=where, text=text)
    if not named:
        return frozenset()
    from .check_rules import parse_ignored

    return parse_ignored(named, place(where, text, "tool.hermes", "ignore"))


def _version(table: dict[str, Any], dynamic: list[str], where: str, text: str) -> Version | None:
    version = take(table, "version", str, name="project", where=where, text=text)
    if version is not None:
        return parse_version(version, place(where, text, "project", "version"))
    if table and "version" not in dynamic:
        raise InvalidInput(f"{where}: [project] has no version", hint='add version = "0.1.0"')
    return None


def _requires_python(table: dict[str, Any], where: str, text: str) -> str | None:
    wanted = take(table, "requires-python", str, name="project", where=where, text=text)
    return None if wanted is None else parse_range(wanted, place(where, text, "project", "requires-python"))


def check_distribution(project: ProjectName, distribution: str, where: str) -> None:
    """Raise `InvalidInput` where a project's folder and its package have different names."""
    if canonical_name(distribution) != canonical_name(project):
        raise InvalidInput(
            f"{where}: the package is named {distribution}, but its folder {project}",
            hint="give both the same name",
        )


def find_scripts(
    project: ProjectName, named: Sequence[str] | None, files: Collection[str], where: str
) -> tuple[Script, ...]:
    """Find the scripts of a project: those it names, else the module that is named like it.

    Raises `InvalidInput` for a missing one, or for two that differ by case only: on
    many laptops these are one file.
    """
    module = module_name(project)
    names = [module] if named is None else list(named)
    scripts: dict[str, Script] = {}
    for name in names:
        parse_script(name)
        twin = next((other for other in scripts if other.lower() == name.lower()), None)
        if twin is not None:
            fault = "twice" if twin == name else f"beside {twin}: they differ by case only"
            raise InvalidInput(f"{where}: script {name!r} is named {fault}", hint="give it another name")
        places = (f"{module}/{name}.py", f"src/{module}/{name}.py")
        path = next((path for path in places if path in files), None)
        if path is not None:
            scripts[name] = Script(name=name, path=path)
        elif named is not None:
            modules = [
                file.rsplit("/", 1)[-1].removesuffix(".py")
                for file in files
                if file.endswith(".py") and "tests/" not in file
            ]
            raise InvalidInput(
                f"{where}: script {name!r} is not there: {project}/{places[0]} does not exist",
                hint=did_you_mean(name, modules)
                or "write that file, take it out of scripts, or check that git does not ignore it",
            )
    return tuple(scripts.values())


def refuse_twins(projects: Iterable[Project]) -> None:
    """Raise `InvalidInput` for two projects that an installer takes for one."""
    spellings: dict[str, str] = {}
    for project in projects:
        twin = spellings.setdefault(canonical_name(project.name), project.name)
        if twin != project.name:
            raise InvalidInput(
                f"{twin} and {project.name} are the same package to an installer",
                hint="rename one of them",
            )
