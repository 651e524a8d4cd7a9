"""What a run sees: the names that its secrets may have."""

from __future__ import annotations

import pytest

from hermes_cli.domain.contract.errors import InvalidInput
from hermes_cli.domain.contract.run_specification import parse_secrets


def test_names_are_sorted_and_stand_once() -> None:
    assert parse_secrets(["TOKEN_2", "api_key", "TOKEN_2"], "here") == ("TOKEN_2", "api_key")


@pytest.mark.parametrize(
    "name", ["", "A-B", "2FA", "A B", "A=b", "É", "A\n", "{{secrets/x/y}}", "A" * 129, 7]
)
def test_a_secret_written_instead_of_its_name_is_not_repeated(name: object) -> None:
    with pytest.raises(InvalidInput) as caught:
        parse_secrets([name], "pyproject.toml:7")
    assert caught.value.message == (
        "pyproject.toml:7: secrets holds something that is not the name of a variable"
    )


@pytest.mark.parametrize(
    "name",
    ["PATH", "path", "HOME", "HERMES_ENV", "PYTHONPATH", "AWS_SECRET_ACCESS_KEY", "LD_PRELOAD", "SPARK_HOME"],
)
def test_what_decides_how_a_script_runs_is_no_secret(name: str) -> None:
    with pytest.raises(InvalidInput, match=f"{name} cannot be a secret"):
        parse_secrets(["API_KEY", name], "here")
