"""hermes doctor and hermes show --provenance, as a user has them."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from servers import SECRET_KEY

from .conftest import Cloud
from .harness import Hermes, Result


def verdicts(result: Result, place: str) -> dict[str, str]:
    (part,) = [part for part in result.json["examined"] if part["place"] == place]
    return {check["name"]: check["verdict"] for check in part["checks"]}


def test_a_deploy_is_looked_at_from_all_sides(cloud: Cloud) -> None:
    repo = cloud.repo
    first = repo.run("doctor", "-o", "json")
    assert verdicts(first, "dev")["conditional writes"] == "skipped"
    assert cloud.keys(cloud.dev) == set()
    repo.switch("feature/first")
    repo.run("deploy", "--env", "dev")
    before = cloud.everything()
    result = repo.run("doctor", "--env", "dev", "-o", "json")
    assert cloud.everything() == before
    assert result.json["healthy"] is True
    assert verdicts(result, "this repo")["repository"] == "ok"
    dev = verdicts(result, "dev")
    assert {dev[name] for name in ("credentials", "bucket", "listing", "clock", "conditional writes")} == {
        "ok"
    }
    assert dev["identity"] == "skipped"
    text = repo.run("doctor", "--env", "dev").stdout
    warnings = [line for line in text.splitlines() if line.startswith("  warning  ")]
    assert text.endswith(f"no problems, warnings: {len(warnings)}\n" if warnings else "no problems\n")
    assert SECRET_KEY not in text + result.stdout

    told = repo.run("show", "shop@feature-first", "--provenance")
    statement = json.loads(told.stdout)
    shown = repo.run("show", "shop@feature-first", "-o", "json").json["manifest"]
    assert [one["digest"]["sha256"] for one in statement["subject"]] == [
        artifact["sha256"] for artifact in shown["artifacts"]
    ]
    definition = statement["predicate"]["buildDefinition"]
    assert definition["externalParameters"]["branch"] == "feature/first"
    assert {"name": "source", "digest": {"gitCommit": repo.head}} in definition["resolvedDependencies"]


def test_problems_end_with_7_and_each_has_its_fix(cloud: Cloud) -> None:
    repo = replace(cloud.repo, variables={**cloud.repo.variables, "AWS_SECRET_ACCESS_KEY": "not-the-secret"})
    result = repo.run("doctor", "--env", "prod", "-o", "json", expect=7)
    assert result.json["healthy"] is False
    prod = verdicts(result, "prod")
    assert prod["credentials"] == "problem"
    assert prod["versioning"] == prod["conditional writes"] == "skipped"
    text = repo.run("doctor", "--env", "prod", expect=7).stdout
    assert "next: aws configure" in text
    assert "not-the-secret" not in text + result.stdout


def test_outside_of_a_repo_the_machine_is_looked_at(hermes: Hermes, tmp_path: Path) -> None:
    result = hermes.run("doctor", "-o", "json", cwd=tmp_path)
    assert verdicts(result, "this machine")["git"] == "ok"
    assert [part["place"] for part in result.json["examined"]] == ["this machine", "this repo"]
