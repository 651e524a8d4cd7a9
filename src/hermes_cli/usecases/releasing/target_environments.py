"""Choose the environments that this branch may deploy to, before anything is built or written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hermes_cli.domain.contract.catalog import ReleasedTrees, released_trees
from hermes_cli.domain.contract.errors import AccessDenied, Refused
from hermes_cli.domain.contract.store import Store
from hermes_cli.domain.deploy_environment import Environment
from hermes_cli.domain.release_policy import Action, Decision, decide
from hermes_cli.usecases.repo.workspace import Workspace


@dataclass(frozen=True, kw_only=True)
class Target:
    """An environment that this branch may deploy to, its store, and the decision of the release policy."""

    environment: Environment
    store: Store
    decision: Decision
    released: ReleasedTrees

    @property
    def name(self) -> str:
        """The environment's name."""
        return self.environment.name

    @property
    def releases(self) -> bool:
        """Tell whether a version is released here, rather than a feature deployed."""
        return self.decision.action is Action.RELEASE


@dataclass(frozen=True, kw_only=True)
class LeftOut:
    """An environment that was not named and that this branch may not deploy to."""

    environment: str
    reason: str
    hint: str | None = None


def choose_targets(
    workspace: Workspace, names: Sequence[str], branch: str | None, *, tolerant: bool = False
) -> tuple[tuple[Target, ...], tuple[LeftOut, ...]]:
    """Choose the environments, in the order of promotion: the named ones, or all that are allowed.

    Raises `Refused` where a named one is refused, or all are; `AccessDenied` where one of them
    cannot be reached. `tolerant` leaves a refused environment out, with the reason, instead.
    """
    settings = workspace.settings
    if names:
        named = {settings.environment(name).name for name in names}
        environments = tuple(e for e in settings.environments if e.name in named)
    else:
        environments = workspace.unnamed_environments()
    allowed: list[tuple[Environment, Decision]] = []
    refusals: list[tuple[str, Decision]] = []
    for environment in environments:
        decision = decide(
            workspace.ref,
            environment,
            default_branch=settings.default_branch,
            checkout=workspace.checkout,
            feature_branch=workspace.feature_branch if branch is None else branch,
        )
        if decision.action is Action.REFUSED:
            refusals.append((environment.name, decision))
            continue
        allowed.append((environment, decision))
    if refusals and (names or not allowed) and not tolerant:
        name, decision = refusals[0]
        raise Refused(f"deploy to {name} refused: {decision.reason}", hint=decision.hint)
    targets = tuple(_target(workspace, environment, decision) for environment, decision in allowed)
    return targets, tuple(LeftOut(environment=name, reason=v.reason, hint=v.hint) for name, v in refusals)


def _target(workspace: Workspace, environment: Environment, decision: Decision) -> Target:
    store = workspace.store(environment)
    try:
        # Read now: missing credentials and buckets are found before minutes of building.
        released = released_trees(store, workspace.settings.team)
    except AccessDenied as error:
        here = "or deploy to this machine: --env local"
        raise AccessDenied(
            error.message, hint=f"{error.hint}; {here}" if error.hint else here, detail=error.detail
        ) from error
    return Target(environment=environment, store=store, decision=decision, released=released)
