"""The Python versions that a cluster may have, and those that a project says it runs on."""

from __future__ import annotations

import re

from hermes_cli.domain.contract.errors import InvalidInput, ProjectFailed

# The minor versions of a cluster's Python. uv resolves its locks: NEWEST is the newest that the uv of
# requirements/dev.lock knows, by its own list (uv python list); what is older than OLDEST has had no fix for years.
OLDEST, NEWEST = (3, 9), (3, 16)
_MINOR = re.compile(r"3\.(0|[1-9]\d?)", re.ASCII)
# As in ">=3.11, <4": a valid range, for which `packaging` need not be loaded.
_USUAL_RANGE = re.compile(r"(>=|>|<=|<) ?\d+(\.\d+)*(, ?(>=|>|<=|<) ?\d+(\.\d+)*)*", re.ASCII)


def check_cluster_python(text: str, *, where: str = "", hint: str = 'python = "3.11"') -> None:
    """Refuse what is not the minor version of a Python that uv knows. Raises `InvalidInput`."""
    found = _MINOR.fullmatch(text)
    if found is None:
        raise InvalidInput(f"{where}{text!r} is not a minor version of Python", hint=hint)
    if not OLDEST[1] <= int(found[1]) <= NEWEST[1]:
        oldest, newest = (".".join(map(str, version)) for version in (OLDEST, NEWEST))
        raise InvalidInput(
            f"{where}{text!r} is not one of {oldest} to {newest}, the versions of Python that a cluster may have",
            hint=hint,
        )


def parse_range(text: str, where: str) -> str:
    """Check requires-python, and return it as it was written. Raises `InvalidInput` where it is not a range."""
    if _USUAL_RANGE.fullmatch(text):
        return text
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    try:
        SpecifierSet(text)
    except InvalidSpecifier:
        raise InvalidInput(
            f"{where}: {text!r} is not a range of versions", hint='write requires-python = ">=3.10"'
        ) from None
    return text


def cluster_facts(python: str) -> dict[str, str]:
    """Return what decides a marker on a cluster with this Python (3.11), as uv has it when it resolves a lock."""
    return {
        "implementation_name": "cpython",
        "implementation_version": f"{python}.0",
        "os_name": "posix",
        "platform_machine": "x86_64",
        "platform_python_implementation": "CPython",
        "platform_release": "",
        "platform_system": "Linux",
        "platform_version": "",
        "python_full_version": f"{python}.0",
        "python_version": python,
        "sys_platform": "linux",
    }


def supports(requires_python: str | None, python: str) -> bool:
    """Return whether some patch release of this Python (3.11) will do: which one a cluster has is not known."""
    if not requires_python:
        return True
    from packaging.specifiers import SpecifierSet

    wanted = SpecifierSet(requires_python)
    return any(f"{python}.{patch}" in wanted for patch in range(40))


def check_support(project: str, requires_python: str | None, python: str, *, needed_by: str) -> None:
    """Raise `ProjectFailed` where a project, or a library that it needs, does not run on the cluster's Python."""
    if not supports(requires_python, python):
        why = "" if project == needed_by else f", which {needed_by} needs,"
        raise ProjectFailed(
            f"{project}{why} requires Python {requires_python}, and the cluster has {python}",
            hint="change requires-python, or python in hermes.toml",
        )
