"""hermes doctor: everything around Hermes that has to work, each with its fix."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from shlex import quote

from hermes_cli import __version__
from hermes_cli.adapters.cache import cache_root
from hermes_cli.adapters.git import Git, git_version
from hermes_cli.adapters.python_environments import ask_index, find_python, uv_version
from hermes_cli.domain.branch_ref import start_command
from hermes_cli.domain.config_keys import AIRFLOW
from hermes_cli.domain.contract.errors import AccessDenied, HermesError
from hermes_cli.domain.contract.store import Store
from hermes_cli.domain.deploy_environment import Environment
from hermes_cli.domain.events import Event, Listener
from hermes_cli.domain.health_checks import Check, CheckStatus, failed, ok, problem, skipped, warning
from hermes_cli.domain.settings import CONFIG_FILE
from hermes_cli.usecases.repo.workspace import Workspace, find_root, open_workspace

_CONDITIONS = "conditional writes"
MACHINE, REPO = "this machine", "this repo"
_OLDEST_GIT = (2, 23)  # has `git switch`, which our hints name
_ASKED_FOR = "pytest"  # every `hermes test` needs it


@dataclass(frozen=True, kw_only=True)
class Examined:
    """The checks of one place: this machine, this repo, or an environment by its name."""

    place: str
    url: str
    checks: tuple[Check, ...]


@dataclass(frozen=True, kw_only=True)
class Diagnosis:
    """All that was looked at."""

    healthy: bool
    examined: tuple[Examined, ...]


def doctor(
    start: Path, environments: Sequence[str], *, environ: Mapping[str, str] = os.environ, notify: Listener
) -> Diagnosis:
    """Look at this machine and, in a repo, at the repo and its environments (the named ones, else all).

    Raises `InvalidInput` for an environment that there is not. Whatever else is wrong is a check.
    """
    workspace: Workspace | None = None
    opened: Check
    try:
        workspace = open_workspace(start, environ)
        opened = ok("settings", _settings(workspace))
    except HermesError as error:
        if find_root(start.resolve()) is None:
            opened = skipped("settings", f"no {CONFIG_FILE} here or above", error.advice)
        else:
            opened = failed("settings", error)
    chosen = _choose(workspace, environments)
    notify(Event(subject=MACHINE, message="looking"))
    parts = [Examined(place=MACHINE, url="", checks=tuple(_machine(start, workspace)))]
    checks = (opened, *(_repo(workspace) if workspace else ()))
    parts.append(Examined(place=REPO, url=workspace.root.as_uri() if workspace else "", checks=checks))
    for environment in chosen:
        assert workspace is not None  # noqa: S101 - for the type checker
        notify(Event(subject=environment.name, message="looking"))
        parts.append(_environment(workspace, environment))
    broken = any(check.verdict is CheckStatus.PROBLEM for part in parts for check in part.checks)
    return Diagnosis(healthy=not broken, examined=tuple(parts))


def _choose(workspace: Workspace | None, names: Sequence[str]) -> tuple[Environment, ...]:
    if workspace is None:
        return ()
    settings = workspace.settings
    return tuple(map(settings.environment, dict.fromkeys(names))) if names else settings.environments


def _settings(workspace: Workspace) -> str:
    required = workspace.settings.required_version
    fits = f", which {CONFIG_FILE} asks for ({required})" if required else ""
    return f"valid, team {workspace.settings.team}; Hermes {__version__}{fits}"


def _try(name: str, look: Callable[[], Check]) -> Check:
    """One check, which says why it could not be made and stops no other."""
    try:
        return look()
    except HermesError as error:
        return failed(name, error)
    except OSError as error:
        return skipped(name, f"not checked: {error.strerror or type(error).__name__}")


def _machine(start: Path, workspace: Workspace | None) -> Iterator[Check]:
    yield _try("git", _git)
    yield _try("git identity", lambda: _identity(start))
    running = f"{sys.version_info.major}.{sys.version_info.minor}.{sys.version_info.micro}"
    yield ok("Python", f"{running}, {sys.executable}")
    for python in workspace.cluster_pythons() if workspace else ():
        yield _try("cluster's Python", lambda wanted=python: _cluster_python(wanted))  # type: ignore[misc]
    yield _try("uv", lambda: ok("uv", uv_version()))
    indexes = workspace.settings.indexes if workspace else {}
    yield _try("package index", lambda: _index(indexes))
    yield _try("cache folder", lambda: _writable("cache folder", cache_root(), "HERMES_CACHE_DIR"))


def _git() -> Check:
    version = git_version()
    numbers = tuple(int(part) for part in version.split()[0].split(".")[:2] if part.isdigit())
    if numbers < _OLDEST_GIT:
        return warning("git", f"{version} is old: it has no `git switch`", "install git 2.23 or newer")
    return ok("git", version)


def _identity(start: Path) -> Check:
    known = Git(start).identity()
    if known is None:
        fix = 'git config --global user.name "Your Name" && git config --global user.email you@example.com'
        return warning("git identity", "user.name and user.email are not set, so you cannot commit", fix)
    return ok("git identity", f"{known[0]} <{known[1]}>")


def _cluster_python(wanted: str) -> Check:
    found = find_python(wanted, download=False)
    if found.fits:
        return ok("cluster's Python", f"{wanted}, {found.path}")
    return warning(
        "cluster's Python",
        f"{wanted} is not here: it is downloaded when it is needed, or {found.version} is used instead",
        f"install Python {wanted}, for instance: uv python install {wanted}",
    )


def _index(indexes: Mapping[str, str]) -> Check:
    version = ask_index(_ASKED_FOR, indexes=indexes)
    private = f"; private: {', '.join(indexes)}" if indexes else ""
    return ok("package index", f"reachable, offers {_ASKED_FOR} {version}{private}")


def _writable(name: str, folder: Path, setting: str) -> Check:
    there = next(path for path in (folder, *folder.parents) if path.exists())
    if there.is_dir() and os.access(there, os.W_OK | os.X_OK):
        return ok(name, f"{folder} can be written" if there == folder else f"{folder} can be made")
    fix = f"ls -ld {quote(str(there))}, or set {setting} to another folder"
    return problem(name, f"{there} cannot be written", fix)


def _repo(workspace: Workspace) -> Iterator[Check]:
    if workspace.git is None:
        fix = start_command(workspace.settings.default_branch)
        yield problem("repository", f"{workspace.root.name} is in no git repository", fix)
    else:
        yield _try("repository", lambda: _repository(workspace))
        yield _try("default branch", lambda: _default_branch(workspace))
    yield _try("projects", lambda: _projects(workspace))


def _repository(workspace: Workspace) -> Check:
    head, ref = workspace.checkout.head, workspace.ref
    where = f"{ref.kind.value}{f' {ref.branch}' if ref.branch else ''} (from {ref.source})"
    if head is None:
        fix = 'git add -A && git commit -m "Start"'
        return warning("repository", f"{where}, with no commit yet", fix)
    return ok("repository", f"{where}, commit {head[:12]}")


def _default_branch(workspace: Workspace) -> Check:
    ours, theirs = workspace.settings.default_branch, workspace.checkout.remote_default_branch
    if not workspace.require_git().has_origin():
        fix = "git remote add origin ADDRESS"
        return skipped("default branch", f"{ours}; there is no origin yet to compare it with", fix)
    if theirs is None:
        why = f"{ours}; what origin's is, is not known here"
        return skipped("default branch", why, _set_head(workspace, ours))
    if ours == theirs:
        return ok("default branch", f"{ours}, as origin/HEAD says")
    return problem(
        "default branch",
        f"{CONFIG_FILE} says {ours}, and origin/HEAD says {theirs}: no release is possible",
        f'set default-branch = "{theirs}" in {CONFIG_FILE}, or: git remote set-head origin --auto',
    )


def _set_head(workspace: Workspace, ours: str) -> str:
    """Return the command by which git notes origin's default branch; a new repository there may have none yet."""
    ask = "git remote set-head origin --auto"
    if workspace.require_git().is_fetched(ours):
        return f"{ask} || git remote set-head origin {quote(ours)}"
    return f"git fetch origin && {ask} || git push -u origin {quote(ours)}"


def _projects(workspace: Workspace) -> Check:
    if workspace.settings.kind == AIRFLOW:
        return skipped("projects", "an Airflow repo has none: it schedules those of other repos")
    names = [project.name for project in workspace.projects]
    if not names:
        return warning("projects", "there are none yet", "hermes new my_project")
    return ok("projects", ", ".join(names))


def _environment(workspace: Workspace, environment: Environment) -> Examined:
    try:
        store = workspace.store(environment)
    except HermesError as error:
        return Examined(place=environment.name, url="", checks=(failed("place", error),))
    checks = tuple(_place(workspace, environment, store))
    broken = next((check.name for check in checks if check.verdict is CheckStatus.PROBLEM), None)
    if broken:  # above all nothing is tried on a bucket that belongs to somebody else
        last = skipped(_CONDITIONS, f"not checked: it needs the {broken}")
    else:
        last = _try(_CONDITIONS, lambda: check_conditions(workspace, store))
    return Examined(place=environment.name, url=store.url, checks=(*checks, last))


def _place(workspace: Workspace, environment: Environment, store: Store) -> Iterator[Check]:
    if environment.path is not None:
        folder = workspace.root / Path(environment.path).expanduser()
        setting = f"path of [environments.{environment.name}]"
        yield _try("directory", lambda: _writable("directory", folder, setting))
        return
    from hermes_cli.adapters.store_s3 import S3Store, examine

    if isinstance(store, S3Store):
        yield _try("client", lambda: ok("client", store.client))
        yield from examine(store, f"{workspace.settings.team}/")


def check_conditions(workspace: Workspace, store: Store) -> Check:
    """Test on an existing object of this repo whether a store honours conditional writes."""
    owners = (workspace.layout(project.name).owner for project in workspace.projects)
    key = next((key for key in owners if store.get(key) is not None), None)
    if key is None:
        return skipped(_CONDITIONS, "not checked before the first deploy")
    try:
        store.check_conditions(key)
    except AccessDenied as error:
        return warning(_CONDITIONS, f"not checked, as you may read but not write here: {error.message}", None)
    return ok(_CONDITIONS, f"honoured (tried on {key}, which was left as it is)")
