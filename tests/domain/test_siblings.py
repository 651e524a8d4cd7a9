"""The projects of a repo that another one needs: by markers and extras, each once, and never in a circle."""

from __future__ import annotations

import pytest
from packaging.version import Version

from hermes_cli.domain.contract.errors import InvalidInput, ProjectFailed
from hermes_cli.domain.contract.names import parse_project
from hermes_cli.domain.project import Project, refuse_twins
from hermes_cli.domain.python_versions import cluster_facts
from hermes_cli.domain.siblings import requirements_for, with_siblings


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


def test_requirements_of_extras_hold_where_these_are_asked_for() -> None:
    listed = ["my.base>=1", "pandas", "deep; extra == 'more'", "MY_BASE[X]"]
    plain = [("my-base", frozenset()), ("pandas", frozenset()), ("my-base", frozenset({"x"}))]
    assert list(requirements_for(listed)) == plain
    assert ("deep", frozenset()) in list(requirements_for(listed, extras=("more",)))


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
    listed = [f"deep; {marker}"]
    found = [
        bool(list(requirements_for(listed, extras=("more",), facts=cluster_facts(python))))
        for python in ("3.10", "3.11")
    ]
    assert found == [on_310, on_311]
    may_be = list(requirements_for(listed, extras=("more",)))
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


@pytest.mark.parametrize(
    ("further", "facts", "needed_by"),
    [
        ((), None, "lake"),
        (("Gone",), cluster_facts("3.10"), "shop"),
        (("other",), cluster_facts("3.10"), None),
    ],
)
def test_a_project_that_is_gone_is_refused_by_name(
    further: tuple[str, ...], facts: dict[str, str] | None, needed_by: str | None
) -> None:
    lake = a_project("lake", more=("gone; python_version >= '3.11'",), other=("gone",))
    shop = a_project("shop", "lake[more]")

    def found() -> tuple[Project, ...]:
        return with_siblings(shop, [lake, shop], further=further, facts=facts, own_names={"gone", "lake"})

    if needed_by is None:
        assert found() == (lake, shop)
        return
    with pytest.raises(ProjectFailed, match=f"^{needed_by} needs gone, which is or was a project") as caught:
        found()
    assert 'allow-from-index = ["gone"]' in (caught.value.hint or "")


def test_a_circle_is_shown() -> None:
    one, two, three = a_project("one", "two"), a_project("two", "three"), a_project("three", "two")
    with pytest.raises(InvalidInput, match="circle: two → three → two") as caught:
        with_siblings(one, [one, two, three])
    assert caught.value.hint
    lake, shop = a_project("lake", more=("shop",)), a_project("shop", "lake[more]")
    with pytest.raises(InvalidInput, match="circle: shop → lake → shop"):
        with_siblings(shop, [lake, shop])
    assert with_siblings(lake, [lake, shop]) == (lake,)
