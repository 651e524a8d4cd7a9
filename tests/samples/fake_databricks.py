"""A strict stand-in for a Databricks workspace: the Jobs API over HTTP, with faults on demand."""

from __future__ import annotations

import itertools
import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from cluster import Cluster, violations
from servers import Answer, Request, S3Server, answering

TOKEN = "hermes-test-token"
POLICY = "P-GROWTH"
_BODY = {"run_name", "tasks", "access_control_list", "idempotency_token", "timeout_seconds"}
_TASK = {"task_key", "new_cluster", "spark_python_task", "libraries", "timeout_seconds"}
_CLUSTER = {
    "policy_id",
    "apply_policy_default_values",
    "autoscale",
    "custom_tags",
    "spark_env_vars",
    "spark_conf",
}
# The part of a real policy that matters here: what a team's cluster may be, and which tags it must have.
POLICIES: Mapping[str, Mapping[str, Mapping[str, Any]]] = {
    POLICY: {
        "spark_version": {"type": "fixed", "value": "15.4.x-scala2.12"},
        "node_type_id": {"type": "allowlist", "values": ["m5.large"], "defaultValue": "m5.large"},
        "autoscale.min_workers": {"type": "fixed", "value": 1},
        "autoscale.max_workers": {"type": "range", "minValue": 1, "maxValue": 2},
        "aws_attributes.instance_profile_arn": {
            "type": "fixed",
            "value": "arn:aws:iam::0:instance-profile/g",
        },
        "custom_tags.team": {"type": "fixed", "value": "growth"},
        "custom_tags.service": {"type": "fixed", "value": "hermes"},
        "num_workers": {"type": "forbidden", "isOptional": True},
    }
}


class Refusal(Exception):
    """An answer that is an error."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message


@dataclass(kw_only=True)
class KnownRun:
    """A run, and everything that was asked for it."""

    id: int
    body: dict[str, Any]
    life_cycle_state: str = "PENDING"
    result_state: str = ""
    message: str = ""
    error: str | None = None
    logs: str = ""
    deleted: bool = False
    cancelled: int = 0
    polls: int = 0
    done: threading.Event = field(default_factory=threading.Event)

    @property
    def task(self) -> dict[str, Any]:
        task = self.body["tasks"][0]
        assert isinstance(task, dict)
        return task

    @property
    def cluster(self) -> dict[str, Any]:
        cluster = self.task["new_cluster"]
        assert isinstance(cluster, dict)
        return cluster

    def end(self, result: str, message: str = "", life_cycle_state: str = "TERMINATED") -> None:
        """Give it its last state."""
        self.life_cycle_state, self.result_state, self.message = life_cycle_state, result, message
        self.done.set()


class Workspace:
    """One workspace: its runs, groups, secrets, and the faults that tests ask for."""

    def __init__(self, folder: Path, s3: S3Server) -> None:
        self.url = ""
        self.secrets: dict[tuple[str, str], str] = {}
        self.cluster = Cluster(folder, s3, self.secrets)
        self._numbers = itertools.count(101)
        self._lock = threading.Lock()
        self.reset()

    def reset(self) -> None:
        """Forget every run, fault and secret; the environments of clusters are kept."""
        self.runs: dict[int, KnownRun] = {}
        self.groups = {"growth", "helpers"}
        self.secrets.clear()
        self.submits = 0
        self._tokens: dict[str, int] = {}
        self._plans: list[Callable[[KnownRun], None]] = []
        self._faults: list[tuple[str, Answer, bool]] = []

    def hang(self) -> None:
        """The next new run goes on until it is cancelled or ended."""
        self._plans.append(lambda run: setattr(run, "life_cycle_state", "RUNNING"))

    def fail(self, result: str = "FAILED", message: str = "the driver was lost") -> None:
        """The next new run ends at once without its work done; no result is a crash of Databricks itself."""
        state = "TERMINATED" if result else "INTERNAL_ERROR"
        self._plans.append(lambda run: run.end(result, message, state))

    def answer(self, path: str, status: int, times: int = 1, message: str = "no") -> None:
        """The next requests to this path are answered with an error, and nothing is done."""
        body = json.dumps({"error_code": f"HTTP_{status}", "message": message}).encode()
        self._faults += [(path, Answer(status=status, body=body), False)] * times

    def lose_answer(self, path: str, times: int = 1, status: int | None = None) -> None:
        """The next requests are done, and then answered by a broken connection or a gateway's error."""
        told = Answer(body=b"lost", cut=0) if status is None else Answer(status=status, body=b"gateway")
        self._faults += [(path, told, True)] * times

    def delete(self, run_id: int) -> None:
        """Remove a run, as its owner may."""
        self.runs[run_id].deleted = True

    @property
    def last(self) -> KnownRun:
        """The newest run."""
        return self.runs[max(self.runs)]

    def handle(self, request: Request) -> Answer:
        """Answer one request."""
        path = urlsplit(request.path).path
        fault = next((fault for fault in self._faults if path.endswith(fault[0])), None)
        if fault is not None:
            self._faults.remove(fault)
            if not fault[2]:
                return fault[1]
        answer = self._answer(request, path)
        return answer if fault is None else fault[1]

    def _answer(self, request: Request, path: str) -> Answer:
        query = {key: values[0] for key, values in parse_qs(urlsplit(request.path).query).items()}
        # A GET may say what it asks for in its body as well: the provider's triggers do.
        body = json.loads(request.body) if request.body else query
        try:
            _authenticate(request)
            with self._lock:
                result = self._routes(request.method, path)(body)
        except Refusal as error:
            said = {"error_code": error.code, "message": error.message}
            return Answer(status=error.status, body=json.dumps(said).encode())
        return Answer(body=json.dumps(result).encode(), headers={"Content-Type": "application/json"})

    def _routes(self, method: str, path: str) -> Callable[[dict[str, Any]], dict[str, Any]]:
        version, _, name = path.removeprefix("/api/").partition("/")
        routes = {
            ("POST", "jobs/runs/submit"): self._submit,
            ("GET", "jobs/runs/get"): self._get,
            ("GET", "jobs/runs/get-output"): self._output,
            ("POST", "jobs/runs/cancel"): self._cancel,
        }
        route = routes.get((method, name))
        if route is None or version not in ("2.1", "2.2"):
            raise Refusal(404, "ENDPOINT_NOT_FOUND", f"no API found for {method} {path}")
        return route

    def _submit(self, body: dict[str, Any]) -> dict[str, Any]:
        self.submits += 1
        token = body.get("idempotency_token")
        if token in self._tokens:
            known = self.runs[self._tokens[token]]
            if known.deleted:
                raise _invalid(f"The run with idempotency token {token} was deleted.")
            return {"run_id": known.id}
        self._check(body)
        run = KnownRun(id=next(self._numbers), body=body)
        self.runs[run.id] = run
        if token:
            self._tokens[token] = run.id
        if self._plans:
            self._plans.pop(0)(run)
        else:
            threading.Thread(target=self._execute, args=(run,), daemon=True).start()
        return {"run_id": run.id}

    def _check(self, body: dict[str, Any]) -> None:
        _only(body, _BODY, "submit")
        if len(body.get("idempotency_token", "")) > 64:
            raise _invalid("idempotency_token is longer than 64 characters")
        if len(body["tasks"]) != 1:
            raise _invalid("exactly one task")
        (task,) = body["tasks"]
        _only(task, _TASK, "task")
        _only(task["new_cluster"], _CLUSTER, "new_cluster")
        policy = POLICIES.get(task["new_cluster"].get("policy_id", ""))
        if policy is None:
            raise Refusal(403, "PERMISSION_DENIED", "You may not use this cluster policy.")
        found = violations(task["new_cluster"], policy)
        if found:
            raise _invalid(f"Cluster validation error: Validation failed for {'; '.join(found)}")
        file, parameters = task["spark_python_task"]["python_file"], task["spark_python_task"]["parameters"]
        if not file.startswith("s3://") or not all(isinstance(value, str) for value in parameters):
            raise _invalid("spark_python_task is malformed")
        for library in task["libraries"]:
            if set(library) not in ({"whl"}, {"pypi"}):
                raise _invalid(f"unknown library {library}")
        for entry in body["access_control_list"]:
            if set(entry) != {"group_name", "permission_level"} or entry["permission_level"] != "CAN_VIEW":
                raise _invalid(f"unexpected permission {entry}")
            if entry["group_name"] not in self.groups:
                raise Refusal(404, "RESOURCE_DOES_NOT_EXIST", f"Group {entry['group_name']} does not exist.")

    def _execute(self, run: KnownRun) -> None:
        run.life_cycle_state = "RUNNING"
        outcome = self.cluster.run(
            run.id,
            {
                "python_file": run.task["spark_python_task"]["python_file"],
                "parameters": run.task["spark_python_task"]["parameters"],
                "libraries": run.task["libraries"],
                "variables": run.cluster["spark_env_vars"],
            },
        )
        run.logs, run.error = outcome.logs, outcome.error
        if not run.done.is_set():
            run.end("FAILED" if outcome.error else "SUCCESS", "Workload failed" if outcome.error else "")

    def _get(self, query: dict[str, Any]) -> dict[str, Any]:
        run = self._known(query)
        run.polls += 1
        state = {"life_cycle_state": run.life_cycle_state, "state_message": run.message}
        state |= {"result_state": run.result_state} if run.result_state else {}
        task = run.task | {"run_id": run.id + 100_000, "state": state, "attempt_number": 0}
        return {
            "run_id": run.id,
            "job_id": run.id + 500_000,
            "run_name": run.body["run_name"],
            "run_page_url": f"{self.url}/?o=1#job/{run.id + 500_000}/run/{run.id}",
            "state": state,
            "tasks": [task],
        }

    def _output(self, query: dict[str, Any]) -> dict[str, Any]:
        run = self._known({"run_id": int(query["run_id"]) - 100_000})
        return {"logs": run.logs, **({"error": run.error} if run.error else {}), "metadata": {}}

    def _cancel(self, body: dict[str, Any]) -> dict[str, Any]:
        run = self._known(body)
        run.cancelled += 1
        if not run.done.is_set():
            run.end("CANCELED", "Run cancelled.")
            self.cluster.stop(run.id)
        return {}

    def _known(self, query: Mapping[str, Any]) -> KnownRun:
        run = self.runs.get(int(query.get("run_id", 0)))
        if run is None or run.deleted:
            raise _invalid(f"Run {query.get('run_id')} does not exist.")
        return run


def _authenticate(request: Request) -> None:
    if request.headers.get("Authorization") != f"Bearer {TOKEN}":
        raise Refusal(403, "PERMISSION_DENIED", "Invalid access token.")


def _only(table: Mapping[str, Any], known: set[str], where: str) -> None:
    if stray := set(table) - known:
        raise _invalid(f"unexpected fields in {where}: {sorted(stray)}")


def _invalid(message: str) -> Refusal:
    return Refusal(400, "INVALID_PARAMETER_VALUE", message)


@contextmanager
def running_workspace(folder: Path, s3: S3Server) -> Iterator[Workspace]:
    """A workspace that answers at its `url`, until the end."""
    workspace = Workspace(folder, s3)
    with answering(workspace.handle) as server:
        workspace.url = server.url
        yield workspace
        for run in workspace.runs.values():
            workspace.cluster.stop(run.id)


def wait_for(condition: Callable[[], bool], seconds: float = 60) -> None:
    """Wait until it holds; fails the test where it never does."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "it never came to that"
        time.sleep(0.02)
