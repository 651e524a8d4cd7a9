"""What other programs say is shown without what they were given in confidence."""

from __future__ import annotations

import pytest

from hermes_cli.cli.output.redaction import without_secrets

ENVIRON = {
    "AWS_SECRET_ACCESS_KEY": "abc+def/ghi==",
    "GITHUB_TOKEN": "ghp_12345678",
    "API_KEY": "short",
    "HOME": "/home/me",
}


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("the key abc+def/ghi== is wrong", "the key *** is wrong"),
        ("?key=abc%2Bdef%2Fghi%3D%3D&x", "?key=***&x"),
        ("ghp_12345678ghp_12345678", "******"),
        ("http://user:pass@host/path", "http://***@host/path"),
        ("http://:pass@host, https://a:b@c", "http://***@host, https://***@c"),
        ("s3:/user:pass@nowhere", "s3:/***@nowhere"),
        (
            "a short word in /home/me, me@host and shop@1.0.0",
            "a short word in /home/me, me@host and shop@1.0.0",
        ),
        ("https://host/a:b/c@d", "https://host/a:b/c@d"),
    ],
)
def test_secrets_and_logins_are_left_out(text: str, shown: str) -> None:
    assert without_secrets(text, ENVIRON) == shown
