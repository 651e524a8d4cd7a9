"""What a script that Hermes runs sees, and what its caller sees of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from .harness import Repo

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
        "HERMES_INPUT": (deployed.path / ".hermes/input").as_uri(),
        "HERMES_PRODUCTS": (deployed.path / ".hermes/products").as_uri(),
    }


def test_a_script_has_the_variables_of_the_user_but_for_those_of_python(repo: Repo) -> None:
    repo.write("shop/shop/shop.py", "import json, os\nprint(json.dumps(dict(os.environ)))\n")
    env: dict[str, str | None] = {"MINE": "1", "PYTHONPATH": "/x", "PYTHONSTARTUP": "/x", "VIRTUAL_ENV": "/x"}
    seen = _seen(repo.run("run", "shop", env=env).stdout)
    assert seen["MINE"] == "1"
    assert seen["PATH"]
    assert not {"PYTHONPATH", "PYTHONSTARTUP", "VIRTUAL_ENV"} & seen.keys()


def test_places_of_the_user_go_before_the_repos_own(deployed: Repo, tmp_path: Path) -> None:
    env: dict[str, str | None] = {
        "HERMES_PRODUCTS": "s3://bucket/products",
        "HERMES_INPUT": (tmp_path / "in").as_uri(),
    }
    for target in ("shop", "shop@latest"):
        seen = _seen(deployed.run("run", target, env=env).stdout)["variables"]
        assert (seen["HERMES_PRODUCTS"], seen["HERMES_INPUT"]) == (
            env["HERMES_PRODUCTS"],
            env["HERMES_INPUT"],
        )


def test_a_place_that_is_typed_as_a_path_is_a_uri_for_the_script(deployed: Repo) -> None:
    env: dict[str, str | None] = {"HERMES_PRODUCTS": "my products", "HERMES_INPUT": "/srv/in"}
    for target in ("shop", "shop@latest"):
        seen = _seen(deployed.run("run", target, env=env).stdout)["variables"]
        assert seen["HERMES_PRODUCTS"] == (deployed.path / "my products").as_uri()
        assert seen["HERMES_INPUT"] == "file:///srv/in"


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
