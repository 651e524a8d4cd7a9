"""No secret of the environment appears in any output: of every command, ending well or badly, with --debug."""

from __future__ import annotations

import base64
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from urllib.parse import quote

import pytest

from servers import Answer, S3Server, answering

from ..harness import Repo
from .figures import record
from .ground import Buckets, Source, Sources
from .warm import Warm

# What must not be seen, by the variable that it lies in; one is written as it would be in a URL.
SECRET = {
    "AWS_SECRET_ACCESS_KEY": "aws+Secret/Key0123456789abcdefghijklmno",
    "AWS_SESSION_TOKEN": "FwoGZXIvYXdzEJr-the-session-token",
    "GITHUB_TOKEN": "ghp_ThisIsTheTokenOfGitHub0123456789abcd",
    "GH_TOKEN": "ghp_ThisIsAnotherTokenOfGitHub0123456789",
    "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "eyJ-the-token-for-tokens",
    "DATABRICKS_TOKEN": "dapi0123456789abcdef0123456789abcdef",
    "AIRFLOW_PASSWORD": "the-password-of-airflow",
    "UV_INDEX_COMPANY_PASSWORD": "the-password-of-the-index",
    "TWINE_PASSWORD": "pypi-AgEIcHlwaS5vcmcCJGE",
}
PROXY = "proxy-Passw0rd%"
ENDPOINT = "endpoint-Passw0rd"
INDEX = "index-Passw0rd"
COMMANDS = (
    "deploy --env dev",
    "deploy --env dev --dry-run",
    "deploy --env dev --from absent",
    "ls --env dev",
    "ls",
    "show lake@latest --env dev",
    "run lake@latest --env dev",
    "run lake",
    "build",
    "test lake",
    "config",
    "new json --no-input",
    "add lake/x",
    "deploy --env absent",
    "plan --env dev",
    "status",
    "verify lake --env dev",
    "log lake --env dev",
    "doctor",
    "prune --env dev",
    "rollback lake@0.0.1 --env dev",
    "yank lake@0.0.1 --env dev --reason r",
    "retire absent --env dev",
)
_ERROR = b"<Error><Code>SignatureDoesNotMatch</Code><Message>It is wrong</Message></Error>"


def _hidden() -> list[str]:
    plain = [*SECRET.values(), PROXY, ENDPOINT, INDEX]
    encoded = [quote(one, safe="") for one in plain]
    basic = [base64.b64encode(f"user:{one}".encode()).decode() for one in plain]
    return [*plain, *encoded, *basic]


def _unreachable(server: str) -> Mapping[str, str]:
    return {"AWS_ENDPOINT_URL_S3": f"http://user:{ENDPOINT}@127.0.0.1:9/"}


def _behind_proxy(server: str) -> Mapping[str, str]:
    proxy = f"http://user:{quote(PROXY, safe='')}@127.0.0.1:9"
    return {
        "AWS_ENDPOINT_URL_S3": "https://s3.company.invalid",
        "UV_HTTP_RETRIES": "0",
        **dict.fromkeys(("HTTPS_PROXY", "HTTP_PROXY", "https_proxy", "http_proxy"), proxy),
    }


def _no_url(server: str) -> Mapping[str, str]:
    return {"AWS_ENDPOINT_URL_S3": f"s3:/user:{ENDPOINT}@nowhere"}


def _index(server: str) -> Mapping[str, str]:
    url = f"http://user:{INDEX}@127.0.0.1:9/simple"
    return {
        "AWS_ENDPOINT_URL_S3": server,
        "UV_DEFAULT_INDEX": url,
        "PIP_INDEX_URL": url,
        "UV_HTTP_RETRIES": "0",
    }


def _plain(server: str) -> Mapping[str, str]:
    return {"AWS_ENDPOINT_URL_S3": server}


KINDS: dict[str, Callable[[str], Mapping[str, str]]] = {
    "a server that refuses": _plain,
    "an endpoint with a password that is not reached": _unreachable,
    "a proxy with a password that is not reached": _behind_proxy,
    "an endpoint that is no URL": _no_url,
    "an index with a password that is not reached": _index,
}


@pytest.fixture
def copy(sources: Sources, tmp_path: Path) -> Source:
    """A repo that commands may write into."""
    source = sources.get()
    shutil.copytree(source.repo.path, tmp_path / "repo")
    return Source(Repo(path=tmp_path / "repo", hermes=source.repo.hermes), source.bundle)


@pytest.mark.parametrize(
    "kind", [kind if "endpoint" in kind else pytest.param(kind, marks=pytest.mark.slow) for kind in KINDS]
)
def test_no_secret_is_shown(warm: Warm, buckets: Buckets, copy: Source, tmp_path: Path, kind: str) -> None:
    with answering(lambda _: Answer(status=403, body=_ERROR)) as server:
        _search(warm, buckets, copy, tmp_path, KINDS[kind](server.url))


def test_no_secret_is_shown_where_all_is_well(
    warm: Warm, buckets: Buckets, copy: Source, tmp_path: Path, s3_server: S3Server
) -> None:
    well = {"AWS_ENDPOINT_URL_S3": s3_server.url, "AWS_SECRET_ACCESS_KEY": s3_server.secret_key}
    codes = _search(warm, buckets, copy, tmp_path, well, hidden=(s3_server.secret_key,))
    assert codes["deploy --env dev"] == 0
    assert codes["ls --env dev"] == 0


def _search(
    warm: Warm,
    buckets: Buckets,
    copy: Source,
    tmp_path: Path,
    env: Mapping[str, str],
    hidden: tuple[str, ...] = (),
) -> dict[str, int]:
    ground = buckets.new()
    token = {name: value for name, value in SECRET.items() if hidden == () or not name.startswith("AWS_")}
    variables = {**copy.variables(ground), **token, **env, "HERMES_CACHE_DIR": str(tmp_path / "cache")}
    codes = {}
    for command in COMMANDS:
        ended = warm.start(*command.split(), "--debug", cwd=copy.repo.path, env=variables).wait()
        codes[command] = ended.code
        seen = [one for one in (*_hidden(), *hidden) if one in ended.stdout + ended.stderr]
        assert seen == [], f"{command}: {ended.stdout}\n{ended.stderr}"
    record("Outputs searched for secrets", outputs=len(COMMANDS))
    return codes
