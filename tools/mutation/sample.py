"""Draw a random sample of mutations, spread over the layers and rooms by their lines."""

from __future__ import annotations

import hashlib
import json
import random
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from .operators import TEXT, Mutation, compiles, mutations

PACKAGE = "hermes_cli"


@dataclass(frozen=True, kw_only=True)
class Site:
    """A mutation of one file (its path below src), and its words for people."""

    path: str
    area: str
    before: str
    statement: str
    mutation: Mutation

    @property
    def key(self) -> str:
        """Name it by its content, so that lines that are moved above it do not change the name."""
        facts = (self.path, self.mutation.operator, self.statement, self.before, self.mutation.after)
        return hashlib.sha256(repr(facts).encode()).hexdigest()[:12]

    @property
    def place(self) -> str:
        """Return `path:line`."""
        return f"{self.path}:{self.mutation.line}"

    def to_json(self) -> dict[str, Any]:
        """Return what `from_json` takes."""
        return {**asdict(self), "key": self.key}

    @classmethod
    def from_json(cls, facts: Mapping[str, Any]) -> Site:
        """Read back what `to_json` gave."""
        known = {name: value for name, value in facts.items() if name != "key"}
        return cls(**{**known, "mutation": Mutation(**facts["mutation"])})


def area_of(path: str) -> str:
    """Name the part of the house that a file is in: a layer, or a package below usecases or domain."""
    parts = path.split("/")[1:-1]
    if parts[:1] in (["usecases"], ["domain"]) and len(parts) > 1:
        return "/".join(parts[:2])
    return parts[0] if parts else ""


def source_files(src: Path, *, cli: bool) -> dict[str, bytes]:
    """Read the files to mutate: all that a command consists of, the command line itself only where asked."""
    found = {}
    for path in sorted((src / PACKAGE).rglob("*.py")):
        name = path.relative_to(src).as_posix()
        area = area_of(name)
        if area and (cli or area != "cli") and not path.is_symlink():
            found[name] = path.read_bytes()
    return found


def digest(files: Mapping[str, bytes]) -> str:
    """Return one digest of all files and their names."""
    total = hashlib.sha256()
    for name in sorted(files):
        total.update(f"{name}\0{hashlib.sha256(files[name]).hexdigest()}\n".encode())
    return total.hexdigest()


def shares(lines: Mapping[str, int], count: int) -> dict[str, int]:
    """Divide `count` by lines (the largest remainders round up); each area has one where there are enough."""
    total = sum(lines.values())
    exact = {area: count * some / total for area, some in lines.items()}
    given = {area: max(int(share), 1 if count >= len(lines) else 0) for area, share in exact.items()}
    while sum(given.values()) != count:
        step = 1 if sum(given.values()) < count else -1
        area = max(
            (area for area in sorted(given) if given[area] + step > 0 or step > 0),
            key=lambda area: step * (exact[area] - given[area]),
        )
        given[area] += step
    return given


def draw(files: Mapping[str, bytes], *, seed: int, count: int, texts: bool) -> list[Site]:
    """Draw a sample, the same for the same files and seed: a module by its lines, an operator, a site."""
    chance = random.Random(seed)  # noqa: S311
    areas: dict[str, list[str]] = defaultdict(list)
    for name in sorted(files):
        areas[area_of(name)].append(name)
    sizes = {name: files[name].count(b"\n") for name in files}
    lines = {area: sum(sizes[name] for name in names) for area, names in areas.items()}
    known: dict[str, dict[str, list[Mutation]]] = {}
    chosen: dict[str, Site] = {}
    for area, number in shares(lines, count).items():
        found: set[str] = set()
        for _ in range(number * 100):  # an area of few sites ends before its number
            if len(found) == number:
                break
            (name,) = chance.choices(areas[area], [sizes[name] for name in areas[area]])
            if name not in known:
                known[name] = _by_operator(mutations(files[name]), texts=texts)
            if not known[name]:
                continue
            operator = chance.choice(sorted(known[name]))
            site = site_of(name, files[name], chance.choice(known[name][operator]))
            if site.key not in chosen and compiles(site.mutation.apply(files[name])):
                chosen[site.key] = site
                found.add(site.key)
    drawn = list(chosen.values())
    chance.shuffle(drawn)  # so that one that is stopped early has seen every area
    return drawn


def _by_operator(found: Sequence[Mutation], *, texts: bool) -> dict[str, list[Mutation]]:
    groups = defaultdict(list)
    for one in found:
        if texts or one.operator != TEXT:
            groups[one.operator].append(one)
    return dict(groups)


def site_of(name: str, text: bytes, mutation: Mutation) -> Site:
    """Describe a mutation of a file."""
    line = text.splitlines()[mutation.line - 1].decode().strip()
    before = text[mutation.start : mutation.end].decode()
    return Site(path=name, area=area_of(name), before=before, statement=line, mutation=mutation)


@dataclass(frozen=True, kw_only=True)
class Equivalent:
    """A mutation that changes nothing that a test could see, and why."""

    path: str
    operator: str
    statement: str
    after: str
    reason: str

    def fits(self, site: Site) -> bool:
        """Tell whether the site is this one."""
        return (self.path, self.operator, self.statement, self.after) == (
            site.path,
            site.mutation.operator,
            site.statement,
            site.mutation.after,
        )


def read_equivalents(path: Path) -> list[Equivalent]:
    """Read the known ones from a JSON list."""
    return [Equivalent(**facts) for facts in json.loads(path.read_text("utf-8"))]


def stale(known: Sequence[Equivalent], files: Mapping[str, bytes]) -> Iterator[Equivalent]:
    """Find those whose statement is not in the source any more."""
    for one in known:
        text = files.get(one.path, b"")
        if not any(one.fits(site_of(one.path, text, mutation)) for mutation in mutations(text)):
            yield one
