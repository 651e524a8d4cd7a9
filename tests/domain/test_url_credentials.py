"""Credentials in URLs of a project: found wherever they are declared, and never shown."""

from __future__ import annotations

import pytest

from hermes_cli.domain.contract.errors import InvalidInput
from hermes_cli.domain.project import parse_project_file
from hermes_cli.domain.requirements import parse_requirement
from hermes_cli.domain.url_credentials import holds_credentials

HEAD = '[project]\nname = "sales"\nversion = "1.2.0"\n'
HUSH = "hush"
URL = f"https://me:{HUSH}@example.com/lake-1.0-py3-none-any.whl"


@pytest.mark.parametrize(
    ("text", "held"),
    [
        ("https://me:hush@example.com/x", True),
        ("https://hush@example.com/x", True),
        ("https://${TOKEN}@example.com/x", True),
        ("lake @ git+https://me:hu@sh@example.com/x.git@main", True),
        ("git+ssh://git:hush@example.com/x", True),
        ("https://example.com/x?access_token=hush", True),
        ("https://example.com/x?a=b&X-Amz-Signature=hush#egg", True),
        ("https://example.com/x?sv=1&sig=hush", True),
        ("lake @ git+ssh://git@example.com/x.git@main", False),
        ("lake @ git+https://example.com/@scope/x.git@main", False),
        ("https://example.com/x?design=1&sigma=2", False),
        ("lake @ file:///opt/lake", False),
        ("one@example.com", False),
        ("pandas>=2.2", False),
    ],
)
def test_what_is_a_credential(text: str, held: bool) -> None:
    assert holds_credentials(text) is held


DECLARED = {
    "dependency": f'dependencies = [\n  "pandas",\n  "lake @ {URL}",\n]\n',
    "invalid dependency": f'dependencies = [\n  "pandas",\n  "lake @ {URL} ; and",\n]\n',
    "extra": f'[project.optional-dependencies]\na = ["b"]\nmore = ["lake @ {URL}"]\n',
    "group": f'[dependency-groups]\na = ["b"]\ntest = [{{include-group = "a"}}, "lake @ {URL}"]\n',
    "build": f'[build-system]\nrequires = [\n"lake @ {URL}"]\n',
    "address": f'[project.urls]\n\nindex = "{URL}"\n',
    "poetry": f'[tool.poetry.dependencies]\n\nlake = {{url = "{URL}"}}\n',
}


@pytest.mark.parametrize("kind", DECLARED)
def test_it_is_refused_at_its_line_and_not_shown(kind: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        parse_project_file(HEAD + DECLARED[kind], folder="sales", files=())
    assert caught.value.message.startswith("sales/pyproject.toml:6: a URL holds credentials")
    assert caught.value.others == ()
    assert HUSH not in str(vars(caught.value))


def test_other_tables_may_hold_what_they_like() -> None:
    text = f'{HEAD}[tool.pytest.ini_options]\nenv = ["DATABASE=postgres://me:{HUSH}@127.0.0.1/test"]\n'
    assert parse_project_file(text, folder="sales", files=()) is not None


def test_nobody_adds_one() -> None:
    with pytest.raises(InvalidInput, match=r"^hermes add: a URL holds credentials") as caught:
        parse_requirement(f"lake @ {URL} ; and", "hermes add")
    assert HUSH not in str(vars(caught.value))
