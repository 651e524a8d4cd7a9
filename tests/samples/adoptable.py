"""Notebooks and scripts as analysts bring them, each with what has to come of it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Case:
    """A file, and what is expected of its adoption.

    `left` are parts of what is listed, all of it; `has` and `lacks` are parts
    of the code, `hidden` of nothing at all; `alone` tells that the smoke test runs the script, `importable`
    that this interpreter has what it imports.
    """

    name: str
    content: str | bytes
    left: Sequence[str] = ()
    has: Sequence[str] = ()
    lacks: Sequence[str] = ()
    hidden: Sequence[str] = ()
    secrets: Sequence[str] = ()
    requires: Sequence[str] = ()
    tests_require: Sequence[str] = ()
    parameters: Sequence[str] = ()
    alone: bool = False
    importable: bool = True
    beside: Mapping[str, str] = field(default_factory=dict)


def code(source: str, outputs: Sequence[Any] = (), count: int | None = None) -> dict[str, Any]:
    """A code cell of format 4."""
    return {
        "cell_type": "code",
        "metadata": {},
        "execution_count": count,
        "outputs": list(outputs),
        "source": source.splitlines(keepends=True),
    }


def text(source: str) -> dict[str, Any]:
    """A Markdown cell of format 4."""
    return {"cell_type": "markdown", "metadata": {}, "source": source}


def raw(source: str) -> dict[str, Any]:
    """A raw cell of format 4."""
    return {"cell_type": "raw", "metadata": {}, "source": source}


PYTHON3 = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python", "version": "3.11.4"},
}


def ipynb(*cells: dict[str, Any] | str, metadata: Mapping[str, Any] = PYTHON3) -> str:
    """A notebook of format 4; a text is a code cell."""
    made = [code(cell) if isinstance(cell, str) else cell for cell in cells]
    return json.dumps({"cells": made, "metadata": metadata, "nbformat": 4, "nbformat_minor": 4})


def old(version: int, *sources: str) -> str:
    """A notebook of format 2 or 3, whose cells lie in worksheets."""
    cells = [
        {"cell_type": "code", "collapsed": False, "input": one, "language": "python", "outputs": []}
        for one in sources
    ]
    cells.insert(0, {"cell_type": "markdown", "source": "# An old one"})
    metadata = {"name": "old"}
    worksheets = [{"cells": cells, "metadata": {}}]
    made = {"metadata": metadata, "nbformat": version, "nbformat_minor": 0, "worksheets": worksheets}
    return json.dumps(made)


def databricks(*cells: str) -> str:
    """A Databricks notebook as it is exported; a cell that starts with % is magic."""
    shown = [
        "\n".join(f"# MAGIC {line}".rstrip() for line in cell.split("\n")) if cell.startswith("%") else cell
        for cell in cells
    ]
    return "# Databricks notebook source\n" + "\n\n# COMMAND ----------\n\n".join(shown) + "\n"


TOKEN = "dapi" + "0123456789abcdef" * 2
HUGE = [{"output_type": "stream", "name": "stdout", "text": "x" * 2_000_000}]
FAILED = [{"output_type": "error", "ename": "ValueError", "evalue": "no", "traceback": ["no"]}]
SPARK = ("pyspark>=",)

CASES = {
    "plain loops": Case(
        name="loops.ipynb",
        content=ipynb("total = 0", "for i in range(4):\n    total += i", "print(total)", "total"),
        has=["def main() -> None:", "display(total)"],
        alone=True,
    ),
    "functions that share names": Case(
        name="shared.ipynb",
        content=ipynb("def add(x):\n    return x + step", "step = 2", "print(add(1))"),
        has=["\ndef add(x):", "    global step\n"],
        alone=True,
    ),
    "format 3": Case(name="old_three.ipynb", content=old(3, "x = 1", "print(x)"), alone=True),
    "format 2": Case(name="old_two.ipynb", content=old(2, "x = 1", "print(x)"), alone=True),
    "no metadata": Case(name="bare.ipynb", content=ipynb("print(1)", metadata={}), alone=True),
    "spaces, dots and accents": Case(
        name="Análisis de Ventas v1.2 (final).ipynb", content=ipynb("print('ok')"), alone=True
    ),
    "a digit first": Case(name="2024-05 report.ipynb", content=ipynb("print('ok')"), alone=True),
    "named like a module": Case(
        name="json.ipynb", content=ipynb("import json\nprint(json.dumps([1]))"), alone=True
    ),
    "named like what it imports": Case(
        name="yaml.ipynb", content=ipynb("import yaml\nprint(yaml.safe_load('1'))"), requires=["PyYAML>=6.0"]
    ),
    "huge outputs": Case(
        name="huge.ipynb", content=ipynb(code("print(1)", HUGE)), alone=True, lacks=["xxxx"]
    ),
    "the last run failed": Case(name="failed.ipynb", content=ipynb(code("raise ValueError", FAILED))),
    "Markdown and raw cells": Case(
        name="words.ipynb",
        content=ipynb(text('# Churn \\ "by" month\n\nWhy.'), raw("raw words"), "print('x')"),
        left=["raw text"],
        has=['"""Churn', "# Why.", "# raw words"],
    ),
    "an image in the text": Case(
        name="pictured.ipynb",
        content=ipynb(text(f"# P\n![a](data:image/png;base64,{'QUJD' * 40})"), "print(1)"),
        lacks=["QUJDQUJD"],
        alone=True,
    ),
    "magics without meaning": Case(
        name="magics.ipynb",
        content=ipynb(
            "%matplotlib inline\n%load_ext autoreload\n%autoreload 2",
            "%%time\nx = sum(range(9))\nprint(x)",
            "%%capture\ny = 1\nprint(y)",
            "%%python3\nz = 1\nprint(z)",
            "x?",
        ),
        has=["    # %matplotlib inline", "x = sum(range(9))", "    y = 1", "    z = 1"],
        alone=True,
    ),
    "measured": Case(
        name="timed.ipynb", content=ipynb("%time y = 2\n%timeit y\nprint(y)"), has=["    y = 2"], alone=True
    ),
    "installs": Case(
        name="installs.ipynb",
        content=ipynb(
            "%pip install -q 'pyyaml>=5.4' tabulate==0.9.0\n!pip install -U requests --quiet",
            "!{sys.executable} -m pip install -r needs.txt\n%conda install -y -c conda-forge xlrd=2.0.1",
            "import yaml, requests\nprint(yaml.__name__)",
        ),
        requires=["pyyaml>=5.4", "requests>=2.30", "tabulate==0.9.0", "six>=1.15", "xlrd==2.0.1"],
        beside={"needs.txt": "six>=1.15  # why\n\n# nothing\n"},
    ),
    "installs from elsewhere": Case(
        name="elsewhere.ipynb",
        content=ipynb("%pip install git+https://example.com/x.git /dbfs/libs/y.whl", "print(1)"),
        left=["which is not in a package index"],
    ),
    "shell commands": Case(
        name="shell.ipynb",
        content=ipynb("!ls -la\nfiles = !ls *.csv\nif True:\n    !mkdir out\nprint(1)", "%%bash\nrm -rf x"),
        left=["'ls -la'", "'files = !ls *.csv'", "'mkdir out'", "%%bash"],
        has=["# TODO(hermes adopt): !ls -la", "        pass  # TODO(hermes adopt): !mkdir out", "# rm -rf x"],
    ),
    "other languages": Case(
        name="mixed.py",
        content=databricks("%scala\nval x = 1", "%r\nprint(1)", "%sh ls", "%fs ls /", "print(1)"),
        left=["Scala", "a cell of R", "shell", "file commands"],
        has=["# val x = 1"],
    ),
    "html and javascript": Case(
        name="page.ipynb", content=ipynb("%%html\n<b>x</b>", "%%javascript\nalert(1)", "print(1)"), alone=True
    ),
    "a cell that is broken": Case(
        name="broken.ipynb",
        content=ipynb("x = 1", "for i in\n    print(", "print(x)"),
        left=["not valid Python"],
        has=["# for i in", "    print(x)"],
    ),
    "a name from nowhere": Case(
        name="hidden.ipynb",
        content=ipynb("print(kept_in_memory)"),
        left=["kept_in_memory is used, but"],
    ),
    "widgets": Case(
        name="widgets.py",
        content=databricks(
            'dbutils.widgets.text("start_date", "2024-01-01", "First day")\n'
            'dbutils.widgets.dropdown("region", "eu", ["eu", "us"])\n'
            'dbutils.widgets.text(name="2nd from", defaultValue="")',
            'day = dbutils.widgets.get("start_date")\nprint(day, dbutils.widgets.get("region"))',
            "print(f\"{getArgument('2nd from')}\")\ndbutils.widgets.removeAll()",
        ),
        parameters=["--start-date", "--region", "--2nd-from"],
        has=['choices=["eu", "us"]', "day = parameters.start_date"],
        lacks=["dbutils"],
        alone=True,
    ),
    "a widget that has to be given": Case(
        name="job.py",
        content=databricks('d = dbutils.widgets.get("run_date")', "print(d)"),
        parameters=["--run-date"],
        has=["required=True"],
    ),
    "a widget whose default is computed": Case(
        name="computed.py",
        content=databricks(
            'from datetime import date\ndbutils.widgets.text("day", str(date(2024, 1, 2)), "Day")',
            'print(dbutils.widgets.get("day"))',
        ),
        parameters=["--day"],
        has=["is not None else str(str(date(2024, 1, 2)))"],
        alone=True,
    ),
    "questions": Case(
        name="asks.ipynb",
        content=ipynb('who = input("Who? ")\nsize = int(input("Size: "))', "print(who, size)"),
        parameters=["--who", "--size"],
        has=["size = int(parameters.size)"],
    ),
    "magics only": Case(
        name="only_magics.ipynb",
        content=ipynb("%pip install six", "# nothing yet"),
        requires=["six>=1.16"],
        alone=True,
    ),
    "questions that stay": Case(
        name="asks_again.py",
        content="import sys\n\nfor n in range(2):\n    print(input(), sys.argv, __file__)\n",
        left=["input() asks a person", "__file__ may not be there"],
        has=["# TODO(hermes adopt): input() asks a person", '"""Do what the script did, in its order."""'],
    ),
    "spark": Case(
        name="tables.py",
        content=databricks(
            "%md\n# Tables",
            "from pyspark.sql import functions as F\ndf = spark.table('a').where(F.col('x') > 1)\ndisplay(df)",
            "%sql\nSELECT * FROM a WHERE b = 'x;y';\nSELECT 2",
            "sc.setLogLevel('WARN')",
        ),
        tests_require=SPARK,
        has=["SparkSession.builder.getOrCreate()", "WHERE b = 'x;y'\n", "sc = spark.sparkContext"],
        importable=False,
    ),
    "SQL with parameters": Case(
        name="told.py",
        content=databricks("%sql\nSELECT * FROM ${table}", "print(1)"),
        left=["SQL with parameters"],
    ),
    "secrets of Databricks": Case(
        name="scoped.py",
        content=databricks(
            'key = dbutils.secrets.get("prod", "api-key")\nagain = dbutils.secrets.get(key="api-key", scope="prod")',
            'def other():\n    return dbutils.secrets.get(scope="test", key="api-key")',
            'print(len(key), dbutils.secrets.get("prod", "aws-token"))',
        ),
        left=["Databricks secret api-key"] * 3 + ["Databricks secret aws-token"],
        has=[
            'key = os.environ["API_KEY"]\n',
            'again = os.environ["API_KEY"]\n',
            'return os.environ["API_KEY_2"]\n',
            'os.environ["SECRET_AWS_TOKEN"])',
            "# TODO(hermes adopt): the Databricks secret api-key is the variable API_KEY now: write API_KEY=…",
        ],
        lacks=["dbutils", "spark"],
        secrets=["API_KEY", "API_KEY_2", "SECRET_AWS_TOKEN"],
    ),
    "secrets of Databricks whose key is computed": Case(
        name="scoped_too.py",
        content=databricks('for name in ["a", "b"]:\n    print(dbutils.secrets.get("scope", name))'),
        left=["dbutils.secrets.get is available", "dbutils is available on a Databricks cluster only"],
        has=[
            "# TODO(hermes adopt): dbutils.secrets.get is available on a Databricks cluster only: name the secret"
        ],
    ),
    "the end of a Databricks notebook": Case(
        name="ends.py",
        content=databricks("x = 1", 'dbutils.notebook.exit("done")'),
        left=["prints the value and ends"],
        has=[
            "# TODO(hermes adopt): dbutils.notebook.exit: the script prints the value",
            '    print("done")\n\n',
        ],
        lacks=["sys", "display"],
    ),
    "an end that comes early": Case(
        name="ends_early.py",
        content=databricks(
            "x = 1\nif x:\n    dbutils.notebook.exit(value=str(\n        x))",
            "def stop():\n    dbutils.notebook.exit()",
            "print(2)",
        ),
        left=["prints the value and ends", "prints the value and ends"],
        has=["print(str(\n", "x)); sys.exit()", "    print(); sys.exit()"],
        lacks=["dbutils.notebook.exit(", "DBUtils"],
    ),
    "plots": Case(
        name="plots.ipynb",
        content=ipynb(
            "import matplotlib.pyplot as plt\nimport matplotlib.pyplot as draw",
            "fig, ax = plt.subplots()\nplt.show()",
            "def later():\n    draw.show()",
            "fig.show()",
        ),
        left=["plt.show() shows a plot", "draw.show() shows a plot"],
        has=["    plt.show()\n", "    fig.show()\n", "# TODO(hermes adopt): plt.show() shows a plot"],
        lacks=["display("],
        requires=["matplotlib"],
        importable=False,
    ),
    "%run of one beside it": Case(
        name="runs.py",
        content=databricks("%run ./lib/setup", "print(RATE, helper())"),
        beside={"lib/setup.py": databricks("RATE = 3", "def helper():\n    return RATE * 2")},
        has=["RATE = 3", "def helper()"],
        alone=True,
    ),
    "%run of one that is not there": Case(
        name="runs_not.ipynb", content=ipynb("%run ../gone.ipynb", "print(1)"), left=["%run ../gone.ipynb"]
    ),
    "Databricks as ipynb": Case(
        name="exported.ipynb",
        content=ipynb(
            code("%sql\nSELECT 1"),
            code("%md\n# Words"),
            code("print(2)"),
            metadata={"application/vnd.databricks.v1+notebook": {"language": "python"}},
        ),
        has=["_sqldf = spark.sql(", "# # Words"],
        importable=True,
    ),
    "credentials": Case(
        name="leaky.ipynb",
        content=ipynb(
            f'token = "{TOKEN}"\nprint(len(token))',
            'engine = connect("postgresql://me:hunter22@db/x", password="tr0ub4dor")',
            f"# old token {TOKEN}\nprint('x')",
            text(f"use password = 'swordfish9' or {TOKEN}"),
            "def connect(a, password='s3cr3t99'):\n    pass",
        ),
        left=["an access token in the code", "a password", "a password", "a password"],
        hidden=[TOKEN, "hunter22", "tr0ub4dor", "swordfish9", "s3cr3t99"],
        has=['token = os.environ["TOKEN"]', "(left out: it held a credential)", "write TOKEN=… into .env"],
        secrets=["TOKEN", "PASSWORD", "PASSWORD_2", "PASSWORD_3"],
    ),
    "credentials in commands and widgets": Case(
        name="leaky_too.py",
        content=databricks(
            f"%sh databricks --token {TOKEN}",
            'dbutils.widgets.text("db_password", "swordfish9")',
            "%pip install git+https://me:hunter22@example.com/x.git",
            "!curl -u me:tr0ub4dor https://example.com",
            f"%env API_TOKEN={TOKEN}",
        ),
        left=[
            "shell commands",
            "a line that holds a credential",
            "a line that holds a credential",
            "an access token",
        ],
        hidden=[TOKEN, "hunter22", "tr0ub4dor", "swordfish9"],
        parameters=["--db-password"],
        secrets=["API_TOKEN"],
    ),
    "places of one machine": Case(
        name="places.ipynb",
        content=ipynb(
            'a = r"C:\\Users\\me\\x.csv"\nb = "/dbfs/mnt/y"\nc = "/home/me/z"\nd = "dbfs:/w"\ne = "/Users/me/v"',
            "print(open('local.csv').read())",
        ),
        left=[
            "'C:\\Users\\me\\x.csv' is a path",
            "/dbfs/mnt/y",
            "/home/me/z",
            "dbfs:/w",
            "/Users/me/v",
            "'local.csv' is a file of the folder that the code ran in",
        ],
        has=["# TODO(hermes adopt): '/dbfs/mnt/y' is a path of one machine"],
    ),
    "a place that is taken for a folder": Case(
        name="folder.py",
        content='import os\n\nout = os.environ["HERMES_PRODUCTS"]\nopen(f"{out}/a.txt", "w").write("a")\n',
        left=["open knows folders only, and on a cluster HERMES_PRODUCTS is a bucket"],
        has=["# TODO(hermes adopt): open knows folders only"],
    ),
    "a file of its folder, by a name": Case(
        name="settings.ipynb",
        content=ipynb('SETTINGS = "conf/settings"', "print(open(SETTINGS).read())"),
        left=["'conf/settings' is read from the working folder"],
        has=['importlib.resources.files("settings") / "…"'],
    ),
    "a variable with a secret": Case(
        name="variables.py",
        content='import os\n\nkey = os.environ["API_KEY"]\nprint(len(key), os.getenv("REGION"))\n',
        left=["API_KEY looks like a secret, and is named as one of the project"],
        has=["write API_KEY=… into .env"],
        secrets=["API_KEY"],
    ),
    "files that it reads and writes": Case(
        name="files.ipynb",
        content=ipynb(
            "with open('in.csv') as file:\n    lines = file.readlines()",
            "with open('out.csv', 'w') as file:\n    file.writelines(lines)",
        ),
        left=["'in.csv' is read below HERMES_INPUT now"],
        has=[
            "with fsspec.open(f\"{os.environ['HERMES_PRODUCTS']}/files/out.csv\", 'w') as file:",
            "# TODO(hermes adopt): 'in.csv' is read below HERMES_INPUT now: put it into .hermes/input",
        ],
        requires=["fsspec[s3]"],
        importable=False,
    ),
    "other names on the index": Case(
        name="names.ipynb",
        content=ipynb(
            "import yaml\nfrom dateutil import parser\nfrom jinja2 import Template",
            "import os, json, collections.abc",
            "print(yaml, parser, Template)",
        ),
        requires=["PyYAML>=6.0", "jinja2>=3.1", "python-dateutil>=2.9"],
    ),
    "what is not installed here": Case(
        name="models.ipynb",
        content=ipynb(
            "from sklearn.linear_model import LinearRegression\nimport cv2, PIL.Image, bs4, dotenv",
            "from google.cloud import bigquery\nfrom azure.storage.blob import BlobClient",
        ),
        requires=[
            "azure-storage-blob",
            "beautifulsoup4",
            "google-cloud-bigquery",
            "opencv-python-headless",
            "pillow",
            "python-dotenv",
            "scikit-learn",
        ],
        importable=False,
    ),
    "a module that nobody knows": Case(
        name="strange.ipynb",
        content=ipynb("import acme_internal_tools"),
        left=["which package provides the module acme_internal_tools"],
        importable=False,
    ),
    "a percent script": Case(
        name="percent.py",
        content="# ---\n# jupyter:\n#   jupytext: {}\n# ---\n\n# %% [markdown]\n# # Title\n\n# %%\n"
        "# %matplotlib inline\nx = 1\n\n# %% two\nprint(x)\nx + 1\n",
        has=["# # Title", "print(x)", "display(x + 1)"],
        lacks=["jupytext"],
        alone=True,
    ),
    "exported by nbconvert": Case(
        name="exported_script.py",
        content="#!/usr/bin/env python\n# coding: utf-8\n\n# In[1]:\n\n\n"
        "get_ipython().run_line_magic('matplotlib', 'inline')\nget_ipython().system('ls')\n\n# In[2]:\n\nprint(1)\n",
        left=["'ls'"],
        lacks=["get_ipython"],
    ),
    "a loose script": Case(
        name="loose.py",
        content='"""Counts."""\nimport sys\n\nNAMES = ["a", "b"]\nfor name in NAMES:\n    print(name, sys.argv[1:])\n',
        has=['"""Counts."""', 'NAMES = ["a", "b"]'],
    ),
    "a script with a main": Case(
        name="proper.py",
        content='"""Proper."""\nimport argparse\n\n\ndef main() -> None:\n    parser = argparse.ArgumentParser()\n'
        '    parser.add_argument("--n", type=int, default=1)\n    print(parser.parse_args().n)\n\n\n'
        'if __name__ == "__main__":\n    main()\n',
        has=['if __name__ == "__main__":\n    main()\n'],
        lacks=["hermes"],
    ),
    "a script with a main, and a password": Case(
        name="proper_leak.py",
        content="from __future__ import annotations\n\n\ndef main():\n    if True:\n        "
        "login(password='hunter2')\n\n\n"
        "def login(password):\n    pass\n\n\nif __name__ == '__main__':\n    main()\n",
        left=["a password in the code is replaced by the variable PASSWORD"],
        has=[
            "annotations\n\n\nimport os\n\n\ndef main",
            "        # TODO(hermes adopt): a password",
            '=os.environ["PASSWORD"]',
        ],
        secrets=["PASSWORD"],
        hidden=["hunter2"],
    ),
    "a script with a main, and a token at its top": Case(
        name="proper_token.py",
        content=f'ACME_TOKEN = "{TOKEN}"\n\n\ndef main():\n    print(ACME_TOKEN)\n\n\n'
        'if __name__ == "__main__":\n    main()\n',
        left=["an access token in the code is replaced by the variable ACME_TOKEN"],
        has=['\nACME_TOKEN = os.environ["ACME_TOKEN"]\n'],
        hidden=[TOKEN],
        secrets=["ACME_TOKEN"],
    ),
    "a script whose main is not all": Case(
        name="partly.py",
        content="import json\ndata = json.loads('[1]')\ndata.append(2)\ndef main():\n    print(data)\n"
        "if __name__ == '__main__':\n    main()\n",
        has=["def run() -> None:"],
        alone=True,
    ),
    "Windows line ends and a byte order mark": Case(
        name="windows.py", content=b"\xef\xbb\xbfx = '''a\r\nb'''\r\nif x:\r\n    print(x)\r\n", alone=True
    ),
    "Latin-1 that says so": Case(
        name="latin.py",
        content="# -*- coding: latin-1 -*-\nprint('señor')\n".encode("latin-1"),
        has=["señor"],
        alone=True,
    ),
    "waiting at the top": Case(
        name="waits.ipynb",
        content=ipynb("import asyncio\nasync def f():\n    return 1", "x = await f()\nprint(x)"),
        has=["asyncio.run("],
    ),
    "a star import": Case(
        name="stars.ipynb", content=ipynb("from math import *", "x = floor(2.5)\nprint(x)"), alone=True
    ),
    "a star import that comes late": Case(
        name="stars_late.ipynb",
        content=ipynb("x = 1", "from yaml import *\nprint(safe_load('1'))"),
        requires=["PyYAML>=6.0"],
        has=['exec("from yaml import *", globals())'],
    ),
    "a module beside it": Case(
        name="uses_helper.ipynb",
        content=ipynb("import cleaning_helper", "print(cleaning_helper.x)"),
        beside={"cleaning_helper.py": "x = 1\n"},
        left=["cleaning_helper is a module beside the file"],
        has=["# TODO(hermes adopt): cleaning_helper is a module beside the file: copy it"],
        importable=False,
    ),
    "environment": Case(
        name="env.ipynb",
        content=ipynb("%env REGION=eu", "import os\nprint(os.environ['REGION'])"),
        has=["os.environ['REGION'] = 'eu'"],
    ),
}

REFUSED = {
    "half a character": (
        "half.ipynb",
        ipynb("x = '\ud800'"),
        "cell 1, line 1 holds characters that cannot be written as UTF-8",
    ),
    "no code": ("empty.ipynb", ipynb(text("# Words only")), "holds no code"),
    "nothing": ("nothing.py", "", "holds no code"),
    "no cells": ("none.ipynb", ipynb(), "holds no code"),
    "Python 2": ("two.py", "import sys\nprint 'a', sys.argv\n", "two.py:2: this is Python 2"),
    "Python 2 in a notebook": (
        "two.ipynb",
        ipynb("print 1", metadata={"kernelspec": {"name": "python2", "language": "python"}}),
        "Python 2",
    ),
    "broken": ("broken.py", "x = 1\nif x\n    y\n", "broken.py:2: not valid Python"),
    "R": (
        "r.ipynb",
        ipynb("x <- 1", metadata={"kernelspec": {"name": "ir", "language": "R"}}),
        "is a notebook in r",
    ),
    "Scala": ("s.scala", "val x = 1", "Scala"),
    "SQL of Databricks": ("q.py", "-- Databricks notebook source\nSELECT 1", "q.py is not a Python notebook"),
    "not UTF-8": ("bytes.py", "print('señor')\n".encode("latin-1"), "not UTF-8"),
    "not JSON": ("torn.ipynb", '{"cells": [', "cannot be read as a Jupyter notebook"),
    "JSON, but no notebook": ("list.ipynb", "[1, 2]", "cannot be read as a Jupyter notebook"),
    "another kind": ("data.csv", "a,b", "neither a script"),
    "no name": ("§§.py", "print(1)\n", "no project can be named after"),
}
