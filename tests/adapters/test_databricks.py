"""Databricks behind its Jobs API: whose credentials go where, and how each failure is told."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from hermes_cli.adapters.databricks import Databricks, RunGone
from hermes_cli.domain.contract.errors import AccessDenied, HermesError, InvalidInput
from servers import Answer, Request, answering, free_ports

TOKEN = "a-token"
JSON = {"Content-Type": "application/json"}


def told(status: int, code: str, message: str) -> Answer:
    body = {"error_code": code, "message": message}
    return Answer(status=status, body=json.dumps(body).encode(), headers=JSON)


class Workspace:
    """A workspace that answers as the test says; how it logs in is not part of `asked`."""

    def __init__(self) -> None:
        self.answers: list[Answer] = []
        self.asked: list[Request] = []
        self.logins = 0
        self.url = ""

    def handle(self, request: Request) -> Answer:
        if "/api/" in request.path:
            self.asked.append(request)
            return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if request.path.endswith("databricks-config"):
            return Answer(body=json.dumps({"oidc_endpoint": f"{self.url}/oidc"}).encode(), headers=JSON)
        if "oauth-authorization-server" in request.path:
            places = {"authorization_endpoint": f"{self.url}/a", "token_endpoint": f"{self.url}/token"}
            return Answer(body=json.dumps(places).encode(), headers=JSON)
        self.logins += 1
        return Answer(
            status=401, body=b'{"error": "invalid_client", "error_description": "no"}', headers=JSON
        )


@pytest.fixture(autouse=True)
def _nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No settings or tools of Databricks, and no waiting between tries."""
    for name in [name for name in os.environ if name.startswith("DATABRICKS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setattr("hermes_cli.adapters.databricks._PAUSES", (0.0, 0.0))


@pytest.fixture
def server() -> Iterator[Workspace]:
    workspace = Workspace()
    with answering(workspace.handle) as server:
        workspace.url = server.url
        yield workspace


@pytest.fixture
def known(server: Workspace, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """A workspace that the user has a token for."""
    monkeypatch.setenv("DATABRICKS_TOKEN", TOKEN)
    return server


def failure(workspace: Workspace, *answers: Answer) -> HermesError:
    workspace.answers = list(answers)
    with pytest.raises(HermesError) as caught:
        Databricks(workspace.url).get(7)
    assert TOKEN not in f"{caught.value.message} {caught.value.hint}"
    return caught.value


def test_who_has_no_credentials_is_told_how_to_log_in(server: Workspace) -> None:
    with pytest.raises(AccessDenied) as caught:
        Databricks(server.url)
    assert server.url in caught.value.message
    assert f"databricks auth login --host {server.url}" in (caught.value.hint or "")
    with pytest.raises(AccessDenied) as caught:
        Databricks(None)
    assert "None" not in caught.value.message
    assert "DATABRICKS_HOST" in (caught.value.hint or "")
    assert server.asked == []


def test_credentials_that_are_not_accepted_when_they_are_used(
    server: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABRICKS_CLIENT_ID", "somebody")
    monkeypatch.setenv("DATABRICKS_CLIENT_SECRET", TOKEN)
    error = failure(server, Answer())
    assert isinstance(error, AccessDenied)
    assert server.url in error.message
    assert "invalid_client: no" in error.message
    assert f"databricks auth login --host {server.url}" in (error.hint or "")
    assert (server.asked, server.logins) == ([], 1)  # a second try would be no better


# A databricks that is logged out after its first token, which has expired by then.
LOGGED_OUT = """\
#!/bin/sh
case "$1 $2" in "auth token") ;; *) exit 1;; esac
[ -e "$0.asked" ] && { echo "the refresh token is invalid" >&2; exit 1; }
: > "$0.asked"
echo '{"access_token": "old", "token_type": "Bearer", "expiry": "2020-01-01T00:00:00Z"}'
"""


def test_a_login_that_ends_while_a_run_is_followed(server: Workspace, tmp_path: Path) -> None:
    command = tmp_path / "bin" / "databricks"
    command.parent.mkdir()
    command.write_text(LOGGED_OUT)
    command.chmod(0o755)
    error = failure(server, Answer())
    assert isinstance(error, AccessDenied)
    assert server.url in error.message
    assert "the refresh token is invalid" in error.message
    assert f"databricks auth login --host {server.url}" in (error.hint or "")
    assert server.asked == []


@pytest.mark.parametrize("variable", ["DATABRICKS_HOST", "DATABRICKS_CONFIG_PROFILE"])
def test_a_token_for_one_workspace_is_not_sent_to_another(
    known: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    other = "https://other.acme.example"
    (tmp_path / ".databrickscfg").write_text(f"[mine]\nhost = {other}\ntoken = {TOKEN}\n")
    monkeypatch.setenv(variable, other if variable == "DATABRICKS_HOST" else "mine")
    with pytest.raises(InvalidInput) as caught:
        Databricks(known.url)
    assert known.url in caught.value.message
    assert other in caught.value.message
    assert f"unset {variable}" in (caught.value.hint or "")
    assert known.asked == []


def test_a_profile_that_nobody_chose_stays_at_home(
    server: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = "https://other.acme.example"
    (tmp_path / ".databrickscfg").write_text(f"[DEFAULT]\nhost = {other}\ntoken = {TOKEN}\n")
    with pytest.raises(AccessDenied, match=server.url):
        Databricks(server.url)
    assert server.asked == []


REFUSED = [
    (told(401, "UNAUTHENTICATED", "expired"), AccessDenied, "databricks auth login"),
    (told(403, "PERMISSION_DENIED", "not you"), AccessDenied, "platform team"),
    (told(404, "RESOURCE_DOES_NOT_EXIST", "no such group"), RunGone, "run it again"),
    (told(400, "INVALID_PARAMETER_VALUE", "Run 7 does not exist."), RunGone, "run it again"),
    (told(400, "INVALID_PARAMETER_VALUE", "tasks are missing"), HermesError, "platform team"),
]


@pytest.mark.parametrize(("answer", "kind", "hint"), REFUSED, ids=lambda value: getattr(value, "body", ""))
def test_a_refusal_is_told_at_once(
    known: Workspace, answer: Answer, kind: type[HermesError], hint: str
) -> None:
    error = failure(known, answer)
    assert type(error) is kind
    assert json.loads(answer.body)["message"].rstrip(".") in error.message
    assert hint in (error.hint or "")
    assert len(known.asked) == 1
    assert known.asked[0].headers["Authorization"] == f"Bearer {TOKEN}"


def test_a_run_that_is_gone_can_be_neither_read_nor_cancelled(known: Workspace) -> None:
    known.answers = [told(400, "INVALID_PARAMETER_VALUE", "Run 7 does not exist.")]
    databricks = Databricks(known.url)
    with pytest.raises(RunGone):
        databricks.cancel(7)
    known.answers = [Answer(body=b'{"tasks": [{"run_id": 7}]}'), *known.answers]
    run = databricks.get(3)
    with pytest.raises(RunGone):
        databricks.output(run)


@pytest.mark.parametrize(
    "passing", [told(503, "TEMPORARILY_UNAVAILABLE", "soon"), told(500, "INTERNAL_ERROR", "x")]
)
def test_what_may_pass_is_tried_again(known: Workspace, passing: Answer) -> None:
    known.answers = [passing, Answer(body=b"gateway", status=502), Answer(body=b'{"state": {}}')]
    assert Databricks(known.url).get(7).result is None
    assert len(known.asked) == 3


def test_a_workspace_with_too_many_requests_is_given_up(known: Workspace) -> None:
    error = failure(known, told(429, "TOO_MANY_REQUESTS", "slow down"))
    assert type(error) is HermesError
    assert "slow down" in error.message
    assert "platform team" not in (error.hint or "")  # it passes by itself
    assert len(known.asked) == 3


def test_a_workspace_that_is_not_there(known: Workspace) -> None:
    known.url = f"http://127.0.0.1:{free_ports(1)[0]}"
    error = failure(known)
    assert type(error) is HermesError
    assert known.url in error.message
    assert "ConnectionError" in error.message
    assert "databricks-host" in (error.hint or "")


STATES = [
    ({"life_cycle_state": "RUNNING"}, None, False),
    ({"life_cycle_state": "TERMINATING", "result_state": "CANCELED"}, None, False),
    ({"life_cycle_state": "TERMINATED", "result_state": "SUCCESS"}, "SUCCESS", True),
    ({"life_cycle_state": "TERMINATED", "result_state": "FAILED"}, "FAILED", False),
    ({"life_cycle_state": "SKIPPED"}, "SKIPPED", False),
    ({"life_cycle_state": "INTERNAL_ERROR"}, "INTERNAL_ERROR", False),
]


@pytest.mark.parametrize(("state", "result", "succeeded"), STATES)
def test_how_a_run_is(known: Workspace, state: dict[str, str], result: str | None, succeeded: bool) -> None:
    known.answers = [Answer(body=json.dumps({"state": state, "tasks": [{"run_id": 8}]}).encode())]
    run = Databricks(known.url).get(7)
    assert (run.state, run.result, run.succeeded) == (state["life_cycle_state"], result, succeeded)
    assert (run.id, run.task_id) == (7, 8)


def test_without_its_package_it_says_what_to_install(
    known: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "databricks.sdk.core", None)
    with pytest.raises(HermesError, match="databricks-sdk") as caught:
        Databricks(known.url)
    assert "[databricks]" in (caught.value.hint or "")
