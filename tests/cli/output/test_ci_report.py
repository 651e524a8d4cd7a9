"""What a command tells GitHub Actions, however it ends; and nothing of it elsewhere."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from hermes_cli.cli.framework.app import app
from hermes_cli.cli.framework.command_table import COMMANDS
from hermes_cli.cli.output.ci_report import Report
from hermes_cli.cli.output.printer import JSON, Printer
from hermes_cli.domain.contract import errors
from hermes_cli.domain.deploy_plan import Change, Receipt, Step
from hermes_cli.domain.events import Event
from hermes_cli.usecases.build import BuildReport
from hermes_cli.usecases.deploy import DeployReport
from hermes_cli.usecases.test import ProjectResult, TestResult


@dataclass(frozen=True, kw_only=True)
class Job:
    """A step of a GitHub Actions job, in which commands run in this process."""

    folder: Path

    @property
    def variables(self) -> dict[str, str]:
        names = ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")
        files = {name: str(self.folder / name) for name in names}
        return {"GITHUB_ACTIONS": "true", "GITHUB_WORKSPACE": str(Path.cwd()), "NO_COLOR": "1", **files}

    def run(self, *arguments: str, **variables: str) -> Any:
        return CliRunner().invoke(app, list(arguments), env={**self.variables, **variables})

    @property
    def outputs(self) -> dict[str, str]:
        text = (self.folder / "GITHUB_OUTPUT").read_text()
        return {found[1]: found[3] for found in re.finditer(r"(\S+)<<(\S+)\n(.*)\n\2\n", text)}

    @property
    def summary(self) -> str:
        return (self.folder / "GITHUB_STEP_SUMMARY").read_text()


@pytest.fixture
def job(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Job:
    (tmp_path / "checkout" / "shop").mkdir(parents=True)
    (tmp_path / "checkout" / "shop" / "pyproject.toml").write_text("")
    monkeypatch.chdir(tmp_path / "checkout")
    return Job(folder=tmp_path)


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> list[BaseException]:
    """Whatever is put in here, opening the repo raises."""
    raised: list[BaseException] = []

    def fail(*_: object, **__: object) -> None:
        raise raised[0]

    monkeypatch.setattr("hermes_cli.usecases.repo.workspace.open_workspace", fail)
    return raised


class SomeRepo:
    """Stands for an opened repo, of which a faked use case needs nothing."""

    def default_environment(self) -> SomeRepo:
        return self

    def select(self, names: object) -> tuple[()]:
        return ()

    name = "local"
    projects = ()


def answering(monkeypatch: pytest.MonkeyPatch, use_case: str, answer: object) -> None:
    """Let a use case answer at once."""
    monkeypatch.setattr("hermes_cli.usecases.repo.workspace.open_workspace", lambda *_: SomeRepo())
    monkeypatch.setattr(f"hermes_cli.usecases.{use_case}.{use_case}", lambda *_, **__: answer)


def receipt(project: str, change: Change, **facts: Any) -> Receipt:
    given = {"environment": "dev", "suffix": "1.0.0", "version": "1.0.0", "reason": "it is new"}
    latest = facts.pop("latest", None)
    return Receipt(step=Step(project=project, change=change, **{**given, **facts}), latest=latest)


def deployed(*receipts: Receipt) -> DeployReport:
    return DeployReport(dry_run=False, dirty=False, receipts=receipts, left_out=())


def test_a_deploy_leaves_its_outputs_and_a_table(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    receipts = [
        receipt("shop", Change.RELEASE, latest="1.0.0"),
        receipt("shop", Change.RELEASE, environment="prod", latest="1.1.0"),
        receipt("lake", Change.NOTHING, suffix="0.2.0"),
        receipt("ship_x", Change.COMPLETE, suffix="2.0.0"),
    ]
    answering(monkeypatch, "deploy", deployed(*receipts))
    done = job.run("deploy", "-o", "json")
    assert done.exit_code == 0
    assert job.outputs.keys() == {"result", "exit-code", "deployed", "changed"}
    assert json.loads(job.outputs["result"]) == json.loads(done.stdout)
    assert (job.outputs["exit-code"], job.outputs["changed"]) == ("0", "true")
    assert job.outputs["deployed"] == "shop@1.0.0 ship_x@2.0.0"
    assert job.summary == (
        "### hermes deploy: done\n\n"
        "| environment | project | suffix | result | latest |\n| --- | --- | --- | --- | --- |\n"
        "| dev | shop | 1.0.0 | released | 1.0.0 |\n"
        "| prod | shop | 1.0.0 | released | 1.1.0 |\n"
        "| dev | lake | 0.2.0 | unchanged |  |\n"
        "| dev | ship&#95;x | 2.0.0 | completed |  |\n"
    )
    assert "::" not in done.output


def test_a_failing_project_is_told_beside_its_file_and_after_the_table(
    job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    reason = "shop/pyproject.toml:3: <b>odd</b>, 100%\n::error::theirs\n##[add-mask]x"
    bad = receipt("shop", Change.FAILED, reason=reason, hint="mend it", exit_code=6)
    answering(monkeypatch, "deploy", deployed(bad, receipt("lake", Change.NOTHING)))
    done = job.run("deploy")
    assert done.exit_code == 6
    assert (job.outputs["deployed"], job.outputs["changed"], job.outputs["exit-code"]) == ("", "false", "6")
    assert job.summary.startswith("### hermes deploy: ended with exit code 6\n")
    assert "| dev | shop | 1.0.0 | failed |  |\n" in job.summary
    told = "dev: failed shop&#64;1.0.0: shop/pyproject.toml:3: &#60;b&#62;odd&#60;/b&#62;, 100% (more in the log)"
    assert job.summary.endswith(f"\n- **error**: {told}<br>next: mend it\n")
    commands = [line for line in done.output.splitlines() if line.lstrip().startswith("::")]
    assert commands == [
        "::error title=hermes deploy,file=shop/pyproject.toml,line=3::"
        "dev: failed shop@1.0.0: shop/pyproject.toml:3: <b>odd</b>, 100%25"
        "%0A::error::theirs%0A##[add-mask]x%0Anext: mend it"
    ]
    assert done.stdout.splitlines() == [
        "PROJECT  SUFFIX  DEV",
        "lake     1.0.0   unchanged",
        "shop     1.0.0   failed",
        "unchanged lake@1.0.0: it is new",
    ]
    assert "  : :error::theirs\n  ## [add-mask]x\n" in done.stderr


def test_nothing_in_json_is_a_command(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    bad = receipt("shop", Change.FAILED, reason="##[add-mask]x\n::error::y", exit_code=1)
    answering(monkeypatch, "deploy", deployed(bad))
    done = job.run("deploy", "-o", "json")
    assert "##[" not in done.stdout
    assert json.loads(done.stdout)["receipts"][0]["reason"] == bad.reason
    assert [line for line in done.stdout.splitlines() if line.lstrip().startswith("::")] == []


def test_a_dry_run_tells_what_it_would_do_and_deploys_nothing(
    job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    facts = {"environment": "dev", "suffix": "1.0.0", "version": "1.0.0", "reason": "why"}
    steps = (
        Step(project="shop", change=Change.RELEASE, **facts),  # type: ignore[arg-type]
        Step(project="lake", change=Change.REFUSED, exit_code=4, hint="raise it", **facts),  # type: ignore[arg-type]
    )
    receipts = tuple(Receipt(step=step) for step in steps)
    answer = DeployReport(dry_run=True, dirty=False, receipts=receipts, left_out=())
    answering(monkeypatch, "deploy", answer)
    done = job.run("deploy", "--dry-run")
    assert done.exit_code == 4
    assert (job.outputs["deployed"], job.outputs["changed"]) == ("", "false")
    assert (
        "| dev | shop | 1.0.0 | would release |  |\n| dev | lake | 1.0.0 | would refuse |  |" in job.summary
    )
    assert "::error title=hermes deploy::dev: lake@1.0.0: why%0Anext: raise it\n" in done.stderr


ENDINGS = [
    (errors.Refused("deploy to prod refused", hint="use a branch"), 3, "deploy to prod refused"),
    (errors.Conflict("taken"), 4, "taken"),
    (errors.AccessDenied("no credentials", hint="log in"), 5, "no credentials"),
    (KeyboardInterrupt(), 130, "interrupted"),
    (errors.Terminated(), 130, "interrupted"),
    (ZeroDivisionError("by zero"), 1, "Hermes itself failed: ZeroDivisionError: by zero"),
]


@pytest.mark.parametrize("name", ["deploy", "test", "build"])
@pytest.mark.parametrize(("error", "code", "message"), ENDINGS, ids=[type(e[0]).__name__ for e in ENDINGS])
def test_a_command_that_fails_before_it_starts_reports_too(
    job: Job, failing: list[BaseException], name: str, error: BaseException, code: int, message: str
) -> None:
    failing.append(error)
    done = job.run(name)
    assert done.exit_code == code
    assert job.outputs["exit-code"] == str(code)
    assert json.loads(job.outputs["result"])["error"]["message"] == message
    assert job.outputs.get("changed") == ("false" if name == "deploy" else None)
    assert job.outputs.get("deployed") == ("" if name == "deploy" else None)
    assert job.summary.startswith(f"### hermes {name}: ended with exit code {code}\n\n- **error**: {message}")
    assert f"::error title=hermes {name}::{message}" in done.stderr
    hint = getattr(error, "hint", None)
    assert not hint or f"<br>next: {hint}\n" in job.summary


@pytest.mark.parametrize("name", sorted(set(COMMANDS) - {"deploy", "test", "build", "check"}))
def test_other_commands_leave_no_files(job: Job, name: str) -> None:
    done = job.run(*name.split(" "), "--help")
    assert done.exit_code == 0
    assert sorted(path.name for path in job.folder.iterdir()) == ["checkout"]


def test_a_failure_of_any_command_is_annotated(job: Job, failing: list[BaseException]) -> None:
    failing.append(errors.Refused("shop/pyproject.toml: no"))
    done = job.run("ls")
    assert "::error title=hermes ls,file=shop/pyproject.toml::shop/pyproject.toml: no\n" in done.stderr
    assert sorted(path.name for path in job.folder.iterdir()) == ["checkout"]


def test_tests_are_told(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    results = (
        TestResult(
            project="shop", verdict=ProjectResult.FAILED, reason="a test failed", hint="look", exit_code=6
        ),
        TestResult(project="lake", verdict=ProjectResult.PASSED),
    )
    answering(monkeypatch, "test", results)
    done = job.run("test")
    assert done.exit_code == 6
    assert job.outputs.keys() == {"result", "exit-code"}
    assert "| project | tests |\n| --- | --- |\n| shop | failed |\n| lake | passed |\n" in job.summary
    assert job.summary.endswith("- **error**: shop: a test failed<br>next: look\n")
    assert "::error title=hermes test::shop: a test failed%0Anext: look\n" in done.stderr


def test_builds_are_told(job: Job, monkeypatch: pytest.MonkeyPatch) -> None:
    class NothingBuilt:
        projects = ()

    failure = errors.ProjectFailed("shop/pyproject.toml: not built", detail="their lines")
    monkeypatch.setattr("hermes_cli.cli.build.facts", lambda _: {})
    report = BuildReport(folder=Path(), record=NothingBuilt(), failures={"shop": failure})  # type: ignore[arg-type]
    answering(monkeypatch, "build", report)
    done = job.run("build")
    assert done.exit_code == 6
    assert "| shop |  | failed |\n" in job.summary
    assert (
        "::error title=hermes build,file=shop/pyproject.toml::shop/pyproject.toml: not built\n" in done.stderr
    )


def test_a_warning_is_annotated_as_one(job: Job, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    for name, value in job.variables.items():
        monkeypatch.setenv(name, value)
    printer = Printer(command="deploy", output=JSON)
    printer.tell(Event(subject="shop", message="odd", warning=True))
    printer.tell(Event(subject="shop", message="building"))
    printer.close(0)
    assert capsys.readouterr().err == "shop: odd\n::warning title=hermes::shop: odd\n"


@pytest.mark.parametrize("output", ["text", "json"])
def test_files_that_cannot_be_written_are_a_warning(
    job: Job, monkeypatch: pytest.MonkeyPatch, output: str
) -> None:
    answering(monkeypatch, "deploy", deployed(receipt("shop", Change.RELEASE)))
    absent = str(job.folder / "absent" / "file")
    done = job.run("deploy", "-o", output, GITHUB_OUTPUT=absent, GITHUB_STEP_SUMMARY=absent)
    assert done.exit_code == 0
    for name in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY"):
        assert f"warning: {name}: {absent} cannot be written: No such file or directory" in done.stderr
    assert "warning" not in done.stdout


def test_one_that_cannot_be_written_does_not_keep_the_other(job: Job, failing: list[BaseException]) -> None:
    failing.append(errors.Refused("no"))
    done = job.run("deploy", GITHUB_OUTPUT=str(job.folder))
    assert done.exit_code == 3
    assert "warning: GITHUB_OUTPUT: " in done.stderr
    assert "- **error**: no\n" in job.summary


def test_outside_of_github_nothing_is_written_and_nothing_annotated(
    job: Job, failing: list[BaseException]
) -> None:
    failing.append(errors.Refused("no\n::error::x ##[error]y"))
    done = job.run("deploy", GITHUB_ACTIONS="false")
    assert done.output == "error: no\n  ::error::x ##[error]y\n"
    assert sorted(path.name for path in job.folder.iterdir()) == ["checkout"]


@pytest.mark.parametrize(("value", "listens"), [("true", True), ("false", False), ("", False), (None, False)])
def test_only_github_itself_listens(
    monkeypatch: pytest.MonkeyPatch, value: str | None, listens: bool
) -> None:
    monkeypatch.setenv("CI", "true")
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)
    if value is not None:
        monkeypatch.setenv("GITHUB_ACTIONS", value)
    assert Report().wanted is listens
