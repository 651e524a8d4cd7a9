"""Adoption: convert a notebook or a loose script to a script of a project that does the same.

Import from here only: the modules of this package are its own. It reads the file to adopt and files beside
it, and does no other input or output.
"""

from __future__ import annotations

from .adopted_file import read_file
from .conversion import Conversion, convert
from .findings import AdoptionFinding
from .joined_cells import JoinedCells
from .needed_packages import NeededPackages, find_needed_packages
from .smoke_test import smoke_test_for

__all__ = [
    "AdoptionFinding",
    "Conversion",
    "JoinedCells",
    "NeededPackages",
    "convert",
    "find_needed_packages",
    "read_file",
    "smoke_test_for",
]
