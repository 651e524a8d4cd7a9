"""Decides requests as AWS does: explicit deny first, then what the identity or the bucket allows."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

Document = Mapping[str, Any]

ALLOW_ALL: Document = {"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}


@dataclass(frozen=True, kw_only=True)
class Principal:
    """Who asks: the ARN of a role, and the policies attached to it."""

    arn: str
    policies: Sequence[Document] = ()

    @property
    def account(self) -> str:
        """The account that it belongs to."""
        return self.arn.split(":")[4]


@dataclass(frozen=True, kw_only=True)
class Request:
    """What is asked; `context` has the condition keys that the request carries, and no others."""

    action: str
    resource: str
    context: Mapping[str, str] = field(default_factory=dict)


def decide(principal: Principal, request: Request, bucket_policy: Document, account: str) -> bool:
    """Whether a request is allowed, on a bucket of this account that has this policy."""
    context = {
        "aws:SecureTransport": "true",
        "aws:PrincipalArn": principal.arn,
        **request.context,
    }
    asked = Request(action=request.action, resource=request.resource, context=context)
    of_identity = [s for policy in principal.policies for s in policy["Statement"] if _covers(s, asked)]
    of_bucket = [s for s in bucket_policy["Statement"] if _names(s, principal) and _covers(s, asked)]
    if any(s["Effect"] == "Deny" for s in (*of_identity, *of_bucket)):
        return False
    if principal.account == account:
        return bool(of_identity or of_bucket)
    return bool(of_identity) and bool(of_bucket)


def may_assume(trust: Document, action: str, principal: Mapping[str, str], claims: Mapping[str, str]) -> bool:
    """Whether a trust policy lets this principal, with these claims, take on its role."""
    request = Request(action=action, resource="", context=claims)
    (kind, name), *_ = principal.items()
    for statement in trust["Statement"]:
        assert statement["Effect"] == "Allow"
        if name in _list(statement["Principal"].get(kind, [])) and _covers(
            {**statement, "Resource": "*"}, request
        ):
            return True
    return False


def _names(statement: Document, principal: Principal) -> bool:
    named = statement["Principal"]
    return named == "*" or principal.arn in _list(named["AWS"])


def _covers(statement: Document, request: Request) -> bool:
    unknown = set(statement) - {
        "Sid",
        "Effect",
        "Principal",
        "Action",
        "Resource",
        "NotResource",
        "Condition",
    }
    assert not unknown, f"this evaluator does not know {unknown}"
    if not any(_like(pattern.lower(), request.action.lower()) for pattern in _list(statement["Action"])):
        return False
    if "NotResource" in statement:
        if any(_like(pattern, request.resource) for pattern in _list(statement["NotResource"])):
            return False
    elif not any(_like(pattern, request.resource) for pattern in _list(statement["Resource"])):
        return False
    context = {key.lower(): value for key, value in request.context.items()}
    return all(
        _holds(operator, context.get(key.lower()), [str(value) for value in _list(values)])
        for operator, keys in statement.get("Condition", {}).items()
        for key, values in keys.items()
    )


def _holds(operator: str, value: str | None, wanted: Sequence[str]) -> bool:
    if operator == "Null":
        return str(value is None).lower() in wanted
    negated = "Not" in operator
    if value is None:
        return negated
    test = _OPERATORS[operator.replace("Not", "")]
    return any(test(value, each) for each in wanted) != negated


def _like(pattern: str, text: str) -> bool:
    return _expression(pattern).fullmatch(text) is not None


@cache
def _expression(pattern: str) -> re.Pattern[str]:
    return re.compile("".join({"*": ".*", "?": "."}.get(c, re.escape(c)) for c in pattern), re.DOTALL)


_OPERATORS: dict[str, Callable[[str, str], bool]] = {
    "Bool": lambda value, wanted: value.lower() == wanted.lower(),
    "StringEquals": lambda value, wanted: value == wanted,
    "StringLike": lambda value, wanted: _like(wanted, value),
    "ArnEquals": lambda value, wanted: _like(wanted, value),
    "ArnLike": lambda value, wanted: _like(wanted, value),
    "NumericLessThanEquals": lambda value, wanted: float(value) <= float(wanted),
}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
