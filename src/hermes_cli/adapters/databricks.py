"""Submit, follow and cancel runs on Databricks, through its Jobs API."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hermes_cli import __version__
from hermes_cli.domain.contract.errors import AccessDenied, ExitCode, HermesError, InvalidInput

if TYPE_CHECKING:
    from databricks.sdk.config import Config

_API = "/api/2.2/jobs/runs/"
_PAUSES = (1.0, 2.0, 4.0)  # seconds between the tries of one request
_EXPLICIT = ("DATABRICKS_HOST", "DATABRICKS_CONFIG_PROFILE")
_ENDED = ("TERMINATED", "SKIPPED", "INTERNAL_ERROR")


@dataclass(frozen=True, kw_only=True)
class RemoteRun:
    """A run as Databricks knows it; `result` is None while it goes on, `url` leads to its logs."""

    id: int
    url: str
    state: str
    result: str | None
    message: str
    task_id: int | None

    @property
    def succeeded(self) -> bool:
        """Return whether it has ended well."""
        return self.result == "SUCCESS"


class Databricks:
    """One workspace, reached by the settings and credentials that Databricks' own tools use.

    Every method raises `AccessDenied` where these do not suffice, and `HermesError` where
    Databricks cannot be reached, keeps failing or refuses.
    """

    def __init__(self, host: str | None) -> None:
        try:
            from databricks.sdk.core import ApiClient
        except ImportError:
            raise HermesError(
                "running on Databricks needs the package databricks-sdk, which is not installed",
                hint="install Hermes with it: pip install 'hermes-data-products[databricks]'",
            ) from None
        # It warns of what it could not find out and does not need.
        logging.getLogger("databricks.sdk").addHandler(logging.NullHandler())
        self._config = _find_config(host)
        self._client = ApiClient(self._config)

    @property
    def host(self) -> str:
        """Return the workspace's address."""
        return str(self._config.host)

    def submit(self, body: Mapping[str, Any]) -> int:
        """Start a run, or find the one that was started with the same idempotency token; its id."""
        return int(self._ask("POST", "submit", body=dict(body))["run_id"])

    def get(self, run_id: int) -> RemoteRun:
        """Return a run as it is now. Raises `HermesError` where it was deleted."""
        found = self._ask("GET", "get", query={"run_id": run_id})
        state = found.get("state", {})
        ended = state.get("life_cycle_state") in _ENDED
        tasks = found.get("tasks") or [{}]
        return RemoteRun(
            id=run_id,
            url=str(found.get("run_page_url", "")),
            state=str(state.get("life_cycle_state", "")),
            result=str(state.get("result_state") or state["life_cycle_state"]) if ended else None,
            message=str(state.get("state_message", "")),
            task_id=tasks[0].get("run_id"),
        )

    def output(self, run: RemoteRun) -> tuple[str, str]:
        """Return the output of an ended run's script, and its error; both may be empty."""
        if run.task_id is None:
            return "", ""
        found = self._ask("GET", "get-output", query={"run_id": run.task_id})
        return str(found.get("logs") or ""), str(found.get("error") or "")

    def cancel(self, run_id: int) -> None:
        """Ask for a run's end."""
        self._ask("POST", "cancel", body={"run_id": run_id})

    def _ask(self, method: str, name: str, **content: Any) -> dict[str, Any]:
        """Send one request, and repeat it where it may not have arrived: a submit carries its token."""
        from databricks.sdk.errors.base import DatabricksError

        for pause in (*_PAUSES, None):
            try:
                answer = self._client.do(method, _API + name, **content)
            except (DatabricksError, OSError, ValueError) as error:  # of requests, and of who logs in
                translated = self._translated(error)
                if translated.exit_code != ExitCode.FAILED or not _is_temporary(error) or pause is None:
                    raise translated from None
                time.sleep(pause)
            else:
                assert isinstance(answer, dict)  # noqa: S101 - for the type checker
                return answer
        raise AssertionError

    def _translated(self, error: Exception) -> HermesError:
        from databricks.sdk.errors.base import DatabricksError
        from databricks.sdk.errors.platform import (
            NotFound,
            PermissionDenied,
            TooManyRequests,
            Unauthenticated,
        )
        from requests import RequestException

        cause = error.__cause__ if isinstance(error, TimeoutError) and error.__cause__ else error
        message = _message(cause)
        if isinstance(cause, Unauthenticated):
            return AccessDenied(
                f"{self.host} does not accept your credentials: {message}", hint=_login(self.host)
            )
        if isinstance(cause, PermissionDenied):
            return AccessDenied(
                f"{self.host} refuses: {message}",
                hint="ask your platform team whether you may use this workspace and its cluster policy",
            )
        if isinstance(cause, TooManyRequests):
            return HermesError(f"{self.host} has too many requests: {message}", hint="try again in a minute")
        if isinstance(cause, NotFound) or (isinstance(cause, DatabricksError) and _is_gone(message)):
            return RunGone(f"Databricks: {message}", hint="somebody may have deleted it; run it again")
        if isinstance(cause, DatabricksError):
            return HermesError(
                f"{self.host} answers: {message}", hint="try again, or show this to your platform team"
            )
        if isinstance(cause, (RequestException, TimeoutError)):
            return HermesError(
                f"{self.host} cannot be reached ({type(cause).__name__})",
                hint="check the network, and databricks-host in hermes.toml",
            )
        return AccessDenied(f"no credentials for {self.host}: {message}", hint=_login(self.host))


class RunGone(HermesError):
    """A run, or what it needs, is not there (exit code 1)."""


def _message(error: BaseException) -> str:
    """Return an error's message, without the configuration that the SDK appends to it."""
    return str(error).split(". Config: ")[0].strip().rstrip(".")


def _is_gone(message: str) -> bool:
    return message.startswith("Run ") and message.endswith("does not exist")


def _is_temporary(error: Exception) -> bool:
    """Return whether the same request may succeed in a moment."""
    from databricks.sdk.errors.base import DatabricksError
    from databricks.sdk.errors.platform import (
        DeadlineExceeded,
        InternalError,
        TemporarilyUnavailable,
        TooManyRequests,
    )

    passing = (DeadlineExceeded, InternalError, TemporarilyUnavailable, TooManyRequests)
    # What has no class of its own is a gateway's answer.
    return (
        isinstance(error, passing) or type(error) is DatabricksError or not isinstance(error, DatabricksError)
    )


def _find_config(host: str | None) -> Config:
    """Return the settings for a workspace: the user's own, if they are for this one.

    A token that somebody set for one workspace must not be sent to another that a repo names.
    """
    found = reason = None
    try:
        found = _config()
    except ValueError as error:
        reason = _message(error).split("\n")[0].rstrip(".")
    if found is not None and (host is None or found.host == _address(host)):
        return found
    explicit = next((name for name in _EXPLICIT if os.environ.get(name)), None)
    if found is not None and explicit:
        raise InvalidInput(
            f"hermes.toml names the workspace {host}, and your {explicit} another one ({found.host})",
            hint=f"unset {explicit}, or set it for {host}",
        )
    if host is None:
        raise AccessDenied(f"no Databricks workspace is known: {reason}", hint=_login("https://…"))
    try:
        return _config(host=host)
    except ValueError as error:
        message = _message(error).split("\n")[0].rstrip(".")
        raise AccessDenied(f"no credentials were found for {host}: {message}", hint=_login(host)) from None


def _config(**given: Any) -> Config:
    from databricks.sdk.config import Config

    return Config(
        product="hermes",
        product_version=__version__,
        http_timeout_seconds=30,
        retry_timeout_seconds=1,
        **given,
    )


def _address(host: str) -> str:
    return (host if "://" in host else f"https://{host}").rstrip("/")


def _login(host: str) -> str:
    return f"databricks auth login --host {host}, or set DATABRICKS_HOST and DATABRICKS_TOKEN"
