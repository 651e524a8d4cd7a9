"""A source while it is converted: its syntax tree, the edits to make, and the findings."""

from __future__ import annotations

import ast
from collections.abc import Iterable

from hermes_cli.domain.contract.run_specification import secret_name
from hermes_cli.script_analysis.credentials import SecretFinder

from .findings import AdoptionFinding
from .source_text import Edits, SourceText
from .taken_names import TakenNames


class Rewriting:
    """The state that the steps of a conversion share.

    `project` is the one that gets the code, `names` are those of the source as it was, `imports` the modules
    that the edits need by the name for them, `parameters` the variable with the options, `parser` the
    function that reads them, `handled` the ids of nodes that a step has dealt with.
    """

    def __init__(self, source: SourceText, project: str, find_secret: SecretFinder) -> None:
        self.source = source
        self.tree = ast.parse(source.text)
        self.edits = Edits()
        self.project = project
        self.find_secret = find_secret
        self.findings: list[AdoptionFinding] = []
        self.names = TakenNames(self.tree)
        self.parameters = self.names.free("parameters")
        self.parser = self.names.free("parse_parameters")
        self.imports: dict[str, str] = {}
        self.handled: set[int] = set()
        self._to_mark: list[AdoptionFinding] = []
        self._secrets: dict[str, str] = {}

    def apply_edits(self) -> None:
        """Make the edits, and read the tree of the new source."""
        self.source = self.edits.apply(self.source)
        self.tree = ast.parse(self.source.text)
        self.edits = Edits()

    def note(self, line: int, what: str) -> None:
        """Report something that was changed or left out."""
        self.findings.append(AdoptionFinding(place=self.source.place(line), what=what))

    def leave_to_do(self, line: int, what: str, todo: str) -> None:
        """Report something that is left to do, and mark its line in the code."""
        self.mark([AdoptionFinding(place=self.source.place(line), what=what, todo=todo)])

    def mark(self, findings: Iterable[AdoptionFinding]) -> None:
        """Report findings, and mark their lines in the code."""
        for finding in findings:
            self.findings.append(finding)
            self._to_mark.append(finding)

    def marks(self) -> dict[int, list[str]]:
        """Return the comments to put above lines, by the number of the line."""
        comments: dict[int, list[str]] = {}
        for finding in dict.fromkeys(self._to_mark):
            comments.setdefault(self.source.line_of(finding.place), []).append(finding.comment)
        return comments

    def module(self, module: str, node: ast.AST | None = None) -> str:
        """Import a module, and return a name by which code can use it at a node of the source as it was.

        Without a node the code is of a function of its own.
        """
        name = self.names.free(f"{module}_module") if self.names.is_taken(module, node) else module
        self.imports[name] = module
        return name

    def builtin(self, name: str, node: ast.AST | None = None) -> str:
        """Return a builtin function in the same way."""
        return f"{self.module('builtins', node)}.{name}" if self.names.is_taken(name, node) else name

    def import_lines(self) -> list[str]:
        """Return the imports that the edits need."""
        return [
            f"import {module}" if name == module else f"import {module} as {name}"
            for name, module in sorted(self.imports.items())
        ]

    @property
    def secrets(self) -> tuple[str, ...]:
        """The variables that the code reads secrets from."""
        return tuple(self._secrets)

    def secret_variable(self, hint: str, value: str) -> str:
        """Name a variable for a secret after a hint; the same value, or what identifies it, gets the same one."""
        stem, number = secret_name(hint), 1
        name = stem
        while self._secrets.setdefault(name, value) != value:
            number += 1
            name = f"{stem}_{number}"
        return name

    def name_secret(self, variable: str) -> None:
        """Note that the code reads a secret from a variable already."""
        self._secrets.setdefault(variable, f"the variable {variable}")

    def read_variable(self, node: ast.expr, name: str) -> None:
        """Read a variable in the place of a node."""
        self.edits.replace(node, f'{self.module("os", node)}.environ["{name}"]')
        self.handled |= {id(part) for part in ast.walk(node)}
