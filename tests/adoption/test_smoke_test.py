"""The first test of an adopted script gives its required parameters, and expects the defaults of the others."""

from __future__ import annotations

from hermes_cli.adoption.smoke_test import smoke_test_for
from sample_notebooks import converted

WIDGETS = [
    'dbutils.widgets.text("day", "monday")',
    'day = dbutils.widgets.get("day")\nregion = dbutils.widgets.get("region")',
]


def test_only_required_parameters_are_given() -> None:
    made = converted(WIDGETS)
    assert {one.option: one.required for one in made.parameters} == {"day": False, "region": True}
    text = smoke_test_for(made, package="shop", script="shop")
    assert 'parse_parameters(["--region", "x"])' in text
    assert 'assert parameters.day == "monday"' in text
    assert 'assert parameters.region == "x"' in text
