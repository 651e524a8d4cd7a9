"""A team's Airflow repo: made, filled with DAGs, deployed as Jenkins does, and not taken for one of projects."""

from __future__ import annotations

import json
import os
import subprocess
from datetime import date
from pathlib import Path

import pytest

from hermes_cli.domain.contract.names import parse_team
from hermes_cli.domain.contract.suffixes import parse_reference
from hermes_cli.domain.dag_file import DagFile

from .harness import Hermes, Repo


@pytest.fixture
def dags(hermes: Hermes, tmp_path: Path) -> Repo:
    """A new Airflow repo of the team growth."""
    hermes.run(
        *("new", "growth-dags", "--kind", "airflow", "--team", "growth"),
        *("--dev-bucket", "acme-dev", "--region", "eu-west-1"),
        cwd=tmp_path,
    )
    return Repo(path=tmp_path / "growth-dags", hermes=hermes)


def test_a_new_repo_is_ready_and_holds_no_secret(dags: Repo, hermes: Hermes, tmp_path: Path) -> None:
    assert dags.git("status", "--porcelain") == ""
    assert dags.run("config", "-o", "json").json["kind"] == "airflow"
    dev = json.loads((dags.path / "variables/dev.json").read_text())
    assert (dev["hermes_environment"], dev["hermes_dev_bucket"]) == ("dev", "acme-dev")
    assert "hermes_dev_policy_id_growth" in dev
    assert json.loads((dags.path / "variables/prod.json").read_text())["hermes_environment"] == "prod"
    made = hermes.run("new", "other", "--kind", "airflow", "-o", "json", cwd=tmp_path).json
    assert made["next"] == ["cd other", "hermes dag new PROJECT", "build_tools/test.sh"]
    assert "requirements.txt" in made["notes"][1]


def test_the_sample_is_what_dag_new_writes(dags: Repo) -> None:
    made = DagFile(
        name="example",
        team=parse_team("growth"),
        reference=parse_reference("helloworld"),
        schedule=None,
        start=date(2026, 1, 1),
    )
    assert (dags.path / "dags/example.py").read_text().splitlines() == made.source().splitlines()


def test_a_dag_is_written_once(dags: Repo) -> None:
    command = ("dag", "new", "sales/backfill@1.2.0", "--schedule", "30 6 * * *", "--start", "2026-01-31")
    wrote = dags.run(*command, "--parameter", "{{ ds }}", "--parameter", "--full")
    assert wrote.stdout == "wrote the DAG growth_sales_backfill to dags/sales_backfill.py\n"
    assert "build_tools/test.sh" in wrote.stderr
    assert 'git commit -m "Schedule sales/backfill"' in wrote.stderr
    text = (dags.path / "dags/sales_backfill.py").read_text()
    assert 'parameters=["{{ ds }}", "--full"],' in text
    assert "datetime(2026, 1, 31" in text
    again = dags.run(*command, expect=4)
    assert again.error == "dags/sales_backfill.py is there already"
    assert (dags.path / "dags/sales_backfill.py").read_text() == text
    other = dags.run(*command, "--name", "sales_weekly", "-o", "json").json
    assert (other["id"], other["script"], other["version"]) == ("growth_sales_weekly", "backfill", "1.2.0")


def test_commands_of_the_other_kind_say_where_to_go(dags: Repo, repo: Repo) -> None:
    for command in ("test", "build", "plan", "deploy", "status", "run sales", "add pandas", "new sales"):
        said = dags.run(*command.split(), expect=2)
        assert said.error == "growth-dags is an Airflow repo: it schedules projects and has none of its own"
        assert "hermes dag new PROJECT" in said.stderr
    said = repo.run("dag", "new", "shop", expect=2)
    assert said.error.endswith("is a repo of data products, and DAGs lie in the team's Airflow repo")
    assert "hermes new my-airflow --kind airflow" in said.stderr
    assert not (repo.path / "dags").exists()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--kind", "airlfow"), "'airlfow' is not a kind of repo"),
        (("--kind", "airflow", "--project", "x"), "--project does not apply to a repo of the kind airflow"),
        (("--kind", "airflow", "--ci", "github"), "--ci does not apply to a repo of the kind airflow"),
    ],
)
def test_what_makes_no_sense_is_named(
    hermes: Hermes, tmp_path: Path, options: tuple[str, ...], said: str
) -> None:
    assert hermes.run("new", "other", *options, cwd=tmp_path, expect=2).error == said
    assert not (tmp_path / "other").exists()


def deploy(repo: Repo, environment: str, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["build_tools/deploy.sh", environment],
        cwd=repo.path,
        env={**os.environ, **env},
        capture_output=True,
        text=True,
        check=False,
    )


def test_jenkins_deploys_to_a_folder_and_takes_away_what_is_gone(dags: Repo, tmp_path: Path) -> None:
    tools = tmp_path / "bin"
    tools.mkdir()
    airflow = tools / "airflow"
    airflow.write_text(f'#!/bin/sh\necho "$@" >> {tmp_path}/calls\n')
    airflow.chmod(0o755)
    env = {"PATH": f"{tools}:{os.environ['PATH']}", "AIRFLOW_DAGS": str(tmp_path / "there")}
    dags.run("dag", "new", "sales", "--start", "2026-01-31")
    for _ in range(2):
        assert deploy(dags, "prod", env).returncode == 0
        (dags.path / "dags/example.py").unlink(missing_ok=True)
    assert [path.name for path in (tmp_path / "there/growth").iterdir()] == ["sales.py"]
    assert (tmp_path / "calls").read_text() == "variables import variables/prod.json\n" * 2
    assert deploy(dags, "local", env).returncode == 2
    missing = deploy(dags, "dev", {**env, "AIRFLOW_DAGS": ""})
    assert missing.returncode == 1
    assert "your platform team sets it in Jenkins" in missing.stderr


def test_the_tests_say_what_is_missing_before_they_install_anything(dags: Repo) -> None:
    done = subprocess.run(["build_tools/test.sh"], cwd=dags.path, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "requirements.txt does not say which HermesOperator to install" in done.stderr
    assert not (dags.path / ".venv").exists()
