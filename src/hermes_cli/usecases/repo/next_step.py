"""Find the next step from the work tree to a release: a command of git, or of Hermes."""

from __future__ import annotations

from functools import cached_property
from shlex import quote

from hermes_cli.domain.deploy_environment import Environment
from hermes_cli.domain.merge_markers import HOW_TO_RESOLVE

from .workspace import Workspace

_ADD_ORIGIN = "git remote add origin ADDRESS"


def make_default_branch(workspace: Workspace) -> str | None:
    """Return the command that creates the default branch; None where git has it, or where origin may have it."""
    from hermes_cli.domain.release_policy import USUAL_DEFAULTS

    git, name = workspace.require_git(), workspace.settings.default_branch
    if git.head() is None or git.default_branch_head(name) or git.has_origin():
        return None
    usual = next((one for one in USUAL_DEFAULTS if git.default_branch_head(one)), git.ref().branch)
    return f"git branch -m {quote(usual)} {quote(name)}" if usual else f"git branch {quote(name)}"


class NextStep:
    """The reasons why versions are not released yet, with the next step; git is asked once for all projects."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._default = workspace.settings.default_branch

    def unreleased(self, environment: Environment, version: str) -> tuple[str, str | None]:
        """Return the reason why a version is not released there yet, and the next step."""
        branch, dirty = self._workspace.ref.branch, self._workspace.is_dirty
        if branch == self._default:
            if dirty:
                return f"{version} has changes that are not committed", self._commit
            what, step = self._release(environment)
            return f"{version} {what}", step
        if not dirty and self._is_merged:
            what, step = self._release(environment)
            if step and step != _ADD_ORIGIN:
                step = f"{self._switch(pull=self._is_pushed)} && {step}"
            return f"{version} is in {self._default} and {what}", step
        why = f"{version} is on {branch or 'this checkout'}, not merged into {self._default}"
        if branch is None:
            return why, "git switch -c feature/my-change"
        if dirty:
            return why, self._commit
        if self._lacks_default:
            return f"{version} is on {branch}, and there is no branch {self._default}", self._lacks_default
        if self._has_origin:
            return why, f"git push -u origin {quote(branch)}, and open a pull request"
        if _is_by_ci(self._workspace, environment):
            return why, _ADD_ORIGIN
        return why, f"{self._switch(pull=False)} && git merge {quote(branch)}"

    @property
    def catch_up(self) -> str:
        """The command that gets newer commits."""
        return self._lacks_default or self._switch(pull=self._has_origin)

    def _release(self, environment: Environment) -> tuple[str, str | None]:
        """Return what is missing for a commit of the default branch to be released, and the next step."""
        if not _is_by_ci(self._workspace, environment):
            return "is not deployed yet", f"hermes deploy --env {environment.name}"
        push = None if self._is_pushed else "git push" if self._has_origin else _ADD_ORIGIN
        return f"waits for CI, which releases to {environment.name}", push

    def _switch(self, *, pull: bool) -> str:
        return f"git switch {quote(self._default)}" + " && git pull" * pull

    @property
    def _commit(self) -> str:
        return HOW_TO_RESOLVE if self._workspace.checkout.conflicts else 'git add -A && git commit -m "…"'

    @cached_property
    def _has_origin(self) -> bool:
        return self._workspace.require_git().has_origin()

    @cached_property
    def _lacks_default(self) -> str | None:
        return make_default_branch(self._workspace)

    @cached_property
    def _is_pushed(self) -> bool:
        return self._has_origin and self._is_in("refs/remotes/origin/")

    @cached_property
    def _is_merged(self) -> bool:
        return self._is_pushed or self._is_in("refs/heads/")

    def _is_in(self, place: str) -> bool:
        head = self._workspace.checkout.head
        return head is not None and self._workspace.require_git().merge_base(place + self._default) == head


def _is_by_ci(workspace: Workspace, environment: Environment) -> bool:
    return environment.release_from == "ci" and workspace.ref.ci is None
