"""Templates are found where a source says, and say what they want to know."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from hermes_cli.adapters import template
from hermes_cli.adapters.template import bundled_templates
from hermes_cli.domain.contract.errors import HermesError, InvalidInput
from hermes_cli.usecases.templates.template_source import _GIT_URL, address_of, newest_spec, open_template


def write_template(folder: Path, content: str = "") -> Path:
    folder.mkdir(parents=True)
    (folder / "cookiecutter.json").write_text('{"repo": "shop"}')
    (folder / "a.txt").write_text(content)
    return folder


def git(folder: Path, *arguments: str) -> str:
    identity = ("-c", "user.name=Tester", "-c", "user.email=tester@example.invalid")
    command = ["git", *identity, *arguments]
    return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout.strip()


def test_the_bundled_template_is_found() -> None:
    with open_template("bundled:project") as source:
        assert (source.path / "cookiecutter.json").is_file()
        assert source.path == template.bundled() / "project"
        declared = json.loads((source.path / "cookiecutter.json").read_text())
        assert (source.spec, source.version) == ("bundled:project", declared["_version"])


def test_an_installed_hermes_finds_its_templates_inside_the_package(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "lib" / "site-packages" / "hermes_cli"
    (package / "adapters" / "template").mkdir(parents=True)
    monkeypatch.setattr(
        bundled_templates, "__file__", str(package / "adapters" / "template" / "bundled_templates.py")
    )

    with pytest.raises(HermesError, match="missing"):
        template.bundled()

    write_template(package / "templates" / "project")
    assert template.bundled() == package / "templates"


@pytest.mark.parametrize(
    ("spec", "says"),
    [
        ("bundled:projet", "no template 'projet'"),
        ("no/such/folder", "neither"),
        ("ext::sh -c id", "neither"),
        ("https://token@example.invalid/a/b.git", "credentials"),
        ("https://user:secret@example.invalid/a/b.git@v1", "credentials"),
    ],
)
def test_other_sources_are_refused(spec: str, says: str) -> None:
    with pytest.raises(InvalidInput, match=says) as caught, open_template(spec):
        pass
    assert "secret" not in f"{caught.value.message} {caught.value.hint}"


def test_a_folder_is_used_where_it_lies(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = write_template(tmp_path / "mine")
    monkeypatch.chdir(tmp_path)
    with open_template("mine") as source:
        assert (source.spec, source.path, source.version) == (str(folder), folder, "")

    git(folder, "init", "-q")
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", "first")
    commit = git(folder, "rev-parse", "HEAD")
    with open_template("mine") as source:
        assert source.version == commit
    (folder / "cookiecutter.json").write_text("{}")
    with open_template("mine") as source:
        assert source.version == f"{commit}-dirty"


@pytest.mark.parametrize("in_a_hook", [False, True])
def test_a_git_url_is_fetched_at_its_ref_and_is_gone_afterwards(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, in_a_hook: bool
) -> None:
    folder = write_template(tmp_path / "team@work" / "shared", "one")
    git(folder, "init", "-q", "-b", "main")
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", "first")
    git(folder, "tag", "-a", "v1", "-m", "v1")
    first = git(folder, "rev-parse", "HEAD")
    git(folder, "branch", "feature/x")
    (folder / "a.txt").write_text("two")
    git(folder, "commit", "-q", "-am", "second")
    second = git(folder, "rev-parse", "HEAD")
    if in_a_hook:
        monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))

    for ref, commit in {"v1": first, "main": second, "feature/x": first, first: first}.items():
        spec = f"{folder.as_uri().replace('%40', '@')}@{ref}"
        with open_template(spec) as source:
            assert (source.spec, source.version) == (spec, commit)
            assert (source.path / "a.txt").read_text() == ("one" if commit == first else "two")
        assert not source.path.exists()

    plain = tmp_path / "plain"
    shutil.copytree(folder, plain)
    with open_template(f"git+{plain.as_uri()}") as source:
        assert source.version == second


@pytest.mark.parametrize(
    "variable",
    [
        "GIT_DIR",
        "GIT_COMMON_DIR",
        "GIT_WORK_TREE",
        "GIT_INDEX_FILE",
        "GIT_OBJECT_DIRECTORY",
        "GIT_SHALLOW_FILE",
        "GIT_NAMESPACE",
    ],
)
def test_a_fetch_from_within_a_hook_leaves_that_hooks_repository_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    shared, spec = released_template(tmp_path)
    other = tmp_path / "other"
    shutil.copytree(shared, other)
    places = {
        "GIT_WORK_TREE": other,
        "GIT_INDEX_FILE": other / ".git" / "index",
        "GIT_OBJECT_DIRECTORY": other / ".git" / "objects",
        "GIT_SHALLOW_FILE": other / ".git" / "shallow",
        "GIT_NAMESPACE": Path("x"),
    }
    before = everything_below(other)
    monkeypatch.setenv(variable, str(places.get(variable, other / ".git")))
    with open_template(spec) as source:
        assert (source.path / "a.txt").read_text() == "one"
        # Git can read it alone, without what the variable named.
        monkeypatch.delenv(variable)
        assert git(source.path, "fsck") == ""
    assert everything_below(other) == before


@pytest.mark.parametrize("setting", ["core.hooksPath", "init.templateDir", "GIT_TEMPLATE_DIR"])
def test_hooks_of_the_user_do_not_run_on_a_fetched_template(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, setting: str
) -> None:
    _, spec = released_template(tmp_path)
    hooks = tmp_path / "user" / "hooks"
    hooks.mkdir(parents=True)
    for name in ("post-checkout", "reference-transaction", "post-index-change"):
        (hooks / name).write_text(f"#!/bin/sh\ntouch '{tmp_path}/ran'\n")
        (hooks / name).chmod(0o755)
    if setting.startswith("GIT_"):
        monkeypatch.setenv(setting, str(hooks.parent))
    else:
        config = tmp_path / "gitconfig"
        git(
            tmp_path,
            "config",
            "--file",
            str(config),
            setting,
            str(hooks if "hooks" in setting else hooks.parent),
        )
        monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(config))
    with open_template(spec) as source:
        assert (source.path / "a.txt").read_text() == "one"
    assert not (tmp_path / "ran").exists()


def released_template(folder: Path) -> tuple[Path, str]:
    """A template in git, and the spec of its only tag."""
    shared = write_template(folder / "shared", "zero")
    git(shared, "init", "-q", "-b", "main")
    for content in ("zero", "one"):
        (shared / "a.txt").write_text(content)
        git(shared, "add", ".")
        git(shared, "commit", "-q", "-m", content)
    git(shared, "tag", "v1")
    return shared, f"{shared.as_uri()}@v1"


def everything_below(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("inside", [".", "templates/shop"])
def test_a_folder_is_used_as_it_was_at_a_commit(tmp_path: Path, inside: str) -> None:
    folder = write_template(tmp_path / "mine" / inside, "one")
    git(tmp_path / "mine", "init", "-q")
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", "first")
    first = git(folder, "rev-parse", "HEAD")
    (folder / "a.txt").write_text("two")
    git(folder, "commit", "-q", "-am", "second")
    (folder / "a.txt").write_text("three")
    with open_template(str(folder), first) as source:
        assert (source.spec, source.version) == (str(folder), first)
        assert (source.path / "a.txt").read_text() == "one"
        assert (source.path / "cookiecutter.json").is_file()
    assert (folder / "a.txt").read_text() == "three"
    for unknown in ("", f"{first}-dirty", "f" * 40):
        with pytest.raises(HermesError, match="this repo was made from"), open_template(str(folder), unknown):
            pass


def test_a_ref_that_is_not_there_is_told_with_the_words_of_git(tmp_path: Path) -> None:
    folder = write_template(tmp_path / "shared")
    git(folder, "init", "-q")
    spec = f"{folder.as_uri()}@nowhere"
    with pytest.raises(HermesError, match="fetch") as caught, open_template(spec):
        pass
    assert "nowhere" in str(caught.value.detail)


def test_a_state_of_a_local_repository_is_named_by_its_url(tmp_path: Path) -> None:
    folder = write_template(tmp_path / "shared")
    with pytest.raises(InvalidInput) as caught, open_template(f"{folder}@v1"):
        pass
    assert caught.value.hint == "--template bundled:project"

    git(folder, "init", "-q")
    with pytest.raises(InvalidInput) as caught, open_template(f"{folder}@v1"):
        pass
    assert caught.value.hint == f"a state of a git repository is named by its URL: {folder.as_uri()}@v1"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (
            "one\n{{ cookiecutter.nope }}\n",
            ", line 2: 'dict object' has no attribute 'nope'",
        ),
        ("one\n\n{% if %}\n", ", line 3: Expected an expression, got 'end of statement block'"),
        ("one\n{{ 1 / 0 }}\n", ", line 2: ZeroDivisionError: division by zero"),
    ],
)
def test_a_broken_template_from_git_is_named_by_its_address(tmp_path: Path, content: str, says: str) -> None:
    folder = tmp_path / "shared"
    write_template(folder)
    (folder / "{{cookiecutter.repo}}" / "docs").mkdir(parents=True)
    (folder / "{{cookiecutter.repo}}" / "docs" / "a.md").write_text(content)
    git(folder, "init", "-q")
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", "first")
    git(folder, "tag", "v1")
    spec = f"{folder.as_uri()}@v1"
    with pytest.raises(InvalidInput) as caught, open_template(spec) as source:
        template.render(source.path, {}, tmp_path)
    where = "docs/a.md"
    assert caught.value.message == f"the template {spec} fails: {where}{says}"
    assert str(caught.value) == caught.value.message
    assert caught.value.hint == f"correct it there; hermes template test {spec} tries it out"

    with pytest.raises(InvalidInput) as caught, open_template(str(folder)) as source:
        template.render(source.path, {}, tmp_path)
    assert caught.value.message == f"the template {folder} fails: {where}{says}"


@pytest.mark.parametrize(
    ("spec", "url", "ref"),
    [
        ("git@example.invalid:team/t.git", "git@example.invalid:team/t.git", None),
        ("git@example.invalid:team/t.git@v1.0", "git@example.invalid:team/t.git", "v1.0"),
        ("ssh://git@example.invalid:22/t@v1", "ssh://git@example.invalid:22/t", "v1"),
        ("https://example.invalid/t.git@a/b", "https://example.invalid/t.git", "a/b"),
    ],
)
def test_the_ref_is_not_mistaken_for_the_user(spec: str, url: str, ref: str | None) -> None:
    found = _GIT_URL.fullmatch(spec)
    assert found
    assert (found["url"], found["ref"]) == (url, ref)


def test_questions_have_wording_defaults_and_choices() -> None:
    asked = {question.name: question for question in template.questions(template.bundled() / "project")}
    assert asked["team"].prompt == "Team that owns it"
    assert asked["ci"].choices == ("github", "travis", "none")
    assert asked["repo_id"].prompt is None
    assert not any(name.startswith("_") for name in asked)


def test_defaults_follow_the_answers_so_far() -> None:
    source = template.bundled() / "project"
    asked = {
        question.name: question.default for question in template.questions(source, {"repo": "Sales-2024"})
    }
    assert (asked["project"], asked["script"], asked["ci"]) == ("sales_2024", "sales_2024", "github")


def test_the_newest_state_is_that_of_the_highest_version_tag(tmp_path: Path) -> None:
    shared, spec = released_template(tmp_path)
    for tag in ("1.0", "1.9", "1.10", "2.0rc1", "other"):
        git(shared, "tag", tag)
    git(shared, "branch", "3.0")
    url = spec.removesuffix("@v1")
    newest = {
        "v1": "1.10",
        "1.9": "1.10",
        "2.0rc1": "2.0rc1",
        "other": "other",
        "main": "main",
        "3.0": "3.0",
        "a" * 40: "a" * 40,
    }
    assert {ref: newest_spec(f"{url}@{ref}") for ref in newest} == {
        ref: f"{url}@{found}" for ref, found in newest.items()
    }
    assert newest_spec(url) == url
    assert address_of(spec) == url
