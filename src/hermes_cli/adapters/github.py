"""Call GitHub through its own command gh, which holds the user's login."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hermes_cli.domain.contract.errors import AccessDenied, Conflict, HermesError

_QUIET = {"GH_PROMPT_DISABLED": "1", "GH_NO_UPDATE_NOTIFIER": "1", "NO_COLOR": "1"}
_NOT_LOGGED_IN = 4  # gh's exit code for it


@dataclass(frozen=True, kw_only=True)
class Call:
    """One call of gh and what it reads; as a text, what a person types for the same."""

    arguments: tuple[str, ...]
    given: str = ""

    def __str__(self) -> str:
        typed = shlex.join(("gh", *self.arguments))
        return f"echo {shlex.quote(self.given)} | {typed}" if self.given else typed


def gh(*arguments: str) -> Call:
    """Return a call of gh."""
    return Call(arguments=arguments)


def api(method: str, path: str, body: object = None) -> Call:
    """Return a call of GitHub's API, with a body that becomes JSON."""
    arguments = ("api", "--method", method, path)
    if body is None:
        return Call(arguments=arguments)
    return Call(arguments=(*arguments, "--input", "-"), given=json.dumps(body))


def run(call: Call, folder: Path | None = None) -> str:
    """Make a call, in a folder where that matters, and return the output of gh.

    Raises `AccessDenied` where gh is missing, nobody is logged in, or GitHub does not allow it,
    `Conflict` for a name that is taken, `HermesError` for any other refusal.
    """
    try:
        done = subprocess.run(
            ["gh", *call.arguments],
            cwd=folder,
            env={**os.environ, **_QUIET},
            input=call.given,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
        )
    except FileNotFoundError:
        raise AccessDenied(
            "gh, GitHub's command-line program, is not installed",
            hint="install it (https://cli.github.com), then gh auth login",
        ) from None
    if done.returncode:
        raise _refusal(done.returncode, done.stderr.strip())
    return done.stdout


def ask(path: str) -> Any:
    """Return the answer of GitHub's API for a path. Raises as `run` does."""
    call = gh("api", path)
    answer = run(call)
    try:
        return json.loads(answer)
    except ValueError as error:
        raise HermesError(f"gh did not answer in JSON: {call}") from error


def _refusal(code: int, output: str) -> HermesError:
    found = re.search(r"HTTP (\d{3})", output)
    status = int(found[1]) if found else 0
    lines = [re.sub(r"^gh: |\s*\(HTTP \d{3}\)$", "", line) for line in output.splitlines()]
    message = next((line for line in lines if line), f"gh ended with exit code {code}").rstrip(".")
    if code == _NOT_LOGGED_IN or status == 401:
        return AccessDenied("gh is not logged in to GitHub", hint="gh auth login")
    if "Upgrade to" in output or "billing plan" in output:
        return AccessDenied(
            f"the owner's plan on GitHub does not include this for a private repository: {message}",
            hint="change the plan; until then, give few people the right to push",
        )
    if "already exists" in output:
        return Conflict(f"GitHub has it already: {message}", hint="choose another name")
    if status in (403, 404):
        return AccessDenied(
            f"GitHub does not allow it (HTTP {status}): {message}",
            hint="ask an owner of the organization, or log in as somebody who may: gh auth login",
        )
    return HermesError(f"GitHub refuses it: {message}", detail=output if len(lines) > 1 else None)
