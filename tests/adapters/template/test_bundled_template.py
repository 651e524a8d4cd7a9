"""The bundled template makes a repo that works, for every answer."""

from __future__ import annotations

import importlib
import itertools
import os
import re
import subprocess
import sysconfig
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import tomlkit

from hermes_cli.adapters import template
from hermes_cli.domain.contract.names import module_name
from hermes_cli.usecases.template_workflow import reusable_workflow

yaml: Any = importlib.import_module("yaml")  # has no types; cookiecutter brings it

TOOLS = Path(sysconfig.get_path("scripts"))
REQUIREMENT = "hermes-data-products @ https://packages.example.invalid/hermes.whl"
CIS = ("github", "travis", "none")
BUCKETS: tuple[dict[str, str], ...] = (
    {},
    {"dev_bucket": "acme-dev"},
    {"prod_bucket": "acme-prod"},
    {"dev_bucket": "acme-dev", "prod_bucket": "acme-prod"},
)
COMPANY = "acme/hermes-workflows/.github/workflows/hermes.yml"
COMMIT = "0123456789abcdef0123456789abcdef01234567"
PROJECTS: tuple[dict[str, str], ...] = (
    {"project": "shop"},
    {"project": "sales-report", "default_branch": "it's/trunk"},
    {"project": "a_b-c", "script": "backfill", "python": "3.12"},
)


def render(into: Path, **answers: str) -> Path:
    into.mkdir(parents=True, exist_ok=True)
    given = {"team": "growth", "repo_id": "0123456789abcdef", "hermes_version": "0.1.0", **answers}
    return template.render(template.bundled() / "project", given, into)


@pytest.fixture(scope="module")
def repos(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[dict[str, str], Path]]:
    """A repo for every choice of CI, buckets and names, with the answers that made it."""
    folder = tmp_path_factory.mktemp("repos")
    made = []
    forms = [{"ci": ci} for ci in CIS]
    forms += [{"ci": "github", "workflow": f"{COMPANY}@{ref}"} for ref in ("v1", COMMIT)]
    for number, (form, buckets, names) in enumerate(itertools.product(forms, BUCKETS, PROJECTS)):
        answers = {**form, **buckets, **names}
        made.append((answers, render(folder / str(number), **answers)))
    return made


def files(repo: Path) -> Iterator[Path]:
    return (path for path in repo.rglob("*") if path.is_file())


def run(*command: str | Path, **options: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(word) for word in command], capture_output=True, text=True, **options)


def test_nothing_of_the_template_is_left(repos: list[tuple[dict[str, str], Path]]) -> None:
    for _, repo in repos:
        for path in files(repo):
            text = path.read_text(encoding="utf-8")
            assert not re.search(
                r"cookiecutter|\{%|\{#|%\}|(?<!\$)\{\{", f"{path.relative_to(repo)}\n{text}"
            ), path
            assert text.endswith("\n")
            assert not text.endswith("\n\n")
            assert "\n\n\n\n" not in text


def test_the_files_are_those_that_were_chosen(repos: list[tuple[dict[str, str], Path]]) -> None:
    for answers, repo in repos:
        project = answers["project"]
        package = module_name(project)
        script = answers.get("script", package)
        ci = {"github": {".github/workflows/hermes.yml"}, "travis": {".travis.yml"}, "none": set()}
        assert {path.relative_to(repo).as_posix() for path in files(repo)} == ci[answers["ci"]] | {
            ".gitattributes",
            ".gitignore",
            "README.md",
            "hermes.toml",
            "build_tools/deploy.sh",
            "build_tools/hermes-requirement.txt",
            "build_tools/install.sh",
            "build_tools/test.sh",
            f"{project}/pyproject.toml",
            f"{project}/{package}/__init__.py",
            f"{project}/{package}/{script}.py",
            f"{project}/{package}/sample.csv",
            f"{project}/tests/test_{script}.py",
        }
        assert {path.name for path in files(repo) if os.access(path, os.X_OK)} == {
            "deploy.sh",
            "install.sh",
            "test.sh",
        }


def test_hermes_toml_says_what_was_answered(repos: list[tuple[dict[str, str], Path]]) -> None:
    for answers, repo in repos:
        said = tomlkit.parse((repo / "hermes.toml").read_text()).unwrap()
        python = answers.get("python", "3.11")
        environments: dict[str, dict[str, str]] = {"local": {"path": ".hermes/local", "python": python}}
        for name in ("dev", "prod"):
            if bucket := answers.get(f"{name}_bucket"):
                environments[name] = {"bucket": bucket, "region": "eu-west-1", "python": python}
        if "prod" in environments:
            environments["prod"]["release-from"] = "ci"
        assert said == {
            "team": "growth",
            "repo-id": "0123456789abcdef",
            "default-branch": answers.get("default_branch", "main"),
            "required-version": ">=0.1",
            "environments": environments,
        }


def test_the_examples_in_hermes_toml_become_real_without_their_hash(tmp_path: Path) -> None:
    text = (render(tmp_path) / "hermes.toml").read_text()
    uncommented = re.sub(r"^# (\[|[a-z-]+ = )", r"\1", text, flags=re.MULTILINE)
    assert set(tomlkit.parse(uncommented).unwrap()["environments"]) == {"local", "dev", "prod"}


def test_pyproject_declares_its_script_and_package(repos: list[tuple[dict[str, str], Path]]) -> None:
    for answers, repo in repos:
        said = tomlkit.parse((repo / answers["project"] / "pyproject.toml").read_text()).unwrap()
        package = module_name(answers["project"])
        assert said["project"]["name"] == answers["project"]
        assert said["tool"]["hermes"] == {"scripts": [answers.get("script", package)], "library": True}
        assert said["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"] == [package]


@pytest.mark.parametrize("project", ["shop", "a-b", "a_b", "a--b", "a_-_b", "sales2024", "x1-2_3"])
def test_the_package_is_named_as_hermes_expects(tmp_path: Path, project: str) -> None:
    repo = render(tmp_path, project=project)
    assert (repo / project / module_name(project) / f"{module_name(project)}.py").is_file()


def workflow_of(repo: Path) -> dict[Any, Any]:
    text = (repo / ".github" / "workflows" / "hermes.yml").read_text()
    assert "secrets." not in text
    loaded: dict[Any, Any] = yaml.safe_load(text)
    loaded["on"] = loaded.pop(True)  # YAML 1.1 takes the word for a truth
    assert loaded["permissions"] == {"contents": "read"}
    for job in loaded["jobs"].values():
        for step in job.get("steps", ()):
            # What people type into GitHub's form or name a branch must not become a part of a script.
            assert "${{" not in step.get("run", "")
            assert re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40}", step.get("uses", "a/b@" + "0" * 40))
            if step.get("uses", "").startswith("actions/checkout@"):
                assert step["with"]["persist-credentials"] is False
    return loaded


def commands_of(job: dict[str, Any]) -> list[str]:
    return [step["run"] for step in job["steps"] if "run" in step]


def is_called(answers: dict[str, str]) -> bool:
    return "workflow" in answers


def test_workflows_deploy_with_least_rights(repos: list[tuple[dict[str, str], Path]]) -> None:
    for answers, repo in repos:
        if answers["ci"] != "github" or is_called(answers):
            continue
        jobs = workflow_of(repo)["jobs"]
        environments = [name for name in ("dev", "prod") if f"{name}_bucket" in answers]
        deploys = [f"deploy-{name}" for name in environments]
        assert list(jobs) == ["build", *deploys, *(["operate"] if deploys else [])]
        assert "permissions" not in jobs["build"]
        assert "environment" not in jobs["build"]
        for environment, name in zip(environments, deploys, strict=True):
            deploy = f"hermes deploy --env {environment} --from dist"
            assert commands_of(jobs[name])[-1] == deploy
            assert jobs[name]["environment"] == environment
            assert "github.event_name != 'pull_request'" in jobs[name]["if"]
        for name in (*deploys, *(["operate"] if deploys else [])):
            assert jobs[name]["permissions"] == {"contents": "read", "id-token": "write"}
            # No file of the repo is run where the credentials are.
            assert not re.search(r"build_tools/\S+\.sh|hermes (test|build|run)", str(commands_of(jobs[name])))
        if "deploy-prod" in jobs:
            default = "github.ref == format('refs/heads/{0}', github.event.repository.default_branch)"
            assert jobs["deploy-prod"]["if"].endswith(f"&& {default}")
            assert jobs["deploy-prod"]["needs"] == ("deploy-dev" if "deploy-dev" in jobs else "build")


def test_a_run_of_a_branch_waits_and_a_rollback_does_not(repos: list[tuple[dict[str, str], Path]]) -> None:
    for answers, repo in repos:
        if answers["ci"] != "github":
            continue
        concurrency = workflow_of(repo)["concurrency"]
        assert concurrency["cancel-in-progress"] == "${{ github.event_name == 'pull_request' }}"
        assert concurrency["group"].startswith("hermes-${{ github.ref }}")
        assert ("github.run_id" in concurrency["group"]) == (
            "dev_bucket" in answers or "prod_bucket" in answers
        )


def test_pull_requests_are_checked(repos: list[tuple[dict[str, str], Path]]) -> None:
    for answers, repo in repos:
        if answers["ci"] == "github" and not is_called(answers):
            steps = {step["name"]: step for step in workflow_of(repo)["jobs"]["build"]["steps"]}
            check = steps["Check what a merge would release"]
            assert (check["if"], check["run"]) == ("github.event_name == 'pull_request'", "hermes check")
            assert steps["Test what has changed"]["run"] == "hermes test --changed"
            assert steps["Check out"]["with"]["fetch-depth"] == 0
            assert steps["Keep what was built"]["if"] == "github.event_name != 'pull_request'"


def test_a_pull_request_to_another_branch_is_checked_again(repos: list[tuple[dict[str, str], Path]]) -> None:
    for answers, repo in repos:
        if answers["ci"] == "github":
            workflow = workflow_of(repo)
            assert workflow["on"]["pull_request"]["types"] == ["opened", "synchronize", "reopened", "edited"]
            # A job that is skipped counts as a check that passed.
            assert not any("event.action" in job.get("if", "") for job in workflow["jobs"].values())


def test_a_called_workflow_takes_what_its_callers_say(repos: list[tuple[dict[str, str], Path]]) -> None:
    reusable = yaml.safe_load(reusable_workflow())
    inputs = reusable[True]["workflow_call"]["inputs"]
    types = {"string": str, "boolean": bool}
    seen = 0
    for answers, repo in repos:
        if not is_called(answers):
            continue
        (job,) = workflow_of(repo)["jobs"].values()
        assert job.keys() == {"uses", "permissions", "with"}
        assert job["uses"] == answers["workflow"]
        for name, value in job["with"].items():
            assert isinstance(value, types[inputs[name]["type"]])
        assert {name for name, one in inputs.items() if one.get("required")} <= job["with"].keys()
        assert (job["with"]["dev"], job["with"]["prod"]) == (
            "dev_bucket" in answers,
            "prod_bucket" in answers,
        )
        seen += 1
    assert seen == 24
    granted = {"contents": "read", "id-token": "write"}  # GitHub refuses a job that asks for more
    asked = [one.get("permissions", {}) for one in reusable["jobs"].values()]
    assert all(one.items() <= granted.items() for one in asked)


def test_the_called_workflow_does_what_a_repos_own_does(tmp_path: Path) -> None:
    own = workflow_of(render(tmp_path, dev_bucket="acme-dev", prod_bucket="acme-prod"))["jobs"]
    text = reusable_workflow().replace("${{ inputs.python }}", '"3.11"')
    called = yaml.safe_load(text.replace("${{ inputs.region }}", '"eu-west-1"'))["jobs"]
    assert list(called) == list(own)
    for name, job in called.items():
        for step in job["steps"]:
            if step["name"] == "Install Hermes":
                assert step.pop("env") == {"HERMES_REQUIREMENT": "${{ inputs.hermes-requirement }}"}
                step["run"] = re.sub(r'(?s)if \[ -n "\$HERMES_REQUIREMENT".*?\nfi\n', "", step["run"])
        assert job["steps"] == own[name]["steps"], name
        assert job.get("environment") == own[name].get("environment")


def test_travis_deploys_pushed_branches_only(repos: list[tuple[dict[str, str], Path]]) -> None:
    for answers, repo in repos:
        if answers["ci"] != "travis":
            continue
        travis = yaml.safe_load((repo / ".travis.yml").read_text())
        deploys = [f"deploy-{name}" for name in ("dev", "prod") if f"{name}_bucket" in answers]
        assert [job["stage"] for job in travis["jobs"]["include"]] == ["build", *deploys]
        stages = {stage["name"]: stage["if"] for stage in travis["stages"] if stage != "build"}
        assert list(stages) == deploys
        assert all("type != pull_request AND tag IS blank" in condition for condition in stages.values())
        if "deploy-prod" in stages:
            branch = answers.get("default_branch", "main")
            assert stages["deploy-prod"].endswith(f'AND branch = "{branch}"')
        build = travis["jobs"]["include"][0]
        assert build["script"][0] == 'if [ "$TRAVIS_PULL_REQUEST" != "false" ]; then hermes check; fi'
        if deploys:
            assert build["env"].count('=""') == 4


def test_checkers_of_ci_files_and_shell_agree(
    repos: list[tuple[dict[str, str], Path]], tmp_path: Path
) -> None:
    workflows = [path for _, repo in repos for path in repo.glob(".github/workflows/*.yml")]
    travis = [path for _, repo in repos for path in repo.glob(".travis.yml")]
    scripts = sorted((repos[0][1] / "build_tools").glob("*.sh"))
    (tmp_path / "reusable.yml").write_text(reusable_workflow())
    workflows.append(tmp_path / "reusable.yml")
    assert (len(workflows), len(travis), len(scripts)) == (37, 12, 3)
    environment = os.environ | {"PATH": f"{TOOLS}{os.pathsep}{os.environ['PATH']}"}
    commands: tuple[list[str | Path], ...] = (
        ["check-jsonschema", "--builtin-schema", "vendor.github-workflows", *workflows],
        ["check-jsonschema", "--builtin-schema", "vendor.travis", *travis],
        ["actionlint", *workflows],
        ["zizmor", "--offline", "--quiet", *workflows],
        ["shellcheck", *scripts],
    )
    for command in commands:
        done = run(*command, env=environment)
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture
def stubs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stands for `python` and `hermes` on PATH; the file holds where and how they were called."""
    calls = tmp_path / "calls"
    folder = tmp_path / "stubs"
    folder.mkdir()
    for name in ("python", "hermes"):
        stub = folder / name
        stub.write_text(f'#!/bin/sh\nprintf "%s\\n" "$PWD" {name} "$@" >> "{calls}"\n')
        stub.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    return calls


def test_install_takes_the_recorded_requirement(tmp_path: Path, stubs: Path) -> None:
    repo = render(tmp_path, hermes_requirement=REQUIREMENT)
    recorded = (repo / "build_tools" / "hermes-requirement.txt").read_text().splitlines()
    assert [line for line in recorded if not line.startswith("#")] == [REQUIREMENT]

    run(repo / "build_tools" / "install.sh", cwd=tmp_path, check=True)

    where, *words = stubs.read_text().splitlines()
    assert where == str(repo)
    assert words[:4] == ["python", "-m", "pip", "install"]
    assert words[-2:] == ["--requirement", "build_tools/hermes-requirement.txt"]


@pytest.mark.parametrize("state", ["none", "blank", "gone"])
def test_install_refuses_where_nothing_is_recorded(tmp_path: Path, stubs: Path, state: str) -> None:
    repo = render(tmp_path)
    recorded = repo / "build_tools" / "hermes-requirement.txt"
    if state == "blank":
        recorded.write_text("\n  \n\t# nothing\n")
    elif state == "gone":
        recorded.unlink()
    done = run(repo / "build_tools" / "install.sh")
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "write its requirement there" in done.stderr
    assert not stubs.exists()


def test_test_and_deploy_call_hermes_from_the_repo(tmp_path: Path, stubs: Path) -> None:
    repo = render(tmp_path)
    run(repo / "build_tools" / "test.sh", "a", "b", cwd=tmp_path, check=True)
    run(repo / "build_tools" / "deploy.sh", "dev", cwd=tmp_path, check=True)
    assert stubs.read_text().splitlines() == [
        *(str(repo), "hermes", "test", "a", "b"),
        *(str(repo), "hermes", "deploy", "--env", "dev", "--from", "dist"),
    ]
    assert run(repo / "build_tools" / "deploy.sh").returncode == 2
