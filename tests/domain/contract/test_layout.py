"""The keys: what the table of the design says, never one key for two things, and what each one names."""

from __future__ import annotations

import keyword

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from packaging.version import Version

from hermes_cli.domain.contract import layout
from hermes_cli.domain.contract.branch_slugs import Slug, slug_of
from hermes_cli.domain.contract.layout import (
    LIBRARY,
    SCRIPT,
    BuildKey,
    IndexMarkerKey,
    Key,
    Layout,
    ManifestKey,
    NamedCopyKey,
    OwnerKey,
)
from hermes_cli.domain.contract.names import parse_project, parse_team
from hermes_cli.domain.contract.suffixes import Feature, Latest, Release, Suffix, feature_of

SALES = Layout(parse_team("growth"), parse_project("sales_report"))
SHA = "a" * 64


def test_the_keys_of_a_project() -> None:
    root = "growth/sales_report/"
    version, slug = Version("1.2.0"), Slug("my-branch")
    assert root == SALES.root
    assert SALES.owner == root + "owner.json"
    assert SALES.build("202501", SHA, "x.py") == f"{root}builds/202501/{SHA}/x.py"
    assert SALES.manifests == root + "manifests/"
    assert SALES.releases == root + "manifests/releases/"
    assert SALES.features == root + "manifests/features/"
    assert SALES.release(version) == root + "manifests/releases/1.2.0.json"
    assert SALES.feature(slug) == root + "manifests/features/my-branch.json"
    assert SALES.latest == root + "manifests/latest.json"
    assert SALES.index_marker(version, "f00d") == "growth/index/sales_report/1.2.0/f00d"
    assert layout.index_prefix(parse_team("growth")) == "growth/index/"


@pytest.mark.parametrize(
    ("suffix", "script", "library"),
    [
        (Release(Version("1.2.0")), "sales_report-1.2.0.py", "sales_report-1.2.0-py3-none-any.whl"),
        (
            feature_of("feature/my-branch"),
            "sales_report-feature-my-branch.py",
            "sales_report-0+feature.my.branch-py3-none-any.whl",
        ),
        (Latest(), "sales_report-latest.py", "sales_report-0+latest-py3-none-any.whl"),
    ],
)
def test_the_named_copies_are_called_as_the_design_says(suffix: Suffix, script: str, library: str) -> None:
    assert layout.script_file("sales_report", suffix) == script
    assert SALES.script_copy("sales_report", suffix) == "growth/sales_report/" + script
    assert SALES.library_copy("Sales-Report", suffix) == "growth/sales_report/" + library


def test_the_manifest_of_a_suffix() -> None:
    assert SALES.manifest(Release(Version("1.2.0"))) == SALES.release(Version("1.2.0"))
    assert SALES.manifest(Feature(Slug("x"))) == SALES.feature(Slug("x"))
    assert SALES.manifest(Latest()) == SALES.latest


# Short and from few letters, so that two of them are often nearly the same.
teams = st.from_regex(r"[ai][a-z_-]{0,2}", fullmatch=True).map(parse_team)
projects = st.sampled_from(["a", "b", "a-b", "a_b", "builds", "manifests", "latest", "releases", "owner"])
scripts = st.from_regex(r"[a-b_]{1,3}", fullmatch=True) | st.sampled_from(
    ["owner", "latest", "feature", "index"]
)
numbers = st.lists(st.integers(0, 2), min_size=1, max_size=3).map(
    lambda parts: Version(".".join(map(str, parts)))
)
slugs = st.lists(st.sampled_from(["a", "b", "1", "0", "latest"]), min_size=1, max_size=3).map(
    lambda parts: slug_of("feature/" + "-".join(parts))
)
suffixes: st.SearchStrategy[Suffix] = st.one_of(
    numbers.map(Release), slugs.map(lambda slug: Feature(slug)), st.just(Latest())
)
layouts = st.builds(Layout, teams, projects.map(parse_project))


def keys(at: Layout, script: str, suffix: Suffix) -> dict[str, Key]:
    """Every key that a deploy of this makes, and what it names."""
    file, library = f"{script}.py", at.project.replace("-", "_")
    made: dict[str, Key] = {
        at.owner: OwnerKey(layout=at),
        at.build("202501", SHA, file): BuildKey(layout=at, month="202501", sha256=SHA, file=file),
        at.manifest(suffix): ManifestKey(layout=at, suffix=suffix),
        at.script_copy(script, suffix): NamedCopyKey(layout=at, kind=SCRIPT, name=script, suffix=suffix),
        at.library_copy(at.project, suffix): NamedCopyKey(
            layout=at, kind=LIBRARY, name=library, suffix=suffix
        ),
    }
    if isinstance(suffix, Release):
        version = suffix.version
        made[at.index_marker(version, "f00d")] = IndexMarkerKey(layout=at, version=version, tree="f00d")
    return made


@settings(max_examples=250, deadline=None)
@given(layouts, layouts, scripts, scripts, suffixes, suffixes)
def test_no_two_things_share_a_key(
    one: Layout, other: Layout, script: str, another: str, suffix: Suffix, second: Suffix
) -> None:
    assert not keyword.iskeyword(script)
    first, rest = keys(one, script, suffix), keys(other, another, second)
    assert len(first) == (6 if isinstance(suffix, Release) else 5)
    for key in first.keys() & rest.keys():
        assert first[key] == rest[key]
        assert str(first[key]) == str(rest[key]), "1.0 and 1.0.0 are two names, though they are one version"
    for key in first:
        assert not any(longer.startswith(key + "/") for longer in rest), "a directory has no place for both"


versions = st.from_regex(
    r"([1-9]!)?[0-9]{1,3}(\.[0-9]{1,3}){0,3}((a|b|rc)[0-9])?(\.post1)?(\.dev2)?", fullmatch=True
)


@settings(max_examples=250, deadline=None)
@given(layouts, scripts, suffixes | versions.map(lambda text: Release(Version(text))))
def test_each_key_is_parsed_to_what_it_was_made_of(at: Layout, script: str, suffix: Suffix) -> None:
    for key, names in keys(at, script, suffix).items():
        assert Layout.parse(key) == names
        assert str(Layout.parse(key)) == key == str(names)


@pytest.mark.parametrize(
    "key",
    [
        "",
        "growth",
        "growth/",
        "growth/sales_report/",
        "/growth/sales_report/owner.json",
        "growth/sales_report/owner.json/",
        "growth/sales_report/Owner.json",
        "growth/sales_report/notes.txt",
        "growth/index/owner.json",
        "Growth/sales_report/owner.json",
        "growth/sales-/owner.json",
        "growth/a/sales_report/owner.json",
        "growth/sales_report/manifests/newest.json",
        "growth/sales_report/manifests/releases/newest.json",
        "growth/sales_report/manifests/releases/v1.0.json",
        "growth/sales_report/manifests/releases/1.0.RC1.json",
        "growth/sales_report/manifests/releases/1.0+local.json",
        "growth/sales_report/manifests/releases/\N{ARABIC-INDIC DIGIT ONE}.0.json",
        "growth/sales_report/manifests/releases/1.0",
        "growth/sales_report/manifests/releases/1.0.json.json",
        "growth/sales_report/manifests/releases/a/1.0.json",
        "growth/sales_report/manifests/features/My-Branch.json",
        "growth/sales_report/manifests/features/a--b.json",
        "growth/sales_report/manifests/features/007.json",
        "growth/sales_report/manifests/features/.json",
        f"growth/sales_report/builds/2025/{SHA}/x.py",
        f"growth/sales_report/builds/202501/{SHA.upper()}/x.py",
        f"growth/sales_report/builds/202501/{SHA[1:]}/x.py",
        f"growth/sales_report/builds/202501/{SHA}/",
        f"growth/sales_report/builds/202501/{SHA}/../x.py",
        f"growth/sales_report/builds/202501/{SHA}/x y.py",
        f"growth/sales_report/builds/202501/{SHA}",
        "growth/sales_report/-latest.py",
        "growth/sales_report/sales.py",
        "growth/sales_report/sales-main.py",
        "growth/sales_report/sales-feature/x.py",
        "growth/sales_report/sales-feature-x.txt",
        "growth/sales_report/for-latest.py",
        "growth/sales_report/sales-latest-py3-none-any.whl",
        "growth/sales_report/Sales-0+latest-py3-none-any.whl",
        "growth/sales_report/-1.0-py3-none-any.whl",
        "growth/sales_report/sales-0+feature.007-py3-none-any.whl",
        "growth/sales_report/sales-0+feature.-py3-none-any.whl",
        "growth/sales_report/sales-1.0+local-py3-none-any.whl",
        "growth/sales_report/sales-1.0-cp311-none-any.whl",
        "growth/sales_report/sales-py3-none-any.whl",
        "growth/index/sales_report/1.0/",
        "growth/index/sales_report/1.0/f00d/f00d",
        "growth/index/sales_report/1.0",
        "growth/index/sales_report/v1.0/f00d",
    ],
)
def test_an_odd_key_names_nothing(key: str) -> None:
    assert Layout.parse(key) is None


ALPHABET = ["growth", "sales", "index", "builds", "manifests", "1.0", "v1", "-", "/", ".", ".json", "latest"]


@settings(max_examples=500, deadline=None)
@given(st.text() | st.lists(st.sampled_from([*ALPHABET, "-py3-none-any.whl", "0+feature."])).map("".join))
def test_whatever_is_parsed_has_one_spelling(text: str) -> None:
    parsed = Layout.parse(text)
    assert parsed is None or str(parsed) == text
