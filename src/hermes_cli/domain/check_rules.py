"""The rules of `hermes check` by their ids, and a finding with its place."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from hermes_cli.domain.contract.errors import HermesError, InvalidInput
from hermes_cli.domain.contract.names import did_you_mean

ADOPTION_MARK = "TODO(hermes adopt)"  # in the code where `hermes adopt` left something to do

_PLACED = re.compile(r"(?P<file>[^\s:]+\.\w+)(?::(?P<line>\d+))?: (?P<rest>.+)", re.DOTALL)


class Level(StrEnum):
    """The weight of a finding: only an error stops a merge."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, kw_only=True)
class Rule:
    """A rule of `hermes check`; its id never changes its meaning.

    `level` is that of its gravest findings, `may_be_ignored`: a project can switch it off.
    """

    id: str
    level: Level
    meaning: str
    may_be_ignored: bool = False


def _rules(*rows: tuple[str, Level, str], may_be_ignored: bool = False) -> Mapping[str, Rule]:
    return {
        id: Rule(id=id, level=level, meaning=meaning, may_be_ignored=may_be_ignored)
        for id, level, meaning in rows
    }


# On what a script does, as far as its text shows it; an error only where every run on a cluster would fail.
_ON_SCRIPTS = _rules(
    ("script-neighbor", Level.ERROR, "A script imports a file of its project that a run does not have."),
    ("script-sibling", Level.ERROR, "A script imports another project of the repo that is not declared."),
    ("script-undeclared", Level.WARNING, "A script imports a package that is not declared."),
    ("script-file", Level.WARNING, "A script uses `__file__`."),
    ("script-path", Level.WARNING, "A script reads a path of its working folder, which is empty in a run."),
    (
        "script-place",
        Level.WARNING,
        "A script uses a place in a way that works for folders, not for buckets.",
    ),
    may_be_ignored=True,
)


# docs/checking.md has a row for each.
_ALWAYS_ON = _rules(
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
    ("dependency-gone", Level.ERROR, "A dependency has the name of a project that this repo had."),
    (
        "project-gone",
        Level.WARNING,
        "The branch takes a project away, and hermes.toml does not keep its name.",
    ),
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
    (
        "secret-undeclared",
        Level.WARNING,
        "A script reads a variable that looks like a secret and is not named in `secrets`.",
    ),
    ("secret-in-code", Level.WARNING, "A script seems to hold a credential."),
    ("adoption-unfinished", Level.WARNING, "`hermes adopt` left something to do here."),
    ("large-file", Level.ERROR, "A project holds a file of git LFS whose content is not here."),
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
RULES: Mapping[str, Rule] = {**_ALWAYS_ON, **_ON_SCRIPTS}


def parse_ignored(ids: Sequence[str], where: str) -> frozenset[str]:
    """Parse the ids of the rules that a project switches off. Raises `InvalidInput`."""
    free = [rule.id for rule in RULES.values() if rule.may_be_ignored]
    for id in ids:
        if id in free:
            continue
        hint = did_you_mean(id, free) or "those that can be: " + ", ".join(free)
        if id in RULES:
            raise InvalidInput(f"{where}: the rule {id} cannot be switched off", hint=hint)
        raise InvalidInput(f"{where}: there is no rule {id!r} of hermes check", hint=hint)
    return frozenset(ids)


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
    level: Level | None = None,
) -> Finding:
    """Make a finding, with the level of its rule unless another one is given."""
    return Finding(
        rule=rule,
        level=level or RULES[rule].level,
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
