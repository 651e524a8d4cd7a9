"""hermes run --on databricks: how a run is followed, and what is told where it can no longer be."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from hermes_cli.adapters.databricks import RemoteRun, RunGone
from hermes_cli.domain.contract import catalog
from hermes_cli.domain.contract.errors import (
    AccessDenied,
    Conflict,
    ExitCode,
    HermesError,
    InvalidInput,
    Refused,
)
from hermes_cli.domain.contract.suffixes import parse_reference, parse_suffix
from hermes_cli.domain.events import Event
from hermes_cli.usecases.run_on_databricks import ClusterRunReport, run_remotely
from hermes_cli.usecases.yank import yank
from memory_store import MemoryStore
from sample_drafts import LAYOUT
from sample_operations import Stores, branched, make, reach, released, workspace_of

BUCKETS = """
[environments.local]
path = ".hermes/local"
[environments.dev]
bucket = "acme-dev"
accepts = ["features", "releases"]
release-from = "anywhere"
databricks-policy-id = "P1"
products = "s3://acme-products-dev"
[environments.bare]
bucket = "acme-bare"
"""
RUN, URL = 4711, "https://acme.example/run/4711"


def state(life_cycle: str, result: str | None = None, message: str = "") -> RemoteRun:
    return RemoteRun(id=RUN, url=URL, state=life_cycle, result=result, message=message, task_id=1)


RUNNING, DONE = state("RUNNING"), state("TERMINATED", "SUCCESS")
Answer = RemoteRun | BaseException


class Scripted:
    """A Databricks whose answers the test gives, in order; the last one stays."""

    def __init__(self, *answers: Answer) -> None:
        self.submits: list[Any] = [RUN]
        self.answers = list(answers)
        self.cancels: Answer | None = None
        self.printed: tuple[str, str] | HermesError = ("ok\n", "")
        self.tokens: list[str] = []
        self.cancelled: list[int] = []

    def submit(self, body: dict[str, Any]) -> int:
        self.tokens.append(body["idempotency_token"])
        return int(self._next(self.submits))

    def get(self, run_id: int) -> RemoteRun:
        assert run_id == RUN
        found = self._next(self.answers)
        assert isinstance(found, RemoteRun)
        return found

    def cancel(self, run_id: int) -> None:
        self.cancelled.append(run_id)
        if isinstance(self.cancels, BaseException):
            raise self.cancels

    def output(self, run: RemoteRun) -> tuple[str, str]:
        if isinstance(self.printed, HermesError):
            raise self.printed
        return self.printed

    def _next(self, answers: list[Any]) -> Any:
        found = answers.pop(0) if len(answers) > 1 else answers[0]
        if isinstance(found, BaseException):
            raise found
        return found


@pytest.fixture
def stores(monkeypatch: pytest.MonkeyPatch) -> Stores:
    found = Stores(dev=MemoryStore(), local=MemoryStore(), bare=MemoryStore())
    reach(found, monkeypatch)
    return found


@pytest.fixture
def repo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stores: Stores) -> Path:
    monkeypatch.setattr("hermes_cli.usecases.run_on_databricks._PAUSES", (0,))
    released(stores["dev"], "1.0", "1.1")
    branched(stores["dev"])
    return make(tmp_path, monkeypatch, settings=BUCKETS)


Start = Callable[..., ClusterRunReport]


@pytest.fixture
def run(repo: Path, monkeypatch: pytest.MonkeyPatch) -> Start:
    def start(databricks: Scripted, target: str = "sales@1.1", env: str = "dev", **more: Any) -> Any:
        monkeypatch.setattr("hermes_cli.usecases.run_on_databricks.Databricks", lambda host: databricks)
        return run_remotely(
            workspace_of(repo),
            parse_reference(target),
            environment=env,
            parameters=(),
            **{"notify": lambda event: None, **more},
        )

    return start


def test_a_run_is_followed_to_its_end(run: Start) -> None:
    told: list[Event] = []
    databricks = Scripted(state("PENDING"), RUNNING, RUNNING, DONE)
    report = run(databricks, notify=told.append)
    assert (report.run_id, report.url, report.result, report.output) == (RUN, URL, "SUCCESS", "ok\n")
    assert (report.exit_code, report.error) == (ExitCode.DONE, None)
    assert [event.message for event in told] == [f"logs: {URL}", "pending", "running", "terminated"]
    assert databricks.cancelled == []


@pytest.mark.parametrize(
    ("result", "code"), [("FAILED", ExitCode.PROJECT_FAILED), ("INTERNAL_ERROR", ExitCode.FAILED)]
)
@pytest.mark.parametrize(
    ("printed", "message", "error"),
    [("no orders", "Workload failed", "no orders"), ("", "the driver was lost", "the driver was lost")],
)
def test_a_run_that_fails_says_why(
    run: Start, result: str, code: ExitCode, printed: str, message: str, error: str
) -> None:
    databricks = Scripted(state("TERMINATED", result, message))
    databricks.printed = ("so far\n", printed)
    report = run(databricks)
    assert (report.output, report.error, report.exit_code) == ("so far\n", error, code)


@pytest.mark.parametrize("kind", [AccessDenied, HermesError])
def test_a_run_that_cannot_be_cancelled_may_go_on(run: Start, kind: type[HermesError]) -> None:
    databricks = Scripted(RUNNING, KeyboardInterrupt())
    databricks.cancels = kind("the network is down", hint="look at the cable")
    with pytest.raises(kind) as caught:
        run(databricks)
    assert type(caught.value) is kind
    assert "run may go on" in caught.value.message
    assert "the network is down" in caught.value.message
    assert caught.value.hint == "look at the cable"
    assert databricks.cancelled == [RUN]


def test_an_interrupt_cancels_what_a_lost_answer_may_have_started(run: Start) -> None:
    databricks = Scripted(RUNNING)
    databricks.submits = [KeyboardInterrupt(), RUN]
    with pytest.raises(KeyboardInterrupt):
        run(databricks)
    assert databricks.cancelled == [RUN]
    assert len(databricks.tokens) == 2
    assert len(set(databricks.tokens)) == 1


def test_a_run_that_can_no_longer_be_followed_may_go_on(run: Start) -> None:
    databricks = Scripted(RUNNING, AccessDenied("the token has expired", hint="log in"))
    with pytest.raises(AccessDenied) as caught:
        run(databricks)
    assert f"{RUN} may go on" in caught.value.message
    assert "the token has expired" in caught.value.message
    assert caught.value.hint == "log in"
    assert databricks.cancelled == []


def test_a_run_that_never_began_or_is_gone_does_not_go_on(run: Start) -> None:
    databricks = Scripted(RUNNING)
    databricks.submits = [AccessDenied("not this policy")]
    with pytest.raises(AccessDenied) as denied:
        run(databricks)
    assert denied.value.message == "not this policy"
    with pytest.raises(RunGone) as gone:
        run(Scripted(RUNNING, RunGone("it was deleted")))
    assert gone.value.message == "it was deleted"


def test_what_cannot_be_read_of_a_run_is_a_warning(run: Start) -> None:
    told: list[Event] = []
    databricks = Scripted(DONE)
    databricks.printed = HermesError("logs are off")
    report = run(databricks, notify=told.append)
    assert (report.exit_code, report.output) == (ExitCode.DONE, "")
    assert [event.message for event in told if event.warning] == [told[-1].message]
    assert "logs are off" in told[-1].message


def test_a_yanked_version_runs_only_by_force(repo: Path, run: Start) -> None:
    yank(workspace_of(repo), parse_reference("sales@1.0"), "dev", "counts twice", None, notify=lambda _: None)
    databricks = Scripted(DONE)
    with pytest.raises(Conflict, match="counts twice"):
        run(databricks, "sales@1.0")
    assert databricks.tokens == []
    assert run(databricks, "sales@1.0", force=True).exit_code is ExitCode.DONE


@pytest.mark.parametrize("file", ["sales.py", "sales-1.1-py3-none-any.whl", "base-1.0-py3-none-any.whl"])
def test_a_damaged_artifact_does_not_run(stores: Stores, run: Start, file: str) -> None:
    store = stores["dev"]
    assert isinstance(store, MemoryStore)
    manifest = catalog.resolve(store, LAYOUT, parse_suffix("1.1")).manifest
    (damaged,) = [one for one in (*manifest.artifacts, *manifest.libraries) if one.key.endswith(f"/{file}")]
    store.objects[damaged.key] += b"?"
    databricks = Scripted(DONE)
    with pytest.raises(HermesError, match=file):
        run(databricks)
    assert databricks.tokens == []


@pytest.mark.parametrize(
    ("env", "named", "hint"),
    [
        ("local", ["local"], "--env dev"),
        ("bare", ["bare", "databricks-policy-id", "products"], "[environments.bare]"),
    ],
)
def test_an_environment_that_no_cluster_runs_in(run: Start, env: str, named: list[str], hint: str) -> None:
    databricks = Scripted(DONE)
    with pytest.raises(InvalidInput) as caught:
        run(databricks, env=env)
    assert [name for name in named if name not in caught.value.message] == []
    assert hint in (caught.value.hint or "")
    assert databricks.tokens == []


def test_the_default_branch_is_not_deployed_by_a_run(run: Start) -> None:
    databricks = Scripted(DONE)
    with pytest.raises(Refused) as caught:
        run(databricks, "sales")
    assert "main" in caught.value.message
    assert "git switch -c" in (caught.value.hint or "")
    assert "hermes run sales@latest --on databricks" in (caught.value.hint or "")
    assert databricks.tokens == []
