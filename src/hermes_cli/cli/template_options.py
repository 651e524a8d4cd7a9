"""What the commands that render a template take: which state of it, with which answers, and whether to trust it."""

from __future__ import annotations

from typing import Annotated

import typer

from hermes_cli.domain.contract.errors import InvalidInput

ToOption = Annotated[
    str | None,
    typer.Option(help="A version, or in git a tag, branch or commit; else the newest.", metavar="REF"),
]
SetOption = Annotated[list[str] | None, typer.Option("--set", help="Change an answer.", metavar="NAME=VALUE")]
TrustOption = Annotated[
    bool, typer.Option("--trust", help="Let code of the template run: its hooks and extensions.")
]


def parse_settings(words: list[str] | tuple[str, ...]) -> dict[str, str]:
    """What NAME=VALUE options say. Raises `InvalidInput`."""
    found = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals or not name:
            raise InvalidInput(f"--set {word}: it must be NAME=VALUE", hint="--set ci=github")
        found[name] = value
    return found
