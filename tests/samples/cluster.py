"""A job cluster for tests: it is held to its policy, and really runs scripts that lie in an S3 server."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from servers import S3Server

# That of the command, for which locks are made; an Airflow worker may have an older one.
_PYTHON = Path(os.environ.get("HERMES_BIN") or sys.executable).parent / "python"
_REFERENCE = re.compile(r"\{\{secrets/([^/]+)/([^/}]+)\}\}")


def violations(cluster: Mapping[str, Any], policy: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """What a cluster policy says against a cluster, after its defaults were applied where that was asked."""
    flat = _flatten(cluster)
    defaults = cluster.get("apply_policy_default_values") is True
    found = []
    for name, rule in policy.items():
        value = flat.get(name)
        if value is None and defaults:
            value = rule.get("value", rule.get("defaultValue"))
        kind = rule["type"]
        if value is None:
            if kind == "fixed" or not rule.get("isOptional", False):
                found.append(f"{name} is missing")
        elif kind == "forbidden":
            found.append(f"{name} is forbidden")
        elif kind == "fixed" and str(value) != str(rule["value"]):
            found.append(f"{name}, the value must be {rule['value']} (is {value!r})")
        elif kind == "allowlist" and str(value) not in map(str, rule["values"]):
            found.append(f"{name}, the value must be one of {rule['values']} (is {value!r})")
        elif kind == "range" and not rule.get("minValue", 0) <= float(value) <= rule.get("maxValue", 1e9):
            found.append(f"{name}, the value must be in the range (is {value!r})")
    return found


def _flatten(value: Mapping[str, Any], above: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, inner in value.items():
        name = f"{above}.{key}" if above else key
        flat |= _flatten(inner, name) if isinstance(inner, Mapping) else {name: inner}
    return flat


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How a script ended: the last line of a failure, and all that it printed."""

    error: str | None
    logs: str


class Cluster:
    """Installs what a task names, and runs its script; environments are kept by what is in them."""

    def __init__(self, folder: Path, s3: S3Server, secrets: Mapping[tuple[str, str], str]) -> None:
        self._folder = folder
        self._s3 = s3
        self._secrets = secrets
        self._installing = threading.Lock()
        self._running: dict[int, subprocess.Popen[str]] = {}

    def run(self, run_id: int, task: Mapping[str, Any]) -> Outcome:
        """Fetch, install and run; whatever goes wrong is the outcome's error."""
        try:
            variables = {name: self._resolve(value) for name, value in task["variables"].items()}
            script = self._fetch(task["python_file"])
            python = self._environment(task["libraries"])
        except (KeyError, RuntimeError) as error:
            return Outcome(error=f"Library installation failed: {error}", logs="")
        work = self._folder / f"run-{run_id}"
        work.mkdir()
        machine = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        process = subprocess.Popen(
            [str(python), "-P", str(script), *task["parameters"]],
            cwd=work,
            env=machine | self._s3.environment | variables,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self._running[run_id] = process
        logs, _ = process.communicate()
        lines = logs.strip().splitlines()
        failed = process.returncode != 0
        return Outcome(
            error=(lines[-1] if lines else f"exit {process.returncode}") if failed else None, logs=logs
        )

    def stop(self, run_id: int) -> None:
        """End what a run still does."""
        process = self._running.get(run_id)
        if process is not None and process.poll() is None:
            process.kill()

    def _resolve(self, value: str) -> str:
        found = _REFERENCE.fullmatch(value)
        return self._secrets[found[1], found[2]] if found else value

    def _fetch(self, url: str) -> Path:
        bucket, _, key = url.removeprefix("s3://").partition("/")
        target = (
            self._folder / "files" / hashlib.sha256(url.encode()).hexdigest()[:16] / key.rsplit("/", 1)[-1]
        )
        if not target.exists():
            client = self._s3.client()
            try:
                data = client.get_object(Bucket=bucket, Key=key)["Body"].read()
            except client.exceptions.ClientError as error:
                raise RuntimeError(f"{url}: {error}") from error
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
        return target

    def _environment(self, libraries: list[Mapping[str, Any]]) -> Path:
        from uv import find_uv_bin

        uv = find_uv_bin()
        name = hashlib.sha256(json.dumps(libraries).encode()).hexdigest()[:16]
        venv = self._folder / "venvs" / name
        with self._installing:
            if not (venv / "done").exists():
                shutil.rmtree(venv, ignore_errors=True)
                _call([uv, "venv", "--quiet", "--no-project", "--python", str(_PYTHON), str(venv)])
                # One after the other, as a cluster does: nothing sees the whole list.
                for library in libraries:
                    what = (
                        library["pypi"]["package"] if "pypi" in library else str(self._fetch(library["whl"]))
                    )
                    _call([uv, "pip", "install", "--quiet", "--python", str(venv / "bin" / "python"), what])
                (venv / "done").touch()
        return venv / "bin" / "python"


def _call(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(done.stderr.strip() or f"{command[0]} ended with {done.returncode}")
