"""The rules of `hermes check` by their ids, and a finding with its place."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from hermes_cli.domain.contract.errors import HermesError

ADOPTION_MARK = "TODO(hermes adopt)"  # in the code where `hermes adopt` left something to do

_PLACED = re.compile(r"(?P<file>[^\s:]+\.\w+)(?::(?P<line>\d+))?: (?P<rest>.+)", re.DOTALL)


class Level(StrEnum):
    """The weight of a finding: only an error stops a merge."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, kw_only=True)
class Rule:
    """A rule of `hermes check`; its id never changes its meaning."""

    id: str
    level: Level
    meaning: str


def _rules(*rows: tuple[str, Level, str]) -> Mapping[str, Rule]:
    return {id: Rule(id=id, level=level, meaning=meaning) for id, level, meaning in rows}


# docs/checking.md has a row for each.
RULES = _rules(
    ("config-invalid", Level.ERROR, "hermes.toml cannot be used."),
    ("project-invalid", Level.ERROR, "A project cannot be used as its pyproject.toml describes it."),
    ("version-not-raised", Level.ERROR, "The code that would run has changed, and the version has not."),
    ("version-taken", Level.ERROR, "The base branch has this version already, with other content."),
    ("version-lowered", Level.ERROR, "The version is below the one that the base branch has."),
    (
        "version-respelled",
        Level.ERROR,
        "The version is another spelling of the one that the base branch has.",
    ),
    (
        "library-kept",
        Level.NOTE,
        "A library of the repo changes, and a project that needs it keeps the old one.",
    ),
    ("dependency-url", Level.ERROR, "A dependency comes from a URL, a folder or a repository."),
    ("dependency-unbounded", Level.WARNING, "A dependency has no lower bound."),
    ("dependency-exact", Level.NOTE, "A dependency is pinned to one version."),
    ("library-off", Level.ERROR, "A project needs another one of the repo that has library = false."),
    ("python-unsupported", Level.ERROR, "requires-python excludes the Python of an environment's cluster."),
    ("secret", Level.ERROR, "A file holds a credential or a key."),
    ("script-syntax", Level.ERROR, "A script is not valid Python."),
    (
        "script-import",
        Level.ERROR,
        "A script has a relative import, and runs as one file outside its package.",
    ),
    ("adoption-unfinished", Level.WARNING, "`hermes adopt` left something to do here."),
    ("submodule", Level.ERROR, "A project holds a git submodule, which a build would lack."),
    (
        "link-outside",
        Level.ERROR,
        "A project holds a link to something outside of it, or one with an absolute path.",
    ),
    ("build-failed", Level.ERROR, "The project cannot be built, so its content cannot be compared."),
    ("base-unknown", Level.WARNING, "Versions were not compared, because the base is not known here."),
    ("base-itself", Level.NOTE, "The base branch was compared with itself, and not with what is released."),
    ("base-broken", Level.WARNING, "A project was not compared, because the base's cannot be read or built."),
)


@dataclass(frozen=True, kw_only=True)
class Finding:
    """A place that breaks a rule.

    `file` is relative to the repo's root, `line` and `column` count from 1; each is None where it
    is not known, and never without the one before it. `fix` says what to type or to change.
    """

    rule: str
    level: Level
    message: str
    fix: str | None = None
    project: str | None = None
    file: str | None = None
    line: int | None = None
    column: int | None = None

    @property
    def place(self) -> str:
        """`file:line:column`, as far as it is known."""
        return ":".join(str(part) for part in (self.file, self.line, self.column) if part is not None)


def finding(
    rule: str,
    message: str,
    fix: str | None = None,
    *,
    project: str | None = None,
    file: str | None = None,
    line: int | None = None,
    column: int | None = None,
) -> Finding:
    """Make a finding, with the level of its rule."""
    return Finding(
        rule=rule,
        level=RULES[rule].level,
        message=message,
        fix=fix,
        project=project,
        file=file,
        line=line,
        column=column,
    )


def finding_of(rule: str, error: HermesError, *, project: str | None = None, file: str) -> Finding:
    """Turn an error into a finding; in `file` where its message does not start with a place of its own."""
    placed = _PLACED.fullmatch(error.message)
    message = placed["rest"] if placed else error.message
    return finding(
        rule,
        f"{message}\n{error.detail}" if error.detail else message,
        error.advice,
        project=project,
        file=placed["file"] if placed else file,
        line=int(placed["line"]) if placed and placed["line"] else None,
    )
