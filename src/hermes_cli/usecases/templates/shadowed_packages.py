"""Warn where a new project has the name of a package that is well known: then nobody here can use that one."""

from __future__ import annotations

from hermes_cli.script_analysis.known_packages import package_named


def shadow_notes(project: str) -> tuple[str, ...]:
    """Return a warning for a project's name, or nothing."""
    package = package_named(project)
    if package is None:
        return ()
    also = "" if package == project else f" (its module, or the name itself, is that of {package})"
    return (
        f"{project} shadows a package of the package index{also}: nothing in this repo can need that one, "
        "and no package that needs it can be used; another name is better",
    )
