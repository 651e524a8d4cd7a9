"""Say in code and in words how a script names a file of its places, so that it works on a disk and in a bucket."""

from __future__ import annotations


def product(project: str, name: str, *, os: str = "os") -> str:
    """Return the expression for a file that a script of a project writes; `os` is the name of that module."""
    return f"f\"{{{os}.environ['HERMES_PRODUCTS']}}/{project}/{name}\""


def given(name: str, *, os: str = "os") -> str:
    """Return the expression for a file that was uploaded to be read."""
    return f"f\"{{{os}.environ['HERMES_INPUT']}}/{name}\""


def advice(project: str, name: str) -> str:
    """Say what to do with a file whose path works in one place only."""
    where = "read it below HERMES_INPUT, or write it below HERMES_PRODUCTS"
    return f"{where}: give {product(project, name)} to pandas or to fsspec.open"
