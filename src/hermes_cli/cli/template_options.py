"""The options of the commands that render a template: its version, the answers, and whether to trust it."""

from __future__ import annotations

from typing import Annotated

import typer

from hermes_cli.domain.contract.errors import InvalidInput

ToOption = Annotated[
    str | None,
    typer.Option(help="A version, or in git a tag, branch or commit (default: the newest).", metavar="REF"),
]
SetOption = Annotated[
    list[str] | None,
    typer.Option("--set", help="Change an answer; may be repeated.", metavar="NAME=VALUE"),
]
TrustOption = Annotated[
    bool, typer.Option("--trust", help="Allow code of the template to run: its hooks and extensions.")
]


def parse_settings(words: list[str] | tuple[str, ...]) -> dict[str, str]:
    """Parse NAME=VALUE options. Raises `InvalidInput`."""
    found = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals or not name:
            raise InvalidInput(f"--set {word}: it must be NAME=VALUE", hint="--set ci=github")
        found[name] = value
    return found
