"""Bad input: one sentence, its exit code, no traceback, and nothing written."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from .harness import Repo, tree_of
from .projects import SCRIPT, add_project

DEPLOY = ("deploy",)
PROJECT = "shop/pyproject.toml"
CONFLICT = "<<<<<<< HEAD\n{}\n=======\n{}\n>>>>>>> feature/other"


@dataclass(frozen=True, kw_only=True)
class Bad:
    """What is wrong with a repo, what is typed in it, and what Hermes says."""

    name: str
    command: tuple[str, ...] = DEPLOY
    spoil: Callable[[Repo], object] = lambda repo: None
    code: int
    says: tuple[str, ...]


def edit(path: str, old: str, new: str) -> Callable[[Repo], object]:
    return lambda repo: repo.edit(path, old, new)


def write(path: str, text: str) -> Callable[[Repo], object]:
    return lambda repo: repo.write(path, text)


def two_scripts(repo: Repo) -> None:
    repo.write("shop/shop/Shop.py", SCRIPT.format(module="shop"))
    repo.edit(PROJECT, "[tool.hermes]", '[tool.hermes]\nscripts = ["shop", "Shop"]')


def link(target: str) -> Callable[[Repo], object]:
    def make(repo: Repo) -> None:
        (repo.path.parent / "outside.txt").write_text("not of this project")
        (repo.path / "shop/shop/data.txt").symlink_to(target)

    return make


def circle(repo: Repo) -> None:
    add_project(repo, "lake", needs=("shop",))
    repo.edit(PROJECT, "dependencies = []", 'dependencies = ["lake"]')


def failing_backend(repo: Repo) -> None:
    repo.edit(PROJECT, 'requires = ["uv_build>=0.8"]\nbuild-backend = "uv_build"', IN_TREE)
    repo.write("shop/backend.py", "raise SystemExit('the backend has run out of luck')\n")


IN_TREE = 'requires = []\nbuild-backend = "backend"\nbackend-path = ["."]'
KEY = "-----BEGIN PRIVATE KEY-----\n" + ("MIIEvQIBADANBgkq" * 4 + "\n") * 9 + "-----END PRIVATE KEY-----\n"

BAD = [
    # Names.
    Bad(name="keyword", command=("new", "class"), code=2, says=("'class'", "keyword")),
    Bad(name="soft-keyword", command=("new", "match"), code=2, says=("'match'", "keyword")),
    Bad(name="stdlib", command=("new", "json"), code=2, says=("'json'", "standard library")),
    Bad(name="upper-case", command=("new", "Sales"), code=2, says=("'Sales'", "not a project name")),
    Bad(name="no-distribution", command=("new", "sales-"), code=2, says=("'sales-'", "not a project name")),
    Bad(name="path", command=("new", "../sales"), code=2, says=("'..'",)),
    Bad(name="letters", command=("new", "отчёт"), code=2, says=("'отчёт'", "not a project name")),
    Bad(name="taken", command=("new", "shop"), code=4, says=("shop", "already")),
    Bad(
        name="same-but-for-dashes",
        command=("new", "sales-report"),
        spoil=lambda repo: add_project(repo, "sales_report"),
        code=4,
        says=("sales_report", "same package"),
    ),
    Bad(name="script-taken", command=("new", "shop/SHOP"), code=4, says=("shop",)),
    Bad(name="script-keyword", command=("new", "shop/class"), code=2, says=("'class'", "not a script name")),
    Bad(name="folder-there", command=("new", "docs"), spoil=write("docs/a.md", "a"), code=4, says=("docs",)),
    Bad(name="no-branch", command=("deploy", "--branch", ""), code=2, says=("''", "not a branch name")),
    Bad(name="pytest-quotes", command=("test", "--pytest", "-k 'x"), code=2, says=("--pytest", "-k 'x")),
    # Files that say nonsense.
    Bad(
        name="settings-no-toml",
        spoil=write("hermes.toml", 'team = "a"\nteam = \n'),
        code=2,
        says=("hermes.toml:2",),
    ),
    Bad(
        name="settings-key",
        spoil=edit("hermes.toml", "team =", "taem ="),
        code=2,
        says=("hermes.toml:1", "'taem'"),
    ),
    Bad(
        name="settings-inner-key",
        spoil=edit("hermes.toml", "python =", 'pyhton = "3.11"\npython ='),
        code=2,
        says=("hermes.toml", "'pyhton'", "did you mean python?"),
    ),
    Bad(
        name="settings-no-team",
        spoil=edit("hermes.toml", 'team = "growth"\n', ""),
        code=2,
        says=("team is missing",),
    ),
    Bad(
        name="settings-team",
        spoil=edit("hermes.toml", "growth", "Growth Team"),
        code=2,
        says=("'Growth Team'",),
    ),
    Bad(
        name="settings-version",
        spoil=edit("hermes.toml", "team =", 'required-version = ">=99"\nteam ='),
        code=3,
        says=(">=99",),
    ),
    Bad(
        name="project-no-toml",
        spoil=write(PROJECT, "[project]\nname = shop\n"),
        code=2,
        says=(f"{PROJECT}:2",),
    ),
    Bad(
        name="no-version",
        spoil=edit(PROJECT, 'version = "0.1.0"\n', ""),
        code=2,
        says=(PROJECT, "no version"),
    ),
    Bad(name="bad-version", spoil=edit(PROJECT, "0.1.0", "one"), code=2, says=(f"{PROJECT}:7", "'one'")),
    Bad(
        name="local-version",
        spoil=edit(PROJECT, "0.1.0", "1.0+mine"),
        code=2,
        says=(f"{PROJECT}:7", "local part"),
    ),
    Bad(
        name="project-key",
        spoil=edit(PROJECT, "dependencies = []", "dependancies = []"),
        code=2,
        says=(PROJECT, "'dependancies'", "did you mean dependencies?"),
    ),
    Bad(
        name="hermes-key",
        spoil=edit(PROJECT, "[tool.hermes]", '[tool.hermes]\nscirpts = ["shop"]'),
        code=2,
        says=(PROJECT, "'scirpts'", "did you mean scripts?"),
    ),
    Bad(
        name="script-not-there",
        spoil=edit(PROJECT, "[tool.hermes]", '[tool.hermes]\nscripts = ["shpo"]'),
        code=2,
        says=(PROJECT, "'shpo'", "did you mean shop?"),
    ),
    Bad(name="scripts-by-case", spoil=two_scripts, code=2, says=(PROJECT, "'Shop'", "case")),
    Bad(
        name="requirement",
        spoil=edit(PROJECT, "dependencies = []", 'dependencies = ["a b"]'),
        code=2,
        says=("'a b'",),
    ),
    Bad(
        name="other-name",
        spoil=edit(PROJECT, 'name = "shop"', 'name = "store"'),
        code=2,
        says=("store", "shop"),
    ),
    Bad(name="circle", command=("deploy", "shop"), spoil=circle, code=2, says=("lake", "shop")),
    Bad(
        name="merge-conflict",
        spoil=edit(PROJECT, 'version = "0.1.0"', CONFLICT.format('version = "0.2.0"', 'version = "0.3.0"')),
        code=2,
        says=(f"{PROJECT}:7", "merge conflict", "git add"),
    ),
    Bad(
        name="merge-conflict-in-script",
        spoil=edit("shop/shop/shop.py", "import shop", CONFLICT.format("import shop", "import os, shop")),
        code=6,
        says=("shop/shop/shop.py:7", "merge conflict", "git add"),
    ),
    # What must not be deployed.
    Bad(
        name="relative-import",
        spoil=edit("shop/shop/shop.py", "import shop", "from . import WORD"),
        code=6,
        says=("shop/shop/shop.py:7", "relative import"),
    ),
    Bad(
        name="syntax",
        spoil=write("shop/shop/shop.py", "x = 1\ndef (\n"),
        code=6,
        says=("shop/shop/shop.py:2",),
    ),
    Bad(
        name="link-outside",
        spoil=link("../../../outside.txt"),
        code=6,
        says=("shop/shop/data.txt", "outside"),
    ),
    Bad(
        name="link-absolute",
        spoil=link("/etc/hostname"),
        code=6,
        says=("shop/shop/data.txt", "absolute path"),
    ),
    Bad(name="env-file", spoil=write("shop/shop/.env", "PASSWORD=x\n"), code=6, says=(".env",)),
    Bad(name="private-key", spoil=write("shop/shop/cert.txt", KEY), code=6, says=("cert.txt", "private key")),
    Bad(
        name="failing-build",
        spoil=failing_backend,
        code=6,
        says=("the build of shop failed", "run out of luck"),
    ),
    # What is typed.
    Bad(name="unknown-project", command=("deploy", "shpo"), code=2, says=("'shpo'", "did you mean shop?")),
    Bad(name="unknown-to-run", command=("run", "shpo"), code=2, says=("'shpo'", "did you mean shop?")),
    Bad(
        name="unknown-to-run-deployed",
        command=("run", "shpo@latest"),
        code=2,
        says=("'shpo'", "did you mean shop?"),
    ),
    Bad(
        name="unknown-to-show",
        command=("show", "shpo@latest"),
        code=2,
        says=("'shpo'", "did you mean shop?"),
    ),
    Bad(
        name="unknown-to-retire",
        command=("retire", "shpo", "--reason", "old", "--env", "local"),
        code=2,
        says=("'shpo'", "did you mean shop?"),
    ),
    Bad(name="unknown-script", command=("run", "shop/shpo"), code=2, says=("shpo", "did you mean shop?")),
    Bad(name="unknown-environment", command=("deploy", "--env", "loacl"), code=2, says=("'loacl'", "local")),
    Bad(name="env-without-suffix", command=("run", "shop", "--env", "local"), code=2, says=("shop@latest",)),
    Bad(name="nothing-after-at", command=("run", "shop@"), code=2, says=("shop@latest",)),
    Bad(name="no-suffix", command=("show", "shop"), code=2, says=("shop@latest",)),
    Bad(name="no-bundle", command=("deploy", "--from", "dist"), code=2, says=("build.json", "hermes build")),
    Bad(name="unknown-option", command=("deploy", "--evn", "local"), code=2, says=("--evn", "--env")),
    Bad(name="unknown-command", command=("deply",), code=2, says=("'deply'", "deploy")),
    Bad(name="unknown-output", command=("ls", "-o", "jsn"), code=2, says=("jsn", "json")),
    Bad(name="no-ref", command=("deploy", "--branch", "feature/a..b"), code=2, says=("'feature/a..b'",)),
    Bad(name="no-ref-empty", command=("deploy", "--branch", "a b"), code=2, says=("'a b'",)),
    Bad(name="no-ref-lock", command=("run", "shop@feature/x.lock"), code=2, says=("'feature/x.lock'",)),
]


@pytest.mark.parametrize("bad", BAD, ids=lambda bad: bad.name)
def test_bad_input_is_told_in_one_sentence_and_writes_nothing(repo: Repo, tmp_path: Path, bad: Bad) -> None:
    repo.switch("feature/first")
    bad.spoil(repo)
    before = tree_of(repo.path)
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    result = repo.run(*bad.command, env={"TMPDIR": str(temporary)}, expect=bad.code)
    assert result.error
    for words in bad.says:
        assert words in result.stderr, result.stderr
    assert tree_of(repo.path) == before
    assert list(temporary.iterdir()) == []
