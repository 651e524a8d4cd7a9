"""What the repository promises about itself: its lock, workflows, Makefile, changelog and modules."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import tomlkit
import yaml
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from hermes_cli import __version__

ROOT = Path(__file__).resolve().parent.parent
LOCKS = [
    "dev.lock",
    "bootstrap.txt",
    "infra.lock",
    "airflow3.lock",
    "airflow2.lock",
    "bench.lock",
    "bench-sam.lock",
]
PYTHONS = ["3.11", "3.12", "3.13", "3.14", "3.15"]
SYSTEMS = ["linux", "darwin"]


def read(path: str) -> str:
    return (ROOT / path).read_text(encoding="utf-8")


def pyproject() -> dict[str, Any]:
    return tomlkit.parse(read("pyproject.toml")).unwrap()


def lock_lines(name: str) -> list[str]:
    """Each requirement of a lock with its hashes, joined to one line."""
    joined = read(f"requirements/{name}").replace("\\\n", " ")
    return [line for line in joined.splitlines() if line and not line.startswith("#")]


def locked(name: str) -> list[Requirement]:
    return [Requirement(line.split(" --hash=", 1)[0].strip()) for line in lock_lines(name)]


def declared() -> list[Requirement]:
    data = pyproject()
    groups = data["dependency-groups"]
    lines = [
        *data["project"]["dependencies"],
        *groups["test"],
        *groups["check"],
        *data["build-system"]["requires"],
    ]
    return [Requirement(line) for line in lines]


def environment(python: str, system: str) -> dict[str, str]:
    values = {key: str(value) for key, value in default_environment().items()}
    return {
        **values,
        "python_version": python,
        "python_full_version": f"{python}.9",
        "sys_platform": system,
        "os_name": "posix",
        "platform_python_implementation": "CPython",
        "implementation_name": "cpython",
    }


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_names_no_index_and_no_path(name: str) -> None:
    for line in read(f"requirements/{name}").splitlines():
        requirement = line.strip().removesuffix("\\").strip()
        pinned = re.fullmatch(r"[a-z0-9][a-z0-9-]*==[0-9][0-9a-z.]*( ; [^/@]+)?", requirement)
        hashed = re.fullmatch(r"--hash=sha256:[0-9a-f]{64}", requirement)
        assert pinned or hashed or requirement == "# Made by: make lock", line


@pytest.mark.parametrize("name", LOCKS)
def test_every_locked_requirement_has_hashes(name: str) -> None:
    lines = lock_lines(name)
    assert lines
    assert [line for line in lines if "--hash=sha256:" not in line] == []


@pytest.mark.parametrize("system", SYSTEMS)
@pytest.mark.parametrize("python", PYTHONS)
def test_the_lock_gives_one_fitting_version_of_all_that_is_declared(python: str, system: str) -> None:
    here = environment(python, system)
    pins = [pin for pin in locked("dev.lock") if pin.marker is None or pin.marker.evaluate(here)]
    versions: dict[str, list[str]] = {}
    for pin in pins:
        (specifier,) = pin.specifier
        versions.setdefault(canonicalize_name(pin.name), []).append(specifier.version)
    assert {name: found for name, found in versions.items() if len(found) != 1} == {}
    for wanted in declared():
        if wanted.marker is None or wanted.marker.evaluate(here):
            (version,) = versions.get(canonicalize_name(wanted.name), ["missing"])
            assert version != "missing", f"{wanted} is not locked: make lock"
            assert wanted.specifier.contains(version), f"{version} is locked, {wanted} is declared: make lock"


def test_the_build_backend_is_locked_as_declared() -> None:
    wanted = [line for line in read("requirements/build.in").splitlines() if not line.startswith("#")]
    assert set(pyproject()["build-system"]["requires"]) < set(wanted)
    assert {Requirement(line).name for line in wanted} <= {pin.name for pin in locked("dev.lock")}


def test_uv_is_the_same_in_both_locks() -> None:
    (bootstrap,) = locked("bootstrap.txt")
    assert bootstrap.name == "uv"
    assert str(bootstrap) in {str(pin) for pin in locked("dev.lock")}


def test_the_matrix_covers_the_pythons_that_are_promised() -> None:
    promised = re.findall(r"Python :: (3\.\d+)", read("pyproject.toml"))
    (matrix,) = re.findall(r"^ +python: \[(.*)\]$", read(".github/workflows/ci.yml"), re.MULTILINE)
    assert re.findall(r"3\.\d+", matrix) == promised == PYTHONS


WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
# The only jobs that may write, and what: they sign and publish what another job built.
WRITERS = {("release.yml", "publish"): {"attestations", "id-token"}}


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.name)
def test_workflows_use_actions_by_commit_and_keep_no_credentials(workflow: Path) -> None:
    text = workflow.read_text(encoding="utf-8")
    used = re.findall(r"uses: *(.*)", text)
    assert used
    for action in used:
        assert re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", action), action
    checkouts = text.count("uses: actions/checkout@")
    assert text.count("persist-credentials: false") == checkouts


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.name)
def test_only_a_job_that_runs_no_code_of_ours_may_write(workflow: Path) -> None:
    content = yaml.safe_load(workflow.read_text(encoding="utf-8"))
    assert content["permissions"] == {"contents": "read"}
    for name, job in content["jobs"].items():
        # A word alone, such as write-all, is none of these.
        permissions = job.get("permissions", {})
        written = {scope for scope, access in permissions.items() if access != "read"}
        assert written == WRITERS.get((workflow.name, name), set()), name
        if written:
            assert job["environment"], f"{name}: who may start it is said by its environment"
            assert [step for step in job["steps"] if "run" in step] == [], name
            assert not any(step["uses"].startswith("actions/checkout@") for step in job["steps"]), name


def test_every_job_that_may_write_is_there() -> None:
    for file, job in WRITERS:
        assert job in yaml.safe_load(read(f".github/workflows/{file}"))["jobs"]


def sections() -> list[str]:
    return re.findall(r"\bsection \d+ ([a-z-]+)", read(".ci/run"))


def test_github_runs_all_that_ci_runs() -> None:
    called = re.findall(r"run: make ([a-z-]+)$", read(".github/workflows/ci.yml"), re.MULTILINE)
    assert len(sections()) >= 7
    assert set(sections()) - set(called) == set()


def test_hooks_run_the_locked_tools_and_clone_nothing() -> None:
    (repo,) = yaml.safe_load(read(".pre-commit-config.yaml"))["repos"]
    assert repo["repo"] == "local"
    ids = {hook["id"] for hook in repo["hooks"]}
    for hook in repo["hooks"]:
        assert hook["language"] == "system", hook["id"]
        assert os.access(ROOT / hook["entry"].split()[0], os.X_OK), hook["entry"]
    (skipped,) = re.findall(r"SKIP=(\S+)", read("Makefile"))
    assert set(skipped.split(",")) < ids


def test_code_owners_are_asked_about_paths_that_exist_and_are_teams_if_anybody() -> None:
    lines = [line for line in read(".github/CODEOWNERS").splitlines() if line and not line.startswith("#")]
    assert lines
    for line in lines:
        path, *owners = line.split()
        assert (ROOT / path.strip("/")).exists(), line
        assert all(re.fullmatch(r"@[\w-]+/[\w-]+", owner) for owner in owners), line


def test_workflows_and_ci_call_only_targets_that_exist() -> None:
    targets = makefile_targets()
    called = sections()
    for workflow in WORKFLOWS:
        called += re.findall(r"run: make ([a-z-]+)", workflow.read_text(encoding="utf-8"))
    assert {"setup", "check", "test", "test-all", "test-wheel", "demo"} <= set(called)
    assert set(called) <= targets


def makefile_targets() -> set[str]:
    return set(re.findall(r"^([a-z][a-z-]*):", read("Makefile"), re.MULTILINE))


def test_make_help_lists_every_target() -> None:
    clean = {key: value for key, value in os.environ.items() if not key.startswith(("MAKE", "MFLAGS"))}
    command = ["make", "--no-print-directory", "help"]
    done = subprocess.run(command, cwd=ROOT, env=clean, capture_output=True, text=True, check=True)
    listed = set(re.findall(r"^ +make ([a-z-]+) +\S", done.stdout, re.MULTILINE))
    assert listed == makefile_targets()
    database = subprocess.run(
        [*command, "-qp"], cwd=ROOT, env=clean, capture_output=True, text=True, check=False
    )
    (phony,) = re.findall(r"^\.PHONY: (.*)$", database.stdout, re.MULTILINE)
    assert set(phony.split()) == listed


def test_ci_ends_by_itself_before_ninety_minutes() -> None:
    limits = [int(minutes) for minutes in re.findall(r"section (\d+) ", read(".ci/run"))]
    assert len(limits) >= 5
    assert sum(limits) < 90


@pytest.mark.parametrize(
    "script", [".ci/run", *sorted(f"tools/{p.name}" for p in (ROOT / "tools").glob("*.sh"))]
)
def test_scripts_can_be_run_and_stop_at_errors(script: str) -> None:
    assert os.access(ROOT / script, os.X_OK)
    text = read(script)
    assert text.startswith("#!/usr/bin/env bash\n# ")
    assert re.search(r"^set -e?uo pipefail$", text, re.MULTILINE)


def test_the_changelog_is_at_this_version() -> None:
    versions = re.findall(r"^## \[([^\]]+)\]", read("CHANGELOG.md"), re.MULTILINE)
    assert versions[0] in {"Unreleased", __version__}
    assert len(versions) == len(set(versions))


def changelog_entries() -> list[str]:
    """Each entry of the changelog, joined to one line."""
    joined = re.sub(r"\n +", " ", read("CHANGELOG.md"))
    return re.findall(r"^- (.*)$", joined, re.MULTILINE)


def test_the_changelog_has_each_entry_once_and_whole() -> None:
    entries = changelog_entries()
    assert len(entries) > 20
    starts = [entry[:40] for entry in entries]
    assert [start for start in starts if starts.count(start) > 1] == []
    assert [entry for entry in entries if not entry.endswith(".")] == []
    # A line that an edit left behind follows a sentence that has ended.
    assert [entry for entry in entries if re.search(r"[a-z]\. [a-z]", entry)] == []


MODULES = sorted((ROOT / "src").rglob("*.py"))


def test_modules_are_short_and_named_for_what_they_hold() -> None:
    assert MODULES
    long = {str(p.relative_to(ROOT)): n for p in MODULES if (n := len(p.read_bytes().splitlines())) > 300}
    assert long == {}
    vague = {"utils", "util", "common", "helpers", "helper", "misc"}
    assert [str(p.relative_to(ROOT)) for p in MODULES if {p.stem, p.parent.name} & vague] == []
