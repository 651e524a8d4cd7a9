"""The installed command as a step of a GitHub Actions job: what the job and its readers get."""

from __future__ import annotations

import json
import re
import signal
from pathlib import Path

import pytest

from .harness import Repo, Result, github
from .test_bad_input import IN_TREE


def step(repo: Repo, name: str, *arguments: str, expect: int = 0) -> tuple[Result, dict[str, str], str]:
    """Run one step on main; the command's result, the step's outputs and its summary."""
    folder = repo.path.parent / name
    folder.mkdir()
    files = {"GITHUB_OUTPUT": folder / "output", "GITHUB_STEP_SUMMARY": folder / "summary.md"}
    for path in files.values():
        path.touch()
    more = {variable: str(path) for variable, path in files.items()}
    env = {**github(repo, "main"), "GITHUB_WORKSPACE": str(repo.path), **more}
    result = repo.run(*arguments, env=env, expect=expect)
    text = (folder / "output").read_text()
    outputs = {found[1]: found[3] for found in re.finditer(r"(\S+)<<(\S+)\n(.*)\n\2\n", text)}
    assert outputs["exit-code"] == str(expect)
    return result, outputs, (folder / "summary.md").read_text()


@pytest.fixture
def released(repo: Repo) -> Repo:
    """A repo whose first release was made by such a step."""
    result, outputs, summary = step(repo, "first", "deploy", "-o", "json", "--env", "local")
    assert json.loads(outputs["result"]) == result.json
    assert (outputs["deployed"], outputs["changed"]) == ("shop@0.1.0", "true")
    assert summary.splitlines()[0] == "### hermes deploy: done"
    assert summary.splitlines()[-1] == "| local | shop | 0.1.0 | released | 0.1.0 |"
    return repo


def test_steps_of_a_job(released: Repo) -> None:
    repo = released
    _, outputs, summary = step(repo, "again", "deploy", "--env", "local")
    assert (outputs["deployed"], outputs["changed"]) == ("", "false")
    assert "| local | shop | 0.1.0 | unchanged |" in summary

    repo.write("shop/shop/__init__.py", 'WORD = "other"\n')
    repo.commit()
    conflict, outputs, summary = step(repo, "conflict", "deploy", "--env", "local", expect=4)
    assert (outputs["deployed"], outputs["changed"]) == ("", "false")
    assert json.loads(outputs["result"])["receipts"][0]["change"] == "refused"
    assert "| local | shop | 0.1.0 | refused |" in summary
    assert "\n- **error**: local: refused shop&#64;0.1.0: shop 0.1.0 is released already" in summary
    assert "<br>next: hermes bump shop" in summary
    assert "\n::error title=hermes deploy::local: refused shop@0.1.0: " in conflict.stderr

    repo.write("shop/shop/__init__.py", 'WORD = "not committed"\n')
    refused, outputs, summary = step(repo, "refused", "deploy", "--env", "local", "-o", "json", expect=3)
    assert json.loads(outputs["result"]) == refused.json
    assert (outputs["deployed"], outputs["changed"]) == ("", "false")
    assert summary.startswith(
        "### hermes deploy: ended with exit code 3\n\n- **error**: deploy to local refused: "
    )

    settings = (repo.path / "shop/pyproject.toml").read_text()
    repo.write("shop/pyproject.toml", settings.replace('version = "0.1.0"', 'version = "<b>"'))
    repo.commit()
    line = 1 + settings.splitlines().index('version = "0.1.0"')
    for command in ("deploy", "build", "test"):
        broken, outputs, summary = step(repo, f"broken-{command}", command, expect=2)
        assert f"\n::error title=hermes {command},file=shop/pyproject.toml,line={line}::" in broken.stderr
        assert "<b>" not in summary
        assert "&#60;b&#62;" in summary


def test_what_is_typed_wrong_is_reported_as_well(repo: Repo) -> None:
    typed, outputs, summary = step(repo, "typed", "deploy", "--bogus", expect=2)
    assert (outputs["deployed"], outputs["changed"]) == ("", "false")
    assert json.loads(outputs["result"])["error"]["message"] == typed.error
    assert "--bogus" in summary


SLOW_BACKEND = """\
import os, pathlib, time

def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    pathlib.Path(os.environ["STARTED"]).touch()
    time.sleep(300)
"""


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
def test_a_cancelled_job_is_reported(repo: Repo, tmp_path: Path, sign: signal.Signals) -> None:
    repo.edit("shop/pyproject.toml", 'requires = ["uv_build>=0.8"]\nbuild-backend = "uv_build"', IN_TREE)
    repo.write("shop/backend.py", SLOW_BACKEND)
    repo.commit()
    started, output, summary = (tmp_path / name for name in ("started", "output", "summary"))
    files = {"STARTED": str(started), "GITHUB_OUTPUT": str(output), "GITHUB_STEP_SUMMARY": str(summary)}
    env = {**github(repo, "main"), **files}
    result = repo.hermes.interrupt(
        "deploy", "--env", "local", cwd=repo.path, when=started, env=env, sign=sign, group=False
    )
    assert result.code == 130
    assert result.error == "interrupted"
    assert "\n130\n" in output.read_text()
    assert summary.read_text() == "### hermes deploy: ended with exit code 130\n\n- **error**: interrupted\n"


def test_a_summary_that_cannot_be_written_leaves_the_deploy_as_it_is(repo: Repo, tmp_path: Path) -> None:
    env = {**github(repo, "main"), "GITHUB_OUTPUT": "/", "GITHUB_STEP_SUMMARY": str(tmp_path / "no" / "file")}
    result = repo.run("deploy", "--env", "local", "-o", "json", env=env)
    assert result.json["receipts"][0]["change"] == "release"
    assert len(re.findall(r"^warning: GITHUB_\w+: .* cannot be written: ", result.stderr, re.MULTILINE)) == 2
