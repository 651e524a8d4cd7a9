"""Parse requirements as projects declare them: in dependencies, extras and dependency groups."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from hermes_cli.domain.contract.errors import InvalidInput

from .url_credentials import refuse_credentials

if TYPE_CHECKING:
    from packaging.requirements import Requirement


def parse_requirement(text: str, where: str) -> Requirement:
    """Parse one dependency. Raises `InvalidInput`."""
    from packaging.requirements import InvalidRequirement, Requirement

    refuse_credentials(text, where)
    try:
        return Requirement(text)
    except InvalidRequirement as error:
        reason = str(error).splitlines()[0]
        raise InvalidInput(
            f"{where}: {text!r} is not a requirement: {reason}", hint='write it as in "pandas>=2.2"'
        ) from None


def grouped(groups: Mapping[str, Any], name: str, above: tuple[str, ...]) -> Iterator[str]:
    """Yield the requirements of a dependency group and those that it includes; uv refuses what is none."""
    listed = groups.get(name)
    for item in listed if isinstance(listed, list) and name not in above else ():
        if isinstance(item, Mapping):
            yield from grouped(groups, str(item.get("include-group")), (*above, name))
        elif _is_requirement(item):
            yield item


def _is_requirement(item: object) -> bool:
    try:
        return bool(isinstance(item, str) and parse_requirement(item, ""))
    except InvalidInput:
        return False


def of_extra(text: str, extra: str) -> str:
    """Return a requirement of an extra as METADATA has it, with the extra in its marker."""
    from packaging.markers import Marker

    requirement = parse_requirement(text, extra)
    others = f"({requirement.marker}) and " if requirement.marker else ""
    requirement.marker = Marker(f'{others}extra == "{extra}"')
    return str(requirement)
