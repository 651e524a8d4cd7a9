"""The projects of a repo that another one needs: by markers and extras, each once, and never in a circle."""

from __future__ import annotations

import pytest
from packaging.version import Version

from hermes_cli.domain.contract.errors import InvalidInput
from hermes_cli.domain.contract.names import parse_project
from hermes_cli.domain.project import Project, refuse_twins
from hermes_cli.domain.python_versions import cluster_facts
from hermes_cli.domain.siblings import siblings_of, with_siblings


def a_project(name: str, *dependencies: str, **extras: tuple[str, ...]) -> Project:
    return Project(
        name=parse_project(name),
        folder=name,
        distribution=name.replace("_", "-").title(),
        version=Version("1"),
        dependencies=dependencies,
        extras=extras,
        scripts=(),
        library=True,
    )


def test_siblings_are_found_by_any_spelling_and_not_in_extras() -> None:
    base, deep = a_project("my_base"), a_project("deep")
    requirements = ["my.base>=1", "pandas", "deep; extra == 'more'", "MY_BASE[x]"]
    assert list(siblings_of(requirements, [base, deep])) == [(base, frozenset()), (base, frozenset({"x"}))]
    assert [one for one, _ in siblings_of(requirements, [base, deep], extras=("more",))] == [base, deep, base]


@pytest.mark.parametrize(
    ("marker", "on_310", "on_311"),
    [
        ("sys_platform == 'win32'", False, False),
        ("sys_platform == 'linux' and os_name == 'posix'", True, True),
        ("python_version < '3.11'", True, False),
        ("python_full_version >= '3.11.0'", False, True),
        ("extra == 'More' and python_version < '3.11'", True, False),
        ("extra == 'other'", False, False),
    ],
)
def test_a_marker_decides_on_the_clusters_python(marker: str, on_310: bool, on_311: bool) -> None:
    deep = a_project("deep")
    found = [
        bool(list(siblings_of([f"deep; {marker}"], [deep], extras=("more",), facts=cluster_facts(python))))
        for python in ("3.10", "3.11")
    ]
    assert found == [on_310, on_311]
    may_be = list(siblings_of([f"deep; {marker}"], [deep], extras=("more",)))
    assert bool(may_be) is ("other" not in marker)


def test_two_spellings_of_one_package_are_refused() -> None:
    refuse_twins([a_project("my_base"), a_project("mybase"), a_project("deep")])
    with pytest.raises(InvalidInput) as caught:
        refuse_twins([a_project("my_base"), a_project("deep"), a_project("my-base")])
    assert "my_base" in caught.value.message
    assert "my-base" in caught.value.message


def test_what_a_project_reaches_comes_before_it_and_once() -> None:
    base = a_project("base")
    left, right = a_project("left", "base"), a_project("right", "base")
    top = a_project("top", "right", "left", "top[extra]", "pandas")
    assert with_siblings(top, [base, left, right, top]) == (base, right, left, top)
    assert with_siblings(base, [base, left, right, top]) == (base,)


def test_extras_reach_further_siblings_also_by_another_extra_and_when_met_again() -> None:
    deep, deeper = a_project("deep"), a_project("deeper")
    lake = a_project("lake", all=("lake[more]",), more=("deep; python_version >= '3'", "deeper"))
    plain, rich = a_project("plain", "lake"), a_project("rich", "lake[all]")
    projects = [deep, deeper, lake, plain, rich]
    assert with_siblings(plain, projects) == (lake, plain)
    assert set(with_siblings(rich, projects)) == {deep, deeper, lake, rich}
    top = a_project("top", "plain", "rich")
    assert set(with_siblings(top, [*projects, top])) == {deep, deeper, lake, plain, rich, top}


def test_what_tests_need_may_need_the_project_itself() -> None:
    lake, kit = a_project("lake"), a_project("kit", "lake")
    assert with_siblings(lake, [lake, kit], further=("kit",)) == (kit, lake)


def test_a_circle_is_shown() -> None:
    one, two, three = a_project("one", "two"), a_project("two", "three"), a_project("three", "two")
    with pytest.raises(InvalidInput, match="circle: two → three → two") as caught:
        with_siblings(one, [one, two, three])
    assert caught.value.hint
    lake, shop = a_project("lake", more=("shop",)), a_project("shop", "lake[more]")
    with pytest.raises(InvalidInput, match="circle: shop → lake → shop"):
        with_siblings(shop, [lake, shop])
    assert with_siblings(lake, [lake, shop]) == (lake,)
