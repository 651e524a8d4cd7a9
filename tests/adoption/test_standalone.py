"""A smoke test runs an adopted script only where nothing outside of it is needed."""

from __future__ import annotations

import ast

import pytest

from hermes_cli.adoption.standalone import runs_alone

ALONE = [
    "import math\nprint(math.pi)",
    "import pandas as pd\nprint(pd.DataFrame({'a': [1]}).to_dict())",
    "from json import dumps\nprint(dumps({}))",
    "raise ValueError('no')",
    "while x:\n    x -= 1",
]
NEEDS_MORE = [
    "import requests",
    "import os, requests",
    "from acme.reports import total",
    "from . import neighbour",
    "import socket",
    "import pandas as pd\npd.read_csv('a.csv')",
    "open('a.csv')",
    "input()",
    "import sys\nprint(sys.argv)",
    "import os\nprint(os.environ)",
    "raise SystemExit(1)",
    "while True:\n    pass",
]


@pytest.mark.parametrize("text", ALONE)
def test_a_script_that_only_computes_runs_alone(text: str) -> None:
    assert runs_alone(ast.parse(text))


@pytest.mark.parametrize("text", NEEDS_MORE)
def test_a_script_that_needs_something_else_does_not(text: str) -> None:
    assert not runs_alone(ast.parse(text))
