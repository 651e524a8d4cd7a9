"""The keys: what the table of the design says, and never one key for two things."""

from __future__ import annotations

import keyword

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from packaging.version import Version

from hermes_cli.domain.contract import layout
from hermes_cli.domain.contract.layout import Layout
from hermes_cli.domain.contract.names import (
    Feature,
    Latest,
    Release,
    Slug,
    Suffix,
    feature_of,
    parse_project,
    parse_team,
    slug_of,
)

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


def keys(at: Layout, script: str, suffix: Suffix) -> dict[str, object]:
    """Every key that a deploy of this makes, and what the key stands for."""
    # As text: 1.0 and 1.0.0 are two names, though they are one version.
    place, name = (at.team, at.project), str(suffix)
    made: dict[str, object] = {
        at.owner: (*place, "owner"),
        at.build("202501", SHA, f"{script}.py"): (*place, "build", script),
        at.manifest(suffix): (*place, "manifest", name),
        at.script_copy(script, suffix): (*place, "script", script, name),
        at.library_copy(at.project, suffix): (*place, "library", name),
    }
    if isinstance(suffix, Release):
        made[at.index_marker(suffix.version, "f00d")] = (*place, "index", name)
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
    for key in first:
        assert not any(longer.startswith(key + "/") for longer in rest), "a directory has no place for both"
