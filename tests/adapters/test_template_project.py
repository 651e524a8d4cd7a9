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
from hermes_cli.domain.names import module_name

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
    for number, (ci, buckets, names) in enumerate(itertools.product(CIS, BUCKETS, PROJECTS)):
        answers = {"ci": ci, **buckets, **names}
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


def test_workflows_deploy_with_least_rights(repos: list[tuple[dict[str, str], Path]]) -> None:
    for answers, repo in repos:
        if answers["ci"] != "github":
            continue
        text = (repo / ".github" / "workflows" / "hermes.yml").read_text()
        workflow = yaml.safe_load(text)
        jobs = workflow["jobs"]
        deploys = [f"deploy-{name}" for name in ("dev", "prod") if f"{name}_bucket" in answers]
        assert list(jobs) == ["build", *deploys]
        assert workflow["permissions"] == {"contents": "read"}
        assert "permissions" not in jobs["build"]
        for job in jobs.values():
            for step in job["steps"]:
                assert "${{" not in step.get("run", "")
                assert re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40}", step.get("uses", "a/b@" + "0" * 40))
                if step.get("uses", "").startswith("actions/checkout@"):
                    assert step["with"]["persist-credentials"] is False
        assert "secrets." not in text
        for name in deploys:
            commands = [step["run"] for step in jobs[name]["steps"] if "run" in step]
            environment = name.removeprefix("deploy-")
            assert commands[1:] == ["build_tools/install.sh", f"build_tools/deploy.sh {environment}"]
            assert jobs[name]["environment"] == environment
            assert jobs[name]["permissions"] == {"contents": "read", "id-token": "write"}
            assert "github.event_name != 'pull_request'" in jobs[name]["if"]
        if "deploy-prod" in jobs:
            ref = "it''s/trunk" if "default_branch" in answers else "main"
            assert jobs["deploy-prod"]["if"].endswith(f"&& github.ref == 'refs/heads/{ref}'")
            assert jobs["deploy-prod"]["needs"] == ("deploy-dev" if "deploy-dev" in jobs else "build")


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
        if deploys:
            assert travis["jobs"]["include"][0]["env"].count('=""') == 4


def test_checkers_of_ci_files_and_shell_agree(repos: list[tuple[dict[str, str], Path]]) -> None:
    workflows = [path for _, repo in repos for path in repo.glob(".github/workflows/*.yml")]
    travis = [path for _, repo in repos for path in repo.glob(".travis.yml")]
    scripts = sorted((repos[0][1] / "build_tools").glob("*.sh"))
    assert (len(workflows), len(travis), len(scripts)) == (12, 12, 3)
    environment = os.environ | {"PATH": f"{TOOLS}{os.pathsep}{os.environ['PATH']}"}
    commands: tuple[list[str | Path], ...] = (
        ["check-jsonschema", "--builtin-schema", "vendor.github-workflows", *workflows],
        ["check-jsonschema", "--builtin-schema", "vendor.travis", *travis],
        ["actionlint", *workflows],
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
