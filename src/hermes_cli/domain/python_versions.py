"""The Python versions that a project says it runs on."""

from __future__ import annotations

from hermes_cli.domain.contract.errors import InvalidInput


def parse_range(text: str, where: str) -> str:
    """What requires-python says, as it was written. Raises `InvalidInput` where it is no range."""
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    try:
        SpecifierSet(text)
    except InvalidSpecifier:
        raise InvalidInput(
            f"{where}: {text!r} is no range of versions", hint='write requires-python = ">=3.10"'
        ) from None
    return text


def supports(requires_python: str | None, python: str) -> bool:
    """Whether some patch release of this Python (3.11) will do: which one a cluster has is not known."""
    if not requires_python:
        return True
    from packaging.specifiers import SpecifierSet

    wanted = SpecifierSet(requires_python)
    return any(f"{python}.{patch}" in wanted for patch in range(40))
