"""Names: teams, projects, branches and their slugs, suffixes, and PROJECT[/SCRIPT][@SUFFIX]."""

from __future__ import annotations

import difflib
import keyword
import re
import sys
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NewType

from packaging.version import Version

from .errors import Conflict, InvalidInput

TeamName = NewType("TeamName", str)
ProjectName = NewType("ProjectName", str)
Slug = NewType("Slug", str)

_NAME = re.compile(r"[a-z][a-z0-9_-]{0,63}", re.ASCII)
_SCRIPT = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}", re.ASCII)
_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*", re.ASCII)
_HASH_END = re.compile(r"(?:^|-)x[0-9a-f]{8}$", re.ASCII)
# Surrogates that encode no byte: no system returns such a name, but JSON can contain it.
_NO_BYTES = re.compile("[\ud800-\udc7f\udd00-\udfff]")
_SLUG_LENGTH = 40
_STEM_LENGTH = 30

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
    from packaging.utils import canonicalize_name

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
            if canonicalize_name(other) == canonicalize_name(name):
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
    from packaging.utils import canonicalize_name

    return canonicalize_name(project).replace("-", "_")


def validate_branch(name: str) -> str:
    """Return the name of a branch. Raises `InvalidInput` where `git check-ref-format --branch` refuses it."""
    parts = name.split("/")
    bad = (
        name in ("", "HEAD")
        or name.startswith("-")
        or name.endswith(".")
        or ".." in name
        or "@{" in name
        or any(ord(c) <= 0x20 or ord(c) == 0x7F or c in "~^:?*[\\" for c in name)
        or _NO_BYTES.search(name)
        or any(not p or p.startswith(".") or p.endswith(".lock") for p in parts)
    )
    if bad:
        raise InvalidInput(
            f"{name!r} is not a branch name that git accepts", hint="git switch -c feature/my-change"
        )
    return name


def slug_of(branch: str) -> Slug:
    """Return the name of a branch for keys, file names and wheel versions; no two branches share one.

    `feature/NAME` gives NAME where all three can hold it unchanged; any other branch gives a readable
    stem and a hash of the whole name.
    """
    import hashlib

    validate_branch(branch)
    name = branch.removeprefix("feature/")
    if name != branch and is_slug(name) and not _HASH_END.search(name):
        return Slug(name)
    folded = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    cut = re.sub(r"[^a-z0-9]+", "-", folded).strip("-")[:_STEM_LENGTH].strip("-")
    # After the cut, which may leave the zeros of 00ab by themselves.
    stem = "-".join(_as_version_part(part) for part in cut.split("-")) or "branch"
    digest = hashlib.sha256(branch.encode("utf-8", "surrogateescape")).hexdigest()[:8]
    return Slug(f"{stem}-x{digest}")


def is_slug(text: str) -> bool:
    """Return whether a branch could have this slug."""
    return (
        len(text) <= _SLUG_LENGTH
        and _SLUG.fullmatch(text) is not None
        and all(part == _as_version_part(part) for part in text.split("-"))
    )


def _as_version_part(part: str) -> str:
    # A version's local part rewrites 007 to 7, and a wheel's file name with it.
    return (part.lstrip("0") or "0") if part.isdigit() else part


@dataclass(frozen=True)
class Feature:
    """The suffix of a feature branch; `branch` is None where only the suffix was given."""

    slug: Slug
    branch: str | None = None

    def __str__(self) -> str:
        return f"feature-{self.slug}"

    @property
    def wheel_version(self) -> str:
        """The version in the wheel's file name and METADATA."""
        return "0+feature." + self.slug.replace("-", ".")


@dataclass(frozen=True)
class Release:
    """The suffix of a released version."""

    version: Version

    def __str__(self) -> str:
        return str(self.version)

    @property
    def wheel_version(self) -> str:
        """The version in the wheel's file name and METADATA."""
        return str(self.version)


@dataclass(frozen=True)
class Latest:
    """The suffix of the release that is `latest`."""

    def __str__(self) -> str:
        return "latest"

    @property
    def wheel_version(self) -> str:
        """The version in the wheel's file name and METADATA."""
        return "0+latest"


Suffix = Feature | Release | Latest


def feature_of(branch: str) -> Feature:
    """Return the suffix under which a branch is deployed. Raises `InvalidInput`."""
    return Feature(slug_of(branch), branch)


def _version(text: str) -> Version | None:
    try:
        return Version(text) if text.isascii() else None
    except ValueError:
        # It covers InvalidVersion, and a number with more digits than Python reads.
        return None


def parse_version(text: str, where: str) -> Version:
    """Parse a version that can be released; `where` begins the message. Raises `InvalidInput`."""
    version = _version(text)
    if version is None:
        raise InvalidInput(
            f"{where}: {text!r} is not a version",
            hint='write it as PEP 440 has it, such as version = "1.2.0"',
        )
    if version.local:
        raise InvalidInput(
            f"{where}: version {text} has a local part (+{version.local}), which cannot be released",
            hint=f'write version = "{version.public}"',
        )
    return version


def parse_suffix(text: str) -> Suffix:
    """Parse `latest`, a version, `feature-<slug>`, or the name of a branch. Raises `InvalidInput`."""
    if text == "latest":
        return Latest()
    version = _version(text)
    if version is not None:
        return Release(parse_version(text, "suffix"))
    slug = text.removeprefix("feature-")
    if slug != text and is_slug(slug):
        return Feature(Slug(slug))
    return feature_of(text)


@dataclass(frozen=True)
class Reference:
    """A project, script and suffix as a user types them: `PROJECT[/SCRIPT][@SUFFIX]`."""

    project: ProjectName
    script: str | None = None
    suffix: Suffix | None = None

    def __str__(self) -> str:
        script = f"/{self.script}" if self.script else ""
        suffix = f"@{self.suffix}" if self.suffix else ""
        return f"{self.project}{script}{suffix}"


def parse_reference(text: str) -> Reference:
    """Parse `PROJECT[/SCRIPT][@SUFFIX]`. Raises `InvalidInput`."""
    target, at, suffix = text.partition("@")
    project, slash, script = target.partition("/")
    forms = "write PROJECT, PROJECT/SCRIPT or PROJECT@SUFFIX, such as shop or shop@latest"
    if not target:
        raise InvalidInput(f"{text!r} names no project", hint=forms)
    if at and not suffix:
        raise InvalidInput(f"{text!r} has nothing after @", hint=f"{target}@latest")
    if target.endswith(".py") or target.startswith((".", "/")):
        raise InvalidInput(f"{text!r} is a path, not the name of a project", hint=forms)
    return Reference(
        parse_project(project),
        parse_script(script) if slash else None,
        parse_suffix(suffix) if at else None,
    )
