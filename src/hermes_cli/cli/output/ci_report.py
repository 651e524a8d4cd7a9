"""Report to the CI system that runs a command: annotations, a summary, and outputs for later steps."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from hermes_cli.domain.contract.errors import HermesError

if TYPE_CHECKING:
    from hermes_cli.adapters.github_actions import Problem
    from hermes_cli.domain.check_rules import Finding

# The commands that write a summary, and their outputs as long as they set no others.
outputs_by_command: dict[str, Mapping[str, str]] = {}
# Set by GitHub Actions, whose adapter is loaded there and nowhere else.
_GITHUB = "GITHUB_ACTIONS"


def report_of(command: str) -> Report:
    """Start the report of a command; without a name, of the program."""
    outputs = outputs_by_command.get(command)
    return Report(title=f"hermes {command}".strip(), outputs=None if outputs is None else dict(outputs))


class Report:
    """The report of one command: gathered while it works, written when it ends, on failure too.

    `outputs` are values that later steps of the CI job can read; None where the command has none and
    writes no summary either. `document` is the result as JSON.
    """

    def __init__(self, *, title: str = "hermes", outputs: dict[str, str] | None = None) -> None:
        self.title = title
        self.outputs = outputs
        self.document = "{}"
        self.columns: tuple[str, ...] = ()
        self.rows: list[tuple[str, ...]] = []
        self.problems: list[Problem] = []

    @property
    def wanted(self) -> bool:
        """Return whether a CI system reads it."""
        return os.environ.get(_GITHUB) == "true"

    def safe(self, text: str) -> str:
        """Return a text for the log that the CI system cannot take for a command to itself."""
        if not self.wanted:
            return text
        from hermes_cli.adapters.github_actions import disarm

        return disarm(text)

    def safe_json(self, document: str) -> str:
        """Return the same JSON in a form that the CI system cannot take for a command to itself."""
        if not self.wanted:
            return document
        from hermes_cli.adapters.github_actions import disarm_json

        return disarm_json(document)

    def output(self, name: str, value: str) -> None:
        """Set an output for later steps."""
        if self.outputs is not None:
            self.outputs[name] = value

    def table(self, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """Set the table of the summary, for people who look at the CI run."""
        self.columns = tuple(columns)
        self.rows = [tuple(row) for row in rows]

    def problem(self, message: str, hint: str | None = None, *, warning: bool = False) -> None:
        """Add a problem; a file that it names, as in `shop/shop.py:3: …`, is shown with it."""
        if self.wanted:
            from hermes_cli.adapters.github_actions import Problem
            from hermes_cli.domain.check_rules import Level

            level = Level.WARNING if warning else Level.ERROR
            self.problems.append(Problem(message=message, hint=hint, level=level))

    def finding(self, found: Finding) -> None:
        """Add a finding of `hermes check`, to be shown beside its line."""
        if not self.wanted:
            return
        from hermes_cli.adapters.github_actions import Problem

        self.problems.append(
            Problem(
                message=f"{found.message} ({found.rule})",
                hint=found.fix,
                level=found.level,
                file=found.file,
                line=found.line,
                column=found.column,
            )
        )

    def annotations(self) -> list[str]:
        """Return the lines of the log that make the CI system show each problem beside its file."""
        from hermes_cli.adapters.github_actions import annotation, locate

        return [
            annotation(locate(problem, Path(), os.environ), title=self.title) for problem in self.problems
        ]

    def write(self, exit_code: int) -> list[str]:
        """Write the files that the CI system names, and return why some could not be written."""
        if self.outputs is None:
            return []
        from hermes_cli.adapters.github_actions import Summary, write_outputs, write_summary

        outputs = {"result": self.document, "exit-code": str(exit_code), **self.outputs}
        summary = Summary(
            title=f"{self.title}: {f'ended with exit code {exit_code}' if exit_code else 'done'}",
            columns=self.columns,
            rows=tuple(self.rows),
            problems=tuple(self.problems),
        )
        failures = []
        try:
            write_outputs(os.environ, outputs)
        except HermesError as error:
            failures.append(error.message)
        try:
            write_summary(os.environ, summary)
        except HermesError as error:
            failures.append(error.message)
        return failures
