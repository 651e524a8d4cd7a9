"""hermes new --github: the repository on GitHub, its rules, and the proof that they hold."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from hermes_cli.adapters import github
from hermes_cli.adapters.git import Git, push, push_command
from hermes_cli.adapters.github import Call, ask
from hermes_cli.domain.contract.errors import HermesError, InvalidInput, exit_code_of
from hermes_cli.domain.events import Event, Listener
from hermes_cli.domain.health_checks import Check, ok, problem, skipped
from hermes_cli.domain.settings import Layer
from hermes_cli.usecases.repo.workspace import Workspace

_REPOSITORY = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]*/[A-Za-z0-9._-]+", re.ASCII)
_ENVIRONMENTS = ("dev", "prod")


@dataclass(frozen=True, kw_only=True)
class RepositoryRequest:
    """The settings that the repository on GitHub is to have.

    `check` is the check that a pull request must pass, None where CI reports none there, and
    `roles` the role that deploys to an environment, where it is known.
    """

    repository: str
    branch: str
    check: str | None
    roles: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class RepositoryReport:
    """The settings that were made and read back; the exit code is 0 where nothing is left to do."""

    repository: str
    settings: tuple[Check, ...]
    exit_code: int


@dataclass(frozen=True, kw_only=True)
class _Setting:
    """One step: the commands that do it, how it is done here, and what must then hold."""

    name: str
    commands: tuple[str, ...]
    make: Callable[[], None]
    read: Callable[[], str]
    needs: tuple[str, ...]


def check_repository(name: str) -> str:
    """A repository's full name. Raises `InvalidInput`."""
    if not _REPOSITORY.fullmatch(name):
        raise InvalidInput(f"{name!r} is not the name of a repository on GitHub", hint="--github acme/shop")
    return name


def known_roles(layers: Sequence[Layer], team: str) -> dict[str, str]:
    """Read the role of each environment from the company's defaults; `{team}` is replaced by the team."""
    roles: dict[str, str] = {}
    for layer in layers:
        for environment in _ENVIRONMENTS:
            role = layer.data.get("new", {}).get(f"{environment}-role-arn")
            if isinstance(role, str):
                roles[environment] = role.replace("{team}", team)
    return roles


def remote_request(workspace: Workspace, repository: str, layers: Sequence[Layer]) -> RepositoryRequest:
    """Collect the settings that a repo made by `hermes new` needs on GitHub."""
    template = workspace.settings.template
    answers = template.answers if template else {}
    called = bool(answers.get("workflow"))
    return RepositoryRequest(
        repository=check_repository(repository),
        branch=workspace.settings.default_branch,
        # The names of the job of a pull request in the template's workflow.
        check=("hermes / check" if called else "check") if answers.get("ci") == "github" else None,
        roles=known_roles(layers, workspace.settings.team),
    )


def missing_roles(workspace: Workspace, request: RepositoryRequest) -> list[str]:
    """The commands that name a role for each environment that has a bucket and no role yet."""
    buckets = [one.name for one in workspace.settings.environments if one.bucket]
    wanted = [name for name in _ENVIRONMENTS if name in buckets and name not in request.roles]
    return [str(_role_call(request.repository, name, f"THE-ROLE-OF-{name.upper()}")) for name in wanted]


def make_remote(root: Path, request: RepositoryRequest, *, notify: Listener) -> RepositoryReport:
    """Make the repository on GitHub and push to it; each setting is read back.

    A step that fails does not stop those that do not need it. Nothing here changes the files of
    the repo, and each step that is left comes with the commands for it.
    """
    checks: list[Check] = []
    done: set[str] = set()
    codes: set[int] = set()
    for setting in _settings(root, request):
        fix = "\n".join(setting.commands)
        missing = [name for name in setting.needs if name not in done]
        if missing:
            checks.append(skipped(setting.name, f"it needs {missing[0]} first", fix))
            continue
        notify(Event(subject=request.repository, message=f"setting up {setting.name}"))
        try:
            setting.make()
            checks.append(ok(setting.name, setting.read()))
            done.add(setting.name)
        except HermesError as error:
            seen = f"{error.message}: {error.hint}" if error.hint else error.message
            checks.append(problem(setting.name, seen, fix))
            codes.add(error.exit_code)
    return RepositoryReport(
        repository=request.repository, settings=tuple(checks), exit_code=exit_code_of(codes)
    )


def _settings(root: Path, request: RepositoryRequest) -> list[_Setting]:
    repository, branch = request.repository, request.branch
    path = f"repos/{repository}"
    create = github.gh("repo", "create", repository, "--private", "--source", ".", "--remote", "origin")
    made = "the private repository"
    settings = [_gh(made, (create,), lambda: _private(path), (), root)]
    for environment in _ENVIRONMENTS:
        name = f"the environment {environment}"
        settings.append(_environment(name, f"{path}/environments/{environment}", branch, made))
        if role := request.roles.get(environment):
            settings.append(_role(repository, environment, role, name))
    settings.append(
        _Setting(
            name=f"{branch} on GitHub",
            commands=(push_command(branch),),
            make=lambda: push(root, branch),
            read=lambda: _pushed(path, branch, Git(root).head()),
            needs=(made,),
        )
    )
    where = f"{path}/branches/{quote(branch, safe='')}/protection"
    settings.append(
        _gh(
            f"the protection of {branch}",
            (github.api("PUT", where, _protection(request.check)),),
            lambda: _protected(where, request.check),
            (f"{branch} on GitHub",),
        )
    )
    return settings


def _gh(
    name: str,
    calls: tuple[Call, ...],
    read: Callable[[], str],
    needs: tuple[str, ...],
    folder: Path | None = None,
) -> _Setting:
    def make() -> None:
        for call in calls:
            github.run(call, folder)

    return _Setting(name=name, commands=tuple(map(str, calls)), make=make, read=read, needs=needs)


def _environment(name: str, where: str, branch: str, made: str) -> _Setting:
    """prod is for the default branch alone; GitHub would make either without a rule when a job names it."""
    if not where.endswith("/prod"):
        return _gh(name, (github.api("PUT", where),), lambda: _any_branch(where), (made,))
    only = {"deployment_branch_policy": {"protected_branches": False, "custom_branch_policies": True}}
    rules = f"{where}/deployment-branch-policies"
    calls = (github.api("PUT", where, only), github.api("POST", rules, {"name": branch, "type": "branch"}))
    return _gh(name, calls, lambda: _one_branch(where, rules, branch), (made,))


def _role(repository: str, environment: str, role: str, needs: str) -> _Setting:
    variable = _role_variable(environment)
    where = f"repos/{repository}/environments/{environment}/variables/{variable}"
    # Never before the environment has its rule: the role trusts whoever runs in that environment.
    call = _role_call(repository, environment, role)
    return _gh(f"the variable {variable}", (call,), lambda: _equal(where, role), (needs,))


def _role_variable(environment: str) -> str:
    """The variable in which the workflow looks for the role to deploy with."""
    return f"HERMES_{environment.upper()}_ROLE_ARN"


def _role_call(repository: str, environment: str, role: str) -> Call:
    arguments = ("--repo", repository, "--env", environment, "--body", role)
    return github.gh("variable", "set", _role_variable(environment), *arguments)


def _protection(check: str | None) -> dict[str, Any]:
    # Strict: a pull request that waited is checked against what was merged meanwhile.
    checks = {"strict": True, "contexts": [check]} if check else None
    reviews = {"required_approving_review_count": 1, "require_code_owner_reviews": True}
    return {
        "required_status_checks": checks,
        "required_pull_request_reviews": reviews,
        "enforce_admins": True,
        "restrictions": None,
    }


# What must hold, as GitHub itself says it


def _private(path: str) -> str:
    answer = ask(path)
    _hold(answer.get("private") is True, f"it is {answer.get('visibility', 'not private')}")
    return str(answer.get("html_url", path))


def _any_branch(where: str) -> str:
    _hold(ask(where).get("deployment_branch_policy") is None, "it is limited to some branches")
    return "any branch may deploy there"


def _one_branch(where: str, rules: str, branch: str) -> str:
    policy = ask(where).get("deployment_branch_policy") or {}
    _hold(policy.get("custom_branch_policies") is True, "it is open to other branches")
    names = [rule.get("name") for rule in ask(rules).get("branch_policies", [])]
    _hold(names == [branch], f"it is open to {', '.join(map(str, names)) or 'nobody'}")
    return f"{branch} alone may deploy there"


def _equal(where: str, value: str) -> str:
    found = ask(where).get("value")
    _hold(found == value, f"it is {found}")
    return value


def _pushed(path: str, branch: str, head: str | None) -> str:
    found = ask(f"{path}/branches/{quote(branch, safe='')}")["commit"]["sha"]
    _hold(found == head, f"it is at {found}, not at {head}")
    default = ask(path).get("default_branch")
    _hold(default == branch, f"the default branch there is {default}")
    return f"at {str(head)[:12]}"


def _protected(where: str, check: str | None) -> str:
    answer = ask(where)
    _hold("required_pull_request_reviews" in answer, "it does not ask for a review")
    _hold(answer.get("enforce_admins", {}).get("enabled") is True, "administrators are not bound by it")
    if check is None:
        return "a pull request with a review, for everybody"
    checks = answer.get("required_status_checks") or {}
    _hold(check in checks.get("contexts", ()) and checks.get("strict") is True, f"{check} is not required")
    return f"a pull request with a review and a passed {check}, for everybody"


def _hold(holds: bool, otherwise: str) -> None:
    if not holds:
        raise HermesError(f"GitHub took the setting, and says that {otherwise}", hint="look at it on GitHub")
