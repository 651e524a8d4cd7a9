"""Write findings as SARIF 2.1.0, for code hosts and editors."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from hermes_cli import __version__
from hermes_cli.domain.check_rules import RULES, Finding

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_RULES = list(RULES)


def sarif(findings: Sequence[Finding]) -> dict[str, Any]:
    """Return one run of Hermes with all rules and these findings; files are relative to the repo's root."""
    return {
        "$schema": _SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "Hermes",
                        "version": __version__,
                        "rules": [
                            {
                                "id": rule.id,
                                "shortDescription": {"text": rule.meaning},
                                "defaultConfiguration": {"level": rule.level.value},
                            }
                            for rule in RULES.values()
                        ],
                    }
                },
                "columnKind": "unicodeCodePoints",
                "results": [_result(one) for one in findings],
            }
        ],
    }


def _result(found: Finding) -> dict[str, Any]:
    text = f"{found.message}\nNext: {found.fix}" if found.fix else found.message
    return {
        "ruleId": found.rule,
        "ruleIndex": _RULES.index(found.rule),
        "level": found.level.value,
        "message": {"text": text},
        "locations": [_location(found)] if found.file else [],
    }


def _location(found: Finding) -> dict[str, Any]:
    uri = quote(found.file or "", errors="surrogateescape")  # as the bytes that it is on disk
    place: dict[str, Any] = {"artifactLocation": {"uri": uri, "uriBaseId": "%SRCROOT%"}}
    if found.line:
        place["region"] = {"startLine": found.line}
        if found.column:
            place["region"]["startColumn"] = found.column
    return {"physicalLocation": place}
