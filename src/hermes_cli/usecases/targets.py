"""Where a branch may deploy to, decided before anything is built or written."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hermes_cli.domain.config import Environment
from hermes_cli.domain.errors import AccessDenied, Refused
from hermes_cli.domain.policy import Action, Verdict, judge
from hermes_cli.domain.store import Store

from .workspace import Workspace


@dataclass(frozen=True, kw_only=True)
class Target:
    """An environment that this branch may deploy to, and what it may do there."""

    environment: Environment
    store: Store
    verdict: Verdict

    @property
    def name(self) -> str:
        """The environment's name."""
        return self.environment.name

    @property
    def releases(self) -> bool:
        """Whether a version is released here, and not a feature deployed."""
        return self.verdict.action is Action.RELEASE


@dataclass(frozen=True, kw_only=True)
class LeftOut:
    """An environment that nobody named, and that this branch may not deploy to."""

    environment: str
    reason: str


def choose_targets(
    workspace: Workspace, names: Sequence[str], branch: str | None
) -> tuple[tuple[Target, ...], tuple[LeftOut, ...]]:
    """The environments to deploy to, in the order of promotion: the named ones, else all that are allowed.

    Raises `Refused` where a named one is refused, or all are; `AccessDenied` where one of them
    cannot be reached.
    """
    settings = workspace.settings
    if names:
        named = {settings.environment(name).name for name in names}
        environments = tuple(e for e in settings.environments if e.name in named)
    else:
        environments = workspace.unnamed_environments()
    targets, refusals = [], []
    for environment in environments:
        verdict = judge(
            workspace.ref,
            environment,
            default_branch=settings.default_branch,
            checkout=workspace.checkout,
            feature_branch=branch or workspace.feature_branch,
        )
        if verdict.action is Action.REFUSED:
            refusals.append((environment.name, verdict))
            continue
        store = workspace.store(environment)
        targets.append(Target(environment=environment, store=store, verdict=verdict))
    if refusals and (names or not targets):
        name, verdict = refusals[0]
        raise Refused(f"deploy to {name} refused: {verdict.reason}", hint=verdict.hint)
    for target in targets:
        try:
            target.store.now()  # finds missing credentials and buckets before minutes of building
        except AccessDenied as error:
            here = "or deploy to this machine: --env local"
            raise AccessDenied(
                error.message, hint=f"{error.hint}; {here}" if error.hint else here, detail=error.detail
            ) from error
    return tuple(targets), tuple(LeftOut(environment=name, reason=v.reason) for name, v in refusals)
