"""Reading .env: what people write there, and what an error says of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from hermes_cli.adapters.dotenv import read_dotenv
from hermes_cli.domain.contract.errors import InvalidInput


def test_what_people_write(tmp_path: Path) -> None:
    text = """\ufeff# for shop
API_KEY=abc123
export TOKEN = 'with # and $HOME'   # said twice
QUOTED="two\\nlines"
EMPTY=
BARE

TOKEN='the last one counts'
"""
    path = tmp_path / ".env"
    path.write_text(text, encoding="utf-8")
    assert read_dotenv(path) == {
        "API_KEY": "abc123",
        "TOKEN": "the last one counts",
        "QUOTED": "two\nlines",
        "EMPTY": "",
    }


def test_no_file_has_no_variables(tmp_path: Path) -> None:
    assert read_dotenv(tmp_path / ".env") == {}


@pytest.mark.parametrize("data", [b"A=1\nB='s3cr3t\n", b"A=1\n=s3cr3t\n", b"A=s3cr3t\xff\n", None])
def test_what_cannot_be_read_is_named_without_its_text(tmp_path: Path, data: bytes | None) -> None:
    path = tmp_path / ".env"
    if data is None:
        path.mkdir()
    else:
        path.write_bytes(data)
    with pytest.raises(InvalidInput, match=r"^\.env") as caught:
        read_dotenv(path)
    assert "s3cr3t" not in f"{caught.value.message}{caught.value.hint}{caught.value.detail}"
