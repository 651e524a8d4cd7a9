"""Documents in a store: what of them is read, whoever wrote them, and what is refused in one sentence."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hermes_cli.domain.contract.documents import SCHEMA, BrokenDocument, decode, encode, field, optional

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@given(st.dictionaries(st.text().filter(lambda key: key != "schema"), JSON))
def test_what_was_written_is_read(document: dict[str, Any]) -> None:
    assert decode(encode(document), "here") == {"schema": SCHEMA, **document}


def test_the_same_facts_give_the_same_bytes_that_people_can_read() -> None:
    assert encode({"a": "é", "b": 1}) == encode({"b": 1, "a": "é"})
    assert encode({"a": "é"}) == '{\n  "a": "é",\n  "schema": 1\n}\n'.encode()


def test_a_name_that_is_not_utf8_survives_and_the_document_stays_utf8() -> None:
    name = b"feature/caf\xe9".decode("utf-8", "surrogateescape")
    data = encode({"branch": name})
    assert json.loads(data.decode("utf-8"))["branch"] == name
    assert decode(data, "here")["branch"] == name


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "here is not valid JSON"),
        (b"\xff\xfe\x00", "here is not valid JSON"),
        (b"{", "here is not valid JSON"),
        (b"<html>", "here is not valid JSON"),
        (b"[" * 200_000 + b"]" * 200_000, "here is not"),
        (b'{"schema":1,"a":' + b'{"a":' * 100_000 + b"1" + b"}" * 100_001, "here is not valid JSON"),
        (b'{"schema": ' + b"1" * 10_000 + b"}", "here is not valid JSON"),
        (b"[]", "here is not a JSON object"),
        (b'"text"', "here is not a JSON object"),
        (b"null", "here is not a JSON object"),
        (b"{}", "here has no schema number"),
        (b'{"schema": "1"}', "here has no schema number"),
        (b'{"schema": 1.0}', "here has no schema number"),
        (b'{"schema": true}', "here has no schema number"),
        (b'{"schema": -1}', "here has no schema number"),
        (b" " * (16 * 1024 * 1024) + b"{}", "more than any document of Hermes"),
    ],
    ids=range(16),
)
def test_what_is_no_document(data: bytes, message: str) -> None:
    with pytest.raises(BrokenDocument) as caught:
        decode(data, "here")
    assert message in caught.value.message
    assert "\n" not in caught.value.message


def test_this_schema_and_the_one_before_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    assert decode(b'{"schema": %d, "new": 1}' % SCHEMA, "here")["new"] == 1
    assert decode(b'{"schema": %d}' % (SCHEMA - 1), "here")
    with pytest.raises(BrokenDocument, match="here was written by a newer Hermes") as caught:
        decode(b'{"schema": %d}' % (SCHEMA + 1), "here")
    assert caught.value.hint == "install a newer Hermes"
    monkeypatch.setattr("hermes_cli.domain.contract.documents.SCHEMA", SCHEMA + 1)
    with pytest.raises(BrokenDocument, match="too old to be read"):
        decode(b'{"schema": %d}' % (SCHEMA - 1), "here")
    assert decode(b'{"schema": %d}' % SCHEMA, "here")


@pytest.mark.parametrize(
    ("value", "kind", "fits"),
    [
        ("x", str, True),
        ("", str, True),
        (1, int, True),
        (True, int, False),
        (True, bool, True),
        (1, bool, False),
        (None, str, False),
        ([], list, True),
        ({}, list, False),
        ({}, dict, True),
        ("1", int, False),
    ],
)
def test_a_field_is_of_its_kind_or_named(value: object, kind: type[Any], fits: bool) -> None:
    if fits:
        assert field({"a": value}, "a", kind, "here") == value
        assert optional({"a": value}, "a", kind, "here") == value
        return
    with pytest.raises(BrokenDocument, match="here: a is missing, or its type is not"):
        field({"a": value}, "a", kind, "here")
    if value is not None:
        with pytest.raises(BrokenDocument, match="here: a is"):
            optional({"a": value}, "a", kind, "here")


def test_an_optional_field_may_be_missing_or_null_and_a_needed_one_not() -> None:
    assert optional({}, "a", str, "here") is None
    assert optional({"a": None}, "a", str, "here") is None
    with pytest.raises(BrokenDocument, match="here: a is missing"):
        field({}, "a", str, "here")
