"""Names of teams, projects and scripts, and versions."""

from __future__ import annotations

import difflib
import keyword
import re
import sys
from collections.abc import Iterable
from functools import cache
from typing import NewType

from packaging.version import Version

from .errors import Conflict, InvalidInput

TeamName = NewType("TeamName", str)
ProjectName = NewType("ProjectName", str)

_NAME = re.compile(r"[a-z][a-z0-9_-]{0,63}", re.ASCII)
_SCRIPT = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}", re.ASCII)

# `index` would share its keys with the markers of all projects.
_RESERVED = frozenset({"index"})
# A folder named so would look like the named copies of a feature, which may be replaced.
_LIKE_A_COPY = "-feature-"
_RESERVED_FOR_NEW = frozenset(
    {
        "build",
        "build_tools",
        "dist",
        "hermes",
        "hermes_cli",
        "hermes_airflow",
        "pytest",
        "src",
        "test",
        "tests",
    }
)


def did_you_mean(word: str, known: Iterable[str]) -> str | None:
    """Return a sentence that suggests the known word nearest to this one; None where none is near."""
    near = difflib.get_close_matches(word, sorted(known), n=1, cutoff=0.6)
    return f"did you mean {near[0]}?" if near else None


def parse_team(text: str) -> TeamName:
    """Parse the name of a team. Raises `InvalidInput`."""
    if not _NAME.fullmatch(text) or _LIKE_A_COPY in text:
        raise InvalidInput(
            f"{text!r} is not a team name",
            hint="use lowercase letters, digits, - and _, starting with a letter, 64 at most",
        )
    return TeamName(text)


def parse_project(text: str) -> ProjectName:
    """Parse the name of a project that exists. Raises `InvalidInput`."""
    if not _NAME.fullmatch(text) or text[-1] in "-_":
        raise InvalidInput(
            f"{text!r} is not a project name",
            hint="use lowercase letters, digits, - and _, starting with a letter and ending with "
            "a letter or digit, 64 at most",
        )
    if text in _RESERVED or _LIKE_A_COPY in text:
        raise InvalidInput(f"{text!r} is a name that Hermes reserves for itself", hint="choose another name")
    return ProjectName(text)


def parse_new_project(text: str, taken: Iterable[str] = ()) -> ProjectName:
    """Parse the name of a project that is to be made: it must be possible to import and install it.

    Raises `InvalidInput`, or `Conflict` where it differs from a taken one by case, `-` or `_` only.
    """
    name = parse_project(text)
    module = module_name(name)
    if keyword.iskeyword(module) or keyword.issoftkeyword(module):
        why = "is a keyword of Python"
    elif module in sys.stdlib_module_names:
        why = "is a module of Python's standard library"
    elif module in _RESERVED_FOR_NEW:
        why = "is a name with another meaning in a repo"
    else:
        for other in taken:
            if canonical_name(other) == canonical_name(name):
                raise Conflict(
                    f"a project named {other} is here already"
                    + ("" if other == name else f", and {name} would be the same package"),
                    hint="choose another name",
                )
        return name
    raise InvalidInput(f"{text!r} {why}", hint="choose another name, such as " + f"{module}_report")


def parse_script(text: str) -> str:
    """Parse the name of a script, which is that of a module. Raises `InvalidInput`."""
    if not _SCRIPT.fullmatch(text) or keyword.iskeyword(text):
        raise InvalidInput(
            f"{text!r} is not a script name",
            hint="a script is a Python module: use letters, digits and _, and no keyword",
        )
    return text


def module_name(project: str) -> str:
    """Return the name of the package with a project's code."""
    return canonical_name(project).replace("-", "_")


@cache
def canonical_name(name: str) -> str:
    """Return the name of a package as installers compare it, as `packaging.utils` does, which loads much more."""
    return re.sub(r"[-_.]+", "-", name).lower()


def read_version(text: str) -> Version | None:
    """Read a version as PEP 440 has it; None where the text is something else."""
    try:
        return Version(text) if text.isascii() else None
    except ValueError:
        # It covers InvalidVersion, and a number with more digits than Python reads.
        return None


def parse_version(text: str, where: str) -> Version:
    """Parse a version that can be released; `where` begins the message. Raises `InvalidInput`."""
    version = read_version(text)
    if version is None:
        raise InvalidInput(
            f"{where}: {text!r} is not a version",
            hint="write it as PEP 440 has it, such as 1.2.0",
        )
    if version.local:
        raise InvalidInput(
            f"{where}: version {text} has a local part (+{version.local}), which cannot be released",
            hint=f"write {version.public}",
        )
    return version
