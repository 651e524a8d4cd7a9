"""Keep packages of an index that are named like a project of the repo out of what uv resolves."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from urllib.parse import unquote, urlsplit

from packaging.utils import canonicalize_name

from hermes_cli.domain.index_namesakes import namesake

# Who needs something is told below it: `# via requests`, or a line each.
ANNOTATED = ("--annotate", "--annotation-style", "split")
_LOCAL = re.compile(r"(?:-e |[A-Za-z0-9][A-Za-z0-9._-]*(?:\[[^\]]*\])? @ )?(file://\S+)")
_PINNED = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]*)(?:\[[^\]]*\])?==")
_NEEDED_BY = re.compile(r"\s+#(?: via |   )(\S+)")


def never_built(names: Collection[str]) -> list[str]:
    """Return the options by which uv runs no code of packages with these names."""
    return [part for name in sorted(names) for part in ("--only-binary", name)]


def refuse_namesakes(resolution: str, names: Collection[str]) -> None:
    """Raise `ProjectFailed` where a package of an index has one of these names, or needs one that has.

    `resolution` is what uv prints, with annotations; what comes from a folder or a file is the repo's own.
    """
    needed_by: dict[str, list[str]] = {}
    pinned: set[str] = set()
    for name, is_pinned, needing in _resolved(resolution):
        needed_by[name] = needing
        if is_pinned:
            pinned.add(name)
    for name in needed_by.keys() & set(names):
        foreign = [one for one in needed_by[name] if one in pinned]
        if foreign or name in pinned:
            raise namesake(name, (foreign or needed_by[name] or ["the project"])[0])


def _resolved(resolution: str) -> Iterator[tuple[str, bool, list[str]]]:
    """Yield each package, whether it comes from an index, and the packages that need it."""
    for stanza in re.split(r"\n(?=\S)", resolution):
        pin, local = _PINNED.match(stanza), _LOCAL.match(stanza)
        needing: list[str] = [
            canonicalize_name(one) for one in _NEEDED_BY.findall(stanza) if not one.startswith("-")
        ]
        if pin:
            yield canonicalize_name(pin[1]), True, needing
        elif local:
            yield canonicalize_name(_name_of(stanza, local[1])), False, needing


def _name_of(stanza: str, url: str) -> str:
    """The name before the URL, else that of the project's folder, which is the same."""
    return (
        stanza.split(" ")[0]
        if " @ " in stanza
        else unquote(urlsplit(url).path).rstrip("/").rsplit("/", 1)[-1]
    )
