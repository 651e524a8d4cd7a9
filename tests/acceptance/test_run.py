"""What a script that Hermes runs sees, and what its caller sees of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from .harness import Repo
from .projects import pyproject

PASSES_ON = """\
import os
import signal
import sys

sys.stdout.write("to stdout, no line end")
sys.stderr.write("to stderr")
sys.stdout.flush()
if sys.argv[1] == "kill":
    os.kill(os.getpid(), signal.SIGKILL)
sys.exit(int(sys.argv[1]))
"""


PROD = '[environments.prod]\npath = ".hermes/prod"\nrelease-from = "anywhere"\n'


@pytest.fixture
def deployed(repo: Repo) -> Repo:
    """A repo whose project is deployed from a feature branch and released."""
    repo.run("deploy")
    repo.switch("feature/first")
    repo.commit("Same content")
    repo.run("deploy")
    return repo


def _seen(stdout: str) -> dict[str, Any]:
    found = json.loads(stdout)
    assert isinstance(found, dict)
    return found


def test_the_exit_code_and_the_output_of_a_script_pass_through(repo: Repo) -> None:
    repo.write("shop/shop/shop.py", PASSES_ON)
    repo.switch("feature/first")
    repo.run("deploy")
    for target in ("shop", "shop@feature-first"):
        for code in (0, 3, 77):
            ran = repo.run("run", target, "--", str(code), expect=code)
            assert ran.stdout == "to stdout, no line end"
            assert "to stderr" in ran.stderr
            assert "error:" not in ran.stderr
    killed = repo.run("run", "shop", "--", "kill", expect=137)
    assert killed.stdout == "to stdout, no line end"
    ran = repo.run("run", "shop", "-o", "json", "--", "3", expect=3)
    assert ran.json["exit_code"] == 3
    assert "to stdout, no line end" in ran.stderr


def test_parameters_reach_the_script_as_they_are(deployed: Repo) -> None:
    parameters = ["2026-01-01", "-o", "json", "--env", "two words", "", "--", "*", "é"]
    for target in ("shop", "shop@feature-first"):
        assert _seen(deployed.run("run", target, "--", *parameters).stdout)["parameters"] == parameters
    assert _seen(deployed.run("run", "shop", "one", "two").stdout)["parameters"] == ["one", "two"]


@pytest.mark.parametrize("target", ["shop", "shop@feature-first", "shop@0.1.0", "shop@latest"])
def test_the_variables_of_a_run_on_a_laptop(deployed: Repo, target: str) -> None:
    released = deployed.git("rev-parse", "main")
    commit = released if target in ("shop@0.1.0", "shop@latest") else deployed.head
    # The caller's own variables of Hermes are no business of the script.
    env: dict[str, str | None] = {"HERMES_READ_PREFIX": "stray", "HERMES_ENV": "prod", "HERMES_VERSION": "9"}
    assert _seen(deployed.run("run", target, env=env).stdout)["variables"] == {
        "HERMES_ENV": "local",
        "HERMES_TEAM": "growth",
        "HERMES_PROJECT": "shop",
        "HERMES_VERSION": "0.1.0",
        "HERMES_COMMIT": commit,
        "HERMES_INPUT": str(deployed.path / ".hermes/input"),
        "HERMES_PRODUCTS": str(deployed.path / ".hermes/products"),
    }


def test_a_script_has_the_variables_of_the_user_but_for_those_of_python(repo: Repo) -> None:
    repo.write("shop/shop/shop.py", "import json, os\nprint(json.dumps(dict(os.environ)))\n")
    env: dict[str, str | None] = {"MINE": "1", "PYTHONPATH": "/x", "PYTHONSTARTUP": "/x", "VIRTUAL_ENV": "/x"}
    seen = _seen(repo.run("run", "shop", env=env).stdout)
    assert seen["MINE"] == "1"
    assert seen["PATH"]
    assert not {"PYTHONPATH", "PYTHONSTARTUP", "VIRTUAL_ENV"} & seen.keys()


@pytest.mark.parametrize(
    ("said", "place"),
    [
        ("s3://bucket/products", "s3://bucket/products"),
        ("my places", "{repo}/my places"),
        ("file://{repo}/my%20places", "{repo}/my places"),
    ],
)
def test_places_of_the_user_go_before_the_repos_own(deployed: Repo, said: str, place: str) -> None:
    said, place = (text.format(repo=deployed.path) for text in (said, place))
    for target in ("shop", "shop@latest"):
        env: dict[str, str | None] = {"HERMES_PRODUCTS": said, "HERMES_INPUT": said}
        seen = _seen(deployed.run("run", target, env=env).stdout)["variables"]
        assert (seen["HERMES_PRODUCTS"], seen["HERMES_INPUT"]) == (place, place)
        assert (deployed.path / "my places").is_dir() is ("places" in said)


def test_a_place_that_cannot_be_made_is_refused_before_anything_runs(deployed: Repo) -> None:
    deployed.write("taken", "a file")
    for target in ("shop", "shop@latest"):
        ran = deployed.run("run", target, env={"HERMES_PRODUCTS": "taken/out"}, expect=2)
        assert ran.error.startswith(f"the folder {deployed.path}/taken/out/shop, for HERMES_PRODUCTS, cannot")
        assert " next: set HERMES_PRODUCTS to a folder that you may write to" in ran.stderr
        assert ran.stdout == ""


def test_what_runs_in_prod_has_no_input(repo: Repo) -> None:
    repo.write("hermes.toml", (repo.path / "hermes.toml").read_text() + PROD)
    repo.commit()
    repo.run("deploy", "--env", "prod")
    env: dict[str, str | None] = {"HERMES_INPUT": str(repo.path)}
    seen = _seen(repo.run("run", "shop@latest", "--env", "prod", env=env).stdout)["variables"]
    assert "HERMES_INPUT" not in seen
    assert seen["HERMES_PRODUCTS"] == str(repo.path / ".hermes/products")


WRITES = """\
import os
import sys

products = os.environ["HERMES_PRODUCTS"]
for name in sys.argv[1:]:
    with open(f"{products}/{name}", "w") as file:
        file.write(name)
sys.exit(3)
"""


def test_a_run_says_where_it_wrote(repo: Repo) -> None:
    repo.write("shop/shop/shop.py", WRITES)
    repo.switch("feature/first")
    repo.run("deploy")
    products = repo.path / ".hermes/products"
    for number, target in enumerate(("shop", "shop@feature-first")):
        names = [f"{number}-{letter}.csv" for letter in "dcba"]
        ran = repo.run("run", target, "--", "shop/x.csv", expect=3)
        assert ran.stderr.splitlines()[-1] == f"shop: wrote shop/x.csv below {products}"
        ran = repo.run("run", target, "--", *names, expect=3)
        few = ", ".join(reversed(names[1:]))
        assert ran.stderr.splitlines()[-1] == f"shop: wrote {few} and 1 more below {products}"
        document = repo.run("run", target, "-o", "json", "--", names[0], expect=3).json
        assert document["wrote_to"] == document["specification"]["products"] == str(products)


def test_a_run_that_wrote_nothing_says_nothing(repo: Repo) -> None:
    repo.run("run", "shop")
    repo.write(".hermes/products/old.csv", "")
    for env in ({}, {"HERMES_PRODUCTS": "s3://bucket/products"}):
        ran = repo.run("run", "shop", "-o", "json", env=env)
        assert (ran.json["wrote_to"], "shop: wrote" in ran.stderr) == (None, False)
        assert "shop: wrote" not in repo.run("run", "shop", env=env).stderr


def test_a_script_runs_alone_outside_its_package(repo: Repo) -> None:
    repo.write(
        "shop/shop/shop.py",
        "import os, sys\nimport shop\n\nprint(shop.__file__)\nprint(shop.WORD)\nprint(os.getcwd())\n"
        "print([path for path in sys.path if path.endswith('/shop/shop')])\n",
    )
    repo.switch("feature/first")
    repo.run("deploy")
    for target in ("shop", "shop@feature-first"):
        package, word, folder, beside = repo.run("run", target).stdout.splitlines()
        assert package.endswith("/shop/__init__.py")
        assert word == "hello"
        assert not Path(folder).is_relative_to(repo.path)
        assert beside == "[]"
        assert not Path(folder).exists()


def test_a_run_checks_what_it_fetched(deployed: Repo) -> None:
    manifest = deployed.run("show", "shop@latest", "-o", "json").json["manifest"]
    script = deployed.path / ".hermes/local" / manifest["artifacts"][0]["key"]
    script.chmod(0o644)
    script.write_text("print('tampered')\n")
    ran = deployed.run("run", "shop@latest", expect=1, env={"HERMES_CACHE_DIR": str(deployed.path / "cache")})
    assert "does not match its digest" in ran.error
    assert "tampered" not in ran.stdout


def test_a_run_is_what_was_deployed_whatever_the_working_tree_is_now(deployed: Repo) -> None:
    deployed.write("shop/shop/__init__.py", 'WORD = "newer"\n')
    assert _seen(deployed.run("run", "shop@feature-first").stdout)["word"] == "hello"
    deployed.write("shop/pyproject.toml", "not toml")
    assert _seen(deployed.run("run", "shop@latest").stdout)["word"] == "hello"


PANDAS = """\
import os

import pandas

products = os.environ["HERMES_PRODUCTS"]
table = pandas.DataFrame({"a": [1, 2]})
table.to_csv(f"{products}/table.csv", index=False)
table.to_excel(f"{products}/shop/table.xlsx", index=False)
table.to_json(f"{products}/table.json")
table.to_pickle(f"{products}/table.pkl")
pandas.read_csv(f"{os.environ['HERMES_INPUT']}/in.csv").to_csv(f"{products}/copy.csv", index=False)
assert pandas.read_excel(f"{products}/shop/table.xlsx").equals(table)
assert pandas.read_pickle(f"{products}/table.pkl").equals(table)
"""


@pytest.mark.slow
def test_pandas_writes_to_and_reads_from_the_places(repo: Repo) -> None:
    repo.write("shop/pyproject.toml", pyproject("shop", needs=("pandas", "openpyxl")))
    repo.write("shop/shop/shop.py", PANDAS)
    repo.write(".hermes/input/in.csv", "b\n3\n")
    repo.switch("feature/first")
    repo.run("deploy")
    for target in ("shop", "shop@feature-first"):
        ran = repo.run("run", target)
        products = repo.path / ".hermes/products"
        written = f"shop: wrote copy.csv, shop/table.xlsx, table.csv and 2 more below {products}"
        assert ran.stderr.splitlines()[-1] == written
        assert (products / "table.csv").read_text() == "a\n1\n2\n"
        assert (products / "copy.csv").read_text() == "b\n3\n"
