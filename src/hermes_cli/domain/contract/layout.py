"""The keys of an environment, in both directions: the one module that knows how they are spelled."""

from __future__ import annotations

import re
from dataclasses import dataclass

from packaging.version import Version

from .branch_slugs import Slug, is_slug
from .errors import InvalidInput
from .names import (
    ProjectName,
    TeamName,
    canonical_name,
    parse_project,
    parse_script,
    parse_team,
    parse_version,
)
from .suffixes import Feature, Latest, Release, Suffix, parse_suffix

# The kinds of artifact.
SCRIPT, LIBRARY = "script", "library"

_JSON, _WHEEL = ".json", "-py3-none-any.whl"
_MONTH = re.compile(r"[0-9]{6}", re.ASCII)
_SHA256 = re.compile(r"[0-9a-f]{64}", re.ASCII)
_FILE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._+!-]*", re.ASCII)  # a version may have an epoch: 1!2.0
_DISTRIBUTION = re.compile(r"[a-z0-9]+(?:_[a-z0-9]+)*", re.ASCII)


def index_prefix(team: TeamName) -> str:
    """Return the prefix of the index: one empty object, a marker, for each source tree that a team released."""
    return f"{team}/index/"


def wheel_file(distribution: str, wheel_version: str) -> str:
    """Return the file name of a library."""
    return f"{canonical_name(distribution).replace('-', '_')}-{wheel_version}{_WHEEL}"


def script_file(script: str, suffix: Suffix) -> str:
    """Return the file name of a script's named copy."""
    return f"{script}-{suffix}.py"


@dataclass(frozen=True)
class Layout:
    """The keys of one project of one team, relative to the environment's root."""

    team: TeamName
    project: ProjectName

    @staticmethod
    def parse(key: str) -> Key | None:
        """Return what a key of a store names; None for a key that Hermes never writes."""
        try:
            parsed = _parse(key)
        except InvalidInput:
            return None
        # Only the spelling that Hermes writes: 1.0rc1.json, and not 1.0.RC1.json.
        return parsed if parsed is not None and str(parsed) == key else None

    @property
    def root(self) -> str:
        """The prefix of every key of this project but its index markers."""
        return f"{self.team}/{self.project}/"

    @property
    def owner(self) -> str:
        """The record of the repo that owns the project's name."""
        return self.root + "owner.json"

    def build(self, month: str, sha256: str, file: str) -> str:
        """Return the key of an artifact, by its content; `month` as yyyymm."""
        return f"{self.builds}{month}/{sha256}/{file}"

    @property
    def builds(self) -> str:
        """The prefix of all artifacts."""
        return self.root + "builds/"

    @property
    def manifests(self) -> str:
        """The prefix of the manifests of all suffixes."""
        return self.root + "manifests/"

    @property
    def releases(self) -> str:
        """The prefix of the manifests of all releases."""
        return self.manifests + "releases/"

    @property
    def features(self) -> str:
        """The prefix of the manifests of all features."""
        return self.manifests + "features/"

    def release(self, version: Version) -> str:
        """Return the key of a release's manifest, its commit point."""
        return f"{self.releases}{version}{_JSON}"

    def feature(self, slug: Slug) -> str:
        """Return the key of a feature's manifest, its commit point."""
        return f"{self.features}{slug}{_JSON}"

    @property
    def latest(self) -> str:
        """The record of the release that `latest` is."""
        return self.manifests + "latest.json"

    def manifest(self, suffix: Suffix) -> str:
        """Return the key of the object that says what a suffix is."""
        match suffix:
            case Release(version):
                return self.release(version)
            case Feature(slug):
                return self.feature(slug)
            case Latest():
                return self.latest

    def script_copy(self, script: str, suffix: Suffix) -> str:
        """Return the key of a script under its fixed, readable name."""
        return self.root + script_file(script, suffix)

    def library_copy(self, distribution: str, suffix: Suffix) -> str:
        """Return the key of a library under its fixed, readable name."""
        return self.root + wheel_file(distribution, suffix.wheel_version)

    @property
    def index_markers(self) -> str:
        """The prefix of this project's index markers."""
        return f"{index_prefix(self.team)}{self.project}/"

    def index_marker(self, version: Version, tree: str) -> str:
        """Return the key of the marker that says, as a hint, that a source tree is released as a version."""
        return f"{self.index_markers}{version}/{tree}"


@dataclass(frozen=True, kw_only=True)
class OwnerKey:
    """The key of the record of a name's owner."""

    layout: Layout

    def __str__(self) -> str:
        return self.layout.owner


@dataclass(frozen=True, kw_only=True)
class ManifestKey:
    """The key of a suffix's manifest, or of the record of `latest`."""

    layout: Layout
    suffix: Suffix

    def __str__(self) -> str:
        return self.layout.manifest(self.suffix)


@dataclass(frozen=True, kw_only=True)
class BuildKey:
    """The key of an artifact; it names the digest of what it holds."""

    layout: Layout
    month: str
    sha256: str
    file: str

    def __str__(self) -> str:
        return self.layout.build(self.month, self.sha256, self.file)


@dataclass(frozen=True, kw_only=True)
class NamedCopyKey:
    """The key of a named copy; `name` is the script's, or the library's as its file has it."""

    layout: Layout
    kind: str
    name: str
    suffix: Suffix

    def __str__(self) -> str:
        copy = self.layout.library_copy if self.kind == LIBRARY else self.layout.script_copy
        return copy(self.name, self.suffix)


@dataclass(frozen=True, kw_only=True)
class IndexMarkerKey:
    """The key of the marker of a released source tree."""

    layout: Layout
    version: Version
    tree: str

    def __str__(self) -> str:
        return self.layout.index_marker(self.version, self.tree)


Key = OwnerKey | ManifestKey | BuildKey | NamedCopyKey | IndexMarkerKey


def _parse(key: str) -> Key | None:
    """Parse a key in any spelling. Raises `InvalidInput` for a part that is not of its kind."""
    match key.split("/"):
        case [team, "index", project, version, tree] if tree:
            return IndexMarkerKey(layout=_layout(team, project), version=_version(version), tree=tree)
        case [team, project, "owner.json"]:
            return OwnerKey(layout=_layout(team, project))
        case [team, project, "manifests", "latest.json"]:
            return ManifestKey(layout=_layout(team, project), suffix=Latest())
        case [team, project, "manifests", "releases", file]:
            release = Release(_version(file.removesuffix(_JSON)))
            return ManifestKey(layout=_layout(team, project), suffix=release)
        case [team, project, "manifests", "features", file] if is_slug(slug := file.removesuffix(_JSON)):
            return ManifestKey(layout=_layout(team, project), suffix=Feature(Slug(slug)))
        case [team, project, "builds", month, sha256, file]:
            if _MONTH.fullmatch(month) and _SHA256.fullmatch(sha256) and _FILE.fullmatch(file):
                return BuildKey(layout=_layout(team, project), month=month, sha256=sha256, file=file)
        case [team, project, file]:
            return _parse_named_copy(_layout(team, project), file)
    return None


def _parse_named_copy(layout: Layout, file: str) -> NamedCopyKey | None:
    # Neither a script's name nor a library's has a hyphen, so the first one ends it.
    name, _, rest = file.partition("-")
    if file.endswith(".py"):
        suffix = parse_suffix(rest.removesuffix(".py"))
        return NamedCopyKey(layout=layout, kind=SCRIPT, name=parse_script(name), suffix=suffix)
    if file.endswith(_WHEEL) and _DISTRIBUTION.fullmatch(name):
        suffix = _parse_wheel_version(rest.removesuffix(_WHEEL))
        return NamedCopyKey(layout=layout, kind=LIBRARY, name=name, suffix=suffix)
    return None


def _parse_wheel_version(text: str) -> Suffix:
    """Return the suffix whose `wheel_version` this is. Raises `InvalidInput`."""
    if text == Latest().wheel_version:
        return Latest()
    head, _, slug = text.partition("0+feature.")
    if not head and is_slug(slug := slug.replace(".", "-")):
        return Feature(Slug(slug))
    return Release(_version(text))


def _layout(team: str, project: str) -> Layout:
    return Layout(parse_team(team), parse_project(project))


def _version(text: str) -> Version:
    return parse_version(text, "key")
