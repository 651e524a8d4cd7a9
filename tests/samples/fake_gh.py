"""Stands in for gh, GitHub's command: keeps what it was told in a JSON file, and answers as the API does.

The file named by FAKE_GH holds the repositories, the calls in their order, and the answers that fail:
"METHOD path" to an HTTP status and GitHub's words. A repository's commits lie in a bare one of git.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, NoReturn

STATE = Path(os.environ["FAKE_GH"])


def main(arguments: list[str]) -> None:
    state = json.loads(STATE.read_text())
    state["calls"].append(" ".join(arguments))
    try:
        if not state["user"]:
            print("To get started with GitHub CLI, please run:  gh auth login", file=sys.stderr)
            sys.exit(4)
        if arguments[:2] == ["repo", "create"]:
            create(state, arguments[2:])
        elif arguments[:2] == ["variable", "set"]:
            set_variable(state, arguments[2:])
        elif arguments[0] == "api":
            api(state, arguments[1:])
        elif arguments[0] == "auth":  # git asks it for credentials: there are none for a file
            return
        else:
            sys.exit(f'unknown command "{arguments[0]}" for "gh"')
    finally:
        STATE.write_text(json.dumps(state, indent=1))


def refuse(status: int, words: str) -> NoReturn:
    print(json.dumps({"message": words, "status": str(status)}))
    print(f"gh: {words} (HTTP {status})", file=sys.stderr)
    sys.exit(1)


def fail_if_told(state: dict[str, Any], method: str, path: str) -> None:
    if told := state["fails"].get(f"{method} {path}"):
        refuse(*told)


def create(state: dict[str, Any], arguments: list[str]) -> None:
    name = arguments[0]
    assert arguments[1:] == ["--private", "--source", ".", "--remote", "origin"], arguments
    fail_if_told(state, "CREATE", name)
    if name in state["repositories"]:
        print("GraphQL: Name already exists on this account (createRepository)", file=sys.stderr)
        sys.exit(1)
    remote = STATE.parent / f"{name.replace('/', '-')}.git"
    git("init", "--quiet", "--bare", "--initial-branch=unborn", str(remote))
    git("remote", "add", "origin", str(remote))
    private = state["creates"] == "private"
    facts = {"full_name": name, "private": private, "visibility": state["creates"]}
    facts |= {"html_url": f"https://github.com/{name}", "git": str(remote)}
    state["repositories"][name] = {"facts": facts, "environments": {}, "protection": {}}
    print(f"https://github.com/{name}")


def set_variable(state: dict[str, Any], arguments: list[str]) -> None:
    variable, options = arguments[0], dict(zip(arguments[1::2], arguments[2::2], strict=True))
    repository = state["repositories"][options["--repo"]]
    fail_if_told(state, "SET", variable)
    repository["environments"][options["--env"]]["variables"][variable] = options["--body"]


def api(state: dict[str, Any], arguments: list[str]) -> None:
    method, body = "GET", None
    path = ""
    words = iter(arguments)
    for word in words:
        if word == "--method":
            method = next(words)
        elif word == "--input":
            assert next(words) == "-"
            body = json.load(sys.stdin)
        else:
            path = word
    fail_if_told(state, method, path)
    parts = path.split("/")
    repository = state["repositories"].get("/".join(parts[1:3]))
    if parts[0] != "repos" or repository is None:
        refuse(404, "Not Found")
    print(json.dumps(answer(repository, method, parts[3:], body)))


def answer(repository: dict[str, Any], method: str, path: list[str], body: Any) -> Any:
    remote, environments = repository["facts"]["git"], repository["environments"]
    if not path:
        head = git("-C", remote, "for-each-ref", "--format=%(refname:short)", "refs/heads").split()
        return {**repository["facts"], "default_branch": (head or ["main"])[0]}
    if path[0] == "environments":
        return environment_answer(environments, method, path[1:], body)
    branch, what = path[1], path[2:]
    heads = git("-C", remote, "for-each-ref", "--format=%(refname:short) %(objectname)", "refs/heads")
    commits = dict(line.split() for line in heads.splitlines())
    if branch not in commits:
        refuse(404, "Branch not found")
    if not what:
        return {"name": branch, "commit": {"sha": commits[branch]}}
    if method == "PUT":
        wanted = {"required_status_checks", "required_pull_request_reviews", "enforce_admins", "restrictions"}
        assert set(body) == wanted, "GitHub wants each of them, if only as null"
        repository["protection"][branch] = body
    if branch not in repository["protection"]:
        refuse(404, "Branch not protected")
    set_to = repository["protection"][branch]
    told = {"enforce_admins": {"enabled": set_to["enforce_admins"]}}
    names = ("required_status_checks", "required_pull_request_reviews")
    return told | {name: set_to[name] for name in names if set_to[name]}


def environment_answer(environments: dict[str, Any], method: str, path: list[str], body: Any) -> Any:
    name, what = path[0], path[1:]
    if method == "PUT" and not what:
        policy = (body or {}).get("deployment_branch_policy")
        environments[name] = {"name": name, "deployment_branch_policy": policy, "rules": [], "variables": {}}
    if name not in environments:
        refuse(404, "Not Found")
    environment = environments[name]
    if not what:
        return {key: environment[key] for key in ("name", "deployment_branch_policy")}
    if what[0] == "variables":
        if what[1] not in environment["variables"]:
            refuse(404, "Not Found")
        return {"name": what[1], "value": environment["variables"][what[1]]}
    if method == "POST":
        environment["rules"].append(body)
    return {"total_count": len(environment["rules"]), "branch_policies": environment["rules"]}


def git(*arguments: str) -> str:
    return subprocess.run(["git", *arguments], check=True, capture_output=True, text=True).stdout


if __name__ == "__main__":
    main(sys.argv[1:])
