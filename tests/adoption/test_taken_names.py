"""Code that Hermes puts into an adopted file works, whatever that file binds to the names that it uses."""

from __future__ import annotations

import contextlib
import io
import runpy
import sys
import types
from collections.abc import Sequence
from pathlib import Path

import pytest

from hermes_cli.adoption import convert
from hermes_cli.adoption.notebook import FileFormat
from hermes_cli.adoption.smoke_test import smoke_test_for
from sample_notebooks import converted, joined

WORD = "tr0ub4dor"
SECRET = f'password = "{WORD}"\nprint("read", password == "a stand-in")'
READ = "read True\n"

# Cells with something that Hermes replaces by code of its own, and their output.
CREDENTIALS = {
    "imported further down": ([SECRET, "import os\nprint(os.sep)"], READ + "/\n"),
    "imported further down in the cell": ([f"{SECRET}\nimport os\nprint(os.sep)"], READ + "/\n"),
    "imported after a change of the path": (
        ["import sys\nsys.path.append('x')", SECRET, "import os, xml.dom\nprint(os.sep)"],
        READ + "/\n",
    ),
    "imported in a block further down": ([SECRET, "if True:\n    import os\nprint(os.sep)"], READ + "/\n"),
    "imported under another name": (["import os as o", SECRET, "print(o.sep)"], READ + "/\n"),
    "a part of it is imported": (["import os.path", SECRET, "print(os.sep)"], READ + "/\n"),
    "another module's": (["import posixpath as os", SECRET, "print(os.sep)"], READ + "/\n"),
    "another module's further down": ([SECRET, "import posixpath as os\nprint(os.sep)"], READ + "/\n"),
    "of a module": (["from sys import platform as os", SECRET, "print(type(os))"], READ + "<class 'str'>\n"),
    "assigned before": (["os = 'linux'", SECRET, "print(os)"], READ + "linux\n"),
    "assigned further down": ([SECRET, "os = 'linux'\nprint(os)"], READ + "linux\n"),
    "imported, and deleted": (["import os\ndel os", SECRET], READ),
    "a loop's": (["for os in 'ab':\n    pass", SECRET, "print(os)"], READ + "b\n"),
    "a comprehension's": (
        [f'def login(password):\n    return len(password)\n[login(password="{WORD}") for os in "a"]'],
        "[10]\n",
    ),
    "a function": (["def os():\n    return 1", SECRET, "print(os())"], READ + "1\n"),
    "a class": ([SECRET, "class os:\n    x = 1\nprint(os.x)"], READ + "1\n"),
    "a constant": (["OS = os = 3", SECRET, "print(os)"], READ + "3\n"),
    "assigned by a function": (
        ["def f():\n    global os\n    os = 3", "f()", SECRET, "print(os)"],
        READ + "3\n",
    ),
    "imported in its function, further down": (
        [f'def f():\n    password = "{WORD}"\n    import os\n    return password, os.sep', "f()"],
        "('a stand-in', '/')\n",
    ),
    "imported in its function, before": (
        [f'def f():\n    import os\n    password = "{WORD}"\n    return password, os.sep', "f()"],
        "('a stand-in', '/')\n",
    ),
    "imported in another function": (
        ["def g():\n    import os\n    return os.sep", SECRET, "g()"],
        READ + "'/'\n",
    ),
    "a parameter of its function": (
        [f'def f(os):\n    password = "{WORD}"\n    return password, os', "f(3)"],
        "('a stand-in', 3)\n",
    ),
    "of the function around": (
        [f'def f(os):\n    def g():\n        return dict(password="{WORD}")\n    return g(), os', "f(3)"],
        "({'password': 'a stand-in'}, 3)\n",
    ),
    "of its class": (
        [f'class A:\n    os = 3\n    password = "{WORD}"', "(A.password, A.os)"],
        "('a stand-in', 3)\n",
    ),
    "caught": (
        [f'try:\n    1 / 0\nexcept ZeroDivisionError as os:\n    password = "{WORD}"\nprint(password)'],
        "a stand-in\n",
    ),
    "all names by text": ([SECRET, "import os\nprint(len(globals()) > 3, os.sep)"], READ + "True /\n"),
    "its other name is taken too": (["os = os_module = 3", SECRET, "print(os_module)"], READ + "3\n"),
}
ENVIRONMENT = {
    "imported further down": (["%env REGION=eu", "import os\nprint(os.environ['REGION'])"], "eu\n"),
    "another": (
        ["os = 3", "%env REGION=eu", "print(os)\nfrom os import environ as e\ne['REGION']"],
        "3\n'eu'\n",
    ),
}
ENDS = {
    "imported further down": (
        ["print(1)", "if True:\n    dbutils.notebook.exit('end')", "import sys\nprint(sys.argv)"],
        "1\nend\n",
    ),
    "another": (["sys = 3\nif sys:\n    dbutils.notebook.exit(sys)", "print(2)"], "3\n"),
    "a parameter of its function": (["def f(sys):\n    dbutils.notebook.exit(sys)", "f(3)", "2"], "3\n"),
    "a print of its own": (
        ["def print(x):\n    raise ValueError(x)", "dbutils.notebook.exit('end')\nx = 1"],
        "end\n",
    ),
}
DAY = 'dbutils.widgets.get("day")'
WIDGETS = {
    "assigned": (['parameters = {"a": 1}', f"print({DAY}, parameters)"], "x {'a': 1}\n"),
    "assigned further down": ([f"print({DAY})", "parameters = 3\nparameters"], "x\n3\n"),
    "a parameter of its function": (
        [f"def f(parameters):\n    return {DAY}, parameters", "f(3)"],
        "('x', 3)\n",
    ),
    "a function of that name": (
        ["def parse_parameters():\n    return 3", f"print({DAY}, parse_parameters())"],
        "x 3\n",
    ),
    "imported further down": ([f"print({DAY})", "import argparse\nprint(argparse.ONE_OR_MORE)"], "x\n+\n"),
    "another argparse": (["def argparse():\n    return 3", f"print({DAY}, argparse())"], "x 3\n"),
    "a question's": (['name = input("Name")', "parameters = name\nparameters"], "'x'\n"),
    "a str of one's own": (
        ['str = 3\ndbutils.widgets.text("size", 4)', f'print({DAY}, dbutils.widgets.get("size"), str)'],
        "x 4 3\n",
    ),
}
SHOWN = {
    "imported further down": (
        ["display(1)", "from builtins import print as display\ndisplay('a')"],
        "1\na\n",
    ),
    "defined further down": (
        ["display(1)", "def display(x):\n    print('mine', x)", "display(2)", "3"],
        "1\nmine 2\n3\n",
    ),
    "defined before": (["def display(x):\n    print('mine', x)", "display(2)", "3"], "mine 2\n3\n"),
    "both names": (["display = show_value = print", "3"], "3\n"),
    "a print of one's own": (["def print(*words):\n    raise ValueError(words)", "3"], "3\n"),
    "a repr of one's own": (["repr = 3", "display('a')"], "'a'\n"),
    "a page": (["displayHTML('<a>')", "displayHTML = 3", "displayHTML"], "<a>\n3\n"),
}
WAITS = {
    "imported further down": (
        ["async def f():\n    return 5", "await f()", "import asyncio\nprint(asyncio.Queue.__name__)"],
        "5\nQueue\n",
    ),
    "another": (["def asyncio():\n    return 5\nasync def f():\n    return asyncio()", "await f()"], "5\n"),
    "main's other name is taken": (
        ["def _main_async():\n    return 5\nasync def f():\n    return _main_async()", "await f()"],
        "5\n",
    ),
}
SCOPES = {
    "a sorted of one's own": (["sorted = 3", "print('sorted' in dir())"], "True\n"),
    "main within a function": (["def f():\n    global main\n    main = 5", "f()", "main"], "5\n"),
    "every name of a main": (
        ["main = run = run_script = run_notebook = run_adopted_notebook = 5", "run"],
        "5\n",
    ),
}
SPARK = {
    "made further down": (
        [
            "spark.table(1)",
            "from pyspark.sql import SparkSession\nspark = SparkSession.builder.getOrCreate()",
            "spark.table(2)",
        ],
        "'table 1'\n'table 2'\n",
    ),
    "a loop's table": (["[table for table in 'a']", "table = 3\ntable"], "['a']\n3\n"),
    "its own, in a function above": (
        ["def load():\n    return spark + 1", "spark = 3", "load()"],
        "4\n",
    ),
}
CASES = {
    f"{kind}: {title}": case
    for kind, cases in {
        "a credential": CREDENTIALS,
        "%env": ENVIRONMENT,
        "an end": ENDS,
        "a widget": WIDGETS,
        "a value shown": SHOWN,
        "an await": WAITS,
        "a scope": SCOPES,
        "spark": SPARK,
    }.items()
    for title, case in cases.items()
}


class Session:
    """What a cluster provides, as far as these cells use it."""

    builder: types.SimpleNamespace

    def table(self, name: object) -> str:
        return f"table {name}"


Session.builder = types.SimpleNamespace(getOrCreate=Session)


def ran(text: str, folder: Path, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> str:
    """What a script prints."""
    script = folder / "adopted_script.py"
    script.write_text(text, encoding="utf-8")
    monkeypatch.setattr(sys, "argv", [str(script), *arguments])
    for name in ("PASSWORD", "REGION"):
        monkeypatch.setenv(name, "a stand-in")
    for name in ("pyspark", "pyspark.sql"):
        monkeypatch.setitem(sys.modules, name, types.SimpleNamespace(SparkSession=Session))
    monkeypatch.setattr(sys, "path", list(sys.path))
    with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.suppress(SystemExit):
        runpy.run_path(str(script), run_name="__main__")
    return out.getvalue()


@pytest.mark.parametrize(("cells", "output"), CASES.values(), ids=CASES.keys())
def test_inserted_code_finds_its_names(
    cells: Sequence[str], output: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = converted(cells)
    required = [word for one in made.parameters if one.required for word in (f"--{one.option}", "x")]
    assert ran(made.text, tmp_path, monkeypatch, *required) == output, made.text
    compile(smoke_test_for(made, package="a", script="b"), "test", "exec")


SCRIPTS = {
    "imported further down": f'TOKEN = dict(password="{WORD}")\nimport os\n\n\ndef main():\n    print(TOKEN, os.sep)\n',
    "another further down": f'TOKEN = dict(password="{WORD}")\nimport json\n\n\ndef main():\n    print(TOKEN, "/")\n',
    "imported under another name": f'import os as o\n\n\ndef main():\n    print(dict(password="{WORD}"), o.sep)\n',
    "imported in main": f'def main():\n    found = dict(password="{WORD}")\n    import os\n    print(found, os.sep)\n',
    "another": f'os = "/"\n\n\ndef main():\n    print(dict(password="{WORD}"), os)\n',
    "a decorator comes first": f'@lambda f: f\ndef main():\n    print(dict(password="{WORD}"), "/")\n',
}


@pytest.mark.parametrize("text", SCRIPTS.values(), ids=SCRIPTS.keys())
def test_a_script_that_keeps_its_main_finds_the_names_of_inserted_code(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    guarded = f'{text}\n\nif __name__ == "__main__":\n    main()\n'
    made = convert(joined([guarded], FileFormat.SCRIPT), project="shop", find_secret=lambda _: None)
    assert made.text.endswith("    main()\n")
    assert made.entry == "main"
    assert ran(made.text, tmp_path, monkeypatch) == "{'password': 'a stand-in'} /\n", made.text


def test_names_stay_as_they_are_where_nothing_else_has_them() -> None:
    made = converted([SECRET, "import os\nprint(os.sep)", DAY, "3"])
    assert "_module" not in made.text
    assert made.text.count("import os\n") == 1
    assert 'password = os.environ["PASSWORD"]' in made.text
    assert "    parameters = parse_parameters()\n" in made.text
