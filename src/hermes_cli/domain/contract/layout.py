"""Where artifacts live in an environment: the one module that knows the keys."""

from __future__ import annotations

from dataclasses import dataclass

from packaging.version import Version

from .names import Feature, Latest, ProjectName, Release, Slug, Suffix, TeamName

# The kinds of artifact.
SCRIPT, LIBRARY = "script", "library"


def index_prefix(team: TeamName) -> str:
    """Below it lie the markers of all that a team has released, empty objects."""
    return f"{team}/index/"


def wheel_file(distribution: str, wheel_version: str) -> str:
    """A library's file name."""
    from packaging.utils import canonicalize_name

    return f"{canonicalize_name(distribution).replace('-', '_')}-{wheel_version}-py3-none-any.whl"


def script_file(script: str, suffix: Suffix) -> str:
    """The file name of a script's named copy."""
    return f"{script}-{suffix}.py"


@dataclass(frozen=True)
class Layout:
    """The keys of one project of one team, relative to the environment's root."""

    team: TeamName
    project: ProjectName

    @property
    def root(self) -> str:
        """Everything of this project but its index markers lies below it."""
        return f"{self.team}/{self.project}/"

    @property
    def owner(self) -> str:
        """Records which repo owns the project's name."""
        return self.root + "owner.json"

    def build(self, month: str, sha256: str, file: str) -> str:
        """An artifact by its content; `month` as yyyymm."""
        return f"{self.builds}{month}/{sha256}/{file}"

    @property
    def builds(self) -> str:
        """Below it lie all artifacts by their content."""
        return self.root + "builds/"

    @property
    def manifests(self) -> str:
        """Below it lie the manifests of all suffixes."""
        return self.root + "manifests/"

    @property
    def releases(self) -> str:
        """Below it lie the manifests of all releases."""
        return self.manifests + "releases/"

    @property
    def features(self) -> str:
        """Below it lie the manifests of all features."""
        return self.manifests + "features/"

    def release(self, version: Version) -> str:
        """The commit point of a release."""
        return f"{self.releases}{version}.json"

    def feature(self, slug: Slug) -> str:
        """The commit point of a feature."""
        return f"{self.features}{slug}.json"

    @property
    def latest(self) -> str:
        """Which release `latest` is."""
        return self.manifests + "latest.json"

    def manifest(self, suffix: Suffix) -> str:
        """The object that says what a suffix is."""
        match suffix:
            case Release(version):
                return self.release(version)
            case Feature(slug):
                return self.feature(slug)
            case Latest():
                return self.latest

    def script_copy(self, script: str, suffix: Suffix) -> str:
        """A script under its fixed, readable name."""
        return self.root + script_file(script, suffix)

    def library_copy(self, distribution: str, suffix: Suffix) -> str:
        """A library under its fixed, readable name."""
        return self.root + wheel_file(distribution, suffix.wheel_version)

    def index_marker(self, version: Version, tree: str) -> str:
        """Says, as a hint, that this source tree is released as this version."""
        return f"{index_prefix(self.team)}{self.project}/{version}/{tree}"
