"""Find the projects of a repo that another one of it needs, by the requirements that they declare."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from hermes_cli.domain.contract.errors import InvalidInput
from hermes_cli.domain.contract.names import canonical_name

from .index_namesakes import namesake
from .project import Project

if TYPE_CHECKING:
    from packaging.markers import Marker

# What decides a marker: the facts of the Python that a project runs on, such as sys_platform.
MarkerFacts = Mapping[str, str]

_Needed = tuple[Project, frozenset[str]]

_EXTRA = re.compile(r"extra\s*==\s*['\"]([^'\"]+)['\"]")


def requirements_for(
    requirements: Iterable[str], *, extras: Collection[str] = (), facts: MarkerFacts | None = None
) -> Iterator[tuple[str, frozenset[str]]]:
    """Yield the package of each requirement that holds, by its canonical name, with the extras that it asks for.

    `extras` are those that are asked for here. Without `facts` the Python is not known, and each that
    some Python needs is yielded.
    """
    from packaging.requirements import Requirement

    for text in requirements:
        requirement = Requirement(text)
        if requirement.marker is None or _holds(requirement.marker, extras, facts):
            yield canonical_name(requirement.name), frozenset(map(canonical_name, requirement.extras))


def _holds(marker: Marker, extras: Collection[str], facts: MarkerFacts | None) -> bool:
    if facts is None:
        asked = {canonical_name(one) for one in _EXTRA.findall(str(marker))}
        return not asked or not asked.isdisjoint(extras)
    return any(marker.evaluate({**facts, "extra": extra}) for extra in ("", *extras))


def declared_requirements(project: Project) -> tuple[str, ...]:
    """Return the requirements that a project declares: none where only its build knows them."""
    return project.requires or ()


def with_siblings(
    project: Project,
    projects: Sequence[Project],
    *,
    requirements: Callable[[Project], Iterable[str]] = declared_requirements,
    further: Iterable[str] = (),
    facts: MarkerFacts | None = None,
    own_names: Collection[str] = (),
) -> tuple[Project, ...]:
    """Return a project and, first, every project of the repo that its requirements reach, with their extras.

    `further` are requirements of its tests: these may need what needs the project itself. Raises
    `InvalidInput` for a circle, and `ProjectFailed` for one of `own_names` that is not a project any more.
    """
    by_name = {canonical_name(one.distribution): one for one in projects}
    order: list[Project] = []
    reached: dict[str, set[str]] = {}

    def needed(current: Project, texts: Iterable[str], extras: Collection[str]) -> Iterator[_Needed]:
        for name, wanted in requirements_for(texts, extras=extras, facts=facts):
            if name in by_name:
                yield by_name[name], wanted
            elif name in own_names:
                raise namesake(name, current.name)

    def visit(current: Project, extras: frozenset[str], above: tuple[Project, ...]) -> None:
        if current in above:
            circle = " → ".join(p.name for p in (*above[above.index(current) :], current))
            message = f"the projects depend on each other in a circle: {circle}"
            raise InvalidInput(message, hint="take one of these out of its project's dependencies")
        if current.name in reached and extras <= reached[current.name]:
            return
        known = reached.setdefault(current.name, set())
        known |= extras
        for sibling, wanted in needed(current, requirements(current), frozenset(known)):
            if sibling == current:
                visit(current, wanted, above)
            else:
                visit(sibling, wanted, (*above, current))
        if current not in order:
            order.append(current)

    visit(project, frozenset(), ())
    for sibling, wanted in needed(project, further, ()):
        visit(sibling, wanted, ())
    return (*(one for one in order if one != project), project)
