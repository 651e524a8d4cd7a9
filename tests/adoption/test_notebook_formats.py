"""The cells of a notebook are found with the lines where their code begins."""

from __future__ import annotations

from pathlib import Path

from hermes_cli.adoption.notebook_formats import read_notebook


def test_empty_lines_around_a_cell_of_databricks_are_left_out(tmp_path: Path) -> None:
    path = tmp_path / "a.py"
    path.write_text(
        "# Databricks notebook source\n\n\nx = 1\n\n# COMMAND ----------\n\n# COMMAND ----------\n\ny = 2\n\n\n"
    )
    cells = read_notebook(path, "a.py").cells
    assert [(cell.source, cell.first.cell, cell.first.line) for cell in cells] == [
        ("x = 1", 1, 4),
        ("y = 2", 3, 10),
    ]
