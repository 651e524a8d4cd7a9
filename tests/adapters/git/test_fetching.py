"""The tags of somebody else's repository are read, and a failure says whose fault it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from hermes_cli.adapters.git.fetching import newest_version_tag
from hermes_cli.domain.contract.errors import HermesError
from sample_repos import isolate, sh


@pytest.fixture
def url(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A repository with tags."""
    isolate(tmp_path / "home", monkeypatch)
    sh(tmp_path, "git", "init", "-q", "tagged")
    sh(tmp_path / "tagged", "git", "commit", "-q", "--allow-empty", "-m", "first")
    for tag in ("1.0", "1.10", "1.9", "v2.0rc1", "other"):
        sh(tmp_path / "tagged", "git", "tag", tag)
    return str(tmp_path / "tagged")


@pytest.mark.parametrize(
    ("tag", "newest"),
    [
        ("1.0", "1.10"),
        ("1.10", "1.10"),
        ("v2.0rc1", "v2.0rc1"),
        ("other", "other"),
        ("1.x", "1.x"),
        ("3.0", "3.0"),
    ],
)
def test_the_newest_version(url: str, tag: str, newest: str) -> None:
    assert newest_version_tag(url, tag) == newest


def test_a_repository_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(HermesError, match=r"could not fetch the template \(ls-remote\)") as caught:
        newest_version_tag(str(tmp_path / "nowhere"), "1.0")
    assert "check the URL" in (caught.value.hint or "")


def test_git_that_is_not_installed(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(HermesError, match="git cannot be started") as caught:
        newest_version_tag(url, "1.0")
    assert "install git" in (caught.value.hint or "")
