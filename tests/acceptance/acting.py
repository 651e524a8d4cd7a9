"""Runs a generated GitHub workflow on this machine with act: its steps, its conditions, its order of jobs.

What GitHub's own actions do is done by small stand-ins. There is no OIDC (the stand-in for the role hands out the
test server's key and keeps a list of who asked), no approval, no rule of an environment, and no fork: the events
say what GitHub documents for them.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from servers import S3Server

from .harness import Hermes, Repo

ACT = Path(sys.executable).parent / "act"
TIMEOUT = 900  # seconds after which a run is taken to hang
ROLES = {"HERMES_DEV_ROLE_ARN": "arn:aws:iam::1:role/dev", "HERMES_PROD_ROLE_ARN": "arn:aws:iam::2:role/prod"}

# With fetch-depth 0 all branches are there, else the one commit alone; the remote's default branch is not told.
_CHECKOUT = """
git init --quiet .
git remote add origin "file://$STAND_IN_REMOTE"
if [ "$INPUT_FETCH_DEPTH" = 0 ]; then
  git fetch --quiet origin "+refs/heads/*:refs/remotes/origin/*" "+$GITHUB_REF:refs/run"
else
  git fetch --quiet --depth=1 origin "+$GITHUB_REF:refs/run"
fi
case $GITHUB_REF in
  refs/heads/*) git checkout --quiet -B "${GITHUB_REF#refs/heads/}" refs/run ;;
  *) git checkout --quiet --detach refs/run ;;
esac
git update-ref -d refs/run
test "$(git rev-parse HEAD)" = "$GITHUB_SHA"
"""
_STAND_INS = {
    "checkout": _CHECKOUT,
    "setup-python": 'echo "$STAND_IN_PYTHON" >> "$GITHUB_PATH"',
    "upload-artifact": 'test -z "${AWS_ACCESS_KEY_ID:-}" && cp -R "$INPUT_PATH" "$STAND_IN_FILES/$INPUT_NAME"',
    "download-artifact": 'cp -R "$STAND_IN_FILES/$INPUT_NAME" "$INPUT_PATH"',
    "configure-aws-credentials": """
echo "$INPUT_ROLE" >> "$STAND_IN_FILES/roles"
{{
  echo "AWS_REGION=$INPUT_REGION"
  echo "AWS_ACCESS_KEY_ID={access_key}"
  echo "AWS_SECRET_ACCESS_KEY={secret_key}"
}} >> "$GITHUB_ENV"
""",
}
_INPUTS = {
    "INPUT_FETCH_DEPTH": "fetch-depth",
    "INPUT_NAME": "name",
    "INPUT_PATH": "path",
    "INPUT_ROLE": "role-to-assume",
    "INPUT_REGION": "aws-region",
}


@dataclass(frozen=True, kw_only=True)
class Run:
    """How a run of the workflow ended: the jobs that ran, the roles that were taken on, in this order."""

    jobs: Mapping[str, str]
    roles: tuple[str, ...]
    log: str


@dataclass(frozen=True, kw_only=True)
class Actor:
    """A repository on a stand-in for GitHub, and all that its workflow needs of this machine."""

    repo: Repo
    remote: Path
    folder: Path
    python: Path
    server: S3Server
    reusable: str = ""

    def push(self, branch: str) -> Run:
        """Push what is checked out to a branch, and run what GitHub runs for that."""
        self.repo.git("push", "--quiet", "--force", str(self.remote), f"HEAD:refs/heads/{branch}")
        return self.act("push", branch, {"ref": f"refs/heads/{branch}", "after": self.repo.head})

    def pull_request(self, branch: str, *, fork: bool = False) -> Run:
        """Run what GitHub runs for a pull request of a branch: on the merge that it would be."""
        full_name = "somebody/shop" if fork else "growth/shop"
        head = {"ref": branch, "sha": self.repo.git("rev-parse", branch), "repo": {"full_name": full_name}}
        base = {
            "ref": "main",
            "sha": self.repo.git("rev-parse", "main"),
            "repo": {"full_name": "growth/shop"},
        }
        self.repo.git("switch", "--quiet", "--detach", "main")
        self.repo.git("merge", "--quiet", "--no-ff", "--message", f"Merge {branch}", branch)
        self.repo.git("push", "--quiet", "--force", str(self.remote), "HEAD:refs/pull/7/merge")
        request = {"number": 7, "head": {**head, "fork": fork}, "base": base}
        try:
            return self.act("pull_request", branch, {"number": 7, "pull_request": request})
        finally:
            self.repo.switch(branch)

    def dispatch(self, **inputs: str) -> Run:
        """Start the workflow by hand on what is checked out, as the form in the browser does."""
        branch = self.repo.git("branch", "--show-current")
        self.repo.git("push", "--quiet", str(self.remote), f"HEAD:refs/heads/{branch}")
        return self.act("workflow_dispatch", branch, {"ref": f"refs/heads/{branch}", "inputs": inputs})

    def act(self, event: str, branch: str, payload: Mapping[str, Any]) -> Run:
        """Run the workflow that is checked out for an event."""
        shutil.rmtree(self.folder, ignore_errors=True)
        (self.folder / "files").mkdir(parents=True)
        owner = {"login": "growth"}
        repository = {"full_name": "growth/shop", "name": "shop", "owner": owner, "default_branch": "main"}
        (self.folder / "event.json").write_text(json.dumps({"repository": repository, **payload}))
        workflow = self.repo.path / ".github/workflows/hermes.yml"
        text = workflow.read_text() + self.reusable
        options = ["--eventpath", str(self.folder / "event.json"), "--workflows", str(workflow)]
        for name, value in ROLES.items():
            options += ["--var", f"{name}={value}"]
        for used in sorted(set(re.findall(r"uses: (\S+)", text))):
            options += ["--local-repository", f"{self._whole(used)}={self._stand_in(used)}"]
        variables = {
            # The job that tests and builds must find no credentials at all.
            "AWS_ACCESS_KEY_ID": None,
            "AWS_SECRET_ACCESS_KEY": None,
            "AWS_ENDPOINT_URL_S3": self.server.url,
            "STAND_IN_REMOTE": str(self.remote),
            "STAND_IN_PYTHON": str(self.python.parent),
            "STAND_IN_FILES": str(self.folder / "files"),
            "PIP_NO_INDEX": "1",
            "TMPDIR": str(self.folder / "files"),
        }
        command = [str(ACT), event, "--json", "--platform", "ubuntu-24.04=-self-hosted", "--pull=false"]
        command += ["--no-skip-checkout", "--no-cache-server"]
        command += ["--action-cache-path", str(self.folder / "cache"), *options]
        log = self.folder / "log"
        with log.open("w") as output:
            process = subprocess.Popen(
                command,
                cwd=self.repo.path,
                env=self.repo.hermes.variables(variables),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
            try:
                process.wait(TIMEOUT)
            except subprocess.TimeoutExpired:
                raise AssertionError(f"act hangs: {log.read_text()[-4000:]}") from None
            finally:
                with suppress(ProcessLookupError):  # what a step started ends with it
                    os.killpg(process.pid, signal.SIGKILL)
        return self._run(log.read_text())

    def _run(self, output: str) -> Run:
        lines = [json.loads(line) for line in output.splitlines() if line.startswith("{")]
        ended = {line["jobID"]: line["jobResult"] for line in lines if "jobResult" in line}
        roles = self.folder / "files/roles"
        return Run(
            jobs=ended,
            roles=tuple(roles.read_text().split()) if roles.exists() else (),
            log="\n".join(str(line["msg"]).rstrip("\n") for line in lines) or output,
        )

    @staticmethod
    def _whole(used: str) -> str:
        name, _, ref = used.partition("@")
        return "/".join(name.split("/")[:2]) + f"@{ref}"

    def _stand_in(self, used: str) -> Path:
        name = used.partition("@")[0].split("/")[1]
        folder = self.folder / "stand-ins" / name
        folder.mkdir(parents=True)
        if name in _STAND_INS:
            (folder / "action.yml").write_text(_action(name, self.server))
        else:
            (folder / ".github/workflows").mkdir(parents=True)
            (folder / ".github/workflows/hermes.yml").write_text(self.reusable)
        return folder


def _action(name: str, server: S3Server) -> str:
    script = _STAND_INS[name]
    if name.startswith("configure"):
        script = script.format(access_key=server.access_key, secret_key=server.secret_key)
    step = {
        "shell": "bash",
        "env": {variable: f"${{{{ inputs.{given} }}}}" for variable, given in _INPUTS.items()},
        "run": "set -eu\n" + script,
    }
    inputs = {given: {"required": False, "default": ""} for given in _INPUTS.values()}
    # JSON is YAML.
    return json.dumps({"name": name, "inputs": inputs, "runs": {"using": "composite", "steps": [step]}})


def hermes_for_ci(hermes: Hermes, folder: Path) -> tuple[str, Path]:
    """A wheel of this working tree as a requirement, and a Python that has what it needs."""
    from uv import find_uv_bin

    root = Path(__file__).resolve().parents[2]
    env = hermes.variables()

    def run(*command: str | Path) -> None:
        done = subprocess.run(
            [str(word) for word in command], env=env, capture_output=True, text=True, cwd=root
        )
        assert done.returncode == 0, done.stderr

    run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, root)
    (wheel,) = folder.glob("*.whl")
    python = folder / "venv" / "bin" / "python"
    run(find_uv_bin(), "venv", "--quiet", "--seed", "--python", sys.executable, folder / "venv")
    run(find_uv_bin(), "pip", "install", "--quiet", "--python", python, wheel)
    run(find_uv_bin(), "pip", "uninstall", "--quiet", "--python", python, "hermes-data-products")
    return f"hermes-data-products @ {wheel.as_uri()}", python
