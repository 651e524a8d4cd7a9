"""A template is rendered whole or not at all, whoever wrote it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from hermes_cli.adapters import template
from hermes_cli.domain.contract.errors import Conflict, HermesError, InvalidInput, Refused

ROOT = "{{cookiecutter.repo}}"


def write_template(folder: Path, files: dict[str, str], **settings: Any) -> Path:
    """A template whose files lie in the folder that it makes."""
    (folder / ROOT).mkdir(parents=True)
    (folder / "cookiecutter.json").write_text(json.dumps({"repo": "shop", **settings}))
    for name, content in files.items():
        path = folder / ROOT / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return folder


@pytest.fixture
def into(tmp_path: Path) -> Path:
    folder = tmp_path / "into"
    folder.mkdir()
    return folder


def test_a_render_is_whole_and_leaves_nothing_behind(
    tmp_path: Path, into: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    settings = home / ".cookiecutterrc"
    settings.write_text(f"default_context: {{word: theirs}}\nreplay_dir: {home}/replay\n")
    files = {"run.sh": "#!/bin/sh\n", "{{cookiecutter.word}}.txt": "{{ cookiecutter.word }}\n"}
    source = write_template(tmp_path / "t", files, word="ours")
    (source / ROOT / "run.sh").chmod(0o755)
    cache = source / ROOT / "__pycache__"
    cache.mkdir()
    (cache / "{{cookiecutter.word}}.pyc").write_bytes(b"\0")
    before = sorted(source.rglob("*"))
    # A process of its own: cookiecutter looks for the home folder when it is imported.
    code = (
        "import sys; from pathlib import Path; from hermes_cli.adapters.template import render;"
        "print(render(Path(sys.argv[1]), {'unknown': 'x'}, Path('into')))"
    )
    environment = os.environ | {"HOME": str(home), "COOKIECUTTER_CONFIG": str(settings)}
    command = [sys.executable, "-c", code, str(source)]
    done = subprocess.run(command, cwd=tmp_path, env=environment, check=True, capture_output=True, text=True)

    assert done.stdout == "into/shop\n"
    assert sorted(p.name for p in (into / "shop").rglob("*")) == ["ours.txt", "run.sh"]
    assert (into / "shop" / "ours.txt").read_text() == "ours\n"
    assert os.access(into / "shop" / "run.sh", os.X_OK)
    assert not os.access(into / "shop" / "ours.txt", os.X_OK)
    assert list(home.iterdir()) == [settings]
    assert list(into.iterdir()) == [into / "shop"]
    assert sorted(source.rglob("*")) == before


def test_only_the_chosen_paths_stay(tmp_path: Path, into: Path) -> None:
    only = {"{{cookiecutter.ci}}.txt": {"ci": "b"}, "sub": {"ci": "a"}}
    files = {"{{cookiecutter.ci}}.txt": "", "sub/x.txt": "", "y.txt": ""}
    source = write_template(tmp_path / "t", files, ci=["a", "b"], _only=only)
    made = template.render(source, {"ci": "a"}, into)
    assert sorted(p.name for p in made.iterdir()) == ["sub", "y.txt"]
    made = template.render(source, {"ci": "b", "repo": "other"}, into)
    assert sorted(p.name for p in made.iterdir()) == ["b.txt", "y.txt"]


def test_a_template_can_be_tried_inside_its_own_folder(tmp_path: Path) -> None:
    source = write_template(tmp_path / "t", {"a.txt": ""})
    assert template.render(source, {}, source) == source / "shop"
    assert [p.name for p in (source / "shop").iterdir()] == ["a.txt"]


def test_an_existing_folder_is_never_touched(tmp_path: Path, into: Path) -> None:
    source = write_template(tmp_path / "t", {"a.txt": ""})
    (into / "shop").mkdir()
    with pytest.raises(Conflict, match="already"):
        template.render(source, {}, into)
    assert list(into.rglob("*")) == [into / "shop"]


@pytest.mark.parametrize("kind", ["file", "folder", "dangling"])
def test_symlinks_are_refused(tmp_path: Path, into: Path, kind: str) -> None:
    source = write_template(tmp_path / "t", {"sub/a.txt": ""})
    secret = tmp_path / "secret"
    if kind == "file":
        secret.write_text("secret")
    elif kind == "folder":
        secret.mkdir()
    (source / ROOT / "sub" / "link").symlink_to(secret)
    with pytest.raises(Refused, match="link"):
        template.render(source, {}, into)
    assert list(into.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "up"),
    [
        ("{{cookiecutter.up}}evil.txt", "../"),
        ("{{cookiecutter.up}}evil.txt", "/tmp/"),
        ("{{cookiecutter.up}}/evil.txt", ".."),
        ("a/{{cookiecutter.up}}{{cookiecutter.up}}evil.txt", "../"),
    ],
)
def test_paths_that_leave_the_repo_are_refused(tmp_path: Path, into: Path, name: str, up: str) -> None:
    source = write_template(tmp_path / "t", {name: ""}, up=up)
    with pytest.raises(Refused, match="out of the repo"):
        template.render(source, {}, into)
    assert list(into.iterdir()) == []


@pytest.mark.parametrize(
    "name",
    [
        "{{ '.g' ~ 'it' }}/config",
        "{{cookiecutter.dot}}git/hooks/post-commit",
        ".GIT/config",
        "sub/{{cookiecutter.dot}}git",
        ".g\u200cit/config",
        "git~1/config",
    ],
)
def test_no_template_makes_a_git_folder_whose_settings_would_run_code(
    tmp_path: Path, into: Path, name: str
) -> None:
    source = write_template(tmp_path / "t", {name: "[core]\n\tfsmonitor = touch pwned\n"}, dot=".")
    with pytest.raises(Refused, match="of git's own"):
        template.render(source, {}, into)
    assert list(into.iterdir()) == []


def test_files_for_git_are_no_folder_of_its_own(tmp_path: Path, into: Path) -> None:
    files = {".gitignore": "", ".gitattributes": "", ".github/x.yml": "", "a.git/x": ""}
    made = template.render(write_template(tmp_path / "t", files), {}, into)
    assert all((made / name).is_file() for name in files)


@pytest.mark.parametrize("repo", ["..", "../evil", "/evil", ".", ".git"])
def test_the_repo_is_one_folder(tmp_path: Path, into: Path, repo: str) -> None:
    with pytest.raises(Refused, match="folder"):
        template.render(write_template(tmp_path / "t", {}), {"repo": repo}, into)


@pytest.mark.parametrize("path", ["../x", "nowhere", "."])
def test_only_cannot_reach_elsewhere(tmp_path: Path, into: Path, path: str) -> None:
    source = write_template(tmp_path / "t", {"a.txt": ""}, _only={path: {"repo": "none"}})
    with pytest.raises(HermesError, match="the template"):
        template.render(source, {}, into)
    assert list(into.iterdir()) == []


@pytest.mark.parametrize(
    ("files", "says"),
    [
        ({"a.txt": "{{ cookiecutter.nothing }}"}, r"a\.txt.*nothing"),
        ({"{{cookiecutter.nothing}}.txt": ""}, r"\{cookiecutter\.nothing\}\}\.txt.*nothing"),
        ({"a.txt": "x\n{% if %}\n"}, r"a\.txt, line 2"),
        ({"a.txt": "{{ 1 / 0 }}"}, "ZeroDivisionError"),
    ],
)
def test_a_template_that_does_not_render_is_named(
    tmp_path: Path, into: Path, files: dict[str, str], says: str
) -> None:
    with pytest.raises(InvalidInput, match=says) as caught:
        template.render(write_template(tmp_path / "t", files, password="hidden"), {}, into)
    assert "hidden" not in caught.value.message
    assert list(into.iterdir()) == []


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{", r"cookiecutter\.json is not JSON: .*line 1"),
        ("[]", "object"),
        ('{"templates": {}}', "several"),
        ('{"a": "{{ cookiecutter.b }}"}', "'a'"),
        ('{"a": "x"}', "NonTemplatedInputDir"),
    ],
)
def test_broken_settings_are_named(tmp_path: Path, into: Path, text: str, says: str) -> None:
    (tmp_path / "cookiecutter.json").write_text(text)
    with pytest.raises(InvalidInput, match=says):
        template.render(tmp_path, {}, into)
    with pytest.raises(InvalidInput, match="no cookiecutter"):
        template.render(into, {}, into)


def test_wrong_answers_are_named(tmp_path: Path, into: Path) -> None:
    source = write_template(tmp_path / "t", {}, ci=["github", "none"])
    with pytest.raises(InvalidInput, match="ci: 'gitub'") as caught:
        template.render(source, {"ci": "gitub"}, into)
    assert caught.value.hint == "did you mean github?"
    with pytest.raises(InvalidInput, match=r"repo: .*itself a template"):
        template.render(source, {"repo": "{{ 7 * 7 }}"}, into)


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    with pytest.raises(HermesError, match="could not be rendered"):
        template.render(write_template(tmp_path / "t", {}), {}, tmp_path / "not" / "there")
