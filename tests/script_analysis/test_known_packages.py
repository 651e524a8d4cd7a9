"""The table of known packages is well formed, and looked up by the longest name."""

from __future__ import annotations

import re
import sys

import pytest
from packaging.requirements import Requirement

from hermes_cli.script_analysis.known_packages import (
    is_also_on_cluster,
    is_named_like,
    is_on_cluster,
    is_standard,
    known_packages,
    package_of,
)

TABLE = known_packages()
MODULE = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*")


def test_the_table_has_these_parts() -> None:
    assert set(TABLE) == {"also-on-cluster", "cluster", "packages", "same-name", "standard"}


@pytest.mark.parametrize("part", TABLE)
def test_a_part_is_sorted_and_names_modules_once(part: str) -> None:
    modules = list(TABLE[part])
    assert modules
    assert modules == sorted(modules, key=str.lower)
    assert len(set(modules)) == len(modules)
    assert [module for module in modules if not MODULE.fullmatch(module)] == []
    if part != "standard":
        assert [module for module in modules if module.partition(".")[0] in sys.stdlib_module_names] == []


def test_no_module_is_in_two_parts() -> None:
    assert not set(TABLE["same-name"]) & set(TABLE["packages"])
    assert not {*TABLE["cluster"], *TABLE["standard"]} & {*TABLE["same-name"], *TABLE["packages"]}
    assert [module for module in TABLE["same-name"] if "." in module] == []


def test_packages_are_names_that_an_index_knows() -> None:
    for name in TABLE["packages"].values():
        requirement = Requirement(name)
        assert str(requirement) == requirement.name


def test_a_row_says_what_no_shorter_one_does() -> None:
    for module, package in TABLE["packages"].items():
        outer, _, _ = module.rpartition(".")
        assert (package_of(outer) if outer else module.replace("_", "-")) != package, module


@pytest.mark.parametrize(
    ("module", "package"),
    [
        ("sklearn.linear_model", "scikit-learn"),
        ("google.cloud.bigquery.Client", "google-cloud-bigquery"),
        ("google.cloud", None),
        ("azure.nothing", None),
        ("sentry_sdk", "sentry-sdk"),
        ("numpy", "numpy"),
        ("mysql.connector", "mysql-connector-python"),
        ("acme_internal", None),
    ],
)
def test_the_package_of_a_module(module: str, package: str | None) -> None:
    assert package_of(module) == package


def test_modules_that_need_no_package() -> None:
    assert is_standard("collections.abc")
    assert is_standard("distutils.util")
    assert is_standard("annotationlib")
    assert not is_standard("numpy")
    assert is_on_cluster("pyspark.sql.functions")
    assert is_on_cluster("dbruntime")
    assert not is_on_cluster("databricks.sql")
    assert is_also_on_cluster("databricks.sdk.runtime")
    assert not is_also_on_cluster("databricks.sql")


@pytest.mark.parametrize(
    ("package", "module", "named_like"),
    [
        ("scikit-learn", "sklearn.linear_model", True),
        ("google-cloud-storage", "google.cloud.storage.Client", True),
        ("google-cloud-bigquery", "google.cloud.storage", False),
        ("google-genai", "google.genai", True),
        ("polars-lts-cpu", "polars", True),
        ("opencv-python", "cv2", True),
        ("opencv-contrib-python-headless", "cv2", True),
        ("psycopg2", "psycopg2.extras", True),
        ("python-docx", "docx", True),
        ("python-dateutil", "docx", False),
        ("apache-beam", "airflow", False),
        ("acme-tools", "acme_tools", True),
        ("python-acme", "acme", True),
        ("pandas", "numpy", False),
    ],
)
def test_a_package_that_provides_a_module(package: str, module: str, named_like: bool) -> None:
    assert is_named_like(package, module) is named_like
