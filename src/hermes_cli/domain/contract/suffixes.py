"""The suffixes of a project, and references to one: PROJECT[/SCRIPT][@SUFFIX]."""

from __future__ import annotations

from dataclasses import dataclass

from packaging.version import Version

from .branch_slugs import Slug, is_slug, slug_of
from .errors import InvalidInput
from .names import ProjectName, parse_project, parse_script, parse_version, read_version


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


def parse_suffix(text: str) -> Suffix:
    """Parse `latest`, a version, `feature-<slug>`, or the name of a branch. Raises `InvalidInput`."""
    if text == "latest":
        return Latest()
    version = read_version(text)
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
    """Parse `PROJECT[/SCRIPT][@SUFFIX]`; a shell may have completed it as a folder. Raises `InvalidInput`."""
    target, at, suffix = text.partition("@")
    project, slash, script = target.rstrip("/").partition("/")
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
