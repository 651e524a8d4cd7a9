"""Print the figures of a checkout's structure, to compare one with another: `make structure`."""

from __future__ import annotations

import argparse
import ast
import json
import statistics
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LONG = 50  # lines; a function above it is counted as long
LAYERS = ("usecases", "adapters")  # whose packages are rooms; a module beside them is in the layer's own room
START = "hermes_cli.usecases.deploy"
TRACER = Path(__file__).resolve().with_name("trace_deploy.py")


@dataclass(frozen=True, kw_only=True)
class Module:
    """One Python file below src, parsed."""

    name: str
    path: str
    lines: int
    tree: ast.Module
    is_package: bool


@dataclass(frozen=True, kw_only=True)
class Rooms:
    """The rooms of the use cases that a deploy can reach, and the pairs that import each other."""

    modules: tuple[str, ...]
    entered: tuple[str, ...]
    returns: tuple[str, ...]


def read_modules(src: Path) -> dict[str, Module]:
    """Read every module below `src` by its dotted name; a link is another's file, and is left out."""
    found = {}
    for path in sorted(src.rglob("*.py")):
        if path.is_symlink():
            continue
        parts = path.relative_to(src).with_suffix("").parts
        is_package = parts[-1] == "__init__"
        name = ".".join(parts[:-1] if is_package else parts)
        text = path.read_bytes()
        found[name] = Module(
            name=name,
            path=path.relative_to(src).as_posix(),
            lines=text.count(b"\n"),
            tree=ast.parse(text, str(path)),
            is_package=is_package,
        )
    return found


def imported(module: Module, names: Mapping[str, object]) -> set[str]:
    """Name the modules of `names` that the module imports, wherever the statement is.

    `from package import part` is an import of `package.part` where that is a module, else of the package.
    """
    found = set()
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            found |= {_nearest(alias.name, names) for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                above = module.name.split(".")
                keep = len(above) - node.level + (1 if module.is_package else 0)
                base = ".".join([*above[:keep], *([base] if base else [])])
            for alias in node.names:
                part = f"{base}.{alias.name}"
                found.add(part if part in names else _nearest(base, names))
    return found - {"", module.name}


def _nearest(name: str, names: Mapping[str, object]) -> str:
    return name if name in names else ""


def import_graph(modules: Mapping[str, Module]) -> dict[str, set[str]]:
    """Map each module to those that it imports."""
    return {name: imported(module, modules) for name, module in modules.items()}


def circles(graph: Mapping[str, set[str]]) -> list[list[str]]:
    """List the groups of modules that reach each other by imports (Tarjan's algorithm)."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    found: list[list[str]] = []

    def visit(name: str) -> None:
        index[name] = low[name] = len(index)
        stack.append(name)
        for other in sorted(graph.get(name, ())):
            if other not in index:
                visit(other)
                low[name] = min(low[name], low[other])
            elif other in stack:
                low[name] = min(low[name], index[other])
        if low[name] == index[name]:
            at = stack.index(name)
            group, stack[at:] = sorted(stack[at:]), []
            if len(group) > 1:
                found.append(group)

    sys.setrecursionlimit(max(sys.getrecursionlimit(), 4 * len(graph) + 1000))
    for name in sorted(graph):
        if name not in index:
            visit(name)
    return sorted(found)


def function_lengths(modules: Mapping[str, Module]) -> list[int]:
    """Count the lines of every function and method, from `def` to its last line."""
    return [
        (node.end_lineno or node.lineno) - node.lineno + 1
        for module in modules.values()
        for node in ast.walk(module.tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]


def repeated_classes(modules: Mapping[str, Module]) -> dict[str, list[str]]:
    """Find the public classes at the top of two or more modules that have the same name."""
    places = defaultdict(list)
    for module in modules.values():
        for node in module.tree.body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                places[node.name].append(module.path)
    return {name: paths for name, paths in sorted(places.items()) if len(paths) > 1}


def repeated_files(modules: Mapping[str, Module]) -> dict[str, list[str]]:
    """Find the file names, but for `__init__.py`, that occur more than once."""
    places = defaultdict(list)
    for module in modules.values():
        if not module.is_package:
            places[Path(module.path).name].append(module.path)
    return {name: paths for name, paths in sorted(places.items()) if len(paths) > 1}


def room_of(module: Module, given: Mapping[str, str]) -> str:
    """Name the room of a module: the package below its layer, or the layer for a module beside the packages."""
    if module.name in given:
        return given[module.name]
    parts = module.name.split(".")[1:]
    folders = parts if module.is_package else parts[:-1]
    if folders[:1] and folders[0] in LAYERS:
        return folders[1] if len(folders) > 1 else folders[0]
    return folders[0] if folders else ""


def is_use_case(name: str) -> bool:
    """Tell whether a module is in a use case or in a room of them: neither command line, adapter nor domain."""
    parts = name.split(".")
    return parts[0] == "hermes_cli" and len(parts) > 2 and parts[1] not in {"cli", "adapters", "domain"}


def deploy_rooms(modules: Mapping[str, Module], start: str, given: Mapping[str, str]) -> Rooms:
    """Follow the imports between use cases from `start`, and group them by room."""
    graph = import_graph(modules)
    reached, todo = set(), [start]
    while todo:
        name = todo.pop()
        if name not in reached:
            reached.add(name)
            todo += [other for other in graph[name] if is_use_case(other)]
    rooms = {name: room_of(modules[name], given) for name in reached}
    crossings: dict[tuple[str, str], list[str]] = defaultdict(list)
    for name in sorted(reached):
        for other in sorted(graph[name] & reached):
            if rooms[name] != rooms[other]:
                crossings[rooms[name], rooms[other]].append(f"{_short(name)} → {_short(other)}")
    returns = [
        f"{one} ⇄ {two}: {', '.join(crossings[one, two])}; {', '.join(crossings[two, one])}"
        for one, two in sorted(crossings)
        if one < two and (two, one) in crossings
    ]
    return Rooms(
        modules=tuple(sorted(reached)), entered=tuple(sorted(set(rooms.values()))), returns=tuple(returns)
    )


def _short(name: str) -> str:
    return name.removeprefix("hermes_cli.").removeprefix("usecases.")


def rows(root: Path, given: Mapping[str, str]) -> Iterator[tuple[str, object, Sequence[str]]]:
    """Make the table: each figure's name, its value, and what it is made of."""
    modules = read_modules(root / "src")
    lengths = function_lengths(modules)
    largest = max(modules.values(), key=lambda module: (module.lines, module.path))
    folders = Counter(Path(module.path).parent.as_posix() for module in modules.values())
    folder, most = max(folders.items(), key=lambda item: (item[1], item[0]))
    classes, files = repeated_classes(modules), repeated_files(modules)
    found = circles(import_graph(modules))
    yield "modules in src", len(modules), ()
    yield "lines in src", sum(module.lines for module in modules.values()), ()
    yield "functions", len(lengths), ()
    yield "lines of the median function", f"{statistics.median(lengths):g}", ()
    long = sum(length > LONG for length in lengths)
    yield f"functions over {LONG} lines", f"{long} ({100 * long / len(lengths):.1f} %)", ()
    yield "largest module", f"{largest.lines} lines", [largest.path]
    yield "fullest folder", f"{most} modules", [folder]
    yield "public classes with a name twice", len(classes), _places(classes)
    yield "file names that repeat", len(files), _places(files)
    yield "import circles", len(found), [", ".join(group) for group in found]
    start = _start(modules)
    if start:
        rooms = deploy_rooms(modules, start, given)
        yield "use-case modules that a deploy can reach", len(rooms.modules), ()
        yield "rooms that a deploy can reach", len(rooms.entered), [", ".join(rooms.entered)]
        yield "returns: rooms that import each other", len(rooms.returns), rooms.returns


def _start(modules: Mapping[str, Module]) -> str | None:
    names = [START, *sorted(name for name in modules if is_use_case(name) and name.endswith(".deploy"))]
    return next((name for name in names if name in modules), None)


def _places(found: Mapping[str, Sequence[str]]) -> list[str]:
    return [f"{name}: {', '.join(paths)}" for name, paths in found.items()]


def trace(root: Path, given: Path | None) -> int:
    """Deploy one project with the code of `root`, and print the rooms that it passes."""
    command = [sys.executable, str(TRACER), str(root / "src"), *([str(given)] if given else [])]
    return subprocess.run(command, check=False).returncode


def main() -> int:
    """Read the command line, and print the table or the trace."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("root", nargs="?", type=Path, default=ROOT, help="a checkout (default: this one)")
    parser.add_argument("--trace", action="store_true", help="deploy one project, and print its way")
    parser.add_argument("--json", action="store_true", help="print the table as JSON")
    parser.add_argument(
        "--rooms", type=Path, help="a JSON object from module to room, for a tree whose folders have none"
    )
    options = parser.parse_args()
    root = options.root.resolve()
    if options.trace:
        return trace(root, options.rooms)
    given = json.loads(options.rooms.read_text("utf-8")) if options.rooms else {}
    table = list(rows(root, given))
    if options.json:
        facts = {name: {"value": value, "parts": list(parts)} for name, value, parts in table}
        sys.stdout.write(json.dumps(facts, indent=1, ensure_ascii=False) + "\n")
        return 0
    width = max(len(name) for name, _, _ in table)
    for name, value, parts in table:
        sys.stdout.write(f"{name:<{width}}  {value}\n")
        sys.stdout.writelines(f"{'':<{width}}    {part}\n" for part in parts)
    return 0


if __name__ == "__main__":
    sys.exit(main())
