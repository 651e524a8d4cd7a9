"""Names and suffixes: what git, packaging and Python say of them, over generated and nasty ones."""

from __future__ import annotations

import keyword
import os
import re
import subprocess
import sys

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name, parse_wheel_filename
from packaging.version import Version

from hermes_cli.domain.contract import branch_slugs, names, suffixes
from hermes_cli.domain.contract.errors import Conflict, InvalidInput
from hermes_cli.domain.contract.layout import wheel_file
from hermes_cli.domain.contract.suffixes import Feature, Latest, Reference, Release

SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")

# What git's rules are made of, so that generated names come near to each.
PIECES = [
    "feature/",
    "a",
    "B",
    "0",
    "7",
    "x",
    "-",
    "_",
    "/",
    ".",
    "..",
    ".lock",
    "@",
    "@{",
    "HEAD",
    "~",
    "^",
    ":",
]
PIECES += [
    " ",
    "\t",
    "\x7f",
    "?",
    "*",
    "[",
    "\\",
    "é",
    "ж",
    "ß",
    "ﬁ",
    "日",
    "\u0301",
    "😀",
    "\udcff",
    "#",
    "'",
    '"',
]
words = st.lists(st.sampled_from(PIECES), max_size=8).map("".join)
any_text = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)
maybe_branches = st.one_of(words, any_text, words.map("feature/{}".format))

slug_parts = st.text("abcx0123456789", min_size=1, max_size=9)
near_slugs = st.lists(slug_parts, min_size=1, max_size=6).map("-".join)


def is_valid(name: str) -> bool:
    try:
        branch_slugs.validate_branch(name)
    except InvalidInput:
        return False
    return True


branches = st.one_of(maybe_branches, near_slugs, near_slugs.map("feature/{}".format)).filter(is_valid)


def git_accepts(name: str) -> bool:
    # `--branch NAME` would expand @{-1}; these are the two rules that it adds to those of a ref.
    if name.startswith("-") or name == "HEAD":
        return False
    ref = b"refs/heads/" + os.fsencode(name)
    return subprocess.run([b"git", b"check-ref-format", ref], check=False).returncode == 0


@settings(max_examples=250, deadline=None)
@given(maybe_branches)
@example("@")
@example("")
@example("HEAD")
@example("feature/HEAD")
@example("a/.b")
@example("a.lock/b")
@example("a./b")
@example("a.")
@example("a//b")
@example("/a")
@example("a/")
@example("x" * 300)
@example("feature/" + "моя-ветка" * 20)
def test_a_branch_is_valid_where_git_says_so(name: str) -> None:
    assert is_valid(name) == git_accepts(name)


def test_our_two_extra_rules_are_those_of_git_itself() -> None:
    for name, accepted in {"-x": False, "HEAD": False, "x": True, "@": True, "refs/heads/main": True}.items():
        done = subprocess.run(["git", "check-ref-format", "--branch", name], capture_output=True, check=False)
        assert (done.returncode == 0) == accepted == is_valid(name)


@pytest.mark.parametrize("name", ["a\0b", "a\nb", "a\ud800", "\udfff"])
def test_what_no_process_can_be_given_is_no_branch(name: str) -> None:
    assert not is_valid(name)


def check_slug(branch: str) -> str:
    feature = suffixes.feature_of(branch)
    slug = feature.slug
    assert SLUG.fullmatch(slug)
    assert len(slug) <= 40
    assert str(Version(feature.wheel_version)) == feature.wheel_version
    assert parse_wheel_filename(wheel_file("some.Dist", feature.wheel_version))[1] == Version(
        feature.wheel_version
    )
    assert str(feature) == f"feature-{slug}"
    assert suffixes.parse_suffix(str(feature)) == Feature(slug)
    return slug


@settings(deadline=None)
@given(branches)
@example("a" * 25 + "-0123abcdef")  # cut to a part of digits with a zero in front
@example("a" * 25 + "-00ab")
@example("x" * 300)
@example("моя-ветка" * 33)
@example("feature/007")
@example("-".join(["9"] * 40))
def test_every_branch_has_a_slug_that_every_tool_takes_as_it_is(branch: str) -> None:
    check_slug(branch)


@settings(deadline=None)
@given(near_slugs)
def test_a_plain_feature_branch_keeps_its_name(name: str) -> None:
    rewritten = any(part.isdigit() and str(int(part)) != part for part in name.split("-"))
    hashed = re.search(r"(^|-)x[0-9a-f]{8}$", name)
    slug = check_slug("feature/" + name)
    assert (slug == name) == (len(name) <= 40 and not rewritten and not hashed)


ALIKE = [
    "main",
    "Main",
    "feature/main",
    "Feature/main",
    "feature/Main",
    "feature/MAIN",
    "feature/feature/main",
    "feature-main",
    "refs/heads/main",
    "a-b",
    "a_b",
    "a.b",
    "a/b",
    "a--b",
    "a+b",
    "feature/a-b",
    "feature/a_b",
    "feature/a.b",
    "feature/a/b",
    "feature/a--b",
    "feature/7",
    "feature/07",
    "feature/007",
    "feature/0",
    "feature/00",
    "feature/a-7",
    "feature/a-007",
    "feature/latest",
    "latest",
    "feature/branch",
    "ветка",
    "ветки",
    "feature/ветка",
    "e\u0301",
    "\u00e9",
    "e",
    "feature/e",
    "ﬁ",
    "fi",
    "feature/" + "a" * 40,
    "feature/" + "a" * 41,
    "feature/" + "a" * 42,
    "a" * 300,
    "a" * 299 + "b",
]


def test_branches_that_look_alike_have_slugs_that_differ() -> None:
    slugs = {branch: check_slug(branch) for branch in ALIKE}
    # The slugs themselves, as feature branches: none may take another's place.
    slugs |= {f"feature/{slug}": check_slug(f"feature/{slug}") for slug in slugs.values()}
    slugs |= {slug: check_slug(slug) for slug in list(slugs.values())}
    assert len(set(slugs.values())) == len(slugs)


@settings(max_examples=300, deadline=None)
@given(branches, st.data())
def test_a_branch_made_from_another_has_another_slug(branch: str, data: st.DataObject) -> None:
    slug = branch_slugs.slug_of(branch)
    other = data.draw(
        st.sampled_from(
            [
                branch.swapcase(),
                branch.lower(),
                branch.replace("-", "_"),
                branch.replace("/", "-"),
                branch.removeprefix("feature/"),
                "feature/" + branch,
                "feature/" + slug,
                slug,
                branch + "-" + slug[-9:],
                re.sub(r"(\d+)", r"0\1", branch),
            ]
        )
    )
    assume(other != branch and is_valid(other))
    assert branch_slugs.slug_of(other) != slug


def test_a_slug_is_readable_where_it_can_be() -> None:
    assert re.fullmatch(r"fix-the-cafe-x[0-9a-f]{8}", branch_slugs.slug_of("fix/The_Café"))
    assert re.fullmatch(r"branch-x[0-9a-f]{8}", branch_slugs.slug_of("ветка"))
    assert re.fullmatch(r"a{30}-x[0-9a-f]{8}", branch_slugs.slug_of("a" * 300))
    assert branch_slugs.slug_of("feature/my-branch") == "my-branch"


def test_slugs_never_change_from_one_version_of_hermes_to_the_next() -> None:
    # Keys in buckets are made of them.
    assert branch_slugs.slug_of("main") == "main-x0d6e4079"
    assert branch_slugs.slug_of("feature/007") == "7-xcb165553"


# suffixes


@settings(deadline=None)
@given(branches)
def test_a_raw_branch_is_read_as_its_feature(branch: str) -> None:
    suffix = suffixes.parse_suffix(branch)
    if isinstance(suffix, Feature) and suffix.branch is not None:
        assert suffix == suffixes.feature_of(branch)


versions = st.builds(
    lambda epoch, release, pre, post, dev: (
        (f"{epoch}!" if epoch else "")
        + ".".join(map(str, release))
        + (f"{pre[0]}{pre[1]}" if pre else "")
        + (f".post{post}" if post is not None else "")
        + (f".dev{dev}" if dev is not None else "")
    ),
    st.integers(0, 2),
    st.lists(st.integers(0, 2025), min_size=1, max_size=4),
    st.none() | st.tuples(st.sampled_from(["a", "b", "rc"]), st.integers(0, 30)),
    st.none() | st.integers(0, 30),
    st.none() | st.integers(0, 30),
)


@given(versions)
def test_a_version_is_read_back(text: str) -> None:
    release = suffixes.parse_suffix(text)
    assert isinstance(release, Release)
    assert str(release) == release.wheel_version == text
    assert suffixes.parse_suffix(str(release)) == release
    assert names.parse_version(text, "here") == release.version


@pytest.mark.parametrize(("text", "version"), [("v1.0", "1.0"), ("1.0-alpha.1", "1.0a1"), ("01.2", "1.2")])
def test_a_version_has_one_spelling(text: str, version: str) -> None:
    assert str(suffixes.parse_suffix(text)) == version


@pytest.mark.parametrize("text", ["", "one", "1.0+local", "1.0 beta gamma", "١.٢", "1.0.x", "9" * 5000])
def test_what_is_no_version_names_its_place(text: str) -> None:
    with pytest.raises(InvalidInput, match=r"^sales/pyproject\.toml: "):
        names.parse_version(text, "sales/pyproject.toml")


def test_latest_and_features_are_read_back() -> None:
    assert suffixes.parse_suffix("latest") == Latest()
    assert (str(Latest()), Latest().wheel_version) == ("latest", "0+latest")
    assert str(Version(Latest().wheel_version)) == "0+latest"
    assert suffixes.parse_suffix("feature-my-branch") == Feature(branch_slugs.slug_of("feature/my-branch"))
    assert suffixes.parse_suffix("feature/my-branch") == suffixes.feature_of("feature/my-branch")


@pytest.mark.parametrize("text", ["1.0+local", "", "a b", "-x", "a..b", "HEAD", "a\0"])
def test_what_is_no_suffix_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        suffixes.parse_suffix(text)


def test_a_number_too_long_for_a_version_is_a_branch() -> None:
    assert isinstance(suffixes.parse_suffix("9" * 5000), Feature)


# references

projects = st.from_regex(r"[a-z]([a-z0-9_-]{0,20}[a-z0-9])?", fullmatch=True).filter(
    lambda name: name != "index"
)
scripts = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,20}", fullmatch=True).filter(
    lambda s: not keyword.iskeyword(s)
)
any_suffix = st.one_of(
    st.just(Latest()),
    versions.map(Version).map(Release),
    branches.map(lambda branch: Feature(branch_slugs.slug_of(branch))),
)


@settings(deadline=None)
@given(projects, st.none() | scripts, st.none() | any_suffix)
def test_a_reference_is_read_back(project: str, script: str | None, suffix: suffixes.Suffix | None) -> None:
    reference = Reference(names.parse_project(project), script, suffix)
    assert suffixes.parse_reference(str(reference)) == reference


@pytest.mark.parametrize(("text", "meant"), [("a/", "a"), ("a/@latest", "a@latest"), ("a/b/", "a/b")])
def test_a_project_may_be_named_as_a_shell_completes_its_folder(text: str, meant: str) -> None:
    assert str(suffixes.parse_reference(text)) == meant


@given(projects, branches)
def test_a_raw_branch_may_follow_the_at(project: str, branch: str) -> None:
    reference = suffixes.parse_reference(f"{project}@{branch}")
    assert reference == Reference(names.parse_project(project), None, suffixes.parse_suffix(branch))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "@",
        "@latest",
        "a@",
        "a/b/c",
        "a/b.py",
        "/b",
        "A",
        "a b",
        "a/class",
        "a@1.0+x",
        "index",
    ],
)
def test_what_is_no_reference_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        suffixes.parse_reference(text)


@pytest.mark.parametrize(
    ("text", "hint"), [("@", "such as shop"), ("@latest", "such as shop"), ("a@", "a@latest")]
)
def test_a_reference_without_a_part_of_it_gets_a_hint_that_can_be_typed(text: str, hint: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        suffixes.parse_reference(text)
    assert hint in (caught.value.hint or "")
    assert not (caught.value.hint or "").startswith("@")


# projects, scripts, teams


@given(st.text("abz09_-AB.é ", max_size=8) | st.text(max_size=8))
@example("a-")
@example("a_")
@example("a\n")
def test_a_project_is_always_a_distribution_and_a_module(text: str) -> None:
    try:
        project = names.parse_project(text)
    except InvalidInput:
        return
    try:
        requirement = Requirement(project)
    except InvalidRequirement:
        pytest.fail(f"{project} cannot be required")
    assert requirement.name == project
    assert names.module_name(project).isidentifier()


@pytest.mark.parametrize(
    "text", ["", "a-", "a_", "-a", "1a", "A", "a.b", "a b", "é", "a" * 65, "index", "a\n", "a-feature-b"]
)
def test_what_is_no_project_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        names.parse_project(text)


@pytest.mark.parametrize("text", sorted({*keyword.kwlist, *keyword.softkwlist}))
def test_no_keyword_names_a_new_project(text: str) -> None:
    with pytest.raises(InvalidInput):
        names.parse_new_project(text)


@pytest.mark.parametrize(
    "text", ["json", "email", "concurrent", "tests", "build-tools", "build_tools", "hermes"]
)
def test_no_name_with_another_meaning_names_a_new_project(text: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        names.parse_new_project(text)
    suggested = (caught.value.hint or "").rpartition(" ")[2]
    assert names.parse_new_project(suggested) == suggested


def test_no_module_of_the_standard_library_names_a_new_project() -> None:
    for module in sys.stdlib_module_names:
        with pytest.raises(InvalidInput):
            names.parse_new_project(module)


@pytest.mark.parametrize(
    "taken", ["sales-report", "sales_report", "Sales_Report", "sales--report", "SALES.report"]
)
def test_two_spellings_of_one_package_cannot_both_be_here(taken: str) -> None:
    with pytest.raises(Conflict, match=re.escape(taken)):
        names.parse_new_project("sales_report", ["other", taken])
    assert names.parse_new_project("salesreport", [taken]) == "salesreport"


@given(projects, projects)
def test_projects_collide_where_their_packages_do(one: str, other: str) -> None:
    assume(canonicalize_name(one) != canonicalize_name(other))
    assert names.module_name(one) != names.module_name(other)


@pytest.mark.parametrize("text", ["", "a-b", "a.py", "1a", "class", "é", "a" * 101, "a\n"])
def test_what_is_no_script_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        names.parse_script(text)


def test_a_team_may_be_called_like_this() -> None:
    assert names.parse_team("growth-2_eu") == "growth-2_eu"
    for text in ("", "Growth", "a/b", "a" * 65, "a.b", "9", "a\n", "growth-feature-x"):
        with pytest.raises(InvalidInput):
            names.parse_team(text)


def test_a_near_word_is_suggested() -> None:
    assert names.did_you_mean("sales_reprot", {"sales_report", "costs"}) == "did you mean sales_report?"
    assert names.did_you_mean("zzz", {"sales_report"}) is None


@given(st.text(st.sampled_from("aZ09-_."), max_size=12))
def test_a_canonical_name_is_that_of_packaging(name: str) -> None:
    assert names.canonical_name(name) == canonicalize_name(name)


def test_the_hint_for_a_version_can_be_typed_anywhere() -> None:
    for text, hint in (("one", "such as 1.2.0"), ("1.0+x", "write 1.0")):
        with pytest.raises(InvalidInput) as caught:
            names.parse_version(text, "--to")
        assert (caught.value.hint or "").endswith(hint)
