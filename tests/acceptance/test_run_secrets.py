"""Secrets of a project: their names are deployed, their values stay on this machine and are never shown."""

from __future__ import annotations

import pytest

from .harness import Repo

VALUE = "s3cr3t value, with 'quotes' and #"
SCRIPT = """\
import hashlib
import os

print({name: hashlib.sha256(value.encode()).hexdigest()[:8] for name, value in os.environ.items()
       if name in ("API_KEY", "OTHER")})
"""
SEEN = "{'API_KEY': 'b1a87d60'}\n"


@pytest.fixture
def needy(repo: Repo) -> Repo:
    """A repo on a feature branch whose script needs a secret; .env is ignored by git."""
    repo.edit("shop/pyproject.toml", "[tool.hermes]\n", '[tool.hermes]\nsecrets = ["API_KEY"]\n')
    repo.write("shop/shop/shop.py", SCRIPT)
    repo.write(".gitignore", ".hermes/\n.env\n")
    repo.switch("feature/first")
    repo.commit()
    return repo


def test_a_script_gets_the_secrets_that_it_names_and_nobody_sees_them(needy: Repo) -> None:
    needy.write(".env", f'API_KEY="{VALUE}"\nOTHER={VALUE}\n')
    for command in (
        ("run", "shop"),
        ("deploy",),
        ("run", "shop@feature-first"),
        ("run", "shop", "-o", "json", "--debug"),
        ("show", "shop@feature-first", "-o", "json"),
        ("build",),
        ("status",),
        ("doctor", "-o", "json"),
        ("run", "shop/absent", "--debug"),
    ):
        code = 2 if "shop/absent" in command else 0
        ran = needy.run(*command, expect=code)
        assert "s3cr3t" not in ran.stdout + ran.stderr
        if command[0] == "run" and not code:
            assert SEEN in (ran.stderr if "json" in command else ran.stdout)
    assert needy.run("show", "shop@feature-first", "-o", "json").json["manifest"]["secrets"] == ["API_KEY"]
    assert "secrets:   API_KEY\n" in needy.run("show", "shop@feature-first").stdout
    assert all(b"s3cr3t" not in path.read_bytes() for path in needy.path.glob("dist/**/*") if path.is_file())


def test_the_users_own_environment_goes_before_the_file(needy: Repo) -> None:
    needy.write(".env", "API_KEY=another\n")
    assert needy.run("run", "shop", env={"API_KEY": VALUE}).stdout == SEEN


@pytest.mark.parametrize("text", [None, "API_KEY=\nOTHER=x\n"])
def test_a_missing_secret_is_named_before_anything_runs(needy: Repo, text: str | None) -> None:
    if text is not None:
        needy.write(".env", text)
    ran = needy.run("run", "shop", expect=2)
    assert ran.error == "shop needs the secret API_KEY, and neither .env nor your environment has it"
    assert f" next: write API_KEY=… into {needy.path}/.env\n" in ran.stderr
    assert "preparing" not in ran.stderr


@pytest.mark.parametrize("tracked", [True, False])
def test_a_file_of_secrets_that_git_has_or_would_take_is_refused(needy: Repo, tracked: bool) -> None:
    needy.write(".env", f"API_KEY='{VALUE}'\n")
    if tracked:
        needy.git("add", "--force", ".env")
    else:
        needy.write(".gitignore", ".hermes/\n")
    ran = needy.run("run", "shop", "--debug", expect=3)
    assert "error: .env holds secrets, and git would share it or has it already\n" in ran.stderr
    assert "git rm --cached --ignore-unmatch .env && echo .env >> .gitignore" in ran.stderr
    assert "s3cr3t" not in ran.stdout + ran.stderr


def test_a_project_without_secrets_gets_nothing_from_the_file(repo: Repo) -> None:
    repo.write("shop/shop/shop.py", SCRIPT)
    repo.write(".env", "API_KEY='unclosed\n")
    assert repo.run("run", "shop").stdout == "{}\n"


def test_a_release_that_needs_another_secret_is_another_release(repo: Repo) -> None:
    repo.run("deploy")
    repo.edit("shop/pyproject.toml", "[tool.hermes]\n", '[tool.hermes]\nsecrets = ["API_KEY"]\n')
    repo.commit()
    assert "0.1.0 is released" in repo.run("deploy", expect=4).error
    repo.set_version("0.1.1")
    repo.commit()
    repo.run("deploy")
    assert repo.run("show", "shop@latest", "-o", "json").json["manifest"]["secrets"] == ["API_KEY"]
