"""hermes run --on databricks: the installed command against a strict workspace and a real S3 server."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from dataclasses import replace

import pytest

from fake_databricks import POLICY, TOKEN, Workspace, running_workspace, wait_for
from servers import S3Server

from .conftest import Cloud
from .harness import HERMES, Repo, github

ON = ("--on", "databricks")
VALUE = "s3cr3t-value"


@pytest.fixture(scope="module")
def workspace_server(s3_server: S3Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    with running_workspace(tmp_path_factory.mktemp("cluster"), s3_server) as workspace:
        yield workspace


@pytest.fixture
def workspace(workspace_server: Workspace) -> Workspace:
    """A workspace without runs or faults."""
    workspace_server.reset()
    return workspace_server


def with_settings(cloud: Cloud, workspace: Workspace, **more: str) -> Repo:
    """The repo with all that a run on Databricks needs in dev, on a feature branch."""
    keys = {
        "databricks-host": workspace.url,
        "databricks-policy-id": POLICY,
        "products": "s3://products-dev/",
        "input": "s3://input-dev",
        "read-prefix": "prod_",
        "secret-scope": "hermes-growth",
        **{key.replace("_", "-"): value for key, value in more.items()},
    }
    lines = "".join(f'{key} = "{value}"\n' for key, value in keys.items() if value)
    cloud.repo.edit("hermes.toml", "[environments.dev]\n", f"[environments.dev]\n{lines}")
    cloud.repo.commit("Say how to run")
    cloud.repo.switch("feature/first")
    return replace(cloud.repo, variables={**cloud.repo.variables, "DATABRICKS_TOKEN": TOKEN})


@pytest.fixture
def repo(cloud: Cloud, workspace: Workspace) -> Repo:
    return with_settings(cloud, workspace)


def lines(text: str, start: str) -> list[str]:
    return [line.removeprefix(start) for line in text.splitlines() if line.startswith(start)]


def test_the_working_tree_is_deployed_and_run(repo: Repo, workspace: Workspace) -> None:
    repo.write("shop/shop/__init__.py", 'WORD = "not committed"\n')
    ran = repo.run("run", "shop", *ON, "--", "one", "-x")
    seen = json.loads(ran.stdout)
    assert (seen["word"], seen["parameters"]) == ("not committed", ["one", "-x"])
    assert seen["variables"] == {
        "HERMES_ENV": "dev",
        "HERMES_TEAM": "growth",
        "HERMES_PROJECT": "shop",
        "HERMES_VERSION": "0.1.0",
        "HERMES_COMMIT": repo.head,
        "HERMES_READ_PREFIX": "prod_",
        "HERMES_INPUT": "s3://input-dev/growth",
        "HERMES_PRODUCTS": "s3://products-dev/growth",
    }
    told = lines(ran.stderr, "shop@feature-first: ")
    assert told[0] == f"logs: {workspace.url}/?o=1#job/{workspace.last.id + 500_000}/run/{workspace.last.id}"
    assert told[-1] == "terminated"
    assert workspace.last.body["access_control_list"] == [
        {"group_name": "growth", "permission_level": "CAN_VIEW"}
    ]
    assert TOKEN not in ran.stdout + ran.stderr


def test_what_is_deployed_runs_as_it_is(repo: Repo, workspace: Workspace) -> None:
    repo.run("deploy", "--env", "dev")
    repo.write("shop/shop/__init__.py", 'WORD = "newer"\n')
    ran = repo.run("run", "shop@feature/first", *ON, "-o", "json").json
    assert json.loads(ran["output"])["word"] == "hello"
    assert (ran["suffix"], ran["result"], ran["exit_code"]) == ("feature-first", "SUCCESS", 0)
    assert ran["run_id"] == workspace.last.id
    assert ran["specification"]["environment"] == "dev"


def test_a_script_that_fails_is_told_with_its_error_and_its_logs(repo: Repo, workspace: Workspace) -> None:
    repo.write("shop/shop/shop.py", 'print("so far", flush=True)\nraise SystemExit("no orders today")\n')
    ran = repo.run("run", "shop", *ON, expect=6)
    assert ran.stdout == "so far\nno orders today\n"
    assert ran.error == f"run {workspace.last.id} ended with FAILED: no orders today"
    assert f" note: its logs: {workspace.url}" in ran.stderr
    workspace.fail(result="")
    assert "ended with INTERNAL_ERROR: the driver was lost" in repo.run("run", "shop", *ON, expect=1).error


def test_a_lost_answer_starts_no_second_run(repo: Repo, workspace: Workspace) -> None:
    repo.run("deploy", "--env", "dev")
    workspace.lose_answer("runs/submit")
    workspace.lose_answer("runs/submit", status=502)
    workspace.answer("runs/get", 500)
    workspace.answer("runs/get", 429)
    repo.run("run", "shop@feature-first", *ON)
    assert (len(workspace.runs), workspace.submits) == (1, 3)


def test_an_interruption_cancels_the_run_and_no_other(repo: Repo, workspace: Workspace) -> None:
    repo.run("deploy", "--env", "dev")
    workspace.hang()
    process = subprocess.Popen(
        [str(HERMES), "run", "shop@feature-first", *ON],
        cwd=repo.path,
        env=repo.hermes.variables(repo.variables),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    wait_for(lambda: bool(workspace.runs) and workspace.last.polls > 0)
    workspace.hang()
    process.send_signal(2)
    _, stderr = process.communicate(timeout=60)
    assert process.returncode == 130, stderr
    assert "cancelling the run" in stderr
    assert (len(workspace.runs), workspace.last.cancelled) == (1, 1)


def test_secrets_are_references_that_the_cluster_resolves(repo: Repo, workspace: Workspace) -> None:
    repo.edit("shop/pyproject.toml", "[tool.hermes]\n", '[tool.hermes]\nsecrets = ["API_KEY"]\n')
    repo.write("shop/shop/shop.py", 'import os\n\nprint(len(os.environ["API_KEY"]))\n')
    workspace.secrets["hermes-growth", "API_KEY"] = VALUE
    ran = repo.run("run", "shop", *ON)
    assert ran.stdout == f"{len(VALUE)}\n"
    assert workspace.last.cluster["spark_env_vars"]["API_KEY"] == "{{secrets/hermes-growth/API_KEY}}"


@pytest.mark.parametrize(
    ("settings", "env", "code", "said"),
    [
        ({"databricks_policy_id": "", "products": ""}, {}, 2, "needs: databricks-policy-id and products"),
        ({"databricks_policy_id": "P-OTHER"}, {}, 5, "refuses: You may not use this cluster policy"),
        ({}, {"DATABRICKS_TOKEN": "wrong"}, 5, "refuses: Invalid access token"),
        ({}, {"DATABRICKS_TOKEN": None}, 5, "no credentials were found for http://127.0.0.1"),
        ({}, {"DATABRICKS_HOST": "http://127.0.0.1:9"}, 2, "and your DATABRICKS_HOST another one"),
    ],
)
def test_what_is_missing_is_named_before_anything_is_deployed_or_run(
    cloud: Cloud,
    workspace: Workspace,
    settings: dict[str, str],
    env: dict[str, str | None],
    code: int,
    said: str,
) -> None:
    repo = with_settings(cloud, workspace, **settings)
    ran = repo.run("run", "shop", *ON, "--debug", env=env, expect=code)
    assert said in ran.stderr
    assert " next: " in ran.stderr
    assert TOKEN not in ran.stdout + ran.stderr
    assert workspace.runs == {}
    if "refuses" not in said:
        assert cloud.keys(cloud.dev) == set()


def test_a_run_that_somebody_deleted_is_told(repo: Repo, workspace: Workspace) -> None:
    repo.run("deploy", "--env", "dev")
    workspace.hang()
    process = subprocess.Popen(
        [str(HERMES), "run", "shop@feature-first", *ON],
        cwd=repo.path,
        env=repo.hermes.variables(repo.variables),
        stderr=subprocess.PIPE,
        text=True,
    )
    wait_for(lambda: bool(workspace.runs) and workspace.last.polls > 0)
    workspace.delete(workspace.last.id)
    _, stderr = process.communicate(timeout=60)
    assert process.returncode == 1
    assert f"error: Databricks: Run {workspace.last.id} does not exist" in stderr
    assert len(workspace.runs) == 1


def test_places_and_branches_that_cannot_be_run_from(repo: Repo, workspace: Workspace) -> None:
    local = repo.run("run", "shop", *ON, "--env", "local", expect=2)
    assert local.error == "environment local is a folder of this machine, which no cluster can read"
    assert "next: name one with a bucket: --env dev" in local.stderr
    repo.edit("hermes.toml", "[environments.dev]", "[environments.lab]")
    local = repo.run("run", "shop", *ON, "--env", "local", expect=2)
    assert "next: name one with a bucket: --env lab" in local.stderr
    repo.edit("hermes.toml", "[environments.lab]", "[environments.dev]")
    assert repo.run("run", "shop", "--on", "mars", expect=2).error == "--on cannot be 'mars'"
    repo.switch("main")
    repo.run("run", "shop", *ON, expect=3)
    in_ci = repo.run("run", "shop", *ON, env={**github(repo, "main")}, expect=3)
    assert "would be deployed first, and on main that is a release" in in_ci.error
    assert workspace.runs == {}


@pytest.mark.slow
def test_a_workspace_that_keeps_failing_is_given_up(repo: Repo, workspace: Workspace) -> None:
    repo.run("deploy", "--env", "dev")
    for status, said in ((429, "has too many requests"), (503, "answers: no")):
        workspace.answer("runs/submit", status, times=50)
        assert said in repo.run("run", "shop@feature-first", *ON, expect=1).error
        workspace.reset()
    assert workspace.runs == {}
    workspace.answer("runs/get-output", 500, times=50)
    done = repo.run("run", "shop@feature-first", *ON)  # it has done its work, whatever can be read of it
    assert "what it printed cannot be read" in done.stderr
    assert len(workspace.runs) == 1
    workspace.reset()
    workspace.answer("runs/get", 500, times=50)
    lost = repo.run("run", "shop@feature-first", *ON, expect=1)
    assert f"run {workspace.last.id} may go on, and can no longer be followed" in lost.error
