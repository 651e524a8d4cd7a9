"""A deploy as data: the steps that it plans, and a receipt for each step that it took."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from .contract.errors import ExitCode, HermesError


class Change(StrEnum):
    """The change that a deploy makes to one suffix of one project in one environment."""

    RELEASE = "release"
    FEATURE = "feature"
    COMPLETE = "complete"  # released before, but some of its writes were not done
    NOTHING = "nothing"
    REFUSED = "refused"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, kw_only=True)
class PlannedObject:
    """An object that a step writes: only where the key is free (`creates`), or over the object that was read."""

    key: str
    creates: bool
    sha256: str | None = None
    size: int | None = None


@dataclass(frozen=True, kw_only=True)
class Step:
    """The change planned for one project in one environment, and the reason for it."""

    environment: str
    project: str
    suffix: str
    version: str
    change: Change
    reason: str
    hint: str | None = None
    exit_code: int = ExitCode.DONE
    moves_latest: bool = False
    objects: tuple[PlannedObject, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Receipt:
    """A step and its outcome.

    `latest` is the version that `latest` points at after it, `url` the address of the manifest, `written`
    the keys of the objects that this deploy itself changed, in order, and `error` the failure that ended it.
    """

    step: Step
    latest: str | None = None
    url: str | None = None
    written: tuple[str, ...] = ()
    error: HermesError | None = None

    @property
    def change(self) -> Change:
        """The change that was made: `FAILED` where the planned one was not."""
        return Change.FAILED if self.error else self.step.change

    @property
    def reason(self) -> str:
        """The reason for the change, or for its failure."""
        return self.error.message if self.error else self.step.reason

    @property
    def hint(self) -> str | None:
        """The next step, if there is one."""
        return self.error.advice if self.error else self.step.hint

    @property
    def exit_code(self) -> int:
        """The exit code of this project in this environment."""
        return self.error.exit_code if self.error else self.step.exit_code
