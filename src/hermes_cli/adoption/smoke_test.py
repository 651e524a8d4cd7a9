"""Write the first test of an adopted script: it is imported, given its parameters and, if it can be, run."""

from __future__ import annotations

import ast
import json
import sys
from typing import TYPE_CHECKING

from .syntax_tree import dotted

if TYPE_CHECKING:
    from .conversion import Conversion

# Libraries that compute only.
_COMPUTING = frozenset(
    {"numpy", "pandas", "polars", "scipy", "sklearn", "statsmodels", "dateutil", "tabulate"}
)
_OUTSIDE = frozenset(
    """
    subprocess socket ssl urllib http smtplib ftplib imaplib poplib xmlrpc socketserver asyncio
    multiprocessing threading signal sqlite3 shutil tempfile webbrowser getpass tkinter ctypes select
    selectors argparse fileinput readline cmd pdb code runpy time sched optparse getopt
    """.split()  # noqa: SIM905
)
_CALLS = frozenset(
    """
    open input exit quit breakpoint sys.exit os.system os.popen os._exit exec eval __import__ compile
    time.sleep
    """.split()  # noqa: SIM905
)
# How the names of functions that read or write files start.
_OF_FILES = tuple("connect dump fetch_ glob load makedirs mkdir read save to_ unlink write".split())  # noqa: SIM905
_IN_MEMORY = frozenset(
    {"to_string", "to_dict", "to_datetime", "to_numeric", "to_numpy", "to_frame", "to_list", "dumps", "loads"}
)


def runs_alone(tree: ast.Module) -> bool:
    """Tell whether nothing in a module needs files, the network, a person or its arguments."""
    return not any(_needs_more(node) for node in ast.walk(tree))


def _needs_more(node: ast.AST) -> bool:
    if isinstance(node, (ast.Import, ast.ImportFrom)):
        modules = [one.name for one in node.names] if isinstance(node, ast.Import) else [node.module or ""]
        tops = {module.partition(".")[0] for module in modules} - _COMPUTING
        return not tops <= sys.stdlib_module_names - _OUTSIDE
    if isinstance(node, ast.Call):
        path = dotted(node.func) or (node.func.attr if isinstance(node.func, ast.Attribute) else "")
        last = path.rpartition(".")[2]
        return path in _CALLS or (last.startswith(_OF_FILES) and last not in _IN_MEMORY)
    if isinstance(node, ast.Raise):
        return node.exc is not None and "SystemExit" in ast.unparse(node.exc)
    if isinstance(node, ast.While):
        return isinstance(node.test, ast.Constant)
    return isinstance(node, ast.Attribute) and dotted(node) in ("sys.argv", "os.environ", "sys.stdin")


def smoke_test_for(conversion: Conversion, *, package: str, script: str) -> str:
    """Return the text of the test; each secret has a stand-in, which a module may read when it is imported."""
    runs, secrets, parameters = conversion.runs_alone, conversion.secrets, conversion.parameters
    values = {one.option: (one.choices or ("x",))[0] for one in parameters if one.required}
    given = [word for option, value in values.items() for word in (f"--{option}", value)]
    imports = (
        ["import runpy", "import sys", "from pathlib import Path", "", "import pytest", ""] if runs else []
    )
    if secrets:
        imports = ["import os", "", *imports]
    stand_ins = [f'os.environ.setdefault("{name}", "a stand-in")' for name in secrets]
    late = "  # noqa: E402 - it may read them at once" if secrets else ""
    lines = [
        f'"""A first test of what was adopted from {conversion.file}. Add one for each thing that it must do."""',
        "",
        "from __future__ import annotations",
        "",
        *imports,
        *([*stand_ins, ""] if stand_ins else []),
        f"from {package} import {script} as script{late}",
        "",
        "",
        "def test_can_be_imported_and_has_an_entry() -> None:",
        f"    assert callable(script.{conversion.entry})",
    ]
    if parameters:
        lines += [
            "",
            "",
            "def test_takes_its_parameters() -> None:",
            f"    parameters = script.parse_parameters({_quoted(given)})",
        ]
        for one in parameters:
            expected = values.get(one.option, one.default)
            if expected is None:
                lines.append(
                    f"    assert parameters.{one.attribute} is None  # computed when the script runs"
                )
            else:
                lines.append(f"    assert parameters.{one.attribute} == {_quoted(expected)}")
    if runs:
        lines += [
            "",
            "",
            "def test_runs_to_its_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:",
            "    monkeypatch.chdir(tmp_path)",
            f'    monkeypatch.setattr(sys, "argv", ["{script}.py"])',
            "    assert script.__file__",
            '    runpy.run_path(script.__file__, run_name="__main__")',
        ]
    return "\n".join(lines) + "\n"


def _quoted(value: str | list[str]) -> str:
    return json.dumps(value)  # a literal of Python too
