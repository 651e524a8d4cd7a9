"""Folders, branches and buckets that a command cannot be done in: told at once, and nothing written."""

from __future__ import annotations

from pathlib import Path

import pytest

from servers import Answer, answering

from .conftest import Cloud
from .harness import HERMES, Hermes, Repo, tree_of
from .projects import small_repo


@pytest.mark.parametrize(
    "command", ["add x", "test", "run shop", "build", "deploy", "ls", "show shop@latest"]
)
def test_a_command_outside_a_repo(hermes: Hermes, tmp_path: Path, command: str) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    result = hermes.run(*command.split(), cwd=elsewhere, expect=2)
    assert "not in a Hermes repo" in result.error
    assert "hermes new" in result.stderr
    assert list(elsewhere.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("class",), 2, "--project class_report"),
        (("json",), 2, "standard library"),
        (("shop", "--project", "Shop"), 2, "'Shop'"),
        (("shop", "--team", "The Team"), 2, "'The Team'"),
        (("shop", "--dev-bucket", "No_Bucket"), 2, "'No_Bucket'"),
        (("shop", "--ci", "jenkins"), 2, "'jenkins'"),
        (("shop", "--region", "Ireland"), 2, "'Ireland'"),
        (("shop", "--hermes-requirement", "hermes-data-products"), 2, "exactly"),
        (("shop", "--template", "bundled:porject"), 2, "did you mean project?"),
        (("there", "--output-dir", "."), 4, "there"),
        (("json", "--output-dir", "new/folder"), 2, "standard library"),
        (("shop", "--output-dir", "new/folder", "--template", "absent"), 2, "'absent'"),
        (("there",), 4, "there"),
        (("../shop",), 2, "hermes new shop --output-dir .."),
        (("new folder/shop/",), 2, "hermes new shop --output-dir 'new folder'"),
        (("there/shop",), 2, "'there/shop' names a script of a project"),
        (("-x",), 2, "-x"),
    ],
)
def test_new_with_bad_answers_leaves_nothing(
    hermes: Hermes, tmp_path: Path, arguments: tuple[str, ...], code: int, says: str
) -> None:
    folder = tmp_path / "work"
    (folder / "there").mkdir(parents=True)
    result = hermes.run("new", "--no-input", *arguments, cwd=folder, expect=code)
    assert "Traceback" not in result.stderr
    assert says in result.stderr
    assert [path.name for path in folder.iterdir()] == ["there"]
    assert list((folder / "there").iterdir()) == []


@pytest.mark.parametrize("branch", ["feature/" + "long-" * 58 + "end", "feature/отчёт", "fix/#42", "v1.0"])
def test_any_branch_that_git_takes_is_deployed(repo: Repo, branch: str) -> None:
    if len(branch) > 200:  # a file system may not hold it as one file, and git keeps it as one
        repo.git("switch", "--quiet", "--detach")
        suffix = repo.run("deploy", "--branch", branch, "-o", "json").json["receipts"][0]["suffix"]
    else:
        repo.switch(branch)
        suffix = repo.run("deploy", "-o", "json").json["receipts"][0]["suffix"]
    assert repo.run("show", f"shop@{suffix}", "-o", "json").json["manifest"]["branch"] == branch
    assert '"word": "hello"' in repo.run("run", f"shop@{suffix}").stdout


def test_a_relative_folder_for_temporary_files(repo: Repo) -> None:
    repo.run("build", "--out-dir", "dist", env={"TMPDIR": "."})
    assert (repo.path / "dist" / "build.json").is_file()
    assert not list(repo.path.glob("hermes-*"))


def test_a_bucket_that_cannot_be_used(cloud: Cloud) -> None:
    repo = cloud.repo
    repo.switch("feature/first")
    wrong: list[tuple[dict[str, str | None], str]] = [
        ({"HERMES_DEV_BUCKET": "no-such-bucket"}, "bucket no-such-bucket does not exist"),
        ({"AWS_ACCESS_KEY_ID": None, "AWS_SECRET_ACCESS_KEY": None}, "no AWS credentials"),
        ({"AWS_ACCESS_KEY_ID": "somebodyelse"}, "access key is not known"),
        ({"AWS_SECRET_ACCESS_KEY": "wrong"}, "secret key does not fit"),
        ({"AWS_PROFILE": "absent"}, "no AWS profile absent"),
    ]
    before = tree_of(repo.path)
    for env, says in wrong:
        result = repo.run("deploy", env=env, expect=5)
        assert says in result.error
        assert "building" not in result.stderr  # found before minutes of building
        assert repo.run("show", "shop@latest", env=env, expect=5).error
        if variable := env.get("AWS_SECRET_ACCESS_KEY"):
            assert variable not in result.stderr.replace("AWS_", "").split()
    assert tree_of(repo.path) == before
    assert cloud.keys(cloud.dev) == cloud.keys(cloud.prod) == set()


_ANSWER = "<Error><Code>{code}</Code><Message>no</Message><BucketName>b</BucketName></Error>"


@pytest.mark.parametrize(
    ("status", "code", "headers", "says"),
    [
        (403, "AccessDenied", {}, "is denied"),
        (301, "PermanentRedirect", {"x-amz-bucket-region": "eu-west-3"}, "is in region eu-west-3"),
    ],
)
def test_a_bucket_that_says_no(
    hermes: Hermes, tmp_path: Path, status: int, code: str, headers: dict[str, str], says: str
) -> None:
    repo = small_repo(hermes, tmp_path / "repo", dev="their-bucket")
    repo.edit("hermes.toml", 'bucket = "their-bucket"', 'bucket = "their-bucket"\nregion = "us-east-1"')
    repo.switch("feature/first")
    before = tree_of(repo.path)
    body = _ANSWER.format(code=code).encode()
    with answering(lambda _: Answer(status=status, body=body, headers=headers)) as server:
        env: dict[str, str | None] = {"AWS_ENDPOINT_URL_S3": server.url}
        for command in ("deploy", "show shop@latest", "ls --env dev", "ls", "status", "log shop", "verify"):
            assert says in repo.run(*command.split(), env=env, expect=5).error
    assert {request.method for request in server.requests} <= {"GET", "HEAD"}
    assert tree_of(repo.path) == before


@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&-", "<&- >&- 2>&-"])
@pytest.mark.parametrize("command", ["--version", "--help", "template workflow -o json"])
def test_a_standard_stream_that_is_closed(hermes: Hermes, tmp_path: Path, command: str, closed: str) -> None:
    shell = ("sh", "-c", f'exec "$0" "$@" {closed}', HERMES)
    result = hermes.run(*command.split(), cwd=tmp_path, command=shell)
    assert result.stderr == ""
    assert bool(result.stdout) == (">&-" not in closed.replace("2>&-", ""))
