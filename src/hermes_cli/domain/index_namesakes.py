"""Refuse a package of an index that has the name of a project of the repo: it would be somebody else's code."""

from __future__ import annotations

from hermes_cli.domain.contract.errors import ProjectFailed

ALLOW = "allow-from-index"
PAST = "past-projects"


def namesake(name: str, needed_by: str) -> ProjectFailed:
    """Return the error for a name of this repo that something needs, and that only an index has."""
    return ProjectFailed(
        f"{needed_by} needs {name}, which is or was a project of this repo, and never comes from a package index",
        hint=f"do without it or rename the project; where the package of the index is meant, "
        f'add {ALLOW} = ["{name}"] to hermes.toml',
    )
