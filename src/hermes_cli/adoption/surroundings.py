"""What a notebook finds around it and a script does not: display, spark, dbutils, its own module scope."""

from __future__ import annotations

import ast
from collections.abc import Collection
from dataclasses import dataclass
from itertools import zip_longest

from .edits import Edits, at_module_scope
from .flatten import Flat
from .parameters import PARAMETERS, dotted
from .purity import BUILTINS
from .scopes import is_star
from .values import SourceText

_SHOWS_NOTHING = frozenset({"print", "display", "displayHTML", "exit", "quit", "exec"})
# Names that Databricks binds, and how a script gets them, in this order.
_BOUND = {
    "spark": ("from pyspark.sql import SparkSession", "spark = SparkSession.builder.getOrCreate()"),
    "sc": ("sc = spark.sparkContext",),
    "sqlContext": ("sqlContext = spark",),
    "sql": ("sql = spark.sql",),
    "table": ("table = spark.table",),
    "dbutils": ("from pyspark.dbutils import DBUtils", "dbutils = DBUtils(spark)"),
}
_NEEDS_SPARK = frozenset({"sc", "sqlContext", "sql", "table", "dbutils"})


@dataclass(frozen=True, kw_only=True)
class Prologue:
    """The first lines of main, the names that they bind, and helpers that go before it."""

    lines: tuple[str, ...]
    names: frozenset[str]
    helpers: tuple[str, ...]
    spark: bool


def keep_module_scope(tree: ast.Module, source: SourceText, edits: Edits) -> bool:
    """Rewrite what only works at the top of a module; whether annotations are postponed."""
    postponed = False
    for node in at_module_scope(tree):
        if isinstance(node, ast.Global):
            edits.replace(node, "pass")
        elif isinstance(node, ast.ImportFrom) and node.module == "__future__":
            postponed = postponed or any(one.name == "annotations" for one in node.names)
            edits.replace(node, "pass")
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            given = len(node.args) + len(node.keywords)
            if node.func.id in ("locals", "vars") and not given:
                edits.replace(node, "globals()")
            elif node.func.id == "dir" and not given:
                edits.replace(node, "sorted(globals())")
            elif node.func.id in ("exec", "eval") and given == 1 and node.args:
                between = ast.get_source_segment(source.text, node) or ""
                comma = "" if between[:-1].rstrip().endswith(",") else ", "
                edits.close_call(node, f"{comma}globals()")
    return postponed


def name_late_stars(tree: ast.Module, first: Collection[ast.stmt], edits: Edits) -> None:
    """An import of everything cannot stand in a function; exec does the same in the module's scope."""
    for node in at_module_scope(tree):
        if is_star(node) and node not in first:
            assert isinstance(node, ast.ImportFrom)  # noqa: S101 - for the type checker
            module = "." * node.level + (node.module or "")
            edits.replace(node, f'exec("from {module} import *", globals())')


def show_last_values(
    tree: ast.Module, source: SourceText, shown: Collection[str], edits: Edits, show: str
) -> bool:
    """A cell shows the value of its last line, unless that ends with a semicolon; whether one does."""
    some = False
    for statement, following in zip_longest(tree.body, tree.body[1:]):
        if not isinstance(statement, ast.Expr):
            continue
        line, end = statement.lineno, statement.end_lineno or statement.lineno
        place = source.place(line)
        if place.file not in shown or (
            following is not None and _cell(source, following.lineno) == _cell(source, line)
        ):
            continue
        rest = source.lines[end - 1].encode()[statement.end_col_offset :].decode()
        value = statement.value
        quiet = (
            isinstance(value, ast.Call)
            and isinstance(value.func, ast.Name)
            and value.func.id in _SHOWS_NOTHING
        )
        path = dotted(value.func) if isinstance(value, ast.Call) else ""
        quiet = quiet or (path or "").endswith(".show")  # it shows, and has no value
        if quiet or rest.lstrip().startswith(";") or (path or "").startswith("dbutils."):
            continue
        edits.wrap(statement, f"{show}(", ")")
        some = True
    return some


def _cell(source: SourceText, line: int) -> tuple[str, int | None]:
    place = source.place(line)
    return place.file, place.cell


def replace_dbutils(tree: ast.Module, source: SourceText, flat: Flat, edits: Edits) -> None:
    """Calls of dbutils that have a meaning in a notebook only."""
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)):
            continue
        path, place = dotted(node.value.func), source.place(node.lineno)
        if path == "dbutils.library.restartPython":
            edits.replace(node, "pass")
            flat.note(place, f"{path} left out: Hermes makes the environment")
        elif path == "dbutils.notebook.exit":
            last = node is tree.body[-1]
            _print_and_end(node.value, edits, "" if last else "; sys.exit()")
            flat.imports |= set() if last else {"sys"}
            todo = "whoever called it reads the value from the output, or from a file that it writes"
            flat.ask(place, "dbutils.notebook.exit: the script prints the value and ends", todo)


def _print_and_end(call: ast.Call, edits: Edits, end: str) -> None:
    """Print what a notebook gave to its caller; what stands after the last statement is the end anyway."""
    values = [*call.args, *(one.value for one in call.keywords)]
    if len(values) != 1:
        edits.replace(call, f"print(){end}")
        return
    value = values[0]
    assert value.end_lineno is not None and value.end_col_offset is not None  # noqa: S101
    assert call.end_lineno is not None and call.end_col_offset is not None  # noqa: S101
    edits.span((call.lineno, call.col_offset), (value.lineno, value.col_offset), "print(")
    edits.span((value.end_lineno, value.end_col_offset), (call.end_lineno, call.end_col_offset), f"){end}")


def tell_plots(tree: ast.Module, source: SourceText, flat: Flat) -> None:
    """A notebook shows the plots of matplotlib; where a script runs, nobody sees them."""
    modules = ("matplotlib.pyplot", "pylab", "matplotlib.pylab")
    shows = {f"{name}.show" for name in ("plt", "pylab", *modules)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            shows |= {f"{one.asname}.show" for one in node.names if one.asname and one.name in modules}
        elif isinstance(node, ast.ImportFrom):
            names = {one.asname or one.name: f"{node.module}.{one.name}" for one in node.names}
            shows |= {f"{name}.show" for name, whole in names.items() if whole in modules}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and (path := dotted(node.func)) in shows:
            todo = f"save it below HERMES_PRODUCTS: {(path or '').removesuffix('show')}savefig"
            flat.ask(
                source.place(node.lineno), f"{path}() shows a plot, which nobody sees on a cluster", todo
            )


def prologue(
    unbound: Collection[str],
    source: SourceText,
    tree: ast.Module,
    flat: Flat,
    *,
    parameters: bool,
    show: str | None,
) -> Prologue:
    """What main has to bind first, and helpers; names that nobody defines are told."""
    lines = [f"{PARAMETERS} = parse_parameters()"] if parameters else []
    names = {PARAMETERS} if parameters else set()
    wanted = [name for name in _BOUND if name in unbound]
    if set(wanted) & _NEEDS_SPARK and "spark" not in wanted:
        wanted.insert(0, "spark")
    for name in wanted:
        lines += _BOUND[name]
        names.add(name)
    if wanted:
        names |= {"SparkSession"} | ({"DBUtils"} if "dbutils" in wanted else set())
    if "dbutils" in wanted:
        what = "dbutils is there on a Databricks cluster only"
        _tell(tree, source, flat, "dbutils", what, "take secrets from variables, and files from HERMES_INPUT")
    elif wanted:
        what = f"{wanted[0]} is there where Spark is, on the cluster"
        _tell(tree, source, flat, wanted[-1], what, None)
    helpers = []
    if show is not None:
        helpers.append(_SHOW_SPARK.format(show) if "spark" in wanted else _SHOW.format(show))
    if "displayHTML" in unbound:
        helpers.append(_SHOW_HTML)
    return Prologue(lines=tuple(lines), names=frozenset(names), helpers=tuple(helpers), spark=bool(wanted))


def tell_unbound(unbound: Collection[str], source: SourceText, tree: ast.Module, flat: Flat) -> None:
    """Names that the notebook uses and never defines: they were left in its memory."""
    for name in sorted(unbound - _BOUND.keys() - BUILTINS - {"display", "displayHTML"}):
        what = f"{name} is used, and nothing here defines it"
        _tell(tree, source, flat, name, what, "define it, or take out what uses it")


def _tell(tree: ast.Module, source: SourceText, flat: Flat, name: str, what: str, todo: str | None) -> None:
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and node.id == name:
            place = source.place(node.lineno)
            flat.ask(place, what, todo) if todo else flat.note(place, what)
            return


_SHOW = '''\
def {}(*values: object, **_: object) -> None:
    """Print values, as the notebook showed them."""
    for value in values:
        if value is not None:
            print(repr(value))
'''
_SHOW_SPARK = '''\
def {}(*values: object, **_: object) -> None:
    """Print values, as the notebook showed them; the first rows of a Spark table."""
    for value in values:
        if hasattr(value, "toPandas"):
            value.show()
        elif value is not None:
            print(repr(value))
'''
_SHOW_HTML = '''\
def displayHTML(text: str) -> None:
    """Print what the notebook showed as a page."""
    print(text)
'''
