"""What the template changed × what the user changed: the result of an update, row by row."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from dataclasses import replace as replace_root
from pathlib import Path

import pytest

from hermes_cli.usecases.template_update import CONFLICTS, CURRENT, UPDATED
from sample_repos import isolate, sh
from sample_templates import (
    FIRST,
    TEN,
    Pair,
    both,
    make_pair,
    mode,
    move,
    nothing,
    put,
    remove,
    replace,
    windows,
)

Change = Callable[[Path], None]


@dataclass(frozen=True, kw_only=True)
class Row:
    """One case: both changes, and what is there afterwards; None is a file that is not there."""

    template: Change
    user: Change
    there: dict[str, str | bytes | None]
    state: str = UPDATED
    conflicts: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    runs: dict[str, bool] = field(default_factory=dict)


LATER = replace("README.md", "line 9", "line nine")
MARKED = "<<<<<<< HEAD\nline mine\n=======\nline nine\n>>>>>>> template-{commit}\n"
RUN = FIRST["tools/run.sh"]
TABLE = {
    "untouched": Row(template=LATER, user=nothing, there={"README.md": TEN.replace("line 9", "line nine")}),
    "edited elsewhere in the file": Row(
        template=LATER,
        user=replace("README.md", "line 2", "line two"),
        there={"README.md": TEN.replace("line 9", "line nine").replace("line 2", "line two")},
    ),
    "edited in another file": Row(
        template=LATER,
        user=replace("ci.yml", "step 2", "step two"),
        there={
            "README.md": TEN.replace("line 9", "line nine"),
            "ci.yml": FIRST["ci.yml"].replace("step 2", "step two"),
        },
    ),
    "edited on the same line": Row(
        template=LATER,
        user=replace("README.md", "line 9", "line mine"),
        there={"README.md": TEN.replace("line 9\n", MARKED)},
        state=CONFLICTS,
        conflicts=("README.md",),
    ),
    "edited on the same line, to the same": Row(
        template=LATER, user=LATER, there={"README.md": TEN.replace("line 9", "line nine")}, state=CURRENT
    ),
    "deleted by the user, changed by the template": Row(
        template=both(LATER, replace("ci.yml", "step 1\n", "step one\n")),
        user=remove("README.md"),
        there={"README.md": None, "ci.yml": FIRST["ci.yml"].replace("step 1\n", "step one\n")},
        kept=("README.md",),
    ),
    "deleted by the user, untouched by the template": Row(
        template=LATER,
        user=remove("ci.yml"),
        there={"README.md": TEN.replace("line 9", "line nine"), "ci.yml": None},
    ),
    "deleted by the template, untouched by the user": Row(
        template=remove("ci.yml"), user=nothing, there={"ci.yml": None}
    ),
    "deleted by the template, edited by the user": Row(
        template=both(remove("ci.yml"), LATER),
        user=replace("ci.yml", "step 2", "step two"),
        there={"ci.yml": FIRST["ci.yml"].replace("step 2", "step two")},
        kept=("ci.yml",),
    ),
    "deleted by both": Row(
        template=remove("ci.yml"), user=remove("ci.yml"), there={"ci.yml": None}, state=CURRENT
    ),
    "renamed by the template, untouched by the user": Row(
        template=move("README.md", "docs/index.md"),
        user=nothing,
        there={"README.md": None, "docs/index.md": TEN},
    ),
    "renamed by the template, edited by the user": Row(
        template=move("README.md", "docs/index.md"),
        user=replace("README.md", "line 2", "line two"),
        there={"README.md": None, "docs/index.md": TEN.replace("line 2", "line two")},
    ),
    "renamed and edited by the template, edited by the user": Row(
        template=both(LATER, move("README.md", "docs/index.md")),
        user=replace("README.md", "line 2", "line two"),
        there={
            "README.md": None,
            "docs/index.md": TEN.replace("line 2", "line two").replace("line 9", "line nine"),
        },
    ),
    "renamed by the template, deleted by the user": Row(
        template=both(move("README.md", "docs/index.md"), replace("ci.yml", "step 5", "step five")),
        user=remove("README.md"),
        there={"README.md": None, "docs/index.md": None},
        kept=("docs/index.md",),
    ),
    "renamed by the user, edited by the template": Row(
        template=LATER,
        user=move("README.md", "ABOUT.md"),
        there={"README.md": None, "ABOUT.md": TEN.replace("line 9", "line nine")},
    ),
    "a folder renamed by the template, with a file of the user's in it": Row(
        template=move("tools/run.sh", "scripts/run.sh"),
        user=put("tools/mine.sh", "mine\n"),
        there={"tools/run.sh": None, "scripts/run.sh": RUN, "scripts/mine.sh": "mine\n"},
        runs={"scripts/run.sh": True},
    ),
    "added by the template": Row(template=put("NEW.md", "new\n"), user=nothing, there={"NEW.md": "new\n"}),
    "added by the user": Row(
        template=LATER,
        user=put("MINE.md", "mine\n"),
        there={"MINE.md": "mine\n", "README.md": TEN.replace("line 9", "line nine")},
    ),
    "added by both, the same": Row(
        template=both(put("NEW.md", "new\n"), LATER),
        user=put("NEW.md", "new\n"),
        there={"NEW.md": "new\n"},
    ),
    "added by both, otherwise": Row(
        template=put("NEW.md", "new\n"),
        user=put("NEW.md", "mine\n"),
        there={"NEW.md": "<<<<<<< HEAD\nmine\n=======\nnew\n>>>>>>> template-{commit}\n"},
        state=CONFLICTS,
        conflicts=("NEW.md",),
    ),
    "saved with Windows line ends by the user": Row(
        template=LATER,
        user=windows("README.md"),
        there={"README.md": TEN.replace("line 9", "line nine").replace("\n", "\r\n")},
    ),
    "saved with Windows line ends and edited on the same line": Row(
        template=LATER,
        user=both(replace("README.md", "line 9", "line mine"), windows("README.md")),
        there={"README.md": TEN.replace("line 9\n", MARKED).replace("\n", "\r\n")},
        state=CONFLICTS,
        conflicts=("README.md",),
    ),
    "made executable by the template, edited by the user": Row(
        template=mode("ci.yml", 0o755),
        user=replace("ci.yml", "step 2", "step two"),
        there={"ci.yml": FIRST["ci.yml"].replace("step 2", "step two")},
        runs={"ci.yml": True},
    ),
    "made executable by the user, edited by the template": Row(
        template=LATER,
        user=mode("README.md", 0o755),
        there={"README.md": TEN.replace("line 9", "line nine")},
        runs={"README.md": True},
    ),
    "made not executable by the user, edited by the template": Row(
        template=replace("tools/run.sh", "line 9", "line nine"),
        user=mode("tools/run.sh", 0o644),
        there={"tools/run.sh": RUN.replace("line 9", "line nine")},
        runs={"tools/run.sh": False},
    ),
    "bytes that are no text, changed by both": Row(
        template=put("README.md", "\0a"),
        user=put("README.md", "\0b"),
        there={"README.md": b"\0b"},
        state=CONFLICTS,
        conflicts=("README.md",),
    ),
    "hermes.toml edited on another line": Row(
        template=put("hermes.toml", FIRST["hermes.toml"] + '\n[environments.local]\npath = ".hermes/here"\n'),
        user=replace("hermes.toml", "team", "# ours\nteam"),
        there={},
    ),
    "a folder where the template puts a file": Row(
        template=both(put("extra", "a file\n"), LATER),
        user=put("extra/mine.txt", "mine\n"),
        there={"extra/mine.txt": "mine\n"},
        state=CONFLICTS,
        conflicts=("extra~template-{commit}",),
    ),
}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    with pytest.MonkeyPatch.context() as monkeypatch:
        folder = tmp_path_factory.mktemp("pair")
        isolate(folder / "home", monkeypatch)
        yield make_pair(folder, "{url}@main")


@pytest.mark.parametrize("name", TABLE)
def test_an_update_gives_what_the_table_says(made: Pair, tmp_path: Path, name: str) -> None:
    row = TABLE[name]
    shutil.copytree(made.root, tmp_path / "shop", symlinks=True)
    pair = replace_root(made, root=tmp_path / "shop")
    head = pair.edit(row.user)
    sh(pair.template, "git", "checkout", "--quiet", "-B", "main", "v1")
    commit = pair.release(None, row.template)[:10]

    report = pair.update()

    assert report.state == row.state
    assert report.conflicts == tuple(path.replace("{commit}", commit) for path in row.conflicts)
    assert tuple(report.kept) == row.kept
    for path, content in row.there.items():
        assert os.path.lexists(pair.root / path) == (content is not None), path
        if content is not None:
            expected = content if isinstance(content, bytes) else content.replace("{commit}", commit).encode()
            assert (pair.root / path).read_bytes() == expected
    for path, runs in row.runs.items():
        assert os.access(pair.root / path, os.X_OK) == runs, path
    after = sh(pair.root, "git", "rev-parse", "HEAD")
    if row.state == UPDATED:
        assert pair.status() == ""
        assert report.commit == after
        assert sh(pair.root, "git", "rev-parse", "HEAD~1") == head
        record = pair.workspace.settings.template
        assert record
        assert record.version[:10] == commit
        sh(pair.root, "git", "revert", "--no-edit", "HEAD")
    else:
        assert (report.commit, after) == (None, head)
        if row.state == CONFLICTS:
            unmerged = sh(pair.root, "git", "diff", "--name-only", "--diff-filter=U").splitlines()
            assert tuple(unmerged) == report.conflicts
        sh(pair.root, "git", "reset", "--quiet", "--hard")
    assert sh(pair.root, "git", "diff", "--stat", head) == ""
    assert pair.status() == ""
