"""Read and write files of the folder that the code ran in below the places of a run, where that is sure to work."""

from __future__ import annotations

import ast
import posixpath
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from hermes_cli.script_analysis.syntax_tree import (
    bound_names,
    dotted,
    end_of,
    is_star_import,
    start_of,
    string_of,
)

from .existing_main import has_own_main
from .local_paths import is_data_file
from .place_expressions import given, product
from .rewriting import Rewriting

# Functions and methods of pandas that take a URI as well as a path, with the name of that argument.
_WRITERS = {
    "to_csv": "path_or_buf",
    "to_excel": "excel_writer",
    "to_feather": "path",
    "to_json": "path_or_buf",
    "to_parquet": "path",
    "to_pickle": "path",
}
_READERS = {
    "ExcelFile": "path_or_buffer",
    "read_csv": "filepath_or_buffer",
    "read_excel": "io",
    "read_feather": "path",
    "read_json": "path_or_buf",
    "read_parquet": "path",
    "read_pickle": "filepath_or_buffer",
    "read_table": "filepath_or_buffer",
}
_FUNCTIONS = {**_READERS, "ExcelWriter": "path"}
# Their objects have methods of the same names, which may write elsewhere.
_LIKE_PANDAS = ("dask.", "pyspark.pandas.", "databricks.koalas.")
# Calls that look around in the current folder, or leave it.
_OF_THE_FOLDER = frozenset({"glob", "iglob", "rglob", "listdir", "scandir", "walk", "iterdir", "chdir"})
_WORDS_OF_OPEN = frozenset({"mode", "encoding", "errors", "newline"})
_MODES = frozenset({"r", "rt", "rb", "w", "wt", "wb"})
_METHODS = frozenset({"read", "readline", "readlines", "write", "writelines", "flush", "close"})
_UPLOAD = (
    "put it into .hermes/input to run it here, and have it uploaded for dev; in prod there is no HERMES_INPUT"
)


@dataclass(frozen=True, kw_only=True)
class FileUse:
    """A call that reads or writes a file.

    Its `argument` is the literal `path`, or a name that means this one; in `opens` is the node that says `open`.
    """

    call: ast.Call
    argument: ast.expr
    path: ast.expr
    name: str
    writes: bool
    opens: ast.Name | None = None


def sure_uses(tree: ast.Module) -> tuple[FileUse, ...]:
    """Find the uses of files that can be below the places: all uses of a file are among them, or none."""
    if any(_last(node.func) in _OF_THE_FOLDER for node in ast.walk(tree) if isinstance(node, ast.Call)):
        return ()
    named = _named_texts(tree)
    found = sorted((*_by_pandas(tree, named), *_by_open(tree, named)), key=lambda use: start_of(use.argument))
    ours = {id(node) for use in found for node in (use.path, use.argument)}
    others = (node for node in ast.walk(tree) if id(node) not in ours)
    unsure = {posixpath.normpath(text) for node in others if (text := string_of(_meaning(node, named)))}
    first: dict[str, FileUse] = {}
    for use in found:
        before = first.setdefault(use.name, use)
        # One that is read and then written over would be in two places, and a folder of the products may be missing.
        if use.writes and (not before.writes or "/" in use.name):
            unsure.add(use.name)
    return tuple(use for use in found if use.name not in unsure)


def move_to_places(code: Rewriting) -> None:
    """Let the code write products, read input, and read again what it wrote, by what works in a bucket too."""
    uses = [use for use in sure_uses(code.tree) if id(use.path) not in code.handled]
    written = {use.name for use in uses if use.writes}
    for use in uses:
        is_product = use.name in written
        os = code.module("os", use.path)
        place = product(code.project, use.name, os=os) if is_product else given(use.name, os=os)
        if use.opens is not None:
            code.edits.replace(use.opens, f"{code.module('fsspec', use.call)}.open")
            if len(use.call.args) == 1 and all(word.arg != "mode" for word in use.call.keywords):
                code.edits.replace_between(end_of(use.argument), end_of(use.argument), ', "r"')
        code.edits.replace(use.path, place)
        code.handled.add(id(use.path))
        line = use.argument.lineno
        what = f"{use.name!r} is {'written' if use.writes else 'read'} below"
        if is_product:
            code.note(line, f"{what} HERMES_PRODUCTS now, as {code.project}/{use.name}")
        else:
            code.leave_to_do(line, f"{what} HERMES_INPUT now", _UPLOAD)


def _by_pandas(tree: ast.Module, named: Mapping[str, ast.expr]) -> Iterator[FileUse]:
    """Yield calls of pandas' readers and writers, where what has a method of such a name is pandas' own."""
    modules, functions, imported = set[str](), dict[str, str](), set[str]()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            imported |= {one.name for one in node.names}
            modules |= {one.asname or one.name for one in node.names if one.name == "pandas"}
        elif isinstance(node, ast.ImportFrom):
            imported |= {f"{node.module}.{one.name}" for one in node.names}
            if node.module == "pandas":
                functions |= {one.asname or one.name: one.name for one in node.names}
    if not (modules or functions) or any(f"{one}.".startswith(_LIKE_PANDAS) for one in imported):
        return
    for call in _plain_calls(tree):
        module, _, last = (dotted(call.func) or "").rpartition(".")
        function = functions.get(last) if not module else last if module in modules else None
        if function is not None:
            word = _FUNCTIONS.get(function)
        else:
            word = _WRITERS.get(_last(call.func)) if isinstance(call.func, ast.Attribute) else None
        modes = [string_of(one.value) for one in call.keywords if one.arg == "mode"]
        if (
            word is not None
            and (argument := _path_of(call, word, named)) is not None
            and modes in ([], ["w"])
            and not any(one.arg == "storage_options" for one in call.keywords)
        ):
            yield _use(call, argument, named, writes=function not in _READERS)


def _by_open(tree: ast.Module, named: Mapping[str, ast.expr]) -> Iterator[FileUse]:
    """Yield calls of `open` in a with, where what fsspec opens does instead."""
    nodes = list(ast.walk(tree))
    if any(is_star_import(node) or "open" in bound_names(node) for node in nodes):
        return  # it may be another one
    plain = set(map(id, _plain_calls(tree)))
    for block in (node for node in nodes if isinstance(node, ast.With)):
        for item in block.items:
            call = item.context_expr
            if (
                isinstance(call, ast.Call)
                and isinstance(call.func, ast.Name)
                and call.func.id == "open"
                and id(call) in plain
                and {word.arg for word in call.keywords} <= _WORDS_OF_OPEN
                and (argument := _path_of(call, "file", named)) is not None
                and (mode := _mode_of(call)) in _MODES
                and _needs_no_disk(block, item.optional_vars)
            ):
                yield _use(call, argument, named, writes=mode.startswith("w"), opens=call.func)


def _use(
    call: ast.Call,
    argument: ast.expr,
    named: Mapping[str, ast.expr],
    *,
    writes: bool,
    opens: ast.Name | None = None,
) -> FileUse:
    path = _meaning(argument, named)
    assert isinstance(path, ast.expr)  # noqa: S101 - for the type checker
    name = posixpath.normpath(string_of(path) or "")
    return FileUse(call=call, argument=argument, path=path, name=name, writes=writes, opens=opens)


def _named_texts(tree: ast.Module) -> dict[str, ast.expr]:
    """Return the literals of names that are bound once in the whole code, and to a text."""
    bound: Counter[object] = Counter()
    for node in ast.walk(tree):
        if not isinstance(node, ast.keyword) and not isinstance(getattr(node, "ctx", None), ast.Load):
            bound.update(getattr(node, field, None) for field in ("id", "arg", "name", "asname", "rest"))
            bound.update(node.names if isinstance(node, (ast.Global, ast.Nonlocal)) else ())
    kept = {id(part) for node in ast.walk(tree) if isinstance(node, ast.ClassDef) for part in node.body}
    if has_own_main(tree):  # what is at its top runs when a test imports it, without the places
        kept |= set(map(id, tree.body))
    found = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and len(node.targets) == 1 and id(node) not in kept:
            target = node.targets[0]
            if isinstance(target, ast.Name) and bound[target.id] == 1 and string_of(node.value) is not None:
                found[target.id] = node.value
    return found


def _meaning(node: ast.AST, named: Mapping[str, ast.expr]) -> ast.AST:
    """Return the literal that a name means, any other node as it is."""
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
        return named.get(node.id, node)
    return node


def _plain_calls(tree: ast.Module) -> Iterator[ast.Call]:
    """Yield calls whose arguments are all written out; not those in an f-string, whose quotes an edit could break."""
    strings = [node for node in ast.walk(tree) if isinstance(node, ast.JoinedStr)]
    quoted = {id(part) for node in strings for part in ast.walk(node)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and id(node) not in quoted:
            starred = any(isinstance(one, ast.Starred) for one in node.args)
            if not starred and all(word.arg for word in node.keywords):
                yield node


def _path_of(call: ast.Call, word: str, named: Mapping[str, ast.expr]) -> ast.expr | None:
    """Return the argument, first or by a word, that names a file in or below the current folder."""
    values = [*call.args[:1], *(one.value for one in call.keywords if one.arg == word)]
    text = string_of(_meaning(values[0], named)) if len(values) == 1 else None
    is_below = text and is_data_file(text) and ".." not in text.split("/") and "\\" not in text
    return values[0] if is_below else None


def _mode_of(call: ast.Call) -> str:
    """Return the mode that a call of `open` names, an empty text for one that is not a literal."""
    modes = [*call.args[1:], *(word.value for word in call.keywords if word.arg == "mode")]
    if not modes:
        return "r"
    return string_of(modes[0]) or "" if len(modes) == 1 else ""


def _needs_no_disk(block: ast.With, target: ast.expr | None) -> bool:
    """Tell whether a block uses its file only as what fsspec opens can be used."""
    if target is None:
        return True
    return isinstance(target, ast.Name) and all(
        node.attr in _METHODS
        for node in ast.walk(block)
        if isinstance(node, ast.Attribute) and dotted(node.value) == target.id
    )


def _last(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
