"""hermes template update, as its user sees it: what it prints, its exit codes, and a process that is killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from .harness import HERMES, Hermes, Repo

QUESTIONS = {"repo": "shop", "team": "a", "project": "shop", "repo_id": "", "ci": ["github", "none"]}
LINES = "".join(f"line {number}\n" for number in range(1, 11))


def write(folder: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)


@pytest.fixture
def template(hermes: Hermes, tmp_path: Path) -> Repo:
    """A template in git, at v1."""
    path = tmp_path / "template"
    files = {
        "hermes.toml": 'team = "{{cookiecutter.team}}"\nrepo-id = "{{cookiecutter.repo_id}}"\n',
        "README.md": LINES,
        "{{cookiecutter.project}}/pyproject.toml": '[project]\nname = "{{cookiecutter.project}}"\nversion = "1"\n',
    }
    write(path / "{{cookiecutter.repo}}", files)
    (path / "cookiecutter.json").write_text(json.dumps(QUESTIONS))
    template = Repo(path=path, hermes=hermes)
    template.git("init", "--quiet")
    template.commit("v1")
    template.git("tag", "v1")
    return template


@pytest.fixture
def shop(hermes: Hermes, template: Repo, tmp_path: Path) -> Repo:
    """A repo that was made from it."""
    spec = f"{template.path.as_uri()}@v1"
    hermes.run("new", "shop", "--team", "growth", "--ci", "none", "--template", spec, cwd=tmp_path)
    return Repo(path=tmp_path / "shop", hermes=hermes)


def release(template: Repo, tag: str, files: dict[str, str]) -> None:
    write(template.path / "{{cookiecutter.repo}}", files)
    template.commit(tag)
    template.git("tag", tag)


def test_an_update_from_its_check_to_its_revert(template: Repo, shop: Repo) -> None:
    assert "this repo is at the template's v1" in shop.run("template", "update", "--check").stdout
    release(template, "v2", {"README.md": LINES.replace("line 9", "line nine"), "NEW.md": "new\n"})
    before = shop.head
    told = shop.run("template", "update", "--check", "-o", "json", expect=7).json
    assert (told["state"], told["conflicts"]) == ("behind", [])
    assert [change["path"] for change in told["changes"]] == ["NEW.md", "README.md", "hermes.toml"]
    assert (shop.head, shop.git("status", "--porcelain")) == (before, "")

    done = shop.run("template", "update")
    assert "updated from the template's v1" in done.stdout
    assert "added     NEW.md" in done.stdout
    assert "git revert HEAD" in done.stderr
    assert shop.git("log", "-1", "--format=%s").startswith("Update the template to v2")
    shop.run("template", "update", "--check")
    shop.git("revert", "--no-edit", "HEAD")
    assert shop.git("diff", before) == ""
    shop.run("template", "update", "--check", expect=7)


def test_the_next_command_asks_for_the_same(template: Repo, shop: Repo) -> None:
    told = shop.run("template", "update", "--check", "--set", "ci=github", "--set", "team=sales", expect=7)
    assert "this repo is at the template's v1" in told.stdout
    assert "other answers would change it" in told.stdout
    assert "  hermes template update --set ci=github --set team=sales" in told.stderr.splitlines()
    release(template, "v2", {"NEW.md": "new\n"})
    told = shop.run("template", "update", "--to", "v2", "--check", "--trust", expect=7)
    assert "  hermes template update --to v2 --trust" in told.stderr.splitlines()
    fleet = ("template", "fleet", shop.path.as_uri(), "--set", "ci=github")
    told = shop.run(*fleet, expect=7)
    assert f"  hermes {' '.join(fleet)} --open-pull-requests" in told.stderr.splitlines()
    assert "this repo is at" in shop.run("template", "update", "--set", "ci=none", "--to", "v1").stdout


@pytest.mark.parametrize("settings", [None, 'team = "grow'])
def test_an_update_that_was_killed_while_it_wrote_is_done_again(
    template: Repo, shop: Repo, settings: str | None
) -> None:
    head = shop.head
    release(template, "v2", {"README.md": LINES.replace("line 9", "line nine"), "NEW.md": "new\n"})
    shop.run("template", "update")
    done = shop.head
    shop.git("reset", "--quiet", "--hard", head)
    shop.git("update-ref", "refs/hermes/template-update", done)
    shop.git("read-tree", "-m", "-u", head, done)
    if settings is not None:  # it was killed while git wrote this file
        shop.write("hermes.toml", settings)
    again = shop.run("template", "update")
    assert "took back an update that was cut off" in again.stderr
    assert "updated from the template's v1" in again.stdout
    assert shop.git("diff", done, "HEAD") == shop.git("status", "--porcelain") == ""


def test_conflicts_are_listed_marked_and_left_to_the_user(template: Repo, shop: Repo) -> None:
    shop.write("README.md", LINES.replace("line 9", "line mine"))
    shop.commit()
    release(template, "v2", {"README.md": LINES.replace("line 9", "line nine"), "NEW.md": "new\n"})
    before = shop.head
    done = shop.run("template", "update", expect=7)
    assert "conflict  README.md" in done.stdout
    assert "git reset --hard" in done.stderr
    assert shop.git("status", "--porcelain").splitlines() == ["A  NEW.md", "UU README.md", "M  hermes.toml"]
    refused = shop.run("template", "update", expect=3)
    assert refused.error.startswith("a merge conflict is not resolved in README.md")
    shop.write("README.md", LINES.replace("line 9", "line both"))
    shop.commit("Update the template")
    shop.run("template", "update", "--check")
    shop.git("reset", "--quiet", "--hard", before)
    shop.run("template", "update", "--check", expect=7)


def test_what_cannot_be_done_is_said(template: Repo, shop: Repo, tmp_path: Path) -> None:
    assert "--set" in shop.run("template", "update", "--set", "ci", expect=2).error
    assert "nowhere" in shop.run("template", "update", "--to", "nowhere", expect=1).stderr
    hook = template.path / "hooks" / "post_gen_project.sh"
    write(template.path, {"hooks/post_gen_project.sh": f"#!/bin/sh\necho said\ntouch {tmp_path}/ran\n"})
    hook.chmod(0o755)
    release(template, "v2", {"NEW.md": "new\n"})
    refused = shop.run("template", "update", expect=3)
    assert "hooks/post_gen_project.sh" in refused.error
    assert "--trust" in refused.stderr
    assert not (tmp_path / "ran").exists()
    assert shop.run("template", "update", "--trust", "-o", "json").json["state"] == "updated"
    assert (tmp_path / "ran").exists()
    shop.hermes.run("new", "cart", "--template", template.path, cwd=tmp_path, expect=3)
    shop.hermes.run("new", "cart", "--template", template.path, "--trust", cwd=tmp_path)


def test_an_update_that_is_killed_half_way_is_taken_back_and_done_by_the_next(
    template: Repo, shop: Repo, tmp_path: Path
) -> None:
    # Git asks this filter for what to write, and waits for it in the middle of the work.
    flag, gate = tmp_path / "flag", tmp_path / "gate"
    shop.git("config", "filter.slow.smudge", f"touch {flag}; while [ ! -e {gate} ]; do sleep 0.05; done; cat")
    shop.write(".gitattributes", "README.md filter=slow\n")
    shop.commit()
    changed = LINES.replace("line 9", "line nine")
    release(template, "v2", {"README.md": changed, "A.md": "new\n", "Z.md": "new\n"})
    process = subprocess.Popen(
        [HERMES, "template", "update"],
        cwd=shop.path,
        env=shop.hermes.variables(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        deadline = time.monotonic() + 60
        while not flag.exists() and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.02)
        assert process.poll() is None
        os.killpg(process.pid, signal.SIGKILL)
    finally:
        process.wait(timeout=60)
        gate.touch()
    lock = shop.path / ".git" / "index.lock"
    assert lock.exists()
    lock.unlink()
    assert shop.git("status", "--porcelain") != ""

    done = shop.run("template", "update")

    assert "took back an update that was cut off" in done.stderr
    assert (shop.path / "README.md").read_text() == changed
    assert (shop.path / "Z.md").read_text() == "new\n"
    assert shop.git("status", "--porcelain") == ""
    shop.run("template", "update", "--check")
