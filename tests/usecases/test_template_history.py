"""A repo made by any released version of a bundled template can be brought to the current one."""

from __future__ import annotations

import json
import shutil
import stat
from pathlib import Path

import pytest
from packaging.version import Version

from hermes_cli.adapters import template
from hermes_cli.adapters.git import Git
from hermes_cli.domain.contract.errors import InvalidInput
from hermes_cli.domain.template_record import TemplateRecord, with_record
from hermes_cli.usecases.new import new_repo
from hermes_cli.usecases.repo.workspace import open_workspace
from hermes_cli.usecases.template_update import CURRENT, UPDATED, UpdateRequest, check, update
from hermes_cli.usecases.templates.template_source import open_template
from sample_repos import isolate, sh

TEMPLATES = template.bundled()
NAMES = sorted(path.parent.name for path in TEMPLATES.glob("*/cookiecutter.json"))
RELEASED = [(name, version) for name in NAMES for version in template.archives(TEMPLATES, name)]
ANSWERS = {
    "repo": "shop",
    "team": "growth",
    "project": "shop",
    "python": "3.11",
    "region": "eu-west-1",
    "default_branch": "main",
    "hermes_requirement": "",
    "hermes_version": "0.1.0",
    "repo_id": "0123",
}


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    isolate(tmp_path / "home", monkeypatch)


def made(into: Path, name: str, version: str, **answers: str) -> Path:
    """A repo as `hermes new` made it when that version was the current one."""
    into.mkdir()
    given = {**ANSWERS, **answers}
    with open_template(f"bundled:{name}", version) as source:
        root = template.render(source.path, given, into)
    record = TemplateRecord(source=f"bundled:{name}", version=version, answers=given)
    config = root / "hermes.toml"
    config.write_text(with_record(config.read_text(), record))
    Git.init(root).commit_all("Start")
    return root


def test_the_first_version_is_among_the_released() -> None:
    assert ("project", "0.1.0") in RELEASED


@pytest.mark.parametrize(
    "answers",
    [
        {"ci": "github", "dev_bucket": "acme-dev", "prod_bucket": "acme-prod"},
        {"ci": "travis", "dev_bucket": "", "prod_bucket": ""},
    ],
    ids=["github", "travis"],
)
@pytest.mark.parametrize(("name", "version"), [one for one in RELEASED if one[0] == "project"])
def test_an_untouched_repo_of_each_released_version_becomes_as_a_new_one(
    tmp_path: Path, name: str, version: str, answers: dict[str, str]
) -> None:
    root = made(tmp_path / "old", name, version, **answers)
    report = update(open_workspace(root, {}), UpdateRequest(answers={}), None, notify=lambda event: None)
    assert (report.before, report.conflicts, report.kept) == (version, (), {})
    assert report.state in (UPDATED, CURRENT)
    workspace = open_workspace(root, {})
    assert workspace.settings.template
    fresh = tmp_path / "fresh"
    fresh.mkdir()
    source = TEMPLATES / name
    new = template.render(source, workspace.settings.template.answers, fresh)
    config = new / "hermes.toml"
    config.write_text(with_record(config.read_text(), workspace.settings.template))
    shutil.move(root / ".git", tmp_path / "git")
    assert sh(tmp_path, "git", "diff", "--no-index", "old/shop", "fresh/shop") == ""
    assert check_is_current(new)


def check_is_current(root: Path) -> bool:
    Git.init(root).commit_all("Start")
    report = check(open_workspace(root, {}), UpdateRequest(answers={}), notify=lambda event: None)
    return report.state == CURRENT


def test_a_version_that_this_hermes_does_not_know_is_named(tmp_path: Path) -> None:
    root = made(tmp_path / "old", "project", "0.1.0", ci="none")
    with pytest.raises(InvalidInput, match=r"does not know version 99\.0") as caught:
        check(open_workspace(root, {}), UpdateRequest(ref="99.0", answers={}), notify=lambda event: None)
    assert "0.1.0" in (caught.value.hint or "")


def test_a_new_repo_records_the_version_of_its_template(tmp_path: Path) -> None:
    new_repo("shop", "bundled:project", {"ci": "none"}, tmp_path / "new", notify=lambda event: None)
    record = open_workspace(tmp_path / "new" / "shop", {}).settings.template
    assert record
    assert record.version == template.version_of(TEMPLATES / "project")


@pytest.mark.parametrize("name", NAMES)
def test_a_released_version_never_changes(name: str, tmp_path: Path) -> None:
    """Red where a template was edited under a number that is released: raise its `_version`."""
    current = template.version_of(TEMPLATES / name)
    for version, archive in template.archives(TEMPLATES, name).items():
        unpacked = template.unpack(archive, tmp_path / version)
        assert template.version_of(unpacked) in (version, "0.1.0")
        assert Version(version) <= Version(current)
        if version == current:
            assert template.content(TEMPLATES / name) == template.content(unpacked)


@pytest.mark.parametrize("name", NAMES)
def test_a_template_says_its_version(name: str) -> None:
    declared = json.loads((TEMPLATES / name / "cookiecutter.json").read_text())
    assert str(Version(declared["_version"])) == declared["_version"]


def test_an_archive_is_the_same_bytes_each_time_and_keeps_what_can_be_run(tmp_path: Path) -> None:
    for path in (tmp_path / "a.zip", tmp_path / "b.zip"):
        template.pack(TEMPLATES / "project", path)
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()
    unpacked = template.unpack(tmp_path / "a.zip", tmp_path / "unpacked")
    assert template.content(unpacked) == template.content(TEMPLATES / "project")
    script = unpacked / "{{cookiecutter.repo}}" / "build_tools" / "test.sh"
    assert stat.S_IMODE(script.stat().st_mode) == 0o755
